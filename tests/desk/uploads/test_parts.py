"""Bundles that go to an S3-compatible store in parts, on a running desk. The real store is in ``tests/servers``."""

import base64
import contextlib
import hashlib
import json
import os
import sqlite3
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.desk.conftest import EnrolledDevice, log_in, running_desk
from tests.desk.fake_store import running_fake_store

CONSENT = base64.b64encode(json.dumps({"how": "asked", "given_by": "jo"}).encode()).decode()
PART_BYTES = 5 << 20
DATA = b"7z\xbc\xaf\x27\x1c" + b"log line\n" * 700_000  # two parts
OVER_BYTES = 100
FIFTEEN_DAYS = 15 * 86400


@pytest.fixture(scope="module")
def store():
    with running_fake_store() as running:
        yield running


@pytest.fixture(scope="module")
def store_desk(store, tmp_path_factory):
    """A desk that keeps what is larger than a few bytes in the store."""
    folder = tmp_path_factory.mktemp("store-desk")
    keys = folder / "keys"
    keys.touch(0o600)
    keys.write_text("[default]\naws_access_key_id = key\naws_secret_access_key = secret-of-the-desk\n")
    settings = {"URL": store.url, "BUCKET": "bundles", "KEYS_FILE": str(keys), "OVER_BYTES": str(OVER_BYTES)}
    with running_desk(
        folder / "state", **{f"SENDLOGS_DESK_S3_{key}": value for key, value in settings.items()}
    ) as desk:
        yield desk


@pytest.fixture(scope="module")
def another(store_desk):
    """Enrol one more device; one token for all, since making one starts a program."""
    token = store_desk.command("enrollment-token", "--count", "60")

    def enrolled():
        words = {"token": token, "computer_id": str(uuid.uuid4())}
        credential = store_desk.api("POST", "enroll", json=words).json()["credential"]
        return EnrolledDevice(store_desk, credential, words["computer_id"])

    return enrolled


@pytest.fixture
def sender(another):
    return another()


class Bundle:
    """One bundle as its device sends it."""

    def __init__(self, device, data=DATA, sha256=None):
        self.device, self.data, self.bundle_id = device, data, str(uuid.uuid4())
        self.sha256 = sha256 or hashlib.sha256(data).hexdigest()
        self.number = device.open_ticket()["number"]

    def announce(self, *, device=None, number=None, **words):
        words = {"size_bytes": len(self.data), "sha256": self.sha256, "consent": CONSENT, **words}
        path = f"tickets/{number or self.number}/bundles/{self.bundle_id}/parts"
        return (device or self.device).api("POST", path, json=words)

    def put(self, parts):
        for part in parts:
            data = self.data[part["offset"] :][: part["size_bytes"]]
            assert requests.put(part["url"], data=data, timeout=60).status_code == 200

    def told(self):
        return self.device.api("GET", f"tickets/{self.number}/bundles/{self.bundle_id}")

    def objects(self, store):
        return [data for path, data in store.objects.items() if self.bundle_id in path]


def test_a_bundle_is_one_of_the_ticket_when_all_parts_have_come_and_were_read_back(store, store_desk, sender):
    bundle = Bundle(sender)
    first = bundle.announce()
    assert first.headers["Cache-Control"] == "no-store"
    told = first.json()
    assert (told["held_bytes"], told["stored"], told["good_for_seconds"]) == (0, None, 900)
    assert [(part["number"], part["offset"], part["size_bytes"]) for part in told["parts"]] == [
        (1, 0, PART_BYTES),
        (2, PART_BYTES, len(DATA) - PART_BYTES),
    ]
    assert all("content-length" in part["url"] for part in told["parts"])  # signed, so that no part can be larger
    bundle.put(told["parts"][1:])
    told = bundle.announce().json()
    assert (told["held_bytes"], [part["number"] for part in told["parts"]]) == (len(DATA) - PART_BYTES, [1])
    assert bundle.told().status_code == 404
    bundle.put(told["parts"])
    told = bundle.announce().json()
    assert told["stored"] == bundle.told().json()
    assert told["stored"]["sha256"] == bundle.sha256
    assert bundle.announce().json()["stored"] == told["stored"]  # the answer was lost
    assert bundle.objects(store) == [DATA]
    assert not list((store_desk.state_folder / "bundles").glob("*"))
    assert not list((store_desk.state_folder / "parts").glob("*/*.json"))


def test_a_desk_without_a_store_knows_no_parts(device):
    answer = Bundle(device).announce()
    assert (answer.status_code, answer.json()["type"]) == (404, "about:blank")


