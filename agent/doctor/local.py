"""The checks of ``doctor`` that look at this machine alone: rights, space, logs, the outbox, what was left behind."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic

from agent import profile_faults
from agent.collect.file_search import expand_glob, pure, split
from agent.collect.machine import MachineContext, this_platform
from agent.doctor.findings import Finding, Situation, ok, problem, warning
from agent.errors import ConfigError, StorageError
from agent.outbox import Outbox
from agent.wording import counted
from agent.workspace import leftovers
from collectors import Limits, Platform
from config import ConfigurationProblem, profiles
from config.private_files import is_open_to_others, make_private_folder, open_private

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_LOOK_SECONDS = 8.0  # below what doctor gives the check, so that what was seen so far is told
_MANY_FILES = 1000  # enough to tell; a folder may hold any number
_LONG_WAIT = timedelta(hours=24)  # a night without a network is usual, a day is not
_ROOM_BUNDLES = 4  # raw, redacted, archive and outbox copy may be on the disk at once


def check_state_folder(situation: Situation) -> Iterator[Finding]:
    """Our own folder can be written, and nobody else can read it."""
    folder, name = situation.settings.state_folder, "state folder"
    try:
        make_private_folder(folder)
        probe = folder / f".doctor-{uuid.uuid4()}"
        try:
            with open_private(probe) as file:
                file.write(b"\0")
        finally:
            probe.unlink(missing_ok=True)
        is_open = is_open_to_others(folder)
    except OSError as error:
        rights = "Give your account rights there, or set state_folder to another place."
        advice = rights if error.errno not in _NO_SPACE else "Free some space, or set state_folder to another place."
        yield problem(name, f"{folder}: {error.strerror}", advice)
        return
    if is_open:
        yield problem(name, f"{folder} is open to others.", "Put it on a disk that keeps permissions.")
        return
    yield ok(name, f"{folder} can be written, and is yours alone.")


def check_disk(situation: Situation) -> Iterator[Finding]:
    """There is room for a bundle of the largest size, and for what is made on the way to it."""
    folder = _existing(situation.settings.state_folder)
    free, limit = shutil.disk_usage(folder).free, situation.settings.limit_bytes
    room = f"{free / 1e9:.1f} GB" if free >= 1e9 else f"{free / 1e6:.1f} MB"
    told = f"{room} free at {folder}"
    if free < limit:
        yield problem("disk", f"{told}: less than one bundle may have.", "Free some space.")
    elif free < _ROOM_BUNDLES * limit:
        yield warning("disk", f"{told}: scarce for a large bundle.", "Free some space.")
    else:
        yield ok("disk", f"{told}.")


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def check_logs(situation: Situation) -> Iterator[Finding]:
    """The application's logs are there, and this account may read them."""
    if situation.profile is None:
        yield ok("logs", "No profile is configured or given, so no application's logs were looked at.")
        return
    platform = this_platform()
    try:
        profile = profiles.load(situation.profile, platform, situation.settings.profile_folders)
        for fault in profile_faults.faults(profile, platform):
            raise fault
    except (ConfigurationProblem, ConfigError) as trouble:
        yield problem("logs", f"The profile cannot be used: {str(trouble).removesuffix('.')}.", _PROFILE)
        return
    globs = profile.collectors.get("application_logs", {}).get("globs")
    if not isinstance(globs, list | tuple) or not globs:
        yield ok("logs", f"The profile '{profile.name}' names no log files.")
        return
    machine = _machine(situation, platform)
    looks = [_look(pattern, machine) for pattern in map(str, globs)]
    readable = sum(look.readable for look in looks)
    level = warning if readable else problem
    yield from (level("logs", look.trouble, _RIGHTS) for look in looks if look.trouble)
    if readable:
        yield ok("logs", f"{counted(readable, 'file')} of {profile.title} can be read.")
    elif not any(look.trouble for look in looks):
        places = ", ".join(map(str, globs))
        yield warning("logs", f"None are at {places}.", "See that the application runs here, or add --logs DIR.")


def _machine(situation: Situation, platform: Platform) -> MachineContext:
    """The same eyes as a collector's, so that what is told here is what will be found."""
    end = monotonic() + _LOOK_SECONDS
    return MachineContext(
        platform=platform,
        now=situation.now,
        not_before=None,
        options={},
        limits=Limits(),
        environment=situation.environment,
        time_left=lambda: end - monotonic(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one glob shows: the number of readable files, and what keeps this account from others."""

    readable: int
    trouble: str = ""


def _look(pattern: str, machine: MachineContext) -> _Look:
    files = list(itertools.islice(machine.files(pattern), _MANY_FILES))
    folder = Path(split(pure(expand_glob(pattern, machine.environment, machine.platform), machine.platform))[0])
    if not files and folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        return _Look(readable=0, trouble=f"Your account may not look into {folder}.")
    shut = [file for file in files if not os.access(file, os.R_OK)]
    trouble = f"Your account may not read {len(shut)} of {len(files)} at {pattern}." if shut else ""
    return _Look(readable=len(files) - len(shut), trouble=trouble)


_PROFILE = "Mend it until 'sendlogs config check' finds nothing; 'sendlogs profiles' lists those that can be used."
_RIGHTS = "Run it from an account that may, or ask your administrator for read rights (such as a log group)."


def check_outbox(situation: Situation) -> Iterator[Finding]:
    """Nothing waits too long, and nothing waits in vain."""
    box = Outbox(situation.settings.state_folder, situation.settings.outbox_limit_bytes)
    try:
        entries, damaged = box.entries(), box.damaged()
    except StorageError as error:
        yield problem("outbox", str(error), error.advice)
        return
    for name, reason in [(d.name, d.reason) for d in damaged] + [
        (e.bundle_id, e.quarantined) for e in entries if e.quarantined
    ]:
        advice = f"Gather it anew, then remove this one: sendlogs outbox drop {name}"
        yield problem("outbox", f"{name} can never be delivered: {reason}", advice)
    waiting = [entry for entry in entries if not entry.quarantined]
    if not waiting:
        yield ok("outbox", "Nothing waits to be delivered.")
        return
    oldest = waiting[0]
    age = max(situation.now - oldest.queued_at, timedelta(seconds=oldest.waited_seconds))  # a clock may be set back
    told = f"{len(waiting)} waiting, the oldest for {age.total_seconds() / 3600:.1f} hours"
    why = f" ({oldest.last_error})" if oldest.last_error else ""
    level = warning if age < _LONG_WAIT else problem
    yield level("outbox", f"{told}{why}.", "Deliver it with: sendlogs outbox retry")


def check_leftovers(situation: Situation) -> Iterator[Finding]:
    """Nothing lies here that a run which was cut short has left; the next run removes it."""
    state = situation.settings.state_folder
    old = leftovers(state)
    crashes = list((state / "crashes").glob("*.txt"))
    if old:
        yield warning(
            "leftovers", f"{counted(old, 'work folder')} of what was cut short.", "The next run removes them."
        )
    if crashes:
        where = f"Give the newest to whoever helps you, then remove them: {state / 'crashes'}"
        yield warning("leftovers", f"{counted(len(crashes), 'report')} of something unexpected.", where)
    if not old and not crashes:
        yield ok("leftovers", "No run has left anything behind.")
