"""The service as Windows starts it, at the computer's start and without anybody logged on.

It runs as the system's own account, with no privilege but the one to pass through folders (``RequiredPrivileges``): a
collector reads what that account's rights give it and nothing that a backup privilege would. What it says goes into the
event log, as systemd keeps it elsewhere. Its state folder is that account's own, which administrators alone can open.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence

import pywintypes
import servicemanager
import win32service
import win32serviceutil

from agent.service import resident

NAME = "sendlogs"
OPTION = "--windows-service"

assert sys.platform == "win32"

_CRASHED = 1


class WindowsService(win32serviceutil.ServiceFramework):
    """What the service control manager speaks to."""

    _svc_name_ = NAME

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__(arguments)
        self._end: Callable[[], None] = lambda: None
        self._is_to_end = False

    def SvcRun(self) -> None:  # noqa: N802 - the library's name
        """Run until told to end. What is not the end that was asked for is raised: the library reports it as such."""
        self.ReportServiceStatus(win32service.SERVICE_RUNNING)
        try:
            code = resident.main(be_told=self._be_told)
        except Exception:  # what nobody foresaw must look like a crash, after which it is started again
            traceback.print_exc()
            os._exit(_CRASHED)
        self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING)
        if code:
            raise RuntimeError(f"It ended with exit code {code}; docs/exit-codes.md tells what that is.")

    def SvcStop(self) -> None:  # noqa: N802 - the library's name
        """Let it end."""
        self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING)
        self._is_to_end = True
        self._end()

    SvcShutdown = SvcStop

    def _be_told(self, end: Callable[[], None]) -> None:
        self._end = end
        if self._is_to_end:  # it was told so while it began
            end()


class _EventLog(io.TextIOBase):
    """Standard error of a process that has none."""

    def write(self, text: str) -> int:
        """Keep it in Windows' event log."""
        if text.strip():
            with contextlib.suppress(pywintypes.error):  # it is full, or off: no reason to end
                servicemanager.LogInfoMsg(text.strip())
        return len(text)


def run() -> int:
    """Be the service that the control manager has started this process for; return an exit code."""
    servicemanager.Initialize(NAME, servicemanager.__file__)
    sys.stderr = _EventLog()
    servicemanager.PrepareToHostSingle(WindowsService)
    servicemanager.StartServiceCtrlDispatcher()  # type: ignore[no-untyped-call]  # a faulty stub
    return 0
