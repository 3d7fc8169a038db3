"""What of a profile cannot be carried out: a plan is refused for the first, and a check of the settings tells all.

The schema of profiles knows no collector. Which there are, which options each has, and what an option takes, the
collectors declare.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import collectors
from agent.errors import ConfigError
from collectors import Collector, Platform, _option_checks
from config.profiles import Profile


def faults(profile: Profile, platform: Platform) -> Iterator[ConfigError]:
    """Every fault of what ``profile`` asks of the collectors on ``platform``, by file, collector and option."""
    known = collectors.installed()
    for name, options in sorted(profile.collectors.items()):
        if name not in known:
            yield ConfigError(
                f"{profile.file}: there is no collector '{name}'.",
                advice="Run 'sendlogs collectors' to see the names of all collectors.",
            )
        elif platform in known[name].platforms:
            yield from _of_options(known[name], options, f"{profile.file}: collectors.{name}")


def _of_options(declared: Collector, given: Mapping[str, object], place: str) -> Iterator[ConfigError]:
    options = {option.name: option for option in declared.options}
    for key, value in given.items():
        if key not in options:
            known = ", ".join(sorted(options)) or "none"
            yield ConfigError(f"{place} has no option '{key}'.", advice=f"Its options are: {known}.")
            continue
        for fault in _option_checks.faults(options[key], value):
            yield ConfigError(f"{place}.{key}{fault}.", advice=f"That is: {options[key].help}.")
