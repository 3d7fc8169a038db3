"""Which part of a line is a piece of a key that was printed over several lines, whatever a log writes around it.

Keys stand in lines of 64, 70 or 76 letters of base64 (RFC 7468, RFC 4716), some in hexadecimal digits; the last may be
short. Behind a mark that a key begins, what is long and mixed is a piece of it wherever it stands in its line; what is
shorter only where it stands alone, or below another piece, for the lines of a log end in paths, classes and digests.
"""

from __future__ import annotations

import re

Range = tuple[int, int]

KEY_END = re.compile(rb"-----? ?END [A-Z0-9 ]{2,60}-----?|\\n-----END")
KEY_BEGIN = re.compile(rb"BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY")
KEY_HEADER = re.compile(
    rb"(?:Proc-Type|DEK-Info|Comment|Version|Charset|Hash|MessageID|Subject|x-|Bag|Key)[\w -]*:|^[\s>|*#-]*\r?$|"
    rb"User License|^[A-Z0-9]{4}-\d{4,8}\s*$"
)
_BEHIND = rb"(?=[\\nr\"',;\s]{0,6}\r?$)"
_ALONE = re.compile(rb"[^A-Za-z0-9+/=]*(?P<value>[A-Za-z0-9+/=]{16,})" + _BEHIND)
_IN_GROUPS = re.compile(rb"(?:[0-9A-F]{8} ){3}[0-9A-F]{8}" + _BEHIND)
# Behind a colour its letter is none; digests of lock files are no pieces.
_LONG = re.compile(
    rb"(?<![A-Za-z0-9+/])(?<!sha\d{3}-)(?:(?<=\x1b\[)[0-9;]{1,10}m)?(?P<value>[A-Za-z0-9+/]{40,}+={0,2})"
)
_NO_WORD = rb"(?<![A-Za-z0-9+/_.-])(?<!\x1b\[)"
_AT_COLUMN = re.compile(_NO_WORD + rb"[A-Za-z0-9+/=]{16,}" + _BEHIND)
_TAIL = re.compile(_NO_WORD + rb"[A-Za-z0-9+/=]{1,76}" + _BEHIND)
_SHORT = re.compile(_NO_WORD + rb"[A-Za-z0-9+/]{1,76}={0,2}\Z")
_CONTENT = re.compile(rb"\S(?:.*\S)?")
_SHORTEST_BYTES = 16
_VAULT_BYTES = 80  # of a line of Ansible's vault, in hexadecimal digits; no digest has as many
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]+\Z")
_WORD_OF_PATH = re.compile(rb"(?:\A|/)[a-z]{3,}(?=/|\Z)|(?:\A|/)[A-Z][a-z]{3,}(?=/|\Z)")
_WORDS_OF_PATH = 3


def begins_at(line: bytes, start: int) -> int:
    """Where the mark of a key begins that was found at ``start``: its pieces begin there too."""
    return len(line[:start].rstrip(b"-"))


def piece_in(line: bytes, column: int) -> Range | None:
    """Where in ``line`` a piece of the key stands; its mark, or the piece above, began at ``column``."""
    alone = _ALONE.match(line)
    if alone is not None and not _is_path(alone["value"]):
        return alone.span("value")
    found = _IN_GROUPS.search(line) or _AT_COLUMN.match(line, column)
    if found is not None and not _is_path(found[0]):
        return found.span()
    long = next((long for long in _LONG.finditer(line) if _is_mixed(long["value"])), None)
    return long.span("value") if long is not None else None


def last_piece_in(line: bytes, column: int, behind: bytes) -> Range | None:
    """The last piece of a key, which may be short: below the one above, with the same ``behind`` it."""
    found = _TAIL.match(line, column)
    if found is None and behind and line.endswith(behind):
        found = _SHORT.match(line, column, len(line) - len(behind))
    return found.span() if found is not None else None


def piece_before_end(line: bytes, end: int) -> Range | None:
    """The piece in front of the mark at ``end`` that the key is over, if there is one in its line."""
    before = _CONTENT.search(line, 0, end)
    return before.span() if before and len(before[0]) >= _SHORTEST_BYTES and b" " not in before[0] else None


def _is_mixed(value: bytes) -> bool:
    if len(value) == _VAULT_BYTES and _HEXADECIMAL.match(value):
        return True
    is_plain = value.islower() or value.isupper() or value.isalpha() or _HEXADECIMAL.match(value)
    return not is_plain and not _is_path(value)


def _is_path(value: bytes) -> bool:
    """Letters of base64 give three words between slashes in none of three million pieces, two in 116."""
    is_low = value.startswith(b"/") and value.islower()
    return is_low or len(_WORD_OF_PATH.findall(value)) >= _WORDS_OF_PATH
