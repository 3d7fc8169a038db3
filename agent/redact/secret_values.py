"""Whether what stands behind a word like ``password`` is a secret or the rest of a sentence.

The words themselves are common in the logs that support needs: "password: expired", "token = null",
"tokens: 512", "Invalid token: unexpected end". Three grades of doubt, from an assignment that a program wrote
(nearly everything is a secret) to prose (only what no word looks like is one).
"""

from __future__ import annotations

import itertools
import re

# What programs write where a secret would stand when there is none.
_PLACEHOLDERS = frozenset(
    b"true false null nil none undefined empty blank unset set notset not-set missing yes no on off enabled "
    b"disabled ok required optional hidden masked redacted removed filtered password passwd token string str "
    b"text bytes byte char int integer object bool boolean uuid varchar default changed expired invalid valid "
    b"incorrect wrong unknown failed failure success successful denied rejected accepted verified mismatch "
    b"matched match present absent sent received updated created deleted reset revoked refreshed renewed needed "
    b"used unused error bearer basic digest simple plain delegation external anonymous negotiate ntlm kerberos "
    b"oauth oauth2 saml ldap pam prompt ask n/a na todo xxx xxxx changeme_here your_password your-password "
    b"<password> <token> self this same-origin identifier include omit publickey keyboard-interactive "
    b"password-auth interactive ssh2 md5 sha1 sha256 sha512 scram-sha-256 trust peer cert required-field lax "
    b"strict httponly secure session".split()
)
_MASKED = re.compile(
    rb"(?:\*+|x{3,}|X{3,}|\.{3,}|-+|_+|#{3,}|(?:\xe2\x80\xa2)+|<[^<>]{0,40}>|\[[\w: *-]{0,60}\]|\(null\))\Z"
)
_REFERENCE = re.compile(
    rb"(?:\$\{[^}]{1,80}\}|\$\([^)]{1,80}\)|\{\{[^}]{1,80}\}\}|%[A-Za-z_]\w{0,40}%|\$[A-Z_][A-Z0-9_]{2,60}|%[sdvr]|\{\w{0,40}\}|"
    rb"\[redacted:[a-z0-9-]+\]|(?:user|host|mail|name|ip|mac)-[a-z2-7]{8})\Z"
)
_ARCHITECTURES = frozenset(b"amd64 arm64 armhf i386 i686 x86_64 noarch all any aarch64".split())
_HANDLE = re.compile(
    rb"0[xX][0-9A-Fa-f]{1,16}[,;:.)\]]?\Z|[\w.$]+@[0-9a-f]{3,8}\Z"
)  # an address or an object of the program
_CODE = re.compile(
    rb"\([A-Za-z]+\)?\Z|\?\Z|\d{1,3}[:.]\d[\w.:+~-]*\Z|[A-Z]\w+\{|(?:com|org|net|io)\.\w+\.|(?:[a-z]\w*\.){2,6}[A-Z]\w*|(?:self|this|os|process|config|settings|env|request|req|args|options|params?|ctx|new|await)[.(\[]|\w+\(|[\w.]+\(\)"
)
_NUMBER = re.compile(rb"[-+]?\d{1,5}(?:\.\d+)?(?:ms|s|m|h|d|kb|mb|b|%)?\Z", re.IGNORECASE)
_STATE_WORDS = re.compile(
    rb"(?:is|was|has|had|have|are|were|will|would|can|could|cannot|must|may|should|does|did|do|not|no|for|from|in|on|to|at|by|of|"
    rb"with|and|or|the|a|an|as|if|than|then|when|because|after|before|during|that|this|only|already|also|still|just|too|"
    rb"never|being|been|be|it|its|your|my|our|their|check|checks|manager|policy|file|files|store|type|types|service|request|"
    rb"requests|response|endpoint|provider|handler|validation|verification|refresh|rotation|rotated|length|size|count|"
    rb"limit|attempts?|change|changes|authentication|auth|login|field|fields|input|must|mismatch|error|errors|failed|failure|"
    rb"expires?|expiry|expired|expiration|invalid|valid|ok|unexpected|unrecognized|unsupported|issued|generated|loaded|found|"
    rb"acquired|cached|accepted|rejected|denied|received|sent|successfully|until|bucket|ring|based|protected|less|free|prompt|"
    rb"reset|dialog|hash|hashes|hashing|key|keys|version|versions|id|ids|name|names|user|users|cache|caches|api|url|uri|header|headers)\Z",
    re.IGNORECASE,
)
_OPTION_NAMES = frozenset(b"password passwd pass pwd token secret key value string file".split())
_LIST = re.compile(rb"[:=]\s?\d")  # "12, completion_tokens: 34" is more than one setting
_ASSIGNMENT = re.compile(rb"[A-Za-z_.]+=\Z")
_NAME_SIGNS = bytes(byte for byte in range(256) if chr(byte).isalnum() or byte in b"_.-" or byte > 127)
_SHORTEST_RANDOM = 8
_JOINED = re.compile(rb"[A-Za-z]{2,}(?:-[A-Za-z]{2,})+\Z")
_JOINED_STATES = frozenset(
    b"case-sensitive case-insensitive read-only write-only write-protected out-of-date up-to-date not-set "
    b"non-empty well-formed auto-generated pre-shared self-signed base-encoded too-short too-long too-weak "
    b"hard-coded plain-text".split()
)
_WORD = re.compile(rb"[A-Za-z][a-z]*(?:['-][a-z]+)?[.,:;!?]?\Z")


