"""Whether a sentence tells a secret: "the password is …", "reset the token to …", "wrong key '…'".

In prose a word behind "password" is nearly always the rest of the sentence, so only what no word looks like is a
secret, unless the sentence says clearly that it tells one.
"""

from __future__ import annotations

import itertools
import re

from agent.redact.checks.fillers import is_constant
from agent.redact.checks.not_secrets import (
    before_value,
    is_code,
    is_key_file,
    is_no_value,
    is_path,
    is_selector,
    is_setting,
    is_state,
    value_start,
)
from agent.redact.checks.passphrases import looks_passphrase
from agent.redact.checks.program_texts import is_command, is_of_usage
from agent.redact.checks.secret_values import looks_secret
from agent.redact.checks.technical_names import is_key_of_entry

_NO_LETTER = re.compile(rb"[^A-Za-z\x80-\xff.'_-]")
# What belongs to something else: the next setting, a path, an algorithm, a reference, an element.
_NO_TOLD = re.compile(
    rb"[a-z_]+:(?!//)|/\w+\Z|/[\w.-]+/|[a-z]+/[\w-]+/[a-z]+/|[A-Z]{2,6}-?\d{1,5}\Z|[$#%]?[{(]|</?\w|"
    rb"(?:[A-Z][A-Z0-9]{1,7}\+){1,5}[A-Z][A-Z0-9]{1,7}\Z"
)
_SHORTEST_RANDOM = 8
_SHORTEST_TOLD = 4
_LONGEST_TELLING_BYTES = 20
_JOINED = re.compile(rb"[A-Za-z]{2,}(?:-[A-Za-z]{2,})+\Z")
_JOINED_STATES = frozenset(
    b"case-sensitive case-insensitive read-only write-only write-protected out-of-date up-to-date not-set "
    b"non-empty well-formed auto-generated pre-shared self-signed base-encoded too-short too-long too-weak "
    b"hard-coded plain-text".split()
)
_TELLING = tuple(
    f" {word}".encode()
    for word in (
        *("is", "is:", "was", "to", "by", "with", "ist", "lautet", "lautet:", "est", "est:", "es", "é", "è", "e"),
        *("to:", "är", "er", "on", "jest", "je", "zní", "je:", ":", "是", "为"),
    )
)
_LONGEST_TOLD_BYTES = 120
_SETTING_WORDS = (b" to", b" is", b" was", b" is:", b" to:", b" ist", b" est", b" lautet")
_CLEAR_NOUN = re.compile(rb"passw(?:or)?d|pwd|passphrase|passcode|passwort|kennwort|mot de passe|secret")
_LONE_NAME = re.compile(rb"\s{0,40}(?i:[\w.-]{0,40}(?:password|passwd|passphrase|pwd))\Z")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]{4,40}\Z")
_WIDE_COLON = "\uff1a".encode()
_KEY_MANAGEMENT = re.compile(
    rb"(?:WPA|FT|FILS|SAE|OWE|OSEN|DPP|IEEE8021X)(?:-(?:[A-Z]{1,6}|SHA\d{3}|\d{3}|8021X))+\Z"
)  # wpa_supplicant
_HARMLESS_KEYS = re.compile(
    rb"(?:pub(?:lic)?|hot|cache|primary|foreign|sort|row|partition|(?<!duty[ _.-])routing|registry|object|map|message|"
    rb"lock|unique|index|shard|composite|config|lookup|search|group|event|topic|queue|bucket|item|resource|metric|tag|label|"
    rb"feature|issue|translation|idempotency|monkey|turkey|arrow|function|escape|enter|shift|ctrl|(?<![a-z])alt|host|duplicate|"
    rb"session.cache)[ _.-]?key\b"
)
_UUID = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z")
_POD_BYTES = 150
_POD = re.compile(rb"[a-z0-9]-[a-z0-9]{1,10}_[a-z0-9-]{1,63}\(\Z")
_TEST_BYTES = 160
_TEST = re.compile(rb"(?:\A|[\s:./])test_\w{1,120}\Z")
_NUMBER = re.compile(rb"-?(?:0[xX][0-9A-Fa-f]+|\d+)\Z")
_CONSTANT = re.compile(rb"(?<![\w-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z")
_LONG_KEY_BYTES = 40  # the primary key of an account is one to a service, not to a table
_NUMBERED_THING = re.compile(
    rb"\b(?:session|request|id|trace|user|order|job|task|thread|object|resource|item|file|path|status|code|error|reason|at|in|"
    rb"(?<!command )line)\Z"
)


def _is_random(value: bytes) -> bool:
    """Letters whose case changes at nearly every second place: no word, and no class name, is written so."""
    changes = sum(a.isupper() != b.isupper() for a, b in itertools.pairwise(value.decode("latin-1")))
    return len(value) >= _SHORTEST_RANDOM and value.isalpha() and changes * 5 >= len(value) * 2 and changes >= 5


