"""Whether what stands behind a word like ``password`` is a secret or the rest of a sentence.

The words themselves are common in the logs that support needs: "password: expired", "token = null",
"tokens: 512", "Invalid token: unexpected end". The grades of doubt begin with an assignment that a program wrote
(nearly everything is a secret); for those of sentences see ``told_secrets.py``.
"""

from __future__ import annotations

import itertools
import re

from agent.redact.checks.message_words import says_something
from agent.redact.checks.not_secrets import (
    before_value,
    is_code,
    is_name,
    is_no_value,
    is_number,
    is_other,
    is_path,
    is_setting,
    is_state,
    value_start,
)
from agent.redact.checks.program_texts import is_argument_name, is_command, is_error_code, is_test_result
from agent.redact.checks.shown_texts import is_shown_text
from agent.redact.checks.technical_names import is_key_of_entry

_ARCHITECTURES = frozenset(b"amd64 arm64 armhf i386 i686 x86_64 noarch all any aarch64".split())
_OPTION_NAMES = frozenset(b"password passwd pass pwd token secret key value string file".split())
# "12, completion_tokens: 34" is more than one setting
_LIST = re.compile(rb"[:=]\s?\d|, ?[A-Za-z_.]{2,40}[:=] ?\S")
_TIMED = re.compile(rb"\(\d+(?:\.\d+)? ?m?s\)\Z")  # PASS: a_test (0.01s)
_LONGEST_START_BYTES = 150
_LONGEST_TEXT_BYTES = 200
_CALL = re.compile(rb"(?:[A-Za-z_]\w{0,60}(?:\.|->|::)){1,8}[A-Za-z_]\w{0,60}\([^()\s]{1,60},\Z")
_LINE_START = re.compile(rb"\s{0,40}(?:- |export |set |env )?[\w.-]{1,100}\Z")
_NAME_SIGNS = bytes(byte for byte in range(256) if chr(byte).isalnum() or byte in b"_.-" or byte > 127)
_LONGEST_NAME_BYTES = 120
_LONGEST_BLANK_BYTES = 64
# &{User:app Password:x Mode:disable}, map[password:x user:app]: as Go prints them.
_FIELD = re.compile(rb"(?i:passw(?:or)?d|pwd|pass|secret|passphrase)\Z")
_NEXT_FIELD = re.compile(rb"[}\]]| [A-Za-z_]\w{0,60}:[^\s:]")
_WORDPRESS_BYTES = 64  # of each of its keys and salts
# NAME= program: the variable is empty for the program.
_EMPTIED = re.compile(rb"=\s+\Z")
_VARIABLE = re.compile(rb"(?:\A|[\s\"'`])[A-Z][A-Z0-9_]*=\s+\Z")
_PROGRAM = re.compile(rb"[a-z./][a-z0-9_./-]*(?:\s+[^\s\"']|\Z)")
_ONE_TOKEN = re.compile(rb"(?:\A|[^a-z])(?:pin|puk|cvv2?|cvc2?|salt)\Z")  # what never has several words
# What has no blank in it, and is also the name of people or of a thing: "community: 10 members".
_NO_PHRASE = re.compile(rb"(?:\A|[^a-z])(?:community|(?:product|licen[cs]e|serial) key)\Z")
# A letter in front of a quote tells what the literal is: (b'api-key', b'x'), as HTTP clients print their headers.
_BYTES_OF_NAME = re.compile(rb"(?:\A|[^A-Za-z0-9_])[bBuUrR]\Z")
_HEADER_NAME = re.compile(rb"[A-Za-z]{1,20}(?:-[A-Za-z]{1,20}){1,5}\Z")
_NEXT_QUOTED = re.compile(rb"[\"'],\s?[bBuU]?[\"']")
_WORD = re.compile(rb"[A-Za-z][a-z]*(?:['-][a-z]+)?[.,:;!?]?\Z")


