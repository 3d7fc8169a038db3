"""Results go to stdout and the rest to stderr; with --json every line is one event."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.cli.output import Output
from agent.errors import StorageError
from agent.events import Archived, Collected, Collecting, Delivered, Gated, NothingTakenOut, Planned, Uploading
from agent.flow import Archive, Consent, Queued, Receipt
from collectors import Skipped

AT = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
RECEIPT = Receipt(
    bundle_id="b",
    endpoint="folder:/x",
    ticket="17",
    link="file:///x",
    sha256="00",
    size_bytes=9,
    delivered_at=AT,
    consent=Consent(archive_sha256="00", given_by="jo", how="flag", given_at=AT),
    pseudonym_scope="s",
)


@pytest.fixture
def events(bundle_plan, tmp_path):
    archive = Archive(
        bundle_id="b",
        file=tmp_path / "b.7z",
        size_bytes=2_000,
        sha256="00",
        made_at=AT,
        members=(),
        skipped=(),
        facts={},
        counts={"password": 2},
    )
    return [
        Planned(plan=bundle_plan),
        Collecting(collector="network", title="Network", index=1, total=2),
        Collected(path="network/routes.txt", size_bytes=10, replacements=1),
        Skipped(path="network/x", reason="not there"),
        NothingTakenOut(patterns=("logz/*",)),
        Archived(archive=archive),
        Gated(members=3, scanned_bytes=4_000),
        Uploading(sent_bytes=1, total_bytes=2),
        Delivered(receipt=RECEIPT),
        Queued(bundle_id="b", reason="no network"),
    ]


def test_every_event_is_one_json_line_with_its_name(events, capsys):
    with Output(as_json=True) as output:
        for event in events:
            output.event(event)
    told = capsys.readouterr()
    names = [json.loads(line)["event"] for line in told.out.splitlines()]
    expected = "planned collecting collected skipped nothing_taken_out archived gated uploading delivered queued"
    assert (names, told.err) == (expected.split(), "")
    assert json.loads(told.out.splitlines()[8])["receipt"]["delivered_at"] == "2026-03-04T05:06:00Z"


def test_without_a_terminal_progress_is_plain_lines_on_stderr(events, capsys):
    with Output(as_json=False) as output:
        for event in events:
            output.event(event)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "Planned: 1 kind of things to gather about Example Backup.",
        "[1/2] Network",
        "Left out network/x: not there",
        "Nothing that was gathered fits --exclude 'logz/*': what that means may be in the bundle.",
        "Packed 0 files into 2.0 kB.",
        "Scanned the finished bundle again (3 files, 4.0 kB): nothing found.",
        "The ticketing side has it: ticket 17.",
        "Kept in the outbox: no network",
    ]


def test_on_a_terminal_there_is_a_bar_and_it_goes(events, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Output(as_json=False) as output:
        for event in events:
            output.event(event)
            assert (output._bar is not None) == isinstance(event, Collecting | Collected | Uploading)
    assert "Packed 0 files" in capsys.readouterr().err


def test_a_result_is_text_for_a_person_and_an_object_for_a_program(capsys):
    for as_json in (False, True):
        output = Output(as_json=as_json)
        output.record("id", {"computer_id": "x"}, "x")
        output.say("for a person")
        output.note("beside the results")
    told = capsys.readouterr()
    assert told.out.splitlines() == ["x", "for a person", '{"event": "id", "computer_id": "x"}']
    assert told.err == "beside the results\n"


def test_a_warning_is_beside_the_results_and_a_program_hears_it_too(capsys):
    Output(as_json=False).warning("It is away")
    Output(as_json=True).warning("It is away")
    told = capsys.readouterr()
    assert (told.err, json.loads(told.out)) == ("Warning: It is away.\n", {"event": "warning", "message": "It is away"})


def test_an_error_is_a_sentence_and_what_to_do(capsys):
    Output(as_json=False).error(9, "The disk is full.", "Free some space.")
    Output(as_json=True).error(9, "The disk is full.", "Free some space.")
    told = capsys.readouterr()
    assert told.err == "sendlogs: The disk is full.\n  Free some space.\n"
    assert json.loads(told.out) == {
        "event": "error",
        "exit_code": 9,
        "message": "The disk is full.",
        "advice": "Free some space.",
    }


@pytest.mark.posix
def test_names_that_are_no_text_and_would_steer_the_terminal_are_shown_harmless(capsys):
    name = os.fsdecode(b"\xff\x1b[2Jx")
    Output(as_json=True).event(Skipped(path=name, reason="r"))
    Output(as_json=False).note("\x1b[2Jx")
    told = capsys.readouterr()
    assert json.loads(told.out)["path"] == name
    assert "\x1b" not in told.err


@pytest.mark.posix
def test_a_reader_who_leaves_does_not_end_the_job(tmp_path):
    """The job goes on to its end, quietly, although nobody reads what it says."""
    code = (
        "import sys; from agent.cli.output import Output; output = Output(as_json=False); sys.stdin.read()\n"
        "for line in range(1000): output.record('x', {}, 'line')\n"
        f"open({str(tmp_path / 'done')!r}, 'x').close()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told, (tmp_path / "done").exists()) == (0, b"", True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_an_output_that_is_full_is_told_when_the_job_is_done(capsys, monkeypatch):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        output = Output(as_json=True)
        for _ in range(3):
            output.record("x", {}, "line")
        with pytest.raises(StorageError, match="The output cannot be used: the disk is full"):
            output.finish()
        output.error(9, "It is so.")
    assert capsys.readouterr().err == "sendlogs: It is so.\n"
