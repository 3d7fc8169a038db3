"""Whatever goes wrong ends as a sentence, advice and an exit code; nobody sees a traceback."""

import io
import json
import signal
import stat
import sys

import click
import pytest

from agent import errors
from agent.cli import edge
from agent.cli.options import verb
from agent.cli.output import Output
from config import ConfigurationProblem


@pytest.fixture
def fails(machine, capsys):
    """Run a verb that raises this; the exit code and what was printed."""

    def run(error, *words):
        @verb(name="fail", example="sendlogs fail")
        def command(output: Output) -> None:
            """Fail."""
            if error is not None:
                raise error

        code = edge.run(command, words)
        return code, capsys.readouterr()

    return run


def kinds(kind=errors.AgentError):
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield below
            yield from kinds(below)


@pytest.mark.parametrize("kind", list(kinds()))
def test_every_error_of_ours_ends_with_its_own_code(fails, kind):
    code, told = fails(kind("It is so.", advice="Do this."))
    assert (code, told.out, told.err) == (kind.exit_code, "", "sendlogs: It is so.\n  Do this.\n")


def test_with_json_the_error_is_the_last_event(fails):
    code, told = fails(errors.UnknownTicket("There is no ticket 9."), "--json")
    assert json.loads(told.out) == {
        "event": "error",
        "exit_code": code,
        "message": "There is no ticket 9.",
        "advice": errors.UnknownTicket.advice,
    }
    assert told.err == ""


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigurationProblem("agent.yaml, line 2: x"), 3, "agent.yaml, line 2: x"),
        (PermissionError(13, "Permission denied", "/x/y"), 9, "/x/y cannot be used: Permission denied."),
        (OSError(28, "No space left on device"), 9, "cannot be used: the disk is full."),
        (
            PermissionError(1, "it belongs to another account", "/x"),
            9,
            "/x cannot be used: it belongs to another account.",
        ),
        (click.UsageError("No."), 2, "No."),
        (KeyboardInterrupt(), 130, "Interrupted"),
        (click.Abort(), 130, "Interrupted"),
    ],
)
def test_other_failures_have_their_codes_too(fails, error, code, said):
    ended, told = fails(error)
    assert ended == code
    assert said in told.err
    assert "Traceback" not in told.err


def test_what_ends_well_ends_with_0(fails):
    assert fails(None)[0] == 0


def test_the_unexpected_is_written_down_for_its_owner_alone(fails, machine):
    code, told = fails(ZeroDivisionError("inside"))
    (report,) = (machine / "state" / "crashes").iterdir()
    assert code == 1
    assert str(report) in told.err
    assert "Traceback" not in told.err
    assert "ZeroDivisionError: inside" in report.read_text()
    if sys.platform != "win32":
        assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_only_the_newest_reports_are_kept(fails, machine):
    for _ in range(edge._KEPT_CRASH_REPORTS + 3):
        fails(ZeroDivisionError())
    assert len(list((machine / "state" / "crashes").iterdir())) == edge._KEPT_CRASH_REPORTS


def test_the_unexpected_is_told_even_where_nothing_can_be_written(fails, machine):
    (machine / "state").write_text("a file where the folder should be")
    code, told = fails(ZeroDivisionError())
    assert (code, told.err) == (1, "sendlogs: Something unexpected happened (ZeroDivisionError).\n")


@pytest.mark.parametrize("name", [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)])
@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_signal_that_the_caller_had_ignored_stays_so(monkeypatch, name, before):
    """``nohup`` ignores that the terminal is closed, and starts the program; else that ends it in order."""
    for stream in ("stdout", "stderr"):  # which are made to print any name
        monkeypatch.setattr(sys, stream, io.StringIO())
    wanted = before if before is signal.SIG_IGN else signal.default_int_handler
    numbers = [getattr(signal, each) for each in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, each)]
    saved = {number: signal.getsignal(number) for number in numbers}
    signal.signal(getattr(signal, name), before)
    try:
        edge._prepare_process()
        assert signal.getsignal(getattr(signal, name)) is wanted
    finally:
        for number, handler in saved.items():
            signal.signal(number, handler)
