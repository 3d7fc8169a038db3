"""What stands where a secret would and is none: placeholders, references, code, paths, states of a program.

The rest of a line tells as much as the value itself: a label of a prompt, a scheme of HTTP, a connection string whose
parts have names of their own.
"""

from __future__ import annotations

import re

from agent.redact.program_texts import is_expression, is_operand, is_test_result
from agent.redact.shown_texts import is_shown_text

_PLACEHOLDERS = frozenset(
    b"true false null nil none undefined empty blank unset set notset not-set missing yes no on off enabled "
    b"disabled ok required optional hidden masked redacted removed filtered password passwd token string str "
    b"text bytes byte char int integer object bool boolean uuid varchar default changed expired invalid valid "
    b"incorrect wrong unknown failed failure success successful denied rejected accepted verified mismatch "
    b"matched match present absent sent received updated created deleted reset revoked refreshed renewed needed "
    b"used unused error bearer basic digest simple plain delegation external anonymous negotiate ntlm kerberos "
    b"oauth oauth2 saml ldap pam prompt ask n/a na todo xxx xxxx changeme_here your_password your-password "
    b"<password> <token> self this same-origin identifier include omit publickey keyboard-interactive password- "
    b"auth interactive ssh2 md5 sha1 sha256 sha512 scram-sha-256 trust peer cert required-field lax strict "
    b"chauthtok httponly secure session username email added deprecated renamed protected sensitive obfuscated "
    b"scrubbed sanitized suppressed omitted oubli\xc3\xa9 invalide incorrecte expir\xc3\xa9 requis "
    b"obligatoire erron\xc3\xa9".split()
)
_MASKED = re.compile(
    rb"(?:\*+|x{3,}|X{3,}|\.{3,}|-+|_+|#{3,}|(?:\xe2\x80\xa2)+|<[^<>]{0,40}>|\[[\w: *-]{0,60}\]|\(null\))\Z"
)
_REFERENCE = re.compile(
    rb"(?:\$\{[^}:]{1,80}(?::-?|:\?[^}]{0,80})?\}|"
    rb"\$\{(?:env|file|vault|ssm|secrets?|opt|self|param|cf|sys|system|lookup|cmd):[^}]{1,80}\}|"
    rb"\$\([^)]{1,80}\)|\{\{[^}]{1,80}\}\}|%[A-Za-z_]\w{0,40}%|\$(?:env:)?[A-Z_][A-Z0-9_]{0,60}|\$[a-z_]{2,40}|\$\d{1,2}|"
    rb"%[sdvr]|%\(\w{1,60}\)[sdr]|#\{[^}]{1,80}\}|\(\([\w./-]{1,80}\)\)|@@?\w{2,40}@@?|__[A-Z][A-Z0-9_]{1,60}__|\$\{\{[^}]{1,80}\}\}|(?:op|vault|ref|arn:aws[\w-]*:(?:secretsmanager|ssm)|keyvault|kv)(?:\+\w+)?:[\w/@:.#-]{3,200}|projects/[\w-]{1,60}/secrets/[\w/-]{1,100}|@Microsoft\.KeyVault\([^)]{1,200}\)?|\{\w{0,40}\}|\{?\[redacted:[a-z0-9-]+\]?\}?|(?:user|host|mail|name|ip|mac)-[a-z2-7]{8})\Z"
)
_PATH = re.compile(
    rb"/(?:etc|var|usr|home|opt|run|tmp|root|srv|mnt|data|app|proc|dev|sys|Users|private|Library|Volumes|media|secrets)/|"
    rb"(?:~|\.{1,2})/|file:/|https?://[^\s?#@]{4,200}\.(?:asc|gpg|pub)\Z|[A-Za-z]:[\\/]\w|[a-z][a-z-]*(?:/[a-z][\w-]*)+\Z|[\w-]+(?:/[\w-]+)+\.[a-z]{1,5}\Z"
)
_OBJECT = re.compile(  # an address or an object of the program
    rb"0[xX][0-9A-Fa-f]{1,16}[,;:.)\]]?\Z|(?:[\w$]+\.)+[\w$]+@[0-9a-f]{3,8}\Z|[\w$]+@(?=[0-9]*[a-f])[0-9a-f]{5,8}\Z"
)
_CODE = re.compile(
    rb"\([A-Za-z]+\)?\Z|\?\Z|\d{1,3}[:.]\d[\w.:+~-]*\Z|[A-Z]\w+\{|(?:com|org|net|io)\.\w+\.|(?:[a-z]\w*\.){2,6}[A-Z]\w*|"
    rb"(?:self|this|os|process|config|settings|env|request|req|args|options|params?|ctx|new|await|ENV|System|Rails)[.(\[]|"
    rb"\w+\(|passwd-file\(|[\w.]+\(\)|(?:await|new|async|function|typeof|lambda|yield)\Z|"
    rb"(?:var|local|module|data|each|secrets|vars|steps|inputs|Values|env)\.[A-Za-z_][\w.-]*\Z|\W*\Z|"
    rb"\S+\.[A-Za-z]{1,6}:\d{1,7}(?::\d{1,6})?\Z|/\S+:\d{1,7}:\d{1,6}\Z|"  # the place of a frame of a stack
    rb"(?:[A-Z]\w*::)+[A-Z]\w*\Z|(?:(?:Alt|Ctrl|Control|Shift|Cmd|Command|Option|Meta|Win|Super)\+)+\w+\Z"
)
_SETTING_NAME = re.compile(
    rb"(?:[a-z]{2,}|[A-Z]{2,}|[a-z]+(?:[A-Z][a-z]+)+|[A-Z][a-z]{2,}(?:[A-Z][a-z]+)*|[A-Za-z]+(?:[_.][A-Za-z]+)+)\Z"
)
_ODD_SIGN = re.compile(rb"[!*$^#~]")
_SELECTOR = re.compile(rb"(?:[A-Za-z]{2,60}:){1,9}\Z")  # the rest of one: -[Session setPassword:completion:]
# A name of a secret: the next item of a list, or what the line goes on to speak of.
_NAME = re.compile(rb"[a-z]+(?:_[a-z]+)*_(?:tokens?|codes?|passwords?|secrets?|keys?|credentials|uri|ids?)\Z")
_NUMBER = re.compile(rb"[-+]?\d{1,5}(?:[./]\d+|-\d{1,3})?(?:ms|s|m|h|d|kb|mb|b|%)?\Z", re.IGNORECASE)
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
_NEIGHBOURHOOD_BYTES = 60
_HOLDS_NAMED = re.compile(rb"(?i:passw(?:or)?d|pwd|accountkey|sharedaccess\w*|secret|token)\s?=|://")
_LABEL = re.compile(rb"(?:\A|[\s(,=+\[{])(?P<quote>[\"'`])\w[\w .,-]{0,60}\Z")
_AFTER_LABEL = re.compile(rb"\s?[:=]\s?(?P<quote>[\"'`])\Z")
_IDENTIFIER = re.compile(rb"[A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)*\Z")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9-]{1,23}\Z")


