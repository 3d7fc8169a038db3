"""The transport when an answer is lost: repeated where that is safe, with a new body, and ambiguous elsewhere."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.endpoints import Connection, _transport
from agent.endpoints._attempts import Attempts
from agent.endpoints._transport import Transport
from agent.endpoints._upload_body import UploadBody
from agent.errors import Ambiguous, RateLimited, Unreachable
from agent.flow import Archive

OK = b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\nX-Told: yes\r\nConnection: close\r\n\r\n{"well": true}'
EMPTY = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
BUSY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FAILED = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
NOT_NOW = b"HTTP/1.1 503 Not Now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>"


def answers(raw: bytes) -> Callable[[socket.socket, bytes], None]:
    return lambda connection, head: connection.sendall(raw)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def connect(serve: Callable[..., Any], tmp_path: Path, pauses: list[float]) -> Callable[..., Any]:
    """Starts a server that answers so, and gives it with a transport that notes its pauses instead of waiting."""

    def make(*scripts: bytes | Callable[[socket.socket, bytes], None], **settings: Any) -> Any:
        server = serve(*(answers(script) if isinstance(script, bytes) else script for script in scripts))
        url = f"http://127.0.0.1:{server.port}"
        settings = {"timeout_seconds": 5.0, **settings}
        transport = Transport(url, Connection(address=url, credential_file=tmp_path / "credential", **settings))
        transport._attempts = Attempts(budget_seconds=60, sleep=pauses.append, chance=lambda: 1.0)
        return server, transport

    return make


def test_a_get_is_repeated_after_a_break_and_a_failure(connect: Callable[..., Any], pauses: list[float]) -> None:
    server, transport = connect(b"", FAILED, OK[:-4], OK)
    answer = transport.call("GET", "/x", headers={})
    assert answer.value == {"well": True}
    assert answer.headers["X-Told"] == "yes"
    assert len(server.received) == 4
    assert pauses == [0.5, 1, 2]


@pytest.mark.parametrize("lost", [b"", OK[:-4], FAILED, PAGE])
def test_a_post_whose_answer_is_lost_is_ambiguous_and_not_repeated(connect: Callable[..., Any], lost: bytes) -> None:
    server, transport = connect(lost, OK)
    with pytest.raises(Ambiguous, match="nonetheless"):
        transport.call("POST", "/x", headers={}, value={})
    assert len(server.received) == 1


def test_a_post_without_an_answer_in_time_is_ambiguous(connect: Callable[..., Any]) -> None:
    _, transport = connect(lambda connection, head: [*iter(lambda: connection.recv(99), b"")], timeout_seconds=0.2)
    with pytest.raises(Ambiguous, match="did not answer"):
        transport.call("POST", "/x", headers={}, value={})


def test_a_post_that_never_left_is_not_ambiguous(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(Unreachable) as told:
        Transport(url, Connection(address=url, credential_file=tmp_path / "credential")).call(
            "POST", "/x", headers={}, value={}
        )
    assert type(told.value) is Unreachable


def test_a_503_to_a_post_is_for_later_but_not_ambiguous(connect: Callable[..., Any]) -> None:
    server, transport = connect(NOT_NOW, OK)
    with pytest.raises(Unreachable) as told:
        transport.call("POST", "/x", headers={}, value={})
    assert type(told.value) is Unreachable
    assert len(server.received) == 1


def test_a_post_that_says_it_is_idempotent_is_repeated(connect: Callable[..., Any]) -> None:
    server, transport = connect(b"", OK)
    assert transport.call("POST", "/x", headers={}, value={}, idempotent=True).value == {"well": True}
    assert len(server.received) == 2


def test_a_rate_limit_is_waited_for(connect: Callable[..., Any], pauses: list[float]) -> None:
    _, transport = connect(BUSY, BUSY, OK)
    assert transport.call("POST", "/x", headers={}, value={}).value == {"well": True}
    assert pauses == [3.5, 4]


def test_a_rate_limit_beyond_the_budget_tells_how_long(connect: Callable[..., Any]) -> None:
    _, transport = connect(BUSY)
    transport._attempts = Attempts(budget_seconds=2)
    with pytest.raises(RateLimited) as told:
        transport.call("GET", "/x", headers={})
    assert told.value.wait_seconds == 3


def test_a_body_is_made_anew_for_every_attempt(
    connect: Callable[..., Any], make_archive: Callable[..., Archive]
) -> None:
    """What urllib3 would send the second time is what is left of a read body: nothing."""
    archive, arrived = make_archive(b"x" * 300_000), list[bytes]()

    def take(answer: bytes) -> Callable[[socket.socket, bytes], None]:
        def script(connection: socket.socket, head: bytes) -> None:
            body = b""
            while len(body) < archive.size_bytes:
                body += connection.recv(2**16)
            arrived.append(body)
            connection.sendall(answer)

        return script

    _, transport = connect(take(BUSY), take(FAILED), take(OK))
    transport.call("PUT", "/x", headers={}, body=lambda: UploadBody(archive, lambda sent, total: None))
    assert arrived == [archive.file.read_bytes()] * 3


def test_an_empty_answer_is_one_where_it_is_expected(connect: Callable[..., Any]) -> None:
    _, transport = connect(EMPTY, EMPTY)
    assert transport.call("PUT", "/x", headers={}, may_be_empty=True).value is None
    with pytest.raises(Unreachable, match="not JSON"):
        transport.call("PUT", "/x", headers={})


def test_what_is_stored_is_hashed_and_a_cut_download_begins_anew(connect: Callable[..., Any]) -> None:
    data = bytes(range(256)) * 4000
    whole = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data)
    server, transport = connect(whole[:-1], whole)
    assert transport.sha256("/x", headers={}) == hashlib.sha256(data).hexdigest()
    assert len(server.received) == 2


def test_a_web_page_in_place_of_what_is_stored_is_no_copy(connect: Callable[..., Any]) -> None:
    """A log-in page of the network that comes in between must not be told as a copy that differs, which is final."""
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 4\r\n\r\npage"
    _, transport = connect(page)
    with pytest.raises(Unreachable, match="a web page"):
        transport.sha256("/x", headers={})


@pytest.mark.parametrize(
    ("bound", "value"), [("_LARGEST_DOWNLOAD_BYTES", 1), ("_SLOWEST_DOWNLOAD_BYTES_PER_SECOND", 1e12)]
)
def test_a_download_that_trickles_or_never_ends_is_given_up(
    connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, bound: str, value: float
) -> None:
    whole = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nfour"
    _, transport = connect(whole)
    monkeypatch.setattr(_transport, bound, value)
    clock = iter(range(0, 10**6, 40))  # each look is later than the whole may take
    if bound.startswith("_SLOWEST"):
        monkeypatch.setattr(_transport, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with pytest.raises(Unreachable, match="too slowly, or more"):
        transport.sha256("/x", headers={})


def test_a_download_that_is_refused_is_an_error(connect: Callable[..., Any]) -> None:
    _, transport = connect(BUSY)
    transport._attempts = Attempts(budget_seconds=0)
    with pytest.raises(RateLimited):
        transport.sha256("/x", headers={})


def test_the_bandwidth_limit_is_kept(connect: Callable[..., Any], make_archive: Callable[..., Archive]) -> None:
    """A quarter of a second's worth takes that long: the pauses between pieces are real."""
    import time

    archive = make_archive(b"x" * 50_000)

    def take(connection: socket.socket, head: bytes) -> None:
        left = archive.size_bytes
        while left:
            left -= len(connection.recv(2**16))
        connection.sendall(OK)

    _, transport = connect(take, upload_bytes_per_second=200_000)
    began = time.monotonic()
    transport.call("PUT", "/x", headers={}, body=lambda: UploadBody(archive, lambda sent, total: None))
    assert 0.12 <= time.monotonic() - began < 5
