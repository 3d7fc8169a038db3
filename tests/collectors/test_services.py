"""Each platform's service manager is asked for the application's services; its absence is said."""

import pytest

from collectors import CommandFailed
from collectors.services import _PROPERTIES, COLLECTOR

SHOW = ("systemctl", "show", "--no-pager", f"--property={_PROPERTIES}", "--", "nginx.service")
FAILED = ("systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager")
NO_SYSTEMD = CommandFailed("'systemctl' ended with status 1: System has not been booted with systemd")


def test_the_units_named_and_the_failed_ones_are_shown(machine, gather):
    commands = {SHOW: "Id=nginx.service\nActiveState=failed\nNRestarts=5\n", FAILED: "nginx.service loaded failed\n"}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, options={"names": ["nginx.service"]}, commands=commands))
    assert found.texts == {
        "services/systemd.txt": "Id=nginx.service\nActiveState=failed\nNRestarts=5\n",
        "services/failed.txt": "nginx.service loaded failed\n",
    }


def test_that_nothing_has_failed_is_written_down(machine, gather):
    found = gather(COLLECTOR, machine(collector=COLLECTOR, commands=lambda argv: ""))
    assert found.texts["services/failed.txt"] == "no unit has failed\n"


def test_without_systemd_that_is_said_and_the_older_command_is_asked(machine, gather):
    commands = {
        **dict.fromkeys((SHOW, FAILED), NO_SYSTEMD),
        "service --status-all": " [ - ]  dbus\n [ + ]  nginx\n",
    }
    context = machine(collector=COLLECTOR, options={"names": ["nginx.service", "nginx"]}, commands=commands)
    found = gather(COLLECTOR, context)
    assert "no systemd answers" in found.skipped["services/systemd.txt"]
    assert found.texts == {"services/service.txt": " [ + ]  nginx\n"}


def test_neither_environment_nor_command_line_of_a_unit_is_asked_for():
    assert not {"Environment", "ExecStart", "ExecMainPID"} & set(_PROPERTIES.split(","))


def test_launchd_lists_are_cut_to_the_names(machine, gather):
    answer = "PID\tStatus\tLabel\n312\t0\tcom.crashplan.engine\n-\t78\tcom.apple.mdworker\n"
    context = machine(
        platform="darwin",
        collector=COLLECTOR,
        options={"names": ["com.crashplan.*"]},
        commands={"launchctl list": answer},
    )
    assert gather(COLLECTOR, context).texts == {"services/launchctl.txt": "312\t0\tcom.crashplan.engine\n"}


def test_each_windows_service_is_asked_for_state_configuration_and_recovery(machine, gather):
    commands = {
        "sc queryex CrashPlanService": "SERVICE_NAME: CrashPlanService\n        STATE : 4  RUNNING\n",
        "sc qc CrashPlanService": "START_TYPE : 2   AUTO_START\n",
    }
    context = machine(platform="win32", collector=COLLECTOR, options={"names": ["CrashPlanService"]}, commands=commands)
    found = gather(COLLECTOR, context)
    assert set(found.texts) == {"services/CrashPlanService-queryex.txt", "services/CrashPlanService-qc.txt"}
    assert "no answer" in found.skipped["services/CrashPlanService-qfailure.txt"]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_a_name_cannot_become_an_option_of_a_command(machine, gather, platform):
    ran = []
    names = ["--root=/tmp", "-all"]
    gather(COLLECTOR, machine(platform=platform, collector=COLLECTOR, options={"names": names}, ran=ran))
    assert not {word for argv in ran for word in argv} & set(names)
