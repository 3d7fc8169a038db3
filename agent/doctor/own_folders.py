"""The checks of ``doctor`` that look at the folders of own redaction rules and own profiles: a share may be away."""

from __future__ import annotations

from collections.abc import Iterator

from agent.doctor.findings import Finding, Situation, ok, problem, warning
from agent.redact import load_rules
from config import ConfigurationProblem, profiles


def check_rules(situation: Situation) -> Iterator[Finding]:
    """Every redaction rule can be used; without one of them nothing is gathered."""
    try:
        rules = load_rules(situation.settings.needed_redaction_folders)
    except ConfigurationProblem as trouble:
        yield problem("redaction", f"{trouble}.", "Nothing is gathered before; then run: sendlogs config check")
        return
    yield ok("redaction", f"The redaction rules can be used (version {rules.version}).")


def check_profile_folders(situation: Situation) -> Iterator[Finding]:
    """The folders of profiles that the settings name are there."""
    for trouble in profiles.missing(situation.settings.needed_profile_folders):
        yield warning("profiles", f"{trouble}.", "Until then its profiles are missing, and built-in ones may stand in.")
