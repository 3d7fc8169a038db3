"""Tickets of a real desk, passed on to a folder: once, whatever dies or fails in between."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent import relay
from agent.endpoints import Connection, Endpoint, installed
from agent.endpoints.desk import enroll
from agent.errors import ClosedTicket, EndpointError, StorageError, Unreachable
from agent.flow import Archive, Consent, Severity, TicketDraft
from config.private_files import write_private
from tests.contracts.conftest import RunningDesk, running_desk
from tests.vendors.faults import device
from tests.vendors.github_issues import OURS, GithubIssues

__all__ = ["running_desk"]  # the fixture


@pytest.fixture(scope="module")
def credentials(running_desk: RunningDesk, tmp_path_factory: pytest.TempPathFactory) -> tuple[Connection, Connection]:
    """A relay and a device of the desk."""
    folder = tmp_path_factory.mktemp("credentials")
    written = running_desk._run([*_DESK, "relay-credential", "--state", str(running_desk.state), "a relay"], {})
    write_private(folder / "relay", written.encode())
    ours = Connection(address=running_desk.url, credential_file=folder / "device")
    enroll(ours, running_desk.enrolment_token(), str(uuid.uuid4()))
    return Connection(address=running_desk.url, credential_file=folder / "relay"), ours


@pytest.fixture
def place(credentials: tuple[Connection, Connection], tmp_path: Path) -> Place:
    """What waits from other tests is passed on into a folder that nobody looks at."""
    relays, ours = credentials
    made = []
    for name in ("before", "share"):
        (tmp_path / name).mkdir()
        tracker = installed()["folder"].connect(
            Connection(address=str(tmp_path / name), credential_file=tmp_path / f"of {name}")
        )
        made.append(
            Place(relay.RelayDesk(relays), installed()["desk"].connect(ours), tracker, tmp_path / name, tmp_path)
        )
    made[0].pass_on()
    (tmp_path / "work").mkdir()
    return dataclasses.replace(made[1], work=tmp_path / "work")


_DESK = (sys.executable, "-m", "desk")


@dataclasses.dataclass(frozen=True)
class Place:
    """A desk with a device, and a tracker with the relay between them."""

    desk: relay.RelayDesk
    device: Endpoint
    tracker: Endpoint
    share: Path
    work: Path

    def pass_on(self, tracker: Endpoint | None = None, address: str = "") -> list[relay.PassedOn]:
        address = address or f"folder:{self.share}"
        return list(relay.pass_on(self.desk, tracker or self.tracker, address, self.work))

    def send(self, subject: str, content: bytes = b"bundle") -> tuple[str, Archive]:
        """A ticket with one bundle, at the desk."""
        ticket = self.device.open(draft(subject))
        file = self.work.parent / f"{uuid.uuid4()}.7z"
        file.write_bytes(b"7z\xbc\xaf\x27\x1c" + content)
        data = file.read_bytes()
        archive = Archive(
            bundle_id=str(uuid.uuid4()),
            file=file,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            made_at=MOMENT,
            members=(),
            skipped=(),
            facts={},
            counts={},
        )
        consent = Consent(archive_sha256=archive.sha256, given_by="jo", how="flag", given_at=MOMENT)
        self.device.attach(ticket, archive, consent, lambda sent, total: None)
        return ticket.number, archive

    def stored(self) -> list[bytes]:
        return [file.read_bytes() for file in sorted(self.share.glob("ticket-*/*.7z"))]


MOMENT = datetime(2026, 3, 4, tzinfo=UTC)


def draft(subject: str) -> TicketDraft:
    return TicketDraft(
        idempotency_key=str(uuid.uuid4()),
        subject=subject,
        description="At noon.",
        severity=Severity.HIGH,
        product="Example",
        computer_id=str(uuid.uuid4()),
        operating_system="Linux",
        account="jo",
        version="1.2",
        cloud=True,
    )


class Failing:
    """The tracker, whose ``at`` method raises ``error`` before or after it acted."""

    def __init__(self, inner: Endpoint, at: str, error: EndpointError, *, acts: bool) -> None:
        self._inner, self._at, self._error, self._acts = inner, at, error, acts

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            if name != self._at:
                return getattr(self._inner, name)(*arguments)
            if self._acts:
                getattr(self._inner, name)(*arguments)
            raise self._error

        return call


def test_a_ticket_with_its_bundle_is_passed_on_once(place: Place) -> None:
    number, archive = place.send("Restore fails")
    opened, attached = place.pass_on()
    assert (opened.number, opened.bundle_id, opened.problem) == (number, None, "")
    assert (attached.bundle_id, attached.tracker_number) == (archive.bundle_id, opened.tracker_number)
    assert place.stored() == [archive.file.read_bytes()]
    told = json.loads((place.share / "ticket-000001" / "ticket.json").read_text())
    assert (told["subject"], told["severity"], told["account"]) == ("Restore fails", 2, "jo")
    assert told["description"].startswith("At noon.\n\nPassed on from http")
    consent = json.loads((place.share / "ticket-000001" / f"{archive.bundle_id}.json").read_text())["consent"]
    assert (consent["given_by"], consent["how"]) == ("jo", "flag")
    assert place.pass_on() == []
    assert list(place.work.iterdir()) == []


def test_a_tracker_that_takes_no_files_gets_a_link_to_the_desk(place: Place, tmp_path: Path) -> None:
    number, archive = place.send("Restore fails")
    github = GithubIssues()
    with github.server.running():
        tracker = device("github_issues", github, tmp_path, OURS)
        opened, attached = place.pass_on(tracker, "github_issues:https://github.com/example/support")
        assert place.pass_on(tracker, "github_issues:https://github.com/example/support") == []
    assert (opened.tracker_number, attached.problem) == ("1", "")
    (comment,) = github.comments
    assert attached.link == comment["html_url"]
    assert f"SHA-256: {archive.sha256}" in comment["body"].splitlines()
    assert comment["body"].splitlines()[-1].startswith("Link: http")
    assert number in comment["body"].splitlines()[-1].split("/")


@pytest.mark.parametrize("acts", [False, True])
@pytest.mark.parametrize("at", ["open", "attach"])
def test_what_fails_is_told_and_done_the_next_time(place: Place, at: str, acts: bool) -> None:
    place.send("Restore fails", at.encode())
    failing = Failing(place.tracker, at, Unreachable("The tracker is away."), acts=acts)
    outcomes = place.pass_on(failing)
    assert [outcome.problem for outcome in outcomes if outcome.problem] == ["The tracker is away."]
    assert all(outcome.is_temporary for outcome in outcomes if outcome.problem)
    assert [outcome.problem for outcome in place.pass_on() if outcome.problem] == []
    assert len(place.tracker.tickets()) == len(place.stored()) == 1
    assert place.pass_on() == []


def test_a_refused_bundle_does_not_keep_the_others(place: Place) -> None:
    place.send("First")
    refusing = Failing(place.tracker, "attach", ClosedTicket("It is closed."), acts=False)
    assert [outcome.is_temporary for outcome in place.pass_on(refusing) if outcome.problem] == [False]
    place.send("Second")
    assert len([outcome for outcome in place.pass_on() if not outcome.problem]) == 3
    assert len(place.stored()) == 2


def test_a_damaged_copy_at_the_desk_is_not_passed_on(place: Place, running_desk: RunningDesk) -> None:
    _, archive = place.send("Restore fails")
    running_desk.stored_bundle(archive.bundle_id).write_bytes(b"7z rotten")
    _, attached = place.pass_on()
    assert "damaged" in attached.problem
    assert place.stored() == []
    running_desk.stored_bundle(archive.bundle_id).write_bytes(archive.file.read_bytes())
    assert [outcome.problem for outcome in place.pass_on()] == [""]


class Taking:
    """A tracker that notes how the bundle came."""

    def __init__(self, behind: Endpoint) -> None:
        self.behind, self.volume_bytes = behind, list[int | None]()

    def attach(self, ticket: Any, archive: Archive, consent: Any, progress: Any) -> str:
        self.volume_bytes.append(archive.volume_bytes)
        return self.behind.attach(ticket, archive, consent, progress)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)


def test_a_bundle_over_the_trackers_limit_goes_in_volumes_where_it_takes_them(place: Place) -> None:
    place.send("Restore fails", b"much" * 1000)
    taking: Any = Taking(place.tracker)
    address, work = "redmine:https://redmine.example/projects/support", place.work
    (_, refused) = relay.pass_on(place.desk, taking, address, work, file_bytes=200)
    assert "more than 20 files" in refused.problem
    assert taking.volume_bytes == []
    (passed,) = relay.pass_on(place.desk, taking, address, work, file_bytes=500)
    assert (passed.problem, taking.volume_bytes) == ("", [500])
    place.send("Restore fails again", b"much" * 1000)
    assert [each.problem for each in relay.pass_on(place.desk, taking, f"folder:{place.share}", work, file_bytes=500)]
    assert taking.volume_bytes == [500, None]


@pytest.mark.posix
def test_a_credential_that_others_can_read_is_not_used(place: Place) -> None:
    file = place.desk._connection.credential_file
    file.chmod(0o644)
    with pytest.raises(StorageError):
        place.desk.work()
    file.chmod(0o600)


def test_another_program_at_the_address_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = type("Answer", (), {"value": [{"number": "1"}]})
    monkeypatch.setattr(place.desk._transport, "call", lambda *_, **__: answer)
    with pytest.raises(Unreachable, match="another version"):
        place.pass_on()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "noon"])
def test_a_time_that_no_calendar_has_is_none(moment: str) -> None:
    bundle = {"sha256": "0" * 64, "received_at": MOMENT.isoformat(), "consent": {"how": "asked", "given_at": moment}}
    assert relay._consent(bundle).given_at == MOMENT


def test_more_than_was_announced_is_not_taken(place: Place) -> None:
    place.send("Restore fails", b"much" * 100_000)
    (waiting,) = place.desk.work()
    with pytest.raises(EndpointError, match="more of bundle"):
        place.desk.fetch({**waiting["bundles"][0], "size_bytes": 1000}, place.work / "x.7z")
    assert (place.work / "x.7z").stat().st_size <= 1000
    (place.work / "x.7z").unlink()
    place.pass_on()


@pytest.mark.parametrize("odd", [{"severity": 9}, {"subject": None, "severity": "x"}, {"cloud": [1], "key": "no uuid"}])
def test_words_that_cannot_be_used_do_not_keep_the_others(place: Place, monkeypatch: Any, odd: dict[str, Any]) -> None:
    place.send("First")
    place.send("Second")
    work = place.desk.work()
    work[0] |= odd
    monkeypatch.setattr(place.desk, "work", lambda: work)
    outcomes = place.pass_on()
    assert "cannot be used" in outcomes[0].problem
    assert [outcome.problem for outcome in outcomes[1:]] == ["", ""]
    monkeypatch.undo()
    place.pass_on()


def test_consent_in_an_unknown_form_is_told_as_policy(place: Place) -> None:
    bundle = {"sha256": "0" * 64, "received_at": MOMENT.isoformat(), "consent": {"how": "shouted", "given_at": "then"}}
    consent = relay._consent(bundle)
    assert (consent.how, consent.given_at, consent.given_by) == ("policy", MOMENT, "")
