"""A manifest as a page shows it. It comes from a device: any part may be absent, of another type, or endless.

So nothing is taken for granted: what has not the expected shape is left out, texts and lists are cut. The shape
itself is described in ``config/schemas/manifest.schema.json``.
"""

from __future__ import annotations

from typing import Any

_LONGEST_TEXT = 2000  # characters
_MOST_ROWS = 5000

_FACTS = (
    ("product", "Product"),
    ("profile", "Profile"),
    ("platform", "Platform"),
    ("computer_id", "Computer ID"),
    ("made_at", "Made"),
    ("agent_version", "Agent version"),
    ("ruleset_version", "Redaction rules version"),
    ("bundle_id", "Bundle"),
)
_REQUEST = (
    ("front", "Asked through"),
    ("requested_by", "Asked by"),
    ("asked_at", "Asked"),
    ("reason", "Reason"),
    ("description", "Description"),
    ("since_seconds", "Logs of the last (seconds)"),
)


def told(manifest: object) -> dict[str, Any] | None:
    """The parts of a manifest that a page shows, bounded and of known types; ``None`` where there is none."""
    if not isinstance(manifest, dict):
        return None
    return {
        "facts": _named(manifest, _FACTS) + _named(_mapping(manifest.get("request")), _REQUEST),
        "answers": [
            {**row, "item": row["item"].replace("_", " ")}
            for row in _rows(manifest.get("items"), ("item", "value", "source"))
        ],
        "taken": [
            {**_row(entry, ("path", "size_bytes", "source", "truncated")), "replacements": _counts(entry)}
            for entry in _mappings(manifest.get("members"))
        ],
        "left_out": _rows(manifest.get("skipped"), ("path", "reason")),
        "counts": _sorted_counts(manifest.get("counts")),
    }


def _named(mapping: dict[str, Any], names: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": title, "value": text} for key, title in names if (text := _text(mapping.get(key)))]


def _rows(value: object, keys: tuple[str, ...]) -> list[dict[str, str]]:
    return [_row(entry, keys) for entry in _mappings(value)]


def _row(entry: dict[str, Any], keys: tuple[str, ...]) -> dict[str, str]:
    return {key: _text(entry.get(key)) for key in keys}


def _counts(entry: dict[str, Any]) -> str:
    return ", ".join(f"{row['rule']} {row['count']}" for row in _sorted_counts(entry.get("replacements"))[:20])


def _sorted_counts(value: object) -> list[dict[str, Any]]:
    """Rules with their numbers of replacements, most first."""
    counted = [(rule, count) for rule, count in _mapping(value).items() if isinstance(count, int) and count > 0]
    counted.sort(key=lambda pair: (-pair[1], pair[0]))
    return [{"rule": _text(rule), "count": _text(count)} for rule, count in counted[:_MOST_ROWS]]


def _mappings(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value[:_MOST_ROWS] if isinstance(entry, dict)] if isinstance(value, list) else []


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Texts and numbers as text; nothing else has a place in a cell. A number is bounded before it is written."""
    if isinstance(value, str):
        return value[:_LONGEST_TEXT]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)) and abs(value) < 1e18:  # longer ones measure nothing here
        return str(value)
    return ""
