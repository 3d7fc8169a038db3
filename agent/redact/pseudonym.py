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

import hashlib
import ipaddress
import re
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache

_SEEN_LIMIT = 2**13  # stand-ins kept at hand; a bound of the memory, not of the result
_FEISTEL_ROUNDS = 4  # of four bits each: a permutation of the 256 hosts of a network (Luby and Rackoff, 1988)

Namer = Callable[[str, bytes], bytes]


def namer(key: bytes) -> Namer:
    """The function ``(kind, value) -> stand-in`` of one key (1 to 64 bytes)."""

    def name(kind: str, value: bytes) -> bytes:
        if kind == "ip":
            return _address(key, value)
        text = _NORMAL_FORMS.get(kind, bytes.lower)(value)
        return kind.encode() + b"-" + _letters(key, kind, text)

    return lru_cache(maxsize=_SEEN_LIMIT)(name)


def _digest(key: bytes, kind: str, value: bytes) -> bytes:
    person = kind.encode()[: hashlib.blake2b.PERSON_SIZE]
    return hashlib.blake2b(value, key=key, person=person, digest_size=40).digest()


_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"  # base32 of RFC 4648, lower case
_PAIRS = [
    (one + two).encode() for one in _ALPHABET for two in _ALPHABET
]  # ten bits each: quicker than base64.b32encode


def _letters(key: bytes, kind: str, value: bytes) -> bytes:
    """Eight characters: forty bits."""
    return _written(int.from_bytes(_digest(key, kind, value)[:5], "big"))


def _written(bits: int) -> bytes:
    return _PAIRS[bits >> 30] + _PAIRS[bits >> 20 & 1023] + _PAIRS[bits >> 10 & 1023] + _PAIRS[bits & 1023]


def _digits_and_plus(value: bytes) -> bytes:
    digits = bytes(byte for byte in value if byte in b"0123456789")
    return digits.removeprefix(b"00")  # 0048… and +48… are one number


def _without_separators(value: bytes) -> bytes:
    return bytes(byte for byte in value.lower() if byte in b"0123456789abcdef")


# A mailbox is the same however its sign is escaped: by a shell, an address, JSON, HTML, or quoted-printable.
_SIGN_OF_MAIL = re.compile(rb"\\+@|%(?:25)?40|\\+u0040|\\+x40|&#(?:64|x40);|&commat;|\xef\xbc\xa0|=40")


def _one_space(value: bytes) -> bytes:
    """Names are the same however their words are separated: blank, escaped blank, %20, or case."""
    return b" ".join(value.lower().replace(b"%20", b" ").replace(b"\\", b" ").split())


_NORMAL_FORMS: dict[str, Callable[[bytes], bytes]] = {
    "mac": _without_separators,
    "phone": _digits_and_plus,
    "host": lambda value: value.lower().rstrip(b"."),
    "mail": lambda value: _SIGN_OF_MAIL.sub(b"@", value.lower()),
    "user": _one_space,
    "name": _one_space,
}


# Every way to write an octet in at most three digits; some devices write 010.001.002.003.
_OCTETS = {f"{octet:0{width}}".encode(): octet for width in (1, 2, 3) for octet in range(256)}


def ipv4_number(value: bytes) -> int | None:
    """The IPv4 address that ``value`` writes with four decimal numbers, as one number; ``None`` if it writes none."""
    try:
        one, two, three, four = value.split(b".")
        return _OCTETS[one] << 24 | _OCTETS[two] << 16 | _OCTETS[three] << 8 | _OCTETS[four]
    except (KeyError, ValueError):
        return None


def parse_address(value: bytes) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that ``value`` writes, also with URL-encoded colons or a zone; ``None`` if it writes none."""
    number = ipv4_number(value)
    if number is not None:
        return ipaddress.IPv4Address(number)
    try:
        address = ipaddress.ip_address(value.decode("ascii").lower().replace("%3a", ":").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _address(key: bytes, value: bytes) -> bytes:
    number = ipv4_number(value)
    if number is not None:
        return _host_in_network(key, number >> 8, number & 255)
    address = parse_address(value)
    if address is None:
        return b"ip-" + _letters(key, "ip", value.lower())
    if isinstance(address, ipaddress.IPv4Address):
        return _host_in_network(key, int(address) >> 8, int(address) & 255)
    packed = address.packed
    interface = _letters(key, "ip6", packed)[:6]
    return b"ip6" + _scope(address) + _letters(key, "ip6-network", packed[:8])[:6] + interface


def _scope(address: ipaddress.IPv6Address) -> bytes:
    return b"-private-" if address.is_private or address.is_link_local else b"-"


def _host_in_network(key: bytes, network: int, host: int) -> bytes:
    begin, more, table = _network(key, network)
    # Two characters hold ten bits: eight of the host, two more of the network.
    return begin + _PAIRS[more << 8 | _permuted(host, table)]


# The /24 networks with which private and link-local ones begin, and those behind their ends (IANA's registry of special
# purposes, RFC 6890): to ask ``ipaddress`` took 23 microseconds for each new network.
_PRIVATE = (
    *("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24"),
    *("192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4"),
)
_PRIVATE_BORDERS = [
    int(address) + beyond >> 8
    for network in map(ipaddress.IPv4Network, _PRIVATE)
    for address, beyond in ((network.network_address, 0), (network.broadcast_address, 1))
]


@lru_cache(maxsize=2**12)
def _network(key: bytes, network: int) -> tuple[bytes, int, bytes]:
    """What all addresses of a /24 begin with, two bits more of it, and the table that permutes its hosts."""
    digest = _digest(key, "ip-network", network.to_bytes(3, "big"))
    scope = b"-private-" if bisect_right(_PRIVATE_BORDERS, network) & 1 else b"-"
    begin = b"ip" + scope + _written(int.from_bytes(digest[:5], "big"))[:6]
    return begin, digest[6] & 3, digest[8:]


def _permuted(host: int, table: bytes) -> int:
    """``host`` under a permutation of 0…255 that ``table`` (at least 32 bytes) chooses."""
    left, right = host >> 4, host & 15
    for turn in range(_FEISTEL_ROUNDS):
        entry = table[turn * 8 + (right >> 1)]
        left, right = right, left ^ (entry >> 4 if right & 1 else entry & 15)
    return left << 4 | right
