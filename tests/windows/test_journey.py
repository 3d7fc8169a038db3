"""The agent as a person on Windows meets it: with Windows's paths, names and encodings, from log to ticket."""

import contextlib
import hashlib
import json
import os
import pty
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.conftest import COMMAND_SECONDS
from tests.windows.conftest import running_after, text_of

pytestmark = pytest.mark.wine
EXIT_USAGE, EXIT_QUEUED, EXIT_PROBLEM, EXIT_INTERRUPTED = 2, 4, 12, 130
SECRET = "hunter2-hunter2"
LOG = (
    "2026-11-20 10:00:00 opened C:\\Users\\Zoë O'Neil\\Documents\\plan.docx by CORP\\zoe password=hunter2-hunter2\r\n"
    "2026-11-20 10:00:01 peer 203.0.113.9 is up\r\n"
)
# The end of a child that nobody waits for any more, on a busy machine.
END_SECONDS = 60.0


@pytest.fixture(scope="module")
def one(make_computer):
    """A computer that speaks to no desk, with logs as Windows programs write them."""
    made = make_computer()
    (made.folder / "logs" / "sub folder").mkdir(parents=True)
    (made.folder / "logs" / "app.log").write_bytes(LOG.encode("utf-16"))
    (made.folder / "logs" / "sub folder" / "b.log").write_bytes(b"user=zoe path C:/Users/zoe/x\r\n")
    return made


def unpacked(archive: Path, into: Path) -> dict[str, bytes]:
    """What 7-Zip takes out of a bundle, by its name there."""
    done = subprocess.run(["7zz", "x", "-y", f"-o{into}", str(archive)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return {path.relative_to(into).as_posix(): path.read_bytes() for path in into.rglob("*") if path.is_file()}


def test_a_plan_makes_nothing_and_names_where_windows_has_things(one) -> None:
    told = one.sendlogs("plan", "--profile", "system")
    assert (told.code, told.err) == (0, "")
    assert r"from %ProgramData%\Microsoft\Windows\WER\ReportArchive\*\Report.wer" in told.out
    assert "/" not in re.sub(r"(?m)^.*(?:http|e-mail).*$", "", told.out.replace("yes|no", ""))
    assert not one.state.exists()


def test_the_doctor_says_what_is_missing(one) -> None:
    told = one.sendlogs("doctor")
    assert told.code == EXIT_PROBLEM, told
    assert f"ok       state folder: {one.path('state')} can be written" in told.out
    assert "\\\\" not in told.out
    assert told.err.startswith("sendlogs: One problem keeps a bundle from arriving.")


@pytest.mark.parametrize(("given", "made"), [("out 1", "out 1"), ("./out/../out2", "out2"), ("c:out3", "out3")])
def test_a_folder_is_redacted_whatever_way_its_path_is_written(one, given, made) -> None:
    """UTF-16 stays UTF-16 and the ends of lines stay Windows's. ``c:out3`` counts from where one is on that drive."""
    told = one.sendlogs("redact", one.path("logs").replace("\\", "/"), given)
    assert (told.code, told.err) == (0, ""), told
    assert told.out.startswith("2 files written, ")
    text = (one.folder / made / "app.log").read_bytes().decode("utf-16")
    assert re.fullmatch(
        r"2026-11-20 10:00:00 opened C:\\Users\\user-\w+\\Documents\\plan\.docx "
        r"by CORP\\user-\w+ password=\[redacted:.*\]\r\n"
        r"2026-11-20 10:00:01 peer ip-private-\w+ is up\r\n",
        text,
    ), text
    other = (one.folder / made / "sub folder" / "b.log").read_bytes()
    assert re.fullmatch(rb"user=user-\w+ path C:/Users/user-\w+/x\r\n", other), other


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("redact", r"no\such.log", "x"), r"Invalid value for 'INPUT': Path 'no\such.log' does not exist."),
        (("redact", r"\\server\share\x", "x"), r"Invalid value for 'INPUT': Path '\\server\share\x' does not exist."),
        (("redact", "logs", r"out\NUL"), r"Path 'out\NUL' holds a name that Windows keeps for a device."),
        (("redact", "logs", r"q:\x"), "There is no folder q:\\."),
        (("bundle", "--profile", "sendlogs", "--output", r"no\b.7z"), r"There is no folder C:\{}\no."),
        (("bundle", "--profile", "sendlogs", "--output", "con.7z"), "Path 'con.7z' holds a name that Windows keeps"),
        (("verify", r"logs\sub folder"), r"File 'logs\sub folder' is a directory."),
    ],
)
def test_a_path_that_cannot_be_used_is_refused_as_it_was_written(one, words, sentence) -> None:
    refused = one.sendlogs(*words)
    assert (refused.code, refused.out) == (EXIT_USAGE, ""), refused
    assert sentence.format(one.folder.name) in refused.err
    assert not (one.folder / "x").exists()


