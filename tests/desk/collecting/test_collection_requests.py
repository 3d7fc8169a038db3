"""Requests of champions: what is asked is what is signed; a state goes on, never back, and only by its own device."""

import base64
import json

import pytest

PREPARE = """
import uuid
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from helpdesk.models import Queue, Ticket
from desk import audit, ed25519, signing_key
from desk.collecting import collection_requests
from desk.collecting.collection_requests import CannotAsk, CannotTell, cancel, expire_old, make, tell
from desk.models import Bundle, CollectionRequest, Device, RequestEvent, SupportRequest
def device_with_ticket(seed=1):
    key = ed25519.line_of(ed25519.public_of(bytes([seed]) * 32))
    device = Device.objects.create(public_id=uuid.uuid4().hex, computer_id="c", public_key=key)
    ticket = Ticket.objects.create(title="t", queue=Queue.objects.first())
    SupportRequest.objects.create(ticket=ticket, device=device, request_id="r")
    return device, ticket
def bundle_of(device, ticket):
    return Bundle.objects.create(bundle_id=uuid.uuid4(), ticket=ticket, device=device, sha256="0" * 64, size_bytes=1)
device, ticket = device_with_ticket()
other, foreign = device_with_ticket(2)
champion = get_user_model().objects.get(username="champion")
def ask(**more):
    words = dict(device=device, ticket=ticket, requester=champion, profile="demo", reason="why")
    return make(**words | more)
def attempt(function, *arguments, **named):
    try:
        return str(function(*arguments, **named))
    except (CannotAsk, CannotTell) as sentence:
        return f"{type(sentence).__name__}: {sentence}"
"""


@pytest.fixture
def within(desk, inside):
    """Run a body after all that is prepared above."""
    return lambda body, *words: inside(desk, PREPARE + body, *words)


def test_what_is_signed_is_what_was_asked(within):
    body = """
from django.conf import settings
request = ask(reason=" It  broke\\n\\u202egain e\\u0301\\x1b[2J ", since_seconds=3600)
CollectionRequest.objects.filter(pk=request.pk).update(profile="other", reason="because", ticket=foreign)
request.refresh_from_db()
line = signing_key.kept(settings.DESK_STATE_FOLDER).line
return [request.envelope, line, str(request.pk), str(device.pk), ticket.pk]
"""
    envelope, line, request_id, device_id, ticket = within(body)
    envelope = json.loads(envelope)
    payload = base64.b64decode(envelope["payload"], validate=True)
    statement = json.loads(payload)
    times = [statement.pop("not_before"), statement.pop("expires_at")]
    assert statement.pop("tenant")
    assert statement == {
        "request_id": request_id,
        "device_id": device_id,
        "ticket": str(ticket),
        "requester": "champion",
        "reason": "It broke gain \u00e9[2J",  # nothing in it turns or steers
        "profile": "demo",
        "options": {"since_seconds": 3600},
    }
    assert all(len(time) == len("2026-11-26T09:00:00Z") and time.endswith("Z") for time in times)
    assert len(envelope["signatures"]) == 1
    signed = b"DSSEv1 %d %s %d %s" % (
        len(envelope["payloadType"]),
        envelope["payloadType"].encode(),
        len(payload),
        payload,
    )
    from Cryptodome.Signature import eddsa

    key = eddsa.import_public_key(base64.b64decode(line.split()[1])[-32:])
    eddsa.new(key, "rfc8032").verify(signed, base64.b64decode(envelope["signatures"][0]["sig"]))


def test_what_cannot_be_asked_is_told_and_leaves_nothing(within):
    body = """
closed = Ticket.objects.create(title="t", queue=Queue.objects.first(), status=4)
merged = Ticket.objects.create(title="t", queue=Queue.objects.first(), merged_to=ticket)
for each in (closed, merged):
    SupportRequest.objects.create(ticket=each, device=device, request_id=str(each.pk))
revoked, theirs = device_with_ticket(3)
Device.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now())
keyless, its = device_with_ticket(4)
Device.objects.filter(pk=keyless.pk).update(public_key="")
gone = get_user_model().objects.create(username="gone", is_active=False)
before = CollectionRequest.objects.count(), audit.verify().entries
bad = [dict(ticket=foreign), dict(ticket=closed), dict(ticket=merged), dict(device=revoked, ticket=theirs),
    dict(device=keyless, ticket=its), dict(reason=" \\n\\u200b"), dict(reason="x" * 1001), dict(profile="../etc"),
    dict(profile="-o"), dict(profile=""), dict(profile="x" * 65), dict(since_seconds=59),
    dict(since_seconds=2_678_401), dict(valid_for=timedelta(hours=25)), dict(valid_for=timedelta(0)),
    dict(requester=gone)]
refused = [attempt(ask, **each).startswith("CannotAsk: ") for each in bad]
return [refused, before == (CollectionRequest.objects.count(), audit.verify().entries)]
"""
    refused, nothing_left = within(body)
    assert refused == [True] * 16
    assert nothing_left


def test_no_device_is_flooded(within):
    body = """
made = [ask() for _ in range(5)]
sixth = attempt(ask)
cancel(made[0], by="champion")
return [sixth, attempt(ask).startswith("CannotAsk")]
"""
    assert within(body) == ["CannotAsk: 5 requests to this computer are open already.", False]


