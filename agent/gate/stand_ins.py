"""What stands where a secret would, and is none: masks, placeholders, and the code and the texts of programs.

``is_stand_in`` knows what is put in a secret's place whatever the place is; ``is_code`` what only programs, their
configuration and their messages write behind a name such as ``password``: the name of a type or of an algorithm, a
pointer, a parameter, the way to a value. Each expression is linear, and asked of a few hundred bytes at most.
"""

from __future__ import annotations

import re

_MASK = b"[redacted:"
_MASK_IN_PATH = b"redacted-"  # in names of files, where brackets and colons cannot stand
_WRITTEN = re.compile(rb"(?i)\A(?:hex|base64|b64|dword):(?=\*{8})")  # how a value was written that is masked now
_PSEUDONYM = re.compile(rb"(?i)(?:[a-z]{2,12}-){1,2}[a-z2-7]{8}(?![a-z0-9])")
_WORDS = frozenset(
    b"null none nil true false yes no on off empty unset undefined unknown hidden masked redacted removed filtered "
    b"required optional invalid expired changed missing string secret password passwd pass pwd token user foo bar "
    b"example placeholder changeme default disabled enabled protected sensitive encrypted".split()
)
_SAME = re.compile(rb"(.)\1*")
# What tools for templates put between two signs: __DB_PW1__, @@DB_PW1@@, @DB_PW1@, !DB_PW1!
_MARKED = re.compile(rb"(__|@@|%%|##|~~)[A-Za-z][\w.-]{1,60}\1|([@!])[A-Z][A-Z0-9_.]{1,60}\2")

_POINTER = re.compile(rb"0x[0-9A-Fa-f]{1,16}")  # the width of an address at most: a key is longer
_DOTTED = re.compile(rb"[A-Za-z_$][\w$]*(?:(?:[?!]{0,2}\.|::|->)[A-Za-z_$][\w$]*)+")
_ALGORITHM = re.compile(
    rb"(?i)(?:(?:ssha|sha|md|aes|rsa|ed|hmac|scram|ecdsa|pbkdf|argon|id|bcrypt|scrypt|crypt|base|utf|mb|oauth|ntlm|"
    rb"blake|ripemd|gcm|cbc|ctr)(?:[-_]?\d{1,4}|v\d)?[-_/+]?)++"
)
_TYPE = re.compile(
    rb"(?:const_)?(?:string|str|text|char|wchar|bytes?|binary|blob|u?int|integer|number|float|bool(?:ean)?|object|any|"
    rb"array|buffer|n?varchar2?)(?:8|16|32|64|128|256)?(?:_t)?|"
    rb"(?:[A-Z][A-Za-z]{0,24})?(?:String|Str|Text|Field|Input|Payload|Type|Data|Array|Bytes?|Int|Integer|Boolean|Object|"
    rb"Label|View|Control|Value|ID|Model|Dto|DTO|Enum|Any)"
)
_TOLD = re.compile(  # Password: Changed!
    rb"(?i)[a-z]{4,12}(?:ed|ing)|(?:in)?(?:correct|valid|complete|secure)|mis-?match|wrong|forgot(?:ten)?|(?:not|un)known|"
    rb"accepted|denied|failed|failure|success|matches|unchanged|too[-_]?(?:short|long|weak)"
)
_PARAMETER = re.compile(rb":\w{0,40}(?:pass|pwd|pw|secret|token|key)\w{0,20}")  # of a statement in SQL
_STORED = re.compile(
    rb"(?i)(?:vault|env|file|ssm|sops|keyring|keychain|credstash|op|ref\+\w{2,16}):[A-Za-z_./][\w./:#-]*"
)
_MARKS_OF_CODE = b"!?;*&"  # String!, string!;, text!!, char*


def is_stand_in(value: bytes) -> bool:
    """Whether ``value`` is what stands where a secret was, or where one would be written."""
    bare = _WRITTEN.sub(b"", value.strip(b" \t\"'`"))
    if bare.startswith((_MASK, _MASK[1:], _MASK_IN_PATH)) or _PSEUDONYM.match(bare):
        return True
    if not bare or bare.lower() in _WORDS or _SAME.fullmatch(bare) or _MARKED.fullmatch(bare):
        return True
    if bare.startswith((b"#{", b"@{", b"~{")):
        return True
    return bare[:1] in b"<${%[(*/\\." and not re.match(rb"\$\w{1,12}\$", bare)  # $2y$… and its like are hashes


def is_code(value: bytes) -> bool:
    """Whether ``value`` is what programs and their messages write where a secret could stand."""
    bare = value.rstrip(_MARKS_OF_CODE)
    if _POINTER.fullmatch(bare) or _DOTTED.fullmatch(bare) or _ALGORITHM.fullmatch(bare) or _TYPE.fullmatch(bare):
        return True
    if bare != value and (bare.lower() in _WORDS or _TOLD.fullmatch(bare)):
        return True
    return bool(_PARAMETER.fullmatch(bare) or _STORED.fullmatch(bare))


# A tag of YAML, which says how to read what follows.
_TAG = re.compile(rb"!{1,2}[A-Za-z][A-Za-z:/._-]{1,40}")
_NAMES_FOLLOW = frozenset(  # what follows these is where the value is to be found, or the value encrypted
    b"!vault !vault-encrypted !secret !env_var !env !var !include !input !ref !getatt !importvalue !findinmap !if "
    b"!join !select !split !reference !lambda !keyring !kms !ssm !sops !gpg !file !encrypted !condition".split()
)
_VALUE_FOLLOWS = frozenset(b"!sub !base64 !unsafe !str !!str !!binary !!int !!float".split())
_BELOW = (b" |", b" >", b" [", b" {", b" &", b" \r", b" \n")


def behind_tag(value: bytes, after: bytes) -> bytes:
    """What of ``value``, ``after`` following it, is to be judged: all, what stands behind a tag, or nothing."""
    tag = _TAG.match(value)
    if tag is None:
        return value
    name, rest = tag[0].lower(), value[tag.end() :]
    if rest[:1] == b" ":
        judged = rest[1:]
        if name in _NAMES_FOLLOW:
            return b""
        # Of a word that is no known tag, it may be that the word itself is the value, and that prose follows.
        return (
            judged if name in _VALUE_FOLLOWS or judged[:1] in (b'"', b"'") or _has_digit(judged) else value[: tag.end()]
        )
    return b"" if not rest and (name in _NAMES_FOLLOW or after.startswith(_BELOW)) else value


def _has_digit(value: bytes) -> bool:
    return any(byte in b"0123456789" for byte in value)
