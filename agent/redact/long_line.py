"""One line that is longer than a window, redacted window by window.

Each window overlaps the one before so far that what lies on the border is seen whole.
"""

from __future__ import annotations

from agent.redact.budget import CannotRedact
from agent.redact.lines import Lines
from agent.redact.replacing import Span

WINDOW_BYTES = 16 * 2**10  # bounds also the work of a pattern whose time grows with the square of the line
_OVERLAP_BYTES = 3 * 2**10  # longer than nearly every credential
_CONTEXT_BYTES = 512  # what a pattern may look at in front of the value
# What continues a value that is longer than a window: anything that ends no token.
_TOKEN_ENDS = b" \t\r\n\"'<>,;&|(){}[]\x00"


class LongLine:
    """One line that is longer than a window, fed in pieces."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._buffer = b""
        self._emitted = 0  # bytes at the front of the buffer that are only context
        self._begin = lines.recorder.at if lines.recorder else 0
        self._passed = 0  # bytes of the line in front of the buffer
        self._running = b""  # what ends the masked value that began in an earlier window, or nothing

    @property
    def size_bytes(self) -> int:
        """How long the line is, as far as it was fed."""
        return self._passed + len(self._buffer)

    def feed(self, data: bytes, *, final: bool) -> bytes:
        """The redacted bytes that are certain by now; with ``final`` all of them."""
        parts = []
        self._buffer += data
        at = 0
        while len(self._buffer) - at > WINDOW_BYTES:
            part, at = self._window(at, last=False)
            parts.append(part)
        if final:
            parts.append(self._window(at, last=True)[0])
            at = len(self._buffer)
        self._buffer = self._buffer[at:]
        self._passed += at
        return b"".join(parts)

    def _window(self, at: int, *, last: bool) -> tuple[bytes, int]:
        window = self._buffer[at : at + WINDOW_BYTES]
        begin = self._after_running(window)
        spans, interleaved = self._lines.spans(window, is_piece=True)
        if interleaved:
            raise CannotRedact("text that changes its encoding in a long line")
        spans = [Span(max(span.start, begin), span.end, span.rule) for span in spans if span.end > begin]
        cut = len(window) if last else self._cut(spans, begin, len(window))
        spans = [span for span in spans if span.start < cut]
        inside = [Span(span.start - begin, min(span.end, cut) - begin, span.rule) for span in spans]
        if self._lines.recorder:
            if self._running:
                self._lines.recorder.goes_on(begin)
            self._lines.recorder.at = self._begin + self._passed + at + begin
        redacted = self._lines.replaced(window[begin:cut], inside)
        self._running = self._ends(window, spans) if not last and cut == len(window) else b""
        self._emitted = 0 if self._running else min(_CONTEXT_BYTES, cut)
        return redacted, at + cut - self._emitted

    def _after_running(self, window: bytes) -> int:
        """Where in the window there is something new: behind the context, and behind a value that goes on."""
        if not self._running:
            return self._emitted
        return next((place for place, byte in enumerate(window) if byte in self._running), len(window))

    def _ends(self, window: bytes, spans: list[Span]) -> bytes:
        """What ends the value that reaches the end of the window: its quote, or the end of a token."""
        if not spans:
            return self._running
        start = max(spans).start
        quote = window[start - 1 : start] if start else b""
        return quote if quote in (b'"', b"'", b"`") else _TOKEN_ENDS

    @staticmethod
    def _cut(spans: list[Span], begin: int, length: int) -> int:
        """Where to end: before the overlap, and before every finding that reaches into it.

        At the end of the window only when a value fills most of it: what follows of that value is then dropped.
        """
        cut = max(length - _OVERLAP_BYTES, begin)
        if begin == length:
            return length
        furthest = cut
        for span in sorted(spans, key=lambda span: -span.end):
            if span.start < cut < span.end:
                cut, furthest = span.start, max(furthest, span.end)
        return cut if cut >= length // 4 else furthest
