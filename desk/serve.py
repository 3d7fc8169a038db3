"""Runs the desk's server: one process, one socket, one state folder.

On PostgreSQL several processes may share a folder: what they must agree on lies in the database and in locked files.
What an earlier run left half-way is cleared away by one that starts while no other runs.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from config.private_files import FILE_MODE
from desk.public_url import public_url

if TYPE_CHECKING:
    import uvicorn

_MOST_PROCESSES = 16
_START_SECONDS = 120
_MOST_OPEN_FILES = 65_536


class CannotServe(Exception):
    """A sentence that says why the desk does not start, or why a command cannot be done; and the exit code for it."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def require_startable(host: str, port: int, url: str | None) -> None:
    """Find out whether the desk could listen there. Raise ``CannotServe``, ``UnsafeAddress``."""
    _bound(host, port).close()
    public_url(host, port, url)


def serve(*, state_folder: Path, host: str, port: int, url: str | None) -> None:
    """Serve until Ctrl-C or SIGTERM. Raise ``CannotServe``.

    The address is printed when the server answers there and can be stopped.
    """
    # Both end it at any moment, also where a shell made background programs deaf to Ctrl-C. uvicorn stops on both and
    # then raises them again, to end up here.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        _serve(state_folder, host, port, url)


def _serve(state_folder: Path, host: str, port: int, url: str | None) -> None:
    _raise_limit_of_open_files()
    with contextlib.ExitStack() as stack:
        starting = stack.enter_context(_starting_on(state_folder))
        is_alone = stack.enter_context(_one_on(state_folder))
        listening = stack.enter_context(_bound(host, port))
        port = listening.getsockname()[1]
        os.environ["SENDLOGS_DESK_URL"] = public_url(host, port, url)
        _prepare(state_folder, is_alone=is_alone)
        starting.release()
        listening.listen(socket.SOMAXCONN)
        _run(listening, f"Listening on http://{_written(host)}:{port}", behind_proxy=url is not None)


@contextlib.contextmanager
def _starting_on(state_folder: Path) -> Iterator[FileLock]:
    """Hold the lock of those that start, which come one after the other. Raise ``CannotServe``."""
    lock = FileLock(state_folder / "starting.lock", mode=FILE_MODE, timeout=_START_SECONDS)
    try:
        with lock:
            yield lock
    except Timeout:
        raise CannotServe(f"Another desk has been starting on {state_folder} for {_START_SECONDS} seconds.") from None


@contextlib.contextmanager
def _one_on(state_folder: Path) -> Iterator[bool]:
    """Hold one of the locks of running desks, which a crash cannot leave behind; whether no other runs here.

    SQLite has one. Raise ``CannotServe`` if all are held.
    """
    most = _MOST_PROCESSES if os.environ.get("SENDLOGS_DESK_DATABASE") else 1
    names = ["serving.lock", *(f"serving-{number}.lock" for number in range(2, most + 1))]
    free = []
    for name in names:
        lock = FileLock(state_folder / name, mode=FILE_MODE)
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=0)
            free.append(lock)
    if not free:
        raise CannotServe(f"A desk is running on {state_folder} already.")
    for lock in free[1:]:
        lock.release()
    try:
        yield len(free) == most
    finally:
        free[0].release()


def _prepare(state_folder: Path, *, is_alone: bool) -> None:
    import django  # its settings read the environment, which is complete only now

    from desk.database import WrongDatabase

    try:
        django.setup()
    except WrongDatabase as wrong:
        raise CannotServe(str(wrong)) from None
    from desk.first_start import FIRST_CHAMPION, prepare
    from desk.shared_connections import share
    from desk.uploads.object_store import WrongStoreSettings

    try:
        password = prepare(is_alone=is_alone)
    except WrongStoreSettings as wrong:
        raise CannotServe(str(wrong)) from None
    share()
    if password is not None:
        _say(f"Made a new desk in {state_folder}")
        _say(f"Log-in, shown only this once: name {FIRST_CHAMPION} password {password}")


def _run(listening: socket.socket, sentence: str, *, behind_proxy: bool) -> None:
    import uvicorn

    from desk.asgi import application  # needs Django set up
    from desk.uploads.direct_body import UploadProtocol

    config = uvicorn.Config(
        application,
        http=UploadProtocol,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        # Throttles go by the caller's address. Where no proxy writes X-Forwarded-For, a caller on this computer would.
        proxy_headers=behind_proxy,
        # A connection that one request paused or resumed keeps that request's context, and with it a thread of asgiref
        # that has ended, so that the next ones are answered 500 (https://github.com/python/cpython/issues/140947).
        reset_contextvars=True,
        timeout_graceful_shutdown=10,  # seconds for uploads under way; a device sends again what was cut
    )
    # whitenoise hands static files over as synchronous iterators, which Django reads whole before it sends them: they
    # are the few, small files of the installed packages, so its advice about large ones does not apply.
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
    # django-helpdesk's dashboard asks for "created since" with a day alone; Django takes it as midnight UTC, as meant.
    warnings.filterwarnings("ignore", message=r"DateTimeField Ticket\.created received a naive datetime")
    # What is loaded by now stays; looked through with every sweep, it took a fifth of the time of a desk at which
    # thousands wait.
    gc.collect()
    gc.freeze()
    _server(config, sentence).run(sockets=[listening])


def _server(config: uvicorn.Config, sentence: str) -> uvicorn.Server:
    import uvicorn

    from desk.collecting import wake_ups

    class Server(uvicorn.Server):
        """Tells that it listens once it also hears signals: before, Python may lose one in a clean-up of an import.

        When it stops it ends the calls that wait, which it would wait for itself.
        """

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            _say(sentence)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            wake_ups.waiters.end()
            await super().shutdown(sockets)

    return Server(config)


def _raise_limit_of_open_files() -> None:
    """Each device that waits is an open file, and what a program is given at first (1024, often) is soon used up."""
    if sys.platform != "win32":  # which has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_OPEN_FILES)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with contextlib.suppress(ValueError, OSError):  # macOS may allow less than it says
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, so that asyncio knows it for TCP and sets TCP_NODELAY: without that the body of an answer, written after
    # its head, waits 40 ms for the caller's delayed acknowledgement (https://www.rfc-editor.org/rfc/rfc9293, 3.7.4).
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there this option would let two processes share the port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise CannotServe(f"Cannot listen on {_written(host)}:{port}: {error.strerror}.") from None
    return bound


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what this command is asked to tell
