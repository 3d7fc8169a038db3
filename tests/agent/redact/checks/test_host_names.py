"""What a name alone tells, the same when it is asked again."""

import pytest

from agent.redact.checks.host_names import (
    is_clear_name,
    is_internal_name,
    is_likely_name,
    is_name,
    is_numbered_thing,
    is_shaped_name,
)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"attic", (True, True, False, False)),
        (b"web-fra-02", (True, True, True, True)),
        (b"Read-Host", (True, False, False, False)),
        (b"janes-laptop", (True, True, True, False)),
        (b"db7.lab.example", (True, True, True, True)),
        (b"error", (False, False, False, False)),
        (b"WARN", (True, False, False, False)),
        (b"v1.2", (True, False, False, False)),
        (b"eth0", (True, False, False, False)),
        (b"worker-7", (True, True, False, False)),
        (b"i-0abc1234", (False, False, False, False)),
        (b"app.log", (False, False, False, False)),
        (b"10.0.0.1", (False, False, False, False)),
        (b"fe80::1", (False, False, False, False)),
        (b"x", (False, False, False, False)),
        (b"", (False, False, False, False)),
    ],
)
def test_each_of_four_questions_wants_more_than_the_one_before(value, told):
    for _ in range(2):
        assert (is_name(value), is_clear_name(value), is_likely_name(value), is_shaped_name(value)) == told


def test_thousands_of_names_are_told_apart_and_few_remembered():
    assert all(is_name(b"db-%d" % number) for number in range(5000))
    assert is_name.cache_info().currsize < 5000


@pytest.mark.parametrize(("value", "is_thing"), [(b"thread-12", True), (b"sha256", True), (b"attic12", False)])
def test_a_thing_with_a_number_is_known_by_its_word(value, is_thing):
    assert is_numbered_thing(value) is is_thing


@pytest.mark.parametrize(
    ("name", "is_internal"), [(b"nas.local", True), (b"nas.lan.example", True), (b"nas.example", False)]
)
def test_private_networks_are_known_by_their_ends(name, is_internal):
    assert is_internal_name(name) is is_internal
