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
    desk.post(f"{path}/parts", **problem("about:blank", 404))  # it has no store, or is older than stores
    desk.post(f"{URL}/tickets/7/uploads", status=201, headers={"Location": "uploads/abc", "Upload-Offset": "0"})
    reached = {"Upload-Offset": str(archive.size_bytes)}
    desk.patch(f"{URL}/tickets/7/uploads/abc", status=204, headers=reached)
    desk.get(path, json=stored)
    assert endpoint.attach(TICKET, archive, agree(archive), ignore) == f"{path}/page"
    headers = desk.calls[2].request.headers
    assert headers["Authorization"] == f"Bearer {CREDENTIAL}"
    metadata = dict(pair.split() for pair in headers["Upload-Metadata"].split(","))
    told = {key: base64.b64decode(value).decode() for key, value in metadata.items()}
    assert (told["bundle_id"], told["sha256"]) == (archive.bundle_id, archive.sha256)
    assert json.loads(told["consent"])["archive_sha256"] == archive.sha256


def test_a_large_bundle_goes_to_the_store_of_a_desk_that_has_one(
    desk: responses.RequestsMock,
    endpoint: DeskEndpoint,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The desk tells the hash of what is stored itself, so it is not asked again."""
    archive = make_archive()
    monkeypatch.setattr("agent.endpoints.desk.RESUMABLE_OVER_BYTES", archive.size_bytes - 1)
    path = f"{URL}/tickets/7/bundles/{archive.bundle_id}"
    stored = {"bundle_id": archive.bundle_id, "sha256": archive.sha256, "size_bytes": 1, "url": f"{path}/page"}
    desk.get(path, **problem("unknown-bundle", 404))
    part = {"number": 1, "offset": 0, "size_bytes": archive.size_bytes, "url": "https://s3.example/b/k?Signature=x"}
    told = {"held_bytes": 0, "good_for_seconds": 900, "parts": [part], "stored": None}
    desk.post(f"{path}/parts", json=told)
    desk.put("https://s3.example/b/k?Signature=x", status=200)
    desk.post(f"{path}/parts", json={**told, "held_bytes": archive.size_bytes, "parts": [], "stored": stored})
    assert endpoint.attach(TICKET, archive, agree(archive), ignore) == f"{path}/page"
    words = json.loads(desk.calls[1].request.body or b"")
    assert (words["size_bytes"], words["sha256"]) == (archive.size_bytes, archive.sha256)
    assert json.loads(base64.b64decode(words["consent"]))["archive_sha256"] == archive.sha256
    assert desk.calls[1].request.headers["Authorization"] == f"Bearer {CREDENTIAL}"
    assert "Authorization" not in desk.calls[2].request.headers
