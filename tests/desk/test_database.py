"""SQLite unless an address says otherwise; on a real PostgreSQL, several processes of one desk work as one."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from desk.database import WrongDatabase, database
from tests.postgresql_server import running_postgresql


def test_without_an_address_it_is_sqlite_in_the_folder(tmp_path):
    kept = database("", tmp_path)
    assert (kept["ENGINE"], kept["NAME"]) == ("django.db.backends.sqlite3", str(tmp_path / "desk.sqlite3"))


def test_an_address_is_read_as_libpq_reads_it(tmp_path):
    kept = database("postgresql://desk@db.example:5433/tickets?sslmode=verify-full&passfile=/etc/desk.pass", tmp_path)
    assert kept == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "tickets",
        "USER": "desk",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "verify-full", "passfile": "/etc/desk.pass"},
    }


@pytest.mark.parametrize(
    "address",
    ["mysql://db/x", "postgresql://db.example", "postgresql://u@db/x?nonsense=1", "postgresql://u:s3cret@db/x", "x"],
)
def test_a_wrong_address_is_told_without_what_it_holds(desk_command, tmp_path, monkeypatch, address):
    with pytest.raises(WrongDatabase) as wrong:
        database(address, tmp_path)
    assert "s3cret" not in str(wrong.value)
    assert "SENDLOGS_DESK_DATABASE" in str(wrong.value)


def test_a_desk_with_a_wrong_address_does_not_start(desk_command, tmp_path, monkeypatch):
    monkeypatch.setenv("SENDLOGS_DESK_DATABASE", "postgresql://u:s3cret@db/x")
    refused = desk_command("serve", "--state", str(tmp_path / "state"), "--port", "0")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "must not hold the password" in refused.stderr
    assert "s3cret" not in refused.stderr


@pytest.fixture(scope="module")
def postgresql():
    """The address of a database on a real server of its own."""
    with running_postgresql() as address:
        yield address


@pytest.fixture
def two(start_desk, postgresql):
    """Two processes of one desk."""
    return [start_desk(SENDLOGS_DESK_DATABASE=postgresql) for _ in range(2)]


@pytest.mark.server
def test_processes_of_one_desk_wake_one_another(two, postgresql, enrol_with_key, ask, monkeypatch):
    monkeypatch.setenv("SENDLOGS_DESK_DATABASE", postgresql)
    here, there = two
    device = enrol_with_key(there)
    number = device.open_ticket()["number"]
    device.desk = here
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(device.api, "GET", "requests?wait_seconds=55")
        request_id = ask(device, number)
        told = held.result(60)
        (request,) = told.json()["requests"]
        assert (request["request_id"], told.elapsed.total_seconds() < 50) == (request_id, True)
        held = pool.submit(device.api, "GET", f"requests?wait_seconds=55&position={told.json()['position']}")
        headers = {"Authorization": f"Bearer {device.credential}"}
        state = there.api("POST", f"requests/{request_id}/state", json={"state": "gathering"}, headers=headers)
        assert state.json() == {"state": "gathering"}
        woken = held.result(60)
        assert (woken.json()["requests"][0]["state"], woken.elapsed.total_seconds() < 50) == ("gathering", True)
    for desk in two:
        assert desk.stop() == 0


@pytest.mark.server
def test_what_is_once_is_once_in_all_processes(two, postgresql, enrol, inside, bundle, monkeypatch):
    """A ticket per request id, a bundle per id, and one chain of the audit."""
    monkeypatch.setenv("SENDLOGS_DESK_DATABASE", postgresql)
    device = enrol(two[0])
    headers = {"Authorization": f"Bearer {device.credential}"}
    words = {"subject": "s", "request_id": str(uuid.uuid4())}
    with ThreadPoolExecutor(4) as pool:
        posts = [pool.submit(each.api, "POST", "tickets", json=words, headers=headers) for each in two * 2]
        answers = [post.result(60) for post in posts]
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
        number, bundle_id = answers[0].json()["number"], str(uuid.uuid4())
        puts = [pool.submit(device.put, number, bundle, bundle_id=bundle_id) for _ in range(4)]
        assert sorted(put.result(60).status_code for put in puts) == [200, 200, 200, 201]
        record = "from desk import audit\nfor number in range(20):\n    audit.record(words[0], 'tried', 'x')\nreturn 0"
        list(pool.map(lambda who: inside(two[0], record, who), "abc"))
    verified = inside(
        two[0], "from desk import audit\nreturn [audit.verify().first_wrong, audit.verify().entries > 60]"
    )
    assert verified == [None, True]
    assert not re.search("Traceback", (two[0].state_folder.parent / "desk.log").read_text())
