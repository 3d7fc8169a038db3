"""What only a door that is a named pipe of Windows can do, and let be done to it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.open_door import open_door

if sys.platform != "win32":
    pytest.skip("named pipes are Windows' own", allow_module_level=True)

import ctypes

import pywintypes
import win32con
import win32file
import win32pipe
import win32security
import winerror

from agent.service import channel, pipe_door
from agent.service.channel import Door
from agent.service.loop import Loop
from agent.service.pipe_door import pipe_name
from config import windows_access

IS_WINE = hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Path]:
    with open_door(tmp_path) as state:
        yield state


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that hangs up on the silent after a moment."""
    monkeypatch.setattr(pipe_door, "PATIENCE_SECONDS", 0.2)


def opened(state: Path) -> object:
    """An end of the pipe that says nothing yet."""
    while True:
        try:
            return win32file.CreateFile(pipe_name(state), pipe_door._ASK, 0, None, win32con.OPEN_EXISTING, 0, None)
        except pywintypes.error as error:
            if error.winerror != winerror.ERROR_PIPE_BUSY:
                raise
            win32pipe.WaitNamedPipe(pipe_name(state), 10_000)


def test_the_name_is_the_same_by_any_spelling_and_another_for_another_folder(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    name = pipe_name(tmp_path / "state")
    assert name == pipe_name(Path(str(tmp_path / "STATE"))) == pipe_name(tmp_path / "x" / ".." / "state")
    assert name == pipe_name(Path(str(tmp_path / "state").replace("\\", "/")))
    assert name != pipe_name(tmp_path / "other")


def test_the_silent_keep_nobody_waiting(door: Path) -> None:
    silent = [opened(door) for _ in range(8)]
    for each in silent:
        win32file.WriteFile(each, b'{"version"')
    assert channel.ask(door, "status", {})["asked"]


def test_more_than_fit_wait_until_the_silent_are_hung_up_on(door: Path, hasty: None) -> None:
    silent = [opened(door) for _ in range(pipe_door.MOST_PEERS + 1)]
    assert channel.ask(door, "status", {})["asked"]
    assert len(silent) == pipe_door.MOST_PEERS + 1


def test_one_that_never_takes_its_answer_is_hung_up_on(tmp_path: Path, hasty: None) -> None:
    with open_door(tmp_path, lambda asked, who: {"long": "x" * 2**18}) as state:
        deaf = opened(state)
        win32file.WriteFile(deaf, b'{"version": 1, "ask": "status"}\n')
        assert len(channel.ask(state, "status", {})["long"]) == 2**18


def test_one_that_comes_and_goes_harms_nobody(door: Path) -> None:
    for _ in range(30):
        win32file.CloseHandle(opened(door))
    assert channel.ask(door, "status", {})["asked"]


def test_without_memory_for_another_it_hangs_up_and_stays_open(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = pipe_door.PipeDoor._instance, [OSError("no memory"), OSError("no memory")]

    def instance(self: object, *words: int) -> object:
        if failures:
            raise failures.pop()
        return real(self, *words)

    monkeypatch.setattr(pipe_door.PipeDoor, "_instance", instance)
    for _ in range(2):
        with pytest.raises(OSError, match=r"hung up|no process|Pipe"):
            channel.ask(door, "status", {})
    assert channel.ask(door, "status", {})["asked"]


def test_many_at_once_are_all_answered(door: Path) -> None:
    heard: list[int] = []

    def ask(number: int) -> None:
        heard.append(channel.ask(door, "status", {"n": number}, timeout_seconds=30.0)["asked"]["n"])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(24)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert sorted(heard) == list(range(24))


def test_its_list_admits_its_account_the_system_and_administrators(door: Path) -> None:
    asked = win32security.DACL_SECURITY_INFORMATION | win32security.OWNER_SECURITY_INFORMATION
    found = win32security.GetSecurityInfo(opened(door), win32security.SE_KERNEL_OBJECT, asked)
    me = windows_access.account_of(win32security.TokenUser)
    entries = found.GetSecurityDescriptorDacl()
    listed = [entries.GetAce(number) for number in range(entries.GetAceCount())]
    assert [(kind, rights, win32security.ConvertSidToStringSid(who)) for (kind, _), rights, who in listed] == [
        (win32security.ACCESS_ALLOWED_ACE_TYPE, 0x1F01FF, me),  # FILE_ALL_ACCESS
        (win32security.ACCESS_ALLOWED_ACE_TYPE, pipe_door._ASK, "S-1-5-18"),
        (win32security.ACCESS_ALLOWED_ACE_TYPE, pipe_door._ASK, "S-1-5-32-544"),
    ]
    assert win32security.ConvertSidToStringSid(found.GetSecurityDescriptorOwner()) == me


def test_those_who_may_ask_may_not_add_an_instance() -> None:
    file_create_pipe_instance = 0x4
    assert pipe_door._ASK & file_create_pipe_instance == 0


def test_a_pipe_of_somebody_else_is_not_spoken_to(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipe_door, "_me", lambda: "S-1-1-0")  # everyone
    with pytest.raises(PermissionError, match="somebody else"):
        channel.ask(door, "status", {})


@pytest.mark.skipif(
    IS_WINE, reason="Wine 8 lets a second process have the first instance (FILE_FLAG_FIRST_PIPE_INSTANCE)"
)
def test_a_name_that_is_taken_is_none_to_open_a_door_at(tmp_path: Path) -> None:
    mode = win32con.PIPE_ACCESS_DUPLEX
    taken = win32pipe.CreateNamedPipe(pipe_name(tmp_path), mode, 0, 8, 4096, 4096, 0, None)
    loop = Loop()
    with pytest.raises(OSError, match="denied"):
        Door(tmp_path, loop, lambda asked, who: {})
    loop.close()
    win32file.CloseHandle(taken)


def test_a_service_that_hangs_is_not_waited_for_for_ever(tmp_path: Path, hasty: None) -> None:
    goes_on = threading.Event()

    done: list[str] = []

    def slow(asked: dict, who: str) -> dict:
        done.append(asked["ask"])
        goes_on.wait(30)
        return {}

    with open_door(tmp_path, slow) as state:
        for question in ("status", "allow"):
            with pytest.raises(OSError, match=r"hung up|"):
                channel.ask(state, question, {}, timeout_seconds=20.0)
        goes_on.set()
    assert done == ["status"]  # nobody waits for the second any more, and so it is not done
