"""The vocabulary of the support desk as data: severities, statuses and who may follow whom, queues.

Read by ``desk.settings``, which hands it to django-helpdesk through that program's own settings. The numbers
are stored in the database and told over the API: never renumber them.
"""

from __future__ import annotations

import enum


class Severity(enum.IntEnum):
    """How bad it is for the customer, 1 the worst; kept in the ``priority`` of a helpdesk ticket."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4


SEVERITY_MEANINGS = {
    Severity.CRITICAL: "Work cannot go on: complete loss of service, cannot restore, account expired.",
    Severity.HIGH: "Severe loss of service; work goes on in a restricted way; no workaround.",
    Severity.MEDIUM: "Minor or partial loss of service; an inconvenience that may need a workaround.",
    Severity.LOW: "A question, a documentation error or a wish; little or no effect on operation.",
}


class Status(enum.IntEnum):
    """Where a ticket stands. The first five numbers are those that django-helpdesk knows by role."""

    NEW = 1
    OPEN = 2  # also what a ticket goes back to when its requester answers
    SOLVED = 3
    CLOSED = 4
    DUPLICATE = 5  # set by django-helpdesk on the source when two tickets are merged
    PENDING = 6  # waits for the requester


STATUS_FLOW = {
    Status.NEW: (Status.NEW, Status.OPEN, Status.PENDING, Status.SOLVED, Status.CLOSED),
    Status.OPEN: (Status.OPEN, Status.PENDING, Status.SOLVED),
    Status.PENDING: (Status.PENDING, Status.OPEN, Status.SOLVED, Status.CLOSED),
    Status.SOLVED: (Status.SOLVED, Status.OPEN, Status.CLOSED),
    # An end names itself: django-helpdesk reads an empty flow as "anything may follow".
    Status.CLOSED: (Status.CLOSED,),
    Status.DUPLICATE: (Status.DUPLICATE,),
}

ENDED = (Status.CLOSED, Status.DUPLICATE)
"""Statuses in which a ticket takes nothing more."""

ANSWERED_BY_REQUESTER = (Status.PENDING, Status.SOLVED)
"""Statuses that an answer of the requester, a bundle among them, turns back into ``OPEN``."""

QUEUES = (
    # (slug, title): where requests come in; what a champion manager reviews; suspected bugs with their steps.
    ("support", "Support"),
    ("escalations", "Escalations"),
    ("bugs", "Bugs"),
)

QUEUE_OF_NEW_TICKETS = "support"
