"""What on this machine would keep a bundle from arriving: a row of small checks, each bounded, none that raises.

A check is for a machine where things are broken. So one that fails or hangs is itself a finding, and the others
still run. Nothing is changed and nothing is sent but the questions whether the endpoint answers and knows us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from agent.doctor.findings import Check, Finding, Situation, ok, problem
from agent.doctor.local import check_disk, check_leftovers, check_logs, check_outbox, check_state_folder
from agent.doctor.network import check_endpoint, check_proxy, check_way
from agent.doctor.own_folders import check_profile_folders, check_rules
from agent.endpoints import Endpoint
from collectors._bounded import call as bounded_call
from config import ConfigurationProblem, settings
from config.settings import Settings

_LOCAL_SECONDS = 10.0  # a dead network drive in the profile's globs must not hold up the rest
_NETWORK_SECONDS = 30.0  # name, TCP, TLS and clock have 5 s each; the endpoint's check makes two requests

CHECKS: tuple[tuple[str, Check, float], ...] = (
    ("state folder", check_state_folder, _LOCAL_SECONDS),
    ("disk", check_disk, _LOCAL_SECONDS),
    ("redaction", check_rules, _LOCAL_SECONDS),
    ("profiles", check_profile_folders, _LOCAL_SECONDS),
    ("logs", check_logs, _LOCAL_SECONDS),
    ("proxy", check_proxy, _LOCAL_SECONDS),
    ("way", check_way, _NETWORK_SECONDS),
    ("endpoint", check_endpoint, _NETWORK_SECONDS),
    ("outbox", check_outbox, _LOCAL_SECONDS),
    ("leftovers", check_leftovers, _LOCAL_SECONDS),
)
"""Name, check, and the seconds it may take; in the order in which they are told."""


def examine(
    environment: Mapping[str, str],
    connect: Callable[[str, Settings], Endpoint],
    *,
    endpoint: str | None = None,
    profile: str | None = None,
) -> Iterator[Finding]:
    """Look at everything, each finding as it is made. ``endpoint`` and ``profile`` default to the settings'."""
    try:
        loaded = settings.load(environment)
    except (ConfigurationProblem, OSError) as trouble:
        yield problem("configuration", str(trouble), "Everything else depends on it; see docs/settings.md.")
        return
    read = ", ".join(map(str, loaded.files)) or "no file; the built-in settings are in use"
    yield ok("configuration", f"The settings can be used ({read}).")
    situation = Situation(
        settings=loaded.settings,
        environment=environment,
        endpoint=endpoint or loaded.settings.endpoint,
        profile=profile or loaded.settings.profile,
        connect=connect,
        now=datetime.now(UTC),
    )
    for name, check, seconds in CHECKS:
        yield from run_check(name, check, situation, seconds)


def run_check(name: str, check: Check, situation: Situation, timeout_seconds: float) -> list[Finding]:
    """What a check finds; that it raised or did not end in time is a finding too."""
    advice = "Look at that part of the machine by hand, then run 'sendlogs doctor' again."
    try:
        return bounded_call(lambda: list(check(situation)), timeout_seconds=timeout_seconds)
    except TimeoutError:
        return [problem(name, f"No answer within {timeout_seconds:g} seconds.", advice)]
    except Exception as trouble:  # the boundary: a broken machine is what doctor is for, and the rest must be told
        return [problem(name, f"It could not be looked at: {str(trouble) or type(trouble).__name__}", advice)]
