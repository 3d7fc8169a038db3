"""Requests over the wire: handed to their device alone, moved on by their device alone, every mistake a problem."""

import base64
import json
import uuid

import pytest

from desk import ed25519


@pytest.fixture(scope="module")
def keyed(desk, enrol_with_key):
    """A device that takes requests, and another."""
    return enrol_with_key(desk), enrol_with_key(desk)


@pytest.fixture
def asked(keyed, ask):
    """A request to the first, and its ticket."""
    number = keyed[0].open_ticket()["number"]
    request_id = ask(keyed[0], number)
    yield request_id, number
    keyed[0].api("POST", f"requests/{request_id}/state", json={"state": "failed"})


def _tell(device, request_id, **words):
    return device.api("POST", f"requests/{request_id}/state", json=words)


def test_a_request_is_handed_to_its_device_and_is_delivered_by_that(desk, keyed, asked, inside):
    request_id, number = asked
    told = keyed[0].api("GET", "requests").json()
    (request,) = told["requests"]
    assert (request["request_id"], request["state"]) == (request_id, "delivered")
    assert json.loads(base64.b64decode(json.loads(request["envelope"])["payload"]))["ticket"] == number
    assert told["position"] == keyed[0].api("GET", f"requests?position={told['position']}").json()["position"]
    assert told["successions"] == []
    assert keyed[1].api("GET", "requests").json()["requests"] == []


def test_an_altered_row_changes_nothing_of_what_was_signed(desk, keyed, asked, inside):
    body = """
from desk.models import CollectionRequest
CollectionRequest.objects.filter(pk=words[0]).update(profile="escalated", reason="r", requester_id=1, since_seconds=60)
"""
    inside(desk, f"{body}return None", asked[0])
    (request,) = keyed[0].api("GET", "requests").json()["requests"]
    statement = json.loads(base64.b64decode(json.loads(request["envelope"])["payload"]))
    assert (statement["profile"], statement["reason"], statement["options"]) == ("demo", "why", {})


def test_a_device_moves_its_request_on_and_hears_what_the_desk_holds(keyed, asked, bundle):
    request_id, number = asked
    assert _tell(keyed[0], request_id, state="gathering").json() == {"state": "gathering"}
    assert _tell(keyed[0], request_id, state="asking").json() == {"state": "gathering"}
    bundle_id = keyed[0].put(number, bundle).json()["bundle_id"]
    done = _tell(keyed[0], request_id, state="done", bundle_id=bundle_id, audit_head="0" * 64)
    assert done.json() == {"state": "done"}
    assert _tell(keyed[0], request_id, state="failed").json() == {"state": "done"}
    assert keyed[0].api("GET", "requests").json()["requests"] == []


def test_a_computer_whose_person_did_not_answer_declines_after_it_expired(desk, keyed, asked, inside):
    """Both audits then say the same: nobody answered, so it is declined."""
    _tell(keyed[0], asked[0], state="asking")
    body = """
from datetime import timedelta
from django.utils import timezone
from desk.models import AuditEntry, CollectionRequest
request = CollectionRequest.objects.filter(pk=words[0])
if len(words) > 1:
    return request.update(expires_at=timezone.now() - timedelta(minutes=5))
return [request.get().state, request.get().words, AuditEntry.objects.order_by("pk").last().what]
"""
    inside(desk, body, asked[0], "late")
    assert [each["state"] for each in keyed[0].api("GET", "requests").json()["requests"]] == ["asking"]
    assert _tell(keyed[0], asked[0], state="declined", words="Nobody answered.").json() == {"state": "declined"}
    assert inside(desk, body, asked[0]) == ["declined", "Nobody answered.", "request-declined"]


def test_a_cancelled_request_is_told_once_and_stops_its_device(desk, keyed, asked, inside):
    position = keyed[0].api("GET", "requests").json()["position"]
    body = """
from desk.collecting.collection_requests import cancel
from desk.models import CollectionRequest
return cancel(CollectionRequest.objects.get(pk=words[0]), by="champion")
"""
    inside(desk, body, asked[0])
    told = keyed[0].api("GET", f"requests?position={position}").json()
    assert [request["state"] for request in told["requests"]] == ["cancelled"]
    assert _tell(keyed[0], asked[0], state="uploading").json() == {"state": "cancelled"}
    assert keyed[0].api("GET", f"requests?position={told['position']}").json()["requests"] == []


def test_no_other_device_tells_of_it(keyed, asked):
    answer = _tell(keyed[1], asked[0], state="declined")
    assert (answer.status_code, answer.json()["type"]) == (404, "unknown-request")
    assert keyed[0].api("GET", "requests").json()["requests"][0]["state"] == "delivered"


def test_a_bundle_of_another_device_or_ticket_is_not_its_end(keyed, asked, bundle):
    second = keyed[0].open_ticket()["number"]
    theirs = keyed[1].put(keyed[1].open_ticket()["number"], bundle).json()["bundle_id"]
    elsewhere = keyed[0].put(second, bundle).json()["bundle_id"]
    for bundle_id in (theirs, elsewhere, str(uuid.uuid4())):
        answer = _tell(keyed[0], asked[0], state="done", bundle_id=bundle_id)
        assert (answer.status_code, answer.json()["type"]) == (409, "conflict")


