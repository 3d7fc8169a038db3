"""Stand-ins for identities: equal value, equal stand-in; unlinkable between two keys.

A stand-in is a keyed BLAKE2b (RFC 7693) of the kind and the normalised value, written as the kind, a hyphen and
eight characters of base32 (RFC 4648, lower case): 40 bits. Of *n* different values of one kind under one key
two get the same stand-in with a chance of at most n²/2⁴¹: 5·10⁻⁷ for a thousand, 0.5 % for a hundred thousand.
No map is kept: the key alone makes the result the same in every file, process and bundle of a ticket.

Addresses keep what a diagnosis needs. ``ip-`` stands for a public IPv4 address and ``ip-private-`` for one of a
private or link-local network; their first six characters are those of the /24 network, the last two those
of the host in it, so that neighbours are recognised and never collide. ``ip6-`` and ``ip6-private-`` have six
characters for the /64 and six for the interface.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache

_SEEN_LIMIT = 2**16  # stand-ins kept at hand; a bound of the memory, not of the result
_PADDED = re.compile(r"(?<![0-9a-f])0+(?=\d)")  # 010.001.002.003, as some devices write
_FEISTEL_ROUNDS = 4  # of four bits each: a permutation of the 256 hosts of a network (Luby and Rackoff, 1988)

Namer = Callable[[str, bytes], bytes]


def namer(key: bytes) -> Namer:
    """The function ``(kind, value) -> stand-in`` of one key (1 to 64 bytes)."""

    def name(kind: str, value: bytes) -> bytes:
        if kind == "ip":
            return _address(key, value)
        text = _NORMAL_FORMS.get(kind, bytes.lower)(value)
        return kind.encode() + b"-" + _letters(key, kind, text)[:8]

    return lru_cache(maxsize=_SEEN_LIMIT)(name)


def _digest(key: bytes, kind: str, value: bytes) -> bytes:
    person = kind.encode()[: hashlib.blake2b.PERSON_SIZE]
    return hashlib.blake2b(value, key=key, person=person, digest_size=40).digest()


def _letters(key: bytes, kind: str, value: bytes) -> bytes:
    return base64.b32encode(_digest(key, kind, value)).lower()


def _digits_and_plus(value: bytes) -> bytes:
    digits = bytes(byte for byte in value if byte in b"0123456789")
    return digits.removeprefix(b"00")  # 0048… and +48… are one number


def _without_separators(value: bytes) -> bytes:
    return bytes(byte for byte in value.lower() if byte in b"0123456789abcdef")


def _one_space(value: bytes) -> bytes:
    """Names are the same however their words are separated: blank, escaped blank, %20, or case."""
    return b" ".join(value.lower().replace(b"%20", b" ").replace(b"\\", b" ").split())


_NORMAL_FORMS: dict[str, Callable[[bytes], bytes]] = {
    "mac": _without_separators,
    "phone": _digits_and_plus,
    "host": lambda value: value.lower().rstrip(b"."),
    "mail": lambda value: value.lower().replace(b"%40", b"@"),
    "user": _one_space,
    "name": _one_space,
}


@lru_cache(maxsize=_SEEN_LIMIT)
def parse_address(value: bytes) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that ``value`` writes, also with URL-encoded colons or a zone; ``None`` if it writes none."""
    try:
        text = value.decode("ascii").lower().replace("%3a", ":").partition("%")[0]
        address = ipaddress.ip_address(_PADDED.sub("", text) if "." in text else text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _address(key: bytes, value: bytes) -> bytes:
    address = parse_address(value)
    if address is None:
        return b"ip-" + _letters(key, "ip", value.lower())[:8]
    scope = b"-private-" if address.is_private or address.is_link_local else b"-"
    packed = address.packed
    if isinstance(address, ipaddress.IPv6Address):
        network = _letters(key, "ip6-network", packed[:8])[:6]
        return b"ip6" + scope + network + _letters(key, "ip6", packed)[:6]
    digest = _digest(key, "ip-network", packed[:3])
    network = base64.b32encode(digest).lower()[:6]
    host = _permuted(packed[3], digest[8:])
    # Two characters hold ten bits: eight of the host, two more of the network.
    last = ((digest[6] & 3) << 8 | host).to_bytes(2, "big")
    pair = base64.b32encode((int.from_bytes(last, "big") << 6).to_bytes(2, "big"))[:2].lower()
    return b"ip" + scope + network + pair


def _permuted(host: int, table: bytes) -> int:
    """``host`` under a permutation of 0…255 that ``table`` (at least 32 bytes) chooses."""
    left, right = host >> 4, host & 15
    for turn in range(_FEISTEL_ROUNDS):
        entry = table[turn * 8 + (right >> 1)]
        left, right = right, left ^ (entry >> 4 if right & 1 else entry & 15)
    return left << 4 | right