def _follows_is(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind "the password is": two words joined, and not those that say what a password must be like."""
    start = value_start(match)
    before = match.string[max(0, start - _LONGEST_TELLING_BYTES) : start].lower().rstrip(b" \"'`")
    if not before.endswith(_TELLING):
        return False
    return _JOINED.match(value) is not None and value.lower() not in _JOINED_STATES


def looks_secret_in_prose(value: bytes, match: re.Match[bytes]) -> bool:
    """In a sentence ("the password is …"): only what is no word, that is, holds a digit or an odd sign."""
    if value.startswith((b"HTTP/", b"http://", b"https://")):
        return False
    if is_no_value(value) or is_state(value) or is_code(value) or is_setting(value) or is_selector(value):
        return False
    if is_constant(value) or is_key_file(value) or _is_of_error(value, match):
        return False
    if is_of_usage(value) or _is_pod(value, match) or _is_of_test(match):
        return False
    if _is_random(value) or _follows_is(value, match):
        return True
    return len(value) >= _SHORTEST_TOLD and _NO_LETTER.search(value) is not None


def _is_pod(value: bytes, match: re.Match[bytes]) -> bool:
    """``token-proxy-5d8f7c6b9d-q7w2z_auth(0b7c2e3a-…)``: the UUID of a pod, behind its name and its namespace."""
    start = value_start(match)
    return _UUID.match(value) is not None and _POD.search(match.string, max(0, start - _POD_BYTES), start) is not None


def _is_of_error(value: bytes, match: re.Match[bytes]) -> bool:
    """``GSS_S_NO_CRED (458752)``: the number of an error behind the name that C has for it."""
    if match[0][:2] != b" (" or _NUMBER.match(value) is None:
        return False
    return _CONSTANT.search(match.string, max(0, match.start() - _TEST_BYTES), match.start()) is not None


def _is_of_test(match: re.Match[bytes]) -> bool:
    """``test_wrong_password[case3]``: pytest writes the parameters of a test in brackets behind its name."""
    start = match.start()
    return match[0][:1] == b"[" and _TEST.search(match.string, max(0, start - _TEST_BYTES), start) is not None


def _is_word(value: bytes, match: re.Match[bytes]) -> bool:
    return _WORD.match(value) is not None and not is_state(value) and looks_secret(value, match)


def _is_set_word(value: bytes, match: re.Match[bytes]) -> bool:
    """A word in quotes behind "password … set to" or "password … is": a value, if it tells no state."""
    start = value_start(match) - 1
    before = match.string[max(0, start - _LONGEST_TOLD_BYTES) : start].lower().rstrip()
    return before.endswith(_SETTING_WORDS) and _CLEAR_NOUN.search(before) is not None and _is_word(value, match)


def _is_not_told(value: bytes) -> bool:
    return _NO_TOLD.match(value) is not None or is_path(value) or is_setting(value) or is_command(value)


def looks_secret_told(value: bytes, match: re.Match[bytes]) -> bool:
    """Told by a sentence that leaves no doubt ("the password is set to …"): also joined words, and words in quotes."""
    before = before_value(match)
    if len(value) < _LONG_KEY_BYTES and _HARMLESS_KEYS.search(before) is not None:
        return False
    if _NUMBERED_THING.search(before) is not None or _is_not_told(value):
        return False
    if looks_secret_in_prose(value, match):
        return True
    if _JOINED.match(value) is not None:
        return _follows_is(value, match) or value.count(b"-") > 1
    start = value_start(match)
    if match.string[start - 1 : start] in (b'"', b"'", b"`"):
        return looks_passphrase(value, match) or _is_set_word(value, match)
    return match.string[start - 3 : start] == _WIDE_COLON and _is_word(value, match)


def looks_secret_beside(value: bytes, match: re.Match[bytes]) -> bool:
    """Right behind a name, without a sign: as in a sentence, and the name is none of a harmless key."""
    before = before_value(match)
    if _KEY_MANAGEMENT.match(value):
        return False
    if _HARMLESS_KEYS.search(before) or is_key_of_entry(value, before):
        return False
    return not _is_not_told(value) and looks_secret_in_prose(value, match)


def _is_lone_pair(value: bytes, match: re.Match[bytes]) -> bool:
    """A name and a word, alone in their line with a tabulator between: a setting, not a row of a table."""
    if match[0][:1] != b"\t" or match.string[match.end() :].strip():
        return False
    return _LONE_NAME.match(match.string[: match.start()]) is not None and _is_word(value, match)


def looks_secret_in_column(value: bytes, match: re.Match[bytes]) -> bool:
    """In the next column: in the registry nearly everything, in other tables what is no heading."""
    if b"REG_" in match[0]:
        return looks_secret(value, match)
    return looks_secret_in_prose(value, match) or _is_lone_pair(value, match)
