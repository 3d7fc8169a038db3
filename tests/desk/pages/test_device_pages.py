"""The pages of devices."""

import uuid

import pytest
import requests

SAID = """
from datetime import timedelta
from django.utils import timezone
from desk import ed25519
from desk.models import Device
line = ed25519.line_of(ed25519.public_of(bytes(32)))
for computer_id, hours, more in words:
    Device.objects.filter(computer_id=computer_id).update(
        last_seen_at=None if hours is None else timezone.now() - timedelta(hours=hours), public_key=line, **more)
ids = {device.computer_id: str(device.pk) for device in Device.objects.all()}
return ids, ed25519.fingerprint(ed25519.key_of(line))
"""
ATTACK = "<script>alert(1)</script>\u202egpj"


@pytest.fixture
def made(desk, enrol, inside):
    """Three devices with a beginning of their own: seen an hour ago, a minute ago (hostile), never."""
    prefix = uuid.uuid4().hex[:12]
    names = [f"{prefix}-{name}" for name in ("old", "new", "never")]
    devices = [enrol(desk, name) for name in names]
    said = {"host": ATTACK, "operating_system": ATTACK, "agent_version": ATTACK, "remote_policy": "ask"}
    said |= {"remote_profiles": [ATTACK, "nginx"], "group": f"{prefix} & co"}
    ids, fingerprint = inside(desk, SAID, (names[0], 1, {}), (names[1], 0, said), (names[2], None, {}))
    return prefix, names, devices, ids, fingerprint


def test_the_list_is_searched_and_ordered_by_when_each_was_seen(desk, champion, made):
    prefix, names, *_ = made
    page = champion.get(f"{desk.url}/devices/", params={"id": prefix.upper()}, timeout=60).text
    places = [page.index(f"{name}</code>") for name in (names[1], names[0], names[2])]
    assert places == sorted(places)
    assert f"{names[0]}</code>" not in champion.get(f"{desk.url}/devices/?id={prefix[1:]}", timeout=60).text
    page = champion.get(f"{desk.url}/devices/", params={"group": f"{prefix} & co"}, timeout=60).text
    assert f"{names[1]}</code>" in page
    assert f"{names[0]}</code>" not in page


def test_the_list_has_pages(desk, champion, inside):
    prefix = uuid.uuid4().hex[:12]
    body = """
from desk.models import Device
names = [f"{words[0]}-{number}" for number in range(60)]
Device.objects.bulk_create(
    Device(computer_id=name, public_id=name, credential_digest="x", group="a & b") for name in names)
"""
    inside(desk, body, prefix)
    first = champion.get(f"{desk.url}/devices/", params={"id": prefix, "group": "a & b"}, timeout=60).text
    assert "page 1 of 2" in first
    assert f'href="?id={prefix}&amp;group=a+%26+b&amp;page=2"' in first
    second = champion.get(f"{desk.url}/devices/?id={prefix}&group=a+%26+b&page=2", timeout=60).text
    assert (first.count(f"{prefix}-"), second.count(f"{prefix}-")) == (50, 10)
    assert "page 2 of 2" in champion.get(f"{desk.url}/devices/?id={prefix}&page=999", timeout=60).text


def test_a_device_shows_what_it_says_harmlessly_its_key_tickets_and_bundles(desk, champion, made, bundle):
    _, names, devices, ids, fingerprint = made
    number = devices[1].open_ticket(subject=f"It {ATTACK}")["number"]
    url = devices[1].put(number, bundle).json()["url"]
    answer = champion.get(f"{desk.url}/devices/{ids[names[1]]}/", timeout=60)
    assert "script" not in answer.headers["Content-Security-Policy"]
    for shown in (names[1], fingerprint, f"/tickets/{number}/", url.removeprefix(desk.url), "nginx", "ask"):
        assert shown in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\ufffdgpj" in answer.text
    for harmful in ("<script", "\u202e"):
        assert harmful not in answer.text
        assert harmful not in champion.get(f"{desk.url}/devices/?id={names[1]}", timeout=60).text


def test_an_administrator_revokes_and_is_asked_first(desk, champion, made):
    _, names, devices, ids, _ = made
    address = f"{desk.url}/devices/{ids[names[0]]}/revoke"
    assert "Revoke this computer&#x27;s access?" in champion.get(address, timeout=60).text
    assert devices[0].api("GET", "me").status_code == 200
    words = {"csrfmiddlewaretoken": champion.cookies["csrftoken"]}
    done = champion.post(address, data=words, headers={"Referer": desk.url}, timeout=60)
    assert "it is let in no more" in done.text
    assert "/revoke" not in done.text
    assert devices[0].api("GET", "me").status_code == 401
    assert "device-revoked" in champion.get(f"{desk.url}/audit/", timeout=60).text


def test_a_champion_of_other_queues_sees_the_device_and_none_of_its_tickets(desk, made, bundle, try_log_in):
    _, names, devices, ids, _ = made
    number = devices[0].open_ticket()["number"]
    url = devices[0].put(number, bundle).json()["url"]
    password = desk.command("champion", "of-escalations", "--queue", "escalations")
    with requests.Session() as session:
        try_log_in(session, desk.url, "of-escalations", password)
        page = session.get(f"{desk.url}/devices/{ids[names[0]]}/", timeout=60).text
    assert names[0] in page
    for hidden in (f"/tickets/{number}/", url.removeprefix(desk.url), "/revoke"):
        assert hidden not in page


def test_a_device_that_is_none_is_not_found(desk, champion):
    assert champion.get(f"{desk.url}/devices/{uuid.uuid4()}/", timeout=60).status_code == 404


def test_the_page_names_a_device_that_enrolled_later_under_the_same_id(desk, champion, enrol):
    name = uuid.uuid4().hex
    first, second = enrol(desk, name), enrol(desk, name)
    page = champion.get(f"{desk.url}/devices/{first.device_id}/", timeout=60).text
    assert f'<a href="/devices/{second.device_id}/">later device</a>' in page
    assert "an administrator should revoke it" in page
    assert "later device" not in champion.get(f"{desk.url}/devices/{second.device_id}/", timeout=60).text
