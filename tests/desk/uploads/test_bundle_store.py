"""Bundles over the wire: in place whole and once, or not at all."""

import base64
import hashlib
import os
import socket
import stat
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

MAGIC = b"7z\xbc\xaf\x27\x1c"


@pytest.fixture
def number(device):
    return device.open_ticket()["number"]


@pytest.fixture
def lies_here(desk):
    """The names of all that uploads leave in the state folder."""
    return lambda: {file.name for folder in ("bundles", "incoming") for file in (desk.state_folder / folder).glob("*")}


def test_a_bundle_is_stored_as_it_was_sent(desk, device, number, bundle):
    answer = device.put(number, bundle)
    bundle_id = answer.json()["bundle_id"]
    assert answer.status_code == 201
    assert answer.json() == {
        "bundle_id": bundle_id,
        "sha256": hashlib.sha256(bundle).hexdigest(),
        "size_bytes": len(bundle),
        "url": f"{desk.url}/bundles/{bundle_id}/",
    }
    assert (desk.state_folder / "bundles" / f"{bundle_id}.7z").read_bytes() == bundle


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_everything_the_desk_keeps_is_owner_only(desk, device, number, bundle):
    device.put(number, bundle)
    open_to_others = [
        str(path)
        for path in (desk.state_folder, *desk.state_folder.rglob("*"))
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []


def test_the_same_bundle_again_is_the_same_bundle(device, number, bundle, lies_here):
    bundle_id = str(uuid.uuid4())
    first = device.put(number, bundle, bundle_id=bundle_id)
    before = lies_here()
    again = device.put(number, bundle, bundle_id=bundle_id)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert lies_here() == before


def test_the_same_bundle_in_parallel_is_one_bundle(device, number, bundle, champion, desk):
    bundle_id = str(uuid.uuid4())
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: device.put(number, bundle, bundle_id=bundle_id), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    page = champion.get(f"{desk.url}/tickets/{number}/", timeout=60).text
    assert page.count("Open bundle") == 1
    assert page.count("Bundle received") == 1


def test_other_bytes_under_a_known_id_are_a_conflict(device, number, bundle, pack):
    bundle_id = device.put(number, bundle).json()["bundle_id"]
    answer = device.put(number, pack({"other.log": "x"}), bundle_id=bundle_id)
    assert (answer.status_code, answer.json()["type"]) == (409, "conflict")
    stored = device.api("GET", f"tickets/{number}/bundles/{bundle_id}").json()
    assert stored["sha256"] == hashlib.sha256(bundle).hexdigest()


def test_a_known_id_on_another_ticket_is_a_conflict(device, number, bundle):
    bundle_id = device.put(number, bundle).json()["bundle_id"]
    answer = device.put(device.open_ticket()["number"], bundle, bundle_id=bundle_id)
    assert (answer.status_code, answer.json()["type"]) == (409, "conflict")


def test_another_devices_ticket_takes_nothing(desk, enrol, number, bundle, lies_here):
    before = lies_here()
    answer = enrol(desk).put(number, bundle)
    assert (answer.status_code, answer.json()["type"]) == (404, "unknown-ticket")
    assert lies_here() == before


def test_bytes_that_do_not_fit_the_digest_leave_nothing(device, number, bundle, lies_here):
    before = lies_here()
    answer = device.put(number, bundle[:-1] + bytes([bundle[-1] ^ 1]), Repr_Digest=_digest_of(bundle))
    assert (answer.status_code, answer.json()["type"]) == (400, "digest-mismatch")
    assert lies_here() == before


@pytest.mark.parametrize("body", [b"", MAGIC[:3], b"PK\x03\x04" + bytes(100), b"7z" + bytes(100)])
def test_only_7z_archives_are_taken(device, number, body, lies_here):
    before = lies_here()
    answer = device.put(number, body)
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid")
    assert lies_here() == before


def test_a_body_cut_short_leaves_nothing(desk, device, number, bundle, lies_here):
    before = lies_here()
    with _begun_upload(desk, device, number, bundle) as connection:
        connection.sendall(bundle[: len(bundle) // 2])
        _until(lambda: any(name.endswith(".part") for name in lies_here()))
    _until(lambda: lies_here() == before)


def test_while_it_arrives_a_bundle_is_not_there(desk, device, number, bundle):
    bundle_id = str(uuid.uuid4())
    with _begun_upload(desk, device, number, bundle, bundle_id) as connection:
        connection.sendall(bundle[:-1])
        assert device.api("GET", f"tickets/{number}/bundles/{bundle_id}").status_code == 404
        connection.sendall(bundle[-1:])
        assert connection.recv(1000).startswith(b"HTTP/1.1 201 ")
    assert device.api("GET", f"tickets/{number}/bundles/{bundle_id}").status_code == 200


def test_a_read_back_tells_of_the_stored_bytes(desk, device, number, bundle):
    """It proves the storage, and does not repeat what was said at the upload."""
    bundle_id = device.put(number, bundle).json()["bundle_id"]
    stored = desk.state_folder / "bundles" / f"{bundle_id}.7z"
    stored.write_bytes(bundle + b"rot")
    answer = device.api("GET", f"tickets/{number}/bundles/{bundle_id}")
    assert answer.json()["sha256"] == hashlib.sha256(bundle + b"rot").hexdigest()


def test_a_closed_ticket_takes_nothing(desk, device, number, bundle, champion):
    _set_status(champion, desk, number, 4)
    answer = device.put(number, bundle)
    assert (answer.status_code, answer.json()["type"]) == (409, "closed-ticket")
    told = device.api("GET", f"tickets/{number}").json()
    assert (told["status"], told["accepts_bundles"]) == ("Closed", False)


@pytest.mark.parametrize(("status", "name"), [(3, "Solved"), (6, "Pending")])
def test_a_bundle_is_an_answer_that_reopens(desk, device, number, bundle, champion, status, name):
    """Its title stays too: a note must not rename the ticket."""
    _set_status(champion, desk, number, status)
    assert device.api("GET", f"tickets/{number}").json()["status"] == name
    assert device.put(number, bundle).status_code == 201
    told = device.api("GET", f"tickets/{number}").json()
    assert (told["status"], told["subject"]) == ("Open", "It broke")


def test_a_revoked_device_is_let_in_no_more(desk, enrol, champion):
    device = enrol(desk)
    page = champion.get(f"{desk.url}/admin/desk/device/", timeout=60).text
    device_id = device.api("GET", "me").json()["device_id"]
    assert device_id in page
    words = {
        "action": "revoke",
        "_selected_action": device_id,
        "csrfmiddlewaretoken": champion.cookies["csrftoken"],
    }
    champion.post(f"{desk.url}/admin/desk/device/", data=words, headers={"Referer": desk.url}, timeout=60)
    assert device.api("GET", "me").status_code == 401


def test_what_an_upload_left_half_way_is_gone_after_a_start(start_desk):
    desk = start_desk()
    desk.stop()
    (desk.state_folder / "incoming").mkdir(exist_ok=True)
    part = desk.state_folder / "incoming" / "x.part"
    part.write_bytes(b"half")
    start_desk()
    assert not part.exists()


def test_a_bundle_over_the_limit_is_refused_before_it_is_sent(start_desk, enrol, bundle):
    limit_bytes = len(bundle)
    desk = start_desk(SENDLOGS_DESK_BUNDLE_LIMIT_BYTES=str(limit_bytes))
    device = enrol(desk)
    number = device.open_ticket()["number"]
    with _begun_upload(desk, device, number, bundle + b"x") as connection:  # announces them, sends none
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(4000)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"type":"too-large"' in answer
    assert f'"limit_bytes":{limit_bytes}'.encode() in answer
    assert device.put(number, bundle).status_code == 201


def test_memory_does_not_grow_with_the_upload(desk, device, number):
    psutil = pytest.importorskip("psutil")
    size_bytes = 64 << 20
    body = MAGIC + os.urandom(1 << 20) * 64
    before = psutil.Process(desk.process.pid).memory_info().rss
    assert device.put(number, body[:size_bytes]).status_code == 201
    assert psutil.Process(desk.process.pid).memory_info().rss - before < size_bytes / 4


def _begun_upload(desk, device, number, body, bundle_id=None):
    """A connection on which the headers of an upload are sent, and none of its body."""
    host, port = desk.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    head = (
        f"PUT /api/v1/tickets/{number}/bundles/{bundle_id or uuid.uuid4()} HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: Bearer {device.credential}\r\nContent-Type: application/x-7z-compressed\r\n"
        f"Content-Length: {len(body)}\r\nRepr-Digest: {_digest_of(body)}\r\nSendlogs-Consent: e30=\r\n\r\n"
    )
    connection.sendall(head.encode())
    return connection


def _digest_of(body):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def _set_status(champion, desk, number, status):
    words = {"new_status": status, "comment": "done", "title": "It broke", "priority": 2, "queue": 1}
    words["csrfmiddlewaretoken"] = champion.cookies["csrftoken"]
    answer = champion.post(
        f"{desk.url}/tickets/{number}/update/", data=words, headers={"Referer": desk.url}, timeout=60
    )
    assert answer.ok, answer.text[:500]


def _until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
