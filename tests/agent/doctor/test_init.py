"""Doctor tells everything, whatever a single check does."""

import threading
from datetime import UTC, datetime

import pytest

from agent import doctor
from agent.doctor import examine, run_check
from agent.doctor.findings import Situation, ok
from agent.errors import NotEnrolled
from config.settings import load


class Endpoint:
    def check(self):
        return "It answers and knows this device."


@pytest.fixture
def environment(tmp_path):
    folders = {name: str(tmp_path / name.lower()) for name in ("STATE", "CONFIG", "SYSTEM")}
    return {f"SENDLOGS_{name}_FOLDER": folder for name, folder in folders.items()}


@pytest.fixture
def situation(environment):
    return Situation(
        settings=load(environment).settings,
        environment=environment,
        endpoint=None,
        profile=None,
        connect=lambda endpoint, settings: Endpoint(),
        now=datetime.now(UTC),
    )


def test_every_check_is_told_by_name_on_a_machine_where_all_is_well(environment, tmp_path):
    found = list(examine(environment, lambda *_: Endpoint(), endpoint=f"folder:{tmp_path}"))
    assert {finding.level for finding in found} == {"ok"}, found
    assert [finding.name for finding in found] == [
        *("configuration", "state folder", "disk", "redaction", "logs", "endpoint", "outbox", "leftovers")
    ]


def test_what_the_endpoint_says_no_to_is_told_with_its_own_advice(environment, tmp_path):
    def connect(endpoint, settings):
        raise NotEnrolled("This device is not known.")

    found = {f.name: f for f in examine(environment, connect, endpoint=f"folder:{tmp_path}")}
    assert (found["endpoint"].level, found["endpoint"].message) == ("problem", "This device is not known.")
    assert found["endpoint"].advice == NotEnrolled.advice


def test_the_settings_endpoint_and_profile_are_looked_at_unless_others_are_given(environment, tmp_path):
    asked = []
    environment |= {"SENDLOGS_ENDPOINT": f"folder:{tmp_path}/a", "SENDLOGS_PROFILE": "no-such-profile"}
    found = {f.name: f for f in examine(environment, lambda endpoint, _: asked.append(endpoint) or Endpoint())}
    assert asked == [f"folder:{tmp_path}/a"]
    assert (found["logs"].level, "no-such-profile" in found["logs"].message) == ("problem", True)


def test_settings_that_cannot_be_used_end_it_with_that_finding(environment):
    (only,) = examine(environment | {"SENDLOGS_LIMIT_BYTES": "x"}, lambda *_: Endpoint())
    assert (only.name, only.level) == ("configuration", "problem")


def test_a_check_that_raises_is_a_finding(situation):
    def check(situation):
        yield ok("x", "so far so good")
        raise ZeroDivisionError("inside")

    (only,) = run_check("x", check, situation, 5)
    assert (only.level, only.message) == ("problem", "It could not be looked at: inside")


def test_a_check_that_hangs_is_a_finding(situation):
    release = threading.Event()

    def check(situation):
        release.wait(30)
        yield ok("x", "late")

    try:
        (only,) = run_check("x", check, situation, 0.05)
    finally:
        release.set()
    assert (only.level, only.message) == ("problem", "No answer within 0.05 seconds.")


def test_every_check_has_a_limit_in_seconds():
    assert all(0 < seconds <= 30 for _, _, seconds in doctor.CHECKS)
