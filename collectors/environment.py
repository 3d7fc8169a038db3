"""The environment variables: every name, and the values of those alone that are known to be harmless.

A list of what may be shown is the only safe way round: nobody can list the variables that hold secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from collectors import Artifact, Collector, Context, Fact, Limits, Option, Sensitivity, Skipped, _options

# Shown never, even when a profile allows it: a profile may be wrong, and this list is the last word.
_NEVER = re.compile(r"TOKEN|KEY|SECRET|PASS|PWD|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE)
_HIDDEN = "(not shown)"
_HARMLESS = [
    "PATH", "PATHEXT", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "SHELL", "COMSPEC", "OS", "OSTYPE",
    "PROCESSOR_*", "NUMBER_OF_PROCESSORS", "SYSTEMROOT", "WINDIR", "TMPDIR", "TEMP", "TMP",
    "XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE", "WAYLAND_DISPLAY", "DISPLAY",
]  # fmt: skip


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """One text, ``NAME=value`` by line, sorted."""
    patterns = [each.upper() for each in _options.texts(context, "allow")]
    variables = sorted(context.environment.items())
    text = "".join(f"{_in_one_line(name)}={_shown(name, value, patterns)}\n" for name, value in variables)
    yield Artifact.of_text("environment/variables.txt", text, source="the environment of sendlogs itself")


def _shown(name: str, value: str, patterns: list[str]) -> str:
    # In upper case, because Windows does not tell PATH from Path.
    if _NEVER.search(name) or not any(fnmatchcase(name.upper(), pattern) for pattern in patterns):
        return _HIDDEN
    return _in_one_line(value)


def _in_one_line(text: str) -> str:
    """Line ends written out, or a value could pose as another variable."""
    return text.replace("\r", "\\r").replace("\n", "\\n")


COLLECTOR = Collector(
    title="Environment variables",
    gathers="The names of the environment variables; values only of those on a list of harmless ones.",
    why="A search path, a language or a proxy that is set wrongly explains many failures to start.",
    sensitivity=Sensitivity.PERSONAL,
    collect=collect,
    apart=False,
    options=(
        Option(
            name="allow",
            kind="strings",
            default=_HARMLESS,
            help="globs of variable names whose values may be shown; names of secrets stay hidden all the same",
        ),
    ),
    limits=Limits(time_seconds=5, size_bytes=2**20),
)
