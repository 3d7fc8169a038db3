"""What enrolment pins, and that rotating a credential never loses the one that works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from agent.endpoints import Connection
from agent.endpoints.desk import enroll, rotate
from agent.errors import NotEnrolled, StorageError, Unreachable
from agent.remote import pins
from agent.signature import SigningKey
from config import private_files

URL = "https://desk.example/api/v1"
OLD, NEW, NEWEST = (f"device-1.secret-part-{word}" for word in ("old", "new", "newest"))
KEY = SigningKey.made_now().public
TOLD = {
    "tenant": "5a3c8a06-53a5-4a7b-9d5d-0c4a6e6c7a01",
    "device_id": "c2b7ad5e-9d0e-4c55-8f5b-3c0d7a520b02",
    "desk_key": KEY.line,
    "credential": NEW,
}
UNAUTHORIZED: dict[str, Any] = {"json": {"type": "unauthorized", "title": "no", "detail": "no"}, "status": 401}


@pytest.fixture
def desk() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    file = tmp_path / "credential"
    private_files.write_private(file, OLD.encode())
    return Connection(address="https://desk.example", credential_file=file)


def pinned(connection: Connection) -> bytes | None:
    file = pins.pin_file(connection.credential_file)
    return file.read_bytes() if file.exists() else None


def sent(desk: responses.RequestsMock) -> list[tuple[str | None, str]]:
    return [(call.request.method, call.request.headers["Authorization"].removeprefix("Bearer ")) for call in desk.calls]


def kept(connection: Connection) -> dict[str, str]:
    return {file.name: file.read_text() for file in connection.credential_file.parent.glob("credential*")}


def test_the_key_of_this_device_goes_out_and_the_desks_is_pinned(
    desk: responses.RequestsMock, connection: Connection
) -> None:
    desk.post(f"{URL}/enroll", json=TOLD, status=201)
    enroll(connection, "token", "computer-1", "ssh-ed25519 AAAA")
    assert json.loads(desk.calls[0].request.body or b"")["device_key"] == "ssh-ed25519 AAAA"
    pin = json.loads(pinned(connection) or b"")
    assert {name: pin[name] for name in ("tenant", "device_id", "desk_key")} == {
        name: value for name, value in TOLD.items() if name != "credential"
    }


def test_the_credential_of_before_is_shown_so_that_this_stays_the_device_it_is(
    desk: responses.RequestsMock, connection: Connection
) -> None:
    desk.post(f"{URL}/enroll", json=TOLD, status=201)
    enroll(connection, "token", "computer-1")
    assert sent(desk) == [("POST", OLD)]
    assert kept(connection)["credential"] == NEW


@pytest.mark.parametrize("damaged", [b"", b"x"])
def test_none_is_shown_where_there_is_none(
    desk: responses.RequestsMock, connection: Connection, damaged: bytes
) -> None:
    private_files.write_private(connection.credential_file, damaged)
    desk.post(f"{URL}/enroll", json=TOLD, status=201)
    enroll(connection, "token", "computer-1")
    assert "Authorization" not in desk.calls[0].request.headers


def test_a_desk_of_before_leaves_no_pin_of_another_one(desk: responses.RequestsMock, connection: Connection) -> None:
    desk.post(f"{URL}/enroll", json=TOLD, status=201)
    enroll(connection, "token", "computer-1")
    desk.post(f"{URL}/enroll", json={"device_id": "1", "credential": NEWEST}, status=201)
    enroll(connection, "token", "computer-1")
    assert pinned(connection) is None
    assert kept(connection) == {"credential": NEWEST}


@pytest.mark.parametrize(
    "told", [{"desk_key": "ssh-ed25519 AAAA"}, {"tenant": "x"}, {"device_id": 7}, {"tenant": None}, {"desk_key": []}]
)
def test_a_key_that_is_none_enrols_nobody(
    desk: responses.RequestsMock, connection: Connection, told: dict[str, object]
) -> None:
    desk.post(f"{URL}/enroll", json=TOLD | told, status=201)
    with pytest.raises(Unreachable):
        enroll(connection, "token", "computer-1")
    assert kept(connection) == {"credential": OLD}


def test_a_new_credential_is_used_once_and_then_the_old_one_goes(
    desk: responses.RequestsMock, connection: Connection
) -> None:
    desk.post(f"{URL}/me/credential", json={"credential": NEW}, status=201)
    desk.get(f"{URL}/me", json={"device_id": "1"})
    rotate(connection)
    assert sent(desk) == [("POST", OLD), ("GET", NEW)]
    assert kept(connection) == {"credential": NEW}


@pytest.mark.parametrize("answer", [{"body": ConnectionError()}, {"status": 500}, {"json": {"credential": "x"}}])
def test_an_answer_that_is_lost_leaves_the_old_one(
    desk: responses.RequestsMock, connection: Connection, answer: dict[str, Any]
) -> None:
    desk.post(f"{URL}/me/credential", **answer)
    with pytest.raises((Unreachable, ConnectionError)):
        rotate(connection)
    assert kept(connection) == {"credential": OLD}


def test_while_the_desk_did_not_take_the_new_one_both_are_kept(
    desk: responses.RequestsMock, connection: Connection
) -> None:
    desk.post(f"{URL}/me/credential", json={"credential": NEW}, status=201)
    desk.get(f"{URL}/me", status=503)
    with pytest.raises(Unreachable):
        rotate(connection)
    assert kept(connection) == {"credential": NEW, "credential.before": OLD}


def test_a_desk_that_does_not_take_the_new_one_leaves_the_old_one(
    desk: responses.RequestsMock, connection: Connection
) -> None:
    desk.post(f"{URL}/me/credential", json={"credential": NEW}, status=201)
    desk.get(f"{URL}/me", **UNAUTHORIZED)
    with pytest.raises(NotEnrolled):
        rotate(connection)
    assert kept(connection) == {"credential": OLD}


def test_a_desk_that_forgot_the_new_one_takes_the_one_before(
    desk: responses.RequestsMock, connection: Connection
) -> None:
    private_files.write_private(connection.credential_file.with_name("credential.before"), OLD.encode())
    private_files.write_private(connection.credential_file, NEW.encode())
    desk.post(f"{URL}/me/credential", **UNAUTHORIZED)
    desk.post(f"{URL}/me/credential", json={"credential": NEWEST}, status=201)
    desk.get(f"{URL}/me", json={"device_id": "1"})
    rotate(connection)
    assert sent(desk) == [("POST", NEW), ("POST", OLD), ("GET", NEWEST)]
    assert kept(connection) == {"credential": NEWEST}


def test_a_revoked_device_is_told(desk: responses.RequestsMock, connection: Connection) -> None:
    desk.post(f"{URL}/me/credential", **UNAUTHORIZED)
    with pytest.raises(NotEnrolled):
        rotate(connection)
    assert kept(connection) == {"credential": OLD}


def test_a_disk_that_is_full_leaves_the_old_one(
    desk: responses.RequestsMock, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    desk.post(f"{URL}/me/credential", json={"credential": NEW}, status=201)
    monkeypatch.setattr("agent.endpoints.desk.write_private", full)
    with pytest.raises(StorageError, match="full"):
        rotate(connection)
    assert kept(connection) == {"credential": OLD}
