"""Champions' requests for bundles: made and signed once, and how far each is (decision 80).

A request goes from state to state in one order, never back, and an end stays. Each step is one transaction that holds
the device's row from its beginning, writes the request, an event by which everybody who waits is woken, and a line of
the audit. Since a ticket has one device, the ids of the events of a device, and of a ticket, grow in the order in which
they become visible, on PostgreSQL too: who has seen one has seen all before it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from helpdesk.models import Ticket

from desk import audit, signing_key
from desk.collecting import wake_ups
from desk.collecting.request_statement import (
    LONGEST_SINCE_SECONDS,
    PROFILE,
    REASON_CHARACTERS,
    REQUESTER_CHARACTERS,
    SHORTEST_SINCE_SECONDS,
    shown,
    statement,
)
from desk.models import Bundle, CollectionRequest, Device, RequestEvent, RequestState
from desk.request_models import ENDS
from desk.support_rules import ENDED

MOST_OPEN_PER_DEVICE = 5
_LONGEST_VALIDITY = timedelta(hours=24)
# A computer whose clock is a little behind must not find a request that is not good yet.
_CLOCKS_DIFFER = timedelta(minutes=5)
# What a computer began in time it may end in its own; one that says nothing for so long afterwards is gone.
_LONGEST_WORK = timedelta(hours=24)
_WORDS_CHARACTERS = 1000
_MOST_WORDS_KEPT = 20  # of a person who says "not now" again and again
_ORDER = {state: number for number, state in enumerate(RequestState)}
TOLD_BY_DEVICES = frozenset(RequestState) - {RequestState.WAITING, RequestState.CANCELLED}
_AT_WORK = (RequestState.GATHERING, RequestState.UPLOADING)
# A computer whose person does not answer declines when it expires, and tells so within a minute, or when it is reached.
_LONGEST_LAST_WORD = timedelta(hours=1)


class CannotAsk(Exception):
    """A sentence that says why there is no such request."""


class CannotTell(Exception):
    """A sentence that says why a request does not come to that state."""


def make(
    *,
    device: Device,
    ticket: Ticket,
    requester: User,
    profile: str,
    reason: str,
    since_seconds: int | None = None,
    valid_for: timedelta = _LONGEST_VALIDITY,
    means: str = "",
) -> CollectionRequest:
    """Sign a request to a device on a ticket of its own, for ``asking``; return it. Raise ``CannotAsk``."""
    reason = shown(reason)
    _check_words(profile, reason, since_seconds, valid_for)
    expire_old(device)
    key = signing_key.ours()
    with transaction.atomic():
        device = Device.objects.select_for_update().get(pk=device.pk)
        ticket = Ticket.objects.get(pk=ticket.pk)
        if problem := why_not(device, ticket):
            raise CannotAsk(problem)
        now = timezone.now().replace(microsecond=0)
        not_before = now - _CLOCKS_DIFFER
        request = CollectionRequest(
            device=device,
            ticket=ticket,
            requester=requester,
            profile=profile,
            reason=reason,
            since_seconds=since_seconds,
            not_before=not_before,
            expires_at=min(now + valid_for, not_before + _LONGEST_VALIDITY),
        )
        request.envelope = key.sign_request(_statement_of(request, key.tenant, _requester_of(requester)))
        request.save(force_insert=True)
        detail = "; ".join(filter(None, [means, f"profile {profile}: {reason}"]))
        _note(request, requester.get_username(), "request-made", detail)
    return request


def cancel(request: CollectionRequest, *, by: str, words: str = "", means: str = "") -> RequestState:
    """End it, unless it is at an end; return the state that it has then. The device stops when it hears of it."""
    return _step(request, RequestState.CANCELLED, who=by, words=words, detail=means)


def tell(
    request: CollectionRequest,
    state: RequestState | str,
    *,
    words: str = "",
    bundle_id: uuid.UUID | None = None,
    audit_head: str = "",
) -> RequestState:
    """Note how far its device says it is; return the state that it has then, which may be another.

    A state that was passed already, and any after an end, changes nothing: a device may say things twice, and late.
    Only a person who is asked may say more than once, with other words each time; the last count.
    ``bundle_id`` counts where it is done. Raise ``CannotTell`` for a state that is not a device's to tell, or for a
    bundle that is not this device's on this ticket.
    """
    state = RequestState(state)
    if state not in TOLD_BY_DEVICES:
        raise CannotTell(f"A device does not tell '{state}'.")
    bundle = None
    if state is RequestState.DONE and bundle_id is not None:
        own = Bundle.objects.filter(device_id=request.device_id, ticket_id=request.ticket_id)
        bundle = own.filter(bundle_id=bundle_id).first()
        if bundle is None:
            raise CannotTell("The ticket has no bundle of that id from this device.")
    head = f"audit of the device {audit_head}" if audit_head else ""
    return _step(request, state, who=f"device {request.device_id}", words=words, bundle=bundle, detail=head)


def expire_old(device: Device | None = None) -> int:
    """End what nobody answered in time, of a device or of all; return how many that were.

    What a device works on may go on for a day longer, and one that asks its person has an hour to tell the answer.
    """
    now = timezone.now()
    late = Q(expires_at__lte=now) & ~Q(state__in=(*_AT_WORK, RequestState.ASKING))
    late |= Q(expires_at__lte=now - _LONGEST_LAST_WORD, state=RequestState.ASKING)
    late |= Q(expires_at__lte=now - _LONGEST_WORK)
    requests = CollectionRequest.objects.filter(late).exclude(state__in=ENDS)
    if device is not None:
        requests = requests.filter(device=device)
    expired = [_step(each, RequestState.EXPIRED, who=audit.DESK, late_at=now) for each in requests]
    return expired.count(RequestState.EXPIRED)


def cancel_all(*, by: str, words: str) -> None:
    """End what is not at an end."""
    for request in CollectionRequest.objects.exclude(state__in=ENDS):
        cancel(request, by=by, words=words)


def open_of(device: Device) -> list[CollectionRequest]:
    """Those of a device that are not at an end, the oldest first."""
    return list(CollectionRequest.objects.filter(device=device).exclude(state__in=ENDS).order_by("made_at"))


def asked_of(device_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Of which of them something is asked that is not at an end."""
    asked = CollectionRequest.objects.filter(device_id__in=device_ids).exclude(state__in=ENDS)
    return set(asked.order_by().values_list("device_id", flat=True))


