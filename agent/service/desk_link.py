"""All talk with the one desk of the settings: who polls it, who tells it, what it said last.

An endpoint that is no desk is polled by nobody; the service then delivers what waits, and that is all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from agent.service.children import Event
from agent.service.line import Desk, Trouble
from agent.service.loop import Loop
from agent.service.poll import Backoff, Poller
from agent.service.records import now_text
from agent.service.requests import Requests
from agent.service.telling import Teller, Telling

_MYSELF = "me"
_NOT_LET_IN = (401, 403)
_NO_DESK = "No request can be heard: 'endpoint' names no desk; docs/administrators.md says how to set one and to enrol."
_SHUT_OUT = "The desk does not know this computer's credential now, so nothing could be sent: see 'sendlogs doctor'."


class DeskLink:
    """The desk, as the service sees it. Everything happens in the loop but what ``Poller`` and ``Teller`` do apart."""

    def __init__(self, loop: Loop, requests: Requests, log: Callable[[str], None]) -> None:
        self._loop, self._requests, self._log = loop, requests, log
        self._desk: Desk | None = None
        self._poller: Poller | None = None
        self._teller: Teller | None = None
        self._backoff, self._is_telling = Backoff(), False
        self._me, self._told_me = Event(), Event()
        self._reached_at, self._trouble = "", ""
        self.is_shut_out = False
        self._credential_changed: float | None = None
        self._again_at_once = False  # what is being told was begun with a credential that is old by now

    def use(self, settings: Event) -> None:
        """Speak to the desk of these settings, and tell it about this computer if that changed."""
        raw, self._me = settings["desk"], settings["me"]
        if raw is None:
            self._log(_NO_DESK)
        desk = None if raw is None else _desk(raw)
        if desk != self._desk:
            self.close()
            self._desk, self._told_me, self._reached_at, self._trouble = desk, {}, "", ""
            self.is_shut_out = self._again_at_once = False
            if desk is not None:
                self._credential_changed = _changed(desk.credential_file)
                self._teller = Teller(desk, self._in_loop(self._told), self._in_loop(self._failed))
                self._begin_to_poll(desk)
        self.pump()

    def close(self) -> None:
        """Speak no more."""
        if self._poller is not None:
            self._poller.close()
        self._poller = self._teller = None
        self._is_telling = False

    def look(self) -> None:
        """Once a minute: a new credential is tried at once, a thread that died replaced, an endless answer ended."""
        if self._desk is None or self._poller is None or self._teller is None:
            return
        self._poller.end_if_late()
        self._teller.end_if_late()
        changed = _changed(self._desk.credential_file)
        if changed != self._credential_changed:
            self._credential_changed = changed
            self._told_me, self._again_at_once = {}, self._is_telling
            self._poller.poke()
            self.pump()
        if not self._poller.is_alive:
            self._log("The poll ended unforeseen, and is begun anew.")
            self._begin_to_poll(self._desk)

    def pump(self) -> None:
        """Tell the desk the next thing, if there is one and nothing else is being told."""
        if self._teller is None or self._is_telling:
            return
        telling = self._next()
        if telling is not None:
            self._is_telling = True
            self._loop.forget("tell")
            self._teller.tell(telling)

    def require_let_in(self) -> None:
        """Raise ``ValueError`` if the desk said last that it does not know this computer's credential."""
        if self.is_shut_out:
            raise ValueError(_SHUT_OUT)

    def status(self) -> Event:
        """For ``sendlogs service status``."""
        return {
            "desk": self._desk.url if self._desk else "",
            "desk_reached_at": self._reached_at,
            "desk_trouble": self._trouble,
        }

    def _next(self) -> Telling | None:
        if self._me != self._told_me:
            return Telling(key=_MYSELF, method="PUT", path="/me", value=dict(self._me))
        return self._requests.next_telling()

    def _begin_to_poll(self, desk: Desk) -> None:
        self._poller = Poller(desk, self._in_loop(self._heard), self._in_loop(self._troubled))
        self._poller.start()

    def _in_loop(self, act: Callable[..., None]) -> Callable[..., None]:
        """``act``, but in the loop, and only while the desk is the one it came from."""
        desk = self._desk

        def now(*arguments: Any) -> None:
            if self._desk is desk:
                act(*arguments)

        return lambda *arguments: self._loop.post(partial(now, *arguments))

    def _heard(self, answer: Event) -> None:
        if self._trouble:
            self._loop.at("tell", 0, self.pump)
        self._reached()
        self._requests.heard(answer)

    def _reached(self) -> None:
        if self._trouble:
            self._log("The desk answers again.")
        self._reached_at, self._trouble, self.is_shut_out = now_text(), "", False

    def _troubled(self, trouble: Trouble) -> None:
        if str(trouble) != self._trouble:  # once, not each minute of a long night
            self._log(f"The desk cannot be asked: {trouble}")
        self._trouble, self.is_shut_out = str(trouble), trouble.status in _NOT_LET_IN

    def _told(self, telling: Telling, answer: object) -> None:
        self._is_telling = False
        self._reached()  # the first poll may wait for a minute
        self._backoff.succeeded()
        if telling.key == _MYSELF:
            self._told_me = {} if self._again_at_once else telling.value
        else:
            self._requests.was_told(telling, answer)
        self._again_at_once = False
        self.pump()

    def _failed(self, telling: Telling, trouble: Trouble) -> None:
        self._is_telling = False
        if trouble.is_final:
            self._log(f"The desk does not take what it is told of {telling.key}: {trouble}")
            if telling.key == _MYSELF:
                self._told_me = telling.value
            else:
                self._requests.was_refused(telling)
            self._again_at_once = False
            self.pump()
        else:
            if trouble.status in _NOT_LET_IN:  # the poll, which waits at the desk, perhaps hears of that much later
                self._troubled(trouble)
            self._loop.at("tell", 0 if self._again_at_once else self._backoff.after(trouble), self.pump)
            self._again_at_once = False


def _desk(raw: Event) -> Desk:
    return Desk(
        url=raw["url"],
        credential_file=Path(raw["credential_file"]),
        proxy=raw["proxy"],
        ca_file=Path(raw["ca_file"]) if raw["ca_file"] else None,
        timeout_seconds=raw["timeout_seconds"],
    )


def _changed(file: Path) -> float | None:
    try:
        return file.stat().st_mtime
    except OSError:
        return None
