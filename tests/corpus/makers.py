"""Values that take more than random signs: names, addresses, and everything with a check digit.

People and machines are made of a few common names and of syllables, so that nobody is meant. Words made of syllables
are in no dictionary and in no redactor's own marks.
"""

import base64
import json
import random
import string
import uuid
import zlib
from collections.abc import Callable

from tests.corpus import checksums

_FIRST = [
    "anna",
    "carla",
    "dario",
    "elena",
    "farid",
    "greta",
    "hanna",
    "julia",
    "karim",
    "marco",
    "nadia",
    "oskar",
    "tomas",
]
_LAST = ["almeida", "bakker", "castillo", "dubois", "eriksen", "fischer", "gruber", "hansen", "ibrahim", "kowalski"]
_LAST += ["lindqvist", "moreau", "okafor", "petrov", "schneider", "takeda", "vermeulen", "winkler", "zimmer"]
_SYLLABLES = ["bor", "dal", "dro", "fen", "gal", "gri", "hol", "jas", "kel", "kor", "lun", "mar", "mil", "nor", "pel"]
_SYLLABLES += ["quo", "ras", "sel", "tam", "tor", "vel", "wis", "zan"]
_SERVICES = [
    "billing",
    "catalog",
    "checkout",
    "gateway",
    "indexer",
    "inventory",
    "ledger",
    "mailer",
    "orders",
    "search",
]
_SIGNS = string.ascii_letters + string.digits
_PORTS = [22, 443, 3306, 5432, 6379, 8080, 8443, 9200]
_IBAN_ACCOUNT_DIGITS = {"DE": 18, "AT": 16, "ES": 20, "PL": 24, "DK": 14, "PT": 21}


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.digits, k=count))


def _hex(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789abcdef", k=count))


def _signs(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(_SIGNS, k=count))


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 3)))


def _password(rng: random.Random) -> str:
    """As people and as password programs choose one; signs that some format would have to quote are not in it."""
    if rng.random() < 0.4:
        return _word(rng).capitalize() + str(rng.randint(10, 2029)) + rng.choice("!#%*+.?")
    body = rng.choices(_SIGNS + "!#%*+-.=?@^_~", k=rng.randint(9, 22))
    return rng.choice(string.ascii_letters) + "".join(body) + rng.choice(_SIGNS)


def _user(rng: random.Random) -> str:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    return rng.choice([f"{first[0]}{last}", f"{first}.{last}", f"{first}{last[0]}{rng.randint(10, 99)}"])


def _full_name(rng: random.Random) -> str:
    return f"{rng.choice(_FIRST).title()} {rng.choice(_LAST).title()}"


def _host(rng: random.Random) -> str:
    kind = rng.choice(["db", "web", "app", "build", "mail", "nas"])
    return f"{kind}{rng.randint(10, 99)}.{_word(rng)}.{rng.choice(['internal', 'lan', 'corp', 'local'])}"


def _short_host(rng: random.Random) -> str:
    return f"{_word(rng)}-{rng.choice(['pc', 'nb', 'srv', 'mac'])}{rng.randint(10, 99)}"


def _time(rng: random.Random) -> str:
    day = f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    clock = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"
    forms = [f"{day}T{clock}Z", f"{day} {clock},{_digits(rng, 3)}", f"{day}T{clock}.{_digits(rng, 6)}+02:00"]
    return rng.choice(forms)


def _public_ip(rng: random.Random) -> str:
    first = rng.choice([23, 31, 45, 62, 77, 81, 93, 109, 151, 178, 185, 194, 212])
    return f"{first}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"


def _private_ip(rng: random.Random) -> str:
    head = rng.choice([f"10.{rng.randint(0, 255)}", f"172.{rng.randint(16, 31)}", "192.168"])
    return f"{head}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"


def _global_ip6(rng: random.Random) -> str:
    head = f"2a0{rng.randint(1, 9)}:{_hex(rng, 4)}:{_hex(rng, 4)}"
    return rng.choice([f"{head}::{_hex(rng, 3)}", f"{head}:{':'.join(_hex(rng, 4) for _ in range(5))}"])


def _grouped(text: str, size: int = 4, between: str = " ") -> str:
    return between.join(text[at : at + size] for at in range(0, len(text), size))


def _card(rng: random.Random) -> str:
    """ISO/IEC 7812: the ranges of Visa, Mastercard and American Express (15 digits)."""
    start, length = rng.choice([("4", 16), ("51", 16), ("55", 16), ("34", 15), ("37", 15)])
    body = start + _digits(rng, length - len(start) - 1)
    return body + checksums.luhn(body)


