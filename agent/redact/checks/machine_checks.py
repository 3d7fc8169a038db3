"""Addresses of machines and of their adapters, told apart from versions, dates and other numbers."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from agent.redact.checks.package_versions import is_of_package
from agent.redact.pseudonym import ipv4_number, parse_address

# Not a machine of anybody: documentation (RFC 5737, RFC 3849), public resolvers that everybody asks.
_WELL_KNOWN = ("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "169.254.169.254", "255.255.255.0")
_WHOLE_NETWORKS = ("10.0.0.0", "172.16.0.0", "192.168.0.0", "169.254.0.0", "100.64.0.0")  # RFC 1918, 3927, 6598
_OF_NOBODY = frozenset(int(ipaddress.IPv4Address(text)) for text in (*_WELL_KNOWN, *_WHOLE_NETWORKS))
# "version 1.2.3.4", "libfoo-1.2.3.4.jar", "Chrome/119.0.0.0": four numbers behind these words are no address.
_VERSION_WORDS = frozenset(
    b"version ver v release build revision rev kernel firmware driver package assembly runtime framework "
    b"servicing stack since oid bios uefi objectidentifier oids chrome safari firefox edge upgrade upgraded "
    b"productversion fileversion sdk ndk dsm section chapter clause paragraph appendix product pkg artifact "
    b"hotfix patch".split()
)
_VERSION_ENDS = (b"version", b"release", b"build")
_ADDRESS_WORDS = frozenset(b"ip addr address from to host peer src dst node ip4 ipv4 inet".split())
_LAST_WORD = re.compile(rb"(?<![A-Za-z0-9_.+~-])([A-Za-z0-9_.+~-]*[A-Za-z])([ :=/(\[\"'@_~-]{1,4})\Z")
_LOOK_BACK_BYTES = 100
_VERSION_SIGNS = frozenset(bytes([sign]) for sign in b" :=/([\"'@_~-vV")
_GLUE = frozenset((b"/", b"-", b"_", b"@"))
_SMALL_NUMBERS = re.compile(rb"(?!10\.)[0-2]?\d(?:\.\d{1,2}){3}(?!\d)")  # package@1.2.3.4, and not account@203.0.113.7
_ACCOUNTS = frozenset(b"root admin administrator ubuntu user pi git x".split())
_UPGRADE_BYTES = 60
# What has a name of its own between the word and the version; and files of programs that stand in front of it.
_NAMED = (
    *(b"package", b"layer", b"plugin", b"addon", b"add-on", b"extension", b"library", b"assembly", b"module"),
    *(b"installing", b"fetching", b"using"),
)
_PROGRAM_FILES = (b".exe", b".msi", b".dll", b".sys", b".ocx", b".cab")
_NAMED_VERSION = re.compile(
    rb"(?i)(?:\b(?:package|layer|plugin|add-?on|extension|library|assembly|module) [\w.-]{2,50}|"
    rb"\b(?:installing|fetching|using) (?!\w*(?:server|host|addr|address|ip|gateway|proxy|interface|resolver|peer|dns|"
    rb"device|client|source|from|via|relay|route|node)\b)[a-z][a-z_-]{2,50}|"
    rb"(?:setup|installer|install|updater?)\.exe|\.(?:msi|dll|sys|ocx|cab))[ \t]\Z"
)
# 2.0.0.2 -> …
_MOVED_FROM = re.compile(rb"(?<![\w.])(\d{1,5}(?:\.\d{1,5}){2,3}) {0,2}(?:->|=>|-->|\xe2\x86\x92) {0,2}\Z")
_MOVES = (b"from", b"to")
_UPGRADES = (b"grad", b"updat", b"version", b"migrat")
_REVISION_SIGNS = frozenset(bytes([sign]) for sign in b"-+~]) :\t")
# The words are those of Debian's versions (deb-version(7)): what was taken out, from where, how near to a release.
_PACKAGE_REVISION = re.compile(
    rb"-(?!\d{1,3}\.\d{1,3}\.\d{1,3}\.\d)\d|\]?\)?\s?:?\s?reset high-speed|"
    rb"[+~](?:\d|(?:dfsg|ds|git|svn|snapshot|repack|really|rc|beta|alpha|deb|ubuntu)(?![a-z]))|"
    rb"\s{1,20}(?:amd64|all|arm64|armhf|i386|i686|x86_64|noarch|aarch64)\b"
)
_MAY_BE_REVISION = re.compile(rb"[+~-]|[] ):\t][\s:)ranix]")  # the first two bytes of any of these
_COMPARED = re.compile(rb"\((?:[<>]=|<<|>>|=) (?:\d{1,2}:)?\Z")  # (>= 1:1.2.3.4), of a package
# 10.1.2.1-254: of a private network, and more than a revision of a package would be
_OCTET_RANGE = re.compile(
    rb"(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}-(?:[2-9]\d|1\d\d|2[0-4]\d|25[0-5])(?![\w.+~-])"
)
_EPOCH = re.compile(rb"\d{1,2}:\Z")  # the end of the same


def _is_version(line: bytes, start: int) -> bool:
    """Whether the four numbers that begin at ``start`` are a version, by the word in front of them."""
    before = line[start - _UPGRADE_BYTES : start] if start >= _UPGRADE_BYTES else line[:start]
    if before[-1:] not in _VERSION_SIGNS and before[-1:] != b">":
        return False
    if b"\n" in before:
        before = before[before.rfind(b"\n") + 1 :]
    moved = _MOVED_FROM.search(before)
    if moved is not None:  # the same as what it was before
        return moved[1].count(b".") < _DOTS or _is_version(line, start - len(before) + moved.start())
    if _is_named_version(line, start - len(before), start):
        return True
    at = before.rfind(b" ", 0, -1)
    if at > 0 and not before[at + 1 : at + 2].isalnum():  # "dst: /1.2.3.4": the word is in front of a lone sign
        at = before.rfind(b" ", 0, at)
    verdict = _token_says_version(before[at + 1 :])
    if verdict is None:
        return _is_version_in_line(line, start)
    if verdict == _MOVED:
        before = before.lower()
        return any(word in before for word in _UPGRADES)
    return verdict == _VERSION


def _is_named_version(lines: bytes, first: int, start: int) -> bool:
    """Whether a package or the like stands in front; few addresses begin so small, of others this is not asked."""
    small = lines.find(b".", start, start + 3) >= 0 and not lines.startswith(b"10.", start)
    return small and _NAMED_VERSION.search(lines, first, start) is not None


_OTHER, _VERSION, _MOVED = 0, 1, 2
_REGISTRY_TYPE = b"reg_sz"  # between the name of a value and the value


# org.example.tool:core:1.2.0.4, of Maven and Gradle
_COORDINATES = re.compile(
    rb"(?<![\w.-])(?:com|org|net|io|de|dev|javax?|jakarta|androidx?)\.[a-z0-9_.-]{1,60}:[a-z0-9_.-]{1,40}:(?:[a-z]{3,8}:)?\Z"
)


@lru_cache(maxsize=2**12)
def _token_says_version(token: bytes) -> int | None:
    """What the last word and the signs behind it say; ``None`` where more of the line has to be looked at."""
    if token[-1:] in (b"v", b"V", b"~") or token.lower().endswith(b"version>") or _COORDINATES.search(token):
        return _VERSION
    found = _LAST_WORD.search(token)
    if found is None or found[2] in _GLUE:
        return None
    word = found[1].lower()
    if word == _REGISTRY_TYPE:
        return None
    words = (word, word.rpartition(b"_")[2], word.rpartition(b".")[2])
    if found[2] == b"==" or not _VERSION_WORDS.isdisjoint(words) or word.endswith(_VERSION_ENDS):
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
    of_version = not _VERSION_WORDS.isdisjoint((word, word.rpartition(b"_")[2], word.rpartition(b".")[2]))
    if of_version or (word == _REGISTRY_TYPE and b"version" in line.lower()):
        return True
    # Glued to a name: program/1.2.3.4, package-1.2.3.4; but not ip-1.2.3.4, /host/1.2.3.4 and what is in an address.
    in_path = line[max(0, found.start() - 1) : found.start()] in (b"/", b":", b"@")
    glued = found[2] in _GLUE and not in_path
    if found[2] == b"@" and (word in _ACCOUNTS or word[:1] == b"~" or not _SMALL_NUMBERS.match(lines, start)):
        return False
    resolved = found[2] == b"/" and (_HOST_NAME.match(found[1]) or _WITH_PORT.match(lines, start))
    return glued and not resolved and word.rpartition(b"-")[2] not in _ADDRESS_WORDS and b"://" not in line


# Java prints an address behind the name it was resolved from (java.net.InetSocketAddress): db1.example.net/10.0.0.7:21.
_HOST_NAME = re.compile(
    rb"(?!(?:com|org|net|io|de|java|javax|android|python|lib)\.)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\."
    rb"(?!(?:js|so|py|rb|go|jar|exe|dll|txt|log)\Z)(?:[a-z]{2,3}|local|lan|internal|intranet|intra|corp|home|example|test|info|cloud)\Z"
)
_WITH_PORT = re.compile(rb"[\d.]{7,15}:\d{2,5}(?![\w.:])")
_DOTS = 3  # of four numbers


@lru_cache(maxsize=2**13)
def is_machine(value: bytes) -> bool:
    """Whether some machine may have this address; asked for the same ones again and again."""
    if value.startswith((b"2.5.29.", b"2.5.4.", b"1.3.6.1", b"1.2.840.")):
        return False  # object identifiers of X.509 and SNMP
    number = ipv4_number(value)
    if number is not None:
        # Loopback, unspecified, broadcast and masks, multicast (RFC 5735) are nobody's.
        return number >> 24 not in (0, 127, 255) and number >> 28 != 14 and number not in _OF_NOBODY
    address = parse_address(value)
    if value.partition(b"%")[0].lower() == b"fe80::1":
        return False  # what macOS gives to every loopback adapter, and routers to themselves
    if address is None or address.is_loopback or address.is_unspecified or address.is_multicast:
        return False
    return isinstance(address, ipaddress.IPv6Address) or is_machine(str(address).encode())


def is_address(value: bytes, match: re.Match[bytes]) -> bool:
    """An IPv4 or IPv6 address of a machine: not loopback, unspecified, broadcast, a mask, or a version."""
    if not is_machine(value):
        return False
    if b":" in value:
        return True
    lines = match.string
    start, end = match.start(match.lastindex or 0), match.end()
    # Nearly always the word in front and two bytes behind tell it. They are few in a log, so what they say is kept.
    first = start - _UPGRADE_BYTES if start > _UPGRADE_BYTES else 0
    blank = lines.rfind(b" ", first, start - 1) if start else -1
    if blank >= 0 and not lines[blank + 1 : blank + 2].isalnum():
        blank = lines.rfind(b" ", first, blank)
    if blank >= 0:
        plain = _is_plain(lines[blank + 1 : start], lines[end : end + 2])
        if plain == _MOVED:
            moved = lines[first:start].lower()
            plain = not (b"grad" in moved or b"updat" in moved or b"version" in moved or b"migrat" in moved)
        if plain:
            # Most addresses begin larger or with 10, and nearly none of the others stands behind a word and a name.
            if value[:3] == b"10." or b"." not in value[:3]:
                return True
            word = lines[max(first, lines.rfind(b" ", first, blank) + 1) : blank].lower()
            if is_of_package(lines, start, end):
                return False
            return not (word.endswith(_NAMED) and _is_named_version(lines, first, start))
    return _is_address_in_line(lines, start, end)


@lru_cache(maxsize=2**12)
def _is_plain(before: bytes, behind: bytes) -> int:
    """Whether these, the word in front and two bytes behind, leave no doubt that it is an address.

    ``_MOVED`` if there is none but for an upgrade. Whatever may make ``_is_address_in_line`` say no is a doubt.
    """
    if b"\n" in before or before[-1:] == b"-" or _MAY_BE_REVISION.match(behind):
        return False
    if _COMPARED.search(before) or _EPOCH.match(before) or _MOVED_FROM.search(before):
        return False
    if before[:-1].lower().endswith(_PROGRAM_FILES):
        return False
    if before[-1:] not in _VERSION_SIGNS and not before.lower().endswith(b"version>"):
        return True
    verdict = _token_says_version(before)
    if verdict is None:  # without any letter at its end, more of the line says nothing either
        return before[:1].isalnum() and _LAST_WORD.search(before) is None
    return _MOVED if verdict == _MOVED else verdict == _OTHER


def _is_address_in_line(lines: bytes, start: int, end: int) -> bool:
    """What is no version, by all that stands around it in its line."""
    if is_of_package(lines, start, end):
        return False
    if lines[start - 1 : start] == b"-" and lines[start - 2 : start - 1].isdigit():
        # The second address of a range.
        first = _ENDS_WITH_ADDRESS.search(lines, max(0, start - 17), start - 1)
        return first is not None and not _is_version(lines, first.start())
    if _COMPARED.search(lines, max(0, start - 7), start):
        return False
    if lines[end : end + 1] == b"-" and _OCTET_RANGE.match(lines, start):
        return True
    if lines[end : end + 1] in _REVISION_SIGNS and _PACKAGE_REVISION.match(lines, end, _line_end(lines, end)):
        return b"range" in lines[max(0, start - 12) : start].rpartition(b"\n")[2].lower()
    return not _is_version(lines, start)


def _line_end(lines: bytes, start: int) -> int:
    end = lines.find(b"\n", start)
    return len(lines) if end < 0 else end


_ENDS_WITH_ADDRESS = re.compile(rb"(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\Z")


def is_bare_ipv6(value: bytes, match: re.Match[bytes]) -> bool:
    """An IPv6 address that cannot be a time, a MAC address or C++ scope: two groups with letters or four in all."""
    if not is_address(value, match) or _DAY_AND_TIME.match(value):
        return False
    if value.endswith(b"::") and _FOLDER.match(match.string, match.end()):
        return False
    groups = [group for group in value.lower().replace(b"%3a", b":").partition(b"%")[0].split(b":") if group]
    if len(groups) == _PAIRS and all(len(group) == 2 for group in groups):
        return False  # a serial number of a certificate, or an EUI-64
    return len(groups) >= 3 or (len(groups) == 2 and len(groups[0]) >= 3)


_PAIRS = 8
_FOLDER = re.compile(rb"/(?!\d{1,3}(?!\w))")  # passwd(5) without a name of the person: x:924:484::/var/lib
_DAY_AND_TIME = re.compile(rb"(?:19|20)\d\d::[0-2]\d:[0-5]\d(?::[0-5]\d)?\Z")  # Erlang: 4-Mar-2024::12:46:47
_MAC_SIGNS = re.compile(rb"%3[Aa]|[^0-9A-Fa-f]+")
_SERIAL_WORD = re.compile(rb"(?i)(?:serial|fingerprint|certificate|digest|key ?id|checksum)[\w ]{0,12}[ :=]{1,3}\Z")
# Of all that listen, not of one adapter: multicast of IPv4 and IPv6, bridges, Cisco's protocols (RFC 7042).
_OF_GROUPS = (b"01005e", b"3333", b"0180c2", b"01000c")
_DURATION_WORD = re.compile(rb"(?i)\b(?:elapsed|uptime|duration|took|remaining|time|eta)[ :=]{1,3}\Z")
_MAC_WORD = re.compile(rb"(?i)\bmac\b|hardware|physical|ethernet|\bbss")


def _is_nobodys(digits: bytes, match: re.Match[bytes]) -> bool:
    """Whether it is the address of a group of machines, or a duration."""
    if len(digits) == _MAC_DIGITS and digits.startswith(_OF_GROUPS):
        return True
    start = match.start()
    return digits.isdigit() and _DURATION_WORD.search(match.string, max(0, start - 20), start) is not None


def is_mac(value: bytes, match: re.Match[bytes]) -> bool:
    """A hardware address of somebody: not all zeros, not broadcast; in two or three groups no date and no number."""
    groups = _MAC_SIGNS.split(value.lower())
    digits = b"".join(groups)
    if len(set(digits)) < 2 or _is_nobodys(digits, match):
        return False
    start = match.start(match.lastindex or 0)
    if len(groups) == _PAIRS and _SERIAL_WORD.search(match.string, max(0, start - 40), start) is not None:
        return False
    if 2 <= len(groups) <= 3 and b"." not in value:
        mixed = not digits.isdigit() and not digits.isalpha() and (value.islower() or value.isupper())
        return mixed or (
            len(groups) == 3
            and _MAC_WORD.search(match.string, max(0, match.start() - 80), match.end() + 20) is not None
        )
    if len(digits) < _MAC_DIGITS:  # written without leading zeros, as times and versions are
        return not digits.isdigit()
    return True


_MAC_DIGITS = 12
