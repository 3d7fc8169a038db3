"""Names are told by the words at their end, however people join words."""

import pytest

from agent.redact import load_rules
from agent.redact.names import NameClass, Names

NAMES = Names(
    [
        NameClass(
            name="secret",
            ends=frozenset({b"password", b"pin", b"api key", b"secret"}),
            glued=frozenset({b"password"}),
            tails=frozenset({b"hash", b"old"}),
            never=frozenset({b"no password"}),
        ),
        NameClass(name="user", ends=frozenset({b"user", b"account name"})),
    ]
)
SECRET, USER = NAMES.bits(["secret"]), NAMES.bits(["user"])


@pytest.mark.parametrize(
    "name",
    [
        b"password", b"DB_PASSWORD", b"dbPassword", b"db-password", b"spring.datasource.password", b"mysqlpassword",
        b"password2", b"password_hash", b"oldPasswordHash_2", b"apiKey", b"API_KEY", b"X-Api-Key", b"apikey",
        b"userPIN", b"HTTPSecret",
    ],
)  # fmt: skip
def test_a_name_is_told_by_its_end(name):
    assert NAMES.of(name) == SECRET


@pytest.mark.parametrize(
    "name", [b"password_policy", b"spinning", b"keyApi", b"hash", b"noPassword", b"pinned", b"", b"_", b"2"]
)
def test_other_words_tell_nothing(name):
    assert NAMES.of(name) == 0


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"user=x password: y", [(0, 4, USER), (7, 15, SECRET)]),
        (b"the password is strong", []),
        (b'{"password":"y"}', [(2, 10, SECRET)]),
        (b"Account Name:\t\tx", [(8, 12, USER)]),
        (b"Pin . . . : 1", [(0, 3, SECRET)]),
        (rb"x\nuser=y", [(2, 7, USER)]),
        (b"%22password%22", [(3, 11, SECRET)]),
        (b"<password>y</password>", [(1, 9, SECRET), (13, 21, SECRET)]),
        (b"[redacted:password]", []),
    ],
)
def test_a_name_is_found_where_a_sign_follows(line, found):
    assert NAMES.found(line, SECRET | USER) == found


def test_only_wanted_classes_are_found():
    assert NAMES.found(b"user=x password=y", USER) == [(0, 4, USER)]


@pytest.mark.parametrize("name", sorted(load_rules().names.classes))
def test_the_trigger_of_a_class_sees_every_end_before_a_sign(name):
    import re

    each = load_rules().names.classes[name]
    trigger = re.compile(each.trigger().encode())
    for end in sorted(each.ends | each.glued):
        for joint in (b"", b"_", b"-", b"."):
            line = b"x_" + end.replace(b" ", joint) + b"=1"
            assert trigger.search(line), line


def test_a_long_name_is_looked_at_from_its_end():
    line = b"a" * 10_000 + b"_password=x"
    assert NAMES.found(line, SECRET) == [(0, 10_009, SECRET)]
