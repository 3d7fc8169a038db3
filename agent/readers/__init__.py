"""Files of known binary forms as text, one JSON object a line, which redaction then reads like any log.

Read in a process of its own (``python -m agent.readers KIND FILE``): both forms can be made so that a few kilobytes
ask for any memory and time, and one of the libraries runs as compiled code that nothing here can stop. That process
is watched and, past its bounds, ended; it gets a private copy of the file, and its answer goes to a private file.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

from collectors import ReadAs
from config.private_files import open_private

EXIT_REFUSED = 3
TEXT_LIMIT_BYTES = 16 * 2**20  # of the text of one file, as of a long log
_TIME_LIMIT_SECONDS = 60.0  # an event log of 64 MiB takes two
_MEMORY_LIMIT_BYTES = 2**29
_LOOK_EVERY_SECONDS = 0.05
_REAP_SECONDS = 2.0
_COPY_BYTES = 2**20
_LONGEST_SENTENCE_BYTES = 200


class CannotRead(Exception):
    """The file is not of this form, damaged, or too much; the message says which, and nothing of its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadText:
    """The text, in UTF-8, and what of the file it leaves out, in a sentence, or ``None``."""

    stream: BinaryIO
    left_out: str | None


@contextlib.contextmanager
def read_as_text(source: BinaryIO, kind: ReadAs) -> Iterator[ReadText]:
    """What the file ``source`` says; its text is there until the end of the block. Raise ``CannotRead``."""
    # Windows may hold the files of a process that was ended for a moment more; what is left then goes with this run's.
    with tempfile.TemporaryDirectory(prefix="sendlogs-", ignore_cleanup_errors=sys.platform == "win32") as folder:
        file, text, told = (Path(folder) / name for name in ("file", "text", "told"))
        with open_private(file) as copy:
            while block := source.read(_COPY_BYTES):
                copy.write(block)
        with open_private(text) as out, open_private(told) as sentences:
            code = _watched(kind, file, out, sentences)
        with told.open("rb") as sentences:
            sentence = sentences.read(_LONGEST_SENTENCE_BYTES).decode("utf-8", "replace")
        if code == EXIT_REFUSED:
            raise CannotRead(sentence)
        if code != 0:  # it met something that it did not foresee; what it says then may quote the file
            raise CannotRead(f"the {_name(kind)} is damaged")
        with text.open("rb") as stream:
            yield ReadText(stream=stream, left_out=sentence or None)


def _name(kind: ReadAs) -> str:
    return kind.replace("-", " ")


def _watched(kind: ReadAs, file: Path, out: BinaryIO, sentences: BinaryIO) -> int:
    """Run the reader to its end and return its exit code. Raise ``CannotRead`` when it goes past its bounds."""
    # -P: the current folder, whatever lies in it, is no place to import from.
    command = [sys.executable, "-P", "-m", __name__, kind, str(file)]
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    end = time.monotonic() + _TIME_LIMIT_SECONDS
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=sentences, cwd=file.parent, creationflags=flags
    ) as process:
        try:
            while (code := _ended(process)) is None:
                if time.monotonic() > end:
                    raise CannotRead(f"the {_name(kind)} takes longer to read than is allowed")
                if _memory_bytes(process) > _MEMORY_LIMIT_BYTES:
                    raise CannotRead(f"the {_name(kind)} takes more memory to read than is allowed")
            return code
        finally:
            _end(process)


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(_LOOK_EVERY_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def _memory_bytes(process: subprocess.Popen[bytes]) -> int:
    try:
        return sum(each.memory_info().rss for each in (psutil.Process(process.pid), *_standing_in_for(process)))
    except (psutil.Error, OSError):  # it has just ended, of which Windows may tell by an error that psutil lets pass
        return 0


def _end(process: subprocess.Popen[bytes]) -> None:
    others = _standing_in_for(process)
    process.kill()
    process.wait()
    for each in others:
        with contextlib.suppress(psutil.Error, OSError):
            each.kill()
    psutil.wait_procs(others, timeout=_REAP_SECONDS)


def _standing_in_for(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """On Windows the interpreter that an environment's ``python.exe`` starts in its place ("venv launcher")."""
    with contextlib.suppress(psutil.Error, OSError):
        return psutil.Process(process.pid).children(recursive=True) if sys.platform == "win32" else []
    return []
