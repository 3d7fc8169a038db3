"""What stands behind "… by:" (agent/redact/checks/doers.py)."""

from __future__ import annotations

import pytest

from agent.redact.checks.doers import is_done_by_things, is_no_doer, is_of_program


@pytest.mark.parametrize(
    "value",
    [
        b"javax.crypto.BadPaddingException",
        b"scala.MatchError",
        b"feign.FeignException",
        b"autoscaling.amazonaws.com",
        b"example.org",
    ],
)
def test_a_class_and_a_domain_are_of_a_program(value):
    assert is_of_program(value)


@pytest.mark.parametrize("value", [b"jdoe", b"jane.doe", b"Jane.Doe", b"j.doe.smith", b"JDOE", b"jane.doe7"])
def test_an_account_is_not(value):
    assert not is_of_program(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"Caused by", b"ENOSPC"),
        (b"CAUSED_BY", b"jdoe"),
        (b"Killed by", b"oom-killer"),
        (b"required by", b"gtk4"),
        (b"Created by", b"libx11"),
        (b"Signed by", b"DigiCert"),
        (b"stoppedBy", b"SIGTERM"),
    ],
)
def test_what_did_something_is_no_account(name, value):
    assert is_no_doer(value, b"x " + name, len(name) + 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [(b"Created by", b"JDOE"), (b"lastModifiedBy", b"JaneDoe"), (b"signed_by", b"jane.doe"), (b"by", b"jdoe")],
)
def test_who_did_something_may_be_one(name, value):
    assert not is_no_doer(value, name, len(name))


def test_a_verb_tells_whether_persons_do_it():
    assert is_done_by_things(b"Caused by", 9)
    assert not is_done_by_things(b"Opened by", 9)
    assert not is_done_by_things(b"user", 4)
