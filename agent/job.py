"""What is started for a piece of work, with all that it starts in turn, as one thing that can be ended.

On Windows that is a job object: a process in it takes its children with it, whatever they do, and when the last handle
of the job is closed, be it because this process was ended by force, the system ends them all
(learn.microsoft.com, "Job Objects"; since Windows 8 a job may lie within another). Elsewhere process groups and
the marks of ``left_processes`` do that, and a job does nothing.
"""

from __future__ import annotations

import contextlib
import sys

if sys.platform == "win32":
    from typing import Any, cast

    import pywintypes
    import win32api
    import win32con
    import win32job

    SUSPENDED = 0x00000004  # CREATE_SUSPENDED: it starts nothing before it is in the job

    class Job:
        """Holds processes until ``end``, or the end of this process. Raise ``OSError`` when Windows makes none."""

        def __init__(self) -> None:
            kind = win32job.JobObjectExtendedLimitInformation
            try:
                # The stubs know nothing of the handle that is given back.
                self._handle = cast("Any", win32job.CreateJobObject(None, ""))
                limits = win32job.QueryInformationJobObject(self._handle, kind)
                limits["BasicLimitInformation"]["LimitFlags"] |= win32job.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
                win32job.SetInformationJobObject(self._handle, kind, limits)
            except pywintypes.error as error:
                raise OSError(None, error.strerror, None, error.winerror) from None

        def take(self, process_id: int) -> None:
            """Put a child of this process into the job; one that has ended already is let alone."""
            rights = win32con.PROCESS_SET_QUOTA | win32con.PROCESS_TERMINATE
            with contextlib.suppress(pywintypes.error):
                process: Any = win32api.OpenProcess(rights, 0, process_id)
                try:
                    win32job.AssignProcessToJobObject(self._handle, process)
                finally:
                    process.Close()

        def take_suspended(self, process_id: int) -> None:
            """As ``take``, of a child made with ``SUSPENDED``, and let it begin."""
            import psutil  # which the service that stays has no room for

            self.take(process_id)
            with contextlib.suppress(psutil.Error):
                psutil.Process(process_id).resume()

        def end(self) -> None:
            """End every process in it, now."""
            self._handle.Close()

else:
    SUSPENDED = 0

    class Job:
        """Nothing: see above."""

        def take(self, process_id: int) -> None:
            """Nothing."""

        def take_suspended(self, process_id: int) -> None:
            """Nothing."""

        def end(self) -> None:
            """Nothing."""
