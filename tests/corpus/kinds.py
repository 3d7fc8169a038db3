"""The kinds of values that the corpus has, read from ``kinds/*.yaml``.

A kind with ``keys`` is a ``pair``: the value of a setting of one of these names. Without keys it is a whole ``line``,
or a ``block`` of several. All of a pair's value counts where no part of it is marked.
"""

import functools
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from tests.corpus.templates import filled

Family = Literal["secret", "personal", "clean"]
Shape = Literal["pair", "line", "block"]
FAMILIES: tuple[Family, ...] = ("secret", "personal", "clean")
_FAMILY_OF_FILE: dict[str, Family] = {"clean": "clean", "personal": "personal"}
_FOLDER = Path(__file__).parent / "kinds"


@dataclass(frozen=True, slots=True)
class Sample:
    """A value made once, before it is logged anywhere.

    ``marked`` are the parts of ``text`` that must vanish, or of a clean one those that must stay. ``key`` is the
    value's name, in words joined by ``_``; empty for a line or a block.
    """

    text: str
    marked: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    ``awkward`` ones fit only contexts that quote or escape; ``only`` are the contexts that fit, where they are few.
    """

    name: str
    family: Family
    shape: Shape
    keys: tuple[str, ...]
    forms: tuple[str, ...]
    awkward: bool
    only: frozenset[str]

    def sample(self, rng: random.Random) -> Sample:
        text, marked = filled(rng, rng.choice(self.forms))
        return Sample(text, marked or (text,), rng.choice(self.keys) if self.keys else "")


@functools.cache
def all_kinds() -> tuple[Kind, ...]:
    """Every kind, in the order of the files' names."""
    return tuple(
        _kind(entry, _FAMILY_OF_FILE.get(file.stem, "secret"))
        for file in sorted(_FOLDER.glob("*.yaml"))
        for entry in yaml.safe_load(file.read_text("utf-8"))
    )


def _kind(entry: dict[str, Any], family: Family) -> Kind:
    keys, forms = tuple(entry.get("keys", "").split()), tuple(entry["forms"])
    shape: Shape = "pair" if keys else "block" if "\n" in forms[0] else "line"
    return Kind(
        entry["kind"], family, shape, keys, forms, entry.get("awkward", False), frozenset(entry.get("only", ()))
    )