def test_a_bundle_goes_where_a_name_has_spaces_and_opens_elsewhere(one, tmp_path: Path) -> None:
    (one.folder / "my bundles").mkdir()
    made = one.sendlogs(
        "bundle",
        "--profile",
        "sendlogs",
        "--logs",
        "logs",
        "--description",
        "It stopped.",
        "--output",
        r"my bundles\the 1.7z",
    )
    assert made.code == 0, made
    assert made.out.endswith(one.path("my bundles", "the 1.7z") + "\n")
    archive = one.folder / "my bundles" / "the 1.7z"
    assert hashlib.sha256(archive.read_bytes()).hexdigest() in made.out
    members = unpacked(archive, tmp_path)
    [log] = [data for name, data in members.items() if name.endswith("/app.log")]
    assert "Zoë" not in log.decode("utf-16")
    assert not [name for name, data in members.items() if SECRET.encode() in data or SECRET.encode("utf-16-le") in data]
    sources = [entry["source"] for entry in json.loads(members["manifest.json"])["members"]]
    assert one.path("logs", "app.log") in sources
    assert list((one.state / "work").iterdir()) == []
    assert one.sendlogs("verify", r"my bundles\the 1.7z").code == 0


def test_a_ticket_in_a_folder_gets_the_bundle(one) -> None:
    (one.folder / "support share").mkdir()
    sent = one.send("--new", "It stopped", "--to", f"folder:{one.path('support share')}")
    assert sent.code == 0, sent
    receipt = sent.event("delivered")["receipt"]
    [stored] = (one.folder / "support share" / "ticket-000001").glob("*.7z")
    assert hashlib.sha256(stored.read_bytes()).hexdigest() == receipt["sha256"]
    listed = one.sendlogs("receipts")
    assert (listed.code, receipt["sha256"] in listed.out) == (0, True), listed


def test_a_bundle_of_windows_opens_a_ticket_at_the_desk_and_a_second_one_joins_it(computer, desk) -> None:
    sent = computer.send("--new", "It stopped", "--to", desk.address)
    assert sent.code == 0, sent
    ticket = sent.event("delivered")["receipt"]["ticket"]
    second = computer.send("--ticket", ticket, "--to", desk.address)
    assert second.code == 0, second
    receipt = second.event("delivered")["receipt"]
    assert receipt["ticket"] == ticket
    assert hashlib.sha256(desk.bundles[receipt["bundle_id"]].read_bytes()).hexdigest() == receipt["sha256"]
    assert desk.tickets == 1


def test_a_bundle_waits_for_the_desk_and_arrives_once(computer, desk) -> None:
    before = desk.bundles
    desk.stop()
    try:
        queued = computer.send("--new", "It stopped again", "--to", desk.address)
    finally:
        desk.start()
    assert queued.code == EXIT_QUEUED, queued
    waiting = queued.event("queued")["bundle_id"]
    assert waiting in computer.sendlogs("outbox", "list").out
    assert computer.sendlogs("outbox", "retry").code == 0
    assert computer.sendlogs("outbox", "retry").code == 0
    assert desk.bundles.keys() - before.keys() == {waiting}


@pytest.fixture
def keyboard() -> Iterator[tuple[int, int]]:
    """The person's end of a terminal, and the program's."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def test_ctrl_c_ends_a_bundle_in_order_and_leaves_nothing(one, keyboard) -> None:
    words = ["--profile", "sendlogs", "--logs", "logs", "--description", "x", "--output", "c.7z", "--json"]
    with one.start("bundle", *words, keyboard=keyboard[1]) as process:
        while json.loads(process.stdout.readline())["event"] != "collecting":
            pass
        os.write(keyboard[0], b"\x03")
        last = json.loads(process.stdout.read().splitlines()[-1])
    assert (process.returncode, last["message"]) == (EXIT_INTERRUPTED, "Interrupted.")
    assert running_after(END_SECONDS) == []
    assert not (one.folder / "c.7z").exists()
    assert list((one.state / "work").iterdir()) == []


def test_ctrl_c_ends_all_that_redact_and_leaves_no_half_file(one, keyboard) -> None:
    """The key goes to every process of the terminal."""
    (one.folder / "large").mkdir()
    for name in ("a.log", "b.log"):
        (one.folder / "large" / name).write_bytes(b"peer 203.0.113.9 up\r\n" * 1_250_000)
    with one.start("redact", "--workers", "2", "large", "large out", keyboard=keyboard[1]) as process:
        deadline = time.monotonic() + COMMAND_SECONDS
        # Both have started then: Windows cannot hold the key back from a process that is just starting.
        while len(list((one.folder / "large out").glob("*.log"))) < 2:
            assert time.monotonic() < deadline
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"ended with {process.wait(0.1)}")
        os.write(keyboard[0], b"\x03")
        out, err = process.communicate(timeout=COMMAND_SECONDS)
    assert (process.returncode, out, text_of(err).strip()) == (EXIT_INTERRUPTED, b"", "sendlogs: Interrupted.")
    assert running_after(END_SECONDS) == []
    assert list((one.folder / "large out").iterdir()) == []


@pytest.mark.parametrize("at", ["collecting", "archived"])
def test_a_bundle_that_is_killed_leaves_nothing_after_the_next_start(one, at) -> None:
    """No process, no work folder, and nothing under the name that was asked for."""
    words = ["--profile", "sendlogs", "--logs", "logs", "--description", "x", "--output", f"{at}.7z", "--json"]
    with one.start("bundle", *words) as process:
        for line in process.stdout:
            if json.loads(line)["event"] == at:
                break
        process.kill()
        process.stdin.close()
        process.stdout.close()
        process.stderr.close()
    assert running_after(END_SECONDS) == []
    again = one.sendlogs("outbox", "retry")
    assert (again.code, again.out, again.err) == (0, "", "")
    assert not (one.folder / f"{at}.7z").exists()
    assert list((one.state / "work").iterdir()) == []
