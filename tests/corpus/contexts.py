"""How a value is logged: read from ``contexts.yaml``."""

import functools
import random
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.corpus.escapes import ESCAPES, Escape
from tests.corpus.kinds import FAMILIES, Family, Kind, Sample, Shape
from tests.corpus.templates import filled


@dataclass(frozen=True, slots=True)
class Context:
    """A place where values are logged; ``file`` is the ending of a file in which one finds it."""

    name: str
    shapes: frozenset[Shape]
    families: frozenset[Family]
    file: str
    escape: Escape
    forms: tuple[str, ...]

    def fits(self, kind: Kind) -> bool:
        if kind.only:
            return self.name in kind.only
        safe = self.escape.takes_anything or not kind.awkward
        return kind.shape in self.shapes and kind.family in self.families and safe

    def written(self, rng: random.Random, sample: Sample) -> Sample:
        """The whole text around the value, and the marked parts as they stand in it."""
        value = self.escape.around(self.escape.inner(sample.text))
        text, _ = filled(rng, rng.choice(self.forms), {"value": value, **_spellings(sample.key)})
        return Sample(text, tuple(self.escape.inner(part) for part in sample.marked), sample.key)


def _spellings(key: str) -> dict[str, str]:
    words = key.split("_")
    capital = [word.capitalize() for word in words]
    return {
        "snake": key,
        "UPPER": key.upper(),
        "camel": "".join([words[0], *capital[1:]]),
        "Pascal": "".join(capital),
        "kebab": "-".join(words),
        "Header": "-".join(capital),
        "dotted": ".".join(words),
        "words": " ".join(words),
    }


@functools.cache
def all_contexts() -> tuple[Context, ...]:
    """Every context, in the order of the file."""
    entries = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
    return tuple(
        Context(
            entry["context"],
            frozenset(entry.get("shapes", ["pair"])),
            frozenset(entry.get("families", FAMILIES)),
            entry["file"],
            ESCAPES[entry.get("escape", "plain")],
            tuple(entry["forms"]),
        )
        for entry in entries
    )


@functools.cache
def fitting(kind: Kind) -> tuple[Context, ...]:
    """The contexts in which values of this kind are logged."""
    return tuple(context for context in all_contexts() if context.fits(kind))
