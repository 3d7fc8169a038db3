"""Resumable uploads, on a running desk: what the protocol asks for, and what of it is ours."""

import base64
import dataclasses
import hashlib
import http.client
import json
import os
import socket
import stat
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import pytest

VERSION = {"Tus-Resumable": "1.0.0"}
PIECE = {**VERSION, "Content-Type": "application/offset+octet-stream"}
DATA = b"7z\xbc\xaf\x27\x1c" + bytes(range(256)) * 400


def _encoded(text):
    return base64.b64encode(text.encode()).decode()


@dataclass
class Upload:
    """One upload as its device sees it."""

    device: object
    number: str
    bundle_id: str
    path: str

    def call(self, method, *, device=None, data=None, **headers):
        told = {**(PIECE if method == "PATCH" else VERSION), **{k.replace("_", "-"): v for k, v in headers.items()}}
        return (device or self.device).api(method, self.path, headers=told, data=data)

    def patch(self, offset, data, **headers):
        return self.call("PATCH", data=data, Upload_Offset=str(offset), **headers)

    def offset(self):
        answer = self.call("HEAD")
        assert answer.status_code == 200
        return int(answer.headers["Upload-Offset"])

    def bundle(self):
        return self.device.api("GET", f"tickets/{self.number}/bundles/{self.bundle_id}")

    def part(self):
        return next((self.device.desk.state_folder / "uploads").glob(f"*/{self.path.rpartition('/')[2]}.part"), None)


def _post(device, number, *, length, bundle_id, sha256, **headers):
    metadata = {"bundle_id": bundle_id, "sha256": sha256, "consent": json.dumps({"how": "asked", "given_by": "jo"})}
    headers = {
        **VERSION,
        "Upload-Length": str(length),
        "Upload-Metadata": ",".join(f"{key} {_encoded(value)}" for key, value in metadata.items()),
        **headers,
    }
    return device.api("POST", f"tickets/{number}/uploads", headers=headers)


def _begin(device, data=DATA, *, number=None, bundle_id=None, sha256=None):
    number = number or device.open_ticket()["number"]
    bundle_id = bundle_id or str(uuid.uuid4())
    sha256 = sha256 or hashlib.sha256(data).hexdigest()
    answer = _post(device, number, length=len(data), bundle_id=bundle_id, sha256=sha256)
    assert answer.status_code == 201, answer.text
    address = urljoin(answer.url, answer.headers["Location"])
    return Upload(device, number, bundle_id, address.partition("/api/v1/")[2])


@pytest.fixture(scope="module")
def another(desk, device):
    """Enrol one more device; one token for all, since making one starts a program."""
    token = desk.command("enrollment-token", "--count", "60")

    def enrolled():
        answer = desk.api("POST", "enroll", json={"token": token, "computer_id": device.computer_id})
        return dataclasses.replace(device, credential=answer.json()["credential"])

    return enrolled


@pytest.fixture
def own(another):
    """A device of its own for each test, whose count of open uploads is nobody else's."""
    return another()


def test_pieces_become_a_bundle_like_one_that_was_put(own, champion, desk):
    upload = _begin(own)
    assert upload.bundle().status_code == 404
    assert upload.patch(0, DATA[:1000]).headers["Upload-Offset"] == "1000"
    assert upload.offset() == 1000
    last = upload.patch(1000, DATA[1000:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(DATA)))
    assert upload.bundle().json()["sha256"] == hashlib.sha256(DATA).hexdigest()
    assert "Bundle received" in champion.get(f"{desk.url}/tickets/{upload.number}/", timeout=60).text
    assert upload.part() is None


def test_a_finished_upload_answers_whoever_missed_the_last_answer(own):
    upload = _begin(own)
    upload.patch(0, DATA)
    assert upload.offset() == len(DATA)
    again = _begin(own, number=upload.number, bundle_id=upload.bundle_id)
    assert again.path == upload.path
    assert again.offset() == len(DATA)


