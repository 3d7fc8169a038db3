"""What the gate takes for a secret: its own patterns, of which redaction knows nothing.

The gate is the second opinion, so it shares neither code nor data with redaction: one mistake must not blind both.
Each pattern wants evidence: a shape that vendors issue, or a name *and* a value that looks chosen, as
agent/gate/values.py judges it.

All patterns are RE2 (linear in the input) over bytes. One pass of a set says which patterns occur in a window;
only those are then looked at match by match.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import re2

from agent.gate.key_lines import MARKS, REACH_BYTES, holds_key_lines
from agent.gate.values import (
    Candidate,
    card,
    chosen,
    chosen_and_no_server,
    issued,
    not_stand_in,
    person_address,
    random,
    token,
)
from agent.gate.vendor_shapes import SHAPES

Accept = Callable[[Candidate], bool]
_REACH_BYTES = 72
_AUTOMATON_BYTES = 48 * 2**20  # each new turn of text adds to it; full, it is thrown away and built anew in a moment
_FEW_PLACES = 200  # in a window; with more of them one pass over the whole is quicker


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The byte that every match of a pattern holds once, and how far a match reaches before it and from it on.

    Where few places in a window hold it, only these are searched: 0.5 ms per MB of redacted logs for URLs, where one
    pass of RE2 over all takes 1.6 ms. The pattern must match the same whatever follows its match.
    """

    sign: bytes
    before: int
    behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A rule: its name, its RE2 pattern (the value is group 1, or all), and the closer look at a match.

    ``reach`` is how many bytes before and after a match the closer look wants to see.
    """

    rule: str
    pattern: bytes
    accept: Accept | None = token  # None: every match is a find
    within: Within | None = None
    reach: int = _REACH_BYTES


# A value, as a debugger (its address in front) or YAML (a tag in front) may write it.
_TAG = rb"(?:!{1,2}[A-Za-z][A-Za-z:/._-]{1,40} )?"
_QUOTED_OR_BARE = (
    rb"((?:0x[0-9A-Fa-f]{4,16} @?|!{1,2}[A-Za-z][A-Za-z:/._-]{1,40} )?\"[^\"\r\n]{1,200}|"
    + _TAG
    + rb"'[^'\r\n]{1,200}|"
    + _TAG
    + rb"[^\s\"',;&<>()\[\]{}|\\]{1,200})"
)
# What stands at the start of the next line is the next line; what is indented there may go on.
_BLANK = rb"(?:[ \t]{1,3}|[ \t]{0,3}\r?\n[ \t]{1,8})"
_ASSIGNED = rb"\\?[\"']?\]?[ \t]{0,3}(?:=>|:=|=|:)" + _BLANK + rb"?\\?"

DETECTORS = (
    *(Detector(rule=rule, pattern=pattern) for rule, pattern in SHAPES),
    Detector(
        rule="private-key",
        pattern=rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[\s\"',+]|\\+[rn])*"
        rb"(?:Proc-Type|DEK-Info|Version|Comment|[A-Za-z0-9+/=]{8})",
        accept=None,
    ),
    Detector(rule="private-key-lines", pattern=MARKS, accept=holds_key_lines, reach=REACH_BYTES),
    Detector(rule="putty-key", pattern=rb"Private-Lines: \d{1,4}\s{1,4}[A-Za-z0-9+/]{16}", accept=None),
    Detector(rule="age-key", pattern=rb"\bAGE-SECRET-KEY-1[0-9A-Z]{40,70}"),
    Detector(rule="aws-access-key", pattern=rb"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    Detector(rule="github-token", pattern=rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})"),
    Detector(rule="gitlab-token", pattern=rb"\bgl(?:pat|dt|rt|ptt|ft|cbt|soat|agent|oas)-[A-Za-z0-9_=.-]{20,300}"),
    Detector(rule="slack-token", pattern=rb"\bxox[abeoprs]-[A-Za-z0-9-]{10,255}"),
    Detector(
        rule="slack-webhook", pattern=rb"hooks\.slack\.com/services/T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{16,}"
    ),
    Detector(rule="stripe-key", pattern=rb"\b(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,255}"),
    Detector(rule="google-api-key", pattern=rb"\bAIza[A-Za-z0-9_-]{35}"),
    Detector(rule="google-oauth-token", pattern=rb"\b(?:ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})"),
    Detector(
        rule="json-web-token",
        pattern=rb"\beyJ[A-Za-z0-9_-]{8,}\.(?:eyJ[A-Za-z0-9_-]{6,}|[A-Za-z0-9_-]{40,})\.[A-Za-z0-9_-]*",
    ),
    Detector(rule="npm-token", pattern=rb"\bnpm_[A-Za-z0-9]{36}\b"),
    Detector(rule="pypi-token", pattern=rb"\bpypi-[A-Za-z0-9_-]{50,}"),
    Detector(rule="sendgrid-key", pattern=rb"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}"),
    Detector(rule="docker-token", pattern=rb"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
    Detector(rule="huggingface-token", pattern=rb"\bhf_[A-Za-z0-9]{34,}"),
    Detector(rule="openai-key", pattern=rb"\bsk-(?:ant-|proj-|svcacct-)[A-Za-z0-9_-]{20,}|\bsk-[A-Za-z0-9]{48}\b"),
    Detector(rule="digitalocean-token", pattern=rb"\bdo[opr]_v1_[a-f0-9]{64}"),
    Detector(rule="shopify-token", pattern=rb"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    Detector(rule="vault-token", pattern=rb"\bhv[sbr]\.[A-Za-z0-9_-]{24,}"),
    Detector(rule="azure-account-key", pattern=rb"(?i:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,88}={1,2})"),
    Detector(rule="presigned-url", pattern=rb"(?i:X-Amz-Signature)=([0-9a-f]{64})"),
    Detector(
        rule="url-credentials",
        pattern=rb"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/?#@:\"'<>\[\]]{0,64}:([^\s/@\"'<>]{1,200})@[A-Za-z0-9\[]",
        accept=not_stand_in,
        within=Within(sign=b"@", before=21 + 3 + 64 + 1 + 200, behind=2),
    ),
    Detector(
        rule="authorization-header",
        pattern=rb"(?i:authorization)"
        + _ASSIGNED
        + rb"[\"']?(?i:basic|bearer|token|negotiate|ntlm|apikey)"
        + _BLANK
        + rb"([^\s\"',;<>]{8,})",
        accept=not_stand_in,
    ),
    Detector(rule="bearer-token", pattern=rb"\b(?i:bearer)" + _BLANK + rb"([A-Za-z0-9._~+/-]{20,}=*)", accept=random),
    Detector(
        rule="session-cookie",
        pattern=rb"\b(?i:PHPSESSID|JSESSIONID|ASP\.NET_SessionId|connect\.sid|sessionid|session_id)=([A-Za-z0-9%._~-]{16,})",
        accept=random,
    ),
    Detector(
        rule="password-assignment",
        pattern=rb"(?i:password|passwd|passphrase|passwort)" + _ASSIGNED + _QUOTED_OR_BARE,
        accept=chosen,
    ),
    Detector(
        # The short names need an equals sign or a quoted key: test reports say "PASS: name-1".
        rule="pass-assignment",
        pattern=rb"(?i)(?:\b|_)(?:pass|pwd)(?:\\?[\"']\s?:|\s?=)\s?" + _QUOTED_OR_BARE,
        accept=chosen_and_no_server,
    ),
    Detector(
        rule="secret-assignment",
        pattern=rb"(?i:secret|token|api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key|auth[_-]?key|credential|"
        rb"client[_-]?secret|encryption[_-]?key)"
        + _ASSIGNED
        + rb"(?:0x[0-9A-Fa-f]{4,16} @?\"|[\"'])?([A-Za-z0-9_+/.~=-]{12,})",
        accept=issued,
    ),
    Detector(
        rule="mail-address",
        pattern=rb"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}\b",
        accept=person_address,
    ),
    Detector(
        rule="payment-card",
        pattern=rb"\b(?:\d{4}(?: \d{4}){3}|\d{4}(?:-\d{4}){3}|\d{4}[ -]\d{6}[ -]\d{5}|\d{15,16})\b",
        accept=card,
    ),
)


KNOWN_VALUE = "known-value"  # the rule of exact values given to the scan


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Which detectors' patterns occur in a window, by their numbers, and whether the clue does."""

    numbers: tuple[int, ...]
    clue: bool