@pytest.mark.parametrize(
    "words",
    [
        [],
        {},
        {"state": "cancelled"},
        {"state": "waiting"},
        {"state": 7},
        {"state": "done", "bundle_id": "x"},
        {"state": "declined", "words": "x" * 1001},
        {"state": "declined", "words": "\ud800"},
        {"state": "declined", "words": {"a": []}},
        {"state": "declined", "audit_head": "x"},
    ],
)
def test_malformed_words_change_nothing(keyed, asked, words):
    answer = keyed[0].api("POST", f"requests/{asked[0]}/state", json=words)
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid")


@pytest.mark.parametrize(
    "query", ["position=x", "position=-1", f"position={2**63}", "wait_seconds=56", "wait_seconds=1.5"]
)
def test_a_malformed_question_is_refused(keyed, query):
    assert keyed[0].api("GET", f"requests?{query}").status_code == 400


def test_what_a_device_says_of_itself_is_kept_within_bounds(desk, keyed, inside):
    words = {"host": "box\x07", "operating_system": "Debian 12", "agent_version": "1.2"}
    words |= {"remote_policy": "notify", "remote_profiles": ["demo", "nginx"]}
    assert keyed[0].api("PUT", "me", json=words).status_code == 200
    body = """
from desk.models import Device
device = Device.objects.get(pk=words[0])
return [device.host, device.operating_system, device.agent_version, device.remote_policy, device.remote_profiles]
"""
    kept = inside(desk, body, keyed[0].device_id)
    assert kept == ["box", "Debian 12", "1.2", "notify", ["demo", "nginx"]]


@pytest.mark.parametrize(
    "words",
    [
        {"host": "x" * 201},
        {"remote_policy": "always"},
        {"remote_profiles": ["../x"]},
        {"remote_profiles": ["a"] * 201},
        {"remote_profiles": {"a": 1}},
        {"agent_version": "x" * 65},
    ],
)
def test_what_is_out_of_bounds_is_refused(keyed, words):
    assert keyed[0].api("PUT", "me", json=words).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "requests?wait_seconds=5"), ("POST", "requests/{}/state"), ("PUT", "me"), ("POST", "me/credential")],
)
def test_nobody_else_is_let_in(desk, keyed, asked, enrol_with_key, method, path, inside):
    """Without a credential, by a relay's, and by that of a revoked device; at once, not after the wait."""
    revoked = enrol_with_key(desk)
    body = "from desk.models import Device\nfrom desk.revocation import revoke\n"
    inside(desk, f"{body}return revoke(Device.objects.get(pk=words[0]), by='kim')", revoked.device_id)
    relay = desk.command("relay-credential", "tracker")
    path = path.format(asked[0])
    for headers in ({}, {"Authorization": f"Bearer {relay}"}, {"Authorization": f"Bearer {revoked.credential}"}):
        answer = desk.api(method, path, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "unauthorized")
        assert answer.elapsed.total_seconds() < 4


def test_oversized_bodies_are_refused(keyed, asked):
    for method, path in (("PUT", "me"), ("POST", f"requests/{asked[0]}/state"), ("POST", "me/credential")):
        answer = keyed[0].api(method, path, data=b" " * 2_000_000, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["type"]) == (413, "too-large")


def test_a_new_key_of_the_desk_is_told_to_devices(start_desk, enrol_with_key, inside):
    desk = start_desk()
    device = enrol_with_key(desk)
    inside(
        desk,
        "from django.conf import settings\nfrom desk import signing_key\n"
        "return signing_key.rotate(settings.DESK_STATE_FOLDER).line",
    )
    (succession,) = device.api("GET", "requests").json()["successions"]
    statement = json.loads(base64.b64decode(json.loads(succession)["payload"]))
    assert ed25519.key_of(statement["new_key"])


_TOGETHER = """
import uuid
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from helpdesk.models import Queue, Ticket
from desk import ed25519
from desk.collecting import collection_requests
from desk.authentication import devices_of
from desk.models import Device, SupportRequest
from desk.collecting.requests_api import nothing_new
key = ed25519.line_of(ed25519.public_of(bytes([1]) * 32))
quiet, asked, done, revoked = made = [
    Device.objects.create(public_id=uuid.uuid4().hex, computer_id="c", public_key=key, credential_digest=name)
    for name in ("quiet", "asked", "done", "revoked")
]
for device in (asked, done):
    ticket = Ticket.objects.create(title="t", queue=Queue.objects.first())
    SupportRequest.objects.create(ticket=ticket, device=device, request_id="r")
    champion = get_user_model().objects.get(username="champion")
    request = collection_requests.make(device=device, ticket=ticket, requester=champion, profile="demo", reason="why")
collection_requests.cancel(request, by="champion")
newest = request.events.order_by("pk").last().pk
Device.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now())
known = [(device.pk, position) for device in made for position in (0, newest)]
with CaptureQueriesContext(connection) as queries:
    told = nothing_new(known)
names = {device.pk: device.credential_digest for device in made}
let_in = devices_of([device.public_id for device in made] + ["nobody"])
return [
    [[names[device_id], position == newest, fields["position"] == position]
        for (device_id, position), fields in told.items()],
    len(queries) < 6,
    sorted(digest for _, digest in let_in.values()),
]
"""


def test_of_many_at_once_those_of_whom_nothing_is_new_are_told_so_in_a_few_looks(start_desk, inside):
    told, few, let_in = inside(start_desk(), _TOGETHER)
    assert told == [["quiet", False, True], ["done", True, True]]
    assert few
    assert let_in == ["asked", "done", "quiet"]
