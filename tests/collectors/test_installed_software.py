"""Every package manager that is there is asked; names filter; none at all is said."""

import json

import pytest

from collectors import CommandFailed
from collectors.installed_software import _DPKG_FORMAT, COLLECTOR

DPKG = ("dpkg-query", "-W", "-f", _DPKG_FORMAT)
RPM = ("rpm", "-qa", "--queryformat", r"%{NAME}\t%{VERSION}-%{RELEASE}\t%{ARCH}\n")
UNINSTALL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"


def test_the_list_is_sorted_and_cut_to_the_names(machine, gather):
    commands = {DPKG: "nginx\t1.22.1-9\tamd64\tinstalled\nbash\t5.2\tamd64\tinstalled\nlibnginx-mod\t1\tamd64\tx\n"}
    context = machine(collector=COLLECTOR, options={"names": ["*NGINX*"]}, commands=commands)
    found = gather(COLLECTOR, context)
    assert found.texts["installed_software/dpkg.txt"] == (
        "libnginx-mod\t1\tamd64\tx\nnginx\t1.22.1-9\tamd64\tinstalled\n"
    )
    assert not found.skipped


def test_two_managers_on_one_machine_are_both_asked(machine, gather):
    commands = {DPKG: "a\t1\n", RPM: "b\t2-1\tx86_64\n"}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, commands=commands))
    assert found.texts == {"installed_software/dpkg.txt": "a\t1\n", "installed_software/rpm.txt": "b\t2-1\tx86_64\n"}


def test_managers_that_part_with_spaces_are_read_too(machine, gather):
    found = gather(COLLECTOR, machine(collector=COLLECTOR, commands={"pacman -Q": "linux 6.9.1-1\n\nnginx 1.26-2\n"}))
    assert found.texts == {"installed_software/pacman.txt": "linux\t6.9.1-1\nnginx\t1.26-2\n"}


def test_that_nothing_has_the_name_is_said(machine, gather):
    context = machine(collector=COLLECTOR, options={"names": ["nginx"]}, commands={DPKG: "bash\t5\n"})
    assert gather(COLLECTOR, context).skipped == {
        "installed_software/dpkg.txt": "dpkg-query knows no software named nginx"
    }


def test_a_machine_without_a_known_manager_is_said_to_be_one(machine, gather):
    reason = gather(COLLECTOR, machine(collector=COLLECTOR)).skipped["installed_software"]
    assert "dpkg-query" in reason
    assert "rpm" in reason


def test_a_manager_that_fails_is_said_and_the_next_is_asked(machine, gather):
    commands = {DPKG: CommandFailed("'dpkg-query' ended with status 2"), RPM: "b\t2\n"}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, commands=commands))
    assert found.skipped == {"installed_software/dpkg.txt": "'dpkg-query' ended with status 2"}
    assert set(found.texts) == {"installed_software/rpm.txt"}


def test_the_uninstall_keys_of_windows_tell_name_version_and_publisher(machine, gather):
    answer = (
        "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{1B2C}\r\n"
        "    DisplayName    REG_SZ    CrashPlan\r\n    DisplayVersion    REG_SZ    11.4.0.503\r\n"
        "    Publisher    REG_SZ    CrashPlan Group\r\n    InstallDate    REG_SZ    20240301\r\n"
        "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Part\r\n"
        "    SystemComponent    REG_DWORD    0x1\r\n"
    )
    context = machine(platform="win32", collector=COLLECTOR, commands={("reg", "query", UNINSTALL, "/s"): answer})
    assert gather(COLLECTOR, context).texts == {
        "installed_software/machine.txt": "CrashPlan\t11.4.0.503\tCrashPlan Group\t20240301\n"
    }


def test_the_applications_of_macos_are_read_from_json(machine, gather):
    answer = {"SPApplicationsDataType": [{"_name": "CrashPlan", "version": "11.4", "obtained_from": "identified"}]}
    commands = {"system_profiler SPApplicationsDataType -json": json.dumps(answer), "brew list --versions": "jq 1.7\n"}
    found = gather(COLLECTOR, machine(platform="darwin", collector=COLLECTOR, commands=commands))
    assert found.texts == {
        "installed_software/applications.txt": "CrashPlan\t11.4\tidentified\n",
        "installed_software/brew.txt": "jq\t1.7\n",
    }


@pytest.mark.parametrize(
    "answer", ["", "null", "[]", '{"SPApplicationsDataType": null}', '{"SPApplicationsDataType": [1]}']
)
def test_an_answer_in_another_shape_holds_no_software(machine, gather, answer):
    commands = {"system_profiler SPApplicationsDataType -json": answer}
    found = gather(COLLECTOR, machine(platform="darwin", collector=COLLECTOR, commands=commands))
    assert "knows no software" in found.skipped["installed_software/applications.txt"]
