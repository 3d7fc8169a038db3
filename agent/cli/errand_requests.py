"""The errands about a champion's request: check it, gather and deliver its bundle, remove what is left of it.

A bundle that is gathered for a request bears the request's own id. So outbox, receipts and desk, which all know a
bundle by its id, keep a request from being done twice, whatever was killed when.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from typing import Any, Literal

from agent import audit, consent, delivery, file_lock, pipeline, previews, workspace
from agent.cli.request import planned
from agent.cli.session import Session, held_session
from agent.errors import AgentError, InvalidBundle, NotEnrolled, StorageError, Unreachable, UsageError
from agent.events import ignore_progress
from agent.flow import Archive, Consent, ExistingTicket, Front, Outcome, Plan, Receipt, Request
from config import profiles
from config.private_files import make_private_folder

Said = Callable[[Mapping[str, Any]], None]

_LOCK_SECONDS = 30.0  # an errand that is being ended removes what it made, and then is gone
_HOW: Mapping[str, Literal["flag", "notified", "policy"]] = {"ask": "flag", "notify": "notified", "allow": "policy"}

_REFUSED: Mapping[str, Any] = {"note": "request-refused"}  # after it was accepted, or where the audit took no line
_STRICTNESS: Mapping[str, int] = {"allow": 0, "notify": 1, "ask": 2, "off": 3}


def admit(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check an envelope: the request that it is and the policy for it, or ``refused`` with reason and sentence."""
    from agent.remote import admission, pins

    session = held_session(told)
    using, state, endpoint = session.settings, session.state, session.endpoint(None)
    pins.accept_successions(state, endpoint, (text.encode(errors="replace") for text in told.get("successions", ())))
    rules = admission.RemoteRules(
        policy=using.remote,
        profiles=None if using.remote_profiles is None else frozenset(using.remote_profiles),
        per_day=using.remote_per_day,
        every_seconds=using.remote_every_seconds,
    )
    known, now = profiles.available(using.profile_folders), datetime.now(UTC)
    try:
        request = admission.admit(
            told["envelope"].encode(errors="replace"),
            state=state,
            endpoint=endpoint,
            rules=rules,
            profiles=known,
            now=now,
        )
    except admission.Refused as refused:
        # Checked once before, by a service that was ended before it could write down what came of it.
        if told.get("again") and refused.reason is admission.Reason.REPLAYED:
            words = "The service was ended while it checked the request."
            return {"refused": words, "state": "failed", "note": "request-failed"}
        words = f"{refused.reason}: {refused.sentence}"
        return {"refused": words, **({"audit_head": _head(session)} if refused.has_line else _REFUSED)}
    if request.request_id != told["request_id"]:
        return {"refused": f"bad-field: It is listed under another id than its {request.request_id}.", **_REFUSED}
    if _is_a_bundles(session, request.request_id):  # to cancel the request would remove what is not the champion's
        return {"refused": "bad-field: A bundle of this computer has its id.", **_REFUSED}
    shown = {name: getattr(request, name) for name in ("requester", "reason", "profile", "ticket", "since_seconds")}
    shown["expires_at"] = f"{request.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    return {"request": shown, "policy": using.remote, "audit_head": _head(session)}


