"""What the keys above a value say of it, whatever the format: a reader walks through a document and tells what it sees.

A key counts alone and together with the key above it (``api: {key: …}`` is an API key). What a secret's key says
holds for everything below it; what an identity's key says, for the value and for a list of values. A pair of a name
and a value (``{"name": "DB_PASSWORD", "value": "…"}``) counts as a key and its value, in either order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

DEPTH_LIMIT = 100
_PAIR_NAMES = frozenset(
    b"name key id field variable setting property parameter param option header headername parametername "
    b"variable_name key_name".split()
)
_PAIR_VALUES = frozenset(
    b"value values val content data string stringvalue secretstring default defaultvalue default_value newvalue "
    b"new_value oldvalue old_value plaintext".split()
)
# A mapping under such a key is as often the settings of the log-in as its secrets.
_SETTINGS = (b"auth", b"authorization", b"authentication", b"session")


class NotStructured(Exception):
    """The bytes are no document of the format, or one over a bound; ``at`` is where that was seen."""

    def __init__(self, at: int = 0) -> None:
        super().__init__(at)
        self.at = at


class Value(NamedTuple):
    """A scalar: ``start`` and ``end`` in the document, inside its quotes; what it says; what a mask needs around it."""

    start: int
    end: int
    text: bytes
    quote: bytes = b""


@dataclass(frozen=True, slots=True)
class Found:
    """A value under a telling key.

    ``name`` is the key, with the key above it where only both together tell; ``classes`` are those of the name.
    ``secret`` says that the value, ``within`` that something above it, is a secret; ``doubtful`` that it is one only
    if it looks random.
    """

    value: Value
    name: bytes
    classes: int
    secret: bool
    within: bool
    doubtful: bool


class Classify(Protocol):
    """What a name tells; see ``ByKey``."""

    secret: int
    wanted: int

    def classes(self, name: bytes) -> int:
        """The wanted classes of a name."""
        ...


class Handler(Protocol):
    """What a reader of a format tells: keys, scalars, and where collections begin and end."""

    def key(self, name: bytes) -> None:
        """The next value stands under this key."""
        ...

    def begin(self, *, mapping: bool) -> None:
        """A collection begins."""
        ...

    def end(self) -> None:
        """The innermost collection ends."""
        ...

    def scalar(self, value: Value) -> None:
        """A value that is no collection."""
        ...


class _Context(NamedTuple):
    """What holds for a value: by its own key, and by what is above it."""

    name: bytes = b""
    classes: int = 0
    secret: bool = False
    within: bool = False
    doubtful: bool = False

    @property
    def tells(self) -> bool:
        return bool(self.classes) or self.secret or self.doubtful


@dataclass(slots=True)
class _Frame:
    """A collection that is open."""

    mapping: bool
    context: _Context
    key: bytes | None = None
    pair_names: list[bytes] = field(default_factory=list)
    pair_values: list[Value] = field(default_factory=list)
    outer_values: list[Value] | None = None  # where the values of a pair around this collection gather


class Walk:
    """Gathers in ``found`` (by where they start) the values under telling keys."""

    def __init__(self, classify: Classify) -> None:
        self._classify = classify
        self._frames = [_Frame(mapping=True, context=_Context())]
        self.found: dict[int, Found] = {}

    def key(self, name: bytes) -> None:
        """The next value in the open collection stands under this key."""
        self._frames[-1].key = name

    def begin(self, *, mapping: bool) -> None:
        """A collection begins. Raise ``NotStructured`` where they are nested too deep."""
        if len(self._frames) > DEPTH_LIMIT:
            raise NotStructured
        outer = self._frames[-1]
        context = self._below(outer, collection=mapping)
        self._frames.append(_Frame(mapping=mapping, context=context, outer_values=_gathers(outer)))

    def end(self) -> None:
        """The innermost collection ends: now both halves of a pair are known."""
        frame = self._frames.pop()
        if not self._pair(frame) and frame.outer_values is not None:
            frame.outer_values += frame.pair_values
        if self._frames:
            self._frames[-1].key = None

    def scalar(self, value: Value) -> None:
        """A value under the last key, or of the open list, or the text of the open element."""
        frame = self._frames[-1]
        key, frame.key = frame.key, None
        context = self._below(frame, key)
        if key is not None and key.lower() in _PAIR_NAMES:
            frame.pair_names.append(value.text)
        gathered = _gathers(frame, key)
        if gathered is not None:
            gathered.append(value)
        if context.tells:
            self._add(value, context)

    def text(self, tag: bytes, value: Value) -> None:
        """The text of the open element, which is called ``tag``: a value of it, and perhaps a half of a pair."""
        frame = self._frames[-1]
        frame.pair_values.append(value)
        if len(self._frames) > 1 and tag.lower() in _PAIR_NAMES:
            self._frames[-2].pair_names.append(value.text)
        if frame.context.tells:
            self._add(value, frame.context)

    def skip(self) -> None:
        """There is a value that is none to redact."""
        self._frames[-1].key = None

    @property
    def depth(self) -> int:
        """How many collections are open."""
        return len(self._frames)

    def tells(self, name: bytes) -> bool:
        """Whether a key of this name says anything of its value."""
        return bool(self._classify.classes(name))

    def is_secret_here(self) -> bool:
        """Whether a value that comes now is a secret."""
        return self._below(self._frames[-1]).secret

    def again(self, values: Iterable[Value]) -> None:
        """Here stand values once more that stood somewhere else before."""
        context = self._below(self._frames[-1])
        self.skip()
        for value in values:
            self._add(value, context)

    def _below(self, frame: _Frame, key: bytes | None = None, *, collection: bool = False) -> _Context:
        key = frame.key if key is None else key
        outer = frame.context
        if key is None:
            return outer
        classes = self._classify.classes(key)
        name = key
        both = outer.name + b" " + key if outer.name and key else b""
        together = self._classify.classes(both) & ~classes if both else 0
        if together:
            name = both
        secret = bool(classes & self._classify.secret)
        doubtful = not secret and (outer.doubtful or bool(together & self._classify.secret))
        if secret and collection and key.lower().endswith(_SETTINGS):
            secret, doubtful = False, True
        return _Context(
            name=name[-200:],
            classes=(classes | together) & ~self._classify.secret,
            secret=secret or outer.secret,
            within=outer.secret or outer.doubtful,
            doubtful=doubtful and not outer.secret,
        )

    def _pair(self, frame: _Frame) -> bool:
        """Each value with the first name that tells, and with the first that tells of a secret: others add nothing."""
        told: dict[bool, _Context] = {}
        for name in frame.pair_names if frame.pair_values else ():
            classes = self._classify.classes(name)
            secret = bool(classes & self._classify.secret)
            if classes and secret not in told:
                told[secret] = _Context(name=name[-200:], classes=classes & ~self._classify.secret, secret=secret)
        for context in told.values():
            for value in frame.pair_values:
                self._add(value, context)
        return bool(told)

    def _add(self, value: Value, context: _Context) -> None:
        known = self.found.get(value.start)
        if known is None or (context.secret and not (known.secret and not known.within)):
            self.found[value.start] = Found(
                value=value,
                name=context.name,
                classes=context.classes,
                secret=context.secret,
                within=context.within,
                doubtful=context.doubtful,
            )


def _gathers(frame: _Frame, key: bytes | None = None) -> list[Value] | None:
    """Where a value in ``frame`` under its key is gathered as the half of a pair, if it is one."""
    key = frame.key if key is None else key
    if key is not None and key.lower() in _PAIR_VALUES:
        return frame.pair_values
    return frame.outer_values
