"""The process that stays: it puts the parts together, and turns when there is something to do and once a minute.

Whatever can go wrong in a part becomes a sentence in the log (standard error, which systemd keeps) and in ``sendlogs
service status``; nothing but a signal, or another service on the same state folder, ends it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import agent
from agent.service.alone import Taken, hold
from agent.service.channel import Door, is_supported
from agent.service.children import END_SECONDS, Errand, Event, Lane
from agent.service.crashes import COMMAND, Crashes
from agent.service.desk_link import DeskLink
from agent.service.loop import Loop
from agent.service.outbox_watch import OutboxWatch
from agent.service.records import Records, now_text
from agent.service.requests import Requests
from agent.service.systemd import Systemd
from agent.service.watched import signature
from config.private_files import make_private_folder

EXIT_CONFIG, EXIT_STORAGE, EXIT_BUSY = 3, 9, 10  # as agent.errors has them, whose kin this process does not import
TICK_SECONDS = 60.0
CLOCK_SECONDS = 6 * 3600.0
QUICK_SECONDS, LONG_SECONDS = 300.0, 86400.0  # how long an errand may take: what hangs holds up all after it
_MOST_TROUBLES = 20  # a minute
_END_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGBREAK") if hasattr(signal, name)]
_BUSY = "Another sendlogs service already runs on this state folder."


class Ended(Exception):
    """The service cannot run: a sentence, what to do about it, and the exit code."""

    def __init__(self, exit_code: int, sentence: str, advice: str = "") -> None:
        super().__init__(sentence)
        self.exit_code, self.advice = exit_code, advice


class Troubles:
    """What went wrong in one thing of the loop: a line in the log. Too many at once end the process, to begin anew."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log, self._lately = log, list[float]()

    def __call__(self, error: Exception) -> None:
        """Raise ``error`` if there were too many."""
        now = time.monotonic()
        self._lately = [at for at in self._lately if now - at < TICK_SECONDS] + [now]
        if len(self._lately) > _MOST_TROUBLES:
            raise error
        reason = f": {error.strerror}" if isinstance(error, OSError) else ""  # others may quote what they choked on
        self._log(f"Something went wrong and is tried again or left ({type(error).__name__}{reason}).")