def test_a_bundle_that_was_put_is_not_sent_in_pieces_again(own):
    number, bundle_id = own.open_ticket()["number"], str(uuid.uuid4())
    assert own.put(number, DATA, bundle_id=bundle_id).status_code == 201
    assert _begin(own, number=number, bundle_id=bundle_id).offset() == len(DATA)
    other = _post(own, number, length=len(DATA), bundle_id=bundle_id, sha256="0" * 64)
    assert (other.status_code, other.json()["type"]) == (409, "conflict")


def test_begun_twice_is_one_upload_that_goes_on(own):
    upload = _begin(own)
    upload.patch(0, DATA[:500])
    again = _begin(own, number=upload.number, bundle_id=upload.bundle_id)
    assert (again.path, again.offset()) == (upload.path, 500)


def test_another_offset_than_the_next_is_a_conflict_and_writes_nothing(own):
    upload = _begin(own)
    upload.patch(0, DATA[:500])
    for offset in (0, 499, 501, len(DATA)):
        answer = upload.patch(offset, DATA[:10])
        assert (answer.status_code, answer.json()["type"]) == (409, "offset-conflict")
    assert upload.offset() == 500


def test_a_second_writer_is_kept_out_while_the_first_writes(own):
    upload = _begin(own)
    with _half_sent(upload, 0, DATA[:300], len(DATA)):
        _until(lambda: upload.call("HEAD").status_code == 423)
        answer = upload.patch(0, DATA)
        assert (answer.status_code, answer.json()["type"], answer.headers["Retry-After"]) == (423, "locked", "2")
    _until(lambda: upload.call("HEAD").status_code == 200)


def test_what_came_before_the_line_was_cut_is_kept(own):
    upload = _begin(own)
    with _half_sent(upload, 0, DATA[:300], len(DATA)):
        _until(lambda: upload.call("HEAD").status_code == 423)
    _until(lambda: upload.call("HEAD").status_code == 200)
    assert upload.offset() == 300
    assert upload.patch(300, DATA[300:]).status_code == 204
    assert upload.bundle().status_code == 200


def test_a_piece_with_another_checksum_is_thrown_away(own):
    upload = _begin(own)
    for algorithm in ("sha1", "sha256"):
        right = base64.b64encode(hashlib.new(algorithm, DATA[:500]).digest()).decode()
        answer = upload.patch(0, DATA[1:501], Upload_Checksum=f"{algorithm} {right}")
        assert (answer.status_code, answer.json()["type"]) == (460, "checksum-mismatch")
        assert upload.offset() == 0
    assert upload.patch(0, DATA[:500], Upload_Checksum=f"sha256 {right}").status_code == 204
    assert upload.patch(500, DATA[500:], Upload_Checksum="md5 AAAA").status_code == 400


def test_more_than_was_announced_is_refused(own):
    upload = _begin(own)
    answer = upload.patch(0, DATA + b"x")
    assert (answer.status_code, answer.json()["type"]) == (413, "too-large")
    assert upload.offset() == 0


@pytest.mark.parametrize(("data", "kind"), [(b"x" + DATA[1:], "invalid"), (DATA[:-1] + b"x", "digest-mismatch")])
def test_bytes_that_are_not_the_announced_ones_are_thrown_away(own, data, kind):
    upload = _begin(own, sha256=hashlib.sha256(DATA).hexdigest())
    answer = upload.patch(0, data)
    assert (answer.status_code, answer.json()["type"]) == (400, kind)
    assert upload.call("HEAD").status_code == 404
    assert upload.part() is None
    assert _begin(own, number=upload.number, bundle_id=upload.bundle_id).offset() == 0


