"""Waiting for something new about a device or a ticket, for as many as like, at no thread and no connection each.

A position is the id of a ``RequestEvent``: ids grow, and whoever tells the newest one they saw misses nothing.

Within a process an event wakes the waiters when its transaction is committed. Between processes one thread watches for
all waiters together, and only while anybody waits: on PostgreSQL it listens to what the others notify (LISTEN), on
SQLite it asks for the newest id twice a second, which costs a fraction of a millisecond. What it may have missed,
before it began or while a connection was lost, it reads from the table.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Max

from desk.collecting.gathered import Gathered
from desk.models import RequestEvent

CHANNEL = "sendlogs_requests"
ANYHOW = -1  # a position by which all of a device are woken, whatever they saw
_LOOK_EVERY_SECONDS = 0.5
_CONNECT_AGAIN_SECONDS = 1.0
_MOST_EVENTS_READ = 1000  # at once

_Subject = TypeVar("_Subject")
_Found = TypeVar("_Found")
Key = tuple[str, str]  # "device" or "ticket", and its id


class Ending(Exception):
    """The server stops, and nobody can wait here any more."""


class _Waiters:
    """Who waits for what, in this process. Events come from any thread, waiters belong to their loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Key, dict[asyncio.Future[int], int]] = {}
        self._watching = False
        self.is_ending = False
        self._looking = threading.Lock()  # apart, so that no loop waits for a database
        self._seen: int | None = None  # up to which position the watching has woken

    @contextmanager
    def added(self, key: Key, after: int) -> Iterator[asyncio.Future[int]]:
        """A future that an event newer than ``after`` resolves, for as long as the block lasts."""
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.setdefault(key, {})[future] = after
            if not self._watching:
                self._watching = True
                threading.Thread(target=_watch, args=(self,), name="wake-ups", daemon=True).start()
        try:
            yield future
        finally:
            with self._lock:
                of_key = self._waiting.get(key, {})
                of_key.pop(future, None)
                if not of_key:
                    self._waiting.pop(key, None)

    def wake(self, key: Key, position: int) -> None:
        """Wake those who have not seen this yet; call from any thread."""
        with self._lock:
            waiting = list(self._waiting.get(key, {}).items())
        for future, after in waiting:
            if position > after or position == ANYHOW:
                with suppress(RuntimeError):  # its loop has ended
                    future.get_loop().call_soon_threadsafe(_resolve, future, max(position, after))

    def end(self) -> None:
        """The process stops: nobody waits any more."""
        self.is_ending = True
        with self._lock:
            futures = [future for waiting in self._waiting.values() for future in waiting]
        for future in futures:
            with suppress(RuntimeError):
                future.get_loop().call_soon_threadsafe(future.cancel)

    def go_on(self) -> bool:
        """Whether anybody waits. If not, the watching is over, and the next waiter begins it anew."""
        with self._lock:
            self._watching = bool(self._waiting)
            if not self._watching:
                self._seen = None
            return self._watching

    def wake_for_newer(self) -> None:
        """Wake for all events that came since this was called last; the first call only notes how far they are.

        Each waiter has this called before its own look: what comes after is then seen by one of the two.
        """
        with self._looking:
            if self._seen is None:
                self._seen = int(RequestEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0)
                return
            newer = RequestEvent.objects.filter(pk__gt=self._seen).order_by("pk")
            events = list(newer.values_list("device_id", "ticket_id", "pk")[:_MOST_EVENTS_READ])
            if events:
                self._seen = events[-1][2]
        for device_id, ticket_id, position in events:
            self.wake_both(str(device_id), str(ticket_id), position)

    def wake_both(self, device_id: str, ticket_id: str, position: int) -> None:
        """Wake who waits for the device, and who for the ticket."""
        self.wake(("device", device_id), position)
        self.wake(("ticket", ticket_id), position)

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._waiting.values()))


waiters = _Waiters()
# Looks into the table for all waiters, one after the other: one thread and one connection, whatever their number.
_looks = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wake-ups-look")


