"""What a collector yields comes out of a process as it went in."""

import json
from datetime import UTC, datetime

import pytest

from agent.collect.item_lines import as_json, from_json
from collectors import Artifact, Fact, Origin, RequestItem, Skipped

ORIGIN = Origin(
    source="/a\udcff", owner="ada", mode="0640", size_bytes=3, modified_at=datetime(2026, 3, 14, tzinfo=UTC)
)


def through(item: Artifact | Fact | Skipped, data: bytes = b"") -> Artifact | Fact | Skipped:
    return from_json(json.loads(json.dumps(as_json(item) | ({"data_bytes": len(data)} if data else {}))), data)


@pytest.mark.parametrize(
    "item",
    [
        Skipped(path="a\n\udcff", reason="absent"),
        Skipped(path="a", reason="shut", cause="no-right"),
        Fact(item=RequestItem.VERSION, value="1", source="x"),
    ],
)
def test_a_line_is_the_item_again(item: Fact | Skipped) -> None:
    assert through(item) == item


@pytest.mark.parametrize("origin", [ORIGIN, Origin(source="ps")])
def test_an_artifact_has_its_bytes_each_time_it_is_opened(origin: Origin) -> None:
    item = Artifact(path="a/b", open=lambda: pytest.fail("opened"), origin=origin, truncated="some", read_as="database")
    back = through(item, b"\0\xff\n")
    assert isinstance(back, Artifact)
    assert (back.path, back.origin, back.truncated, back.media_type) == ("a/b", origin, "some", "text/plain")
    assert back.read_as == "database"
    assert [back.open().read() for _ in range(2)] == [b"\0\xff\n"] * 2


def test_what_is_no_item_is_refused() -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_json({"kind": "fact", "item": "nothing", "value": "1", "source": "x"})