def test_a_small_bundle_goes_to_the_desk_itself(sender):
    assert Bundle(sender, b"7z\xbc\xaf\x27\x1c").announce().json()["type"] == "about:blank"


@pytest.mark.parametrize(
    ("data", "kind"), [(b"7z\xbc\xaf\x27\x1c" + b"?" * 200, "digest-mismatch"), (b"PK" + b"?" * 204, "invalid")]
)
def test_what_is_stored_and_was_not_announced_is_thrown_away(store, sender, data, kind):
    bundle = Bundle(sender, data, "0" * 64)
    bundle.put(bundle.announce().json()["parts"])
    answer = bundle.announce()
    assert (answer.status_code, answer.json()["type"]) == (400, kind)
    assert bundle.objects(store) == []
    assert bundle.told().status_code == 404
    assert bundle.announce().json()["held_bytes"] == 0


def test_a_store_that_changes_bytes_later_is_found_by_the_next_look(store, sender):
    bundle = Bundle(sender)
    bundle.put(bundle.announce().json()["parts"])
    assert bundle.announce().json()["stored"]["sha256"] == bundle.sha256
    path = next(path for path in store.objects if bundle.bundle_id in path)
    store.objects[path] = DATA[:-1] + b"?"
    assert bundle.told().json()["sha256"] == hashlib.sha256(store.objects[path]).hexdigest()


def test_an_object_that_a_crash_left_unread_is_read_and_becomes_the_bundle(store, sender):
    bundle = Bundle(sender)
    bundle.put(bundle.announce().json()["parts"])
    device_id = sender.api("GET", "me").json()["device_id"]
    store.objects[f"/bundles/{device_id}/{bundle.bundle_id}-{bundle.sha256}.7z"] = DATA
    assert bundle.announce().json()["stored"]["sha256"] == bundle.sha256


def test_an_upload_the_store_has_thrown_away_begins_anew(store, sender):
    bundle = Bundle(sender)
    bundle.put(bundle.announce().json()["parts"][:1])
    store.uploads.clear()
    assert bundle.announce().json()["held_bytes"] == 0


def test_a_part_of_another_size_has_not_come(store, sender):
    bundle = Bundle(sender)
    part = bundle.announce().json()["parts"][0]
    requests.put(part["url"], data=b"short", timeout=60)
    assert bundle.announce().json()["parts"][0]["number"] == 1


def test_the_same_bundle_by_another_way_is_one_bundle(store, sender):
    bundle = Bundle(sender)
    bundle.put(bundle.announce().json()["parts"][:1])
    assert sender.put(bundle.number, DATA, bundle_id=bundle.bundle_id).status_code == 201
    assert bundle.announce().json()["stored"] == bundle.told().json()
    assert bundle.objects(store) == []
    assert store.uploads == {} or all(DATA[:PART_BYTES] not in held.values() for held in store.uploads.values())


def test_twice_at_once_is_once(store, store_desk, sender):
    bundle = Bundle(sender)
    bundle.put(bundle.announce().json()["parts"])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: bundle.announce(), range(4)))
    assert {answer.status_code for answer in answers} <= {200, 423}
    assert bundle.announce().json()["stored"]["sha256"] == bundle.sha256
    with contextlib.closing(sqlite3.connect(store_desk.state_folder / "desk.sqlite3")) as database:
        count = "select count(*) from desk_bundle where bundle_id = ?"
        assert database.execute(count, [uuid.UUID(bundle.bundle_id).hex]).fetchone() == (1,)


def test_a_second_ticket_for_the_same_bundle_takes_nothing_from_the_first(store, sender):
    """The bytes are those of the first by the time they were read for the second."""
    bundle, second = Bundle(sender), sender.open_ticket()["number"]
    bundle.put(bundle.announce().json()["parts"])
    bundle.put(bundle.announce(number=second).json()["parts"])
    store.before_reading.append(bundle.announce)
    assert bundle.announce(number=second).json()["type"] == "conflict"
    assert store.before_reading == []
    assert bundle.objects(store) == [DATA]
    assert bundle.told().json()["sha256"] == bundle.sha256


def test_the_quarantine_tells_a_bundle_that_lies_in_the_store(store, sender):
    bundle = Bundle(sender)
    bundle.put(bundle.announce().json()["parts"])
    bundle.announce()
    kept = sender.api("GET", f"quarantine/{bundle.bundle_id}").json()
    assert (kept["ticket"], kept["sha256"]) == (bundle.number, bundle.sha256)


