"""A full outbox: who makes room for whom, and that whatever goes is told and recorded."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent.errors import StorageError
from agent.events import Event, GivenUp, Progress, ignore_progress
from agent.flow import Archive, Consent
from agent.outbox import Entry, Outbox

ENDPOINT = "desk:https://desk.example"


def test_a_full_outbox_says_so_and_leaves_the_bundle_where_it_was(
    tmp_path: Path, make_archive: Callable[..., Archive], agree: Callable[[Archive], Consent]
) -> None:
    outbox = Outbox(tmp_path / "state", 2500)
    first, second = make_archive(b"x" * 2000), make_archive(b"y" * 600)
    outbox.put(first, "7", agree(first), ENDPOINT, "s")
    with pytest.raises(StorageError, match=r"2,072 of at most 2,500 bytes; 672 more") as raised:
        outbox.put(second, "7", agree(second), ENDPOINT, "s")
    assert "outbox" in raised.value.advice
    assert second.file.read_bytes() == b"y" * 600
    assert len(outbox.entries()) == 1


def quarantined(outbox: Outbox, entry: Entry) -> Entry:
    return outbox.update(dataclasses.replace(entry, quarantined="closed"))


@pytest.fixture
def put_into(make_archive: Callable[..., Archive], agree: Callable[[Archive], Consent]) -> Callable[..., Entry]:
    """Puts a bundle of 1,000 bytes into an outbox."""

    def put(outbox: Outbox, progress: Progress = ignore_progress) -> Entry:
        archive = make_archive(b"x" * 1000)
        return outbox.put(archive, "7", agree(archive), ENDPOINT, "s", progress=progress)

    return put


def test_quarantined_bundles_make_room_oldest_first(tmp_path: Path, put_into: Callable[..., Entry]) -> None:
    """As few as are needed; each is told and leaves a record."""
    outbox, told = Outbox(tmp_path / "state", 4500), list[Event]()
    waiting, *hopeless = [put_into(outbox) for _ in range(4)]
    for entry in hopeless:
        quarantined(outbox, entry)
    put_into(outbox, told.append)
    assert [e.bundle_id for e in outbox.entries()][:3] == [e.bundle_id for e in (waiting, *hopeless[1:])]
    (event,) = told
    assert isinstance(event, GivenUp)
    assert event.bundle_id == hopeless[0].bundle_id
    (record,) = outbox.dropped()
    assert (record.bundle_id, record.endpoint, record.ticket) == (hopeless[0].bundle_id, ENDPOINT, "7")
    assert record.sha256 == hopeless[0].archive.sha256
    assert "full" in record.reason


def test_waiting_bundles_make_room_only_if_the_settings_say_so(tmp_path: Path, put_into: Callable[..., Entry]) -> None:
    state = tmp_path / "state"
    careful, bold = Outbox(state, 2500), Outbox(state, 2500, drops_oldest=True)
    first, second = put_into(careful), put_into(careful)
    with pytest.raises(StorageError, match="do not fit"):
        put_into(careful)
    third = put_into(bold)
    assert [entry.bundle_id for entry in bold.entries()] == [second.bundle_id, third.bundle_id]
    assert [record.bundle_id for record in bold.dropped()] == [first.bundle_id]


def test_what_may_be_on_its_way_makes_no_room(
    tmp_path: Path, put_into: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody delivers for long, nothing is given up; nor for a bundle that would not fit anyhow."""
    monkeypatch.setattr("agent.outbox._ROOM_WAIT_SECONDS", 0.1)
    outbox = Outbox(tmp_path / "state", 1500, drops_oldest=True)
    entry = put_into(outbox)
    with Outbox(tmp_path / "state", 1500).lock(), pytest.raises(StorageError, match="do not fit"):
        put_into(outbox)
    assert (outbox.entries(), outbox.dropped()) == ([entry], [])


def test_a_delivery_that_is_soon_over_is_waited_for(
    tmp_path: Path, put_into: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Minutes of gathering are not thrown away for it: then the oldest may go, or what arrived has left room."""
    monkeypatch.setattr("agent.outbox._ROOM_WAIT_SECONDS", 60.0)
    outbox = Outbox(tmp_path / "state", 1500, drops_oldest=True)
    first = put_into(outbox)
    with ThreadPoolExecutor() as pool:
        with Outbox(tmp_path / "state", 1500).lock():
            second = pool.submit(put_into, outbox)
            with pytest.raises(TimeoutError):
                second.result(0.3)
        new = second.result(60)
    assert outbox.entries() == [new]
    assert [record.bundle_id for record in outbox.dropped()] == [first.bundle_id]


def test_a_bundle_too_large_for_the_outbox_costs_no_other(
    tmp_path: Path, put_into: Callable[..., Entry], make_archive: Callable[..., Archive], agree: Callable[..., Consent]
) -> None:
    outbox = Outbox(tmp_path / "state", 1500, drops_oldest=True)
    entry, large = put_into(outbox), make_archive(b"x" * 2000)
    with pytest.raises(StorageError, match="do not fit"):
        outbox.put(large, "7", agree(large), ENDPOINT, "s")
    assert (outbox.entries(), outbox.dropped()) == ([entry], [])
