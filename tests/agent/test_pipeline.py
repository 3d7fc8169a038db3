"""The pipeline keeps the promise: checked first, redacted, gated, agreed to, delivered once or queued."""

import dataclasses
import hashlib
import json
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import py7zr
import pytest

from agent import consent, gate, identity, pipeline
from agent.cli.session import connect
from agent.errors import (
    ClosedTicket,
    GateRefused,
    NotEnrolled,
    NothingGathered,
    TooLarge,
    UnknownTicket,
    UsageError,
)
from agent.events import ignore_progress
from agent.flow import Declined, ExistingTicket, Front, NewTicket, Queued, Receipt, Request, Severity
from agent.outbox import Outbox
from agent.plan import make_plan
from agent.redact import LocalFacts, load_rules
from collectors import RequestItem
from config.profiles import Profile
from config.settings import load

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
SECRET = "hunter2-correct-horse"
LOG = f"2026-03-04T05:00:00Z ERROR cannot restore: password={SECRET} status=502\n" * 20


@pytest.fixture
def place(tmp_path):
    """A state folder, settings, a folder endpoint, and a folder with one log that holds a secret."""
    environment = {f"SENDLOGS_{name}_FOLDER": str(tmp_path / name.lower()) for name in ("STATE", "CONFIG", "SYSTEM")}
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "service.log").write_text(LOG)
    (tmp_path / "desk").mkdir()
    settings = load({**environment, "SENDLOGS_ENDPOINT": f"folder:{tmp_path / 'desk'}"}).settings
    return tmp_path, settings


@pytest.fixture
def run(place):
    """Sends a bundle of the log for a ticket; keywords change the request or the agreement."""
    root, settings = place
    outbox = Outbox(settings.state_folder, settings.outbox_limit_bytes)

    def send(ticket, *, agree=None, limit_bytes=None, **words):
        plan = plan_for(root, settings, ticket, **words)
        if limit_bytes is not None:
            plan = dataclasses.replace(plan, limit_bytes=limit_bytes)
        return pipeline.send(
            plan,
            load_rules(),
            state=settings.state_folder,
            outbox=outbox,
            endpoint=connect(settings.endpoint, settings),
            agree=agree or (lambda archive: consent.given(archive, "flag", NOW)),
            progress=ignore_progress,
        )

    return send


def plan_for(root, settings, ticket, **words):
    profile = Profile(
        name="example",
        product="Example",
        title="Example",
        supported_majors=None,
        cloud=None,
        keep_hosts=(),
        unconfirmed=(),
        collectors={"application_logs": {"max_age_days": 36500}, "computer_id": {}},
        platforms=("linux",),
        file="example.yaml",
    )
    request = Request(
        front=Front.CLI,
        profile="example",
        ticket=ticket,
        requested_by="jo",
        asked_at=NOW,
        severity=Severity.HIGH,
        log_folders=(root / "logs",),
        **words,
    )
    guid = identity.computer_id(settings.state_folder)
    return make_plan(request, profile, settings, platform="linux", computer_id=guid, now=NOW)


def bundles(root: Path) -> list[Path]:
    return sorted((root / "desk").rglob("*.7z"))


def leftovers(settings) -> list[Path]:
    state = settings.state_folder
    places = [*(state / "work").glob("run-*"), *(state / "outbox").glob("*-*-*")]
    return [place for place in places if place.is_dir()]


def test_a_new_ticket_gets_the_bundle_that_was_agreed_to(place, run):
    """Consent, receipt and stored file name the same bytes, and nothing stays behind here."""
    root, settings = place
    shown = []
    outcome = run(
        NewTicket(subject="Restore fails"),
        agree=lambda archive: shown.append(archive.sha256) or consent.given(archive, "asked", NOW),
    )
    assert isinstance(outcome, Receipt)
    (stored,) = bundles(root)
    assert hashlib.sha256(stored.read_bytes()).hexdigest() == outcome.sha256 == shown[0]
    assert leftovers(settings) == []


