"""Numbers that carry their own proof: issuers, lengths and check digits of cards, accounts and people's numbers.

A check tells a number from a look-alike; without one, time stamps and sizes become cards and telephones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.redact.checks.ambiguous_numbers import is_ambiguous, is_day, stands_behind_ambiguous


def digits_of(value: bytes) -> list[int]:
    """The digits of ``value`` as numbers, without what parts them."""
    return [byte - 48 for byte in value if 48 <= byte <= 57]


def passes_luhn(digits: Sequence[int]) -> bool:
    """The check of ISO/IEC 7812-1 annex B: every second digit from the right doubled, sum divisible by 10."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


# Issuer ranges and the lengths they issue (ISO/IEC 7812 register as the schemes publish it).
_ISSUERS: tuple[tuple[int, int, frozenset[int]], ...] = (
    (4000, 4999, frozenset({13, 16, 19})),  # Visa
    (5100, 5599, frozenset({16})),  # Mastercard
    (2221, 2720, frozenset({16})),  # Mastercard, second range
    (3400, 3499, frozenset({15})),  # American Express
    (3700, 3799, frozenset({15})),  # American Express
    (3000, 3059, frozenset({14, 16, 19})),  # Diners Club
    (3095, 3095, frozenset({14, 16, 19})),  # Diners Club
    (3600, 3699, frozenset({14, 16, 19})),  # Diners Club
    (3800, 3999, frozenset({14, 16, 19})),  # Diners Club
    (3528, 3589, frozenset({16, 19})),  # JCB
    (6011, 6011, frozenset({16, 19})),  # Discover
    (6440, 6599, frozenset({16, 19})),  # Discover
    (6200, 6299, frozenset({16, 17, 18, 19})),  # UnionPay
    (8100, 8171, frozenset({16, 17, 18, 19})),  # UnionPay
    (5018, 5018, frozenset(range(12, 20))),  # Maestro
    (5020, 5020, frozenset(range(12, 20))),  # Maestro
    (5038, 5038, frozenset(range(12, 20))),  # Maestro
    (5612, 5612, frozenset(range(12, 20))),  # Maestro
    (5893, 5893, frozenset(range(12, 20))),  # Maestro
    (6304, 6304, frozenset(range(12, 20))),  # Maestro
    (6759, 6763, frozenset(range(12, 20))),  # Maestro
    (2200, 2204, frozenset(range(16, 20))),  # Mir
    (6050, 6099, frozenset({16})),  # RuPay, Hipercard (6062)
    (5080, 5089, frozenset({16})),  # RuPay
    (8172, 8299, frozenset({16})),  # RuPay
    (5066, 5067, frozenset({16})),  # Elo
    (5090, 5090, frozenset({16})),  # Elo
    (6362, 6363, frozenset({16})),  # Elo
    (5060, 5061, frozenset({16, 18, 19})),  # Verve
    (5019, 5019, frozenset({16})),  # Dankort
    (5078, 5078, frozenset({16})),  # Meeza
    (2205, 2205, frozenset({16})),  # BORICA
    (8600, 8600, frozenset({16})),  # Uzcard
    (9860, 9860, frozenset({16})),  # Humo
    (9704, 9704, frozenset({16, 19})),  # Napas
    (9891, 9891, frozenset({16})),  # DinaCard
    (9792, 9792, frozenset({16})),  # Troy
)


_UNIT = re.compile(rb"\s?(?:bytes?|[KMGT]i?B|ns|us|ms|seconds?|sectors?|blocks?|packets?|rows?|records?|cycles?)\b")

_NUMBER_OF = re.compile(
    rb"(?:order|request|trace|job|build|message|event|span|batch)_?(?i:id)[\"']?\s?[=:]\s?[\"']?\Z|"
    rb"\b(?:job|task|build|block|chunk|shard|offset|sequence|inode) #?\Z"
)


def is_payment_card(value: bytes, match: re.Match[bytes]) -> bool:
    """Luhn, an issuer's range with a length it issues, and one kind of separator throughout.

    Luhn alone passes one number in ten; a time stamp beside a year must not become a card.
    """
    number = re.split(rb"[=^]", value)[0].replace(b"%20", b" ")  # what follows on a magnetic stripe is no part of it
    digits = digits_of(number)
    start = match.start(match.lastindex or 0)
    if _UNIT.match(match.string, match.end()) or _NUMBER_OF.search(match.string, max(0, start - 24), start):
        return False
    if len(set(number) & set(b" -.+")) > 1 or len(set(digits)) < 2 or not passes_luhn(digits):
        return False
    issuer = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    return any(low <= issuer <= high and len(digits) in lengths for low, high, lengths in _ISSUERS)


