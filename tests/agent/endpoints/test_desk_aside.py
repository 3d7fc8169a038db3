"""A bundle whose ticket is gone, at the desk's endpoint: a merged ticket is unknown, and bundles are kept aside."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import responses

from agent.endpoints import AsideEndpoint, KeptAside
from agent.endpoints.desk import DeskEndpoint
from agent.errors import EndpointError, UnknownTicket
from agent.flow import Archive, Consent
from tests.agent.endpoints.test_desk import TICKET, TOLD, URL, connection, desk, endpoint, ignore, problem

__all__ = ["connection", "desk", "endpoint"]  # fixtures


def test_a_ticket_that_was_merged_is_unknown(
    desk: responses.RequestsMock,
    endpoint: DeskEndpoint,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
) -> None:
    """Before the upload or during it: what it was merged into may be somebody else's."""
    archive = make_archive()
    path = f"{URL}/tickets/7/bundles/{archive.bundle_id}"
    desk.get(path, **problem("unknown-bundle", 404))
    desk.put(path, **problem("closed-ticket", 409))
    desk.get(f"{URL}/tickets/7", json={**TOLD, "accepts_bundles": False, "merged": True})
    for ticket in (TICKET, dataclasses.replace(TICKET, accepts_bundles=False)):
        with pytest.raises(UnknownTicket, match="was merged into another"):
            endpoint.attach(ticket, archive, agree(archive), ignore)


def test_a_bundle_without_a_ticket_is_left_aside_and_read_back(
    desk: responses.RequestsMock,
    endpoint: DeskEndpoint,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
) -> None:
    archive = make_archive()
    path = f"{URL}/quarantine/{archive.bundle_id}"
    kept = {"sha256": archive.sha256, "expires_at": "2026-12-26T10:00:00+00:00", "ticket": None, "url": None}
    desk.get(path, **problem("unknown-bundle", 404))
    desk.put(path, json=kept, status=201)
    desk.get(path, json=kept)
    told = endpoint.keep_aside("#7", archive, agree(archive), ignore)
    assert told == KeptAside(until="2026-12-26", ticket=None, link="")
    assert isinstance(endpoint, AsideEndpoint)
    sent = desk.calls[1].request
    assert (sent.headers["Sendlogs-Ticket"], "Repr-Digest" in sent.headers) == ("7", True)


def test_a_bundle_that_was_put_on_a_ticket_since_is_there(
    desk: responses.RequestsMock,
    endpoint: DeskEndpoint,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
) -> None:
    archive = make_archive()
    hung = {"sha256": archive.sha256, "expires_at": None, "ticket": "9", "url": "https://desk.example/bundles/x"}
    desk.get(f"{URL}/quarantine/{archive.bundle_id}", json=hung)
    told = endpoint.keep_aside("7", archive, agree(archive), ignore)
    assert told == KeptAside(until="", ticket="9", link="https://desk.example/bundles/x")


def test_what_is_kept_aside_must_be_what_was_sent(
    desk: responses.RequestsMock,
    endpoint: DeskEndpoint,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
) -> None:
    archive = make_archive()
    desk.get(f"{URL}/quarantine/{archive.bundle_id}", json={"sha256": "0" * 64, "expires_at": "x", "ticket": None})
    with pytest.raises(EndpointError, match="SHA-256"):
        endpoint.keep_aside("7", archive, agree(archive), ignore)
