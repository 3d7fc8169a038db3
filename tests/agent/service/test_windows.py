"""What Windows' service control manager starts, told and telling as it does; ``tests/windows`` has the real one."""

from __future__ import annotations

import sys

import pytest

if sys.platform != "win32":
    pytest.skip("Windows alone has a service control manager", allow_module_level=True)

import pywintypes
import servicemanager
import win32service

from agent.service import windows
from agent.service.windows import WindowsService


class Reported(WindowsService):
    """Keeps what it would report."""

    def __init__(self) -> None:
        self.reported: list[tuple[int, int, int]] = []
        self._end = lambda: None
        self._is_to_end = False

    def ReportServiceStatus(self, status: int, waitHint: int = 0, win32ExitCode: int = 0, svcExitCode: int = 0) -> None:
        self.reported.append((status, win32ExitCode, svcExitCode))


PENDING = (win32service.SERVICE_STOP_PENDING, 0, 0)


def test_it_leaves_to_the_library_to_report_that_it_has_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows.resident, "main", lambda *, be_told: 0)
    service = Reported()
    service.SvcRun()
    assert service.reported == [(win32service.SERVICE_RUNNING, 0, 0), PENDING]


def test_an_end_that_nobody_asked_for_is_reported_as_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows.resident, "main", lambda *, be_told: 10)
    service = Reported()
    with pytest.raises(RuntimeError, match="exit code 10"):
        service.SvcRun()
    assert service.reported[-1] == PENDING


def test_told_to_stop_it_ends_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    service, ended = Reported(), list[bool]()

    def runs(*, be_told) -> int:
        be_told(lambda: ended.append(True))
        service.SvcStop()
        return 0

    monkeypatch.setattr(windows.resident, "main", runs)
    service.SvcRun()
    assert ended == [True]
    assert [status for status, _, _ in service.reported] == [
        win32service.SERVICE_RUNNING,
        win32service.SERVICE_STOP_PENDING,
        win32service.SERVICE_STOP_PENDING,
    ]


def test_told_to_stop_while_it_begins_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    service, ended = Reported(), list[bool]()

    def runs(*, be_told) -> int:
        service.SvcStop()
        be_told(lambda: ended.append(True))
        return 0

    monkeypatch.setattr(windows.resident, "main", runs)
    service.SvcRun()
    assert ended == [True]


def test_what_nobody_foresaw_looks_like_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*, be_told) -> int:
        raise KeyError("x")

    monkeypatch.setattr(windows.resident, "main", fails)
    left: list[int] = []

    def leave(code: int) -> None:
        left.append(code)
        raise SystemExit(code)

    monkeypatch.setattr(windows.os, "_exit", leave)
    service = Reported()
    with pytest.raises(SystemExit):
        service.SvcRun()
    assert left == [1]
    assert service.reported == [(win32service.SERVICE_RUNNING, 0, 0)]


def test_what_it_says_goes_into_the_event_log(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(servicemanager, "LogInfoMsg", logged.append)
    log = windows._EventLog()
    log.write("It runs.\n")
    log.write("\n")
    log.flush()
    assert logged == ["It runs."]


def test_an_event_log_that_is_full_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: str) -> None:
        raise pywintypes.error(1502, "ReportEvent", "The event log file is full.")

    monkeypatch.setattr(servicemanager, "LogInfoMsg", full)
    assert windows._EventLog().write("It runs.\n") == 9
