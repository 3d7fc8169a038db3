"""Where bundles go: the contract of a ticketing endpoint, and the list of those installed.

An endpoint is a module of this package with one constant ``ENDPOINT``, an :class:`EndpointKind`; the file's
name is the scheme of its addresses (``desk:https://desk.example``, ``folder:/mnt/support``). Every member
must pass the contract suite in ``tests/contracts/test_endpoints.py``, which finds it by this scan.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from agent.errors import UsageError
from agent.flow import Archive, Consent, Ticket, TicketDraft

DIGITS = r"(?P<number>[1-9][0-9]{0,17})"  # of a ticket number, where it has nothing else

UploadProgress = Callable[[int, int], None]
"""Called with (sent bytes, total bytes) while an archive goes out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What an endpoint may use to connect: its address and this machine's network settings.

    ``credential_file`` is where this device's credential for this address lies (it may not exist yet): its own, or
    the tracker's token that an administrator put there.
    """

    address: str  # without the scheme: a URL or a folder
    credential_file: Path
    proxy: str | None = None
    ca_file: Path | None = None
    timeout_seconds: float = 30.0
    retry_seconds: float = 0.0  # how long one request may pause in all before it is tried again; 0: try once
    upload_bytes_per_second: int | None = None  # at most; None: as fast as the line is


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an endpoint can do; the plan goes by it, and a person is told.

    What holds of every endpoint is not declared but kept: uploads are streamed, a ticket and a bundle are found
    again by the bundle's id, and a closed ticket takes nothing.
    """

    largest_bundle_bytes: int | None = None  # of one file; None: no limit, or one that only its keeper knows
    takes_volumes: bool = False  # a bundle may come as several files; ``attach`` goes by ``Archive.volume_bytes``
    number_pattern: str = f"#?{DIGITS}"  # full match; what a ticket number looks like, and perhaps its ``queue``
    needs_enrolment: bool = False  # ``sendlogs enroll`` first: the module has an ``enroll``
    link_only: bool = False  # it takes no files; ``attach`` refuses, and there is an ``attach_link``


class Endpoint(Protocol):
    """A connected endpoint. Every method may raise ``EndpointError`` or one of its children.

    Each trouble has its error: not found ``UnknownTicket``, closed ``ClosedTicket``, too large ``TooLarge``, wrong type
    ``WrongType``, not let in ``NotEnrolled``, rate-limited ``RateLimited``, answer lost ``Ambiguous``, not reached
    ``Unreachable``, and any other refusal ``EndpointError``. Only ``Unreachable`` and its children are worth repeating,
    and repeating is always safe: each method looks before it acts. No 2xx is trusted: ``attach`` returns only after the
    endpoint has told the SHA-256 of what it *stored*, and that equals the archive's.
    """

    def look_up(self, number: str) -> Ticket:
        """The ticket; raise ``UnknownTicket`` (absent or not this device's, told alike)."""

    def open(self, draft: TicketDraft) -> Ticket:
        """Open a ticket; the same idempotency key again returns the ticket of the first time."""

    def attach(self, ticket: Ticket, archive: Archive, consent: Consent, progress: UploadProgress) -> str:
        """Attach the archive, read its SHA-256 back, return a link to it.

        The same bundle again is not a second attachment. With ``takes_volumes``, one that has more than its
        ``volume_bytes`` is attached as volumes, each once and each read back; the link is to the first. Raise
        ``ClosedTicket``, ``TooLarge``, ``WrongType``.
        """

    def tickets(self) -> list[Ticket]:
        """This device's tickets, newest first."""

    def check(self) -> str:
        """A sentence that says that the endpoint answers and accepts us; raise what keeps it from that."""


class LinkEndpoint(Endpoint, Protocol):
    """An endpoint that is ``link_only``: a bundle lies elsewhere, and the ticket says where and what it is."""

    def attach_link(
        self, ticket: Ticket, archive: Archive, consent: Consent, link: str, expires_at: datetime | None
    ) -> str:
        """Tell on the ticket the link, its end and the archive's SHA-256, read that back, return where it stands.

        The same again is told once; another link for the bundle is told beside the first. Raise ``ClosedTicket``.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAside:
    """A bundle that an endpoint keeps without its ticket, ``until`` a day; or with one that it was put on since."""

    until: str
    ticket: str | None
    link: str


@runtime_checkable
class AsideEndpoint(Protocol):
    """An endpoint that keeps a bundle whose ticket is gone, for support to put it on another one."""

    def keep_aside(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> KeptAside:
        """Leave the archive meant for that ticket, and read its SHA-256 back. The same again is not a second one."""


@runtime_checkable
class PlacedEndpoint(Protocol):
    """An endpoint that is a place on this computer, whose name a person may have mistyped."""

    def require_place(self) -> None:
        """Raise ``UsageError`` when it takes nothing and never did, so that a bundle would wait for it in vain."""


def require_place(endpoint: Endpoint) -> None:
    """Raise ``UsageError`` for an endpoint that is a place on this computer, and takes nothing and never did."""
    if isinstance(endpoint, PlacedEndpoint):
        endpoint.require_place()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointKind:
    """The declaration of an endpoint."""

    title: str
    address_help: str  # what stands after "scheme:", with an example
    capabilities: Capabilities
    connect: Callable[[Connection], Endpoint]


def installed() -> dict[str, EndpointKind]:
    """Every endpoint of this package by scheme, sorted; found by scanning the folder."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    return {name: importlib.import_module(f"{__name__}.{name}").ENDPOINT for name in names}


def split_address(endpoint: str) -> tuple[str, str]:
    """``"desk:https://x"`` as ``("desk", "https://x")``. Raise ``UsageError`` for an unknown scheme."""
    scheme, colon, address = endpoint.partition(":")
    kinds = installed()
    if not colon or scheme not in kinds or not address:
        written = f"KIND:ADDRESS, such as folder:/mnt/support; KIND is one of {', '.join(kinds)}"
        if scheme in kinds:
            written = f"{scheme}:{kinds[scheme].address_help}"
        raise UsageError(f"'{endpoint}' is not an endpoint.", advice=f"Write {written}.")
    return scheme, address