def looks_secret(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind an assignment to a clear name: a secret unless a placeholder, a reference, a small number or one sign."""
    return (
        len(value) > 1
        and not is_no_value(value)
        and not is_number(value)
        and not is_code(value)
        and not is_path(value)
        and not is_other(value, match)
    )


def looks_secret_word(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind ``name: `` without quotes: as :func:`looks_secret`, and a plain word only where the line ends with it."""
    if value.lower() in _ARCHITECTURES:
        return False  # passwd:amd64 is a package
    if not looks_secret(value, match) or is_state(value.rstrip(b".,:;!?")):
        return False
    if _WORD.match(value) is None:
        return not is_name(value)
    before = before_value(match)
    if _ONE_TOKEN.search(before) is not None or (before.endswith(b"auth") and says_something(value)):
        return False
    end = match.end(match.lastindex or 0)
    after = match.string[end : end + _LONGEST_BLANK_BYTES]
    return not after.strip() or after[:1] in b",;&|}])<"


def looks_secret_by_sign(value: bytes, match: re.Match[bytes]) -> bool:
    """As :func:`looks_secret` behind ``=`` and arrows; as :func:`looks_secret_word` behind a colon."""
    start = value_start(match)
    before = match.string[max(0, start - _LONGEST_NAME_BYTES) : start].rstrip(b" \t[")
    name = match.string[max(0, match.start() - _LONGEST_NAME_BYTES) : match.start()]
    if b"@" in value and name.rstrip(_NAME_SIGNS).endswith(b"://"):
        return False  # the password of an address
    if _is_emptied(value, match):
        return False
    if before.endswith(b":") and not before.endswith(b"::"):
        # "auth: payload={…" is the name of a logger and the next assignment.
        if value[:1] in b"({[<" or is_setting(value):
            return False
        if _is_field(match) and _NEXT_FIELD.match(match.string, match.end()) is not None:
            return looks_secret(value, match) and not is_state(value)
        return looks_secret_word(value, match)
    return looks_secret(value, match) and not _begins_text(match, start)


def _begins_text(match: re.Match[bytes], start: int) -> bool:
    """``password=Enter your password``, as catalogues of texts are written: the value is the rest of the line."""
    rest = match.string[start : start + _LONGEST_TEXT_BYTES].strip()
    return b" " in rest and is_shown_text(rest)


def _is_field(match: re.Match[bytes]) -> bool:
    """Whether a colon alone stands between a clear name and the value."""
    start = value_start(match)
    return start - match.start() == 1 and _FIELD.search(match.string, 0, match.start()) is not None


def _is_emptied(value: bytes, match: re.Match[bytes]) -> bool:
    """``API_KEY= npm start`` and ``password= host=x``: nothing was assigned, and the line goes on with other things."""
    start = value_start(match)
    sign = match.string[match.start() : start]
    if _EMPTIED.match(sign) is None:
        return False
    before = match.string[max(0, start - _LONGEST_NAME_BYTES) : start]
    rest = match.string[start : start + _LONGEST_NAME_BYTES]
    return is_setting(value) or (
        _VARIABLE.search(before) is not None and _PROGRAM.match(rest) is not None and b" " in rest.strip()
    )


def looks_secret_in_tuple(value: bytes, match: re.Match[bytes]) -> bool:
    """The second of a pair, a call or a list of arguments: ``("password", "x")``, ``["--token", "x"]``."""
    if is_name(value):
        return False
    window = match.string[max(0, match.start() - _LONGEST_NAME_BYTES) : match.start()]
    before = window.rstrip(_NAME_SIGNS)
    if match.groupdict().get("value_d") is not None:  # [Mail:Password, x], a pair as .NET prints it, or a list of names
        return before.rstrip(_NAME_SIGNS + b":")[-1:] == b"[" and is_mixed(value, match) and looks_secret(value, match)
    before = before[:-1] if before[-2:] in (b"{:", b"(:", b"[:") else before
    if _HEADER_NAME.match(value) is not None and (
        value[:2].lower() == b"x-" or _NEXT_QUOTED.match(match.string, match.end()) is not None
    ):
        return False  # ["x-api-key", "content-type", …]: names of headers alone
    if before[-1:] in (b'"', b"'") and window[len(before) : len(before) + 1] != b"-":
        return _follows_quoted(before[:-1].rstrip(b" \\"), value, match)
    if match[0][:1] in (b",", b";") and match[0][-1:] != b")" and match["value_c"] is not None:
        return not before and is_mixed(value, match) and _WORDY.match(value) is None and looks_secret(value, match)
    return before[-1:] in (b"(", b"[", b"{", b'"', b"'") and looks_secret(value, match)


def _follows_quoted(before: bytes, value: bytes, match: re.Match[bytes]) -> bool:
    """In a tuple whose name is in quotes, by what stands in front of the first of them, and of the letter of bytes."""
    before = before[:-1] if _BYTES_OF_NAME.search(before) is not None else before
    if before.endswith(b"define(") and (
        len(value) == _WORDPRESS_BYTES or (is_mixed(value, match) and b" " not in value)
    ):
        return True  # of any signs: it may look like code
    if before[-1:] == b",":  # a name among others, if nothing tells a value
        return is_random_key(value, match)
    return before[-1:] in b"([{" and looks_secret(value, match)


def looks_secret_words(value: bytes, match: re.Match[bytes]) -> bool:
    """Several words alone on their line: a pass phrase if one of them is none, and none speaks of a state."""
    words = value.split()
    if match.start() > _LONGEST_START_BYTES or not _LINE_START.match(match.string[: match.start()]):
        return False
    if (
        _TIMED.search(value)
        or is_test_result(value, match)
        or is_error_code(value, match, value_start(match))
        or value.startswith((b"(", b"$("))
        or (value[:1] == value[-1:] == b"`" and is_command(value[1:-1]))
        or b"[redacted:" in value
        or _LIST.search(value)
    ):
        return False
    before = before_value(match)
    if before.endswith(b"authorization") or _is_emptied(value, match):
        return False  # a scheme and what belongs to it; a program that is told nothing
    if len(words) > 1 and (_ONE_TOKEN.search(before) or _NO_PHRASE.search(before) or _is_message(words, before)):
        return False
    if len(words) == 1:
        return looks_secret_word(value, match) and not is_setting(value)
    return not (is_no_value(words[0]) or is_no_value(value)) and not any(
        is_state(word.rstrip(b".,:;!?")) for word in words
    )


def _is_message(words: list[bytes], before: bytes) -> bool:
    """``lookup timed out``, ``opts.token || x``: most of the words belong to a message, or code.

    ``auth`` is also the name of a program: of what it says one word is enough.
    """
    if b"||" in words or b"??" in words or (_CALL.match(words[0]) and words[-1].rstrip(b";").endswith(b")")):
        return True
    told = sum(word.isdigit() or says_something(word) for word in words)
    most = told * 2 > len(words) or (told > 0 and before.endswith(b"auth"))
    return most and all(_WORD.match(word) or word.isdigit() or word.isupper() for word in words)


def looks_secret_option(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind an option of a command: a secret unless it is a number, a file or a reference."""
    if value.isupper() and value.rstrip(b"]").lower() in _OPTION_NAMES:
        return False  # usage: tool [--password PASSWORD]
    if is_state(value) or is_argument_name(value, match) or value.startswith((b"file:", b"env:", b"fd:", b"stdin")):
        return False
    return looks_secret(value, match) and value[:1] not in b"/|>&("


def is_mixed(value: bytes, _match: re.Match[bytes]) -> bool:
    """Random-looking: letters and digits both, so that a long word or class name does not count."""
    return any(48 <= byte <= 57 for byte in value) and any(byte > 64 for byte in value)


_HASH_OR_NAME = re.compile(
    rb"(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]{22,}|"
    rb"[a-z]+(?:-private)?-[a-z2-7]{8,12}|[A-Za-z]+[_-]\d+|[a-z]+(?:[_-][a-z]+)+[_-]\d{1,12}|[a-z][\w-]*(?:\.[\w-]+)+|[\d._:+-]+|S-1-\d{1,2}-[\d-]+|(?:sha\d{1,3}|md5)[:-].*)\Z"
)
_HEX = re.compile(rb"[0-9a-fA-F]{32}\Z")
_BARE_NAME = re.compile(rb"(?:\A|[^\w.-])(?:[kK]ey|KEY|code|state|seed|iv|nonce|challenge|signature|session|access)\Z")
# A digest behind the name of a session or a cookie is its number, as long as frameworks make them.
_SESSION_NUMBER = re.compile(rb"(?=[0-9]{0,38}[a-f])(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})\Z")
_OF_SESSION = re.compile(rb"(?:session|sess|cookies?|[\W_]sid)\d{0,2}\Z")
_VECTOR = re.compile(rb"(?:\A|[^A-Za-z0-9])(?i:iv)[\"']?\s?[=:]\s?[\"']?(?:0x)?[0-9a-fA-F]{16,32}(?![0-9A-Za-z])")
_KEY_OF_CIPHER = re.compile(rb"(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{48}|[0-9a-fA-F]{64})\Z")
_NEAR_BYTES = 80
_WORDY = re.compile(rb"[A-Za-z](?:[a-z]|[A-Z](?=[a-z])|[_./-](?=[A-Za-z]))*\d{0,2}\Z")


def is_random_key(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind a name like "key": letters and digits mixed, and no hash, UUID, stand-in, version or numbered name."""
    if _is_of_cipher(value, match) or (
        _SESSION_NUMBER.match(value) is not None and _OF_SESSION.search(before_value(match)) is not None
    ):
        return True
    if not is_mixed(value, match) or _HASH_OR_NAME.match(value) is not None or _WORDY.match(value) is not None:
        return False
    if b"/" in value and b"." in value:
        return False  # a path
    if is_key_of_entry(value, before_value(match)):
        return False
    if _HEX.match(value) is not None and _BARE_NAME.search(match.string, 0, match.start()) is not None:
        return False  # a digest of MD5, as caches and queues name their entries
    return looks_secret(value, match)


def _is_of_cipher(value: bytes, match: re.Match[bytes]) -> bool:
    """``iv=… key=…``: as long as the key of a cipher, with a vector in front of it or behind it."""
    if _KEY_OF_CIPHER.match(value) is None:
        return False
    near = match.string[max(0, match.start() - _NEAR_BYTES) : match.end() + _NEAR_BYTES]
    return _VECTOR.search(near) is not None


_RUN = re.compile(rb"[A-Za-z0-9]{24,}")


def is_random_token(value: bytes, match: re.Match[bytes]) -> bool:
    """Without a telling name: a long run of letters of both cases and digits that change places as only chance does."""
    longest = max(_RUN.findall(value), key=len, default=b"")
    kinds = [2 if byte < 58 else 1 if byte < 91 else 0 for byte in longest]
    if min(kinds.count(kind) for kind in range(3)) < 3:
        return False
    changes = sum(a != b for a, b in itertools.pairwise(kinds))
    return changes * 3 >= len(longest) and looks_secret(value, match)  # by chance it is six times in ten


_RANDOM_BYTES = 16  # as long as a session number of any web framework


def is_cookie(value: bytes, match: re.Match[bytes]) -> bool:
    """A cookie's value that may open a session: with letters and digits, or long; not a setting like theme=dark."""
    if not looks_secret(value, match):
        return False
    if len(value) >= _RANDOM_BYTES and any(byte in b"._" for byte in value):
        return True  # signed session cookies
    return is_mixed(value, match) or len(value) >= 16


def is_bitlocker_key(value: bytes, _match: re.Match[bytes]) -> bool:
    """Groups of digits, each a number of 16 bits times eleven, as Microsoft writes the key of a drive."""
    numbers = [int(group) for group in value.split(b"-")]
    return all(number % 11 == 0 and number < 11 * 2**16 for number in numbers)


def is_mixed_token(value: bytes, match: re.Match[bytes]) -> bool:
    """As :func:`is_mixed`, and no address or object of a program."""
    if not any(65 <= byte <= 122 and byte != 95 for byte in value):
        return False  # a number of the program, as in "Session: 30546173_4261722401"
    return looks_secret(value, match) and (is_mixed(value, match) or len(value) >= _RANDOM_BYTES)
