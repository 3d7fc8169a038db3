"""What a redactor is worth: how much of what must vanish did, and how much of what must stay did.

Strict: a row counts as redacted only when every marked value is gone and no piece of one is left that has
``max(6, 40 %)`` of its signs. What also stands elsewhere in the row (a vendor's prefix in a name) is no piece. A clean
row counts as kept only when every marked part stays. A row that the redactor withheld has vanished, and is not kept.

``python -I tests/corpus/score.py FOLDER REDACTED``, with the project's environment, prints the scores by family and
kind; ``REDACTED`` is what a redactor made of ``FOLDER/rows``.
"""

import argparse
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.corpus.corpus import Row, read_labels
from tests.corpus.file_encodings import from_bytes
from tests.corpus.kinds import FAMILIES

SHORTEST_PIECE = 6  # signs
PIECE_SHARE = 0.4


@dataclass
class Share:
    """So many rows of all are as they should be."""

    good: int = 0
    all: int = 0

    @property
    def percent(self) -> float:
        return 100 * self.good / self.all if self.all else math.nan

    def add(self, good: bool) -> None:
        self.good += good
        self.all += 1


@dataclass
class Score:
    """Shares of rows: recall for secrets and personal data, kept for clean rows; and the rows that failed."""

    by_family: dict[str, Share] = field(default_factory=dict)
    by_kind: dict[tuple[str, str], Share] = field(default_factory=dict)
    failed: list[tuple[Row, str]] = field(default_factory=list)

    def add(self, row: Row, output: str | None) -> None:
        """Count one row; ``output`` is what the redactor made of it, ``None`` where it withheld the row."""
        good = is_good(row, output)
        self.by_family.setdefault(row.family, Share()).add(good)
        self.by_kind.setdefault((row.family, row.kind), Share()).add(good)
        if not good:
            self.failed.append((row, output or ""))


def is_good(row: Row, output: str | None) -> bool:
    """Whether ``output`` is what redaction should make of the row."""
    if row.family == "clean":
        return output is not None and all(part in output for part in row.marked)
    return output is None or not any(survives(part, row, output) for part in row.marked)


def survives(value: str, row: Row, output: str) -> bool:
    """Whether ``value``, or a piece of it that is too long, can be read in ``output``."""
    if value in output:
        return True
    size = max(SHORTEST_PIECE, math.ceil(PIECE_SHARE * len(value)))
    around = row.text
    for part in row.marked:
        around = around.replace(part, "\0")
    pieces = (value[at : at + size] for at in range(len(value) - size + 1))
    return any(piece in output and piece not in around for piece in pieces)


def score(rows: Iterable[Row], output: Callable[[Row], bytes | None]) -> Score:
    """The score over ``rows``; ``output`` tells the bytes that the redactor made of a row, or ``None``."""
    result = Score()
    for row in rows:
        data = output(row)
        result.add(row, None if data is None else from_bytes(data))
    return result


def score_folder(rows: Iterable[Row], folder: Path) -> Score:
    """The score of a folder in which each row's file is redacted; a file that is missing was withheld.

    Raise ``FileNotFoundError`` when none of them is there: that is no redactor's work, but another folder.
    """
    rows = list(rows)
    if not any((folder / row.name).exists() for row in rows):
        raise FileNotFoundError(f"{folder} holds no row of this corpus")

    def output(row: Row) -> bytes | None:
        file = folder / row.name
        return file.read_bytes() if file.exists() else None

    return score(rows, output)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description="Score a redacted folder of the corpus.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("redacted", type=Path)
    options = parser.parse_args()
    result = score_folder(read_labels(options.folder), options.redacted)
    for family in FAMILIES:
        share = result.by_family.get(family, Share())
        print(f"{family:<10}{share.percent:6.1f} %  {share.good} of {share.all}")
    for (of_family, kind), share in sorted(result.by_kind.items()):
        print(f"{of_family:<10}{kind:<32}{share.percent:6.1f} %")


if __name__ == "__main__":
    main()