def _check_words(profile: str, reason: str, since_seconds: int | None, valid_for: timedelta) -> None:
    if not PROFILE.fullmatch(profile):
        raise CannotAsk("A profile's name has small letters, digits, dots, hyphens and underscores, at most 64.")
    if not 1 <= len(reason) <= REASON_CHARACTERS:
        raise CannotAsk(f"Say why, in at most {REASON_CHARACTERS} characters: the person at the computer is shown it.")
    if since_seconds is not None and not SHORTEST_SINCE_SECONDS <= since_seconds <= LONGEST_SINCE_SECONDS:
        raise CannotAsk("Logs can be asked for from the last minute up to the last 31 days.")
    if not timedelta(minutes=1) <= valid_for <= _LONGEST_VALIDITY:
        raise CannotAsk("A request is good for a minute to 24 hours.")


def why_not(device: Device, ticket: Ticket) -> str:
    """A sentence that says why nothing can be asked of the device on this ticket, or nothing."""
    support_request = getattr(ticket, "support_request", None)
    if support_request is None or support_request.device_id != device.pk:
        return "The ticket is not this computer's."
    if ticket.status in ENDED or ticket.merged_to_id is not None:
        return "The ticket is closed or merged and takes nothing more."
    return why_not_of(device)


def why_not_of(device: Device) -> str:
    """A sentence that says why nothing can be asked of the device on any ticket, or nothing."""
    if device.revoked_at is not None:
        return "The computer's access was revoked."
    if not device.public_key:
        return "The computer enrolled without a key and takes no requests: it must enrol anew."
    if len(open_of(device)) >= MOST_OPEN_PER_DEVICE:
        return f"{MOST_OPEN_PER_DEVICE} requests to this computer are open already."
    return ""


def _requester_of(account: User) -> str:
    name = shown(account.get_username())[:REQUESTER_CHARACTERS]
    if not (name and account.is_active):
        raise CannotAsk("Only an account that may log in can ask.")
    return name


def _statement_of(request: CollectionRequest, tenant: str, requester: str) -> dict[str, object]:
    return statement(
        request_id=request.pk,
        tenant=tenant,
        device_id=request.device_id,
        ticket=request.ticket_id,
        requester=requester,
        reason=request.reason,
        profile=request.profile,
        since_seconds=request.since_seconds,
        not_before=request.not_before,
        expires_at=request.expires_at,
    )


@contextmanager
def _held(request: CollectionRequest) -> Iterator[CollectionRequest]:
    """The request as it is now, which nobody else changes until the block, one transaction, ends."""
    with transaction.atomic():
        Device.objects.select_for_update().get(pk=request.device_id)
        yield CollectionRequest.objects.get(pk=request.pk)


def _step(
    request: CollectionRequest,
    state: RequestState,
    *,
    who: str,
    words: str = "",
    bundle: Bundle | None = None,
    detail: str = "",
    late_at: datetime | None = None,
) -> RequestState:
    """Bring it to a state, if that is further than it is; ``request`` then has what the database has."""
    with _held(request) as now:
        went_on = late_at is not None and now.expires_at > late_at - _longer(now)
        is_further = now.state not in ENDS and _ORDER[state] > _ORDER[RequestState(now.state)]
        words = shown(words)[:_WORDS_CHARACTERS]
        if (is_further and not went_on) or _is_put_off(now, state, words):
            now.state, now.words = state, words
            now.bundle = bundle
            now.save(update_fields=["state", "words", "bundle"])
            _note(now, who, f"request-{state}", "; ".join(filter(None, [now.words, detail])))
    request.state, request.words, request.bundle = now.state, now.words, now.bundle
    return RequestState(now.state)


def _longer(request: CollectionRequest) -> timedelta:
    """How long after it expired a request may be as far as it is: see ``expire_old``."""
    if request.state in _AT_WORK:
        return _LONGEST_WORK
    return _LONGEST_LAST_WORD if request.state == RequestState.ASKING else timedelta()


def _is_put_off(request: CollectionRequest, state: RequestState, words: str) -> bool:
    """Whether the person, who is asked already, says something new, such as "not now"."""
    if not (request.state == state == RequestState.ASKING and words and words != request.words):
        return False
    return request.events.filter(state=state).count() < _MOST_WORDS_KEPT


def _note(request: CollectionRequest, who: str, what: str, detail: str) -> None:
    event = RequestEvent.objects.create(
        request=request,
        device_id=request.device_id,
        ticket_id=request.ticket_id,
        state=request.state,
        words=request.words,
    )
    audit.record(who, what, f"request {request.pk}", detail)
    wake_ups.announce(event)
