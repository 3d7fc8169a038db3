"""The edge of the program: the one place where what went wrong becomes a sentence, advice and an exit code.

Nobody sees a traceback. The unexpected is written to an owner-only file beside the state, for whoever is asked
for help; it is not sent anywhere.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple

import click

from agent import __version__
from agent.cli.output import Output
from agent.errors import EXIT_INTERRUPTED, EXIT_UNEXPECTED, AgentError, ConfigError
from agent.storage import as_storage_error
from config import ConfigurationProblem, places, private_files, program_start

_KEPT_CRASH_REPORTS = 20


def run(program: click.Command, arguments: Sequence[str] | None) -> int:
    """Run ``program`` and return the exit code (docs/exit-codes.md); ``None`` means this process's own arguments."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    with Output(as_json="--json" in words) as output:
        try:
            if arguments is None:
                _prepare_process()
            result = program.main(args=words, prog_name="sendlogs", standalone_mode=False, obj=output)
            output.finish()
        except click.ClickException as error:
            output.error(error.exit_code, error.format_message(), _usage_advice(error))
            return error.exit_code
        except (Exception, KeyboardInterrupt) as error:  # the edge: whatever nobody foresaw becomes a sentence as well
            failure = failure_of(error)
            output.error(*failure)
            return failure.exit_code
    return result if isinstance(result, int) else 0


class Failure(NamedTuple):
    """What somebody who is no programmer is told of something that went wrong."""

    exit_code: int
    sentence: str
    advice: str = ""


def failure_of(error: BaseException) -> Failure:
    """What is told of ``error``; of one that nobody foresaw, the traceback is written down beside the state."""
    match error:
        case AgentError():
            return Failure(error.exit_code, str(error), error.advice)
        case ConfigurationProblem():
            return Failure(ConfigError.exit_code, str(error), "When it is mended, check it: sendlogs config check")
        case KeyboardInterrupt() | click.Abort():
            return Failure(EXIT_INTERRUPTED, "Interrupted.")
        case OSError() if error.errno is not None:
            told = as_storage_error(error, error.filename or "The disk")
            return Failure(told.exit_code, str(told), told.advice)
    report = _crash_report(error)
    where = f"It is written down in {report}, for you alone." if report else ""
    return Failure(EXIT_UNEXPECTED, f"Something unexpected happened ({type(error).__name__}).", where)


def _prepare_process() -> None:
    """Let the program end in order when told to, and print any name without failing on its letters."""
    program_start.interrupts_are_caught()
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):  # told to end, terminal closed, Ctrl-Break: "finally" runs
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # ignored: behind nohup
            signal.signal(number, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _usage_advice(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"See: {context.command_path} --help" if context else ""


def _crash_report(error: BaseException) -> Path | None:
    """Write the traceback where only its owner may read it; ``None`` when even that fails.

    Without the arguments: a description of the problem may be private, and the code path tells enough.
    """
    try:
        folder = private_files.make_private_folder(places.default_state_folder() / "crashes")
        for old in sorted(folder.glob("*.txt"))[: -_KEPT_CRASH_REPORTS + 1]:
            old.unlink()
        file = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{os.getpid()}.txt"
        head = f"sendlogs {__version__}, Python {sys.version.split()[0]}, {sys.platform}\n\n"
        text = head + "".join(traceback.format_exception(error))
        private_files.write_private(file, text.encode("utf-8", "backslashreplace"))
    except (OSError, ConfigurationProblem):
        return None
    return file
