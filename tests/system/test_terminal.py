"""A person at a terminal: asked for what is missing, shown what would leave, and free to say no."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

import pty
import select

DEADLINE_SECONDS = 60.0
SILENCE_SECONDS = 3.0  # after this long without a word, a person would press the key again


class Terminal:
    """The program on a pseudo-terminal: read until something appears, then type."""

    def __init__(self, argv, environment):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, close_fds=True
        )
        os.close(slave)
        self.text = ""

    def until(self, pattern, *, on_silence=lambda: None):
        """All that was shown up to and including ``pattern``, taken off what is looked at next."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (found := re.search(pattern, self.text)):
            assert time.monotonic() < deadline, f"{pattern!r} did not appear in:\n{self.text}"
            if not select.select([self.master], [], [], SILENCE_SECONDS)[0]:
                on_silence()
            else:
                try:
                    self.text += os.read(self.master, 65536).decode("utf-8", "replace")
                except OSError:  # the program has ended, and with it the terminal
                    assert re.search(pattern, self.text), f"{pattern!r} did not appear in:\n{self.text}"
        shown, self.text = self.text[: found.end()], self.text[found.end() :]
        return shown

    def type(self, line):
        os.write(self.master, f"{line}\n".encode())

    def end(self):
        try:
            return self.process.wait(DEADLINE_SECONDS)
        finally:
            os.close(self.master)


@pytest.fixture
def terminal(tmp_path):
    (tmp_path / "desk").mkdir()
    environment = {
        **os.environ,
        "SENDLOGS_STATE_FOLDER": str(tmp_path / "state"),
        "SENDLOGS_CONFIG_FOLDER": str(tmp_path / "config"),
        "SENDLOGS_SYSTEM_FOLDER": str(tmp_path / "system"),
        "TERM": "xterm",
        "COLUMNS": "200",
    }
    argv = [sys.executable, "-Im", "agent", "send", "--to", f"folder:{tmp_path / 'desk'}", "--profile", "sendlogs"]
    program = Terminal(argv, environment)
    yield program, tmp_path
    if program.process.poll() is None:
        program.process.kill()
        program.process.wait()


def answer_the_questions(terminal):
    terminal.until(r"Ticket number.*: ")
    terminal.type("")
    terminal.until(r"Subject of the new ticket: ")
    terminal.type("Restore stops")
    terminal.until(r"What is wrong.*\n.*> ")
    terminal.type("It stops at 12 %.")
    terminal.until(r"> ")
    terminal.type("")
    assert "cannot restore" in terminal.until(r"Severity \[3\]: ")
    terminal.type("2")
    shown = terminal.until(r"Send it to .*\?.*: ")
    assert "SHA-256" in shown
    assert "What support needs" in shown
    return shown


def test_a_person_is_asked_shown_and_obeyed(terminal):
    """The questions lead to a ticket that says what was typed, with the bundle whose hash was shown."""
    program, root = terminal
    shown = answer_the_questions(program)
    for unclear in ("", "maybe"):
        program.type(unclear)
        assert "Please say y, n, l or p." in program.until(r"Send it to .*\?.*: ")
    program.type("l")
    assert "replaced" in program.until(r"Send it to .*\?.*: ")
    program.type("y")
    receipt = program.until(r"SHA-256 [0-9a-f]{64}")
    assert program.end() == 0
    assert re.findall(r"SHA-256 ([0-9a-f]{64})", shown)[-1] in receipt
    ticket = (root / "desk" / "ticket-000001" / "ticket.json").read_text()
    assert "Restore stops" in ticket
    assert "It stops at 12 %." in ticket


def test_a_key_pressed_before_the_question_is_no_answer(terminal):
    """Typed while the bundle was being made, before anybody could see what is in it."""
    program, root = terminal
    program.until(r"Ticket number.*: ")
    program.type("")
    program.until(r"Subject of the new ticket: ")
    program.type("Restore stops")
    program.until(r"What is wrong.*\n.*> ")
    program.type("")
    program.until(r"Severity \[3\]: ")
    program.type("2")
    program.until("Planned: ")
    program.type("y")
    assert f"folder:{root / 'desk'}, a new ticket?" in program.until(r"Send it to .*\?.*: ")
    program.type("n")
    program.until("Nothing was sent")
    assert program.end() == 5


def test_no_means_no(terminal):
    """Nothing is sent or kept, and the exit code says that a person declined."""
    program, root = terminal
    answer_the_questions(program)
    program.type("n")
    program.until("Nothing was sent")
    assert program.end() == 5
    assert list((root / "desk").glob("ticket-*")) == []


def test_ctrl_c_leaves_nothing(terminal):
    """Interrupted at the last question: exit code 130, no ticket, no bundle, no work folder."""
    program, root = terminal
    answer_the_questions(program)
    # What a terminal sends for Ctrl-C. Python does not see one that comes just before it waits for a line; so again.
    program.process.send_signal(signal.SIGINT)
    program.until("Interrupted", on_silence=lambda: program.process.send_signal(signal.SIGINT))
    assert program.end() == 130
    assert list((root / "desk").glob("ticket-*")) == []
    assert list((root / "state" / "work").glob("run-*")) == []
