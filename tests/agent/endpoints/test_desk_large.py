"""A bundle too large for one request, as the desk's endpoint sends it. The pieces themselves are in ``test_tus``."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
import responses

from agent.endpoints.desk import DeskEndpoint
from agent.flow import Archive, Consent
from tests.agent.endpoints.test_desk import CREDENTIAL, TICKET, URL, connection, desk, endpoint, ignore, problem

__all__ = ["connection", "desk", "endpoint"]  # fixtures


def test_a_large_bundle_goes_in_pieces(
    desk: responses.RequestsMock,
    endpoint: DeskEndpoint,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Announced with what a ``PUT`` says in its headers; the hash is read back all the same."""
    archive = make_archive()
    monkeypatch.setattr("agent.endpoints.desk.RESUMABLE_OVER_BYTES", archive.size_bytes - 1)
    path = f"{URL}/tickets/7/bundles/{archive.bundle_id}"
    stored = {"bundle_id": archive.bundle_id, "sha256": archive.sha256, "size_bytes": 1, "url": f"{path}/page"}
    desk.get(path, **problem("unknown-bundle", 404))
    desk.post(f"{URL}/tickets/7/uploads", status=201, headers={"Location": "uploads/abc", "Upload-Offset": "0"})
    reached = {"Upload-Offset": str(archive.size_bytes)}
    desk.patch(f"{URL}/tickets/7/uploads/abc", status=204, headers=reached)
    desk.get(path, json=stored)
    assert endpoint.attach(TICKET, archive, agree(archive), ignore) == f"{path}/page"
    headers = desk.calls[1].request.headers
    assert headers["Authorization"] == f"Bearer {CREDENTIAL}"
    metadata = dict(pair.split() for pair in headers["Upload-Metadata"].split(","))
    told = {key: base64.b64decode(value).decode() for key, value in metadata.items()}
    assert (told["bundle_id"], told["sha256"]) == (archive.bundle_id, archive.sha256)
    assert json.loads(told["consent"])["archive_sha256"] == archive.sha256
