r"""The service's door on Windows: a named pipe with an access control list of its own.

    \\.\pipe\sendlogs-…    the end is made of the state folder's path

Windows itself lets in the service's own account, the system's and the administrators, and no program of another
computer; nobody but the service may add an instance of the pipe, and the first one is refused where somebody else
has taken the name. Who asks is told by Windows (the token of the other side), never by what is asked. A program asks
only where the pipe is owned by its own account, the system or the administrators, and lends the service its identity
to look at, not to act with (Microsoft, "Named Pipe Security and Access Rights" and "Impersonation Levels").

A pipe cannot be waited for together with sockets, so the door has a thread, and each program that came in another
one; the answer is made in the service's loop like everything else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import pywintypes
import win32api
import win32con
import win32event
import win32file
import win32pipe
import win32security
import winerror

from agent.service.loop import Loop
from agent.service.question import LONGEST_LINE_BYTES, MOST_PEERS, PATIENCE_SECONDS, Answer, answered
from config import windows_access

if TYPE_CHECKING:
    from _win32typing import PyOVERLAPPED, PySECURITY_ATTRIBUTES

assert sys.platform == "win32"

# FILE_GENERIC_READ and FILE_GENERIC_WRITE without FILE_APPEND_DATA, which for a pipe is FILE_CREATE_PIPE_INSTANCE.
_ASK = 0x12019B
# Three that pywin32 does not name: of CreateNamedPipeW's page, and SECURITY_IDENTIFICATION of winbase.h.
_REJECT_REMOTE_CLIENTS, _FIRST_INSTANCE, _IDENTIFICATION = 0x8, 0x80000, 0x10000
_OPEN_FLAGS = win32con.FILE_FLAG_OVERLAPPED | win32con.SECURITY_SQOS_PRESENT | _IDENTIFICATION
_GONE = (winerror.ERROR_BROKEN_PIPE, winerror.ERROR_PIPE_NOT_CONNECTED, winerror.ERROR_NO_DATA)
_READ_BYTES = 2**16
_LONGEST_ANSWER_BYTES = 2**26
_PAUSE_MILLISECONDS = 200


def is_supported() -> bool:
    """Whether this system tells who is at the other side of a pipe: every Windows does."""
    return True


def pipe_name(state: Path) -> str:
    """The pipe of a state folder, the same by whatever spelling of its path."""
    spelling = os.path.normcase(state.resolve())
    return rf"\\.\pipe\sendlogs-{hashlib.sha256(spelling.encode()).hexdigest()[:32]}"


class PipeDoor:
    """The open door. Raise ``OSError`` when it cannot be opened: somebody else has taken the name."""

    def __init__(self, state: Path, loop: Loop, answer: Answer) -> None:
        self._loop, self._answer = loop, answer
        self._name, self._security = pipe_name(state), _security()
        self._is_over = win32event.CreateEvent(None, True, False, None)
        self._room = threading.Semaphore(MOST_PEERS)
        first = self._instance(_FIRST_INSTANCE)
        self._thread = threading.Thread(target=self._let_in, args=(first,), name="door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the door. Whoever is inside is hung up on."""
        win32event.SetEvent(self._is_over)
        self._thread.join(PATIENCE_SECONDS)

    def _instance(self, flags: int = 0) -> int:
        mode = win32con.PIPE_ACCESS_DUPLEX | win32con.FILE_FLAG_OVERLAPPED | flags
        kind = win32con.PIPE_TYPE_BYTE | win32con.PIPE_READMODE_BYTE | win32con.PIPE_WAIT | _REJECT_REMOTE_CLIENTS
        with _os_errors():
            return win32pipe.CreateNamedPipe(
                self._name, mode, kind, MOST_PEERS + 2, LONGEST_LINE_BYTES, LONGEST_LINE_BYTES, 0, self._security
            )

    def _let_in(self, pipe: int) -> None:
        """Wait for the next to come in, again and again; one instance is always there, so that the name stays ours."""
        while self._has_come(pipe):
            self._room.acquire()
            try:
                following = self._instance()
                threading.Thread(target=self._attend, args=(pipe,), name="peer", daemon=True).start()
            except (
                OSError,
                RuntimeError,
            ):  # no memory, no thread: that one is hung up on, and its instance waits again
                with contextlib.suppress(pywintypes.error):
                    win32pipe.DisconnectNamedPipe(pipe)
                self._room.release()
            else:
                pipe = following
        win32file.CloseHandle(pipe)

    def _has_come(self, pipe: int) -> bool:
        """Wait until a program has come in (true), or until the door is closed."""
        waiting = _overlapped()
        with contextlib.suppress(pywintypes.error):  # came and went: seen when it is read from
            if win32pipe.ConnectNamedPipe(pipe, waiting) == winerror.ERROR_IO_PENDING:
                first = win32event.WaitForMultipleObjects([self._is_over, waiting.hEvent], False, win32event.INFINITE)
                if first == win32event.WAIT_OBJECT_0:
                    _cancel(pipe, waiting)
                    return False
        return win32event.WaitForSingleObject(self._is_over, 0) == win32event.WAIT_TIMEOUT

    def _attend(self, pipe: int) -> None:
        """Hear one question and answer it."""
        try:
            with contextlib.suppress(OSError):  # gone, silent, or too slow: nobody is there to be told
                line = _End(pipe, PATIENCE_SECONDS, self._is_over).line(LONGEST_LINE_BYTES)
                told = self._answered(line, _who(pipe))
                end = _End(pipe, PATIENCE_SECONDS, self._is_over)  # anew: a domain may be slow to tell a name
                end.write(told)
                end.wait_until_gone()
        finally:
            with contextlib.suppress(pywintypes.error):
                win32pipe.DisconnectNamedPipe(pipe)
            win32file.CloseHandle(pipe)
            self._room.release()

    def _answered(self, line: bytes, who: str) -> bytes:
        """Made in the loop. Raise ``TimeoutError`` when that has other things to do; then nothing is done."""
        made, is_taken = SimpleQueue[bytes](), threading.Lock()

        def answer() -> None:
            if is_taken.acquire(blocking=False):
                made.put(answered(line.rstrip(b"\n"), who, self._answer))

        self._loop.post(answer)
        with contextlib.suppress(Empty):
            return made.get(timeout=PATIENCE_SECONDS)
        with contextlib.suppress(Empty):
            if not is_taken.acquire(blocking=False):  # it is just being done
                return made.get(timeout=PATIENCE_SECONDS)
        raise TimeoutError