class Detectors:
    """The rules above and the exact values that must not leave, ready to scan windows of bytes.

    A ``clue`` is one more pattern that is looked for in the same pass, and is no rule.
    """

    def __init__(self, forbidden: Sequence[bytes] = (), clue: bytes | None = None) -> None:
        self._detectors = [*DETECTORS, *_exact(forbidden)]
        options = _options()
        self._patterns = [re2.compile(one.pattern, options) for one in self._detectors]
        self._any = re2.Set.SearchSet(options)
        for one in self._detectors:
            self._any.Add(one.pattern)
        if clue is not None:
            self._any.Add(clue)
        self._any.Compile()

    def seen(self, window: bytes) -> Seen:
        """One pass over ``window``."""
        numbers = tuple(self._any.Match(window) or ())  # RE2 says None for none
        rules = tuple(number for number in numbers if number < len(self._detectors))
        return Seen(numbers=rules, clue=len(rules) < len(numbers))

    def finds(
        self, window: bytes, *, begin: int = 0, end: int | None = None, seen: Seen | None = None
    ) -> Iterator[str]:
        """The rules with a find that starts at ``begin`` or later and ends at ``end`` or earlier, each once.

        ``seen`` is what is seen in this very window, for who has looked.
        """
        last = len(window) if end is None else end
        for number in (seen or self.seen(window)).numbers:
            detector = self._detectors[number]
            for match in matches(self._patterns[number], window, detector.within):
                start, stop = match.span()
                if start < begin or stop > last:
                    continue
                if detector.accept is None or detector.accept(_candidate(match, window, detector.reach)):
                    yield detector.rule
                    break