def test_only_its_device_and_only_an_open_ticket(store_desk, sender, another):
    bundle = Bundle(sender)
    assert bundle.announce(device=another()).json()["type"] == "unknown-ticket"
    _close(store_desk, bundle.number)
    answer = bundle.announce()
    assert (answer.status_code, answer.json()["type"]) == (409, "closed-ticket")


def test_a_ticket_that_is_closed_meanwhile_leaves_no_object(store, store_desk, sender):
    bundle = Bundle(sender)
    bundle.put(bundle.announce().json()["parts"])
    _close(store_desk, bundle.number)
    assert bundle.announce().json()["type"] == "closed-ticket"
    assert bundle.objects(store) == []


def _close(desk, number):
    with contextlib.closing(sqlite3.connect(desk.state_folder / "desk.sqlite3", timeout=20)) as database, database:
        database.execute("update helpdesk_ticket set status = 4 where id = ?", [number])


@pytest.mark.parametrize("words", [{"size_bytes": 0}, {"sha256": "0"}, {"consent": "?"}, {"consent": "A" * 5000}])
def test_what_is_announced_is_checked(sender, words):
    assert Bundle(sender).announce(**words).status_code == 400
    for giant_bytes in (1 << 60, 10**19):
        assert Bundle(sender).announce(size_bytes=giant_bytes).status_code == 413


def test_a_device_has_few_under_way(sender):
    bundles = [Bundle(sender) for _ in range(9)]
    assert [bundle.announce().status_code for bundle in bundles] == [200] * 8 + [429]
    assert bundles[0].announce().status_code == 200


def test_what_is_not_heard_of_for_two_weeks_is_thrown_away(store, store_desk, sender):
    bundle = Bundle(sender)
    bundle.put(bundle.announce().json()["parts"][:1])
    device_id = sender.api("GET", "me").json()["device_id"]
    record = next((store_desk.state_folder / "parts" / device_id).glob("*.json"))
    name = json.loads(record.read_text())["upload"]
    os.utime(record, (time.time() - FIFTEEN_DAYS,) * 2)
    Bundle(sender).announce()
    assert name not in store.uploads
    assert not record.exists()


def test_a_store_in_trouble_is_a_problem_for_a_while_and_the_log_tells_no_secret(store, store_desk, sender):
    bundle = Bundle(sender)
    store.refuses = 403
    try:
        answer = bundle.announce()
    finally:
        store.refuses = 0
    assert (answer.status_code, answer.json()["type"]) == (503, "about:blank")
    log = (store_desk.state_folder.parent / "desk.log").read_text()
    assert "The store answers head_object with 403." in log
    assert "Signature" not in log
    assert "secret-of-the-desk" not in log
    assert bundle.announce().status_code == 200


def test_champions_read_it_from_a_copy_that_is_proved(store, store_desk, sender, bundle):
    sent = Bundle(sender, bundle)
    sent.put(sent.announce().json()["parts"])
    url = sent.announce().json()["stored"]["url"]
    session = requests.Session()
    log_in(session, store_desk.url, "champion", store_desk.password)
    assert "logs/service.log" in session.get(url, timeout=60).text
    assert session.get(f"{url}download", timeout=60).content == bundle
    copy = store_desk.state_folder / "fetched" / f"{sent.bundle_id}.7z"
    assert copy.read_bytes() == bundle
    copy.unlink()
    path = next(path for path in store.objects if sent.bundle_id in path)
    store.objects[path] = bundle[:-1] + b"?"
    assert session.get(f"{url}download", timeout=60).status_code == 503
    del store.objects[path]
    assert session.get(f"{url}download", timeout=60).status_code == 404
    assert not copy.exists()


@pytest.mark.parametrize("size_bytes", [1, 5 << 20, (5 << 20) + 1, 320 << 20, 2 * 10**9, 5 * 10**12])
def test_parts_are_no_smaller_than_s3_takes_and_never_many(store_desk, inside, size_bytes):
    """All of one size but the last, without a gap; a cut costs a sixty-fourth of the bundle at most."""
    body = (
        "from desk.uploads import parts_store\nreturn [(p.offset, p.size_bytes) for p in parts_store.parts_of(*words)]"
    )
    parts = inside(store_desk, body, size_bytes)
    sizes = [size for _, size in parts]
    assert [offset for offset, _ in parts] == [sum(sizes[:number]) for number in range(len(sizes))]
    assert sum(sizes) == size_bytes
    assert all(size == sizes[0] for size in sizes[:-1])
    assert len(parts) <= 64
    assert len(parts) == 1 or sizes[0] >= 5 << 20