def test_secrets_are_nowhere_in_what_was_sent(place, run):
    """Not in the archive's bytes, not in a member, not in the manifest; what diagnosis needs is."""
    root, _ = place
    run(NewTicket(subject="x"), description=f"my password is {SECRET}")
    (stored,) = bundles(root)
    with py7zr.SevenZipFile(stored) as archive:
        archive.extractall(root / "out")
    texts = [file.read_bytes() for file in (root / "out").rglob("*") if file.is_file()]
    assert SECRET.encode() not in stored.read_bytes() + b"".join(texts)
    assert any(b"status=502" in text for text in texts)
    tickets = (root / "desk" / "ticket-000001" / "ticket.json").read_text()
    assert SECRET not in tickets, "the ticket's own words still held a credential"


def test_a_name_that_is_no_utf8_stops_no_bundle(place, run, monkeypatch):
    known = LocalFacts((("name", "Zo\udce9 Smith"),))
    monkeypatch.setattr(LocalFacts, "of_this_machine", lambda _: known)
    assert isinstance(run(NewTicket(subject="x")), Receipt)


def test_a_second_bundle_of_a_ticket_has_the_same_stand_ins(place, run):
    """The same address is the same pseudonym in every bundle of one ticket, and another in the next ticket."""
    root, _ = place
    (root / "logs" / "service.log").write_text("connect from 10.20.30.40 port 22\n")
    first = run(NewTicket(subject="x"))
    run(ExistingTicket(number=first.ticket))
    run(NewTicket(subject="y"))
    lines = []
    for number, stored in enumerate(sorted(bundles(root), key=lambda file: file.stat().st_mtime_ns)):
        with py7zr.SevenZipFile(stored) as archive:
            archive.extractall(root / f"out{number}")
        (log,) = (root / f"out{number}").rglob("service.log")
        lines.append(log.read_text())
    assert "10.20.30.40" not in "".join(lines)
    assert lines[0] == lines[1] != lines[2]


@pytest.mark.parametrize(
    ("number", "error"), [("999999", UnknownTicket), ("1", ClosedTicket), ("abc", (UnknownTicket, UsageError))]
)
def test_a_wrong_ticket_is_refused_before_anything_is_gathered(place, run, number, error, monkeypatch):
    """No collector starts, and no ticket is opened."""
    root, _ = place
    run(NewTicket(subject="x"))
    ticket = root / "desk" / "ticket-000001" / "ticket.json"
    ticket.write_text(json.dumps({**json.loads(ticket.read_text()), "status": "closed"}))
    monkeypatch.setattr(pipeline, "collect", lambda *_, **__: pytest.fail("something was gathered"))
    with pytest.raises(error):
        run(ExistingTicket(number=number))
    assert len(list((root / "desk").glob("ticket-*"))) == 1


def test_saying_no_leaves_nothing(place, run):
    """Declined: nothing is sent, queued or kept."""
    root, settings = place
    assert run(NewTicket(subject="x"), agree=lambda archive: None) == Declined()
    assert bundles(root) == []
    assert leftovers(settings) == []


def test_without_an_endpoint_the_bundle_waits(place, run):
    """An unreachable endpoint is no error: the bundle is queued, whole."""
    root, settings = place
    connect(settings.endpoint, settings).check()  # a place that was there before
    shutil.rmtree(root / "desk")
    outcome = run(NewTicket(subject="x"))
    assert isinstance(outcome, Queued)
    (entry,) = Outbox(settings.state_folder, settings.outbox_limit_bytes).entries()
    assert entry.archive.file.is_file()


def test_a_computer_that_is_not_enrolled_is_told_before_anything_is_gathered(place):
    """Without a network as well: it could not deliver later either."""
    root, settings = place
    endpoint = connect("desk:http://127.0.0.1:1", settings)
    with pytest.raises(NotEnrolled):
        pipeline.check_ticket(plan_for(root, settings, NewTicket(subject="x")), endpoint)


def test_a_find_of_the_gate_destroys_the_bundle(place, run, monkeypatch):
    """What redaction missed does not leave: the archive is gone and the rule is named, never the value."""
    root, settings = place
    find = gate.Find(member="logs/service.log", rule="private-key")
    monkeypatch.setattr(gate, "scan", lambda *_: gate.GateReport(members=1, scanned_bytes=1, finds=(find,)))
    with pytest.raises(GateRefused, match=r"private-key in logs/service\.log") as refusal:
        run(NewTicket(subject="x"))
    assert SECRET not in str(refusal.value)
    assert bundles(root) == leftovers(settings) == []