class Service:
    """One running service. ``settings`` is what the errand of that name told."""

    def __init__(self, loop: Loop, systemd: Systemd, quick: Lane, long: Lane, settings: Event) -> None:
        self._loop, self._systemd, self._quick, self._long, self._settings = loop, systemd, quick, long, settings
        self._state = Path(settings["state_folder"])
        self._began, self._settings_trouble = now_text(), ""
        self._signature = settings["signature"]
        self._hold()
        records = Records(self._state)
        for name in records.damaged:
            log(f"{name} cannot be read, and is left alone.")
        self._requests = Requests(records, quick, long, tell=self._pump, log=log, command=settings["command"])
        self._desk = DeskLink(loop, self._requests, log)
        self._outbox = OutboxWatch(self._state, loop, long, self._requests)
        self._crash_lane = Lane("crashes", loop, COMMAND)
        self._crashes = Crashes(self._state, loop, self._crash_lane, long, log)
        self._channel_trouble = ""
        self._channel = self._open_channel()

    def begin(self) -> None:
        """Take up what was left, and be ready."""
        self._requests.resume()
        self._desk.use(self._settings)
        self._crashes.use(self._settings)
        if sys.platform != "win32":
            self._loop.on_signals([signal.SIGHUP], self._reload)
        if self._systemd.feed_seconds is not None:
            self._feed()
        self._tick()
        self._see_the_clock()
        self._systemd.ready()
        log(f"sendlogs {agent.__version__} runs; state folder {self._state}.")

    def end(self) -> None:
        """Stop in order: nobody is answered, asked or told any more, and the children end."""
        self._systemd.stopping()
        if self._channel is not None:
            self._channel.close()
        self._desk.close()
        end_children(self._loop, self._quick, self._long, self._crash_lane)

    def _open_channel(self) -> Door | None:
        try:
            if is_supported():
                return Door(self._state, self._loop, self._answer)
            trouble = "this system does not tell who asks at a socket"
        except OSError as error:  # a name that is taken may be free again
            trouble = f"no channel for {self._state} ({error})"
        if trouble != self._channel_trouble:
            log(f"'sendlogs requests' cannot reach this service: {trouble}.")
        self._channel_trouble = trouble
        return None

    def _pump(self) -> None:
        self._desk.pump()

    def _feed(self) -> None:
        self._systemd.alive()
        self._loop.at("feed", self._systemd.feed_seconds or TICK_SECONDS, self._feed)

    def _tick(self) -> None:
        self._loop.at("tick", TICK_SECONDS, self._tick)  # first: whatever becomes of this one
        self._requests.look_at_the_clock()
        self._outbox.look()
        self._desk.look()
        self._crashes.look_closely()
        if self._channel is None:
            self._channel = self._open_channel()
        if signature(self._settings["watched"]) != self._signature:
            self._reload()

    def _see_the_clock(self) -> None:
        """A request is good for a day at most: so often the device remembers what time it has been."""
        self._loop.at("clock", CLOCK_SECONDS, self._see_the_clock)
        if self._settings["desk"] is not None:
            self._quick.add(Errand(name="clock"))

    def _hold(self) -> None:
        """Let every errand work with these settings where the files of others cannot be used."""
        for lane in (self._quick, self._long):
            lane.also = {"held": self._settings["held"]}

    def _reload(self) -> None:
        if not self._quick.has("settings"):
            self._signature = signature(self._settings["watched"])
            self._systemd.reloading()
            self._quick.add(Errand(name="settings", ended=self._reloaded))

    def _reloaded(self, outcome: Event) -> None:
        if outcome.get("event") != "result":
            trouble, before = str(outcome.get("sentence", "")), self._settings_trouble
            self._settings_trouble = trouble
            self._signature = []  # in a minute it is tried again: no list has all files
            if trouble != before:
                log(f"The settings have changed and cannot be used; the old ones stay. {trouble}")
        else:
            self._settings_trouble = ""
            if outcome["wanted_state_folder"] != outcome["state_folder"]:
                self._settings_trouble = "Another state folder is used when the service is started anew."
            self._settings, self._signature = outcome, outcome["signature"]
            self._hold()
            log(f"The settings were read anew. {self._settings_trouble}".strip())
            self._desk.use(self._settings)
            self._crashes.use(self._settings)
        self._systemd.ready()

    def _answer(self, asked: Event, who: str) -> Event:
        """What a person's program wants to know or do. Raise ``ValueError`` with a sentence."""
        words = str(asked.get("words", ""))
        if asked.get("ask") == "allow":
            self._desk.require_let_in()
        match asked.get("ask"):
            case "status":
                return self._status()
            case "requests":
                return {"requests": self._requests.all_shown()}
            case "allow":
                sha256 = str(asked.get("sha256", ""))
                return {"request": self._requests.allow(asked.get("request_id"), _globs(asked), who, sha256)}
            case "preview":
                return {"request": self._requests.preview(asked.get("request_id"), _globs(asked), who)}
            case "decline":
                return {"request": self._requests.decline(asked.get("request_id"), words, who)}
            case "later":
                return {"request": self._requests.later(asked.get("request_id"), who)}
        raise ValueError("The service does not know that question.")

    def _status(self) -> Event:
        known = self._requests.all_shown()
        ended = [request["outcome"] for request in known if request["outcome"]]
        return {
            "agent_version": agent.__version__,
            "pid": os.getpid(),
            "up_since": self._began,
            "state_folder": str(self._state),
            "policy": self._settings["me"]["remote_policy"],
            **self._desk.status(),
            "settings_trouble": self._settings_trouble,
            "waiting_for_an_answer": sum(request["step"] == "asking" for request in known),
            "in_work": sum(request["step"] in ("checking", "waiting", "gathering", "uploading") for request in known),
            "ended": {outcome: ended.count(outcome) for outcome in sorted(set(ended))},
            "outbox": self._outbox.status(),
            "crashes": self._crashes.status(),
        }


