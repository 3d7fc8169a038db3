"""Bundles without a ticket: kept in bounds, told alike whoever has the ticket, gone when their time is over."""

import hashlib
import os
import sqlite3
import stat
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

MOST = 5  # DESK_QUARANTINE_PER_DEVICE


@pytest.fixture
def leave():
    """Leave a bundle with the desk that was meant for a ticket."""

    def put(device, number, body, bundle_id=None):
        return device.put(number, body, bundle_id=bundle_id, path="quarantine", Sendlogs_Ticket=number)

    return put


def lies_in(desk, folder):
    return sorted(file.name for file in (desk.state_folder / folder).glob("*"))


def test_a_bundle_is_kept_as_it_came_for_the_owner_alone(desk, enrol, leave, bundle):
    device = enrol(desk)
    answer = leave(device, "4711", bundle)
    told, digest = answer.json(), hashlib.sha256(bundle).hexdigest()
    assert answer.status_code == 201
    assert (told["sha256"], told["size_bytes"], told["ticket"], told["url"]) == (digest, len(bundle), None, None)
    file = desk.state_folder / "quarantine" / f"{told['bundle_id']}.7z"
    assert file.read_bytes() == bundle
    assert os.name != "posix" or stat.S_IMODE(file.stat().st_mode) == 0o600
    assert device.api("GET", f"quarantine/{told['bundle_id']}").json() == told


def test_whose_ticket_it_is_changes_nothing(desk, enrol, leave, bundle):
    """Absent, another device's, one's own: the answers differ in the bundle's id and the day alone."""
    device = enrol(desk)
    numbers = ["99999", enrol(desk).open_ticket()["number"], device.open_ticket()["number"]]
    answers = [leave(device, number, bundle) for number in numbers]
    assert {answer.status_code for answer in answers} == {201}
    told = [{k: v for k, v in answer.json().items() if k not in ("bundle_id", "expires_at")} for answer in answers]
    assert told[0] == told[1] == told[2]


def test_the_same_again_is_not_a_second_one_and_another_is_a_conflict(desk, enrol, leave, bundle, pack):
    device = enrol(desk)
    with ThreadPoolExecutor(3) as pool:
        for _ in range(MOST):  # the last of them fills the quarantine
            bundle_id = str(uuid.uuid4())
            answers = [pool.submit(leave, device, "17", bundle, bundle_id) for _ in range(3)]
            assert sorted(answer.result().status_code for answer in answers) == [200, 200, 201]
    for other in (leave(device, "17", pack({"x.log": "x"}), bundle_id), leave(enrol(desk), "17", bundle, bundle_id)):
        assert (other.status_code, other.json()["type"]) == (409, "conflict")
    assert enrol(desk).api("GET", f"quarantine/{bundle_id}").status_code == 404


def test_a_device_cannot_fill_the_disk(desk, enrol, leave, bundle):
    device = enrol(desk)
    before = lies_in(desk, "quarantine")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: leave(device, "17", bundle), range(MOST + 3)))
    assert sorted(answer.status_code for answer in answers) == [201] * MOST + [409] * 3
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"quarantine-full"}
    assert len(lies_in(desk, "quarantine")) == len(before) + MOST
    assert lies_in(desk, "incoming") == []
    assert leave(enrol(desk), "17", bundle).status_code == 201


def test_bytes_are_bounded_as_well(start_desk, enrol, leave, pack):
    content = pack({"a.log": os.urandom(3000)})
    desk = start_desk(SENDLOGS_DESK_BUNDLE_LIMIT_BYTES=str(len(content) + 10))
    device = enrol(desk)
    assert leave(device, "17", content).status_code == 201
    assert leave(device, "17", content).json()["type"] == "quarantine-full"
    others = [leave(enrol(desk), "17", content).status_code for _ in range(5)]
    assert others == [201] * 4 + [409]


@pytest.mark.parametrize("number", ["", "abc", "1" * 19, "-1"])
def test_what_is_no_number_is_refused(desk, device, leave, bundle, number):
    assert leave(device, number, bundle).json()["type"] == "invalid"


def test_bytes_that_are_not_the_announced_ones_leave_nothing(desk, device, leave, bundle):
    before = lies_in(desk, "quarantine")
    answer = device.put("17", bundle[:-1], path="quarantine", Sendlogs_Ticket="17", Repr_Digest="sha-256=:AAAA:")
    assert answer.status_code == 400
    assert leave(device, "17", b"PK" + bundle).status_code == 400
    assert (lies_in(desk, "quarantine"), lies_in(desk, "incoming")) == (before, [])


def test_what_has_expired_is_gone(desk, enrol, leave, bundle):
    device = enrol(desk)
    bundle_id = leave(device, "17", bundle).json()["bundle_id"]
    with closing(sqlite3.connect(desk.state_folder / "desk.sqlite3")) as database, database:
        database.execute(
            "UPDATE desk_quarantinedbundle SET expires_at = '2020-01-01' WHERE bundle_id = ?",
            [uuid.UUID(bundle_id).hex],
        )
    assert device.api("GET", f"quarantine/{bundle_id}").json()["type"] == "unknown-bundle"
    assert f"{bundle_id}.7z" not in lies_in(desk, "quarantine")


def test_a_file_that_a_crash_left_is_swept(desk, device):
    stray = desk.state_folder / "quarantine" / f"{uuid.uuid4()}.7z"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"x")
    device.api("GET", f"quarantine/{uuid.uuid4()}")
    assert stray.exists()
    os.utime(stray, (1, 1))
    device.api("GET", f"quarantine/{uuid.uuid4()}")
    assert not stray.exists()