def _is_no_value(value: bytes) -> bool:
    lower = value.strip(b" \t\"'").lower()
    return (
        not lower
        or lower.rstrip(b".,:;!?") in _PLACEHOLDERS
        or _MASKED.match(value) is not None
        or _REFERENCE.match(value) is not None
    )


def _name_before(match: re.Match[bytes]) -> bytes:
    """The name behind which a value was found, in lower case; also where the pattern itself begins with the name."""
    return match.string[max(0, match.start() - 40) : match.start()].lower() + match[0][:3].lower()


def looks_secret(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind an assignment to a clear name: a secret unless it is a placeholder, a reference or a small number."""
    return (
        not _is_no_value(value)
        and _NUMBER.match(value) is None
        and _CODE.match(value) is None
        and _HANDLE.match(value) is None
        and not (value[:1] == b"/" and _name_before(match).endswith(b"pwd"))  # PWD is also the working folder
    )


def looks_secret_word(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind ``name: `` without quotes: as :func:`looks_secret`, and a plain word only where the line ends with it."""
    if value.lower() in _ARCHITECTURES:
        return False  # passwd:amd64 is a package
    if not looks_secret(value, match) or _STATE_WORDS.match(value.rstrip(b".,:;!?")):
        return False
    if _WORD.match(value) is None:
        return True
    after = match.string[match.end(match.lastindex or 0) :]
    return not after.strip() or after[:1] in b",;&|}])<"


def looks_secret_by_sign(value: bytes, match: re.Match[bytes]) -> bool:
    """As :func:`looks_secret` behind ``=`` and arrows; as :func:`looks_secret_word` behind a colon."""
    before = match.string[: match.start(match.lastindex or 0)].rstrip(b" \t[")
    if before.endswith(b":") and not before.endswith(b"::"):
        # "auth: payload={…" is the name of a logger and the next assignment.
        if value[:1] in b"({[<" or _ASSIGNMENT.match(value) is not None:
            return False
        return looks_secret_word(value, match)
    return looks_secret(value, match)


def looks_secret_in_tuple(value: bytes, match: re.Match[bytes]) -> bool:
    """The second of a pair, a call or a list of arguments: ``("password", "x")``, ``["--token", "x"]``."""
    before = match.string[: match.start()].rstrip(_NAME_SIGNS)
    if before[-1:] in (b'"', b"'") and match.string[len(before) : len(before) + 1] != b"-":
        before = before[:-1].rstrip(b" \\")
        return before[-1:] in b"([," and before[-1:] != b"," and looks_secret(value, match)
    return before[-1:] in (b"(", b"[", b'"', b"'") and looks_secret(value, match)


def looks_secret_in_column(value: bytes, match: re.Match[bytes]) -> bool:
    """In the next column: in the registry nearly everything, in other tables what is no heading."""
    if b"REG_" in match[0]:
        return looks_secret(value, match)
    return looks_secret_in_prose(value, match)


def looks_secret_words(value: bytes, match: re.Match[bytes]) -> bool:
    """Several words alone on their line: a pass phrase if one of them is none, and none speaks of a state."""
    words = value.split()
    if value.startswith((b"(", b"$(")) or _LIST.search(value):
        return False
    if len(words) == 1:
        return looks_secret_word(value, match)
    return not _is_no_value(words[0]) and not any(_STATE_WORDS.match(word.rstrip(b".,:;!?")) for word in words)


def looks_secret_option(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind an option of a command: a secret unless it is a number, a file or a reference."""
    if value.isupper() and value.rstrip(b"]").lower() in _OPTION_NAMES:
        return False  # usage: tool [--password PASSWORD]
    return looks_secret(value, match) and value[:1] not in b"/|>&(" and not value.startswith(b"file:")


def _is_random(value: bytes) -> bool:
    """Letters whose case changes at nearly every second place: no word, and no class name, is written so."""
    changes = sum(a.isupper() != b.isupper() for a, b in itertools.pairwise(value.decode("latin-1")))
    return len(value) >= _SHORTEST_RANDOM and value.isalpha() and changes * 5 >= len(value) * 2 and changes >= 5


def _follows_is(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind "the password is": two words joined, and not those that say what a password must be like."""
    before = match.string[: match.start(match.lastindex or 0)].lower().rstrip(b" \"'`")
    if not before.endswith((b" is", b" is:", b" was", b" set to", b" changed to", b" reset to")):
        return False
    return _JOINED.match(value) is not None and value.lower() not in _JOINED_STATES


def looks_secret_in_prose(value: bytes, match: re.Match[bytes]) -> bool:
    """In a sentence ("the password is …"): only what is no word, that is, holds a digit or an odd sign."""
    if value.startswith((b"HTTP/", b"http://", b"https://")):
        return False
    if (
        _is_no_value(value)
        or _STATE_WORDS.match(value)
        or _HANDLE.match(value)
        or _CODE.match(value)
        or _ASSIGNMENT.match(value)
    ):
        return False
    if _is_random(value) or _follows_is(value, match):
        return True
    return len(value) >= 4 and any(not (65 <= byte <= 90 or 97 <= byte <= 122 or byte in b"-.'_") for byte in value)


def is_mixed(value: bytes, _match: re.Match[bytes]) -> bool:
    """Random-looking: letters and digits both, so that a long word or class name does not count."""
    return any(48 <= byte <= 57 for byte in value) and any(byte > 64 for byte in value)


_IDENTIFIER = re.compile(
    rb"(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]{22,}|"
    rb"[a-z]+(?:-private)?-[a-z2-7]{8,12}|[A-Za-z]+[_-]\d+|[a-z][\w-]*(?:\.[\w-]+)+|[\d._:+-]+|(?:sha\d{1,3}|md5)[:-].*)\Z"
)
_HEX = re.compile(rb"[0-9a-fA-F]{32}\Z")
_BARE_NAME = re.compile(rb"(?:\A|[^\w.-])(?:[kK]ey|KEY|code|state|seed|iv|nonce|challenge|signature|session|access)\Z")
_WORDY = re.compile(rb"[A-Za-z]?[a-z]+(?:[_./-]?[A-Za-z]?[a-z]+)*\d{0,2}\Z")


def is_random_key(value: bytes, match: re.Match[bytes]) -> bool:
    """Behind a name like "key": letters and digits mixed, and no hash, UUID, stand-in, version or numbered name."""
    if not is_mixed(value, match) or _IDENTIFIER.match(value) is not None or _WORDY.match(value) is not None:
        return False
    if _HEX.match(value) is not None and _BARE_NAME.search(match.string, 0, match.start()) is not None:
        return False  # a digest of MD5, as caches and queues name their entries
    return looks_secret(value, match)


_RANDOM_BYTES = 16  # as long as a session number of any web framework


def is_cookie(value: bytes, match: re.Match[bytes]) -> bool:
    """A cookie's value that may open a session: with letters and digits, or long; not a setting like theme=dark."""
    if not looks_secret(value, match):
        return False
    if len(value) >= _RANDOM_BYTES and any(byte in b"._" for byte in value):
        return True  # signed session cookies
    return is_mixed(value, match) or len(value) >= 16


def is_mixed_token(value: bytes, match: re.Match[bytes]) -> bool:
    """As :func:`is_mixed`, and no address or object of a program."""
    if not any(65 <= byte <= 122 and byte != 95 for byte in value):
        return False  # a number of the program, as in "Session: 30546173_4261722401"
    return looks_secret(value, match) and (is_mixed(value, match) or len(value) >= _RANDOM_BYTES)
