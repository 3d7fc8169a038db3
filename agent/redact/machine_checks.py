"""Addresses and names of machines, told apart from versions, files, levels of a log and words of a sentence."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from agent.redact.pseudonym import ipv4_number, parse_address

# Not a machine of anybody: documentation (RFC 5737, RFC 3849), public resolvers that everybody asks.
_WELL_KNOWN = frozenset(
    int(ipaddress.IPv4Address(text))
    for text in ("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "169.254.169.254", "255.255.255.0")
)
# "version 1.2.3.4", "libfoo-1.2.3.4.jar", "Chrome/119.0.0.0": four numbers behind these words are no address.
_VERSION_WORDS = frozenset(
    b"version ver v release build revision rev kernel firmware driver package assembly runtime framework "
    b"servicing stack since oid bios uefi objectidentifier oids chrome safari firefox edge upgrade upgraded "
    b"productversion fileversion".split()
)
_ADDRESS_WORDS = frozenset(b"ip addr address from to host peer src dst node ip4 ipv4 inet".split())
_LAST_WORD = re.compile(rb"(?<![A-Za-z0-9_.+~-])([A-Za-z0-9_.+~-]*[A-Za-z])([ :=/(\[\"'@_~-]{1,4})\Z")
_LOOK_BACK_BYTES = 100
_VERSION_SIGNS = frozenset(bytes([sign]) for sign in b" :=/([\"'@_~-vV")
_GLUE = frozenset((b"/", b"-", b"_", b"@"))
_UPGRADE_BYTES = 60
_MOVES = (b"from", b"to")
_UPGRADES = (b"grad", b"updat", b"version", b"migrat")
_REVISION_SIGNS = frozenset(bytes([sign]) for sign in b"-+~]) :\t")
_PACKAGE_REVISION = re.compile(
    rb"[-+~]\d|\]?\)?\s?:?\s?reset high-speed|\s{1,20}(?:amd64|all|arm64|armhf|i386|i686|x86_64|noarch|aarch64)\b"
)


def _is_version(line: bytes, start: int) -> bool:
    """Whether the four numbers that begin at ``start`` are a version, by the word in front of them."""
    before = line[start - _UPGRADE_BYTES : start] if start >= _UPGRADE_BYTES else line[:start]
    if before[-1:] not in _VERSION_SIGNS:
        return False
    if b"\n" in before:
        before = before[before.rfind(b"\n") + 1 :]
    at = before.rfind(b" ", 0, -1)
    if (
        at > 0 and not before[at + 1 : at + 2].isalnum()
    ):  # "dst: /1.2.3.4": the word is in front of a sign that stands alone
        at = before.rfind(b" ", 0, at)
    verdict = _token_says_version(before[at + 1 :])
    if verdict is None:
        return _is_version_in_line(line, start)
    if verdict == _MOVED:
        before = before.lower()
        return any(word in before for word in _UPGRADES)
    return verdict == _VERSION


_OTHER, _VERSION, _MOVED = 0, 1, 2


@lru_cache(maxsize=2**12)
def _token_says_version(token: bytes) -> int | None:
    """What the last word and the signs behind it say; ``None`` where more of the line has to be looked at."""
    if token[-1:] in (b"v", b"V", b"~"):
        return _VERSION
    found = _LAST_WORD.search(token)
    if found is None or found[2] in _GLUE:
        return None
    word = found[1].lower()
    if found[2] == b"==" or not _VERSION_WORDS.isdisjoint((word, word.rpartition(b"_")[2], word.rpartition(b".")[2])):
        return _VERSION
    return _MOVED if word in _MOVES else _OTHER


def _is_version_in_line(lines: bytes, start: int) -> bool:
    line_start = lines.rfind(b"\n", 0, start) + 1
    line = lines[max(line_start, start - _LOOK_BACK_BYTES) : start]
    if line[-1:] in (b"v", b"V", b"~"):
        return True
    found = _LAST_WORD.search(line)
    if found is None:
        return False
    word = found[1].lower()
    if found[2] == b"==" or (word in _MOVES and any(each in line[-_UPGRADE_BYTES:].lower() for each in _UPGRADES)):
        return True
    if not _VERSION_WORDS.isdisjoint((word, word.rpartition(b"_")[2], word.rpartition(b".")[2])):
        return True
    # Glued to a name: program/1.2.3.4, package-1.2.3.4; but not ip-1.2.3.4, /host/1.2.3.4 and what is in an address.
    in_path = line[max(0, found.start() - 1) : found.start()] in (b"/", b":", b"@")
    glued = found[2] in _GLUE and not in_path
    return glued and word.rpartition(b"-")[2] not in _ADDRESS_WORDS and b"://" not in line


@lru_cache(maxsize=2**16)
def _is_machine(value: bytes) -> bool:
    """Whether some machine may have this address; asked for the same ones again and again."""
    if value.startswith((b"2.5.29.", b"2.5.4.", b"1.3.6.1", b"1.2.840.")):
        return False  # object identifiers of X.509 and SNMP
    number = ipv4_number(value)
    if number is not None:
        # Loopback, unspecified, broadcast and masks, multicast (RFC 5735) are nobody's.
        return number >> 24 not in (0, 127, 255) and number >> 28 != 14 and number not in _WELL_KNOWN
    address = parse_address(value)
    if address is None or address.is_loopback or address.is_unspecified or address.is_multicast:
        return False
    return isinstance(address, ipaddress.IPv6Address) or _is_machine(str(address).encode())


def is_address(value: bytes, match: re.Match[bytes]) -> bool:
    """An IPv4 or IPv6 address of a machine: not loopback, unspecified, broadcast, a mask, or a version."""
    if not _is_machine(value):
        return False
    if b":" in value:
        return True
    end = match.end()
    if match.string[end : end + 1] in _REVISION_SIGNS and _PACKAGE_REVISION.match(match.string, end):
        return False
    return not _is_version(match.string, match.start(match.lastindex or 0))


def is_bare_ipv6(value: bytes, match: re.Match[bytes]) -> bool:
    """An IPv6 address that cannot be a time, a MAC address or C++ scope: two groups with letters or four in all."""
    if not is_address(value, match):
        return False
    groups = [group for group in value.lower().replace(b"%3a", b":").partition(b"%")[0].split(b":") if group]
    return len(groups) >= 3 or (len(groups) == 2 and len(groups[0]) >= 3)


def is_mac(value: bytes, _match: re.Match[bytes]) -> bool:
    """A hardware address of somebody: not all zeros, not broadcast."""
    digits = bytes(byte for byte in value.lower() if byte not in b":-._ %3a")
    return len(set(digits)) > 1


_HOST_WORDS = frozenset(
    b"no localhost localdomain local localhost.localdomain host hosts server servers client none null unknown "
    b"undefined true false and or is not the a an to at in on from for by of with it was has name example.com "
    b"example.org example.net kernel default any all self up down new old last error failed timeout port ip "
    b"address ok".split()
)
FILE_ENDINGS = (
    b".log .txt .json .xml .yaml .yml .conf .cfg .ini .exe .dll .so .py .java .js .ts .go .rb .php .c .cpp .h "
    b".cs .sh .bat .ps1 .class .jar .war .html .htm .css .png .jpg .gif .svg .zip .gz .tar .md .db .sql "
    b".service .socket .timer .target .cab .sys"
).split()
_LEVELS = frozenset(
    b"error err warn warning info debug trace notice fatal critical crit alert emerg verbose log severe fine "
    b"finer main".split()
)


def is_host(value: bytes, _match: re.Match[bytes]) -> bool:
    """A machine's name: no word of a sentence, no file, no number, no address (that has its own rule)."""
    name = value.lower().rstrip(b".")
    if name in _HOST_WORDS or len(name) < 2 or name.startswith(b"localhost"):
        return False
    if name.endswith(tuple(FILE_ENDINGS)) or not any(97 <= byte <= 122 or byte >= 128 for byte in name):
        return False
    return parse_address(name) is None