def test_states_go_on_and_an_end_stays(within):
    body = """
request = ask()
bundle = bundle_of(device, ticket)
told = [tell(request, state) for state in ("delivered", "gathering", "asking", "uploading", "gathering")]
told += [tell(request, "done", words="it is there", bundle_id=bundle.bundle_id), tell(request, "failed", words="no")]
told += [cancel(request, by="champion"), request.words, request.bundle == bundle]
events = [event.state for event in request.events.all()]
lines = [entry.what for entry in audit.AuditEntry.objects.filter(about=f"request {request.pk}")]
return [told, events, lines]
"""
    told, events, lines = within(body)
    assert told[:5] == ["delivered", "gathering", "gathering", "uploading", "uploading"]
    assert told[5:] == ["done", "done", "done", "it is there", True]
    assert events == ["waiting", "delivered", "gathering", "uploading", "done"]
    assert lines == ["request-made", *(f"request-{state}" for state in events[1:])]


def test_what_a_person_says_while_asked_is_kept_and_told_live_a_bounded_number_of_times(within):
    """Nothing new, and nothing at all, says nothing; and a device cannot fill the desk with words."""
    body = """
request = ask()
tell(request, "asking")
kept = []
for words in ("not now", "not now", "", "after lunch"):
    state = tell(request, "asking", words=words)
    request.refresh_from_db()
    kept.append([state, request.words])
events = [[event.state, event.words] for event in request.events.all()]
for number in range(50):
    tell(request, "asking", words=f"not now {number}")
many = request.events.count()
tell(request, "gathering")
tell(request, "asking", words="too late")
request.refresh_from_db()
details = [entry.detail for entry in audit.AuditEntry.objects.filter(about=f"request {request.pk}")]
return [kept, events, many, request.state, request.words, details[:4]]
"""
    kept, events, many, state, words, details = within(body)
    assert kept == [["asking", said] for said in ("not now", "not now", "not now", "after lunch")]
    assert events == [["waiting", ""], ["asking", ""], ["asking", "not now"], ["asking", "after lunch"]]
    assert many == 1 + 20
    assert (state, words) == ("gathering", "")
    assert details == ["profile demo: why", "", "not now", "after lunch"]


def test_a_cancelled_request_stays_so_whatever_its_device_says(within):
    assert within('request = ask()\ncancel(request, by="kim")\nreturn tell(request, "uploading")') == "cancelled"


def test_only_a_bundle_of_this_device_on_this_ticket_is_its_end(within):
    body = """
second = Ticket.objects.create(title="t", queue=Queue.objects.first())
SupportRequest.objects.create(ticket=second, device=device, request_id="second")
bundles = [bundle_of(other, foreign), bundle_of(device, second), bundle_of(other, ticket)]
request = ask()
told = [attempt(tell, request, "done", bundle_id=each.bundle_id) for each in bundles]
told += [attempt(tell, request, "done", bundle_id=uuid.uuid4()), attempt(tell, request, "waiting")]
told += [attempt(tell, request, "cancelled")]
request.refresh_from_db()
return [told, request.state]
"""
    told, state = within(body)
    assert [each.partition(":")[0] for each in told] == ["CannotTell"] * 6
    assert state == "waiting"


def test_what_nobody_takes_up_ends_and_a_last_word_has_an_hour_and_work_a_day_more(within):
    body = """
requests = [ask() for _ in range(4)]
tell(requests[1], "gathering")
tell(requests[2], "declined", words="not now")
tell(requests[3], "asking")
def age(hours):
    CollectionRequest.objects.filter(device=device).update(expires_at=timezone.now() - timedelta(hours=hours))
    expired = expire_old(device)
    return [expired, *(CollectionRequest.objects.get(pk=each.pk).state for each in requests)]
return [age(0), age(0.99), age(1), age(25)]
"""
    at_first = [1, "expired", "gathering", "declined", "asking"]
    hour = [1, "expired", "gathering", "declined", "expired"]
    assert within(body) == [at_first, [0, *at_first[1:]], hour, [1, "expired", "expired", "declined", "expired"]]


def test_an_answer_that_comes_while_it_is_about_to_expire_counts(within):
    """``expire_old`` chose it before it held it; meanwhile the computer went to ask, or to work."""
    body = """
from desk.collecting.collection_requests import _step
from desk.models import RequestState
now, states = timezone.now(), []
for state in ("delivered", "asking", "gathering"):
    request = ask()
    tell(request, state)
    CollectionRequest.objects.filter(pk=request.pk).update(expires_at=now - timedelta(minutes=5))
    states.append(_step(request, RequestState.EXPIRED, who="desk", late_at=now))
return states
"""
    assert within(body) == ["expired", "asking", "gathering"]


def test_of_many_who_tell_at_once_one_makes_the_end(desk, inside, within):
    from concurrent.futures import ThreadPoolExecutor

    request_id = within("return ask().pk")
    body = """
from desk.collecting.collection_requests import tell
from desk.models import CollectionRequest
return tell(CollectionRequest.objects.get(pk=words[0]), words[1])
"""
    with ThreadPoolExecutor(3) as pool:
        ends = list(pool.map(lambda end: inside(desk, body, request_id, end), ["done", "failed", "declined"]))
    assert len(set(ends)) == 1
    assert within("return RequestEvent.objects.filter(request=words[0]).count()", request_id) == 2
