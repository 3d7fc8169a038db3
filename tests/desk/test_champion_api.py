"""Programs of champions ask by a token: what its account may do on the pages, and nothing more."""

import threading
import uuid

import pytest
import requests

from tests.desk.pages.test_request_pages import asked  # noqa: F401 - a fixture

REQUESTS = "champion/requests"


class Program:
    """A program that holds a token."""

    def __init__(self, desk, token):
        self.desk, self.token = desk, token

    def api(self, method, path, **more):
        return self.desk.api(method, path, headers={"Authorization": f"Bearer {self.token}"}, **more)

    def ask(self, number, **words):
        return self.api("POST", REQUESTS, json={"ticket": number, "profile": "nginx", "reason": "why"} | words)


@pytest.fixture(scope="session")
def program(desk):
    """A program of an account of its own."""

    def of(*role):
        name = f"of-{uuid.uuid4().hex[:12]}"
        desk.command("champion", name, *role)
        return Program(desk, desk.command("token", "make", name, "--name", "nightly"))

    return of


@pytest.fixture(scope="module")
def working(program):
    return program("--queue", "support")


@pytest.fixture(scope="module")
def of_bugs(program):
    """One who works no queue in which computers open tickets."""
    return program("--queue", "bugs")


def test_a_request_is_made_seen_listed_and_taken_back(desk, working, asked):  # noqa: F811 - the fixture
    device, number = asked()
    made = working.ask(number, reason="It <broke>", since_seconds=3600)
    assert made.status_code == 201
    told = made.json()
    assert (told["state"], told["ticket"], told["since_seconds"]) == ("waiting", number, 3600)
    assert (told["device_id"], told["reason"], told["bundle"]) == (device.device_id, "It <broke>", None)
    path = f"{REQUESTS}/{told['request_id']}"
    assert working.api("GET", path).json() == told
    assert working.api("GET", f"{REQUESTS}?ticket={number}").json() == [told]
    (heard,) = device.api("GET", "requests").json()["requests"]
    assert heard["request_id"] == told["request_id"]
    assert working.api("POST", f"{path}/cancel").json()["state"] == "cancelled"
    assert working.api("POST", f"{path}/cancel").json()["state"] == "cancelled"
    audit = [line for line in desk.command("audit").splitlines() if told["request_id"] in line]
    assert "request-made" in audit[0]
    assert [line.count("by token 'nightly'") for line in audit] == [1, 0, 1]  # delivered by itself in between


def test_what_came_of_it_is_told(working, asked, bundle):  # noqa: F811 - the fixture
    device, number = asked()
    request_id = working.ask(number).json()["request_id"]
    bundle_id = device.put(number, bundle).json()["bundle_id"]
    device.api("POST", f"requests/{request_id}/state", json={"state": "done", "bundle_id": bundle_id})
    told = working.api("GET", f"{REQUESTS}/{request_id}").json()
    assert (told["state"], told["bundle"]["bundle_id"], told["bundle"]["size_bytes"]) == (
        "done",
        bundle_id,
        len(bundle),
    )
    assert working.api("POST", f"{REQUESTS}/{request_id}/cancel").json()["state"] == "done"


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ({"profile": "other"}, 409, "Choose a profile that this computer allows, such as nginx"),
        ({"profile": "../x"}, 409, "A profile's name has small letters"),
        ({"reason": ""}, 400, ""),
        ({"reason": "x" * 1001}, 400, ""),
        ({"since_seconds": 59}, 400, ""),
        ({"since_seconds": 2678401}, 400, ""),
        ({"ticket": "999999999999999999"}, 404, "Your queues have no ticket of that number."),
        ({"ticket": "1 or 1"}, 400, ""),
    ],
)
def test_what_is_wrong_is_a_problem_as_on_the_page(working, asked, words, status, sentence):  # noqa: F811 - fixture
    _, number = asked(profiles=("nginx", "../x"))
    answer = working.ask(number, **words)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["detail"].startswith(sentence)
    assert working.api("GET", f"{REQUESTS}?ticket={number}").json() == []


@pytest.mark.parametrize("policy", ["off", ""])
def test_a_computer_that_takes_no_requests_is_asked_nothing(working, asked, policy):  # noqa: F811 - the fixture
    _, number = asked(policy=policy)
    answer = working.ask(number)
    assert (answer.status_code, answer.json()["detail"]) == (409, "This computer takes no requests.")


def test_other_queues_are_as_if_they_were_not(working, of_bugs, asked):  # noqa: F811 - the fixture
    _, number = asked()
    request_id = working.ask(number).json()["request_id"]
    assert of_bugs.ask(number).json()["type"] == "unknown-ticket"
    assert request_id not in [each["request_id"] for each in of_bugs.api("GET", REQUESTS).json()]
    assert of_bugs.api("GET", f"{REQUESTS}?ticket={number}").json()["type"] == "unknown-ticket"
    for method, path in (("GET", ""), ("POST", "/cancel")):
        answer = of_bugs.api(method, f"{REQUESTS}/{request_id}{path}")
        assert (answer.status_code, answer.json()["type"]) == (404, "unknown-request")
    assert working.api("GET", f"{REQUESTS}/{request_id}").json()["state"] == "waiting"


@pytest.mark.parametrize("path", [REQUESTS, f"{REQUESTS}/{uuid.UUID(int=0)}"])
def test_nobody_else_is_let_in_and_a_token_nowhere_else(desk, device, champion, working, path):
    credential = {"Authorization": f"Bearer {device.credential}"}
    for headers in ({}, credential, {"Authorization": "Bearer x.y"}, {"Authorization": f"Basic {working.token}"}):
        answer = desk.api("GET", path, headers=headers)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert champion.get(f"{desk.url}/api/v1/{path}", timeout=60).status_code == 401  # a log-in is no token
    for elsewhere in ("me", "tickets", "requests", "relay/work"):
        assert working.api("GET", elsewhere).status_code == 401
    headers = {"Authorization": f"Bearer {working.token}"}
    answer = requests.get(f"{desk.url}/devices/", headers=headers, allow_redirects=False, timeout=60)
    assert answer.status_code == 302


def test_a_token_has_so_many_calls_a_minute(desk, program, asked, inside):  # noqa: F811 - the fixture
    busy = program()
    body = """
from django.db import transaction
from desk.champion_api import _CALLS
from desk.models import ChampionToken
token = ChampionToken.objects.get(public_id=words[0])
with transaction.atomic():
    return [_CALLS.count(str(token.pk)) for _ in range(119)]
"""
    assert all(inside(desk, body, busy.token.split(".")[0]))
    assert [busy.api("GET", f"{REQUESTS}/x").status_code for _ in range(2)] == [400, 429]
    answer = busy.ask(asked()[1])
    assert (answer.json()["type"], answer.headers["Retry-After"]) == ("throttled", "60")


def test_of_many_who_press_at_once_no_more_are_let_through_than_a_computer_takes(program, asked):  # noqa: F811 - fixture
    pressing, (_, number) = [program() for _ in range(4)], asked()
    statuses = []

    def press(one):
        statuses.extend(one.ask(number).status_code for _ in range(4))

    threads = [threading.Thread(target=press, args=(one,)) for one in pressing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(statuses) == [201] * 5 + [409] * 11
    assert len(pressing[0].api("GET", f"{REQUESTS}?ticket={number}").json()) == 5
