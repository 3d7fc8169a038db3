"""The check digit of J. Verhoeff, and India's number of a person, which ends in one.

J. Verhoeff, "Error Detecting Decimal Codes", Mathematical Centre Tracts 29, Amsterdam 1969; the tables are the
multiplication of the group of the pentagon, and the permutation that moves each place.
"""

from __future__ import annotations

import re

from agent.redact.checks.number_checks import digits_of

_MULTIPLIED = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_FIRST_MOVE = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def passes_verhoeff(digits: list[int]) -> bool:
    """The check of J. Verhoeff, in the group of the pentagon: finds a wrong digit, and two that changed places."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        moved = digit
        for _ in range(place % 8):
            moved = _FIRST_MOVE[moved]
        check = _MULTIPLIED[check][moved]
    return check == 0


def is_aadhaar(value: bytes, _match: re.Match[bytes]) -> bool:
    """India, UIDAI: twelve digits, or sixteen for a number in its place, the first not 0 or 1, with their check."""
    digits = digits_of(value)
    return digits[0] > 1 and len(set(digits)) > 2 and passes_verhoeff(digits)
