"""The transport on real sockets: bounded, never redirected, never repeated, and nothing secret in a sentence."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import responses

from agent.endpoints import Connection
from agent.endpoints._transport import Transport
from agent.endpoints._upload_body import UploadBody
from agent.errors import ConfigError, EndpointError, StorageError, Unreachable
from agent.flow import Archive

SECRET = "Bearer 0123456789-very-secret"


def transport(url: str, tmp_path: Path, **settings: Any) -> Transport:
    settings.setdefault("timeout_seconds", 5.0)
    return Transport(url, Connection(address=url, credential_file=tmp_path / "credential", **settings))


def get(transport: Transport) -> object:
    return transport.call("GET", "/thing", headers={"Authorization": SECRET}).value


def answers(raw: bytes) -> Callable[[socket.socket, bytes], None]:
    return lambda connection, head: connection.sendall(raw)


def http(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


OK = http("200 OK", b'{"well": true}', "Content-Type: application/json")


def test_waits_longer_for_a_server_that_must_read_much_before_it_answers(tmp_path: Path) -> None:
    with responses.RequestsMock() as mock:
        mock.get("https://desk.example/thing", json={})
        asked = transport("https://desk.example", tmp_path)
        asked.call("GET", "/thing", headers={})
        asked.call("GET", "/thing", headers={}, reads_bytes=60 * 2**20)
        waits = [call.request.req_kwargs["timeout"] for call in mock.calls]
    assert waits == [(5.0, 5.0), (5.0, 65.0)]


def test_gives_the_json_of_an_answer(serve: Callable[..., Any], tmp_path: Path) -> None:
    server = serve(answers(OK))
    assert get(transport(f"http://127.0.0.1:{server.port}", tmp_path)) == {"well": True}
    assert b"User-Agent: sendlogs/" in server.received[0]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "broke the connection off"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "not JSON"),
        (OK[:-4], "broke the connection off"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "broke the connection off"),
        (http("200 OK", b"<html>", "Content-Type: text/html"), "a web page"),
        (http("200 OK", b"{", "Content-Type: application/json"), "not JSON"),
        (http("200 OK", b"7", "Content-Type: application/json"), "not JSON"),
        (http("200 OK", b"[" * 200_000, "Content-Type: application/json"), "not JSON"),
        (http("302 Found", b"", "Location: https://portal.example/login"), "points to portal.example"),
        (http("429 Too Many Requests", b"{}", "Retry-After: 7"), "wait 7 seconds"),
        (http("503 Service Unavailable", b"<html>", "Content-Type: text/html"), "status 503"),
        (http("200 OK", b" " * 5_000_000, "Content-Type: application/json"), "more than it should"),
    ],
)
def test_a_strange_answer_is_worth_trying_again(
    serve: Callable[..., Any], tmp_path: Path, raw: bytes, words: str
) -> None:
    server = serve(answers(raw))
    with pytest.raises(Unreachable, match=words) as raised:
        get(transport(f"http://127.0.0.1:{server.port}", tmp_path))
    assert SECRET.split()[1] not in str(raised.value) + raised.value.advice
    assert len(server.received) == 1


def test_a_redirect_is_not_followed(serve: Callable[..., Any], tmp_path: Path) -> None:
    """Neither the request nor its credential reaches the place a redirect points to."""
    other = serve(answers(OK))
    server = serve(answers(http("307 Temporary Redirect", b"", f"Location: http://127.0.0.2:{other.port}/")))
    with pytest.raises(Unreachable, match=r"points to 127\.0\.0\.2"):
        get(transport(f"http://127.0.0.1:{server.port}", tmp_path))
    assert other.received == []


@pytest.mark.parametrize("location", ["http://[/", "http://127.0.0.1:99999/"])
def test_neither_body_nor_address_of_a_redirect_is_trusted(
    serve: Callable[..., Any], tmp_path: Path, location: str
) -> None:
    """The library would read the whole body, however large or slow, and stumble over the address."""

    def endless(connection: socket.socket, head: bytes) -> None:
        length = 10**9
        connection.sendall(f"HTTP/1.1 302 F\r\nLocation: {location}\r\nContent-Length: {length}\r\n\r\n".encode())
        for _ in range(length // 2**20):
            connection.sendall(b"x" * 2**20)

    server = serve(endless)
    with pytest.raises(Unreachable):
        get(transport(f"http://127.0.0.1:{server.port}", tmp_path))


def test_a_server_that_says_nothing_is_given_up(serve: Callable[..., Any], tmp_path: Path) -> None:
    server = serve(lambda connection, head: connection.recv(1))
    with pytest.raises(Unreachable, match=r"did not answer within 0\.2 seconds"):
        get(transport(f"http://127.0.0.1:{server.port}", tmp_path, timeout_seconds=0.2))


def test_an_answer_that_trickles_in_is_given_up(serve: Callable[..., Any], tmp_path: Path) -> None:
    """Each piece comes in time, but the whole would never."""

    def trickle(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        connection.settimeout(0.05)  # waits that long for the client's end, which is the pause between pieces
        for _ in range(100):
            connection.sendall(b" ")
            try:
                if connection.recv(1) == b"":
                    return
            except TimeoutError:
                continue

    server = serve(trickle)
    with pytest.raises(Unreachable, match="too slowly"):
        get(transport(f"http://127.0.0.1:{server.port}", tmp_path, timeout_seconds=0.4))


def test_a_port_where_nothing_listens_refuses(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="refuses connections"):
        get(transport(f"http://127.0.0.1:{port}", tmp_path))


def test_a_name_that_does_not_resolve_is_named(tmp_path: Path) -> None:
    """RFC 6761 keeps ``.invalid`` from ever resolving."""
    with pytest.raises(Unreachable, match=r"name desk\.invalid cannot be resolved"):
        get(transport("https://desk.invalid", tmp_path))


@pytest.mark.parametrize("url", ["http://desk.example", "http://192.0.2.1:80", "http://localhost.example"])
def test_plain_http_is_for_this_machine_alone(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="unencrypted"):
        transport(url, tmp_path)


def test_a_body_goes_out_with_its_length_and_once(
    serve: Callable[..., Any], tmp_path: Path, make_archive: Callable[..., Archive]
) -> None:
    """Not chunked; and after a broken connection it is the caller who decides to send again."""
    archive, arrived = make_archive(b"x" * 300_000), list[bytes]()

    def swallow(connection: socket.socket, head: bytes) -> None:
        arrived.append(b"".join(iter(lambda: connection.recv(2**16), b"")))

    def read_and_answer(connection: socket.socket, head: bytes) -> None:
        body = b""
        while len(body) < archive.size_bytes:
            body += connection.recv(2**16)
        arrived.append(body)
        connection.sendall(OK)

    server = serve(lambda connection, head: None, read_and_answer)
    to_server = transport(f"http://127.0.0.1:{server.port}", tmp_path)
    with UploadBody(archive, lambda sent, total: None) as body, pytest.raises(Unreachable, match="broke"):
        to_server.call("PUT", "/x", headers={}, body=body)
    assert len(server.received) == 1
    with UploadBody(archive, lambda sent, total: None) as body:
        assert to_server.call("PUT", "/x", headers={}, body=body).value == {"well": True}
    assert b"Content-Length: 300000\r\n" in server.received[1]
    assert b"chunked" not in server.received[1].lower()
    assert arrived == [archive.file.read_bytes()]


def test_of_a_changed_file_no_whole_body_arrives(
    serve: Callable[..., Any], tmp_path: Path, make_archive: Callable[..., Archive]
) -> None:
    archive, arrived = make_archive(b"x" * 600_000), list[bytes]()
    archive.file.write_bytes(b"y" * 600_000)
    server = serve(lambda c, head: arrived.append(b"".join(iter(lambda: c.recv(2**16), b""))))
    with UploadBody(archive, lambda sent, total: None) as body, pytest.raises(StorageError, match="changed"):
        transport(f"http://127.0.0.1:{server.port}", tmp_path).call("PUT", "/x", headers={}, body=body)
    server.close()
    assert len(arrived[0]) < 600_000


def test_a_problem_that_comes_before_the_body_is_read_is_heard(
    serve: Callable[..., Any], tmp_path: Path, make_archive: Callable[..., Archive]
) -> None:
    """A server may refuse by the headers alone; the connection is then not used again."""

    def refuse(connection: socket.socket, head: bytes) -> None:
        connection.sendall(http("409 Conflict", b'{"type": "conflict", "detail": "Taken."}'))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(2**16):
            pass

    server = serve(refuse)
    big = make_archive(b"x" * 3_000_000)
    with UploadBody(big, lambda sent, total: None) as body, pytest.raises(EndpointError, match="Taken"):
        transport(f"http://127.0.0.1:{server.port}", tmp_path).call("PUT", "/x", headers={}, body=body)
    assert b"Connection: close" in server.received[0]
