"""The body of a private key, line by line, beside a mark that says that one was here.

Programs log a key as they log anything: each line with a time in front, in colours, in a table, in JSON. What stands
directly behind its first line is then no base64, and redaction may mask the first line and lose the others. Two whole
lines of a key's body near a mark are a find, whatever is around them. The mark is the first or the last line of a
private key, or what redaction puts in the place of one; a log may be read from its end, so both sides are looked at.

The body of a certificate is made of the same lines and often stands beside its key: the first line of anything else,
or a word in front that says certificate, ends the search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.gate.values import KEY_MARK, Candidate

_MASKED = re.escape(KEY_MARK)
# A key that is masked line by line is one match for each dozen of lines.
MARKS = (
    rb"-----(?:BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|Private-Lines: \d|"
    + _MASKED
    + rb"(?:[\s>|]{1,24}"
    + _MASKED
    + rb"){0,12}"
)
REACH_BYTES = 4096
_NEAR_LINES = 12  # two headers, an empty line, and what other programs log meanwhile
_LONGEST_LINE_BYTES = 600
# As PEM has it (RFC 7468), OpenSSH, and MIME (RFC 2045). A colour ends in a letter, and sha384-… is as long as a line.
_BODY = re.compile(
    rb"(?:^|(?<!sha384)(?<!SHA384)[^A-Za-z0-9+/=]|\[[0-9;]{0,12}m)([A-Za-z0-9+/]{76}|[A-Za-z0-9+/]{70}|[A-Za-z0-9+/]{64})"
    rb"(?![A-Za-z0-9+/=])"
)
_KINDS = tuple(re.compile(kind) for kind in (rb"[A-Z]", rb"[a-z]", rb"[0-9]", rb"[G-Zg-z]"))
_FEWEST_CHARACTERS = 16  # different ones
_SOMETHING_ELSE = re.compile(
    rb"-----? ?(?:BEGIN|END) |(?i:certificate|cert|crt|csr|public[_-]?key|pubkey|signature|digest|modulus)"
    rb"[\"'>:=|\s\\-]{0,40}(?:$|[A-Za-z0-9+/]{64})"
)
_MARK = re.compile(MARKS)


def holds_key_lines(candidate: Candidate) -> bool:
    """Whether lines of a key's body stand behind or before the mark ``candidate``."""
    behind = _lines_behind(candidate.after)
    return _holds_body(behind) or _holds_body(_lines_before(candidate.before))


def _lines_behind(text: bytes) -> Iterator[bytes]:
    """The next lines: not what is left of the line of the mark."""
    start = text.find(b"\n") + 1
    for _ in range(_NEAR_LINES if start else 0):
        end = text.find(b"\n", start)
        yield text[start : end if end >= 0 else len(text)]
        if end < 0:
            return
        start = end + 1


def _lines_before(text: bytes) -> Iterator[bytes]:
    """The lines before, the nearest first."""
    end = text.rfind(b"\n")
    for _ in range(_NEAR_LINES):
        if end < 0:
            return
        start = text.rfind(b"\n", 0, end)
        yield text[start + 1 : end]
        end = start


def _holds_body(lines: Iterator[bytes]) -> bool:
    """Whether two of ``lines``, with one other between them at most, hold different lines of a body."""
    last, since = b"", 0
    for line in lines:
        # What is near to another mark is seen from there, so that each line is looked at twice at most.
        if KEY_MARK in line or _MARK.search(line) or _SOMETHING_ELSE.search(line):
            return False
        body = _body_in(line)
        if body and last and body != last and since <= 1:
            return True
        last, since = (body, 0) if body else (last, since + 1)
    return False


def _body_in(line: bytes) -> bytes:
    if not 64 <= len(line) <= _LONGEST_LINE_BYTES:
        return b""
    for match in _BODY.finditer(line):
        body = match[1]
        if len(set(body)) >= _FEWEST_CHARACTERS and all(kind.search(body) for kind in _KINDS):
            return body
    return b""
