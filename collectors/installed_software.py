"""The installed software, as the package managers of the platform list it.

Every manager that is there is asked, since a machine often has more than one (``dpkg`` beside ``rpm``,
Homebrew beside the App Store); a missing one is no shortfall as long as another answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from collectors import (
    Artifact,
    Collector,
    CommandError,
    CommandMissing,
    Context,
    Fact,
    Limits,
    Option,
    Platform,
    Sensitivity,
    Skipped,
    _options,
)
from collectors._windows_registry import parse

Package = tuple[str, ...]  # name, version, then what the manager tells besides


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manager:
    """One way to ask, and how its answer is read."""

    file: str
    platform: Platform
    argv: tuple[str, ...]
    read: Callable[[str], Iterable[Package]]
    timeout_seconds: float = 15.0


def _columns(text: str) -> Iterator[Package]:
    """Name, version and more, apart by tabs or (where the manager knows no other way) by spaces."""
    for line in text.splitlines():
        fields = line.split("\t") if "\t" in line else line.split()
        if fields:
            yield tuple(field.strip() for field in fields)


def _mac_applications(text: str) -> Iterator[Package]:
    """``system_profiler -json``: a list of applications under the data type's name."""
    try:
        found = json.loads(text)["SPApplicationsDataType"]
    except (ValueError, KeyError, TypeError):
        return
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict):
            yield (str(each.get("_name", "")), str(each.get("version", "")), str(each.get("obtained_from", "")))


def _uninstall_keys(text: str) -> Iterator[Package]:
    """The uninstall entries of Windows; those without a name to display are parts of others.

    https://learn.microsoft.com/windows/win32/msi/uninstall-registry-key
    """
    for values in parse(text).values():
        if name := values.get("DisplayName"):
            yield (name, values.get("DisplayVersion", ""), values.get("Publisher", ""), values.get("InstallDate", ""))


_UNINSTALL = r"Microsoft\Windows\CurrentVersion\Uninstall"
_DPKG_FORMAT = r"${Package}\t${Version}\t${Architecture}\t${db:Status-Status}\n"
_MANAGERS = (
    _Manager(file="dpkg.txt", platform="linux", argv=("dpkg-query", "-W", "-f", _DPKG_FORMAT), read=_columns),
    _Manager(
        file="rpm.txt",
        platform="linux",
        argv=("rpm", "-qa", "--queryformat", r"%{NAME}\t%{VERSION}-%{RELEASE}\t%{ARCH}\n"),
        read=_columns,
    ),
    _Manager(file="pacman.txt", platform="linux", argv=("pacman", "-Q"), read=_columns),
    _Manager(file="flatpak.txt", platform="linux", argv=("flatpak", "list", "--columns=name,version"), read=_columns),
    _Manager(file="brew.txt", platform="darwin", argv=("brew", "list", "--versions"), read=_columns),
    _Manager(
        file="applications.txt",
        platform="darwin",
        argv=("system_profiler", "SPApplicationsDataType", "-json"),
        read=_mac_applications,
        timeout_seconds=40.0,  # reads every application on the disk
    ),
    *(
        _Manager(
            file=file, platform="win32", argv=("reg", "query", rf"{root}\{_UNINSTALL}", "/s"), read=_uninstall_keys
        )
        for file, root in (
            ("machine.txt", r"HKLM\SOFTWARE"),
            ("machine-32-bit.txt", r"HKLM\SOFTWARE\WOW6432Node"),
            ("user.txt", r"HKCU\SOFTWARE"),
        )
    ),
)


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """One text per package manager, a package by line, sorted, columns apart by tabs."""
    names = [each.casefold() for each in _options.texts(context, "names")]
    missing: list[CommandMissing] = []
    managers = [manager for manager in _MANAGERS if manager.platform == context.platform]
    for manager in managers:
        try:
            yield _listed(context, manager, names)
        except CommandMissing as absent:
            missing.append(absent)
        except CommandError as problem:
            yield Skipped(path=f"installed_software/{manager.file}", reason=str(problem))
    if len(missing) == len(managers):
        asked = ", ".join(manager.argv[0] for manager in managers)
        yield Skipped(path="installed_software", reason=f"no package manager is known here (looked for {asked})")


def _listed(context: Context, manager: _Manager, names: list[str]) -> Artifact | Skipped:
    path = f"installed_software/{manager.file}"
    if context.remaining_seconds() <= 0:
        return Skipped(path=path, reason=f"the time was up before {manager.argv[0]} could be asked")
    text = context.run(*manager.argv, timeout_seconds=min(manager.timeout_seconds, context.remaining_seconds()))
    packages = {package for package in manager.read(text) if not names or _is_wanted(package[0], names)}
    if not packages:
        about = f"named {', '.join(names)}" if names else "at all"
        return Skipped(path=path, reason=f"{manager.argv[0]} knows no software {about}")
    lines = "".join("\t".join(package) + "\n" for package in sorted(packages))
    return Artifact.of_text(path, lines, source=" ".join(manager.argv[:3]))


def _is_wanted(name: str, names: list[str]) -> bool:
    return any(fnmatchcase(name.casefold(), each) for each in names)


COLLECTOR = Collector(
    title="Installed software",
    gathers="Names and versions of installed software, as the package managers list them.",
    why="Another program's version, or a leftover of an old installation, is often the cause.",
    sensitivity=Sensitivity.LOW,
    collect=collect,
    options=(
        Option(name="names", kind="strings", default=[], help="names of software (globs are understood); empty: all"),
    ),
    limits=Limits(time_seconds=60, size_bytes=8 * 2**20),
)
