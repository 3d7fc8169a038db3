"""The operating system: which, what version and build, on what hardware, since when it runs.

It is the second of the nine things that support asks for, and the first thing a champion looks at. Each
platform is asked in the way it documents, so that no library's idea of a name stands between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors import (
    Artifact,
    Collector,
    CommandError,
    Context,
    Fact,
    Limits,
    RequestItem,
    Sensitivity,
    Skipped,
)
from collectors._windows_registry import values_of

_PATH = "operating_system/operating_system.json"
# https://www.freedesktop.org/software/systemd/man/latest/os-release.html: the first wins.
_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_OS_RELEASE_LINE = re.compile(r"""^([A-Z0-9_]+)=(["']?)(.*)\2$""", re.MULTILINE)
_VERSION_KEY = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_HARDWARE_KEY = r"HKLM\HARDWARE\DESCRIPTION\System\BIOS"
_LANGUAGE_KEY = r"HKCU\Control Panel\International"
_FIRST_BUILD_OF_WINDOWS_11 = 22000  # its registry still says "Windows 10"


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """One JSON of all that is known, and the fact that names the system in a line."""
    found = {"linux": _linux, "darwin": _macos, "win32": _windows}[context.platform](context)
    found.update(_clock(context))
    if not found.get("name"):
        yield Skipped(path=_PATH, reason="the operating system does not say its name")
        return
    yield Artifact.of_json(_PATH, found, source=found.pop("source", "operating system"))
    parts = (
        " ".join(filter(None, (found["name"], found.get("build")))),
        found.get("kernel"),
        found.get("architecture"),
    )
    summary = ", ".join(part for part in parts if part)
    yield Fact(item=RequestItem.OPERATING_SYSTEM, value=summary, source="operating_system")


def _ask(context: Context, *argv: str) -> str:
    """The answer of a command, or an empty text: each answer is one of several, and stands for itself."""
    if context.remaining_seconds() <= 0:
        return ""
    try:
        return context.run(*argv, timeout_seconds=5).strip()
    except CommandError:
        return ""


def _read(context: Context, *paths: str) -> str:
    """The first of the files that can be read, or an empty text."""
    for path in paths:
        try:
            return context.read_text(path)
        except OSError:
            continue
    return ""


def _linux(context: Context) -> dict[str, str]:
    release = {key: value for key, _, value in _OS_RELEASE_LINE.findall(_read(context, *_OS_RELEASE))}
    kernel = _ask(context, "uname", "-sr")
    vendor = _read(context, "/sys/class/dmi/id/sys_vendor").strip()
    model = _read(context, "/sys/class/dmi/id/product_name").strip()
    return {
        "source": "/etc/os-release, uname",
        "name": release.get("PRETTY_NAME") or release.get("NAME") or ("Linux" if kernel else ""),
        "version": release.get("VERSION_ID", ""),
        "kernel": kernel,
        "architecture": _ask(context, "uname", "-m"),
        # Ends with 1 and prints "none" on bare metal, which reads as not known: nothing is claimed then.
        "virtualisation": _ask(context, "systemd-detect-virt"),
        "hardware": f"{vendor} {model}".strip(),
        "locale": _locale(context),
    }


def _macos(context: Context) -> dict[str, str]:
    answer = dict(re.findall(r"^(\w+):\s*(.+)$", _ask(context, "sw_vers"), re.MULTILINE))
    name, version = answer.get("ProductName", ""), answer.get("ProductVersion", "")
    is_virtual = _ask(context, "sysctl", "-n", "kern.hv_vmm_present")
    return {
        "source": "sw_vers, uname, sysctl",
        "name": f"{name} {version}".strip(),
        "version": version,
        "build": answer.get("BuildVersion", ""),
        "kernel": _ask(context, "uname", "-sr"),
        "architecture": _ask(context, "uname", "-m"),
        "virtualisation": {"0": "none", "1": "virtual machine"}.get(is_virtual, ""),
        "hardware": _ask(context, "sysctl", "-n", "hw.model"),
        "locale": _ask(context, "defaults", "read", "-g", "AppleLocale"),
    }


def _windows(context: Context) -> dict[str, str]:
    version = values_of(_ask(context, "reg", "query", _VERSION_KEY))
    hardware = values_of(_ask(context, "reg", "query", _HARDWARE_KEY))
    numbers = re.search(r"\[\w+ ([\d.]+)\]", _ask(context, "cmd", "/c", "ver"))
    build = ".".join(filter(None, (version.get("CurrentBuild"), version.get("UBR"))))
    name = version.get("ProductName", "Windows" if numbers else "")
    number = version.get("CurrentBuild", "")
    if number.isdecimal() and int(number) >= _FIRST_BUILD_OF_WINDOWS_11:
        name = name.replace("Windows 10", "Windows 11")
    environment = context.environment
    return {
        "source": f"{_VERSION_KEY}, ver",
        "name": f"{name} {version.get('DisplayVersion', '')}".strip(),
        "version": numbers[1] if numbers else "",
        "build": f"build {build}" if build else "",
        # A 32-bit process sees its own architecture, and the system's in the variable ending with W6432.
        "architecture": environment.get("PROCESSOR_ARCHITEW6432") or environment.get("PROCESSOR_ARCHITECTURE", ""),
        "hardware": f"{hardware.get('SystemManufacturer', '')} {hardware.get('SystemProductName', '')}".strip(),
        "locale": values_of(_ask(context, "reg", "query", _LANGUAGE_KEY, "/v", "LocaleName")).get("LocaleName", ""),
    }


def _locale(context: Context) -> str:
    """The locale by the order of POSIX: ``LC_ALL`` over ``LC_CTYPE`` over ``LANG``."""
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    return next((context.environment[name] for name in names if context.environment.get(name)), "")


def _clock(context: Context) -> dict[str, str]:
    import psutil

    local = context.now.astimezone()
    try:
        booted = datetime.fromtimestamp(psutil.boot_time(), UTC)
    except (OSError, RuntimeError, OverflowError, ValueError):  # /proc is hidden, or tells no time of a calendar
        return {"time_zone": f"{local:%Z (UTC%z)}"}
    return {
        "time_zone": f"{local:%Z (UTC%z)}",
        "booted_at": booted.isoformat(timespec="seconds"),
        "up_seconds": str(max(0, round((context.now - booted).total_seconds()))),
    }


COLLECTOR = Collector(
    title="Operating system",
    gathers="The name, version and build of the operating system, its kernel, hardware model, time zone and language.",
    why="Support must know which system a problem appears on.",
    sensitivity=Sensitivity.NONE,
    collect=collect,
    items=(RequestItem.OPERATING_SYSTEM,),
    limits=Limits(time_seconds=20, size_bytes=2**16),
)
