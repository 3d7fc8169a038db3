"""The other ways in which a text may say the same: what the gate scans beside the bytes as they stand.

Two kinds. Spellings of a whole window: wide characters without their NULs, percent and backslash escapes, HTML
entities. And stretches inside it that decode to text: base64 and hexadecimal. A stretch that decodes to
something that is no text (a hash, a picture) holds nothing to read and is passed over. Each function is linear.
"""

from __future__ import annotations

import binascii
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

import re2

from agent.gate.containers import kind_of

_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
# A variable of Windows (%DB_PW%): where anything is escaped, no sign of percent is without two digits behind it.
_VARIABLE = re.compile(rb"%([A-Za-z_][A-Za-z0-9_]{2,40})%(?![0-9A-Fa-f]{2})")
_ENTITY = re.compile(rb"&(?:#\d{2,5}|#[xX][0-9A-Fa-f]{2,4}|amp|lt|gt|quot|apos);")
_ESCAPE = re.compile(rb"\\(?:u00([0-9A-Fa-f]{2})|x([0-9A-Fa-f]{2})|([\"'/\\])|([nrt]))")
_WHITE = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}

# 20 characters hold 15 bytes: shorter than anything the detectors look for, apart from what stands after a name.
# Line breaks inside are those of MIME and PEM (RFC 2045, RFC 7468).
_BASE64 = re2.compile(
    rb"[A-Za-z0-9+/_-]{20,}(?:\r?\n[ \t]*[A-Za-z0-9+/_-]{20,})*(?:\r?\n[ \t]*[A-Za-z0-9+/_-]{2,19})?={0,2}"
)


def _marks(signs: bytes) -> bytes:
    """A table for ``translate``: ``x`` for each of ``signs``, a blank for all else."""
    return bytes(120 if byte in signs else 32 for byte in range(256))


