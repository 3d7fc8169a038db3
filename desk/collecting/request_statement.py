"""What a collection request says, in the words of decision 80, and what is no such word.

The device refuses what is not exactly so. The desk refuses it first, so that the champion learns it at once.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from datetime import UTC, datetime

PROFILE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
SHORTEST_SINCE_SECONDS, LONGEST_SINCE_SECONDS = 60, 2_678_400  # a minute, 31 days
REQUESTER_CHARACTERS, REASON_CHARACTERS = 150, 1000
# Unicode 15, table 2-3 and DerivedCoreProperties.txt (Default_Ignorable_Code_Point): what is drawn as nothing although
# its category is that of a letter, a mark or a symbol.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_VARIATIONS = range(0xE0100, 0xE01F0)


def shown(text: str) -> str:
    """``text`` as a person may be shown it: on one line, in form NFC, without what steers a terminal or hides."""
    one_line = " ".join(text.split())
    return " ".join(unicodedata.normalize("NFC", "".join(filter(_is_visible, one_line))).split())


def _is_visible(character: str) -> bool:
    hidden = character in _INVISIBLE or ord(character) in _VARIATIONS
    return not hidden and not unicodedata.category(character).startswith(("C", "Zl", "Zp"))


def statement(
    *,
    request_id: uuid.UUID,
    tenant: str,
    device_id: uuid.UUID,
    ticket: int,
    requester: str,
    reason: str,
    profile: str,
    since_seconds: int | None,
    not_before: datetime,
    expires_at: datetime,
) -> dict[str, object]:
    """The payload of a request; times are aware, and whole seconds."""
    return {
        "request_id": str(request_id),
        "tenant": tenant,
        "device_id": str(device_id),
        "ticket": str(ticket),
        "requester": requester,
        "reason": reason,
        "profile": profile,
        "options": {} if since_seconds is None else {"since_seconds": since_seconds},
        "not_before": _written(not_before),
        "expires_at": _written(expires_at),
    }


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
