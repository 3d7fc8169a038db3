"""The door: questions are answered, everybody else is hung up on, and nobody keeps others waiting."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.service import channel
from agent.service.channel import Channel
from agent.service.loop import Loop


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "service").mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def door(state: Path) -> Iterator[Path]:
    """An open door in a loop that runs in another thread; it repeats what it is asked, or says no."""

    def answer(asked: dict, uid: int) -> dict:
        if asked["ask"] == "no":
            raise ValueError("No, it says.")
        return {"asked": asked, "uid": uid}

    loop = Loop()
    opened = Channel(state, loop, answer)
    thread = threading.Thread(target=loop.run)
    thread.start()
    yield state
    loop.post(opened.close)
    loop.post(loop.stop)
    thread.join(10)
    loop.close()
    assert not channel.socket_path(state).exists()


def raw(state: Path, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(channel.socket_path(state)))
        try:
            connection.sendall(data)
            return connection.recv(2**16)
        except (BrokenPipeError, ConnectionResetError):
            return b""


def test_a_question_is_answered_with_who_asked(door: Path) -> None:
    answer = channel.ask(door, "status", {"words": "ä"})
    assert answer["asked"] == {"version": 1, "ask": "status", "words": "ä"}
    assert answer["uid"] == os.geteuid()


def test_a_no_is_a_sentence(door: Path) -> None:
    with pytest.raises(ValueError, match="No, it says"):
        channel.ask(door, "no", {})


@pytest.mark.parametrize(
    "data", [b"{\n", b"[]\n", b"\xff\n", b'{"version": 2, "ask": "status"}\n', b"[" * 60000 + b"\n"]
)
def test_what_is_no_question_is_told_so(door: Path, data: bytes) -> None:
    assert "error" in json.loads(raw(door, data))


def test_an_endless_line_is_hung_up_on(door: Path) -> None:
    assert raw(door, b"x" * (channel.LONGEST_LINE_BYTES * 4)) == b""


def test_the_silent_keep_nobody_waiting(door: Path) -> None:
    silent = [socket.socket(socket.AF_UNIX) for _ in range(8)]
    try:
        for each in silent:
            each.connect(str(channel.socket_path(door)))
            each.sendall(b'{"version"')
        assert channel.ask(door, "status", {})["uid"] == os.geteuid()
    finally:
        for each in silent:
            each.close()


def test_another_users_program_is_hung_up_on(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "_uid_of", lambda _: os.geteuid() + 4711)
    assert raw(door, b'{"version": 1, "ask": "status"}\n') == b""


def test_the_socket_is_its_owners_alone(door: Path) -> None:
    assert channel.socket_path(door).stat().st_mode & 0o777 == 0o600


def test_where_none_runs_nobody_answers(state: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        channel.ask(state, "status", {})


def test_a_full_disk_is_told(door_that_fails: Path) -> None:
    with pytest.raises(ValueError, match="disk does not keep"):
        channel.ask(door_that_fails, "allow", {})
    with pytest.raises(ValueError, match="disk does not keep"):
        channel.ask(door_that_fails, "allow", {})


@pytest.fixture
def door_that_fails(state: Path) -> Iterator[Path]:
    def answer(asked: dict, uid: int) -> dict:
        raise OSError(28, "No space left on device")

    loop = Loop()
    opened = Channel(state, loop, answer)
    thread = threading.Thread(target=loop.run)
    thread.start()
    yield state
    loop.post(opened.close)
    loop.post(loop.stop)
    thread.join(10)
    loop.close()