_BASE64_SIGNS = _marks(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-")
_BASE64_SHORTEST = 20
_HEX_DIGITS = b"0123456789ABCDEFabcdef"
_HEX_SIGNS = _marks(_HEX_DIGITS)
_HEX_SHORTEST = 24
_NEXT_PAIR = rb"(?:[ :][0-9A-Fa-f]{2})"
# What the gate looks for in the same pass as for the detectors' patterns: a pass for this alone takes half as long.
PAIRS_OF_DIGITS = rb"[0-9A-Fa-f]{2}" + _NEXT_PAIR + rb"{11}"
_SPACED_HEX = re2.compile(PAIRS_OF_DIGITS + _NEXT_PAIR + rb"*")
_DIGITS_OF_DIGESTS = (32, 40, 56, 64, 96, 128)  # MD5, SHA-1 and the lengths of SHA-2
_CUT_OFF = (b"...", "\N{HORIZONTAL ELLIPSIS}".encode(), b"[truncated", b"<truncated", b"(truncated")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_BETWEEN = b"\r\n\t :="
_PROBE_CHARACTERS = 64
_PROBE_BYTES = 48
_PRINTABLE = bytes(range(32, 127)) + b"\t\r\n\0"
_TEXT_SIGNS = _marks(_PRINTABLE)
_TEXT_DIGITS = _marks(b"0234567")  # the first of each two that say a printable character, or NUL
# As long as the shortest row is decoded; of numbers by chance one in a hundred thousand places begins such a stretch.
_TEXT_STRETCH = b"x" * 12


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A decoded text; ``whole_begin`` and ``whole_end`` say whether that edge is an edge of the text itself.

    ``start`` is where it begins in the window that holds it. ``may_be_cut`` says that it is a digest, or that its text
    says itself that it goes no further: what looks packed there need not be whole.
    """

    data: bytes
    whole_begin: bool
    whole_end: bool
    start: int = 0
    may_be_cut: bool = False


def views(window: View, *, may_hold_pairs: bool = True) -> Iterator[View]:
    """Everything ``window`` says in another spelling, or holds encoded.

    ``may_hold_pairs`` is false where ``PAIRS_OF_DIGITS`` was looked for, and is not in it.
    """
    data = window.data
    for spelled in (_without_nuls(data), _unquoted(data), _unescaped(data), _without_entities(data)):
        if spelled is not None:
            yield View(data=spelled, whole_begin=window.whole_begin, whole_end=window.whole_end)
    rows = _rows(data, _BASE64_SIGNS, _BASE64_SHORTEST)
    yield from _base64_views(window, rows)
    yield from _hexadecimal_views(window, rows, may_hold_pairs=may_hold_pairs)


def _without_nuls(data: bytes) -> bytes | None:
    """UTF-16 and UTF-32 of either order, as far as they are ASCII or Latin-1."""
    return data.replace(b"\0", b"") if b"\0" in data else None


def _unquoted(data: bytes) -> bytes | None:
    if b"%" not in data or not _PERCENT.search(data):
        return None
    return unquote_to_bytes(_VARIABLE.sub(rb"%25\1%25", data).replace(b"+", b" "))


def _unescaped(data: bytes) -> bytes | None:
    """JSON, JavaScript, C and Python strings."""
    return _ESCAPE.sub(_plain, data) if b"\\" in data and _ESCAPE.search(data) else None


def _plain(match: re.Match[bytes]) -> bytes:
    code = match[1] or match[2]
    return bytes.fromhex(code.decode()) if code else match[3] or _WHITE[match[4]]


def _without_entities(data: bytes) -> bytes | None:
    if b"&" not in data or not _ENTITY.search(data):
        return None
    return html.unescape(data.decode("latin-1")).encode("utf-8", "replace")


def _rows(data: bytes, signs: bytes, shortest: int) -> list[tuple[int, int]]:
    """Start and end of each row of at least ``shortest`` of ``signs`` (a table of marks) in ``data``.

    ``find`` is several times quicker here than a call of RE2 for each row.
    """
    find, row, rows = data.translate(signs).find, b"x" * shortest, []
    start = find(row)
    while start >= 0:
        end = find(b" ", start + shortest)
        if end < 0:
            end = len(data)
        rows.append((start, end))
        start = find(row, end)
    return rows


def _base64_views(window: View, rows: Iterable[tuple[int, int]]) -> Iterator[View]:
    data, done = window.data, 0
    for start, end in rows:
        # Base64 of 15 bytes of text has letters of both cases; most paths and long names do not.
        probe = data[start : min(end, start + 4 * _PROBE_CHARACTERS)]
        if probe.islower() or start < done or probe in (probe.lower(), probe.upper()):
            continue
        match = _BASE64.match(data, start)
        span = match.span() if match else (start, end)
        done = span[1]
        text = data[span[0] : span[1]].translate(_STANDARD, _BETWEEN)
        for skipped in range(4):  # what stands before without a gap shifts the groups of four
            whole = _base64(text[skipped:], window, span)
            if whole is not None:
                yield whole


def _base64(text: bytes, window: View, span: tuple[int, int]) -> View | None:
    rest = len(text) % 4
    decoded = binascii.a2b_base64(text + b"=" * (4 - rest) if rest > 1 else text[: len(text) - rest])
    return _at(window, span, decoded) if _worth_reading(decoded) else None


def _hexadecimal_views(window: View, rows: Iterable[tuple[int, int]], *, may_hold_pairs: bool) -> Iterator[View]:
    """What the digits say in ``rows``, outside of which there are too few of them in a row, and those in pairs."""
    data = window.data
    for span in _spans_of_digits(data, rows, may_hold_pairs=may_hold_pairs):
        digits = data[span[0] : span[1]].translate(None, _BETWEEN)
        for skipped in range(2):  # a digit that stands before without a gap shifts the pairs
            if skipped and digits[1::2].translate(_TEXT_DIGITS).find(_TEXT_STRETCH) < 0:
                continue
            decoded = binascii.unhexlify(digits[skipped : skipped + (len(digits) - skipped) // 2 * 2])
            if _worth_reading(decoded):
                yield _at(window, span, decoded)


def _spans_of_digits(
    data: bytes, rows: Iterable[tuple[int, int]], *, may_hold_pairs: bool
) -> Iterator[tuple[int, int]]:
    for start, end in rows:
        size = end - start
        if size < _HEX_SHORTEST:
            continue
        row = data[start:end]
        others = len(row.translate(None, _HEX_DIGITS))
        if not others:
            yield start, end
        elif size - others >= _HEX_SHORTEST:
            for first, behind in _rows(row, _HEX_SIGNS, _HEX_SHORTEST):
                yield start + first, start + behind
    if may_hold_pairs:
        for match in _SPACED_HEX.finditer(data):
            yield match.span()


def _worth_reading(decoded: bytes) -> bool:
    """Whether it is packed, begins like text, or holds a stretch of it: a path may stand before what is encoded."""
    if kind_of(decoded) is not None or decoded.translate(_TEXT_SIGNS).find(_TEXT_STRETCH) >= 0:
        return True
    probe = decoded[:_PROBE_BYTES]
    odd = len(probe.translate(None, _PRINTABLE))
    return bool(probe) and odd * 10 <= len(probe)  # a name with an accent or two is text still


def _at(window: View, span: tuple[int, int], decoded: bytes) -> View:
    return View(
        data=decoded,
        whole_begin=span[0] > 0 or window.whole_begin,
        whole_end=span[1] < len(window.data) or window.whole_end,
        start=span[0],
        may_be_cut=window.data.startswith(_CUT_OFF, span[1]) or _is_digest(window.data, span),
    )


def _is_digest(data: bytes, span: tuple[int, int]) -> bool:
    return span[1] - span[0] in _DIGITS_OF_DIGESTS and not data[slice(*span)].translate(None, _HEX_DIGITS)
