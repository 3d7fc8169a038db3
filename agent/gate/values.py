"""Whether a value that stands where a secret could stand is one: the gate's judgment of single matches.

The gate can only refuse a whole bundle, so it wants evidence. What redaction puts in a secret's place, what
documentation and source code write there, and what merely looks like an address is no find.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A match of a detector's pattern: the value, up to 24 bytes before the match and 2 after it."""

    value: bytes
    before: bytes
    after: bytes


_MASK = b"[redacted:"
_MASK_IN_PATH = b"redacted-"  # in names of files, where brackets and colons cannot stand
_MASKED = re.compile(rb"\[redacted:[a-z0-9-]{1,80}\]")
_STARS = b"********"
_PSEUDONYM = re.compile(rb"(?i)(?:[a-z]{2,12}-){1,2}[a-z2-7]{8}(?![a-z0-9])")
_WORDS = frozenset(
    b"null none nil true false yes no on off empty unset undefined unknown hidden masked redacted removed filtered "
    b"required optional invalid expired changed missing string secret password passwd pass pwd token user foo bar "
    b"example placeholder changeme default disabled enabled protected sensitive encrypted".split()
)
_DOTTED = re.compile(rb"[A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)+")
# com.apple.xpc.activity/4505, urn:ietf:params, scram-sha-256: plain words and at most one number after them
_NAMES = re.compile(rb"(?:[A-Za-z]+[./:_-])+(?:[A-Za-z]+|v?\d{1,6})")
_SAME = re.compile(rb"(.)\1*")


def without_masks(data: bytes) -> bytes:
    """``data`` with each mask made a row of stars: the name of a rule in it (``…-password]:``) is no assignment."""
    return _MASKED.sub(_STARS, data) if _MASK in data else data


def is_stand_in(value: bytes) -> bool:
    """Whether ``value`` is what stands where a secret was, or where one would be written."""
    bare = value.strip(b" \t\"'`")
    if bare.startswith((_MASK, _MASK[1:], _MASK_IN_PATH)) or _PSEUDONYM.match(bare):
        return True
    if not bare or bare.lower() in _WORDS or _SAME.fullmatch(bare):
        return True
    return bare[:1] in b"<${%[(*/\\." and not re.match(rb"\$\w{1,12}\$", bare)  # $2y$… and its like are hashes


def token(candidate: Candidate) -> bool:
    """An issued token holds many different characters; documentation writes ``ghp_xxxx`` and ``…EXAMPLE``."""
    return len(set(candidate.value[4:])) >= 6 and not candidate.value.upper().endswith(b"EXAMPLE")


def not_stand_in(candidate: Candidate) -> bool:
    """Anything that is not plainly put in a secret's place."""
    return not is_stand_in(candidate.value)


def random(candidate: Candidate) -> bool:
    """Letters and digits mixed, as issued values are; names and sentences are not."""
    value = candidate.value
    if is_stand_in(value) or _DOTTED.fullmatch(value) or _NAMES.fullmatch(value):
        return False
    digits = sum(byte in b"0123456789" for byte in value)
    return digits >= 2 and len(value) - digits >= 2 and len(set(value)) >= 8


def random_but_no_public_key(candidate: Candidate) -> bool:
    """As ``random``; the PublicKeyToken in every .NET assembly's name is a hash of what is public."""
    return random(candidate) and not candidate.before.lower().endswith(b"publickey")


def chosen(candidate: Candidate) -> bool:
    """A password as people choose and machines make them: not a word, a path, a call, a URL or a variable."""
    bare = candidate.value.strip(b"\"'")
    if len(bare) < 6 or b" " in bare or b"://" in bare or is_stand_in(bare) or _DOTTED.fullmatch(bare):
        return False
    if candidate.after[:1] in (b"(", b"["):
        return False
    letters = any(byte in _LETTERS for byte in bare)
    return letters and any(byte in b"0123456789!@#$%^&*+?" for byte in bare)


_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

# The generic top-level domains one meets in addresses; of the two-letter ones all but common file suffixes.
_DOMAINS = frozenset(
    b"com net org edu gov mil int info biz name pro mobi app dev cloud online xyz tech store site email company "
    b"agency group world live news systems solutions software support services network digital global media "
    b"studio design consulting international berlin london paris tokyo academy bank health care travel jobs".split()
)
_SUFFIXES = frozenset(b"so py sh js ts rb go cs vb db gz xz bz".split())
_RESERVED = re.compile(rb"(?i)(?:^|\.)(?:example|test|invalid|localhost)$|(?:^|\.)example\.(?:com|net|org|edu)$")
# Names of algorithms, not of people: RFC 4250 has them spelled name@domain.
_ALGORITHM_DOMAINS = frozenset((b"openssh.com", b"libssh.org", b"lysator.liu.se", b"ssh.com", b"tinyssh.org"))
_ROBOTS = frozenset((b"git", b"hg", b"svn"))  # the log-in name in every address of a code host


def person_address(candidate: Candidate) -> bool:
    """The address of a person: no reserved domain, file name, algorithm or robot."""
    local, _, domain = candidate.value.rpartition(b"@")
    top = domain.rpartition(b".")[2].lower()
    if not (top in _DOMAINS or (len(top) == 2 and top not in _SUFFIXES)):
        return False
    if _RESERVED.search(domain) or domain.lower() in _ALGORITHM_DOMAINS or local.lower() in _ROBOTS:
        return False
    return not is_stand_in(local) and not is_stand_in(domain) and candidate.after[:1] != b"("


_ISSUERS = re.compile(
    rb"4\d{15}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|6(?:011|5\d\d)\d{12}|35\d{14}"
)
_CARD_WORD = re.compile(rb"(?i)(?:card|visa|amex|pan|credit|payment|ccn?|mastercard)[a-z_\"' ]{0,12}[:=# ]{1,3}[\"']?$")


def card(candidate: Candidate) -> bool:
    """Issuer and check digit fit (ISO/IEC 7812); an unspaced number also needs the word beside it.

    One number in fifty of this length fits by chance, and logs are full of long numbers.
    """
    value, before, after = candidate.value, candidate.before, candidate.after
    digits = bytes(byte for byte in value if byte in b"0123456789")
    if not _ISSUERS.fullmatch(digits) or before[-1:].isalnum() or before[-1:] in (b"-", b"_", b".", b"/"):
        return False
    if after[:1].isalnum() or after[:1] in (b"-", b"_") or len(set(digits)) < 2:
        return False
    doubled = (sum(divmod(2 * (byte - 48), 10)) for byte in digits[-2::-2])
    if (sum(doubled) + sum(byte - 48 for byte in digits[::-2])) % 10:
        return False
    return len(digits) != len(value) or bool(_CARD_WORD.search(before))
