"""``sendlogs config``: what is set, where that was said, and whether it can be used."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from agent.cli.options import verb, verb_group
from agent.cli.output import Output
from agent.cli.session import Session, open_session, require_usable_endpoints
from agent.errors import ConfigError
from agent.wording import counted
from config import ConfigurationProblem

if TYPE_CHECKING:
    from collectors import Platform

_MEND = "Mend that, and check it again: sendlogs config check"
command = verb_group(
    "config", example="sendlogs config show --origin", told="Show the settings of this computer, or check them."
)


@command.add_command
@verb(name="show", example="sendlogs config show --origin")
@click.option("--origin", is_flag=True, help="Say for each where its value comes from.")
def show(output: Output, *, origin: bool) -> None:
    """Print every setting with its value. Passwords in a proxy's address are not shown."""
    session = open_session()
    for field in dataclasses.fields(session.settings):
        value = _shown(getattr(session.settings, field.name))
        source = session.loaded.origins[field.name]
        where = f"   # {source}" if origin else ""
        output.record("setting", {"key": field.name, "value": value, "origin": source}, f"{field.name}: {value}{where}")


@command.add_command
@verb(name="check", example="sendlogs config check")
def check(output: Output) -> None:
    """Read the settings, every profile and every redaction rule, and say what cannot be used (exit code 3).

    The examples of your own rules are tried, and what your own profiles ask of the collectors is looked at for every
    platform. A profile that is named and is not on this computer is a warning alone.
    """
    session = open_session()
    require_usable_endpoints(session)
    for file in session.loaded.files:
        output.record("checked", {"file": file}, f"ok  {file}")
    _check_profiles(output, session)
    version = session.rules.version
    output.record("checked", {"ruleset_version": version}, f"ok  redaction rules, version {version}")
    _check_own_rules(output, session)
    _warn_of_empty_folders(output, session)
    _warn_of_unknown_profiles(output, session)


def _check_own_rules(output: Output, session: Session) -> None:
    from agent.redact import load_rules, rule_examples

    own = session.rules.rules[len(load_rules().rules) :]  # they stand behind those that ship
    advice = "Mend the rule or its example; every example must come out as it is written."
    _refuse(output, [ConfigError(f"{fault}.", advice=advice) for fault in rule_examples.faults(session.rules, own)])
    if own:
        output.record("checked", {"own_rules": len(own)}, f"ok  {counted(len(own), 'rule')} of your own, every example")


def _refuse(output: Output, faults: Sequence[ConfigError]) -> None:
    """Tell every fault, so that one run is enough to mend them all. Raise the last if there is one."""
    for fault in faults[:-1]:
        output.record("warning", {"message": str(fault), "advice": fault.advice}, f"wrong  {fault} {fault.advice}")
    if faults:
        raise faults[-1]


def _warn_of_empty_folders(output: Output, session: Session) -> None:
    """No error: rules may be to come. But the folder in which a share is mounted is empty when it is not."""
    from agent.redact.rules import own_files

    for folder in session.settings.needed_redaction_folders:
        if not own_files(folder):
            message = f"{folder}: holds no redaction rules (no file *.yaml or *.yml)"
            output.record("warning", {"message": message}, f"warning  {message}; is it mounted?")


def _warn_of_unknown_profiles(output: Output, session: Session) -> None:
    """No error: one file of settings may serve computers that have different applications."""
    from config import profiles

    known = profiles.available(session.settings.profile_folders)
    for key, names in (("profile", [session.settings.profile]), ("remote_profiles", session.settings.remote_profiles)):
        for name in names or ():
            if name is not None and name not in known:
                message = f"{session.loaded.origins[key]}: {key}: no profile on this computer is called {name}"
                output.record("warning", {"message": message}, f"warning  {message}; see: sendlogs profiles")


def _check_profiles(output: Output, session: Session) -> None:
    from config import profiles

    folders = session.settings.profile_folders
    known, shipped = profiles.available(folders), profiles.available()
    missing = profiles.missing(session.settings.needed_profile_folders)
    faults = [ConfigError(f"{sentence}.", advice=_MEND) for sentence in missing]
    for name, file in known.items():
        is_own = file != shipped.get(name)  # those that ship are checked by their tests, for each platform
        found = (
            fault for platform in _platforms(everywhere=is_own) for fault in _profile_faults(name, platform, folders)
        )
        faults += {str(fault): fault for fault in found}.values()  # what all platforms share is told once
    _refuse(output, faults)
    output.record("checked", {"profiles": len(known)}, f"ok  {counted(len(known), 'profile')}")


def _platforms(*, everywhere: bool) -> Sequence[Platform]:
    """One administrator's profile serves computers of every kind."""
    from agent.collect.machine import this_platform
    from collectors import ALL_PLATFORMS

    return sorted(ALL_PLATFORMS) if everywhere else [this_platform()]


def _profile_faults(name: str, platform: Platform, folders: Sequence[Path]) -> Iterator[ConfigError]:
    from agent import profile_faults
    from config import profiles

    try:
        profile = profiles.load(name, platform, folders)
    except ConfigurationProblem as problem:
        yield ConfigError(f"{problem}.", advice=_MEND)
        return
    yield from profile_faults.faults(profile, platform)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "(none)"
    if value is None:
        return "(not set)"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    parts = urlsplit(text)
    if "@" in parts.netloc:
        return text.replace(parts.netloc, f"***@{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}")
    return text