def end_children(loop: Loop, *lanes: Lane) -> None:
    """End the children of these lanes, at the latest by force."""
    for lane in lanes:
        lane.close()
    loop.run(until=lambda: not any(lane.has_child for lane in lanes), within_seconds=END_SECONDS + 0.3)
    for lane in lanes:
        lane.kill()


def _globs(asked: Event) -> list[str]:
    """What is not to be gathered. Raise ``ValueError``: what cannot be understood must not be gathered for that."""
    globs = asked.get("exclude") or []
    if not isinstance(globs, list) or not all(isinstance(glob, str) for glob in globs):
        raise ValueError("What is to be left out must be a list of texts.")
    return globs


def log(sentence: str) -> None:
    """A line for whoever keeps this computer; systemd adds the time."""
    sys.stderr.write(" ".join(sentence.split()) + "\n")
    sys.stderr.flush()


def hold_alone(state: Path) -> int:
    """Be the one service of this state folder, until this process ends. Raise ``Ended``."""
    folder = state / "service"
    try:
        make_private_folder(state)  # first: in a folder of others nothing is made
        folder.mkdir(mode=0o700, exist_ok=True)
        return hold(folder / "lock")
    except Taken:
        raise Ended(EXIT_BUSY, _BUSY, "Ask it: sendlogs service status") from None
    except OSError as error:
        advice = "Set state_folder to a folder of this account alone: docs/settings.md"
        raise Ended(EXIT_STORAGE, f"{folder} cannot be used: {error.strerror}.", advice) from error


def first_settings(loop: Loop, quick: Lane, is_over: Callable[[], bool]) -> Event:
    """The settings, by an errand. Raise ``Ended``."""
    told: list[Event] = []
    quick.add(Errand(name="settings", ended=told.append))
    loop.run(until=lambda: bool(told) or is_over())
    outcome: Event = told[0] if told else {"sentence": "It was ended while it began.", "exit_code": 0}
    if outcome.get("event") != "result":
        words = (str(outcome.get(name, "")) for name in ("sentence", "advice"))
        raise Ended(int(outcome.get("exit_code", EXIT_CONFIG)), *words)
    return outcome


def main(*, as_json: bool = False, be_told: Callable[[Callable[[], None]], None] | None = None) -> int:
    """Run until told to end; return the exit code (docs/exit-codes.md).

    Signals tell so; or else what ``be_told`` hands on: it gets a function that ends the service, from any thread.
    """
    loop, systemd = Loop(Troubles(log)), Systemd(os.environ)
    quick, long = Lane("quick", loop, limit_seconds=QUICK_SECONDS), Lane("long", loop, limit_seconds=LONG_SECONDS)
    over: list[bool] = []

    def end() -> None:
        over.append(True)
        loop.stop()

    if be_told is None:
        loop.on_signals(_END_SIGNALS, end)
    else:
        be_told(lambda: loop.post(end))
    try:
        settings = first_settings(loop, quick, lambda: bool(over))
        held = hold_alone(Path(settings["state_folder"]))
        service = Service(loop, systemd, quick, long, settings)
        service.begin()
        if not over:
            loop.run()
        service.end()
        os.close(held)
    except Ended as ended:
        end_children(loop, quick, long)
        if as_json:
            told = {"event": "error", "exit_code": ended.exit_code, "message": str(ended), "advice": ended.advice}
            sys.stdout.write(json.dumps(told) + "\n")
        else:
            log(f"sendlogs: {ended} {ended.advice}")
        return ended.exit_code
    return 0