class _End:
    """One end of a pipe, with so many seconds for all that is done with it. Everything raises ``OSError``."""

    def __init__(self, pipe: int, seconds: float, is_over: int | None = None) -> None:
        self._pipe, self._is_over = pipe, is_over
        self._deadline = time.monotonic() + seconds

    def line(self, longest_bytes: int) -> bytes:
        """What comes until the first end of a line."""
        received = b""
        while not received.endswith(b"\n"):
            received += self._read()
            if len(received) > longest_bytes:
                raise ConnectionError("a line without an end")
        return received

    def write(self, data: bytes) -> None:
        """Write all of it."""
        waiting = _overlapped()
        while data:
            with _os_errors():
                win32file.WriteFile(self._pipe, data, waiting)
            data = data[self._done(waiting) :]

    def wait_until_gone(self) -> None:
        """Until the other side has closed its end: what it has not read yet is lost when this one is closed first."""
        with contextlib.suppress(ConnectionError):
            while self._read():
                continue

    def _read(self) -> bytes:
        waiting, room = _overlapped(), win32file.AllocateReadBuffer(_READ_BYTES)
        with _os_errors():
            win32file.ReadFile(self._pipe, room, waiting)
        return bytes(room[: self._done(waiting)])

    def _done(self, waiting: PyOVERLAPPED) -> int:
        left_milliseconds = max(0, int((self._deadline - time.monotonic()) * 1000))
        events = [waiting.hEvent, *([self._is_over] if self._is_over is not None else [])]
        if win32event.WaitForMultipleObjects(events, False, left_milliseconds) != win32event.WAIT_OBJECT_0:
            _cancel(self._pipe, waiting)
            raise TimeoutError
        with _os_errors():
            return win32file.GetOverlappedResult(self._pipe, waiting, False)


