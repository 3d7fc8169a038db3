"""What redaction left that looks random: where a secret of a form that no rule knows would be.

Looked for in the redacted text, so that no stand-in hides anything and nothing is told that was found. Most of it is
harmless, identifiers of requests and threads; so it is grouped by its form and the word in front, and a person judges.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace

from agent.redact.recorder import Recorder, Target

_LEAST_CHARACTERS = 16
_TOKEN = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_FRONT_BYTES = 48
# "key=", "key: ", "key":" and the like; else only the word.
_WORD_IN_FRONT = re.compile(rb"([A-Za-z][A-Za-z0-9_.-]{0,38})[\"'\]]{0,2}(?:\s?[=:]\s?|\s)[\"'\[({<]{0,2}$")
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(rb"(?:0x)?[0-9a-f]+|(?:0x)?[0-9A-F]+")
_STAND_IN = re.compile(
    rb"(?:^|[^A-Za-z0-9])(?:ip6?|mail|host|user|name|mac|phone|sid|serial|network|part)-(?:private-)?[a-z2-7]{8,12}"
    rb"|redacted[:-]"
)
# Digests and names of content that everybody may know.
_PUBLIC_IN_FRONT = re.compile(
    rb"(?:sha-?\d{0,3}|md5|digest|hash|checksum|crc|commit|revision|rev|etag|build[-_ ]?id|fingerprint|thumbprint|tree"
    rb"|block|blk|integrity)[\"'\]]{0,2}[\s=:_\"'\[(-]{0,4}$",
    re.IGNORECASE,
)
_PUBLIC_START = re.compile(rb"(?:blk|sha\d{1,3}|md5)[-_]", re.IGNORECASE)
_WORDS = re.compile(rb"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_HEX_DIGITS = 32  # shorter ones are addresses and counters
_MOST_GROUPS = 10_000
_LONGEST_REST_BYTES = 2**16  # of a line that does not end
_LEAST_BITS = 3.2  # per character; sixteen random ones have 3.6 or more, words and dates less


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexplained:
    """Values of one form behind one word: how many, and the first of them, with its place."""

    form: str
    word: str
    count: int
    place: str
    line: int
    example: bytes


class Auditor(Recorder):
    """Looks through everything that is written; ``groups`` tells what it found."""

    def __init__(self) -> None:
        super().__init__()
        self._watch: _Watched | None = None
        self._counts: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], Unexplained] = {}

    def watched(self, target: Target) -> Target:
        """Look at the text on its way to ``target``."""
        self._watch = _Watched(self, target)
        return self._watch

    def leave(self) -> None:
        """As above; the last line may have no end."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        super().leave()

    def wants(self, rule: str) -> bool:  # noqa: ARG002 - what was found is of no interest
        """No replacement."""
        return False

    def groups(self) -> list[Unexplained]:
        """The most frequent first."""
        ranked = sorted(self._counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return [replace(self._first[key], count=count) for key, count in ranked]

    def look(self, text: bytes, lines_before: int) -> None:
        """Find what looks random in ``text``."""
        counted_to, line = 0, lines_before + 1
        for match in _TOKEN.finditer(text):
            front = text[max(match.start() - _FRONT_BYTES, 0) : match.start()].rpartition(b"\n")[2]
            form = form_of(match[0], front)
            if form is None:
                continue
            line += text.count(b"\n", counted_to, match.start())
            counted_to = match.start()
            word = _WORD_IN_FRONT.search(front)
            key = (form, word[1].decode().lower() if word else "")
            if key not in self._first:
                if len(self._first) >= _MOST_GROUPS:
                    key = ("other forms", "")
                first = Unexplained(form=key[0], word=key[1], count=0, place=self.place, line=line, example=match[0])
                self._first.setdefault(key, first)
            self._counts[key] += 1


def form_of(token: bytes, front: bytes) -> str | None:
    """What form of random the token has, behind the text ``front``; ``None`` if it is harmless or not random."""
    if _PUBLIC_IN_FRONT.search(front) or _PUBLIC_START.match(token) or _STAND_IN.search(front[-1:] + token):
        return None
    token = _UUID.sub(b"", token)
    if len(token) < _LEAST_CHARACTERS:
        return None
    if _HEX.fullmatch(token):
        is_long = len(token) >= _HEX_DIGITS and not token.isdigit()
        return f"{len(token)} hexadecimal digits" if is_long and _bits(token) >= _LEAST_BITS - 0.2 else None
    return _mixed_form(token)


def _mixed_form(token: bytes) -> str | None:
    """A long run of several kinds of characters in which there are few words."""
    digits = sum(48 <= byte <= 57 for byte in token)
    upper, lower = any(65 <= byte <= 90 for byte in token), any(97 <= byte <= 122 for byte in token)
    letters = len(re.sub(rb"[^A-Za-z]", b"", token))
    if letters < 4 or not (digits >= 2 or (upper and lower and len(token) >= 2 * _LEAST_CHARACTERS)):
        return None
    in_words = sum(len(word) for word in _WORDS.findall(token))
    if in_words * 2 > letters or digits > 0.8 * len(token) or _bits(token) < _LEAST_BITS:
        return None
    kind = "letters and digits" if token.isalnum() else "base64 or alike"
    return f"{kind}, {_length(len(token))} characters"


def _length(characters: int) -> str:
    """Between which powers of two: lengths of random values differ a little."""
    least = 1 << (characters.bit_length() - 1)
    return f"{least} to {2 * least - 1}"


def _bits(token: bytes) -> float:
    """Shannon's entropy of the characters in it."""
    counts = Counter(token)
    return -sum(count / len(token) * math.log2(count / len(token)) for count in counts.values())


class _Watched:
    """Passes bytes on, and shows whole lines of them; of a line that does not end, pieces."""

    def __init__(self, auditor: Auditor, target: Target) -> None:
        self._auditor = auditor
        self._target = target
        self._rest = b""
        self._lines = 0

    def write(self, data: bytes, /) -> object:
        text = self._rest + data
        cut = text.rfind(b"\n") + 1
        if not cut and len(text) > _LONGEST_REST_BYTES:
            cut = max(text.rfind(b" "), text.rfind(b","), len(text) - 4 * _FRONT_BYTES)
        self._auditor.look(text[:cut], self._lines)
        self._lines += text.count(b"\n", 0, cut)
        self._rest = text[cut:]
        return self._target.write(data)

    def close(self) -> None:
        """Show what is left."""
        self._auditor.look(self._rest, self._lines)
        self._rest = b""
