"""What is asked, what is refused, and what a person is shown before saying yes."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.cli import interview
from agent.errors import UsageError
from agent.flow import Archive, ExistingTicket, Member, NewTicket
from collectors import Skipped

DESK_NUMBERS = r"#?(?P<number>[1-9][0-9]{0,17})"


@pytest.mark.parametrize(
    ("typed", "number"), [("17", "17"), (" #17 ", "17"), ("900000000000000000", "900000000000000000")]
)
def test_a_number_is_understood_as_people_type_it(typed, number):
    """A hash sign and spaces are no part of a number."""
    assert interview.ticket_number(typed, DESK_NUMBERS) == ExistingTicket(number=number)


@pytest.mark.parametrize("typed", ["abc", "", "0", "-1", "17a", "1 7", "٣", "17\n18", "9" * 19])
def test_a_typo_never_becomes_a_ticket(typed):
    """What is not a number is refused with advice, not turned into a new ticket."""
    with pytest.raises(UsageError) as refusal:
        interview.ticket_number(typed, DESK_NUMBERS)
    assert "--new" in refusal.value.advice


@pytest.mark.parametrize(
    ("number", "subject"), [("17", "x"), (None, None), (None, "  ")], ids=["both", "neither", "an empty subject"]
)
def test_a_ticket_is_named_in_exactly_one_way(number, subject):
    """Both, neither, and an empty subject are refused."""
    with pytest.raises(UsageError):
        interview.choose_ticket(number, subject, DESK_NUMBERS, may_ask=False)


def test_a_ticket_is_what_was_said():
    """Two types for two meanings; a subject is one line."""
    desk = r"(?:(?P<queue>[a-z]+)-)?(?P<number>[0-9]+)"
    asked = interview.choose_ticket("support-5", None, desk, may_ask=False)
    assert asked == ExistingTicket(number="5", queue="support")
    assert interview.choose_ticket("#5", None, DESK_NUMBERS, may_ask=False) == ExistingTicket(number="5")
    assert interview.choose_ticket(None, "a\nb  c", DESK_NUMBERS, may_ask=False) == NewTicket(subject="a b c")


def test_without_a_person_a_missing_profile_is_a_sentence():
    """The known profiles are named; the given one beats the configured one."""
    with pytest.raises(UsageError) as refusal:
        interview.choose_profile(None, None, {"nginx": "", "system": ""}, may_ask=False)
    assert "nginx, system" in refusal.value.advice
    assert interview.choose_profile("nginx", "system", {}, may_ask=False) == "nginx"


def test_the_summary_tells_hash_removals_and_gaps():
    """What a person agrees to is named by its hash; how much was removed and is missing is said."""
    archive = Archive(
        bundle_id="b",
        file=Path("b.7z"),
        size_bytes=1500,
        sha256="ab" * 32,
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        members=(Member(path="logs/a.log", size_bytes=9, sha256="", source="/a.log", replacements=3),),
        skipped=(Skipped(path="core", reason="unknown binary"),),
        facts={},
        counts={f"rule-{number:02}": 20 - number for number in range(15)},
    )
    text = interview.summary(archive)
    assert "ab" * 32 in text
    assert "1 file, 1.5 kB" in text
    assert "rule-00" in text
    assert "by 3 more rules" in text
    assert "Not in it: 1 thing," in text
    assert "Cut" not in text
    cut = dataclasses.replace(archive.members[0], truncated="the last 1 kB of 9 kB")
    assert "Cut: logs/a.log: the last 1 kB of 9 kB\nNot" in interview.summary(
        dataclasses.replace(archive, members=(cut,))
    )
    assert "Cut: 2 more, each" in interview.summary(dataclasses.replace(archive, members=5 * (cut,)))
    assert "It goes as" not in text
    assert "right" not in text
    volumes = dataclasses.replace(archive, volume_bytes=500)
    assert "It goes as 3 files: the endpoint takes none over 500 bytes." in interview.summary(volumes)


@pytest.mark.parametrize("number", [1, 5, 7])
def test_the_summary_names_what_the_account_may_not_read(number):
    reason = "cannot be read: Zugriff verweigert"
    shut = tuple(Skipped(path=f"logs/{one}", reason=reason, cause="no-right") for one in range(number))
    archive = Archive(
        bundle_id="b",
        file=Path("b.7z"),
        size_bytes=1500,
        sha256="ab" * 32,
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        members=(),
        skipped=(Skipped(path="core", reason="no right to be in it"), *shut),
        facts={},
        counts={},
    )
    lines = interview.summary(archive).partition("Not in it: ")[2].splitlines()[1:]
    assert lines[0] == "Your account lacks the right: logs/0: cannot be read: Zugriff verweigert"
    assert len(lines) == min(number, 6)
    assert ("2 more" in lines[-1]) == (number == 7)


def test_the_plan_tells_that_a_bundle_may_go_in_volumes(bundle_plan):
    assert "volumes" not in "\n".join(interview.plan_lines(bundle_plan))
    plan = dataclasses.replace(bundle_plan, limit_bytes=5_000_000, volume_bytes=5_000_000, volumes_bytes=50_000_000)
    told = "\n".join(interview.plan_lines(plan))
    assert "files of at most 5.0 MB: a larger bundle goes in volumes" in told
    assert "50.0 MB in all" in told
