"""The types that flow from a front to the receipt: frozen, keyword-only, and nothing but values.

In the order they are made: ``Request`` → ``Plan`` → (``Artifact`` | ``Fact`` | ``Skipped``, of ``collectors``) →
``Redacted`` → ``Archive`` → ``Receipt``; what a whole run came to is an ``Outcome``. Progress leaves sideways
(``agent.events``). No stage hands a dict to the next. Times are aware UTC, sizes ``_bytes``, durations ``_seconds``.
Only ``agent.redact`` makes a ``Redacted`` (import-linter and a test hold that), and ``agent.archive`` takes
nothing else, so that no path leads from raw bytes into a bundle.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import ClassVar, Literal

from agent.replaced_lines import ReplacedLines
from collectors import Fact, Limits, Origin, RequestItem, Sensitivity, Skipped

Pack = Literal["auto", "small", "quick"]
"""What packing is to save: ``small`` bytes at the cost of time, ``quick`` time at the cost of bytes."""


class Severity(enum.IntEnum):
    """How bad it is for the customer; the desk sorts by it. The words are the desk's, shown to users."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4

    @property
    def meaning(self) -> str:
        """The sentence by which a person picks this severity."""
        return _SEVERITY_MEANINGS[self]


_SEVERITY_MEANINGS = {
    Severity.CRITICAL: "work cannot go on: complete loss of service, cannot restore, account expired",
    Severity.HIGH: "severe loss of service, work goes on in a restricted way, no workaround",
    Severity.MEDIUM: "minor or partial loss of service, an inconvenience that may need a workaround",
    Severity.LOW: "a question, a documentation error or a wish; little or no effect on operation",
}


class Front(enum.Enum):
    """Which front a request came from."""

    TRAY = "tray"
    CLI = "cli"
    REMOTE = "remote"
    WATCH = "watch"  # a crash that the service noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """Open a ticket with this subject."""

    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingTicket:
    """Add to the ticket with this number, as the endpoint writes numbers (digits, for the desk).

    ``queue`` is the one that a person typed before it (``support-17``), or "": the ticket must then be in it.
    """

    number: str
    queue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks for a bundle, why, of what, and for which ticket. Made by a front.

    ``ticket`` is ``None`` for a bundle that stays here. ``since`` bounds the age of log material.
    ``log_folders`` are added by the person at the machine; a remote request never has any.
    ``exclude`` are globs over paths in the bundle, for what the person takes out.
    """

    front: Front
    profile: str
    ticket: NewTicket | ExistingTicket | None
    requested_by: str
    asked_at: datetime
    reason: str = ""
    description: str = ""
    severity: Severity = Severity.LOW
    account: str = ""
    cloud: bool | None = None
    since_seconds: float | None = None
    log_folders: tuple[Path, ...] = ()
    exclude: tuple[str, ...] = ()
    limit_bytes: int | None = None  # of the bundle; the settings and the endpoint may allow less (decision 59)
    pack: Pack = "auto"
    endpoint: str | None = None  # "desk:URL" or "folder:DIR"; None: the configured one


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One collector to run, with everything it needs to know."""

    collector: str
    title: str
    gathers: str
    sensitivity: Sensitivity
    options: Mapping[str, object]
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How the plan means to answer one of the nine items of a support request."""

    item: RequestItem
    title: str
    source: str  # where it would come from, or what the person must add
    value: str | None = None  # already known when planning


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything the stages after it need: no stage below reads configuration.

    The same object is printed by ``sendlogs plan``, shown in the dialog, and written to the manifest.
    """

    bundle_id: str  # a random UUID; the idempotency key of the delivery
    made_at: datetime
    request: Request
    product: str
    steps: tuple[Step, ...]
    skipped: tuple[Skipped, ...]  # collectors that do not run here, and why
    answers: tuple[Answer, ...]  # the nine items, in support's order
    computer_id: str  # our own GUID; an application's GUID is a Fact
    not_before: datetime | None
    deadline_seconds: float
    limit_bytes: int  # of the finished archive
    volume_bytes: int | None = None  # of one file, where the endpoint takes a bundle in several; None: it goes in one
    volumes_bytes: int | None = None  # of all files of one that goes in several: what must be kept may come to so much
    pack: Pack = "auto"
    keep_hosts: tuple[str, ...]  # well-known hosts of the application: not pseudonymised
    endpoint: str | None
    consent: Literal["ask", "notify", "allow"]
    agent_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """Redacted bytes in a private temporary file, and what was done to them.

    ``path`` is the path in the bundle, itself redacted. ``counts`` is rule name → number of replacements,
    ``lines`` the first lines of them (none for an archive, whose members have lines of their own). ``withheld`` is
    what of an archive could not be redacted, and is not in ``file``.
    """

    path: str
    file: Path  # owner-only; removed with the work folder
    size_bytes: int
    sha256: str
    media_type: str
    origin: Origin  # its source redacted too
    counts: Mapping[str, int]
    truncated: str | None = None
    lines: Mapping[str, ReplacedLines] = field(default_factory=dict)
    withheld: tuple[Skipped, ...] = ()