def is_login_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host behind an @ sign, and not the address of an object (Object@1b2c3d4e)."""
    return is_host(value, match) and re.match(rb"[0-9a-f]{3,8}\Z", value) is None


def is_syslog_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host in its column of a log, and not the level or the program that stands there in other formats."""
    return is_host(value, match) and value.lower() not in _LEVELS


_PLAIN_WORD = re.compile(rb"[A-Za-z][a-z]*\Z")
_NUMBERED = re.compile(rb"\d+[a-z]{0,3}\Z|0x|[\d.]+\Z|v?\d+(?:\.\d+)+[a-z0-9.-]*\Z", re.IGNORECASE)


def is_named_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host behind a clear name for one: no level, no number, no version."""
    return is_host(value, match) and value.lower() not in _LEVELS and _NUMBERED.match(value) is None


_TARGETS = re.compile(
    rb"(?:x86_64|i[3-6]86|aarch64|armv?\w*|riscv\w*|wasm32|amd64|arm64|linux|windows|darwin|win32|win64)\b",
    re.IGNORECASE,
)
_HAS_NUMBER = re.compile(rb"[A-Za-z][A-Za-z_-]*\d")
_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


def is_likely_host(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind a word like "server": letters and a number (web01, sql-ams-02), or a dotted name that ends in a domain."""
    if not is_named_host(value, match) or _TARGETS.match(value) or _UUID.match(value):
        return False
    name = value.lower()
    if b"." in name:
        first, _, rest = name.partition(b".")
        return is_internal_name(name) or (
            (b"-" in first or any(48 <= byte <= 57 for byte in first)) and rest[:1].isalpha()
        )
    return _HAS_NUMBER.match(value) is not None and (b"-" in name or len(name) >= 5) and b"_" not in name


def is_message_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A host in a sentence: no word, so it has a digit or a hyphen."""
    return is_host(value, match) and any(48 <= byte <= 57 or byte == 45 for byte in value)


def is_dashed_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A name that holds an address: no date (2024-01-02-11), and a letter somewhere or a prefix that says so."""
    return is_host(value, match) and re.match(rb"(?:19|20)\d\d-", value) is None


_INTERNAL_ENDS = (
    b".local",
    b".lan",
    b".internal",
    b".intranet",
    b".intra",
    b".corp",
    b".home",
    b".localdomain",
    b".private",
    b".arpa",
    b".box",
)


def is_internal_name(name: bytes) -> bool:
    """Whether a name in lower case ends, or nearly ends, as names of private networks do."""
    return any(name.endswith(end) or end + b"." in name for end in _INTERNAL_ENDS)


def is_internal_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A name of a private network, and not one of a class or package (``com.example.internal``)."""
    lower = value.lower()
    return (
        is_host(value, match)
        and not lower.startswith(
            (b"com.", b"org.", b"net.", b"io.", b"java.", b"javax.", b"sun.", b"jdk.", b"android.", b"system.")
        )
        and not any(65 <= byte <= 90 for byte in value.rpartition(b".")[2][:1] if value != value.upper())
    )


def is_url_host(value: bytes, match: re.Match[bytes]) -> bool:
    """A one-word host in an address: with a digit or a hyphen, or three letters or more."""
    return is_host(value, match) and len(value) > 2 and not value.startswith(b"_")
