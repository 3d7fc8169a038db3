"""The demonstration: a desk on this machine, and a real bundle of this machine attached to a new ticket.

``demo.py start`` starts the desk (or takes the one that runs), enrols this device, sends a bundle, and says
what to look at. ``demo.py stop`` ends the desk. Everything lies in one folder (``--folder``), so that
nothing of the person's own settings is read or written, and removing the folder forgets it all.

It runs the installed programs as a person would and imports nothing of them, for what it shows must be what
anyone gets. Exit status: 0 when the ticket holds the bundle, else 1, and then no desk that it started runs on.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

USUAL_PORT = 8750
DESK_START_SECONDS = 90.0  # the first start makes the database, which is slow on a slow disk
DESK_STOP_SECONDS = 15.0
COMMAND_SECONDS = 300.0
ACCOUNT = "ada@customer.example"
SUBJECT = "Demo: the backup has not run since yesterday"
DESCRIPTION = (
    "The tray icon says 'connected', but the last completed backup is from yesterday. It began after a restart."
)


TOLD = """
Ticket {ticket} holds the bundle.
  Link      {desk}/tickets/{ticket}/
  Log-in    {log_in}
  SHA-256   {sha256}
  Bundle    {file}

What to do next:
  1. Open the link, log in, and read the bundle's report on the ticket's page.
  2. Attach a second bundle to it:  make demo TICKET={ticket}
  3. End the desk:                  make demo-stop
Everything of this demonstration lies in {folder}; removing that folder forgets it."""


class Failed(Exception):
    """The demonstration cannot go on; the message is the sentence for the person."""


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Where everything of one demonstration lies."""

    folder: Path

    @property
    def state(self) -> Path:
        """The desk's own folder: database, files, keys."""
        return self.folder / "desk"

    @property
    def log(self) -> Path:
        """What the desk printed, the champion's first password among it: a real secret for redaction to find."""
        return self.folder / "logs" / "desk.log"

    @property
    def pid_file(self) -> Path:
        """The desk's process id, while it runs."""
        return self.folder / "desk.pid"

    @property
    def environment(self) -> dict[str, str]:
        """The person's environment, with every folder of the agent inside this demonstration."""
        folders = {
            "SENDLOGS_STATE_FOLDER": "agent",
            "SENDLOGS_CONFIG_FOLDER": "config",
            "SENDLOGS_SYSTEM_FOLDER": "system",
        }
        return dict(os.environ) | {name: str(self.folder / folder) for name, folder in folders.items()}

    def run(self, program: str, *arguments: str, given: str = "") -> str:
        """The standard output of one of our programs. Raise ``Failed`` with its own words if it fails."""
        command = [str(Path(sys.executable).parent / program), *arguments]
        try:
            done = subprocess.run(
                command,
                env=self.environment,
                input=given,
                capture_output=True,
                text=True,
                check=False,
                timeout=COMMAND_SECONDS,
            )
        except OSError as error:
            raise Failed(f"'{program}' does not start: {error}. Remove .venv, then run 'make demo' again.") from error
        except subprocess.TimeoutExpired as error:
            raise Failed(f"'{program} {arguments[0]}' did not end within {COMMAND_SECONDS:.0f} seconds.") from error
        if done.returncode != 0:
            told = (done.stderr or said_in(done.stdout)).strip()
            raise Failed(f"'{program} {arguments[0]}' ended with exit code {done.returncode}:\n{told}")
        return done.stdout


def said_in(events: str) -> str:
    """The sentence and the advice of the last line of ``events`` (JSON), or the text as it is."""
    try:
        last = json.loads(events.strip().splitlines()[-1])
        return f"{last['message']} {last['advice']}"
    except (ValueError, LookupError, TypeError):
        return events


def command_line(pid: int) -> str:
    """The command line of a process, empty if there is none (a process that ended has none either)."""
    if Path("/proc/self/cmdline").exists():  # Linux, where a small system may have no ps
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            return ""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout


def running_desk(demo: Demo) -> int | None:
    """The process id of this demonstration's desk, or ``None``; a number that others got since is not ours."""
    try:
        pid = int(demo.pid_file.read_text("ascii"))
    except (OSError, ValueError):
        return None
    return pid if f"serve --state {demo.state} " in command_line(pid) + " " else None


def address(demo: Demo) -> str:
    """Where the desk said last that it listens."""
    found = re.findall(r"(?m)^Listening on (http://\S+)$", demo.log.read_text("utf-8"))
    if not found:
        raise Failed(f"The desk runs, but its log does not tell where: {demo.log}")
    return str(found[-1])


def free_port() -> int:
    """The usual port, or the next one up that nobody listens on."""
    for port in range(USUAL_PORT, USUAL_PORT + 50):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise Failed(f"No port from {USUAL_PORT} to {USUAL_PORT + 49} is free.")


