"""Run another program and read its answer, so that nothing it does can hold us up or reach our terminal.

The program gets an argument list (never a shell), a C locale, no terminal, and no way to outlive its time:
it leads a session of its own, and that session dies with it. What it prints is kept up to a limit, so that
an endless answer costs neither memory nor time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

import psutil

from agent.job import SUSPENDED, Job
from collectors import CommandFailed, CommandMissing

if sys.platform == "win32":
    import win32api

    from agent.collect.windows_rights import is_elevated, others_behind_program

OUTPUT_LIMIT_BYTES = 8 * 2**20  # the promise of collectors.Context.run
_ERROR_LIMIT_BYTES = 64 * 2**10
_QUOTED_ERROR_CHARACTERS = 200  # of the last line on standard error, for the manifest
_CHUNK_BYTES = 64 * 2**10
_REAP_SECONDS = 0.2
# Where diagnostic programs live that the PATH of an ordinary user does not name.
_ADMINISTRATION_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_PROGRAM_SUFFIXES = [".com", ".exe", ".bat", ".cmd"]  # as PATHEXT begins everywhere
# A frozen build points these at its own libraries; other programs must not load those. PyInstaller keeps
# the user's value in NAME_ORIG (pyinstaller.org, "Launching external programs from the frozen application").
_LIBRARY_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH")


class Runner(Protocol):
    """How a command is run; tests have one that answers from data."""

    def __call__(
        self, argv: Sequence[str], *, timeout_seconds: float, input_text: str, environment: Mapping[str, str]
    ) -> str:
        """The standard output; raise ``CommandMissing`` or ``CommandFailed``."""


def run_command(
    argv: Sequence[str], *, timeout_seconds: float, input_text: str = "", environment: Mapping[str, str]
) -> str:
    """The standard output of ``argv``, decoded, at most ``OUTPUT_LIMIT_BYTES`` of it.

    A program that prints more is ended, and its head is the answer. One that succeeds and prints nothing there
    is answered by its standard error: ``nginx -v`` and ``java -version`` tell their version so.
    Raise ``CommandMissing`` when there is no such program, ``CommandFailed`` when it cannot start, ends with
    an error, or is not done in time.
    """
    name = argv[0]
    deadline = time.monotonic() + timeout_seconds
    job = Job()  # first: what is started waits to be taken into it
    process = _start([_program(name, environment), *argv[1:]], input_text, _clean(environment))
    try:
        job.take_suspended(process.pid)
        assert process.stdout is not None
        assert process.stderr is not None
        output = _Reader(process.stdout, OUTPUT_LIMIT_BYTES)
        errors = _Reader(process.stderr, _ERROR_LIMIT_BYTES)
        _feed(process, input_text)
        output.join(max(0.0, deadline - time.monotonic()))
        if output.full:
            return decoded(bytes(output.data))
        if output.is_alive() or not _ended(process, deadline):
            raise CommandFailed(f"'{name}' did not end within {timeout_seconds:.3g} seconds")
        errors.join(max(0.0, deadline - time.monotonic()))
    finally:
        _end(process)
        job.end()
    if process.returncode != 0:
        raise CommandFailed(f"'{name}' ended with status {process.returncode}{_last_line(bytes(errors.data))}")
    return decoded(bytes(output.data or errors.data))


def decoded(data: bytes) -> str:
    r"""Text from what programs and small files hold: UTF-16 by its mark, UTF-8, or Windows' console encoding.

    Bytes that are none of these become ``\xNN``, so that the text can always be encoded again.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "backslashreplace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding = "oem" if sys.platform == "win32" else "utf-8"
        return data.decode(encoding, "backslashreplace")


class _Reader(threading.Thread):
    """Reads a pipe to its end, or until ``limit_bytes`` are kept; then closes it."""

    def __init__(self, pipe: IO[bytes], limit_bytes: int) -> None:
        super().__init__(daemon=True)
        self.data = bytearray()
        self.full = False
        self._pipe = pipe
        self._limit_bytes = limit_bytes
        self.start()

    def run(self) -> None:
        # A pipe whose other end was killed may answer with an error instead of its end; both are the end.
        with contextlib.suppress(OSError), self._pipe:
            while chunk := self._pipe.read(_CHUNK_BYTES):
                self.data += chunk
                if len(self.data) > self._limit_bytes:
                    del self.data[self._limit_bytes :]
                    self.full = True
                    return


