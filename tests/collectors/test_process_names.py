"""A process's name cannot carry its arguments into a bundle."""

from datetime import UTC, datetime

import psutil
import pytest

from collectors._process_names import program_of, running, short_name, start_of


def test_a_name_that_was_lengthened_from_the_command_line_is_cut_on_linux():
    assert short_name("my-long-service --token=hunter2", "linux") == "my-long-service"


def test_other_platforms_take_names_from_the_program_and_keep_them():
    assert short_name("Google Chrome Helper (GPU)", "darwin") == "Google Chrome Helper (GPU)"


@pytest.mark.parametrize(
    ("executable", "program"),
    [
        ("/usr/sbin/nginx", "nginx"),
        (r"C:\Program Files\CrashPlan\CrashPlanService.exe", "CrashPlanService.exe"),
        ("", ""),
    ],
)
def test_the_program_is_the_last_part_of_its_path(executable, program):
    assert program_of(executable) == program


def test_a_process_of_which_an_answer_is_an_error_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows has some that refuse their path with an error of its own."""
    here = psutil.Process()

    def refuse(_: psutil.Process) -> str:
        raise OSError(22, "the parameter is wrong")

    def has_ended(process: psutil.Process) -> int:
        raise psutil.NoSuchProcess(process.pid)

    monkeypatch.setattr(psutil.Process, "exe", refuse)
    monkeypatch.setattr(psutil, "process_iter", lambda: [here, here])
    assert [told for _, told in running(["ppid", "exe"])] == [{"pid": here.pid, "ppid": here.ppid(), "exe": None}] * 2
    monkeypatch.setattr(psutil.Process, "username", has_ended)
    assert list(running(["username", "exe"])) == []


def test_a_start_is_told_only_if_a_calendar_has_it():
    assert start_of(0) == datetime(1970, 1, 1, tzinfo=UTC)
    for strange in (603246995523.65, -1e18, float("nan"), float("inf"), None, "yesterday"):
        assert start_of(strange) is None
