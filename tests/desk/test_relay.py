"""Passing tickets on, as a relay sees it: what waits, what became of it, and who is let in."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.desk.conftest import RunningDesk, running_desk

BODY = b"7z\xbc\xaf\x27\x1c" + b"bundle" * 100
THERE = {"endpoint": "request_tracker:https://rt.example", "number": "77", "link": "https://rt.example/77"}


@dataclass
class Relay:
    """A relay and its credential."""

    desk: RunningDesk
    credential: str

    def api(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.credential}"}
        return self.desk.api(method, f"relay/{path}", headers=headers, **more)

    def work(self, number: str) -> dict[str, Any] | None:
        """What waits of this ticket."""
        answer = self.api("GET", "work")
        assert answer.status_code == 200, answer.text
        return next((each for each in answer.json() if each["number"] == number), None)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory, enrol: Callable[..., Any]) -> Iterator[tuple[Relay, Any]]:
    """A relay and a device at a desk of their own: of others' tickets too many would wait."""
    with running_desk(tmp_path_factory.mktemp("desk") / "state") as desk:
        yield Relay(desk, desk.command("relay-credential", "tracker")), enrol(desk)


def test_a_ticket_and_its_bundle_are_told_until_they_are_there(start):
    relay, device = start
    ticket = device.open_ticket(subject="It broke", description="At noon", product="Example", cloud=True)
    number, bundle_id = ticket["number"], str(uuid.uuid4())
    assert device.put(number, BODY, bundle_id=bundle_id).status_code == 201
    work = relay.work(number)
    assert (work["subject"], work["description"], work["product"], work["cloud"]) == (
        "It broke", "At noon", "Example", True,
    )  # fmt: skip
    assert (work["url"], work["passed_on_as"]) == (ticket["url"], "")
    (bundle,) = work["bundles"]
    assert bundle["consent"] == {"how": "asked", "given_by": "jo"}
    content = relay.api("GET", f"bundles/{bundle_id}").content
    assert (content, bundle["sha256"]) == (BODY, hashlib.sha256(BODY).hexdigest())
    told = [line for line in relay.desk.command("audit").splitlines() if "bundle-downloaded" in line]
    assert [("relay tracker" in line, bundle_id in line) for line in told] == [(True, True)]

    for _ in range(2):  # told twice is told once
        assert relay.api("PUT", f"tickets/{number}", json=THERE).json() == {**THERE, "problem": ""}
    assert relay.work(number)["passed_on_as"] == "77"
    assert relay.api("PUT", f"bundles/{bundle_id}", json={"link": "https://rt.example/77/1"}).status_code == 200
    assert relay.work(number) is None

    assert device.put(number, BODY + b"second").status_code == 201
    assert len(relay.work(number)["bundles"]) == 1


def test_a_problem_is_kept_and_the_work_waits(start):
    relay, device = start
    number = device.open_ticket()["number"]
    told = relay.api("PUT", f"tickets/{number}", json={"problem": "The tracker refuses."}).json()
    assert (told["number"], told["problem"]) == ("", "The tracker refuses.")
    assert relay.work(number)["passed_on_as"] == ""
    there = {**THERE, "number": str(uuid.uuid4())}
    assert relay.api("PUT", f"tickets/{number}", json=there).json()["problem"] == ""


def test_a_second_number_for_a_ticket_is_refused(start):
    relay, device = start
    number = device.open_ticket()["number"]
    assert relay.api("PUT", f"tickets/{number}", json={**THERE, "number": "177"}).status_code == 200
    again = relay.api("PUT", f"tickets/{number}", json={**THERE, "number": "178"})
    assert (again.status_code, again.json()["type"]) == (409, "conflict")


def test_champions_see_where_a_ticket_is(start):
    relay, device = start
    ticket = device.open_ticket()
    relay.api(
        "PUT",
        f"tickets/{ticket['number']}",
        json={**THERE, "number": "277", "link": "javascript:alert(1)", "problem": "<b>late</b>"},
    )
    session = requests.Session()
    page = session.get(f"{relay.desk.url}/login/", timeout=60)
    words = {
        "username": "champion",
        "password": relay.desk.password,
        "csrfmiddlewaretoken": page.cookies["csrftoken"],
    }
    session.post(page.url, data=words, headers={"Referer": page.url}, timeout=60)
    shown = session.get(ticket["url"], timeout=60).text
    assert "request_tracker:https://rt.example" in shown
    assert "javascript:" not in shown
    assert "&lt;b&gt;late" in shown


def test_one_ticket_there_stands_for_one_here(start):
    """Whoever wrote another's key into a ticket of their own would get that one's bundles."""
    relay, device = start
    numbers = [device.open_ticket()["number"] for _ in range(2)]
    there = {**THERE, "number": str(uuid.uuid4())}
    answers = [relay.api("PUT", f"tickets/{number}", json=there) for number in numbers]
    assert [answer.status_code for answer in answers] == [200, 409]


def test_the_key_of_a_ticket_stays_and_is_nobodys_guess(start):
    relay, device = start
    numbers = [device.open_ticket()["number"] for _ in range(2)]
    first, second = ([relay.work(number)["key"] for number in numbers] for _ in range(2))
    assert first == second
    assert len(set(first)) == 2
    assert all(uuid.UUID(key).version == 4 for key in first)
    assert first[0] not in device.api("GET", f"tickets/{numbers[0]}").text


def test_what_was_refused_waits_behind_the_others(start):
    relay, device = start
    for _ in range(50):  # as many as are told at once
        number = device.open_ticket()["number"]
        relay.api("PUT", f"tickets/{number}", json={"problem": "It is refused each time."})
    late = device.open_ticket()["number"]
    assert relay.work(late) is not None
    relay.api("PUT", f"tickets/{late}", json={**THERE, "number": str(uuid.uuid4())})


@pytest.mark.parametrize("path", ["work", "bundles/00000000-0000-0000-0000-000000000000"])
def test_only_relays_are_let_in(start, path):
    relay, device = start
    assert device.api("GET", f"relay/{path}").status_code == 401
    assert relay.desk.api("GET", f"relay/{path}").status_code == 401
    assert Relay(relay.desk, relay.credential + "x").api("GET", path).status_code == 401
    assert relay.desk.api("GET", "tickets", headers={"Authorization": f"Bearer {relay.credential}"}).status_code == 401
    first = Relay(relay.desk, relay.desk.command("relay-credential", "another"))
    second = Relay(relay.desk, relay.desk.command("relay-credential", "another"))
    assert (first.api("GET", path).status_code, second.api("GET", "work").status_code) == (401, 200)


def test_what_is_not_there_is_told(start):
    relay, _ = start
    assert relay.api("GET", f"bundles/{uuid.uuid4()}").status_code == 404
    assert relay.api("PUT", "tickets/4711", json=THERE).status_code == 404
    assert relay.api("PUT", "tickets/" + "9" * 40, json=THERE).status_code == 404
    assert relay.api("GET", "bundles/x").status_code == 400