async def wait(*, device_id: uuid.UUID | None = None, ticket_id: int | None = None, after: int, seconds: float) -> int:
    """The newest position that concerns the device or the ticket (name one), at once when it is not ``after``.

    Else when something newer comes, or after so many seconds: then it is ``after``. A position that is newer than all
    there is comes from before a database was restored; it is answered at once too. Raise ``Ending`` where the server
    stops.
    """
    key: Key = ("ticket", str(ticket_id)) if device_id is None else ("device", str(device_id))
    with waiters.added(key, after) as woken:  # first, so that nothing comes between the look and the wait
        newest = await _newest_now.of(key) or 0
        if newest != after:
            return newest
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await _woken(woken)
    return after


async def _woken(woken: asyncio.Future[int]) -> int:
    if waiters.is_ending:
        raise Ending
    try:
        return await woken
    except asyncio.CancelledError:
        if waiters.is_ending:
            raise Ending from None
        raise


def newest_of_devices(device_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The newest position that concerns each, of those that have one."""
    return _newest("device_id", device_ids)


async def look(question: Callable[[_Subject], _Found], subject: _Subject) -> _Found:
    """What ``question`` finds in the database, asked in the one thread that does so for all waiters."""
    return await asyncio.get_running_loop().run_in_executor(_looks, _asked, question, subject)


def announce(event: RequestEvent) -> None:
    """Wake who waits for this event, here and in the other processes, when the transaction under way is committed."""
    _announce(event.device_id, event.ticket_id, event.pk)


def announce_device(device_id: uuid.UUID) -> None:
    """Wake all calls of a device that was changed; on SQLite those of this process alone."""
    _announce(device_id, 0, ANYHOW)


def _announce(device_id: uuid.UUID, ticket_id: int, position: int) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Kept back by the server until the transaction is committed, and dropped when it is not.
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{device_id} {ticket_id} {position}"])
    transaction.on_commit(lambda: waiters.wake_both(str(device_id), str(ticket_id), position))


def _newest_of(keys: Collection[Key]) -> dict[Key, int]:
    waiters.wake_for_newer()
    found: dict[Key, int] = {}
    for kind in {kind for kind, _ in keys}:
        newest = _newest(f"{kind}_id", [of_id for each, of_id in keys if each == kind])
        found |= {(kind, str(of_id)): position for of_id, position in newest.items()}
    return found


def _newest(column: str, ids: Collection[object]) -> dict[Any, int]:
    events = RequestEvent.objects.filter(**{f"{column}__in": ids})
    return dict(events.values_list(column).annotate(Max("pk")))


_newest_now = Gathered(lambda keys: look(_newest_of, keys))


def _asked(question: Callable[[_Subject], _Found], subject: _Subject) -> _Found:
    """Ask, and once more on a new connection if the kept one was lost meanwhile."""
    try:
        return question(subject)
    except (DatabaseError, InterfaceError):
        connection.close()
        return question(subject)


def _resolve(future: asyncio.Future[int], position: int) -> None:
    if not future.done():
        future.set_result(position)


def _watch(waiters: _Waiters) -> None:
    """Wake for what other processes did, until nobody waits; runs in a thread of its own."""
    listens = False
    while waiters.go_on():
        try:
            if connection.vendor == "postgresql":
                if not listens:
                    _begin_to_listen()
                    waiters.wake_for_newer()  # what came before
                    listens = True
                _hear(waiters)
            else:
                waiters.wake_for_newer()
                time.sleep(_LOOK_EVERY_SECONDS)
        except (DatabaseError, InterfaceError, OSError):
            listens = False
            _drop_connection()
            time.sleep(_CONNECT_AGAIN_SECONDS)
    _drop_connection()


def _drop_connection() -> None:
    """Not given to other threads: it would go on to hear, and keep what nobody takes."""
    if connection.vendor == "postgresql" and connection.connection is not None:
        connection.connection.close()
    connection.close()


def _begin_to_listen() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")


def _hear(waiters: _Waiters) -> None:
    """Wake for what the others notify within a moment. Raise ``InterfaceError`` for a connection that is lost."""
    import psycopg

    try:
        for told in connection.connection.notifies(timeout=_LOOK_EVERY_SECONDS):
            device_id, ticket_id, position = told.payload.split()
            waiters.wake_both(device_id, ticket_id, int(position))
    except psycopg.Error as lost:
        raise InterfaceError(str(lost)) from lost