def test_a_bundle_over_the_limit_is_not_sent(place, run):
    """Either what does not fit is left out, or the bundle is refused; it never goes out too large."""
    root, settings = place
    with pytest.raises((TooLarge, NothingGathered)):
        run(NewTicket(subject="x"), limit_bytes=10)
    assert bundles(root) == leftovers(settings) == []


def test_the_account_goes_to_the_ticket_and_a_stand_in_to_the_bundle(place, run):
    """Support needs to know whose account it is; the bundle, which more people see, does not tell."""
    root, _ = place
    account = "zoe.oneil-smith"
    (root / "logs" / "service.log").write_text(f"login of {account} failed\n")
    run(NewTicket(subject="x"), account=account)
    ticket = json.loads((root / "desk" / "ticket-000001" / "ticket.json").read_text())
    assert account in json.dumps(ticket)
    (stored,) = bundles(root)
    with py7zr.SevenZipFile(stored) as archive:
        archive.extractall(root / "out")
    assert not any(account.encode() in file.read_bytes() for file in (root / "out").rglob("*") if file.is_file())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_any_name_of_a_file_makes_a_sound_bundle(place, run):
    """No UTF-8, a line break, a secret, a person: none of them stops the bundle, and none of them leaves."""
    root, _ = place
    folder = os.fsencode(root / "logs")
    for name in (
        b"bad\xff\xfename.log",
        b"two\nlines.log",
        f"password={SECRET}.log".encode(),
        b"zoe@corp-mail.com.log",
    ):
        (Path(os.fsdecode(folder)) / os.fsdecode(name)).write_text("status=502\n")
    assert isinstance(run(NewTicket(subject="x")), Receipt)
    (stored,) = bundles(root)
    with py7zr.SevenZipFile(stored) as archive:
        names = archive.getnames()
        archive.extract(root / "out", ["manifest.json", "report.html"])
    told = "".join(names) + (root / "out" / "manifest.json").read_text() + (root / "out" / "report.html").read_text()
    assert SECRET not in told
    assert "zoe@" not in told
    assert sum(name.startswith("logs/") for name in names) == 5


def test_the_drafts_facts_come_from_the_bundle(place, run):
    """The ticket names the computer by the GUID that the manifest names."""
    root, settings = place
    run(NewTicket(subject="x"))
    ticket = (root / "desk" / "ticket-000001" / "ticket.json").read_text()
    assert identity.computer_id(settings.state_folder) in ticket
    assert RequestItem.COMPUTER_ID.value in ticket


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers are only started for more than is made here")
def test_the_archive_is_the_same_by_any_number_of_workers(place, monkeypatch):
    """Through the whole pipeline, by one clock and one key."""
    root, settings = place
    monkeypatch.setattr("agent.redact.processes.crew._LEAST_BYTES_TO_COPY", 0)
    monkeypatch.setattr("agent.redact.processes.crew.LEAST_BYTES_PER_WORKER", 0)
    for number, lines in enumerate((1, 700, 9000)):
        (root / "logs" / f"more{number}.log").write_text(LOG[: LOG.index("\n") + 1] * lines)
    for file in (root / "logs").iterdir():
        os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    plan, hashes = plan_for(root, settings, None), set()
    for workers in (1, 2, 8):
        places = {"work": root / f"work-{workers}", "output": root / f"{workers}.7z", "state": settings.state_folder}
        places["work"].mkdir()
        more = {"scope": "one", "progress": ignore_progress, "workers": workers}
        hashes.add(pipeline.make_bundle(plan, load_rules(), **places, **more).archive.sha256)
    assert len(hashes) == 1


def test_no_collector_fills_the_disk_and_what_is_cut_for_it_says_so(place, monkeypatch):
    root, settings = place
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(10**6, 0, 300))
    (root / "work").mkdir()
    places = {"work": root / "work", "output": root / "a.7z", "state": settings.state_folder}
    plan = plan_for(root, settings, None)
    made = pipeline.make_bundle(plan, load_rules(), **places, scope="one", progress=ignore_progress, workers=1)
    cut = [member.truncated for member in made.archive.members if member.truncated]
    assert cut
    assert all(told.endswith("there was little room on the disk, 300 bytes") for told in cut)
