"""Numbers of states behind a word that means other things too.

``sin``, ``fin`` and ``pan`` are words, ``inn`` and ``nin`` ends of names: behind them less is believed than behind a
word that only a state uses.
"""

from __future__ import annotations

import re

_WEAK_WORD = re.compile(
    rb"(?i)_?(?:sin|nie|nif|fin|tin|inn|pan|rut|nir|cnp|rg|avs|pps|dni|cpr|ird|taj|nin|nhi|bvn|iin|nid|nik|ktp|nip|egn|cin|kp|sss|ni|dui|e-?tin)"
    rb"(?![A-Za-z])|(?:my[_ ]?number|id[_ -]?card|national)[^\r\n]{0,3}\Z|dl n(?:o|umber)\b|dl ?#[: ]{0,2}\Z"
)
# Words that go with a number, in front of its sign; others say what the weak word did (sin errores: 1234567).
_OTHER_WORD = re.compile(
    rb"(?i)[a-z]{2,3}[ _](?!num|nr|no\b|card|client|titul|utent|pa[cz]i|code|kort|assur|cust|member|tax|id|fin|sz)"
    rb"[a-z\x80-\xff]{4,14}\s?[:=]"
)
_DAY = re.compile(rb"(?:19|20)\d\d([-./])[01]\d\1[0-3]\d(?!\d)|[0-3]\d([-./])[01]\d\2(?:19|20)\d\d(?!\d)")
# Numbers with few digits that are told by their letters: of India's tax office, of New Zealand's hospitals.
_LETTERED = re.compile(rb"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]\Z|[A-HJ-NP-Z]{3}(?:\d{4}|\d\d[A-HJ-NP-Z]\d)\Z")
_DIGITS = 7


def is_ambiguous(head: bytes) -> bool:
    """Whether the word for a number means other things as well; ``head`` is what stands from it to the number."""
    return _WEAK_WORD.match(head) is not None or _LONG_WORD.match(head) is not None


_LONG_WORD = re.compile(rb"(?i)identifikationsnummer")  # of a tax payer, and of anything else
_IN_BRACKETS = re.compile(rb"\)\s+\Z")
_LONG_DIGITS = 10


def is_day(value: bytes) -> bool:
    """Whether it is a day and no number at all."""
    return _DAY.match(value) is not None


def stands_behind_ambiguous(head: bytes, value: bytes) -> bool:
    """Whether a number behind such a word is one of a state: long enough, or of its letters."""
    digits = sum(48 <= byte <= 57 for byte in value)
    if _OTHER_WORD.match(head) is not None:
        return False
    far = _LONG_WORD.match(head) is not None or _IN_BRACKETS.search(head) is not None
    return digits >= (_LONG_DIGITS if far else _DIGITS) or _LETTERED.match(value) is not None
