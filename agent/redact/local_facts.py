"""What this machine knows about itself: names that no pattern can tell from other words.

Host name, domain, people's log-in and full names, hardware and machine numbers become rules of their own beside
the written ones. Names of three characters or fewer (``vm``, ``jo``) count only where a name is expected; longer
ones everywhere, in any case, also inside words that other signs than letters bound (``backup_jdoe_2.zip``).
"""

from __future__ import annotations

import contextlib
import getpass
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.redact.checks.people_checks import COMMON_ACCOUNTS
from agent.redact.fact_pattern import FactKind, FactPattern
from agent.redact.patterns import LazyPattern
from agent.redact.rules import OF_MACHINE, Rule

_SHORT = 3  # characters; a name this short is more often a part of something else
_LEAST = 2
_COMMON_HOSTS = frozenset(
    {"localhost", "localhost.localdomain", "localdomain", "local", "host", "server", "computer", "debian", "ubuntu"}
)
_FIRST_PERSON = 1000  # user numbers of people begin here on Linux (login.defs); on macOS at 501
_FIRST_PERSON_MACOS = 501
_NOBODY = 65534
_NO_MAC = "00:00:00:00:00:00"
_MAX_PEOPLE = 5000


@dataclass(frozen=True, slots=True)
class LocalFacts:
    """Values of this machine by kind. Equality of two instances is that of what they hold."""

    values: tuple[tuple[FactKind, str], ...] = ()

    @classmethod
    def of_this_machine(cls, extra: Sequence[tuple[FactKind, str]] = ()) -> LocalFacts:
        """What can be found out without a network and without privileges, and ``extra`` (the account given).

        Never raises: what a machine will not tell is not in it.
        """
        found = dict.fromkeys([*_hosts(), *_people(), *_of_the_system(), *_adapters(), *extra])
        return cls(tuple((kind, value.strip()) for kind, value in found if _is_telling(kind, value.strip())))

    def known_everywhere(self) -> tuple[bytes, ...]:
        """The values that redaction replaces wherever they stand; shorter ones it judges by their context."""
        return tuple(value.encode("utf-8", "surrogateescape") for _, value in self.values if len(value) > _SHORT)

    def rules(self) -> tuple[Rule, ...]:
        """One rule for each kind of value there is."""
        made = []
        for kind in dict.fromkeys(kind for kind, _ in self.values):
            values = [value for of_kind, value in self.values if of_kind == kind]
            for size, chosen in (
                ("", [v for v in values if len(v) > _SHORT]),
                ("-short", [v for v in values if len(v) <= _SHORT]),
            ):
                if chosen:
                    made.append(_rule(kind, size, chosen))
        return tuple(made)


def _is_telling(kind: FactKind, value: str) -> bool:
    lower = value.lower()
    if kind == "host":
        return len(value) >= _LEAST and lower not in _COMMON_HOSTS
    if kind in ("user", "name"):
        return (
            len(value) >= _LEAST
            and lower.encode("utf-8", "surrogateescape") not in COMMON_ACCOUNTS
            and not value.isdigit()
        )
    return len(value) > _SHORT


def _rule(kind: FactKind, size: str, values: list[str]) -> Rule:
    pattern, trigger = _short_pattern(values) if size else _mac_pattern(values) if kind == "mac" else _pattern(values)
    return Rule(
        name=f"local-{kind}{size}",
        family=OF_MACHINE,
        why="what this machine knows about itself identifies it or its people",
        source="the operating system",
        since=1,
        kind=kind,
        trigger=trigger,
        pattern=pattern,
    )


def _pattern(values: list[str]) -> tuple[FactPattern, str]:
    pattern = FactPattern(values)
    return pattern, pattern.trigger()


def _mac_pattern(values: list[str]) -> tuple[LazyPattern, str]:
    digits = sorted({re.sub(r"[^0-9a-f]", "", value.lower()) for value in values})
    words = "|".join("[:._-]?".join(each[at : at + 2] for at in range(0, len(each), 2)) for each in digits)
    return LazyPattern(rb"(?<![A-Za-z0-9])(?i:" + words.encode() + rb")(?![A-Za-z0-9])"), f"(?i:{words})"


