"""Each platform's own answers are read, and made into one line that a person recognises."""

import json

import pytest

from collectors import CommandFailed, RequestItem
from collectors.operating_system import COLLECTOR

OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'
UNAME = {"uname -sr": "Linux 6.1.0-18-amd64\n", "uname -m": "x86_64\n"}
PATH = "operating_system/operating_system.json"
MACOS = {
    "sw_vers": "ProductName:\t\tmacOS\nProductVersion:\t\t14.4.1\nBuildVersion:\t\t23E224\n",
    "uname -sr": "Darwin 23.4.0\n",
    "uname -m": "arm64\n",
    "sysctl -n kern.hv_vmm_present": "0\n",
    "sysctl -n hw.model": "Mac14,2\n",
    "defaults read -g AppleLocale": "de_DE\n",
}
VERSION = ("reg", "query", r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion")
WINDOWS = {
    VERSION: (
        "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n"
        "    ProductName    REG_SZ    Windows 10 Pro\r\n"
        "    DisplayVersion    REG_SZ    23H2\r\n"
        "    CurrentBuild    REG_SZ    22631\r\n"
        "    UBR    REG_DWORD    0xd67\r\n"
    ),
    ("reg", "query", r"HKLM\HARDWARE\DESCRIPTION\System\BIOS"): (
        "HKEY_LOCAL_MACHINE\\HARDWARE\\DESCRIPTION\\System\\BIOS\r\n"
        "    SystemManufacturer    REG_SZ    VMware, Inc.\r\n    SystemProductName    REG_SZ    VMware7,1\r\n"
    ),
    ("reg", "query", r"HKCU\Control Panel\International", "/v", "LocaleName"): (
        "HKEY_CURRENT_USER\\Control Panel\\International\r\n    LocaleName    REG_SZ    en-US\r\n"
    ),
    ("cmd", "/c", "ver"): "\r\nMicrosoft Windows [Version 10.0.22631.3431]\r\n",
}


@pytest.mark.parametrize(
    ("platform", "given", "expected"),
    [
        (
            "linux",
            {"commands": UNAME, "files": {"/etc/os-release": OS_RELEASE}},
            "Debian GNU/Linux 12 (bookworm), Linux 6.1.0-18-amd64, x86_64",
        ),
        ("darwin", {"commands": MACOS}, "macOS 14.4.1 23E224, Darwin 23.4.0, arm64"),
        (
            "win32",
            {"commands": WINDOWS, "environment": {"PROCESSOR_ARCHITECTURE": "AMD64"}},
            "Windows 11 Pro 23H2 build 22631.3431, AMD64",
        ),
    ],
)
def test_the_fact_names_system_version_kernel_and_architecture(machine, gather, platform, given, expected):
    found = gather(COLLECTOR, machine(platform=platform, collector=COLLECTOR, **given))
    assert found.facts == {RequestItem.OPERATING_SYSTEM: expected}
    assert not found.skipped


def test_the_artifact_tells_start_time_zone_and_hardware(machine, gather):
    found = gather(COLLECTOR, machine(platform="win32", commands=WINDOWS))
    told = json.loads(found.texts[PATH])
    assert told["hardware"] == "VMware, Inc. VMware7,1"
    assert told["locale"] == "en-US"
    assert told["version"] == "10.0.22631.3431"
    assert told["booted_at"].endswith("+00:00")
    assert told["time_zone"].endswith(")")


def test_windows_10_keeps_its_name(machine, gather):
    commands = WINDOWS | {VERSION: WINDOWS[VERSION].replace("22631", "19045").replace("23H2", "22H2")}
    found = gather(COLLECTOR, machine(platform="win32", commands=commands))
    assert found.facts[RequestItem.OPERATING_SYSTEM] == "Windows 10 Pro 22H2 build 19045.3431"


def test_without_registry_the_command_ver_still_tells_windows(machine, gather):
    found = gather(COLLECTOR, machine(platform="win32", commands={("cmd", "/c", "ver"): WINDOWS["cmd", "/c", "ver"]}))
    assert found.facts[RequestItem.OPERATING_SYSTEM] == "Windows"
    assert json.loads(found.texts[PATH])["version"] == "10.0.22631.3431"


def test_a_linux_without_os_release_is_named_by_its_kernel(machine, gather):
    found = gather(COLLECTOR, machine(commands=UNAME))
    assert found.facts[RequestItem.OPERATING_SYSTEM] == "Linux, Linux 6.1.0-18-amd64, x86_64"


def test_the_second_place_of_os_release_is_read_when_the_first_is_missing(machine, gather):
    found = gather(COLLECTOR, machine(files={"/usr/lib/os-release": OS_RELEASE}))
    assert found.facts[RequestItem.OPERATING_SYSTEM] == "Debian GNU/Linux 12 (bookworm)"


def test_virtualisation_is_not_claimed_when_its_command_fails(machine, gather):
    commands = UNAME | {"systemd-detect-virt": CommandFailed("'systemd-detect-virt' ended with status 1")}
    assert json.loads(gather(COLLECTOR, machine(commands=commands)).texts[PATH])["virtualisation"] == ""


def test_the_locale_follows_the_order_of_posix(machine, gather):
    context = machine(commands=UNAME, environment={"LANG": "de_DE.UTF-8", "LC_ALL": "", "LC_CTYPE": "fr_FR.UTF-8"})
    assert json.loads(gather(COLLECTOR, context).texts[PATH])["locale"] == "fr_FR.UTF-8"


def test_a_build_that_is_no_number_is_no_error(machine, gather):
    commands = WINDOWS | {VERSION: WINDOWS[VERSION].replace("22631", "unknown")}
    assert gather(COLLECTOR, machine(platform="win32", commands=commands)).facts
