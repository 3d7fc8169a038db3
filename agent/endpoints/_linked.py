"""A tracker that takes links alone, with a place beside it that takes the bundles: a desk, usually.

The ticket is the tracker's. A bundle goes to a ticket of its own at the other place, opened under the bundle's id, and
the tracker's ticket is told the address and the SHA-256. Each step looks whether it was done already, so
that a repetition after any failure is one bundle and one link.
"""

from __future__ import annotations

from typing import cast

from agent.endpoints import Endpoint, LinkEndpoint, UploadProgress
from agent.flow import Archive, Consent, Severity, Ticket, TicketDraft

_LONGEST_SUBJECT = 200  # as the desk takes it


class LinkedEndpoint:
    """``tracker`` for the tickets, ``store`` for the bundles. An ``Endpoint``; its methods raise as theirs do."""

    def __init__(self, tracker: Endpoint, store: Endpoint) -> None:
        self._tracker, self._store = cast("LinkEndpoint", tracker), store

    def look_up(self, number: str) -> Ticket:
        """The tracker's ticket."""
        return self._tracker.look_up(number)

    def open(self, draft: TicketDraft) -> Ticket:
        """A ticket of the tracker."""
        return self._tracker.open(draft)

    def tickets(self) -> list[Ticket]:
        """Those of the tracker."""
        return self._tracker.tickets()

    def check(self) -> str:
        """What both say of themselves."""
        return f"{self._tracker.check()} {self._store.check()}"

    def attach(self, ticket: Ticket, archive: Archive, consent: Consent, progress: UploadProgress) -> str:
        """Put the bundle into the store and its link on the ticket; the address is that of the link's own place."""
        shelf = self._store.open(_draft(ticket, archive))
        link = self._store.attach(shelf, archive, consent, progress)
        return self._tracker.attach_link(ticket, archive, consent, link, None)  # neither desk nor folder sets an end


def _draft(ticket: Ticket, archive: Archive) -> TicketDraft:
    """The store's ticket says whose it is; what is wrong stands on the tracker's."""
    return TicketDraft(
        idempotency_key=archive.bundle_id,
        subject=f"Bundle for ticket {ticket.number}: {ticket.subject}"[:_LONGEST_SUBJECT],
        description=f"The ticket is {ticket.link}, which takes links alone.",
        severity=Severity(ticket.severity) if ticket.severity else Severity.LOW,
        product="",
        computer_id="",
        operating_system="",
        account="",
        version="",
        cloud=None,
    )
