"""Kinds of blocks whose value is told by the shape of a line below: what a command printed, what was typed or sent.

Each kind says what a value looks like, how many lines to look at, what may stand between, and whether more values
may follow. ``blocks`` opens and closes the blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from agent.redact.checks.number_checks import is_device_number
from agent.redact.checks.people_checks import is_account, is_person
from agent.redact.checks.secret_values import is_mixed, looks_secret
from agent.redact.encoded import holds_login

Range = tuple[int, int]
Check = Callable[[bytes, "re.Match[bytes]"], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the lines of a kind look like; ``passed`` values stand in front of the one that counts."""

    value: re.Pattern[bytes]
    check: Check
    lines: int = 1
    between: re.Pattern[bytes] = re.compile(rb"")
    repeats: bool = False
    passed: int = 0


def _any(_value: bytes, _match: re.Match[bytes]) -> bool:
    return True


def _is_user_named(value: bytes) -> bool:
    return value in (b"default", b"AUTH")


def _is_sent(value: bytes, match: re.Match[bytes]) -> bool:
    return not _is_user_named(value) and looks_secret(value, match)


def _is_shown(value: bytes, match: re.Match[bytes]) -> bool:
    """A password that a command printed, and no prompt, path or word: the next line of a script may stand there."""
    if _NO_OUTPUT.match(value) is not None or not looks_secret(value, match):
        return False
    if value.isalpha():
        return value.isupper() and len(value) >= _LONG_CAPITALS_BYTES  # as the cookies of Erlang
    return is_mixed(value, match) or _ODD_SIGN.search(value) is not None or value.count(b"-") > 1


def _is_argument(value: bytes, match: re.Match[bytes]) -> bool:
    """What follows the option in the line below: not the next one, and no word, which may be a database or a file."""
    return looks_secret(value, match) and _NO_ARGUMENT.match(value) is None


_NO_ARGUMENT = re.compile(rb"[\w.+-]+://|/[\w.-]+/|\$|--?\w|[a-z]+(?:[_.-][a-z]+)*\Z")
_NO_OUTPUT = re.compile(
    rb"(?:\[?[\w.-]+@[\w.:~/-]*\]?|[\w-]{0,20}:?[~/][\w./~-]*|(?:ba)?sh-[\d.]+|\[[^\]]*\])?[$#>%]\Z|\W+\Z|[A-Za-z_]\w*=|-{1,2}\w|"
    rb"[\w.-]+\.(?:sh|py|rb|pl|js|exe|log|txt|ya?ml|json)\Z|\[|(?:python|perl|ruby|bash|gcc|php|node)\d|\d{4}-\d\d-\d\d"
)
_LONG_CAPITALS_BYTES = 16
_ODD_SIGN = re.compile(rb"[!#$%&*+^~?@]")
_LONE = re.compile(rb"^[ \t]{0,8}[\"']?(?P<value>[^\s\"'<>]{4,4096})[\"']?[ \t]*\r?$")
_BASE64 = re.compile(rb"(?:^|[>:\]<~] ?)[\"']?(?P<value>[A-Za-z0-9+/]{8,4000}={0,2})(?:\\[rn]){0,2}[\"']?\s*$")
_BLANK = re.compile(rb"\s*$")
_NOTHING = re.compile(rb"(?!)")  # the block ends with the first line that is none of it
_LONE_NAME = re.compile(
    rb"^[\s>]*(?P<value>[A-Z\x80-\xff][A-Za-z\x80-\xff'.-]{1,40}"
    rb"(?: (?:(?:van|von|de[rnl]?|d[aiu]|l[ae]|te[rn]) ){0,2}[A-Z\x80-\xff][A-Za-z\x80-\xff'.-]{0,40}){1,3})\s*$"
)
_ACCOUNT_LINE = re.compile(
    rb"^\s+[\"']?(?i:name|login|id|username)[\"']?: ?[\"']?(?P<value>[A-Za-z0-9_][\w.-]{1,62})[\"']?,?\s*$"
)
_ACCOUNT_SHOWN = re.compile(
    rb"^(?:\[?[\dT:.Z+-]{8,40}\]?\s+(?:std(?:out|err) F )?)?(?:[\w.-]{1,40}\\)?(?P<value>[A-Za-z_][\w.$-]{1,31})\s*$"
)
_NUMBER = re.compile(
    rb"^\s*(?!serial-[a-z2-7]{8}\s*\Z)(?P<value>(?=[A-Za-z:._-]*\d)[A-Za-z0-9][A-Za-z0-9_:.-]{5,62})\s*\Z"
)

