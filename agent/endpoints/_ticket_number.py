"""What a person types as a ticket number, checked before any endpoint is asked."""

from __future__ import annotations

import re

from agent.endpoints import DIGITS, Capabilities
from agent.errors import UnknownTicket


def ticket_number(typed: str, capabilities: Capabilities) -> str:
    """The number alone, as the endpoint's pattern finds it in ``typed``.

    Raise ``UnknownTicket``: whatever cannot be a number is the number of no ticket.
    """
    found = re.fullmatch(capabilities.number_pattern, typed.strip())
    if found is None:
        shown = typed if len(typed) <= 40 else f"{typed[:40]}…"  # enough to recognise one's own typing
        digits = capabilities.number_pattern.endswith(DIGITS)
        how = "; a number is digits, such as 1234 or #1234." if digits else ", as that tracker writes them."
        raise UnknownTicket(f"{shown!r} is not a ticket number{how}")
    return found["number"]
