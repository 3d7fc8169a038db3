"""Ctrl-C in the middle of a delivery: the bundle waits, and whoever stopped it is told that it does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent import pipeline
from agent.endpoints import Connection
from agent.endpoints.folder import FolderEndpoint
from agent.events import Delivered, Event
from agent.flow import Archive, Consent, Queued
from agent.outbox import Outbox


class Interrupted(FolderEndpoint):
    """A folder at which a person loses patience."""

    def attach(self, *_: object) -> str:
        raise KeyboardInterrupt


@pytest.fixture
def send(tmp_path: Path, make_archive: Callable[..., Archive], agree: Callable[[Archive], Consent]) -> Callable:
    """Sends a bundle by this kind of endpoint to a ticket of its own; the outbox afterwards."""

    def sent(kind: type[FolderEndpoint], draft_for: Callable, progress: Callable[[Event], None]) -> Outbox:
        (tmp_path / "share").mkdir()
        endpoint = kind(Connection(address=str(tmp_path / "share"), credential_file=tmp_path / "device"))
        archive, outbox = make_archive(), Outbox(tmp_path / "state", 10**6)
        ticket, address = endpoint.open(draft_for(archive)).number, f"folder:{tmp_path / 'share'}"
        with pytest.raises(KeyboardInterrupt):
            pipeline.send_made(
                archive,
                ticket,
                agree(archive),
                address,
                "scope",
                outbox=outbox,
                endpoint=endpoint,
                progress=progress,
            )
        return outbox

    return sent


def test_the_bundle_that_waits_is_named_with_how_to_drop_it(send: Callable, draft_for: Callable) -> None:
    told = list[Event]()
    (entry,) = send(Interrupted, draft_for, told.append).entries()
    (event,) = told
    assert isinstance(event, Queued)
    assert event.bundle_id == entry.bundle_id
    assert f"sendlogs outbox drop {entry.bundle_id}" in event.reason


def test_of_one_that_had_arrived_by_then_nothing_is_said_to_wait(send: Callable, draft_for: Callable) -> None:
    told = list[Event]()

    def stopped_at_the_end(event: Event) -> None:
        told.append(event)
        if isinstance(event, Delivered):
            raise KeyboardInterrupt

    outbox = send(FolderEndpoint, draft_for, stopped_at_the_end)
    assert (outbox.entries(), len(outbox.receipts())) == ([], 1)
    assert not any(isinstance(event, Queued) for event in told)