# Lengths by country from the SWIFT IBAN Registry (ISO 13616).
_IBAN_LENGTHS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FO", "GL", "NL", "SD", "FK"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "XK", "MN"), 20),
    **dict.fromkeys(("CH", "CR", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "TL", "SO", "OM"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}


def is_iban(value: bytes, _match: re.Match[bytes]) -> bool:
    """Country's length and the check of ISO 7064 MOD 97-10."""
    text = re.sub(rb"%20|[^A-Za-z0-9]", b"", value).decode("ascii").upper()
    text = "PL" + text if text.isdigit() else text  # as banks in Poland write it among themselves
    if _IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


def is_phone(value: bytes, _match: re.Match[bytes]) -> bool:
    """Seven to fifteen digits (ITU-T E.164), not all the same, and not a date or a time."""
    digits = digits_of(value)
    if not 7 <= len(digits) <= 15 or len(set(digits)) < 3:
        return False
    return re.match(rb"(?:19|20)\d\d[-/.](?:0\d|1[0-2])[-/.][0-3]\d", value) is None


# Small countries have three digits of their own and six of the telephone: fewer than a delta may have.
_SHORT_DIGITS = 9
_SHORT_ABROAD = re.compile(rb"\+(?:29[0789]|3[57]\d|38[0-9]|42[013]|50\d|59\d|6[789]\d|85\d|9[67]\d|2[1-68]\d)")


_NO_PHONE_WORD = re.compile(
    rb"(?i)\b(?:sku|ean|gtin|upc|isbn|part|article|item|order|invoice|build|seq|batch|lot|oid)\w{0,6}[ :=#\"']{1,4}\Z"
)


# A number that goes up or down: the monotonic clock of Go (m=+50.451153946), a step, a variable of one small letter.
_MEASURE = re.compile(
    rb"(?:^|[^\w?&])(?:[a-z]|(?i:(?:\w{0,12}_)?(?:dt|delta|diff|offset|elapsed|skew|drift|shift|adj)\w{0,4}))[=:] ?\Z"
)


def is_international_phone(value: bytes, match: re.Match[bytes]) -> bool:
    """A number with its country: grouped, or nine digits at least, so that no offset or delta counts."""
    digits = len(digits_of(value))
    if not 8 <= digits <= 17 or len(set(digits_of(value))) < 3:
        return False
    start = match.start(match.lastindex or 0)
    if _NO_PHONE_WORD.search(match.string, max(0, start - 20), start) or _UNIT.match(match.string, match.end()):
        return False
    if b" " not in value and _MEASURE.search(match.string, max(0, start - 30), start):
        return False
    if (
        digits == _SHORT_DIGITS
        and _SHORT_ABROAD.match(value)
        and match.string[start - 1 : start] in (b'"', b"'", b"=", b":")
    ):
        return True
    grouped = any(byte in b" -()./" for byte in value)
    return ((grouped or digits >= 10) and re.match(rb"00\d", value) is None) or (value[:2] == b"00" and digits >= 11)


def is_nino(value: bytes, _match: re.Match[bytes]) -> bool:
    """A British national insurance number: prefixes never issued are refused (GOV.UK, NIM39110)."""
    prefix = value[:2].upper()
    return prefix not in (b"BG", b"GB", b"NK", b"KN", b"TN", b"NT", b"ZZ")


def is_us_social(value: bytes, _match: re.Match[bytes]) -> bool:
    """A US social security number: areas 000, 666 and 9xx, group 00 and serial 0000 are not issued (SSA)."""
    digits = bytes(digit + 48 for digit in digits_of(value))
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in (b"000", b"666") and area[:1] != b"9" and group != b"00" and serial != b"0000"


# Passports, licences, identity cards, visas and permits, by how their words begin.
_OF_CARDS = frozenset(b"pass reis pasa driv iden pers visa resi".split())


_FRACTION = re.compile(rb"\d\.\d{4,}\Z")  # sin 0.70710678: of a sine


def is_national_number(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind a state's word for its number: five digits, seven behind an ambiguous word, fewer in a passport's."""
    digits = len(digits_of(value))
    head = match.string[match.start() : match.start(match.lastindex or 0)]
    if head[:4].lower() in _OF_CARDS and not is_ambiguous(head):
        return digits >= 2 and len(value) >= 6
    if _FRACTION.match(value) or is_day(value):
        return False
    if is_ambiguous(head):
        return stands_behind_ambiguous(head, value)
    return digits >= (4 if value[:1].isalpha() else 5)


def weighted_sum(digits: Sequence[int], weights: Sequence[int]) -> int:
    """Each digit by its weight; the longer of the two is cut."""
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))


def _is_cpf(digits: list[int]) -> bool:
    """Brazil, Receita Federal: two check digits, modulus 11."""
    for size in (9, 10):
        rest = weighted_sum(digits[:size], list(range(size + 1, 1, -1))) * 10 % 11 % 10
        if rest != digits[size]:
            return False
    return True


def _is_rut(value: bytes) -> bool:
    """Chile, Registro Civil: modulus 11 with K for ten."""
    digits = digits_of(value.rpartition(b"-")[0])
    total = sum(digit * (2 + place % 6) for place, digit in enumerate(reversed(digits)))
    return b"0K987654321"[total % 11] == value.upper()[-1]


_EAN_DIGITS = 13


def _is_ean(digits: list[int]) -> bool:
    """Switzerland, AHV number: the check of EAN-13."""
    return (10 - weighted_sum(digits[:12], [1, 3] * 6)) % 10 == digits[12]


def _is_belgian(digits: list[int]) -> bool:
    """Belgium, Rijksregister: 97 less the rest of nine digits; with a 2 in front for those born since 2000."""
    number, check = int("".join(map(str, digits[:9]))), digits[9] * 10 + digits[10]
    return check in (97 - number % 97, 97 - (number + 2_000_000_000) % 97)


def is_shaped_national_number(value: bytes, _match: re.Match[bytes]) -> bool:
    """A number with the joints of one state, and its check digits where they can be computed."""
    digits = digits_of(value)
    if value[:1].isalpha():
        return True
    if value.startswith(b"756.") and len(digits) == _EAN_DIGITS:  # a Brazilian number may begin so too
        return _is_ean(digits)
    if value.count(b".") == 4 - (b"-" in value) and len(digits) == 11 and value[2:3] == b".":
        return _is_belgian(digits)
    if len(digits) == 11:
        return _is_cpf(digits)
    return len(digits) == 14 or _is_rut(value)


_CERTIFICATE = re.compile(
    rb"(?i)certificat|x\.?509|issuer|not_?after|\bCN=|\bCA\b|\bSOA\b|\bzone\b|(?<!build )fingerprint|\bCRL\b|\bOCSP\b"
)
_NEAR_BYTES = 120
_LETTERS = re.compile(
    rb"[B-DF-HJ-NP-TV-Z]{3}[A-Z]{0,2}[B-DF-HJ-NP-TV-Z]{3}[A-Z]{0,2}[B-DF-HJ-NP-TV-Z]{1,12}\Z"
)  # no word
_PAIRS = re.compile(rb"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){6,}\Z")  # as openssl prints the number of a certificate
# Also the number of a zone: the day and two digits (RFC 1912 section 2.2).
_NO_SERIAL = re.compile(
    rb"(?:\d{4}-\d\d-\d\d|0x[0-9a-f]{1,8}\Z|v?\d+(?:\.\d+)+\Z|tty|com\d|dev_|"
    rb"(?:19[89]|20[0-3])\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d\d\Z)",
    re.IGNORECASE,
)


def is_device_number(value: bytes, match: re.Match[bytes]) -> bool:
    """The number of one device: letters and digits, or eight digits; not of a certificate, a zone or a day."""
    digits = len(digits_of(value))
    around = (max(0, match.start() - _NEAR_BYTES), match.end() + _NEAR_BYTES)
    if (
        not (digits or _LETTERS.match(value))
        or _NO_SERIAL.match(value)
        or _PAIRS.match(value)
        or _CERTIFICATE.search(match.string, *around)
    ):
        return False
    return (digits >= 8 and value.isdigit()) or (not value.isdigit() and len(value) >= 6)


def is_subscriber_number(value: bytes, _match: re.Match[bytes]) -> bool:
    """An IMEI, where nothing tells but the place: fifteen digits with the check of 3GPP TS 23.003 annex B."""
    return len(set(value)) > 2 and passes_luhn(digits_of(value))


_ROUND_PAIR = re.compile(rb"[+-]?\d+\.\d{1,2}00+\s?,\s?[+-]?\d+\.\d{1,2}00+\Z")  # 12.5000, 48.0000


def is_coordinates(value: bytes, _match: re.Match[bytes]) -> bool:
    """A place, and not two shares of one, nor two lengths with naughts behind them: one of both is over one degree."""
    if _ROUND_PAIR.match(value) is not None:
        return False
    return any(abs(float(number)) >= 1 for number in re.findall(rb"-?\d+(?:\.\d+)?", value))
