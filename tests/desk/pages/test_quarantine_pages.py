"""The champions' page of bundles without a ticket."""

import html
import uuid

import pytest
import requests


@pytest.fixture
def device(desk, enrol):
    """One of its own, with a name that no other has."""
    return enrol(desk, str(uuid.uuid4()))


@pytest.fixture
def kept(device, bundle):
    return device.put("4711", bundle, path="quarantine", Sendlogs_Ticket="4711").json()


def post(desk, champion, address, **words):
    words["csrfmiddlewaretoken"] = champion.cookies["csrftoken"]
    return champion.post(f"{desk.url}/{address}", data=words, headers={"Referer": desk.url}, timeout=60)


def test_it_shows_what_is_kept(desk, champion, device, kept):
    page = champion.get(f"{desk.url}/quarantine/", timeout=60)
    assert "script" not in page.headers["Content-Security-Policy"]  # its default is none
    for shown in (device.computer_id, kept["sha256"], "<td>4711</td>", kept["expires_at"][:10]):
        assert shown in page.text
    assert "no open ticket" in page.text


def test_helpdesks_pages_lead_to_it(desk, champion):
    assert 'href="/quarantine/"' in champion.get(f"{desk.url}/tickets/", timeout=60).text


def test_a_champion_hangs_it_on_a_ticket_of_the_device(desk, champion, enrol, device, kept, bundle):
    number, foreign = device.open_ticket(subject="It <broke>")["number"], enrol(desk).open_ticket()["number"]
    page = champion.get(f"{desk.url}/quarantine/", timeout=60).text
    assert html.escape("It <broke>") in page
    refused = post(desk, champion, f"quarantine/{kept['bundle_id']}/hang", ticket=foreign)
    assert "no open ticket of this device" in refused.text
    done = post(desk, champion, f"quarantine/{kept['bundle_id']}/hang", ticket=number)
    assert done.url.endswith(f"/bundles/{kept['bundle_id']}/")
    assert "logs/service.log" in done.text
    told = device.api("GET", f"quarantine/{kept['bundle_id']}").json()
    assert (told["ticket"], told["sha256"]) == (number, kept["sha256"])
    assert (desk.state_folder / "bundles" / f"{kept['bundle_id']}.7z").read_bytes() == bundle
    assert not (desk.state_folder / "quarantine" / f"{kept['bundle_id']}.7z").exists()
    ticket = champion.get(f"{desk.url}/tickets/{number}/", timeout=60).text
    assert ticket.count("Open bundle") == ticket.count("Bundle received") == 1
    assert post(desk, champion, f"quarantine/{kept['bundle_id']}/hang", ticket=number).status_code == 404


def test_a_champion_deletes_it(desk, champion, device, kept):
    answer = post(desk, champion, f"quarantine/{kept['bundle_id']}/delete")
    assert f"Bundle {kept['bundle_id']} is deleted." in answer.text
    assert device.api("GET", f"quarantine/{kept['bundle_id']}").status_code == 404
    assert not (desk.state_folder / "quarantine" / f"{kept['bundle_id']}.7z").exists()


@pytest.mark.parametrize("what", ["hang", "delete"])
def test_it_acts_on_nothing_but_a_form_of_a_champion(desk, champion, device, kept, what):
    address = f"{desk.url}/quarantine/{kept['bundle_id']}/{what}"
    assert champion.get(address, timeout=60).status_code == 405
    assert champion.post(address, timeout=60).status_code == 403  # without the token against forged requests
    stranger = requests.post(address, timeout=60, allow_redirects=False)
    assert stranger.status_code in {302, 403}
    assert device.api("GET", f"quarantine/{kept['bundle_id']}").status_code == 200


def test_it_wants_a_log_in(desk):
    assert "/login/" in requests.get(f"{desk.url}/quarantine/", timeout=60).url
