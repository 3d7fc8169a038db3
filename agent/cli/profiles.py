"""``sendlogs profiles``: the applications this computer knows how to gather for."""

from __future__ import annotations

import sys

from agent.cli.options import verb
from agent.cli.output import Output
from agent.cli.session import open_session
from agent.errors import ConfigError
from config import ConfigurationProblem


@verb(example="sendlogs profiles")
def command(output: Output) -> int | None:
    """List the profiles: one for each application, the built-in ones and those of this computer's folders.

    A profile that cannot be used is named on stderr, as a folder that is not there, and the exit code is then 3.
    """
    from agent import profile_faults
    from agent.collect.machine import this_platform
    from config import profiles

    settings = open_session().settings
    folders = settings.profile_folders
    broken = 0
    for sentence in profiles.missing(settings.needed_profile_folders):
        output.warning(sentence)
        broken += 1
    for name in profiles.available(folders):
        try:
            found = profiles.load(name, this_platform(), folders)
            for fault in profile_faults.faults(found, this_platform()):
                raise fault
        except (ConfigurationProblem, ConfigError) as problem:
            output.record("broken_profile", {"name": name, "message": str(problem)}, f"{name}: cannot be used")
            output.note(f"{problem} {problem.advice}" if isinstance(problem, ConfigError) else str(problem))
            broken += 1
            continue
        here = "" if sys.platform in found.platforms else " (not on this platform)"
        values = {
            "name": name,
            "title": found.title,
            "product": found.product,
            "platforms": found.platforms,
            "collectors": sorted(found.collectors),
            "unconfirmed": found.unconfirmed,
            "file": found.file,
        }
        output.record("profile", values, f"{name:<18} {found.title}{here}")
    return ConfigError.exit_code if broken else None
