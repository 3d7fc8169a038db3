"""Asks one question of many subjects at once, so that thousands that wait cost few looks into the database.

A look costs the same for one as for a hundred, nearly. Who asks while nothing is asked is answered at once; whoever
asks within a moment after that is answered together. Asking stops where nobody asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

GATHER_SECONDS = 0.2  # between two looks; a person does not notice it
_MOST_AT_ONCE = 1000  # databases take no endless list: SQLite 32,766 values (https://www.sqlite.org/limits.html)

_Subject = TypeVar("_Subject", bound=Hashable)
_Found = TypeVar("_Found")


class Gathered(Generic[_Subject, _Found]):
    """A question, which ``ask`` puts to the database: what it finds of each subject, and nothing of some.

    Of one loop at a time.
    """

    def __init__(self, ask: Callable[[list[_Subject]], Awaitable[Mapping[_Subject, _Found]]]) -> None:
        self._ask = ask
        self._pending: dict[_Subject, list[asyncio.Future[_Found | None]]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def of(self, subject: _Subject) -> _Found | None:
        """What is found of this one, looked for after this call; raise what the look raises."""
        future: asyncio.Future[_Found | None] = asyncio.get_running_loop().create_future()
        self._pending.setdefault(subject, []).append(future)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_all())
        return await future

    async def _ask_all(self) -> None:
        while self._pending:
            subjects = list(self._pending)[:_MOST_AT_ONCE]
            waiting = {subject: self._pending.pop(subject) for subject in subjects}
            try:
                found = await self._ask(subjects)
            except Exception as error:  # whatever it is, those who asked are told
                for future in _still_waiting(waiting.values()):
                    future.set_exception(error)
            else:
                for subject, futures in waiting.items():
                    for future in _still_waiting([futures]):
                        future.set_result(found.get(subject))
            await asyncio.sleep(GATHER_SECONDS)


def _still_waiting(waiting: Iterable[list[asyncio.Future[_Found | None]]]) -> Iterator[asyncio.Future[_Found | None]]:
    """Without those whose callers are gone."""
    return (future for futures in waiting for future in futures if not future.done())
