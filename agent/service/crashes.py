"""Crashes of applications: looked for all the time, the logs around them kept at once, and offered once.

The offer is a line in the service's log, and the copy itself: ``sendlogs crashes`` lists those that are there. Sending
one is a person's doing, and makes a bundle as any other; only where the settings say so is it an errand among the long
ones (decision 98). The copy is an errand in a lane of its own, so that it does not wait for others until rotation has
taken the logs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from agent.service.children import Errand, Event, Lane
from agent.service.loop import Loop
from agent.watch.crash_watch import CrashWatch

COMMAND = (sys.executable, "-I", "-m", "agent.watch")
LOOK_SECONDS = 0.75  # a copy is to be there 2 seconds after a crash; on a busy computer the errand takes one of them


class Crashes:
    """The crashes of all applications that the settings know. ``look_closely`` is to be called once a minute."""

    def __init__(self, state: Path, loop: Loop, lane: Lane, long: Lane, log: Callable[[str], None]) -> None:
        self._state, self._loop, self._lane, self._long, self._log = state, loop, lane, long, log
        self._applications: dict[str, dict[str, list[str]]] = {}
        self._command, self._sends = "", False
        self._watch = self._new_watch()

    def use(self, settings: Event) -> None:
        """Look for the crashes of these applications from now on (``settings["applications"]``).

        ``settings["command"]`` is how a person begins a command line for this service; ``settings["sends_crashes"]``
        whether a crash is sent unasked.
        """
        self._command, self._sends = settings["command"], settings["sends_crashes"]
        if settings["applications"] != self._applications:
            self._applications = settings["applications"]
            self._watch = self._new_watch()
            self.look_closely()
        if self._applications:
            self._look()

    def look_closely(self) -> None:
        """Look at every place."""
        self._watch.look_closely()

    def status(self) -> Event:
        """For ``sendlogs service status``."""
        try:
            kept = len(os.listdir(self._state / "watch" / "snapshots"))  # noqa: PTH208 - no Path for each
        except OSError:
            kept = 0
        return {"watched": sorted(self._applications), "kept": kept}

    def _new_watch(self) -> CrashWatch:
        return CrashWatch(self._applications, self._crashed, self._units_changed, state=self._state)

    def _look(self) -> None:
        self._watch.look()
        self._loop.at("crashes", LOOK_SECONDS, self._look)

    def _crashed(self, profile: str, path: str, at: float) -> None:
        self._keep(profile, at, partial(self._kept, profile, path), crash=path)

    def _units_changed(self, profile: str, units: list[str], at: float) -> None:
        self._keep(profile, at, partial(self._asked, profile), units=units)

    def _keep(self, profile: str, at: float, ended: Callable[[Event], None], **about: object) -> None:
        told = {"state": str(self._state), "profile": profile, "logs": self._applications[profile]["logs"], "at": at}
        self._lane.add(Errand(name="snapshot", arguments=told | about, about=profile, ended=ended))

    def _asked(self, profile: str, outcome: Event) -> None:
        """Units started or stopped: only where one failed does the outcome tell of a crash."""
        if crash := outcome.get("crash"):
            self._watch.note_failed_unit(profile)
            self._kept(profile, crash, outcome)

    def _kept(self, profile: str, crash: str, outcome: Event) -> None:
        seen = f"'{profile}' has crashed, as {crash} tells"
        if outcome.get("event") != "result":
            self._log(f"{seen}. Its logs cannot be kept: {outcome.get('sentence', '')}")
        elif self._sends:
            self._log(f"{seen}. The ends of its logs are kept, and sent, as the settings say.")
            crash_id = outcome["crash_id"]
            sent = partial(self._sent, profile, crash_id)
            self._long.add(Errand(name="crash", arguments={"crash_id": crash_id}, about=crash_id, ended=sent))
        else:
            self._log(f"{seen}. The ends of its logs are kept; nothing is sent. {self._offer(outcome['crash_id'])}")

    def _offer(self, crash_id: str) -> str:
        send, dismiss = (f"'{self._command} {words} {crash_id}'" for words in ("send --crash", "crashes dismiss"))
        return f"To send them: {send}; to remove them: {dismiss}."

    def _sent(self, profile: str, crash_id: str, outcome: Event) -> None:
        if "ticket" in outcome:
            self._log(f"The logs of the crash of '{profile}' were sent: ticket {outcome['ticket']}.")
        elif "queued" in outcome:
            self._log(f"The logs of the crash of '{profile}' wait in the outbox: {outcome['queued']}")
        else:
            why = outcome.get("kept") or outcome.get("sentence", "")
            is_kept = (self._state / "watch" / "snapshots" / crash_id).is_dir()
            offer = self._offer(crash_id) if is_kept else ""
            self._log(f"The logs of the crash of '{profile}' were not sent now. {why} {offer}".rstrip())