SHAPES: dict[str, Shape] = {
    # In base64 at the end of the next line.
    "next-line": Shape(
        value=re.compile(
            rb"(?:^|[>:\]<] ?)(?P<value>[A-Za-z0-9+/]{4,400}={0,2})\s*$|"
            rb"^\s*<(?:string|(?:\w+:)?AttributeValue[^<>]*)>(?!(?:host|serial|network|name|user)-[a-z2-7]{8,12}<)"
            rb"(?P<inner>[^<\r\n]{2,99})</"
        ),
        check=_any,
    ),
    # The name of a person, or the number of a device, alone; the account of a record.
    "name-line": Shape(value=_LONE_NAME, check=is_person),
    "account-line": Shape(value=_ACCOUNT_LINE, check=is_account),
    "user-below": Shape(value=_ACCOUNT_SHOWN, check=is_account),
    "number-line": Shape(value=_NUMBER, check=is_device_number),
    # SASL: the server says that it goes on, the client sends an account and its password in base64.
    "login-below": Shape(value=_BASE64, check=holds_login, lines=3),
    # Redis, RESP: $9 and the value below it; with an account in front of it both.
    "counted-below": Shape(
        value=re.compile(rb"^(?P<value>(?![$*+:-](?:\d{1,6}|OK|ERR|NOAUTH|WRONGPASS)\b)[^\s]{1,400}?)\.?\r?$"),
        check=_is_sent,
        lines=4,
        between=re.compile(rb"\$\d{1,4}\.?\r?$|default\.?\r?$"),
        repeats=True,
    ),
    # What a debugger prints below the command that names the secret, in quotes or alone.
    "printed-below": Shape(
        value=re.compile(
            rb"^[ \t]{0,8}(?:(?:\$\d{1,4}|[\w.]{1,40}) = |=> |\(\w[\w *]{0,30}\) \$?\w{1,10} = |"
            rb"(?:0x)?[0-9a-fA-F`]{6,18}(?: <[^<>]{1,60}>)?:?\s{1,4})?(?:0x[0-9a-f]{4,16} |\(\w{1,10}\) ?)?[@bLu]?"
            rb"(?P<sign>[\"'])(?P<value>[^\"'\r\n]{1,400})(?P=sign)(?:\.\.\.)?\s*$|"
            rb"^(?P<lone>(?=[^\s]{0,60}[0-9])(?=[^\s]{0,60}[A-Za-z])(?!0x|[0-9a-f`]{8,17}\s*$)[^\s\"'<>()\[\]{}=:,/]{6,200})\s*$"
        ),
        check=looks_secret,
        lines=2,
        between=_BLANK,
        repeats=True,
    ),
    # What a program reads of a terminal behind the question for a password.
    "typed-below": Shape(
        value=re.compile(
            rb"\bread\(\d{1,3}(?:<[^<>]{0,80}>)?, \"(?P<value>(?:[^\"\\\r\n]|\\[\"\\]){1,200})(?:\\[nr])\""
        ),
        check=_any,
        lines=8,
    ),
    # What a command printed of a file of secrets, alone in its line.
    "shown-below": Shape(value=_LONE, check=_is_shown, lines=2, between=_BLANK),
    # The next argument of a command that goes on in the line below: behind a backslash, a grave accent or a caret.
    "argument-below": Shape(
        value=re.compile(
            rb"^\s*(?:\"(?P<quoted>[^\"\r\n]{2,400})\"|'(?P<single>[^'\r\n]{2,400})'|(?P<value>[^\s\"'\\<>|;&-][^\s\"'\\]{1,400}))"
        ),
        check=_is_argument,
    ),
    # A file of a key alone, or what a list of numbered keys shows.
    "base64-below": Shape(
        value=re.compile(
            rb"^\s{0,8}(?P<value>(?=[^0-9]{0,60}[0-9])(?=[^A-Z]{0,60}[A-Z])(?=[^a-z]{0,60}[a-z])[A-Za-z0-9+/]{40,1024}={0,2})\s*$"
        ),
        check=is_mixed,
        lines=24,
        repeats=True,
    ),
    "numbered-below": Shape(
        value=re.compile(rb"\(\d{1,3}\) (?P<value>(?:0x)?[0-9a-fA-F]{64})\s*$"),
        check=_any,
        lines=24,
        between=re.compile(rb"[^\r\n]{0,80}?[=-]{4,60}\s*$|\s*$"),
        repeats=True,
    ),
    # The line of an export of RouterOS below the menu that it belongs to.
    "community-below": Shape(
        value=re.compile(rb"^(?:add|set)\b[^\r\n]{0,300}?\sname=\"?(?P<value>[^\s\"\\]{2,64})"),
        check=looks_secret,
        lines=6,
        between=re.compile(rb"(?:add|set)\b"),
        repeats=True,
    ),
    # A file that holds an account and below it the password.
    "second-below": Shape(value=_LONE, check=_any, lines=3, between=_BLANK, passed=1),
    # A tree of a packet analyser.
    "simple-below": Shape(value=re.compile(rb"^\s*simple: (?P<value>\S[^\r\n]{0,200}?)\s*$"), check=_any, lines=2),
    # The key in a section of BlueZ that holds one.
    "radio-below": Shape(
        value=re.compile(rb"(?:^|[\s:\]>])Key\s{0,2}=\s{0,2}(?:0x)?(?P<value>[0-9A-Fa-f]{32})\s*$"),
        check=_any,
        lines=6,
        between=re.compile(rb"(?!.*\[[A-Za-z]+\]\s*$)"),
    ),
    # Bytes with their letters beside them, as wpa_supplicant dumps them.
    "dump-below": Shape(
        value=re.compile(rb"^\s{1,12}(?P<value>[0-9a-f]{2}(?: [0-9a-f]{2}){0,15}(?:\s{2,60}\S.{0,15}?)?)\s*$"),
        check=_any,
        lines=17,
        between=_NOTHING,
        repeats=True,
    ),
    # The key file of a vault in groups of digits, and the rest of a value of the registry.
    "keyfile-below": Shape(
        value=re.compile(rb"^\s*(?P<value>[0-9A-Fa-f]{8}(?: [0-9A-Fa-f]{8}){1,7})\s*$"),
        check=_any,
        lines=4,
        between=_NOTHING,
        repeats=True,
    ),
    "registry-below": Shape(
        value=re.compile(rb"^\s+(?P<value>[0-9a-f]{2}(?:,[0-9a-f]{2}){0,40}),?\\?\s*$"),
        check=_any,
        lines=400,
        between=_NOTHING,
        repeats=True,
    ),
    # A macro of Nagios below a remark that tells what it holds.
    "macro-below": Shape(
        value=re.compile(rb"^\s*\$USER\d{1,3}\$\s?=\s?(?P<value>(?![/~])\S{2,200})\s*$"), check=looks_secret, lines=2
    ),
}


def is_nearer(kind: str) -> bool:
    """Whether a block of this kind goes before others that begin below the same line: it knows what stands there."""
    return kind in SHAPES and kind.endswith("-below")


def value_in(kind: str, line: bytes, passed: int) -> tuple[Range | None, int | None]:
    """Where the value of ``line`` is, and how many values were passed by; ``None`` where the block ends."""
    shape = SHAPES[kind]
    match = shape.value.search(line)
    if match is not None:
        group = match.lastgroup or "value"
        if passed < shape.passed:
            return None, passed + 1
        if shape.check(match[group], match):
            return match.span(group), passed if shape.repeats else None
    return None, passed if shape.between.match(line) is not None else None
