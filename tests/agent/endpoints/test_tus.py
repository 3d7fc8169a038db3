"""Sending in pieces, against a small server of tus that misbehaves as told. The real ones are in ``tests/servers``."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import responses

from agent.endpoints import Connection, _tus
from agent.endpoints._transport import Transport
from agent.endpoints._tus import TusUpload
from agent.errors import ClosedTicket, EndpointError, StorageError, Unreachable
from agent.flow import Archive
from tests.sealed_archives import sealed

URL = "https://tus.example"
DATA = bytes(range(256)) * 40
Answer = tuple[int, dict[str, str], str]


@dataclass
class Server:
    """One upload at most; ``faults`` are what happens instead of the next requests, by method."""

    location: str = "/files/1"
    held: bytearray | None = None
    faults: dict[str, list[Answer | Exception]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    received_bytes: int = 0
    sizes_bytes: list[int] = field(default_factory=list)

    def answer(self, request: requests.PreparedRequest) -> Answer:
        method, headers = str(request.method), request.headers
        self.seen.append(method)
        assert headers["Tus-Resumable"] == "1.0.0"
        assert headers["Authorization"] == "Bearer mine"
        body = bytes(request.body or b"")  # read already, by what stands in for the socket
        self.received_bytes += len(body)
        self.sizes_bytes += [len(body)] if body else []
        if waiting := self.faults.get(method):
            fault = waiting.pop(0)
            if isinstance(fault, Exception):
                if self.held is not None:
                    self.held += body[: len(body) // 2]
                raise fault
            return fault
        if method == "POST":
            assert headers["Upload-Length"] == str(len(DATA))
            self.held = bytearray()
            return 201, {"Location": self.location}, ""
        if self.held is None:
            return 404, {}, "gone"
        if method == "PATCH":
            if int(headers["Upload-Offset"]) != len(self.held):
                return 409, {}, ""
            self.held += body
        return (204 if method == "PATCH" else 200), {"Upload-Offset": str(len(self.held))}, ""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback("POST", f"{URL}/files", server.answer)
        for method in ("HEAD", "PATCH"):
            mock.add_callback(method, f"{URL}/files/1", server.answer)
        yield server


@pytest.fixture
def archive(make_archive: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setattr(_tus, "PIECE_BYTES", 4096)
    monkeypatch.setattr(_tus, "_LARGEST_PIECE_BYTES", 4096)
    return make_archive(DATA)


def upload_of(archive: Archive, waits: list[float] | None = None) -> TusUpload:
    transport = Transport(URL, Connection(address=URL, credential_file=archive.file.with_name("none")))
    return TusUpload(
        transport,
        "/files",
        archive,
        headers={"Authorization": "Bearer mine"},
        metadata={"sha256": archive.sha256},
        progress=lambda _sent_bytes, _total_bytes: None,
        wait=(waits if waits is not None else []).append,
    )


def address_file(archive: Archive) -> Path:
    return archive.file.with_name(f"{archive.file.name}.upload")


def test_sends_everything_in_pieces_and_forgets_the_address(server: Server, archive: Archive) -> None:
    upload_of(archive).send()
    assert server.held == DATA
    assert server.seen == ["POST", "PATCH", "PATCH", "PATCH"]
    assert not address_file(archive).exists()


def test_pieces_grow_while_they_go_quickly_and_are_small_again_after_a_cut(
    server: Server, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_tus, "PIECE_BYTES", 1024)
    monkeypatch.setattr(_tus, "_LARGEST_PIECE_BYTES", 4096)
    upload_of(archive).send()
    assert server.sizes_bytes == [1024, 2048, 4096, 3072]
    server.held, server.sizes_bytes, server.faults = None, [], {"PATCH": [(423, {}, "")]}
    upload_of(archive).send()
    assert server.sizes_bytes[:4] == [1024, 1024, 2048, 4096]


def test_on_a_slow_line_pieces_stay_small(server: Server, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tus, "_LARGEST_PIECE_BYTES", 2**20)
    monkeypatch.setattr(_tus, "_PIECE_SECONDS", 0)
    upload_of(archive).send()
    assert server.sizes_bytes == [4096, 4096, 2048]


def test_goes_on_in_the_same_attempt_where_the_line_was_cut(server: Server, archive: Archive) -> None:
    server.faults = {"PATCH": [requests.ConnectionError("cut")]}
    waits: list[float] = []
    upload_of(archive, waits).send()
    assert server.held == DATA
    assert server.seen[:3] == ["POST", "PATCH", "HEAD"]
    assert len(waits) == 1
    assert server.received_bytes == len(DATA) + 4096 // 2


def test_another_process_goes_on_days_later(server: Server, archive: Archive) -> None:
    server.faults = {"PATCH": [requests.ConnectionError("cut")], "HEAD": [requests.ConnectionError("off")] * 99}
    with pytest.raises(Unreachable):
        upload_of(archive).send()
    if sys.platform != "win32":
        assert stat.S_IMODE(address_file(archive).stat().st_mode) == 0o600
    assert json.loads(address_file(archive).read_text())["path"] == "/files/1"
    server.faults, server.seen = {}, []
    upload_of(archive).send()
    assert server.held == DATA
    assert server.seen[0] == "HEAD"
    assert "POST" not in server.seen


@pytest.mark.parametrize("status", [404, 410])
def test_an_upload_that_is_gone_is_begun_anew(server: Server, archive: Archive, status: int) -> None:
    server.faults = {"PATCH": [requests.ConnectionError("cut")], "HEAD": [(status, {}, "")]}
    upload_of(archive).send()
    assert server.held == DATA
    assert server.seen.count("POST") == 2


def test_an_address_kept_for_another_bundle_or_server_is_not_used(server: Server, archive: Archive) -> None:
    upload = upload_of(archive)
    upload._keep_path("/files/1")
    kept = json.loads(address_file(archive).read_text())
    for key in ("bundle_id", "sha256", "begun_at"):
        address_file(archive).write_text(json.dumps({**kept, key: "another"}))
        assert upload._kept_path() is None
    address_file(archive).write_text("[")
    upload.send()
    assert server.seen[0] == "POST"


@pytest.mark.parametrize("status", [409, 423, 460])
def test_a_conflict_a_lock_and_a_hurt_piece_are_looked_at_again(server: Server, archive: Archive, status: int) -> None:
    server.faults = {"PATCH": [(status, {}, "")]}
    upload_of(archive).send()
    assert server.held == DATA
    assert server.seen[:3] == ["POST", "PATCH", "HEAD"]


def test_waits_longer_and_longer_while_it_is_locked_and_then_gives_up(server: Server, archive: Archive) -> None:
    server.faults = {"PATCH": [(423, {}, "")] * 99}
    waits: list[float] = []
    with pytest.raises(Unreachable, match="423"):
        upload_of(archive, waits).send()
    assert waits == sorted(waits)
    assert 60 < sum(waits) < 120


def test_a_named_problem_is_what_it_is(server: Server, archive: Archive) -> None:
    told = json.dumps({"type": "closed-ticket", "title": "Closed", "status": 409, "detail": "It is closed."})
    server.faults = {"PATCH": [(409, {}, told)]}
    with pytest.raises(ClosedTicket):
        upload_of(archive).send()


def test_the_credential_goes_to_no_other_server(server: Server, archive: Archive) -> None:
    for elsewhere in ("https://elsewhere.example/files/1", "//elsewhere.example/1", f"{URL}.elsewhere.example/1"):
        server.location = elsewhere
        with pytest.raises(EndpointError, match="elsewhere"):
            upload_of(archive).send()
    assert set(server.seen) == {"POST"}


def test_of_a_file_that_changed_no_complete_bundle_leaves(server: Server, archive: Archive) -> None:
    archive.file.write_bytes(DATA[:-1] + b"x")
    with pytest.raises(StorageError, match="changed"):
        upload_of(archive).send()
    archive.file.write_bytes(DATA[:5000])
    with pytest.raises(StorageError, match="changed"):
        upload_of(archive).send()
    assert len(server.held or b"") < len(DATA)


def test_a_sealed_archive_is_not_hashed_again(
    server: Server, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hashes(*_: object) -> None:
        raise AssertionError("opening a chunk has proved it")

    upload = upload_of(sealed(archive, tmp_path))
    monkeypatch.setattr(upload, "_digest", SimpleNamespace(update=hashes, hexdigest=hashes))
    upload.send()
    assert server.held == DATA


def test_of_a_sealed_file_that_changed_nothing_leaves(server: Server, archive: Archive, tmp_path: Path) -> None:
    changed = sealed(archive, tmp_path)
    data = bytearray(changed.file.read_bytes())
    data[-1] ^= 1
    changed.file.write_bytes(data)
    with pytest.raises(StorageError, match="changed"):
        upload_of(changed).send()
    assert not server.held


@pytest.mark.parametrize("told", [{}, {"Upload-Offset": "x"}, {"Upload-Offset": "0"}, {"Upload-Offset": "99999"}])
def test_an_offset_that_cannot_be_is_no_progress(server: Server, archive: Archive, told: dict[str, str]) -> None:
    server.faults = {"PATCH": [(204, told, "")]}
    upload_of(archive).send()
    assert server.held == DATA