def see_the_clock(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Remember what time it is: what has expired until now stays so, should the clock be set back."""
    from agent.remote import nonces, pins

    session = held_session(told)
    pin = pins.pinned(session.state, session.endpoint(None))
    if pin is not None:
        nonces.saw(session.state, pin.device_id, datetime.now(UTC))
    return {}


def gather(told: Mapping[str, Any], said: Said) -> Mapping[str, Any]:
    """Make the bundle of a request and deliver it: ``outcome`` is ``done``, or ``queued`` with the reason.

    With ``only_finish``, deliver what waits for it already, and gather nothing.
    """
    session, request_id = held_session(told), str(told["request_id"])
    session.step_aside()
    with one_at_a_time(session):
        came_to = _come_to(session, told, said)
        with suppress(StorageError):  # at the end it is tried again: Windows removes nothing that a person looks into
            previews.remove(session.state, request_id)
        return came_to


def _come_to(session: Session, told: Mapping[str, Any], said: Said) -> Mapping[str, Any]:
    request_id = str(told["request_id"])
    if session.outbox.receipt(request_id):
        return {"outcome": "done", **_once(session, "bundle-delivered", f"request {request_id}")}
    if _waits(session, request_id):
        return _finished(session, request_id)
    if told.get("only_finish") or is_late(told):  # it may have waited long
        raise UsageError("The request came to nothing before it expired, or was begun too often.")
    require_allowed_still(session, told)
    if told.get("agreed_sha256"):
        return _told(session, f"request {request_id}", _sent_as_shown(session, told, said))
    return _gathered(session, told, said)


def is_late(told: Mapping[str, Any]) -> bool:
    """Whether the request has expired."""
    return str(told["expires_at"]) <= f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def require_allowed_still(session: Session, told: Mapping[str, Any]) -> None:
    """Raise ``UsageError`` if the settings allow less than when the request was admitted, or nobody said yes."""
    using, policy = session.settings, told["policy"]
    if _STRICTNESS[using.remote] > _STRICTNESS[policy]:
        raise UsageError("This computer's settings were changed since, and do not allow it in this way any more.")
    if using.remote_profiles is not None and told["profile"] not in using.remote_profiles:
        raise UsageError("This computer's settings were changed since, and allow no request for that profile.")
    if policy == "ask" and not told.get("answered_by"):
        raise UsageError("Nobody at this computer has said yes.")


def forget(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Remove what was gathered for a request and has not left, and say so in the audit."""
    session, request_id = held_session(told), str(told["request_id"])
    with one_at_a_time(session):
        workspace.sweep(session.state)
        previews.remove(session.state, request_id)
        with suppress(UsageError):  # nothing waits
            session.outbox.drop(request_id)
        return {"audit_head": audit.append(session.state, str(told["what"]), f"request {request_id}")}


def request_of(told: Mapping[str, Any], session: Session, endpoint: str | None = None) -> Request:
    """The request for a bundle that a champion's request is on this computer, for ``endpoint`` or the settings'."""
    since_seconds = told.get("since_seconds")
    return Request(
        front=Front.REMOTE,
        profile=told["profile"],
        ticket=ExistingTicket(number=told["ticket"]),
        requested_by=told["requester"],
        asked_at=datetime.now(UTC),
        reason=told["reason"],
        description=f"Asked for by {told['requester']}: {told['reason']}",
        since_seconds=session.settings.since_seconds if since_seconds is None else float(since_seconds),
        exclude=tuple(told.get("exclude") or ()),
        endpoint=session.endpoint(endpoint),
    )


def _gathered(session: Session, told: Mapping[str, Any], said: Said) -> Mapping[str, Any]:
    about = f"request {told['request_id']}"
    made = planned(request_of(told, session), session)
    plan = dataclasses.replace(made, bundle_id=told["request_id"], consent=told["policy"])
    said(_step("gathering", audit.append(session.state, "bundle-gathering", about, f"profile {told['profile']}")))
    return _told(session, about, _sent(session, plan, told, said))


def _told(session: Session, about: str, outcome: Outcome) -> Mapping[str, Any]:
    if isinstance(outcome, Receipt):
        detail = f"ticket {outcome.ticket}, SHA-256 {outcome.sha256}, {outcome.size_bytes} bytes"
        return {"outcome": "done", **_line(session, "bundle-delivered", about, detail)}
    reason = getattr(outcome, "reason", "")
    return {"outcome": "queued", "reason": reason, **_line(session, "bundle-queued", about, reason)}


def _line(session: Session, what: str, about: str, detail: str = "") -> Mapping[str, Any]:
    """A line about what has happened already, which no disk undoes: where it cannot be written the service keeps it."""
    try:
        return {"audit_head": audit.append(session.state, what, about, detail)}
    except AgentError:
        return {"note": what, "detail": detail}


def _once(session: Session, what: str, about: str) -> Mapping[str, Any]:
    """That line, unless an errand that was cut short has written it."""
    try:
        is_there = any((line.what, line.about) == (what, about) for line in audit.entries(session.state))
    except AgentError:
        return {"note": what, "detail": ""}
    return {"audit_head": _head(session)} if is_there else _line(session, what, about)


def _head(session: Session) -> str:
    """The head of the audit for the desk, if it can be read now: what came of the request does not hang on it."""
    with suppress(AgentError):
        return audit.head(session.state)
    return ""


def _sent(session: Session, plan: Plan, told: Mapping[str, Any], said: Said) -> Outcome:
    assert plan.endpoint is not None
    how = _HOW[told["policy"]]

    def agree(archive: Archive) -> Consent:
        given = consent.given(archive, how, datetime.now(UTC))
        by = str(told.get("answered_by") or given.given_by)
        head = audit.append(
            session.state, "bundle-agreed", f"request {plan.bundle_id}", f"{how}, SHA-256 {archive.sha256}"
        )
        said(_step("uploading", head))
        return dataclasses.replace(given, given_by=by if how == "flag" else given.given_by)

    return pipeline.send(
        plan,
        session.rules,
        state=session.state,
        outbox=session.outbox,
        endpoint=session.connect(plan.endpoint),
        agree=agree,
        progress=ignore_progress,
    )


def _sent_as_shown(session: Session, told: Mapping[str, Any], said: Said) -> Outcome:
    """Deliver the bundle that the person looked at. Raise ``InvalidBundle`` if what is kept is another one by now."""
    request_id, sha256 = str(told["request_id"]), str(told["agreed_sha256"])
    kept = previews.read(previews.folder_of(session.state, request_id))
    kept.require_unchanged()
    if kept.archive.sha256 != sha256:
        raise InvalidBundle("The bundle that is kept is not the one that was agreed to.")
    if kept.endpoint != session.endpoint(None):
        raise UsageError("The settings name another desk by now than this bundle was made for; it is not sent.")
    given = consent.given(kept.archive, "asked", datetime.now(UTC))
    head = audit.append(session.state, "bundle-agreed", f"request {request_id}", f"asked, SHA-256 {sha256}")
    said(_step("uploading", head))
    return pipeline.send_made(
        kept.archive,
        str(told["ticket"]),
        dataclasses.replace(given, given_by=str(told.get("answered_by") or given.given_by)),
        kept.endpoint,
        kept.pseudonym_scope,
        outbox=session.outbox,
        endpoint=session.connect(kept.endpoint),
        progress=ignore_progress,
    )


def _finished(session: Session, bundle_id: str) -> Mapping[str, Any]:
    """Deliver a bundle that waits."""
    entry = session.outbox.entry(bundle_id)
    about = f"request {bundle_id}"
    try:
        receipt = delivery.deliver(entry, session.outbox, session.connect(entry.endpoint), ignore_progress)
    except (Unreachable, NotEnrolled) as trouble:
        return {"outcome": "queued", "reason": str(trouble), "audit_head": _head(session)}
    return {"outcome": "done", **_line(session, "bundle-delivered", about, f"SHA-256 {receipt.sha256}")}


def _waits(session: Session, bundle_id: str) -> bool:
    return bundle_id in {entry.bundle_id for entry in session.outbox.entries()}


def _is_a_bundles(session: Session, request_id: str) -> bool:
    return session.outbox.receipt(request_id) is not None or _waits(session, request_id)


def one_at_a_time(session: Session) -> AbstractContextManager[None]:
    """Held by whatever gathers, keeps or removes for a request. Raise ``Busy``."""
    folder = make_private_folder(session.state / "service")
    busy = "Another errand about requests is not over yet."
    return file_lock.hold(folder / ".gathering.lock", busy, wait_seconds=_LOCK_SECONDS)


def _step(step: str, head: str) -> Mapping[str, Any]:
    return {"event": "step", "step": step, "audit_head": head}