RedactedItem = Redacted | Skipped | Fact
"""What leaves redaction; ``Skipped`` and ``Fact`` have their texts redacted as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of a finished archive, as its manifest lists it."""

    path: str
    size_bytes: int
    sha256: str
    source: str
    replacements: int
    truncated: str | None = None

    @staticmethod
    def of(item: Redacted) -> Member:
        """The member that ``item`` becomes."""
        return Member(
            path=item.path,
            size_bytes=item.size_bytes,
            sha256=item.sha256,
            source=item.origin.source,
            replacements=sum(item.counts.values()),
            truncated=item.truncated,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A finished ``.7z``, owner-only from its first byte."""

    bundle_id: str
    file: Path
    size_bytes: int
    sha256: str
    made_at: datetime
    members: tuple[Member, ...]
    skipped: tuple[Skipped, ...]
    facts: Mapping[RequestItem, str]  # as they stand in the manifest (identities are pseudonyms)
    counts: Mapping[str, int]  # rule name → replacements in the whole bundle
    volume_bytes: int | None = None  # goes in files of so many bytes at most (``agent.volumes``); None: in one
    # Whether reading raises for bytes that are not those of the hash, so that nobody has to hash them once more.
    proves_what_is_read: ClassVar[bool] = False

    def open(self) -> BufferedReader:
        """The bytes to be sent, readable and seekable: the one way to them, for ``file`` may be sealed.

        Raise ``OSError``; a sealed archive's reading may raise ``StorageError``, too.
        """
        return self.file.open("rb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Who agreed that exactly these bytes leave, how, and when."""

    archive_sha256: str
    given_by: str  # the log-in name of the person, or "policy"
    how: Literal["asked", "flag", "notified", "policy"]  # flag: --yes
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket as the endpoint tells it; ``queue`` is "" where it tells none."""

    number: str
    link: str
    subject: str
    status: str
    severity: int | None
    accepts_bundles: bool
    queue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The endpoint holds the bundle: proved by reading its hash back. The only proof of delivery."""

    bundle_id: str
    endpoint: str
    ticket: str
    link: str
    sha256: str
    size_bytes: int
    delivered_at: datetime
    consent: Consent
    pseudonym_scope: str  # what the stand-ins of this ticket are keyed by; not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The bundle waits in the outbox; ``reason`` says what kept it."""

    bundle_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The person said no; nothing left and nothing is kept."""

    reason: str = "declined at the computer"


Outcome = Receipt | Queued | Declined


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDraft:
    """What a new ticket says: the person's words (credentials masked) and what the agent found.

    ``idempotency_key`` is the bundle's id: opening twice with one key gives one ticket.
    """

    idempotency_key: str
    subject: str
    description: str
    severity: Severity
    product: str
    computer_id: str
    operating_system: str
    account: str
    version: str
    cloud: bool | None
