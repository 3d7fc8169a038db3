"""``sendlogs config``: what is set, where that was said, and whether it can be used."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from agent.cli.options import verb, verb_group
from agent.cli.output import Output
from agent.cli.session import Session, open_session, require_usable_endpoints
from agent.errors import ConfigError
from agent.wording import counted
from config import ConfigurationProblem

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

    The examples of your own rules are tried. A profile that is named and is not on this computer is a warning alone.
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
    faults = list(rule_examples.faults(session.rules, own))
    _refuse(output, faults, "Mend the rule or its example; every example must come out as it is written.")
    if own:
        output.record("checked", {"own_rules": len(own)}, f"ok  {counted(len(own), 'rule')} of your own, every example")


def _refuse(output: Output, faults: list[str], advice: str) -> None:
    """Tell every fault, so that one run is enough to mend them all. Raise ``ConfigError`` if there is one."""
    for fault in faults[:-1]:
        output.record("warning", {"message": fault}, f"wrong  {fault}")
    if faults:
        raise ConfigError(f"{faults[-1]}.", advice=advice)


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
    names = list(profiles.available(folders))
    faults = [*profiles.missing(session.settings.needed_profile_folders), *_profile_faults(names, folders)]
    _refuse(output, faults, "Mend that, and check it again.")
    output.record("checked", {"profiles": len(names)}, f"ok  {counted(len(names), 'profile')}")


def _profile_faults(names: Sequence[str], folders: Sequence[Path]) -> Iterator[str]:
    from config import profiles

    for name in names:
        try:
            profiles.load(name, sys.platform, folders)
        except ConfigurationProblem as problem:
            yield str(problem)


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