def is_no_value(value: bytes) -> bool:
    """A placeholder, a mask or a reference to where the value is."""
    lower = value.strip(b" \t\"'").lower()
    return (
        not lower
        or lower.rstrip(b".,:;!?") in _PLACEHOLDERS
        or _MASKED.match(value) is not None
        or _REFERENCE.match(value) is not None
    )


def is_state(word: bytes) -> bool:
    """A word that tells what is the matter with a password or a token, or goes on with the sentence."""
    return _STATE_WORDS.match(word) is not None


def is_code(value: bytes) -> bool:
    """An expression, a class, an address or an object of a program."""
    return _OBJECT.match(value) is not None or _CODE.match(value) is not None or is_expression(value)


def is_selector(value: bytes) -> bool:
    """The other words of the name of a method in Objective-C or Swift: ``completion:``."""
    return _SELECTOR.match(value) is not None


def is_name(value: bytes) -> bool:
    """What has a value of its own: ``client_secret``, ``refresh_token``."""
    return _NAME.match(value) is not None


def is_setting(value: bytes) -> bool:
    """The next setting, ``name=value``: its name is words, and its value has no sign that settings have not."""
    name, sign, rest = value.partition(b"=")
    if not sign or rest[:1] == b"=" or _SETTING_NAME.match(name) is None:
        return False
    return not rest or rest.isascii() is False or _ODD_SIGN.search(rest) is None


def is_path(value: bytes) -> bool:
    """The path of a file, or where a store keeps an entry."""
    return _PATH.match(value) is not None


def is_number(value: bytes) -> bool:
    """A small number, a duration or a size."""
    return _NUMBER.match(value) is not None


def value_start(match: re.Match[bytes]) -> int:
    """Where the value begins of a pattern that has one group, or several of which one matched."""
    return match.start(match.lastindex or 0)


def before_value(match: re.Match[bytes]) -> bytes:
    """What stands in front of the value, in lower case, without signs and quotes at its end; bounded."""
    start = value_start(match)
    return match.string[max(0, start - _NEIGHBOURHOOD_BYTES) : start].lower().rstrip(b" \t\"'`=:>[(")


def is_other(value: bytes, match: re.Match[bytes]) -> bool:
    """What stands where a secret would, but is something else, as only its neighbourhood tells."""
    return (
        is_shown_text(value)
        or is_test_result(value, match)
        or is_operand(value, match, value_start(match))
        or _is_other_here(value, match)
    )


def _is_other_here(value: bytes, match: re.Match[bytes]) -> bool:
    """A folder, a string that holds names of its own, a scheme, a call, the end of a label."""
    before = before_value(match)
    if value[:1] == b"/" and before.endswith(b"pwd"):
        return True  # PWD is also the working folder
    if before.endswith((b"string", b"connstr", b"dsn")) and _HOLDS_NAMED.search(value) is not None:
        return True  # a connection string: what in it is secret has a name of its own there
    following = match.string[match.end() : match.end() + 1]
    if following == b" " and before.endswith(b"authorization") and _SCHEME.match(value) is not None:
        return True  # a scheme
    if (following == b"(" and _IDENTIFIER.match(value)) or (following == b"]" and is_selector(value)):
        return True  # a call, or a method
    closing = _AFTER_LABEL.match(match[0][: value_start(match) - match.start()])
    if closing is None:
        return False
    # prompt("Password:"): the quote ends the label and begins nothing
    label = _LABEL.search(match.string, max(0, match.start() - _NEIGHBOURHOOD_BYTES - 2), match.start())
    return label is not None and label["quote"] == closing["quote"]