def test_an_upload_is_its_devices_and_its_tickets_alone(own, another):
    upload, stranger = _begin(own), another()
    elsewhere = f"tickets/{own.open_ticket()['number']}/uploads/{upload.path.rpartition('/')[2]}"
    for method in ("HEAD", "PATCH", "DELETE"):
        absent = stranger.api(method, f"tickets/999999/uploads/{uuid.uuid4().hex}", headers=PIECE)
        foreign = upload.call(method, device=stranger)
        assert (foreign.status_code, foreign.content) == (404, absent.content)
        assert own.api(method, elsewhere, headers=PIECE).status_code == 404
    assert upload.offset() == 0


def test_an_ended_upload_is_gone(own):
    upload = _begin(own)
    assert upload.call("DELETE").status_code == 204
    assert upload.call("HEAD").status_code == 404
    assert upload.part() is None


def test_an_upload_not_heard_of_expires_and_is_swept(own):
    upload = _begin(own)
    assert "GMT" in upload.call("HEAD").headers["Upload-Expires"]
    part = upload.part()
    os.utime(part.with_suffix(".json"), (time.time() - 15 * 86400,) * 2)
    assert upload.call("HEAD").status_code == 404
    _begin(own)
    assert not part.exists()


def test_a_device_may_have_so_many_under_way(own):
    number = own.open_ticket()["number"]
    for _ in range(8):
        _begin(own, number=number)
    answer = _post(own, number, length=9, bundle_id=str(uuid.uuid4()), sha256="0" * 64)
    assert (answer.status_code, answer.json()["type"]) == (429, "throttled")


def test_a_closed_ticket_a_giant_and_nonsense_are_refused_at_once(own, champion):
    number, good = own.open_ticket()["number"], {"bundle_id": str(uuid.uuid4()), "sha256": "0" * 64}
    assert _post(own, number, length=(2 << 30) + 1, **good).status_code == 413
    assert _post(own, number, length="9" * 1000, **good).status_code == 413
    assert _post(own, number, length="", **good).status_code == 411
    assert _post(own, number, length=9, **{**good, "sha256": "xyz"}).status_code == 400
    assert _post(own, number, length=9, **{**good, "bundle_id": "7"}).status_code == 400
    assert _post(own, number, length=9, **good, **{"Tus-Resumable": "0.2"}).status_code == 412
    assert _post(own, number, length=9, **good, **{"Upload-Metadata": "sha256 ü".encode()}).status_code == 400
    assert _post(own, "999999", length=9, **good).json()["type"] == "unknown-ticket"


def test_it_tells_what_it_understands(own):
    answer = own.api("OPTIONS", f"tickets/{own.open_ticket()['number']}/uploads")
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,expiration,termination,checksum"
    assert answer.headers["Tus-Max-Size"] == str(2 << 30)
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"


def test_what_lies_on_the_disk_is_the_owners_alone(own):
    upload = _begin(own)
    upload.patch(0, DATA[:10])
    folder = own.desk.state_folder / "uploads"
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())} == {0o700}


def test_a_kill_costs_no_byte_that_was_answered_for(start_desk, enrol):
    desk = start_desk()
    upload = _begin(enrol(desk))
    upload.patch(0, DATA[:777])
    desk.process.kill()
    desk.process.wait()
    upload.device.desk = start_desk()
    assert upload.offset() == 777
    assert upload.patch(777, DATA[777:]).status_code == 204


def test_a_full_upload_that_a_crash_kept_from_being_a_bundle_becomes_one_when_asked_for(own):
    upload = _begin(own)
    upload.part().write_bytes(DATA)
    assert upload.offset() == len(DATA)
    assert upload.bundle().status_code == 200


class _half_sent:
    """A piece whose rest does not come, until the block ends and the line is cut."""

    def __init__(self, upload, offset, data, length):
        address = urlsplit(upload.device.desk.url)
        self._connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        headers = {**PIECE, "Authorization": f"Bearer {upload.device.credential}", "Upload-Offset": str(offset)}
        self._connection.putrequest("PATCH", f"/api/v1/{upload.path}")
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self._connection.putheader(name, value)
        self._connection.endheaders(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._connection.close()


def _until(reached):
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
