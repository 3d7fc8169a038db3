"""What this computer remembers of requests: which ids are used up, when it acted, and the latest time it ever saw.

    STATE/remote/<device id>.json   {"format", "latest", "used": {request id: when it expires}, "accepted": [times]}

One file, put in place in one step and flushed, before anything that it permits is done: a kill at any moment leaves the
old content or the new, so that an id is used once or not at all. A file that is there but unusable permits nothing.

*Bounded*: an id is kept until its request has expired, which is a day at most, and no more than ``MOST_USED`` are;
while so many are kept every further request is refused, and none is forgotten for it.

*Time*: whatever is decided is decided at ``moment``: the clock's time, or the latest that was ever seen if the clock
was set back. So a clock that is set back revives nothing: neither an id that was forgotten when its request expired,
nor a request that expired unused, nor the rate. A clock that once stood far in the future makes this computer refuse
until that time; enrolling it anew, which gives it another device id, begins a new file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent import file_lock
from agent.errors import StorageError
from agent.remote.refusals import Reason, Refused
from agent.remote.statement import is_uuid
from agent.storage import storage_errors
from config.private_files import flush_folder, make_private_folder, read_private, remove_cut_short, write_private

MOST_USED = 4096  # some 300 kB
LONGEST_VALID = timedelta(hours=24)  # decision 80
CLOCK_TOLERANCE = timedelta(minutes=5)  # two honest clocks may differ by as much (RFC 4120 §3.1.3, for Kerberos)
_RATE_WINDOW = timedelta(hours=24)
_FORMAT = 1
_WAIT_SECONDS = 10.0


@dataclass(slots=True, kw_only=True)
class Memory:
    """What is remembered, while the lock on it is held; see ``remembered``."""

    latest: datetime
    used: dict[str, datetime] = field(default_factory=dict)
    accepted: list[datetime] = field(default_factory=list)

    def see(self, now: datetime) -> datetime:
        """The moment at which to decide: ``now``, or the latest time ever seen."""
        self.latest = max(self.latest, now)
        self.used = {known: expires for known, expires in self.used.items() if expires > self.latest}
        self.accepted = [at for at in self.accepted if self.latest - at < _RATE_WINDOW]
        return self.latest

    def require_valid(self, not_before: datetime, expires_at: datetime, now: datetime) -> None:
        """Raise ``Refused`` unless a request of these times is valid now. ``see(now)`` came before."""
        if not timedelta(0) < expires_at - not_before <= LONGEST_VALID:
            raise Refused(Reason.TOO_LONG_VALID, "It is valid for longer than 24 hours, or for no time.")
        if not_before > self.latest + CLOCK_TOLERANCE:
            raise Refused(Reason.NOT_YET, "It is not valid yet.")
        if expires_at <= now:
            raise Refused(Reason.EXPIRED, "It has expired.")
        if expires_at <= self.latest:
            raise Refused(
                Reason.CLOCK_SET_BACK,
                f"It had expired at {self.latest:%Y-%m-%d %H:%M} UTC, which this computer's clock has shown before it "
                "was set back. If that time was wrong, enrol the computer anew.",
            )

    def use_up(self, request_id: str, expires_at: datetime) -> None:
        """Let this id never be used again. Raise ``Refused`` if it was, or if too many are remembered."""
        if request_id in self.used:
            raise Refused(Reason.REPLAYED, "It came before.")
        if len(self.used) >= MOST_USED:
            raise Refused(
                Reason.TOO_MANY_KEPT, f"{MOST_USED} requests came within a day; no other is taken until then."
            )
        self.used[request_id] = expires_at

    def require_rate(self, per_day: int, every_seconds: float) -> None:
        """Raise ``Refused`` when as many were accepted as may be, or the last one just now."""
        if self.accepted and (self.latest - max(self.accepted)).total_seconds() < every_seconds:
            raise Refused(Reason.TOO_SOON, f"The last one is less than {every_seconds:g} seconds old.")
        if len(self.accepted) >= per_day:
            raise Refused(Reason.TOO_MANY_TODAY, f"{per_day} were accepted within a day, as many as may be.")

    def accept(self) -> None:
        """Count a request that passed every check."""
        self.accepted.append(self.latest)


@contextmanager
def remembered(state: Path, device_id: str) -> Iterator[Memory]:
    """Hold what is remembered of this device's requests; what was altered is on the disk when the block ends.

    A request that is refused inside the block is remembered as well: only another error leaves everything as it was.
    Raise ``StorageError`` (damaged, full, not ours), ``Busy``.
    """
    folder = state / "remote"
    file = folder / f"{device_id}.json"
    with storage_errors(folder):
        if not folder.exists():
            make_private_folder(folder)
            flush_folder(folder.parent)
    with file_lock.hold(folder / ".requests.lock", "Another sendlogs looks at a request.", wait_seconds=_WAIT_SECONDS):
        memory = _read(file)
        before = _written(memory)
        try:
            yield memory
        except Refused:
            _write(file, memory, before)
            raise
        _write(file, memory, before)


def saw(state: Path, device_id: str, now: datetime) -> None:
    """Remember that the clock has shown ``now``: to be called now and then while no request comes. Raise as above."""
    with remembered(state, device_id) as memory:
        memory.see(now.astimezone(UTC))


def _write(file: Path, memory: Memory, before: bytes) -> None:
    data = _written(memory)
    if data == before:
        return
    with storage_errors(file):
        remove_cut_short(file)
        write_private(file, data)


def _written(memory: Memory) -> bytes:
    values = {
        "format": _FORMAT,
        "latest": memory.latest.isoformat(),
        "used": {known: expires.isoformat() for known, expires in memory.used.items()},
        "accepted": [at.isoformat() for at in memory.accepted],
    }
    return json.dumps(values, indent=0).encode("ascii")


def _read(file: Path) -> Memory:
    with storage_errors(file):
        if not file.exists():
            return Memory(latest=datetime.fromtimestamp(0, UTC))
        found = read_private(file)
    try:
        values = json.loads(found)
        if values["format"] != _FORMAT or not all(map(is_uuid, values["used"])):
            raise ValueError("another format")
        return Memory(
            latest=_moment(values["latest"]),
            used={known: _moment(expires) for known, expires in values["used"].items()},
            accepted=[_moment(at) for at in values["accepted"]],
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as fault:
        advice = "Enrol this computer anew, which begins a new one."
        raise StorageError(f"{file} is damaged: which requests were used is unknown.", advice=advice) from fault


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)
