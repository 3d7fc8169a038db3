"""What a collector yields, as a line of JSON and the bytes behind it: how it comes out of the process it runs in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from collectors import Artifact, Fact, Origin, RequestItem, Skipped


def as_json(item: Artifact | Fact | Skipped) -> dict[str, Any]:
    """The item without the bytes of an artifact, ready for ``json.dumps``."""
    if isinstance(item, Skipped):
        return {"kind": "skipped"} | asdict(item)
    if isinstance(item, Fact):
        return {"kind": "fact", "item": item.item.value, "value": item.value, "source": item.source}
    origin = asdict(item.origin)
    origin["modified_at"] = item.origin.modified_at and item.origin.modified_at.isoformat()
    parts = {"path": item.path, "media_type": item.media_type, "truncated": item.truncated, "read_as": item.read_as}
    return {"kind": "artifact", "origin": origin} | parts


def from_json(said: Mapping[str, Any], data: bytes = b"") -> Artifact | Fact | Skipped:
    """The item again, with ``data`` in an artifact. Raise ``KeyError``, ``TypeError`` or ``ValueError`` for no such."""
    parts = {name: value for name, value in said.items() if name not in {"kind", "origin", "data_bytes"}}
    if said["kind"] == "skipped":
        return Skipped(**parts)
    if said["kind"] == "fact":
        return Fact(**parts | {"item": RequestItem(said["item"])})
    origin = dict(said["origin"])
    if origin["modified_at"]:
        origin["modified_at"] = datetime.fromisoformat(origin["modified_at"])
    return Artifact(open=lambda: io.BytesIO(data), origin=Origin(**origin), **parts)
