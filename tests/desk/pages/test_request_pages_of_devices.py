"""Champions ask for a bundle on the device's page, with the number of one of its tickets."""

import re

import pytest
import requests

from tests.desk.pages.test_request_pages import asked, post, rows_of

__all__ = ["asked"]  # a fixture


def of_device(desk, inside, device):
    body = "from desk.models import Device\nreturn Device.objects.get(computer_id=words[0]).pk"
    return f"devices/{inside(desk, body, device.computer_id)}/"


def test_a_request_is_made_on_the_devices_page_as_well(desk, champion, asked, inside):
    device, number = asked()
    address = of_device(desk, inside, device)
    page = champion.get(f"{desk.url}/{address}", timeout=60).text
    assert f'action="/{address}requests/"' in page
    assert re.findall(r'<option value="([^"]*)">(?:nginx|postgresql)<', page) == ["nginx", "postgresql"]
    words = {"ticket": number, "profile": "nginx", "reason": "It fell", "since_seconds": "3600"}
    answer = post(desk, champion, f"{address}requests/", **words)
    assert answer.url == f"{desk.url}/tickets/{number}/#desk-requests-title"
    ((request_id, state),) = rows_of(answer.text)
    assert state == "waiting"
    assert f"request {request_id}" in champion.get(f"{desk.url}/audit/", timeout=60).text


WHICH = "Give the number of a ticket that this computer opened, of your queues."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"ticket": ""}, WHICH),
        ({"ticket": "x"}, WHICH),
        ({"ticket": "-1"}, WHICH),
        ({"ticket": "9" * 30}, WHICH),
        ({"ticket": "999999"}, WHICH),
        ({"ticket": "of another device"}, WHICH),
        ({"profile": "other"}, "Choose a profile that this computer allows."),
        ({"reason": ""}, "Say why; the person reads it."),
    ],
)
def test_what_is_wrong_on_the_devices_page_is_said_and_what_was_typed_stays(
    desk, champion, asked, inside, words, sentence
):
    (device, number), (_, others) = asked(), asked()
    address = of_device(desk, inside, device)
    form = {"ticket": number, "profile": "nginx", "reason": "It fell"} | words
    form["ticket"] = form["ticket"].replace("of another device", others)
    answer = post(desk, champion, f"{address}requests/", **form)
    assert answer.status_code == 400
    assert re.search(r'role="alert">([^<]*)<', answer.text)[1] == sentence
    for typed in (f'value="{form["ticket"]}"', form["reason"], f'action="/{address}requests/"'):
        assert typed in answer.text
    for ticket in (number, others):
        assert rows_of(champion.get(f"{desk.url}/tickets/{ticket}/", timeout=60).text) == []


def test_on_the_page_of_a_device_that_takes_none_the_reason_stands(desk, champion, asked, inside):
    device, number = asked(policy="off")
    address = of_device(desk, inside, device)
    page = champion.get(f"{desk.url}/{address}", timeout=60).text
    assert "This computer takes no requests." in page
    assert "Request bundle</button>" not in page
    answer = post(desk, champion, f"{address}requests/", ticket=number, profile="nginx", reason="r")
    assert "This computer takes no requests." in answer.text


def test_nobody_asks_on_a_ticket_of_other_queues_by_the_devices_page(desk, asked, inside, try_log_in):
    device, number = asked()
    address = f"{of_device(desk, inside, device)}requests/"
    words = {"ticket": number, "profile": "nginx", "reason": "r"}
    for name, role, status in (
        ("asks-elsewhere", ("--queue", "escalations"), 400),
        ("led", ("--role", "auditor"), 403),
    ):
        with requests.Session() as session:
            try_log_in(session, desk.url, name, desk.command("champion", name, *role))
            answer = post(desk, session, address, **words)
            assert answer.status_code == status
            assert (WHICH in answer.text) == (status == 400)
    body = "from desk.models import CollectionRequest\nreturn CollectionRequest.objects.filter(ticket=words[0]).count()"
    assert inside(desk, body, number) == 0
