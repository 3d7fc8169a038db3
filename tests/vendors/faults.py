"""A fake of a vendor, as the contract suite and the tests of its endpoint use it; and what goes wrong on its line."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from agent.endpoints import Connection, installed
from agent.errors import TooLarge, Unreachable
from agent.flow import Archive, Consent, TicketDraft
from agent.volumes import volumes_of
from tests.vendors.server import Reply, VendorServer

Told = tuple[TicketDraft, Archive, Consent]
"""What a delivery tells."""


class Vendor(Protocol):
    """What each fake has; its module has the constants ``OURS`` and ``THEIRS``, the tokens of two accounts."""

    server: VendorServer
    address: str  # without the scheme

    def close(self, number: str) -> None:
        """Close the ticket, as the vendor's agents do."""

    def damage(self, number: str, bundle_id: str) -> None:
        """Let the stored bytes rot."""

    def kept(self) -> tuple[int, int]:
        """How many tickets and how many attachments there are."""


def device(name: str, vendor: Vendor, folder: Path, token: str, timeout_seconds: float = 5.0) -> Any:
    """The endpoint as one device sees it, which has its token already."""
    connection = Connection(
        address=vendor.address, credential_file=folder / token[:24].replace(":", "-"), timeout_seconds=timeout_seconds
    )
    importlib.import_module(f"agent.endpoints.{name}").enroll(connection, token, "")
    return installed()[name].connect(connection)


def ignore(sent_bytes: int, total_bytes: int) -> None:
    """The progress of an upload that nobody looks at."""


# Each as it may befall any request: nothing reached the vendor, everything did, or another one answered.
FAULTS: dict[str, str | Reply] = {
    "cut before": "cut before",
    "cut after": "cut after",
    "stall": "stall",
    "truncate": "truncate",
    "429": Reply(429, {"error": "slow down"}, headers={"Retry-After": "7"}),
    "503": Reply(503, {"error": "maintenance"}),
    "500": Reply(500, {"error": "internal"}),
    "html": Reply(200, body=b"<html>Log in to this network</html>", headers={"Content-Type": "text/html"}),
    "redirect": Reply(302, body=b"", headers={"Location": "https://elsewhere.example/"}),
    "nginx 413": Reply(413, body=b"<html>413</html>", headers={"Content-Type": "text/html"}),
}


def deliver_through(
    fault: str,
    name: str,
    make: Callable[[], Vendor],
    token: str,
    folder: Path,
    told: Told,
) -> int:
    """Deliver with the fault at each request in turn, and again as the outbox does; each must end as one of each.

    Of an archive that goes in volumes, each volume once. Returns the number of requests that were hurt.
    """
    hurt, calm = 0, False
    while not calm:
        vendor = make()
        with vendor.server.running():
            vendor.server.troubles = [*[None] * hurt, FAULTS[fault]]
            endpoint = device(name, vendor, folder, token, timeout_seconds=0.5)
            try:
                _deliver(endpoint, *told)
                calm = bool(vendor.server.troubles)  # the fault was not reached: every request had its turn
            except TooLarge:
                assert "413" in fault
                _deliver(endpoint, *told)
            except Unreachable:
                _deliver(endpoint, *told)
            assert vendor.kept() == (1, len(volumes_of(told[1]))), f"{fault} at request {hurt}"
        hurt += not calm
    return hurt


def _deliver(endpoint: Any, draft: TicketDraft, archive: Archive, consent: Consent) -> None:
    ticket = endpoint.open(draft)
    assert endpoint.attach(ticket, archive, consent, ignore)
