"""Names are told by the words at their end, however people join words."""

import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact import load_rules
from agent.redact.names import NOWHERE, NameClass, Names

NAMES = Names(
    [
        NameClass(
            name="secret",
            ends=frozenset({b"password", b"pin", b"api key", b"secret"}),
            glued=frozenset({b"password"}),
            tails=frozenset({b"hash", b"old", b"sha256"}),
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
        b"userPIN", b"HTTPSecret", b"password_sha256", b"passwordSha256",
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


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (b"user=x password: y", (4, 16)),
        (b"Account Name:\t\tx", (12, 13)),
        (b"Pin . . . : 1", (3, 5)),
        (rb"x\nuser=y", (7, 8)),
        (b"x" * 300 + b" user=y " + b"z" * 300 + b",password=y", (305, 618)),
        (b"a" * 10_000 + b"_password=x", (10_009, 10_010)),
        (b"user" + b" " * 59 + b"= " + b"z" * 300 + b" a=b", (4, 5)),
    ],
)
def test_a_line_read_only_at_its_place_tells_the_same_names(line, place):
    expected = NAMES.found(line, SECRET | USER)
    assert NAMES.found(line, SECRET | USER, [place]) == expected != []
    assert NAMES.found(line, SECRET | USER, [(place[0] - 10**6, place[1])]) == expected


def test_each_stretch_of_a_place_tells_its_names_once():
    line = b"user=x " + b"z" * 300 + b" password=y user=z"
    expected = NAMES.found(line, SECRET | USER)
    assert len(expected) == 3
    assert NAMES.found(line, SECRET | USER, [(4, 5), (316, 317), (323, 324)]) == expected
    assert NAMES.found(line, SECRET | USER, [(4, 5), (1, 317), (2, 324)]) == expected  # what overlaps is read once
    assert NAMES.found(line, SECRET | USER, [(316, 317)]) == expected[1:2]


@pytest.mark.parametrize(("blanks", "found"), [(198, True), (199, False)])
def test_what_follows_a_name_ends_near_it(blanks, found):
    """However wide what follows may be: engines tell only where it ends."""
    names = Names([NameClass(name="far", ends=frozenset({b"key"}), follows="=[ ]*[a-z]")])
    line = b"key=" + b" " * blanks + b"x"
    assert bool(names.found(line, 1)) is found
    assert names.classes["far"].reach_bytes == 200


def test_nothing_is_read_where_there_is_no_place():
    assert NAMES.found(b"user=x", USER, NOWHERE) == []


@pytest.mark.parametrize("name", sorted(load_rules().names.classes))
@given(data=st.data())
def test_the_trigger_of_a_class_sees_every_name_that_is_of_it(name, data):
    names = load_rules().names
    each = names.classes[name]
    trigger, wanted = re.compile(each.trigger().encode()), names.bits([name])
    words = data.draw(st.sampled_from(sorted(each.ends | each.glued))).split(b" ")
    tail = data.draw(st.sampled_from([b"", b"_2", b"2", *(b"_" + tail for tail in sorted(each.tails))]))
    case = data.draw(st.sampled_from([bytes.lower, bytes.upper, bytes.capitalize, bytes.title]))
    front = data.draw(
        st.sampled_from([b"", b"x", b"X", b"aB", b"x_", b"2", b"\\n", b"\\u0022", b"%3D", b"\x1b[31m", b"="])
    )
    line = front + data.draw(st.sampled_from([b"", b"_", b"-", b" "])).join(map(case, words)) + tail + b"=ab"
    for _, end, _ in names.found(line, wanted):
        assert any(match.end() >= end for match in trigger.finditer(line)), line


def test_only_wanted_classes_are_found():
    assert NAMES.found(b"user=x password=y", USER) == [(0, 4, USER)]


@pytest.mark.parametrize("name", sorted(load_rules().names.classes))
def test_the_trigger_of_a_class_sees_every_end_before_a_sign(name):
    each = load_rules().names.classes[name]
    trigger = re.compile(each.trigger().encode())
    for end in sorted(each.ends | each.glued):
        for joint in (b"", b"_", b"-", b"."):
            line = b"x_" + end.replace(b" ", joint) + b"=a"
            assert trigger.search(line), line


def test_a_long_name_is_looked_at_from_its_end():
    line = b"a" * 10_000 + b"_password=x"
    assert NAMES.found(line, SECRET) == [(0, 10_009, SECRET)]


def test_names_reach_another_process():
    """Rules are sent to workers that are started anew; the tables of names hold caches, which cannot be."""
    again = pickle.loads(pickle.dumps(NAMES))
    assert again.found(b"db_password=x", 1) == NAMES.found(b"db_password=x", 1) != []
