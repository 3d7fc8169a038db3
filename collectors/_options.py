"""Options as the types they were declared with; the plan has checked them, the type checker cannot know."""

from __future__ import annotations

from collections.abc import Mapping

from collectors import Context


def text(context: Context, name: str) -> str:
    """A ``string`` option."""
    return str(context.options[name])


def number(context: Context, name: str) -> float:
    """A ``number`` option."""
    value = context.options[name]
    assert isinstance(value, int | float), name
    return float(value)


def integer(context: Context, name: str) -> int:
    """An ``integer`` option."""
    value = context.options[name]
    assert isinstance(value, int), name
    return value


def entries(context: Context, name: str) -> tuple[object, ...]:
    """A list option, whatever is in it."""
    value = context.options[name]
    assert isinstance(value, list | tuple), name
    return tuple(value)


def texts(context: Context, name: str) -> tuple[str, ...]:
    """A ``strings`` option."""
    return tuple(str(entry) for entry in entries(context, name))


def objects(context: Context, name: str) -> tuple[Mapping[str, object], ...]:
    """An ``objects`` option; what is no object in it is left out."""
    return tuple(entry for entry in entries(context, name) if isinstance(entry, Mapping))
