"""The one way in for a champion's request: every check of decision 80 in its order, and a line in the audit either way.

What comes out has passed them all, and its id is used up on the disk. What does not come out was refused: nothing was
gathered, and nothing of it is kept but its line (and, once its signature, fields and times were good, its id: a
request is decided once). Bad envelopes use up no rate: only what passed every check is counted.

The person is not asked here: that comes after, where the policy is ``ask``.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from agent import audit
from agent.errors import AgentError
from agent.remote import envelope as envelopes
from agent.remote import nonces, pins, refusal_lines, statement
from agent.remote.refusals import Reason, Refused
from agent.remote.statement import CollectionRequest

__all__ = ["CollectionRequest", "Reason", "Refused", "RemoteRules", "admit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRules:
    """What the machine's settings allow a request to ask (``remote`` and its kin, docs/settings.md)."""

    policy: Literal["off", "ask", "notify", "allow"]
    profiles: frozenset[str] | None  # None: every one that is known
    per_day: int
    every_seconds: float


def admit(
    envelope: bytes, *, state: Path, endpoint: str, rules: RemoteRules, profiles: Container[str], now: datetime
) -> CollectionRequest:
    """The request that ``envelope`` is, if it passes every check at ``now`` (aware); then its id is used up.

    ``endpoint`` is the desk that it came from, ``profiles`` are the names that this computer knows. Raise ``Refused``,
    also when the state folder cannot be used: what cannot be remembered is not done.
    """
    moment = now.astimezone(UTC)
    about, told = "a request", ""
    try:
        with _state_troubles_refuse():
            request, pin = _signed(envelope, state, endpoint)
            about = f"request {request.request_id}"
            told = f"ticket {request.ticket}, profile {request.profile}, by {request.requester}: {request.reason}"
            _require_ours(request, pin)
            _allowed(request, state=state, rules=rules, profiles=profiles, now=moment)
            audit.append(state, "request-accepted", about, told, at=moment)
    except Refused as refused:
        refused.asked = told
        refused.has_line = refusal_lines.write(state, "request-refused", about, refused, now=moment)
        raise
    return request


@contextmanager
def _state_troubles_refuse() -> Iterator[None]:
    """Turn what keeps this computer from remembering into a refusal."""
    try:
        yield
    except AgentError as trouble:
        raise Refused(Reason.STATE_UNUSABLE, f"Nothing can be remembered here: {trouble}") from trouble


def _signed(data: bytes, state: Path, endpoint: str) -> tuple[CollectionRequest, pins.Pin]:
    """The request, if the pinned key signed it, and the pin."""
    found = envelopes.read(data, envelopes.REQUEST_TYPE)
    pin = pins.pinned(state, endpoint)
    if pin is None:
        raise Refused(Reason.NOT_PINNED, "This computer has pinned no key of that desk: enrol it anew.")
    pin.require_key(found.keyid)
    found.require_signed_by(pin.desk_key)
    return statement.collection_request(found.payload), pin


def _require_ours(request: CollectionRequest, pin: pins.Pin) -> None:
    """Raise ``Refused`` unless the pinned desk made it for this device."""
    if request.tenant != pin.tenant:
        raise Refused(Reason.OTHER_TENANT, "It is of another desk.")
    if request.device_id != pin.device_id:
        raise Refused(Reason.OTHER_DEVICE, "It is for another computer.")


def _allowed(
    request: CollectionRequest, *, state: Path, rules: RemoteRules, profiles: Container[str], now: datetime
) -> None:
    """Use the request's id up and count it, if its times, its profile, the policy and the rate allow it."""
    with nonces.remembered(state, request.device_id) as memory:
        memory.see(now)
        memory.require_valid(request.not_before, request.expires_at, now)
        memory.use_up(request.request_id, request.expires_at)
        if request.profile not in profiles:
            raise Refused(Reason.UNKNOWN_PROFILE, "This computer knows no such profile.")
        if rules.profiles is not None and request.profile not in rules.profiles:
            raise Refused(Reason.PROFILE_NOT_ALLOWED, "This computer's settings allow no request for that profile.")
        if rules.policy == "off":
            raise Refused(Reason.POLICY_OFF, "This computer's settings allow no requests.")
        memory.require_rate(rules.per_day, rules.every_seconds)  # the last: what may never be is not told as "too soon"
        memory.accept()
