"""Numbers that states give to people: which days and check digits make one, so that a word that tells little is enough.

Behind ``ID number``, ``documento`` or ``tin`` stands anything; a number with a day of birth and the check digits of one
state is seldom there by chance. Each kind is a shape and a check; those of ten digits or fewer that have neither a day
nor a letter are left out, since one such number in ten would pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from agent.redact.checks.number_checks import (
    digits_of,
    is_national_number,
    is_nino,
    is_us_social,
    passes_luhn,
    weighted_sum,
)

_SIGNS = re.compile(rb"[ ./-]")
_LEAP_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _is_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= _LEAP_DAYS[month - 1]


def _born_year_first(value: bytes) -> bool:
    """Two digits of the year, the month (maybe moved by the century or the sex), the day (maybe moved by 40 or 60)."""
    month, day = int(value[2:4]), int(value[4:6])
    return _is_day(month % 20 if month < 50 or month > 80 else month - 50, day % 40 if day < 60 else day - 60)


def _born_day_first(value: bytes) -> bool:
    return _is_day(int(value[2:4]), int(value[:2]) % 40)


_NIF_LETTERS = b"TRWAGMYFPDXBNJZSQVHLCKE"


def _is_spanish(value: bytes) -> bool:
    """Spain, DNI and NIE: the letter is the rest of 23, with X, Y and Z for 0, 1 and 2."""
    number = int(value[:-1].translate(bytes.maketrans(b"XYZ", b"012")))
    return value[-1] == _NIF_LETTERS[number % 23]


def _is_singaporean(value: bytes) -> bool:
    total = weighted_sum(digits_of(value), (2, 7, 6, 5, 4, 3, 2)) + {84: 4, 71: 4, 77: 3}.get(value[0], 0)
    letters = {83: b"JZIHGFEDCBA", 84: b"JZIHGFEDCBA", 77: b"XWUTRQPNJLK"}.get(value[0], b"XWUTRQPNMLK")
    return value[-1] == letters[total % 11]


def _is_finnish(value: bytes) -> bool:
    check = b"0123456789ABCDEFHJKLMNPRSTUVWXY"[int(value[:6] + value[7:10]) % 31]
    return _born_day_first(value) and value[-1] == check


def _is_chilean(value: bytes) -> bool:
    body = digits_of(value[:-1])
    total = sum(digit * (2 + place % 6) for place, digit in enumerate(reversed(body)))
    return value[-1] == b"0K987654321"[total % 11]


def _is_irish(value: bytes) -> bool:
    last = value[8] - 64 if len(value) > 8 and value[8:9] != b"W" else 0
    return (
        value[7] == b"WABCDEFGHIJKLMNOPQRSTUV"[(weighted_sum(digits_of(value), (8, 7, 6, 5, 4, 3, 2)) + 9 * last) % 23]
    )


def _is_taiwanese(value: bytes) -> bool:
    number = b"ABCDEFGHJKLMNPQRSTUVXYWZIO".index(value[0]) + 10
    return (number // 10 + number % 10 * 9 + weighted_sum(digits_of(value), (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


def _is_insured(value: bytes) -> bool:
    """Germany, number of the health insurance: the letter as two digits, each second of the ten doubled."""
    digits = digits_of(b"%02d" % (value[0] - 64) + value[1:])
    doubled = [digit * (1 + place % 2) for place, digit in enumerate(digits[:10])]
    return sum(each // 10 + each % 10 for each in doubled) % 10 == digits[10]


def _is_czech(value: bytes) -> bool:
    return _born_year_first(value) and (len(value) < 10 or int(value) % 11 == 0 or int(value[:9]) % 11 == 10)


def _is_ten(value: bytes) -> bool:
    """Bulgaria, Sweden, the Czech Republic and Slovakia, Iceland, Denmark (before 2007), Austria."""
    digits = digits_of(value)
    if _born_year_first(value):
        bulgarian = weighted_sum(digits, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == digits[9]
        if bulgarian or passes_luhn(digits) or _is_czech(value):
            return True
    if _born_day_first(value):
        icelandic = weighted_sum(digits, (3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0 and digits[9] in (8, 9, 0)
        if icelandic or weighted_sum(digits, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0:
            return True
    return _born_day_first(value[4:]) and weighted_sum(digits, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == digits[3]


def _modulus_eleven(digits: Sequence[int], weights: Sequence[int]) -> int:
    return -weighted_sum(digits, weights) % 11


def _is_norwegian(digits: list[int]) -> bool:
    first = _modulus_eleven(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2))
    second = _modulus_eleven(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2))
    return digits[9:] == [first, second]


def _is_baltic(digits: list[int]) -> bool:
    """Estonia and Lithuania: a second row of weights where the first one gives ten."""
    rest = weighted_sum(digits[:10], (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    rest = weighted_sum(digits[:10], (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10 if rest == 10 else rest
    return rest == digits[10]


def _is_turkish(digits: list[int]) -> bool:
    tenth = (sum(digits[:9:2]) * 7 - sum(digits[1:8:2])) % 10
    return digits[0] > 0 and digits[9:] == [tenth, sum(digits[:10]) % 10]


def _is_brazilian(digits: list[int]) -> bool:
    return all(weighted_sum(digits, range(size + 1, 1, -1)) * 10 % 11 % 10 == digits[size] for size in (9, 10))


def is_iso_7064(digits: Sequence[int]) -> bool:
    """Whether the last of eleven digits is the check of ISO/IEC 7064, MOD 11, 10 (Croatia, the German tax office)."""
    rest = 10
    for digit in digits[:10]:
        rest = ((digit + rest) % 10 or 10) * 2 % 11
    return (11 - rest) % 10 == digits[10]


def _is_german(digits: list[int]) -> bool:
    """The tax number of a person: of its first ten digits one stands there twice or three times."""
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    return digits[0] > 0 and is_iso_7064(digits) and counts[-1] in (2, 3) and counts[-2] == 1


def _is_eleven(value: bytes) -> bool:
    """Poland, Estonia, Lithuania, Norway, Greece, Turkey, Brazil, Argentina, Belgium, Germany, Russia (SNILS)."""
    digits = digits_of(value)
    if _born_year_first(value) and weighted_sum(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0:
        return True
    if 1 <= digits[0] <= 6 and _born_year_first(value[1:]) and _is_baltic(digits):
        return True
    if _born_day_first(value) and (_is_norwegian(digits) or passes_luhn(digits)):
        return True
    numbers = (int(value[:9]), int(b"2" + value[:9]))
    if _born_year_first(value) and int(value[9:]) in [97 - number % 97 for number in numbers]:
        return True
    tax = (
        value[:2] in (b"20", b"23", b"24", b"27") and weighted_sum(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )
    insurance = weighted_sum(digits, range(9, 0, -1)) % 101 % 100 == int(value[9:])
    return len(set(digits)) > 2 and (
        tax or insurance or _is_turkish(digits) or _is_brazilian(digits) or _is_german(digits)
    )


def _is_twelve(value: bytes) -> bool:
    """Russia (INN of a person), Sweden with the century, Kazakhstan."""
    digits = digits_of(value)
    first = weighted_sum(digits, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    second = weighted_sum(digits, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    if digits[10:] == [first, second] and len(set(digits)) > 2:
        return True
    if value[:2] in (b"19", b"20"):
        return _born_year_first(value[2:]) and passes_luhn(digits[2:])
    return _born_year_first(value) and 1 <= digits[6] <= 6 and weighted_sum(digits, range(1, 12)) % 11 == digits[11]


def _is_thirteen(value: bytes) -> bool:
    """South Africa, Romania, the states of Yugoslavia, Switzerland, Korea."""
    digits = digits_of(value)
    african = digits[10] in (0, 1, 2) and digits[11] in (8, 9) and passes_luhn(digits)
    if _born_year_first(value) and (
        african or _modulus_eleven(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 10 == digits[12]
    ):
        return True
    romanian = weighted_sum(digits[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    if 1 <= digits[0] <= 8 and _born_year_first(value[1:]) and (1 if romanian == 10 else romanian) == digits[12]:
        return True
    yugoslav = _modulus_eleven(digits, (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 10
    if _born_day_first(value) and value[4:5] in (b"0", b"9") and yugoslav == digits[12]:
        return True
    return value.startswith(b"756") and weighted_sum(digits, (1, 3) * 6 + (1,)) % 10 == 0


def _is_french(value: bytes) -> bool:
    """France, NIR: sex, year, month, and 97 less the rest as key; Corsica has a letter."""
    number = value[:13].replace(b"2A", b"19").replace(b"2B", b"18")
    return 97 - int(number) % 97 == int(value[13:]) and 1 <= int(value[3:5]) <= 42


def _is_chinese(value: bytes) -> bool:
    check = b"10X98765432"[
        weighted_sum(digits_of(value[:17]), (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11
    ]
    return value[6:8] in (b"19", b"20") and _is_day(int(value[10:12]), int(value[12:14])) and value[17] == check


def _is_indonesian(value: bytes) -> bool:
    """The region, the day of birth (40 more for a woman) and a number."""
    return value[:1] != b"0" and int(value[6:8]) <= 71 and _born_day_first(value[6:])


def _always(_value: bytes) -> bool:
    return True


_KINDS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], bool]], ...] = tuple(
    (re.compile(shape + rb"\Z"), check)
    for shape, check in (
        (rb"[XYZ]\d{7}[A-Z]|\d{8}[A-Z]", _is_spanish),
        (rb"[STFGM]\d{7}[A-Z]", _is_singaporean),
        (rb"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", _is_finnish),
        (rb"\d{7,8}-[\dK]|\d{1,2}\.\d{3}\.\d{3}-[\dK]", lambda value: _is_chilean(_SIGNS.sub(b"", value))),
        (rb"\d{7}[A-W][A-IW]?", _is_irish),
        (rb"[A-Z][1289]\d{8}", _is_taiwanese),
        (rb"[A-Z]\d{9}", _is_insured),
        (rb"\d{6}/\d{3,4}", lambda value: _is_czech(value.replace(b"/", b""))),
        (rb"\d{6}-[1-8]\d{6}", _born_year_first),  # Korea
        (rb"\d{6}-\d{4}", lambda value: _born_day_first(value) or _born_year_first(value)),  # Denmark, Iceland, Sweden
        (rb"[A-Z]{2}\d{6}[A-D]", lambda value: is_nino(value, _NO_MATCH)),
        (rb"\d{3}-\d\d-\d{4}", lambda value: is_us_social(value, _NO_MATCH)),
        (rb"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]", _always),  # India, PAN
        (rb"[A-Z]{6}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{3}[A-Z]", _always),  # Italy
        (rb"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", _always),  # Mexico, CURP
        (rb"[A-Z&]{4}\d{6}[A-Z0-9]{3}", lambda value: _born_year_first(value[4:])),  # Mexico, RFC of a person
        (rb"\d{5}-\d{7}-\d", _always),  # Pakistan
    )
)
_BY_LENGTH: dict[int, Callable[[bytes], bool]] = {
    10: _is_ten,
    11: _is_eleven,
    12: _is_twelve,
    13: _is_thirteen,
    16: _is_indonesian,
}
_NO_MATCH: re.Match[bytes] = re.match(rb"", b"")  # type: ignore[assignment]  # an empty expression matches


def has_check(value: bytes, _match: re.Match[bytes]) -> bool:
    """The number of a person of some state, by its shape, the day in it and its check digits."""
    value = value.upper()
    if any(shape.match(value) and check(value) for shape, check in _KINDS):
        return True
    plain = _SIGNS.sub(b"", value)
    if re.fullmatch(rb"[12]\d{4}(?:\d\d|2[AB])\d{8}", plain):
        return _is_french(plain)
    if re.fullmatch(rb"\d{17}[\dX]", plain):
        return _is_chinese(plain)
    check = _BY_LENGTH.get(len(plain))
    return plain.isdigit() and check is not None and check(plain)


def is_number_told(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind the name of a state's number as it is; behind a word that tells little only with its check."""
    if (match.lastgroup or "").endswith("_checked"):
        return has_check(value, match)
    return is_national_number(value, match)


_FEWEST_DIGITS = 5
_DAY = re.compile(rb"\d{1,3}\.\d+\Z|(?:19|20)\d\d[-/.](?:0\d|1[0-2])[-/.][0-3]\d|\d\d[.:]\d\d[.:]\d{2,4}\Z")


def is_number_in_record(value: bytes, _match: re.Match[bytes]) -> bool:
    """Behind a name that says what it is: enough digits, and no day, hour or share."""
    return len(digits_of(value)) >= _FEWEST_DIGITS and len(value) >= 6 and _DAY.match(value) is None
