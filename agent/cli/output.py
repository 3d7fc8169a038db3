"""What the person or the calling program sees: results on stdout, progress and errors on stderr.

With ``--json`` everything is one JSON object per line on stdout, each with the key ``event``. A reader who
leaves early (``| head``) does not end the job: the rest is not shown, and the exit code stays the job's. Nor does a
stdout that takes no more (its disk is full): the job is done, and ``finish`` then says that it was not told of.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from agent.cli.plain import jsonable, printable, size, within
from agent.events import (
    Archived,
    Collected,
    Collecting,
    Delivered,
    Event,
    Gated,
    GivenUp,
    NothingTakenOut,
    Planned,
    Uploading,
)
from agent.flow import Queued
from agent.storage import as_storage_error
from agent.wording import counted
from collectors import Skipped

if TYPE_CHECKING:
    from agent.cli.progress_bar import ProgressBar


class Output:
    """One run's voice. Use it as a context manager; ``event`` is a ``Progress`` for the pipeline."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._bar: ProgressBar | None = None
        self._lost: OSError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.quiet()

    def event(self, event: Event) -> None:
        """Show what the pipeline reports."""
        if self.as_json:
            self._json(_name(event), jsonable(event))
        elif sys.stderr.isatty():
            self._on_terminal(event)
        elif line := _sentence(event):
            self.note(line)

    def record(self, name: str, values: Mapping[str, object], text: str) -> None:
        """One result: ``{"event": name, **values}``, or ``text``."""
        if self.as_json:
            self._json(name, jsonable(values))
        self.say(text)

    def somebody_is_here(self) -> bool:
        """Whether a person sits at a terminal, who can be asked."""
        return not self.as_json and sys.stdin.isatty() and sys.stderr.isatty()

    def say(self, text: str) -> None:
        """A result for the person that a program has already been told by an event; nothing with ``--json``."""
        if not self.as_json:
            self.quiet()
            self._result(printable(text) + "\n")

    def note(self, text: str) -> None:
        """Something for the person beside the results; nothing with ``--json``."""
        if not self.as_json:
            self.quiet()
            _write(sys.stderr, printable(text) + "\n")

    def warning(self, message: str) -> None:
        """Something that may not be as the person believes, beside the results; a program is told too."""
        if self.as_json:
            self._json("warning", {"message": message})
        self.note(f"Warning: {message}.")

    def error(self, exit_code: int, message: str, advice: str = "") -> None:
        """What went wrong, in a sentence, and what to do about it."""
        self.quiet()
        self._result("")
        if self.as_json and not self._lost:
            self._json("error", {"exit_code": exit_code, "message": message, "advice": advice})
        if self._lost or not self.as_json:
            _write(sys.stderr, printable(f"sendlogs: {message}" + (f"\n  {advice}" if advice else "")) + "\n")

    def finish(self) -> None:
        """See that all of stdout is written. Raise ``StorageError`` when something of it could not be."""
        self._result("")
        if self._lost:
            raise as_storage_error(self._lost, "The output") from self._lost

    def quiet(self) -> None:
        """Take the progress bar away; do this before asking the person something."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _json(self, name: str, values: object) -> None:
        assert isinstance(values, dict), "events and results are objects"
        self._result(json.dumps({"event": name, **values}, ensure_ascii=True, allow_nan=False) + "\n")

    def _result(self, text: str) -> None:
        self._lost = _write(sys.stdout, text) or self._lost

    def _on_terminal(self, event: Event) -> None:
        if isinstance(event, Collecting | Collected | Uploading):
            if self._bar is None:
                from agent.cli.progress_bar import ProgressBar

                self._bar = ProgressBar()
            self._bar.show(event)
        elif line := _sentence(event):
            self.note(line)


def _name(event: Event) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()


def _sentence(event: Event) -> str:
    """The line for a reader without a progress bar; empty for what would only be noise."""
    line = ""
    match event:
        case Planned(plan=plan):
            line = f"Planned: {counted(len(plan.steps), 'kind')} of things to gather about {within(plan.product)}."
        case Collecting(title=title, index=index, total=total):
            line = f"[{index}/{total}] {title}"
        case Skipped(path=path, reason=reason):
            line = f"Left out {path}: {reason}"
        case NothingTakenOut(patterns=patterns):
            quoted = ", ".join(f"'{pattern}'" for pattern in patterns)
            line = f"Nothing that was gathered fits --exclude {quoted}: what that means may be in the bundle."
        case Archived(archive=archive):
            line = f"Packed {counted(len(archive.members), 'file')} into {size(archive.size_bytes)}."
        case Gated(members=members, scanned_bytes=scanned):
            line = f"Scanned the finished bundle again ({counted(members, 'file')}, {size(scanned)}): nothing found."
        case Delivered(receipt=receipt):
            line = f"The ticketing side has it: ticket {receipt.ticket}."
        case Queued(reason=reason):
            line = f"Kept in the outbox: {reason}"
        case GivenUp(bundle_id=bundle_id, reason=reason):
            line = f"Given up and removed from the outbox: bundle {bundle_id}. {reason}"
    return line


def _write(stream: TextIO, text: str) -> OSError | None:
    """Write at once, with what still waits. A stream that takes no more leads nowhere from now on.

    Return why, unless the reader has just left. Recipe: Python documentation, "Note on SIGPIPE" in the signal module.
    """
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return None if isinstance(error, BrokenPipeError) else error
    return None