def _candidate(match: re2._Match, window: bytes, reach: int) -> Candidate:
    group = 1 if match.re.groups else 0
    start, stop = match.span()
    return Candidate(
        value=match[group],
        before=window[max(start - reach, 0) : start],
        after=window[stop : stop + reach],
        named=window[start : match.start(group)],
    )


def matches(pattern: re2._Regexp, window: bytes, within: Within | None) -> Iterator[re2._Match]:
    """What ``pattern.finditer(window)`` finds."""
    # What replacing takes away is how often the sign occurs, several times as fast as ``count`` tells it.
    if within is None or len(window) - len(window.replace(within.sign, b"")) > _FEW_PLACES:
        yield from pattern.finditer(window)
        return
    searched, at = 0, window.find(within.sign)
    while at >= 0:
        match = pattern.search(window, max(searched, at - within.before), min(at + within.behind, len(window)))
        if match:
            yield match
            searched = match.end()
        at = window.find(within.sign, max(at + 1, searched))


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # a byte is a character: input need not be text
    options.max_mem = _AUTOMATON_BYTES
    options.log_errors = False
    return options


def _exact(forbidden: Sequence[bytes]) -> Iterator[Detector]:
    """One detector for all exact values as whole words in any case, as UTF-8, Latin-1 and UTF-16 have them."""
    spellings: set[bytes] = set()
    for value in filter(None, forbidden):
        text = value.decode("utf-8", "surrogateescape")
        for cased in {text, text.lower(), text.upper()}:
            spellings.add(cased.encode("utf-8", "surrogateescape"))
            for encoding in ("latin-1", "utf-16-le", "utf-16-be"):
                # Windows with NULs are scanned with the NULs taken out, see agent/gate/decoders.py.
                with contextlib.suppress(UnicodeEncodeError):  # Latin-1 does not have every letter
                    spellings.add(cased.encode(encoding).replace(b"\0", b""))
    if spellings:
        longest_first = sorted(spellings, key=lambda one: (-len(one), one))
        words = b"|".join(re2.escape(one) for one in longest_first)
        edge = rb"[^0-9A-Za-z_\x80-\xff]"
        yield Detector(
            rule=KNOWN_VALUE,
            pattern=rb"(?i)(?:^|" + edge + rb")(?:" + words + rb")(?:$|" + edge + rb")",
            accept=None,
        )
