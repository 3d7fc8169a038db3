"""The line of a Python traceback that says what happened: the last one, which names the exception.

The layout is that of CPython (docs.python.org, "traceback"): a heading, indented lines, and the exception at the
heading's own column. A log that puts a time before each line shifts the whole by the same width; the boxes of an
exception group shift it by blanks and a bar.
"""

from __future__ import annotations

HEADING = b"Traceback (most recent call last)"
# Python folds repeated frames, so that the deepest recursion has some 3,000 frames of a few lines at the very most.
_LOOKED_AT_BYTES = 64 * 2**10
_GROUP = b"Exception Group "


def exception_line(block: bytes, start: int) -> tuple[int, int] | None:
    """Where the exception's line begins and ends, of the traceback whose heading is the line at ``start``.

    ``None`` when the line is no such heading, or no exception follows it within ``block``.
    """
    end = block.find(b"\n", start)
    column = block.find(HEADING, start, max(end, start)) - start
    if column < 0:
        return None
    heading = block[start:end]
    column -= len(_GROUP) if heading[:column].endswith(_GROUP) else 0
    first = end + 1
    if column and heading[:1].isspace() != block[first : first + 1].isspace():
        column = 0  # only the heading stands behind a time
    position, limit = first, min(len(block), end + _LOOKED_AT_BYTES)
    while position < limit:
        end = block.find(b"\n", position, limit)
        end = limit if end < 0 else end
        # No frame holds a heading; to stop here keeps the whole linear, however many of them a log has.
        if block.find(HEADING, position, end) >= 0:
            return None
        sign = block[position + column : min(position + column + 1, end)]
        if not sign.isspace():
            return (position, end) if sign and position > first else None
        position = end + 1
    return None
