"""Numbers of states behind their own word where that is inflected, or others stand in between (numer PESEL pacjenta …).

The word tells how many digits there are and which check they have; a number with another length or check is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from agent.redact.checks.number_checks import digits_of, weighted_sum
from agent.redact.checks.state_numbers import has_check, is_iso_7064


def _is_ukrainian(digits: Sequence[int]) -> bool:
    return weighted_sum(digits, (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10 == digits[9]


def _is_dutch(digits: Sequence[int]) -> bool:
    return weighted_sum(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


_Check = Callable[[Sequence[int]], bool]
# How a word begins, in small letters; without a check of its own, that of ``state_numbers`` for its length.
_WORDS: dict[str, tuple[tuple[int, ...], _Check | None]] = {
    "oib": ((11,), is_iso_7064),
    "рнокпп": ((10,), _is_ukrainian),
    "bsn": ((9,), _is_dutch),
    "burgerservice": ((9,), _is_dutch),
    **dict.fromkeys(("steuer", "pesel", "isikukood", "asmens", "fødselsnum", "fodselsnum"), ((11,), None)),
    **dict.fromkeys(("tckn", "t.c", "tc kimlik", "kimlik", "снилс", "αμκα"), ((11,), None)),
    **dict.fromkeys(("jmbg", "јмбг", "ембг", "emšo", "emso", "cnp"), ((13,), None)),
    "егн": ((10,), None),
    "инн": ((12,), None),
    "rodn": ((9, 10), None),
    "personnum": ((10, 12), None),
    **dict.fromkeys(("hetu", "henkil"), ((9, 10), None)),
}


def is_checked_number(value: bytes, match: re.Match[bytes]) -> bool:
    """A number that is right by the rule of the state whose word the match begins with."""
    digits = digits_of(value)
    label = match[0][:40].decode(errors="replace").lower()
    known = next((of_word for word, of_word in _WORDS.items() if label.startswith(word)), None)
    if known is None or len(digits) not in known[0] or len(set(digits)) < 2:
        return False
    return has_check(value, match) if known[1] is None else known[1](digits)