def open_log(demo: Demo) -> IO[bytes]:
    """The desk's log, owner-only from its first byte (the champion's password is printed into it)."""
    return os.fdopen(os.open(demo.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def start_desk(demo: Demo) -> str:
    """Start the desk, detached from this terminal, and wait until it listens; return its address."""
    program = str(Path(sys.executable).parent / "sendlogs-desk")
    with open_log(demo) as log:
        begin = log.tell()
        desk = subprocess.Popen(
            [program, "serve", "--state", str(demo.state), "--port", str(free_port())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=demo.folder,
            env=demo.environment | {"PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # closing the terminal must not end it
        )
    demo.pid_file.write_text(str(desk.pid), "ascii")
    deadline = time.monotonic() + DESK_START_SECONDS
    while time.monotonic() < deadline:
        printed = demo.log.read_bytes()[begin:].decode("utf-8", "replace")
        if re.search(r"(?m)^Listening on http://\S+$", printed):
            return address(demo)
        if desk.poll() is not None:
            raise Failed(f"The desk ended at once (exit code {desk.returncode}):\n{printed.strip()[-2000:]}")
        time.sleep(0.1)
    raise Failed(f"The desk did not listen within {DESK_START_SECONDS:.0f} seconds; see {demo.log}")


def stop_desk(demo: Demo) -> bool:
    """End this demonstration's desk, and wait until it has ended; false if none runs."""
    pid = running_desk(demo)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + DESK_STOP_SECONDS
        while running_desk(demo) is not None:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.05)
    demo.pid_file.unlink(missing_ok=True)
    return pid is not None


def enrol(demo: Demo, desk: str) -> None:
    """Give this device a credential of its own at the desk, once for each address of the desk."""
    enrolled = demo.folder / "enrolled-at.txt"
    if enrolled.exists() and enrolled.read_text("utf-8") == desk:
        return
    token = demo.run("sendlogs-desk", "enrollment-token", "--state", str(demo.state)).strip()
    demo.run("sendlogs", "enroll", f"desk:{desk}", given=token + "\n")
    enrolled.write_text(desk, "utf-8")


def send(demo: Demo, desk: str, ticket: str | None) -> dict[str, str]:
    """Send a bundle of this machine, with a new ticket or to the one given; return the receipt."""
    request = ["--profile", "system", "--logs", str(demo.log.parent), "--since", "24h", "--account", ACCOUNT]
    which = ["--ticket", ticket] if ticket else ["--new", SUBJECT, "--severity", "3", "--cloud", "no"]
    where = ["--description", DESCRIPTION, "--to", f"desk:{desk}"]
    printed = demo.run("sendlogs", "send", *request, *which, *where, "--yes", "--json")
    for line in reversed(printed.splitlines()):
        event = json.loads(line)
        if event["event"] == "delivered":
            receipt: dict[str, str] = event["receipt"]
            return receipt
    raise Failed(f"'sendlogs send' ended well and told of no delivery:\n{printed[-2000:]}")


def kept_bundle(demo: Demo, receipt: dict[str, str]) -> Path:
    """The file that the desk keeps, which is what was sent. Raise ``Failed`` if its hash is not the receipt's."""
    file = demo.state / "bundles" / f"{receipt['bundle_id']}.7z"
    if hashlib.sha256(file.read_bytes()).hexdigest() != receipt["sha256"]:
        raise Failed(f"The desk keeps something else than was sent: {file}")
    return file


def log_in(demo: Demo) -> str:
    """Name and password of the champion, which the desk told at its first start and never again."""
    found = re.search(r"(?m)^Log-in.*: name (\S+) password (\S+)$", demo.log.read_text("utf-8"))
    return f"{found[1]}, password {found[2]}" if found else f"told at the desk's first start; not in {demo.log}"


def start(demo: Demo, ticket: str | None) -> None:
    """The whole demonstration. Raise ``Failed``; a desk that was started for it has then ended."""
    demo.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    demo.log.parent.mkdir(mode=0o700, exist_ok=True)
    before = running_desk(demo)
    try:
        desk = address(demo) if before else start_desk(demo)
        print(f"The desk listens on {desk}. Gathering what support would need of this computer ...", flush=True)
        enrol(demo, desk)
        receipt = send(demo, desk, ticket)
        file = kept_bundle(demo, receipt)
    except BaseException:  # an interrupt, too, must leave nothing running
        if before is None:
            stop_desk(demo)
        raise
    print(TOLD.format(log_in=log_in(demo), file=file, folder=demo.folder, desk=desk, **receipt))


def main() -> int:
    """Run one of the two commands; return the exit status."""
    parser = argparse.ArgumentParser(description="A desk on this machine, and a bundle attached to a ticket in it.")
    parser.add_argument("command", choices=["start", "stop"])
    parser.add_argument("--folder", type=Path, required=True, help="where everything of the demonstration lies")
    parser.add_argument("--ticket", metavar="N", help="add to this ticket instead of opening a new one")
    words = parser.parse_args()
    demo = Demo(folder=words.folder.absolute())
    try:
        if words.command == "start":
            start(demo, words.ticket)
        else:
            print("The desk has ended." if stop_desk(demo) else "No desk of this folder runs.")
    except (Failed, OSError) as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: interrupted; nothing is left running", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
