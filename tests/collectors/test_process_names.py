"""A process's name cannot carry its arguments into a bundle."""

import pytest

from collectors._process_names import program_of, short_name


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
