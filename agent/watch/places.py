"""Where the crashes and the logs of an application show on this machine: as its profile has it, variables filled in.

Beside the profile's own places of crash reports there is one that every Linux with systemd has: systemd-coredump
writes ``core.<name>.<user>.<boot>.<process>.<time>.<packing>`` (systemd-coredump(8)), so that a crash of a worker
shows as well, which is no failure of the service to systemd. A name there is the kernel's, 15 characters at most
(proc(5), ``comm``). Where no dump is kept, an application's own log may tell: the profile says which, and what; and
systemd tells of a whole service that failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.collect.file_search import expand_glob
from collectors import Platform
from config.profiles import Profile

_CORE_DUMPS = "/var/lib/systemd/coredump/core.{}.*"
_KERNEL_NAME_CHARACTERS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An application by the name of its profile, and patterns of whole paths: of crashes, and of its logs.

    ``telling_logs`` are patterns of logs that tell of crashes themselves, in one of ``phrases``; ``units`` patterns of
    names of systemd's services.
    """

    profile: str
    crashes: tuple[str, ...]
    logs: tuple[str, ...]
    telling_logs: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


def of_profile(profile: Profile, platform: Platform, environment: Mapping[str, str]) -> Watched:
    """What there is to watch of an application on ``platform``, for the person of ``environment``."""
    crashes = _texts(profile, "crash_reports", "globs")
    if platform == "linux":
        processes = {*_texts(profile, "resources", "processes"), *_texts(profile, "system_log", "identifiers")}
        crashes += tuple(_CORE_DUMPS.format(name[:_KERNEL_NAME_CHARACTERS]) for name in sorted(processes))

    def filled(patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(expand_glob(pattern, environment, platform) for pattern in patterns)

    logs = _texts(profile, "application_logs", "globs")
    return Watched(
        profile=profile.name,
        crashes=filled(crashes),
        logs=filled(logs),
        telling_logs=filled(_texts(profile, "crash_reports", "telling_logs")),
        phrases=_texts(profile, "crash_reports", "phrases"),
        units=_units(profile) if platform == "linux" else (),
    )


def _units(profile: Profile) -> tuple[str, ...]:
    """The names are those of the collector of services, which takes one without its ending as well."""
    names = _texts(profile, "services", "names")
    return tuple(sorted({name if name.endswith(".service") else f"{name}.service" for name in names}))


def _texts(profile: Profile, collector: str, option: str) -> tuple[str, ...]:
    found = profile.collectors.get(collector, {}).get(option)
    return tuple(str(text) for text in found) if isinstance(found, list) else ()