def _program(name: str, environment: Mapping[str, str]) -> str:
    """The absolute path of the program; relative folders of PATH (the current folder) are not looked in."""
    folders = [Path(folder) for folder in environment.get("PATH", os.defpath).split(os.pathsep)]
    found = _found(name, [folder for folder in folders if folder.is_absolute()])
    if found is None:
        raise CommandMissing(f"the command '{name}' is not on this machine")
    if Path(found).suffix.lower() in {".bat", ".cmd"}:
        # Windows would hand these, and our arguments, to its shell.
        raise CommandFailed(f"'{name}' is a batch file, which is never run")
    return _trusted(name, found)


if sys.platform == "win32":

    def _found(name: str, folders: Sequence[Path]) -> str | None:
        """The program of the system first: PATH may be a person's, while this runs with more rights than theirs.

        Not by ``shutil.which``, which on Windows looks in the current folder before all others.
        """
        system = Path(win32api.GetSystemDirectory())
        system_folders = [system, system / "wbem", system / "WindowsPowerShell" / "v1.0"]
        suffixes = [""] if Path(name).suffix.lower() in _PROGRAM_SUFFIXES else _PROGRAM_SUFFIXES
        places = (folder / f"{name}{suffix}" for folder in [*system_folders, *folders] for suffix in suffixes)
        return next((str(place) for place in places if place.is_file()), None)

    def _trusted(name: str, found: str) -> str:
        """The program to run; with an administrator's rights only one that no other account can have put there."""
        if not is_elevated():
            return found
        try:
            program = Path(found).resolve(strict=True)
            others = others_behind_program(program)
        except OSError as error:
            raise CommandFailed(f"'{name}' is not run: who may change it cannot be read: {error}") from error
        if others:
            raise CommandFailed(
                f"'{name}' is not run with an administrator's rights: {' and '.join(others)} may change {program}"
            )
        return str(program)

else:

    def _found(name: str, folders: Sequence[Path]) -> str | None:
        where = [*map(str, folders), *_ADMINISTRATION_FOLDERS]
        found = shutil.which(name, path=os.pathsep.join(where))
        return found if found and Path(found).is_absolute() else None

    def _trusted(_name: str, found: str) -> str:
        return found


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    cleaned = {**environment, "LC_ALL": "C", "LANGUAGE": "C"}
    for name in _LIBRARY_VARIABLES:
        original = cleaned.pop(f"{name}_ORIG", None)
        if original is not None:
            cleaned[name] = original
        elif getattr(sys, "frozen", False):
            cleaned.pop(name, None)
    return cleaned


def _start(argv: list[str], input_text: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP | SUSPENDED
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE if input_text else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # a reader's unread buffer would hold a lock that closing waits for
            cwd=os.environ.get("SYSTEMROOT", "C:\\") if sys.platform == "win32" else "/",
            env=environment,
            start_new_session=True,  # no terminal of ours, and one group to kill; Windows ignores it
            creationflags=flags,
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
        raise CommandFailed(f"'{argv[0]}' could not be started: {error}") from error


def _feed(process: subprocess.Popen[bytes], text: str) -> None:
    """Write ``text`` to the program without waiting for it: it may never read."""
    pipe = process.stdin
    if pipe is None:
        return

    def write() -> None:
        with contextlib.suppress(OSError), pipe:
            pipe.write(text.encode("utf-8", "surrogateescape"))

    threading.Thread(target=write, daemon=True).start()


def _ended(process: subprocess.Popen[bytes], deadline: float) -> bool:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the program: itself, its session, and children that left the session."""
    children: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        children = psutil.Process(process.pid).children(recursive=True)
    if sys.platform != "win32":
        # The group's number cannot be another's while a member lives; without members this fails.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for child in children:
        with contextlib.suppress(psutil.Error):
            child.kill()
    process.kill()
    process.wait()
    with contextlib.suppress(psutil.Error):
        psutil.wait_procs(children, timeout=_REAP_SECONDS)  # whoever hears that it is ended may look


def _last_line(errors: bytes) -> str:
    lines = decoded(errors).strip().splitlines()
    return f": {lines[-1].strip()[:_QUOTED_ERROR_CHARACTERS]}" if lines else ""
