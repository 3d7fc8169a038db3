"""What only a door that is a Unix socket can do, and let be done to it."""

import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.open_door import open_door

if sys.platform == "win32":
    pytest.skip("Windows has a named pipe instead", allow_module_level=True)

from agent.service import channel, socket_door
from agent.service.socket_door import socket_path


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Path]:
    with open_door(tmp_path) as state:
        yield state
    assert not socket_path(tmp_path).exists()


def test_the_silent_keep_nobody_waiting(door: Path) -> None:
    silent = [socket.socket(socket.AF_UNIX) for _ in range(8)]
    try:
        for each in silent:
            each.connect(str(socket_path(door)))
            each.sendall(b'{"version"')
        assert channel.ask(door, "status", {})["asked"]
    finally:
        for each in silent:
            each.close()


def test_another_users_program_is_hung_up_on(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_door, "_uid_of", lambda _: os.geteuid() + 4711)
    with pytest.raises(ConnectionError):
        channel.ask(door, "status", {})


def test_a_user_without_a_name_is_called_by_number(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_door.pwd, "getpwuid", lambda uid: {}[uid])
    assert channel.ask(door, "status", {})["who"] == f"user {os.geteuid()}"


def test_the_socket_is_its_owners_alone(door: Path) -> None:
    assert socket_path(door).stat().st_mode & 0o777 == 0o600


class MacosSocket:
    """Answers as macOS documents it (``struct xucred``, <sys/ucred.h>); it cannot run here."""

    def __init__(self, version: int) -> None:
        self.version = version

    def getsockopt(self, level: int, option: int, size_bytes: int) -> bytes:
        assert (level, option, size_bytes) == (0, 1, 76)
        return struct.pack("=IIh2x16I", self.version, 501, 1, 20, *[0] * 15)


def test_on_macos_the_kernel_is_asked_in_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_door.sys, "platform", "darwin")
    assert socket_door.is_supported()
    assert socket_door._uid_of(MacosSocket(0)) == 501
    with pytest.raises(OSError, match="not known here"):
        socket_door._uid_of(MacosSocket(1))


def test_a_path_as_long_as_a_socket_takes_has_a_door_and_a_longer_one_is_told(tmp_path: Path) -> None:
    room = 107 - len(os.fsencode(tmp_path)) - len("//service/channel")
    if sys.platform == "darwin" or room < 1:
        pytest.skip("the bound is another, or the folder of this test too long already")
    with open_door(tmp_path / ("x" * room)) as state:
        assert channel.ask(state, "status", {})["asked"]
    with pytest.raises(channel.PathTooLong, match=f"at most {len(os.fsencode(state))} bytes"):
        channel.ask(tmp_path / ("x" * (room + 1)), "status", {})