def exchange(state: Path, line: bytes, timeout_seconds: float) -> bytes:
    """What the service of that state folder answers to ``line``. Raise ``OSError``."""
    pipe = _opened(pipe_name(state), timeout_seconds)
    try:
        if not _is_trusted(pipe):
            raise PermissionError("the pipe belongs to somebody else")
        end = _End(pipe, timeout_seconds)
        end.write(line)
        return end.line(_LONGEST_ANSWER_BYTES)
    finally:
        win32file.CloseHandle(pipe)


def _opened(name: str, timeout_seconds: float) -> int:
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            found = win32file.CreateFile(name, _ASK, 0, None, win32con.OPEN_EXISTING, _OPEN_FLAGS, None)
            return int(found.Detach())
        except pywintypes.error as error:
            if error.winerror != winerror.ERROR_PIPE_BUSY or time.monotonic() > deadline:
                raise _as_os_error(error) from None
        with contextlib.suppress(pywintypes.error):  # taken by another meanwhile
            win32pipe.WaitNamedPipe(name, 100)


def _security() -> PySECURITY_ATTRIBUTES:
    """This account may do all; the system and administrators may ask."""
    me = _me()
    text = f"O:{me}D:P(A;;FA;;;{me})(A;;{_ASK:#x};;;SY)(A;;{_ASK:#x};;;BA)"
    made = pywintypes.SECURITY_ATTRIBUTES()
    made.bInheritHandle = False  # pywin32 says else that children take the pipe over
    made.SECURITY_DESCRIPTOR = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
        text, win32security.SDDL_REVISION_1
    )
    return made


def _me() -> str:
    """The identifier of the account this runs as."""
    return windows_access.account_of(win32security.TokenUser)


def _is_trusted(pipe: int) -> bool:
    """Whether the pipe is this account's, the system's or the administrators': who comes first may take any name."""
    found = win32security.GetSecurityInfo(
        pipe, win32security.SE_KERNEL_OBJECT, win32security.OWNER_SECURITY_INFORMATION
    )
    owner = win32security.ConvertSidToStringSid(found.GetSecurityDescriptorOwner())
    return owner in (_me(), windows_access.SYSTEM, windows_access.ADMINISTRATORS)


def _who(pipe: int) -> str:
    """The account at the other side. To be called after something was read from it. Raise ``OSError``."""
    with _os_errors():
        win32security.ImpersonateNamedPipeClient(pipe)
        try:
            token = win32security.OpenThreadToken(win32api.GetCurrentThread(), win32con.TOKEN_QUERY, True)
        finally:
            win32security.RevertToSelf()
        sid = win32security.GetTokenInformation(token, win32security.TokenUser)[0]
        return windows_access.name_of(win32security.ConvertSidToStringSid(sid))


def _cancel(pipe: int, waiting: PyOVERLAPPED) -> None:
    """Give up what was begun; its memory is the system's until that has let go."""
    with contextlib.suppress(pywintypes.error):
        win32file.CancelIo(pipe)
        win32file.GetOverlappedResult(pipe, waiting, True)


def _overlapped() -> PyOVERLAPPED:
    made = pywintypes.OVERLAPPED()
    made.hEvent = win32event.CreateEvent(None, True, False, None)
    return made


@contextlib.contextmanager
def _os_errors() -> Iterator[None]:
    """What pywin32 raises, as what the standard library raises for the same."""
    try:
        yield
    except pywintypes.error as error:
        raise _as_os_error(error) from None


def _as_os_error(error: pywintypes.error) -> OSError:
    if error.winerror in _GONE:
        return ConnectionError("the other side hung up")
    return OSError(None, error.strerror, None, error.winerror)
