"""Tickets over the wire: opened once per request, seen by their device alone."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest


def test_the_same_request_opens_one_ticket(device):
    words = {"subject": "Restore fails", "severity": 1, "request_id": str(uuid.uuid4())}
    first, again = (device.api("POST", "tickets", json=words) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_the_same_request_in_parallel_opens_one_ticket(device):
    words = {"subject": "Restore fails", "severity": 1, "request_id": str(uuid.uuid4())}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: device.api("POST", "tickets", json=words), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["number"] for answer in answers}) == 1


def test_two_devices_may_use_one_request_id(desk, device, enrol):
    request_id = str(uuid.uuid4())
    other = enrol(desk)
    mine, theirs = device.open_ticket(request_id=request_id), other.open_ticket(request_id=request_id)
    assert mine["number"] != theirs["number"]


def test_a_ticket_is_told_as_it_is(desk, device):
    ticket = device.open_ticket(subject="Restore fails", severity=3)
    number = ticket["number"]
    assert ticket == {
        "number": number,
        "url": f"{desk.url}/tickets/{number}/",
        "subject": "Restore fails",
        "status": "New",
        "severity": 3,
        "accepts_bundles": True,
        "merged": False,
        "queue": "support",
    }
    assert device.api("GET", f"tickets/{number}").json() == ticket


@pytest.mark.parametrize("field", ["subject", "description", "product", "operating_system", "account", "version"])
def test_control_characters_are_left_out(desk, device, champion, field):
    """The feeds of tickets, which are XML, could not hold them."""
    controls = "".join(map(chr, (*range(1, 9), 11, 12, *range(14, 32)))) + "\ufffe"
    ticket = device.open_ticket(**{field: f"Rest{controls}ored"})
    if field == "subject":
        assert ticket["subject"] == "Restored"
    assert "Restored" in champion.get(ticket["url"], timeout=60).text
    assert champion.get(f"{desk.url}/rss/unassigned/", timeout=60).status_code == 200


def test_a_subject_of_control_characters_alone_is_blank(device):
    answer = device.api("POST", "tickets", json={"subject": "\x01\x1b", "request_id": str(uuid.uuid4())})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["subject"])


def test_tabs_and_lines_of_a_description_stay(device, champion):
    ticket = device.open_ticket(description="a\tb\r\nc\nd")
    assert "<p>a\tb<br>c<br>d</p>" in champion.get(ticket["url"], timeout=60).text


def test_my_tickets_come_newest_first(desk, enrol):
    device = enrol(desk)
    numbers = [device.open_ticket()["number"] for _ in range(3)]
    assert [ticket["number"] for ticket in device.api("GET", "tickets").json()] == numbers[::-1]


@pytest.mark.parametrize("number", ["999999999", "0", "abc", "-1", "1.0", "٣", "9" * 40, "%00"])
def test_a_ticket_that_is_not_there_is_told_like_a_foreign_one(desk, device, enrol, number):
    """Nobody can find out by numbers which tickets others have."""
    foreign = device.open_ticket()["number"]
    other = enrol(desk)
    absent_answer, foreign_answer = (other.api("GET", f"tickets/{n}") for n in (number, foreign))
    assert (absent_answer.status_code, foreign_answer.status_code) == (404, 404)
    assert absent_answer.json() == foreign_answer.json()
    assert absent_answer.json()["type"] == "unknown-ticket"