def _short_pattern(values: list[str]) -> tuple[LazyPattern, str]:
    cased = {form for value in values for form in (value, value.lower(), value.upper())}
    forms = sorted(form.encode("utf-8", "surrogateescape") for form in cased)
    pattern = LazyPattern(_SHORT_CONTEXT.replace(b"%WORDS%", b"|".join(map(re.escape, forms))))
    words = "|".join("".join(f"\\x{byte:02x}" for byte in form) for form in forms)
    # The signs behind which a short name stands in the contexts below.
    return pattern, rf"""(?i:[\\"' =:@/\t\[(+0](?:{words}))"""


# Where a short name stands for somebody: after a word for a person or machine, around @, between path separators
# of home folders, in a log's host column.
_SHORT_CONTEXT = (
    rb"(?:(?i:user|username|login|logname|owner|account|host|hostname|computer|machine|for|by|principal|sudo|su)[\"']?"
    rb"(?:\s*[=:]\s*|(?:\s|%20|\+)+)[\"'\[(]?|(?i:[/\\](?:home|users|documents and settings)[/\\]{1,4})|@|"
    rb"[A-Za-z0-9-]{2,15}\\{1,4}|"
    rb"\b(?:[A-Z][a-z][a-z](?: |%20)(?: |%20|\d)\d(?: |%20)|\d{4}-\d\d-\d\d(?:T| |%20))[\d:.,+Z-]{8,30}(?: |%20))"
    rb"(?P<value>(?i:%WORDS%))(?!\w|-|\.\w)"
)


def _hosts() -> Iterator[tuple[FactKind, str]]:
    name = socket.gethostname()
    yield "host", name
    short, dot, domain = name.partition(".")
    yield "host", short
    if dot and domain.count("."):
        yield "host", domain
    resolved = _resolver_domains() if sys.platform != "win32" else []
    for known in resolved:
        yield "host", f"{short}.{known}"
        if known.count("."):
            yield "host", known


def _resolver_domains() -> list[str]:
    """The domains this machine completes short names with. Read, not asked of the network: that may hang."""
    try:
        text = Path("/etc/resolv.conf").read_text("utf-8", "replace")
    except OSError:
        return []
    found = re.findall(r"^(?:search|domain)\s+(.+)$", text, re.MULTILINE)
    return [name for line in found for name in line.split() if name != "."]


def _people() -> Iterator[tuple[FactKind, str]]:
    with contextlib.suppress(OSError, KeyError, ImportError):
        yield "user", getpass.getuser()
    home = Path("~").expanduser()
    if home.parent.name.lower() in ("home", "users"):
        yield "user", home.name


if sys.platform == "win32":
    from agent.redact.windows_facts import facts as _of_the_system

else:

    def _of_the_system() -> Iterator[tuple[FactKind, str]]:
        """Who has an account here, and the machine's numbers."""
        yield from _password_entries()
        yield from _numbers()

    def _password_entries() -> Iterator[tuple[FactKind, str]]:
        import pwd

        first = _FIRST_PERSON_MACOS if sys.platform == "darwin" else _FIRST_PERSON
        people = [entry for entry in pwd.getpwall() if first <= entry.pw_uid < _NOBODY]
        for entry in people[:_MAX_PEOPLE]:
            yield "user", entry.pw_name
            full_name = entry.pw_gecos.partition(",")[0]
            if " " in full_name:
                yield "name", full_name

    def _numbers() -> Iterator[tuple[FactKind, str]]:
        """Serial number and machine number: files on Linux; macOS tells them by programs, not asked here."""
        for file in ("/etc/machine-id", "/sys/class/dmi/id/product_serial", "/sys/class/dmi/id/product_uuid"):
            try:
                value = Path(file).read_text("ascii", "ignore").strip()
            except OSError:
                continue
            if len(value) > _LEAST * _SHORT and len(set(value)) > _SHORT:
                yield "serial", value


def _adapters() -> Iterator[tuple[FactKind, str]]:
    import psutil

    try:
        addresses = psutil.net_if_addrs()
    except OSError:
        return
    for entries in addresses.values():
        for entry in entries:
            if entry.family == psutil.AF_LINK and entry.address and entry.address != _NO_MAC:
                yield "mac", entry.address
