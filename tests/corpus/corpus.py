"""Labelled text for redaction: rows that know what must vanish from them, or what must stay.

``python -I tests/corpus/corpus.py --seed 1 --rows 5000 FOLDER``, with the project's environment, writes
``FOLDER/labels.jsonl`` and a file for each row in ``FOLDER/rows``. The same seed gives the same bytes, and fewer rows
are the first of more.

Eleven of twenty rows hold a secret, five tell something personal, four are clean. Kinds take turns; context, encoding
and value are drawn from a generator of the row's own. No value is anybody's: see ``makers`` and ``kinds/*.yaml``.
"""

import argparse
import dataclasses
import functools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.corpus import file_encodings
from tests.corpus.contexts import fitting
from tests.corpus.file_encodings import FileEncoding
from tests.corpus.kinds import FAMILIES, Family, Kind, all_kinds

LABELS = "labels.jsonl"
ROWS = "rows"
_SHARES: dict[Family, int] = {"secret": 11, "personal": 5, "clean": 4}
# Which family each of twenty rows in a row is of, and the how many-th of that family it is.
_TURNS = tuple((family, place) for family in FAMILIES for place in range(_SHARES[family]))


@dataclass(frozen=True, slots=True)
class Row:
    """A text and its labels: ``marked`` must vanish from it, or stay where ``family`` is ``clean``."""

    name: str
    text: str
    marked: tuple[str, ...]
    kind: str
    context: str
    encoding: FileEncoding
    family: Family

    @property
    def data(self) -> bytes:
        """The row as a file holds it."""
        return file_encodings.to_bytes(self.encoding, self.text)


def rows(seed: int, count: int) -> Iterator[Row]:
    """The first ``count`` rows of this seed."""
    return (_row(seed, number) for number in range(count))


@functools.cache
def _kinds_of(family: Family) -> tuple[Kind, ...]:
    return tuple(kind for kind in all_kinds() if kind.family == family)


def _row(seed: int, number: int) -> Row:
    rng = random.Random(f"{seed}:{number}")
    family, place = _TURNS[number % len(_TURNS)]
    kinds = _kinds_of(family)
    kind = kinds[(number // len(_TURNS) * _SHARES[family] + place) % len(kinds)]
    context = rng.choice(fitting(kind))
    sample = kind.sample(rng)
    encoding = file_encodings.chosen(rng, kind, context, sample)
    written = context.written(rng, file_encodings.before(encoding, sample))
    final = file_encodings.after(encoding, written)
    name = f"{number:06}.{context.file}"
    return Row(name, final.text, final.marked, kind.name, context.name, encoding, kind.family)


def write(chosen: list[Row], folder: Path) -> None:
    """A file for each row, and their labels beside them. Files of the same name are overwritten."""
    (folder / ROWS).mkdir(parents=True, exist_ok=True)
    for row in chosen:
        (folder / ROWS / row.name).write_bytes(row.data)
    with (folder / LABELS).open("w", encoding="utf-8", newline="\n") as labels:
        labels.writelines(json.dumps(dataclasses.asdict(row)) + "\n" for row in chosen)


def read_labels(folder: Path) -> list[Row]:
    """The rows that ``write`` wrote to ``folder``."""
    lines = (folder / LABELS).read_text("utf-8").splitlines()
    return [Row(**{**label, "marked": tuple(label["marked"])}) for label in map(json.loads, lines)]


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description="Write labelled text for redaction.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    write(list(rows(options.seed, options.rows)), options.folder)


if __name__ == "__main__":
    main()
