"""What Windows tells of itself is found: names, identifiers and numbers."""

import ctypes
import os
import struct
import sys
import threading
import uuid
from collections.abc import Callable

import pytest

from agent.redact import LocalFacts, Redactor
from agent.redact.rules import RuleSet
from agent.redact.windows_facts import serials_of_firmware

WINDOWS = pytest.mark.skipif(sys.platform != "win32", reason="asks Windows")
NUMBER = uuid.UUID("4c4c4544-0044-3510-8052-b4c04f4a4e32")


def structure(kind: int, fields: bytes, *words: bytes) -> bytes:
    return struct.pack("<BBH", kind, 4 + len(fields), 0) + fields + (b"\0".join(words) or b"\0") + b"\0\0"


FIRMWARE = structure(0, bytes(20), b"Maker", b"1.0") + structure(
    1, bytes([1, 2, 0, 3]) + NUMBER.bytes_le + bytes(3), b"Maker", b"Model", b" 5D5R4N2 "
)


def test_serial_number_and_uuid_are_read_from_the_firmware() -> None:
    end = structure(127, b"")
    assert list(serials_of_firmware(FIRMWARE + end + FIRMWARE)) == ["5D5R4N2", str(NUMBER)]


@pytest.mark.parametrize(
    "table", [b"", b"\1", FIRMWARE[:40], structure(1, bytes(2)), b"\1\0\0\0\0\0", structure(1, bytes(23))]
)
def test_a_broken_table_is_no_obstacle(table: bytes) -> None:
    assert len(list(serials_of_firmware(table))) <= 1


@WINDOWS
def test_windows_tells_names_identifiers_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"USERDOMAIN": "CONTOSO", "LOGONSERVER": r"\\DC07", "USERNAME": "jdoe.adm"}.items():
        monkeypatch.setenv(name, value)
    import winreg

    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
        guid = winreg.QueryValueEx(key, "MachineGuid")[0]
    facts = LocalFacts.of_this_machine()
    assert {("host", "CONTOSO"), ("host", "DC07"), ("user", "jdoe.adm"), ("serial", guid)} <= set(facts.values)
    assert ("host", os.environ["COMPUTERNAME"]) in facts.values
    assert [value for kind, value in facts.values if kind == "user" and value.startswith(("S-1-5-21-", "S-1-12-1-"))]


class Controller:
    """``secur32`` as it answers on a computer of a domain; it waits first, if it is to."""

    def __init__(self, answers: dict[int, str], wait: Callable[[], object]) -> None:
        def ask(form: int, buffer: "ctypes.Array[ctypes.c_wchar]", _size: object) -> int:
            wait()
            buffer.value = answers.get(form, "")
            return int(form in answers)

        self.GetUserNameExW = ask


@WINDOWS
def test_the_full_name_and_address_of_who_runs_this_are_asked_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    from agent.redact import windows_facts

    answers = {3: "Zoë Quist", 8: "zquist@contoso.example"}
    monkeypatch.setattr(windows_facts.ctypes, "WinDLL", lambda _: Controller(answers, lambda: None))
    assert {("name", "Zoë Quist"), ("mail", "zquist@contoso.example")} <= set(windows_facts._names())
    monkeypatch.setattr(windows_facts.ctypes, "WinDLL", lambda _: Controller({}, lambda: None))
    assert "Zoë Quist" not in {value for _, value in windows_facts._names()}


@WINDOWS
def test_a_controller_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from agent.redact import windows_facts

    answer = threading.Event()
    monkeypatch.setattr(windows_facts, "_NAME_SECONDS", 0.05)
    late = Controller({3: "Zoë Quist"}, answer.wait)
    monkeypatch.setattr(windows_facts.ctypes, "WinDLL", lambda _: late)
    try:
        assert "Zoë Quist" not in {value for _, value in windows_facts._names()}
    finally:
        answer.set()


@WINDOWS
def test_windows_is_asked_by_a_call_that_lets_other_threads_go_on() -> None:
    """Those of ``WinDLL`` do (docs.python.org, "ctypes"); 2 is NameSamCompatible, which every computer knows."""
    from agent.redact import windows_facts

    assert windows_facts._name_of_user(2).rpartition("\\")[2].lower() == os.environ["USERNAME"].lower()
    assert windows_facts._name_of_user(0) == ""  # NameUnknown


@WINDOWS
def test_a_workgroup_is_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERDOMAIN", "WORKGROUP")
    assert ("host", "WORKGROUP") not in LocalFacts.of_this_machine().values


@pytest.mark.parametrize(
    "text",
    [
        r"C:\Users\Jane Doe\AppData",
        "C:/Users/Jane Doe/AppData",
        r"C:\\Users\\Jane Doe\\AppData",
        "file:///C:/Users/Jane%20Doe/AppData",
        r"C:\Users\JANEDO~1\AppData",
        r"HKU\S-1-5-21-1111111111-222222222-333333333-1001\Software",
        r"CONTOSO\x",
    ],
)
def test_a_profile_is_found_in_every_way_that_its_path_is_written(text: str) -> None:
    facts = LocalFacts(
        (
            ("user", "Jane Doe"),
            ("user", "JANEDO~1"),
            ("user", "S-1-5-21-1111111111-222222222-333333333-1001"),
            ("host", "CONTOSO"),
        )
    )
    redacted, counts = Redactor(RuleSet(version=1, families=(), rules=()), b"k" * 32, facts).text(text)
    assert sum(counts.values()) == 1
    assert not {"Jane", "JANEDO", "1111111111", "CONTOSO"} & set(
        redacted.replace("\\", "/").replace("~", "/").split("/")
    )
