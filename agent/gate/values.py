"""Whether a value that stands where a secret could stand is one: the gate's judgment of single matches.

The gate can only refuse a whole bundle, so it wants evidence. What redaction puts in a secret's place, what
documentation and source code write there, and what merely looks like an address is no find.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.gate.stand_ins import behind_tag, is_code, is_stand_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A match of a detector's pattern: the value, and some bytes before and after the match.

    ``named`` is what the match has in front of the value: its name, and the sign of an assignment.
    """

    value: bytes
    before: bytes
    after: bytes
    named: bytes = b""


_MASK = b"[redacted:"
_MASKED = re.compile(rb"\[redacted:[a-z0-9-]{1,80}\]")
_STARS = b"********"
# com.apple.xpc.activity/4505, urn:ietf:params, scram-sha-256: plain words, numbers behind them, and at the end what
# Kubernetes adds to a name (it uses no vowels, so that no word comes of it).
_NAMES = re.compile(
    rb"(?:(?:[A-Za-z]{3,}\d{1,2}|[A-Za-z]+)[./:_-])+"
    rb"(?:[A-Za-z]{3,}\d{1,2}|[A-Za-z]+|v?\d{1,6}|[bcdfghjklmnpqrstvwxz2456789]{5})"
)
_PATH = re.compile(rb"(?=[^/]{1,80}/)[A-Za-z]{2,}\d{0,3}(?:[./_-](?:[A-Z]?[a-z]+\d{0,3}|[A-Z]{2,}\d{0,3}|v?\d{1,4}))+")
_DATE = re.compile(rb"\d{4}-\d\d-\d\d(?:[T_-]\d\d[\d.-]*)?")
# checksum/secret, as templates of Helm have it, and STAKATER_DB_SECRET of what restarts when one changes.
_CHECKSUM = re.compile(
    rb"(?i)(?:\b(?:checksum|sha(?:1|224|256|384|512)(?:sum)?|md5(?:sum)?)[/.:_-](?:[\w.-]{0,60}[._-])?|"
    rb"\b(?:hash|digest)/(?:[\w.-]{0,60}[._-])?|\bstakater_(?:\w{0,60}_)?)$"
)
_DIGITS_OF_DIGESTS = (32, 40, 56, 64, 96, 128)
_POINTED_AT = re.compile(rb"0x[0-9A-Fa-f]{4,16} @?(?=\")")  # as a debugger shows a text, with its address in front
# username= password= host=db1: nothing, and the next name
_NOTHING = re.compile(rb"[A-Za-z_][\w.-]{0,40}=")
_PASSED_TO = re.compile(rb"(?i)(?:fastcgi|uwsgi|scgi|grpc|memcached)$")  # nginx hands requests over to these
_SERVERS = re.compile(rb"[a-z]+\d{0,3}(?:[._-](?:[a-z]+\d{0,2}|v?\d{1,3}))+(?::\d{1,5})?")


def without_masks(data: bytes) -> bytes:
    """``data`` with each mask made a row of stars: the name of a rule in it (``…-password]:``) is no assignment."""
    if _MASK not in data:
        return data
    if b"private-key" in data:
        data = _KEY_MASKED.sub(KEY_MARK, data)
    return _MASKED.sub(_STARS, data)


KEY_MARK = b"***~***"  # what becomes of the mask of a private key
_KEY_MASKED = re.compile(rb"\[redacted:(?:putty-)?private-key[a-z-]{0,40}\]")


def token(candidate: Candidate) -> bool:
    """An issued token holds many different characters; documentation writes ``ghp_xxxx`` and ``…EXAMPLE``."""
    return len(set(candidate.value[4:])) >= 6 and not candidate.value.upper().endswith(b"EXAMPLE")


def not_stand_in(candidate: Candidate) -> bool:
    """Anything that is not plainly put in a secret's place."""
    return not is_stand_in(candidate.value)


def random(candidate: Candidate) -> bool:
    """Letters and digits mixed, as issued values are; names, dates, pointers and sentences are not."""
    value = candidate.value
    if is_stand_in(value) or is_code(value) or _NAMES.fullmatch(value) or _PATH.fullmatch(value) or _DATE.match(value):
        return False
    digits = sum(byte in b"0123456789" for byte in value)
    return digits >= 2 and len(value) - digits >= 2 and len(set(value)) >= 8


def issued(candidate: Candidate) -> bool:
    """As ``random``, and no digest of what is public.

    The PublicKeyToken in every .NET assembly's name is one, and so is what stands under the name of a checksum.
    """
    if candidate.before.lower().endswith(b"publickey") or not random(candidate):
        return False
    value = candidate.value
    digest = len(value) in _DIGITS_OF_DIGESTS and not value.translate(None, b"0123456789ABCDEFabcdef")
    return not (digest and _CHECKSUM.search(candidate.before))


def chosen(candidate: Candidate) -> bool:
    """A password as people choose and machines make them: not a word, a path, a call, a URL or a variable."""
    value = _POINTED_AT.sub(b"", behind_tag(candidate.value, candidate.after), count=1)
    bare = value.strip(b"\"'")
    if len(bare) < 6 or b" " in bare or b"://" in bare or is_stand_in(bare) or is_code(bare):
        return False
    if candidate.after[:1] in (b"(", b"[") or (_NOTHING.match(bare) and _ENDS_IN_A_GAP.search(candidate.named)):
        return False
    letters = any(byte in _LETTERS for byte in bare)
    return letters and any(byte in b"0123456789!@#$%^&*+?" for byte in bare)


_ENDS_IN_A_GAP = re.compile(rb"\w=\s{1,3}$")


def chosen_and_no_server(candidate: Candidate) -> bool:
    """As ``chosen``; what nginx's ``proxy_pass`` and its like name is where a request goes."""
    if _PASSED_TO.search(candidate.before):
        return False
    proxied = candidate.before.lower().endswith(b"proxy") and b":" in candidate.named
    return not (proxied and _SERVERS.fullmatch(candidate.value.strip(b"\"'"))) and chosen(candidate)


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
# The log-in name in every address of a code host, and where nobody reads what arrives.
_ROBOTS = frozenset((b"git", b"hg", b"svn", b"noreply", b"no-reply", b"no_reply", b"donotreply", b"do-not-reply"))


def person_address(candidate: Candidate) -> bool:
    """The address of a person: no reserved domain, file name, algorithm or robot."""
    local, _, domain = candidate.value.rpartition(b"@")
    top = domain.rpartition(b".")[2].lower()
    if not (top in _DOMAINS or (len(top) == 2 and top not in _SUFFIXES)):
        return False
    if _RESERVED.search(domain) or domain.lower() in _ALGORITHM_DOMAINS or local.lower() in _ROBOTS:
        return False
    if candidate.after[:1] == b"(" or _REGION.match(candidate.after):
        return False
    return not is_stand_in(local) and not is_stand_in(domain)


_REGION = re.compile(rb"-(?:(?:north|south|east|west|central)+-\d|[A-Z]{2}\b)")  # kubelet@node.eu-west-1, x@app.de-DE


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