def _grouped_card(rng: random.Random) -> str:
    body = rng.choice(["4", "53"]) + _digits(rng, 14)
    return _grouped(body[:15] + checksums.luhn(body[:15]), between=rng.choice([" ", "-"]))


def _iban(rng: random.Random) -> str:
    country = rng.choice(list(_IBAN_ACCOUNT_DIGITS))
    account = _digits(rng, _IBAN_ACCOUNT_DIGITS[country])
    return f"{country}{checksums.iban(country, account)}{account}"


def _followed(start: str, count: int, check: Callable[[str], str]) -> Callable[[random.Random], str]:
    """``start``, random digits up to ``count`` in all, and their check part."""

    def make(rng: random.Random) -> str:
        body = start + _digits(rng, count - len(start))
        return body + check(body)

    return make


def _nir(rng: random.Random) -> str:
    body = f"{rng.choice('12')}{rng.randint(50, 99)}{rng.randint(1, 12):02}{rng.randint(10, 89)}{_digits(rng, 6)}"
    return body + checksums.nir(body)


def _pesel(rng: random.Random) -> str:
    body = f"{rng.randint(50, 99)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{_digits(rng, 4)}"
    return body + checksums.pesel(body)


def _cpf(rng: random.Random) -> str:
    body = _digits(rng, 9)
    return f"{_grouped(body, 3, '.')}-{checksums.cpf(body)}"


def _crc_body(rng: random.Random) -> str:
    """What stands behind the prefix of a token of GitHub or npm."""
    body = _signs(rng, 30)
    return body + checksums.crc_base62(body)


def _grafana(rng: random.Random) -> str:
    body = f"glsa_{_signs(rng, 32)}"
    return f"{body}_{zlib.crc32(body.encode()):08x}"


def _discord(rng: random.Random) -> str:
    number = base64.b64encode(f"1{_digits(rng, 17)}".encode()).decode()
    return f"{number}.G{_signs(rng, 5)}.{_signs(rng, 38)}"


def _basic(rng: random.Random) -> str:
    """RFC 7617: a name and a password in base 64."""
    return base64.b64encode(f"{rng.choice(_SERVICES)}:{_password(rng)}".encode()).decode()


def _jwt(rng: random.Random) -> str:
    """RFC 7519, signed by HMAC or RSA: the claims of somebody's session."""
    algorithm, signs = rng.choice([("HS256", 43), ("RS256", 342)])
    claims = {"sub": _hex(rng, 12), "iat": rng.randint(1_760_000_000, 1_790_000_000), "role": "member"}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": algorithm, "typ": "JWT"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), _signs(rng, signs)])


MAKERS: dict[str, Callable[[random.Random], str]] = {
    "aadhaar": lambda rng: _grouped(_followed("3", 11, checksums.aadhaar)(rng)),
    "basic": _basic,
    "card": _card,
    "cpf": _cpf,
    "crcbody": _crc_body,
    "discord": _discord,
    "dni": _followed("4", 8, checksums.dni),
    "domain": lambda rng: f"{_word(rng)}.{rng.choice(['com', 'de', 'org', 'co.uk', 'io', 'fr'])}",
    "fullname": _full_name,
    "globalip6": _global_ip6,
    "grafana": _grafana,
    "groupedcard": _grouped_card,
    "groupediban": lambda rng: _grouped(_iban(rng)),
    "host": _host,
    "iban": _iban,
    "imei": _followed("35", 14, checksums.luhn),
    "jwt": _jwt,
    "level": lambda rng: rng.choice(["DEBUG", "INFO", "WARN", "ERROR"]),
    "nir": _nir,
    "number": lambda rng: str(rng.randint(100, 99999)),
    "password": _password,
    "pesel": _pesel,
    "plainpassword": lambda rng: _signs(rng, rng.randint(9, 15)) + _digits(rng, 1),
    "port": lambda rng: str(rng.choice(_PORTS)),
    "privateip": _private_ip,
    "publicip": _public_ip,
    "service": lambda rng: rng.choice(_SERVICES),
    "shorthost": _short_host,
    "small": lambda rng: str(rng.randint(2, 99)),
    "steuerid": _followed("6", 10, checksums.steuer_id),
    "time": _time,
    "user": _user,
    "uuid": lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
    "version": lambda rng: f"{rng.randint(0, 9)}.{rng.randint(0, 30)}.{rng.randint(0, 99)}",
    "word": _word,
}
