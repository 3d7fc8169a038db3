"""What may look on while a stream is redacted: where things were replaced, and what was written.

Normally nobody looks on, or only ``LineNumbers``, which costs next to nothing: line feeds are counted block by block,
and up to a replacement only while lines of its rule are still wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from agent.replaced_lines import MAX_LINES, ReplacedLines

if TYPE_CHECKING:
    from agent.redact.edits import Edits
    from agent.redact.replacing import Span


FoundLines = Mapping[str, Mapping[int, int]]
"""By rule, the first lines in which it replaced something, and how often in each."""


def line_feeds_in(data: bytes) -> int:
    """How many there are; several times as fast as ``bytes.count``, which looks at one byte after the other."""
    return len(data) - len(data.replace(b"\n", b""))


class Target(Protocol):
    """Where redacted bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""


class Told(Protocol):
    """Who replaces spans, and can be asked about each."""

    def rule_name(self, rule: int, /) -> str:
        """The name of the rule with this index."""

    def stand_in(self, text: bytes, span: Span, /) -> bytes:
        """What stands for this span of ``text``."""


class Recorder:
    """Knows at each replacement in which file and line it is; what to make of it is said by those below it."""

    def __init__(self) -> None:
        self.at = 0  # where in the block the text begins that is told of next
        self._names: list[str] = []
        self._begin()

    @property
    def place(self) -> str:
        """The file, and in an archive the member: ``logs.zip/app.log``."""
        return "/".join(filter(None, self._names))

    def enter(self, name: str) -> None:
        """A file begins, or a member of an archive in it; without a name, what is inside a compressed file."""
        self._names.append(name)
        self._begin()

    def leave(self) -> None:
        """The file or member has ended."""
        self._names.pop()

    def refused(self) -> None:
        """What was told of the file or member, which is left next, is not so: it is kept back."""

    def _begin(self) -> None:
        self._block, self._lines_before, self._bytes_before = b"", 0, 0
        self._counted_to = self._counted = self.at = 0

    def block(self, block: bytes) -> None:
        """The bytes up to which all is told have ended; the next that are told of begin with ``block``."""
        self._lines_before += line_feeds_in(self._block)
        self._bytes_before += len(self._block)
        self._block = block
        self._counted_to = self._counted = self.at = 0

    def passed(self, size_bytes: int) -> None:
        """So much of a line that no block holds has ended."""
        self._bytes_before += size_bytes

    def place_of(self, place: int) -> int:
        """Where in the whole text a place is of the text that begins at ``at``."""
        return self._bytes_before + self.at + place

    def line_of(self, place: int) -> int:
        """The line, counted from 1, of a place in the text that begins at ``at``; places come in order."""
        until = self.at + place
        self._counted += self._block.count(b"\n", self._counted_to, until)
        self._counted_to = until
        return self._lines_before + self._counted + 1

    def wants(self, rule: str) -> bool:  # noqa: ARG002 - for those below
        """Whether to tell of further replacements by this rule."""
        return True

    def replaced(self, text: bytes, spans: Sequence[Span], redactor: Told) -> None:
        """These spans of ``text``, in order and apart, are replaced by ``redactor``."""

    def goes_on(self, size_bytes: int) -> None:
        """The span that was told of last takes in so many bytes more, of the same line."""

    def replaced_first(self, text: bytes, edits: Edits) -> None:
        """As ``replaced``, in all of a document, which is told of again from its beginning on, as lines."""
        self.block(text)
        self.replaced(text, edits.spans, edits)
        self._begin()

    def watched(self, target: Target) -> Target:
        """``target``, or what stands before it to see the text that is written."""
        return target


class LineNumbers(Recorder):
    """The first lines in which each rule replaced something; not for the members of an archive, which have their own.

    One for each file.
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, dict[int, int]] = {}
        self._has_members = False

    def enter(self, name: str) -> None:
        """As above; a named thing inside another is a member."""
        self._has_members = self._has_members or bool(self._names and name)
        super().enter(name)

    def wants(self, rule: str) -> bool:
        """One line more than the bound: it tells that there are more."""
        return len(self._found.get(rule, ())) <= MAX_LINES

    def replaced(self, text: bytes, spans: Sequence[Span], redactor: Told) -> None:  # noqa: ARG002 - places alone
        """Note the line of each span."""
        for span in spans:
            rule = redactor.rule_name(span.rule)
            lines = self._found.setdefault(rule, {})
            if len(lines) <= MAX_LINES:
                line = self.line_of(span.start)
                lines[line] = lines.get(line, 0) + 1

    def found(self) -> FoundLines | None:
        """What was noted; ``None`` for an archive."""
        return None if self._has_members else self._found

    def join(self, later: FoundLines | None, lines_before: int) -> None:
        """Take over what another noted, of a part of the same file that begins behind so many lines."""
        self._has_members = self._has_members or later is None
        for rule, found in (later or {}).items():
            lines = self._found.setdefault(rule, {})
            for line, times in found.items():
                if len(lines) <= MAX_LINES:
                    lines[line + lines_before] = times

    def by_rule(self, counts: Mapping[str, int]) -> dict[str, ReplacedLines]:
        """The lines by rule; ``counts`` is how often each replaced something in all."""
        if self._has_members:
            return {}
        told = {rule: dict(list(lines.items())[:MAX_LINES]) for rule, lines in self._found.items()}
        return {
            rule: ReplacedLines.of(lines, counts.get(rule, 0) - sum(lines.values())) for rule, lines in told.items()
        }
