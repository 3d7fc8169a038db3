"""From when on, and how much of it, the system's log is asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from collectors import Context

_DEFAULT_DAYS = 7  # as far back as a bundle goes when nobody says (--since)
ANSWER_LIMIT_BYTES = 8 * 2**20  # of Context.run; a longer answer ends there


def since(context: Context) -> datetime:
    """The first moment that is wanted, aware, UTC."""
    return context.not_before or context.now - timedelta(days=_DEFAULT_DAYS)


def cut(answer: str) -> str | None:
    """What is missing from a command's answer, or ``None``."""
    if len(answer.encode("utf-8", "surrogateescape")) < ANSWER_LIMIT_BYTES:
        return None
    return "the answer was longer than 8 MiB: its end is missing"


def last_lines(text: str, lines: int) -> tuple[str, str | None]:
    """The last ``lines`` lines, and a sentence about what was cut, or ``None``."""
    every = text.splitlines(keepends=True)
    if len(every) <= lines:
        return text, None
    return "".join(every[len(every) - lines :]), f"only the last {lines} of {len(every)} lines"
