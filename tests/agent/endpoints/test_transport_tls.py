"""TLS and proxies on real sockets: what cannot be verified is refused with its cause, and a proxy is used as set."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.endpoints import Connection
from agent.endpoints._transport import Transport
from agent.errors import ConfigError, Unreachable, Untrusted

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def answer(connection: socket.socket, head: bytes) -> None:
    connection.sendall(OK)


def ask(url: str, tmp_path: Path, **settings: Any) -> object:
    connection = Connection(address=url, credential_file=tmp_path / "credential", timeout_seconds=5.0, **settings)
    return Transport(url, connection).call("GET", "/", headers={}).value


def test_an_extra_issuer_by_setting_is_trusted(serve: Callable[..., Any], certificates: Any, tmp_path: Path) -> None:
    server = serve(answer, context=certificates.server("localhost"))
    assert ask(f"https://localhost:{server.port}", tmp_path, ca_file=certificates.issuer) == {}


@pytest.mark.parametrize(
    ("host", "made", "trusted", "words"),
    [
        ("localhost", {}, False, "issuer this computer does not trust"),
        ("localhost", {"self_signed": True}, True, "self-signed"),
        ("localhost", {"days": -1}, True, "has expired, or this computer's clock"),
        ("elsewhere.example", {}, True, "for another host"),
    ],
)
def test_what_cannot_be_verified_is_refused_with_its_cause(
    serve: Callable[..., Any],
    certificates: Any,
    tmp_path: Path,
    host: str,
    made: dict[str, Any],
    trusted: bool,
    words: str,
) -> None:
    """And no request is sent."""
    server = serve(answer, context=certificates.server(host, **made))
    with pytest.raises(Untrusted, match=words) as refused:
        ask(f"https://localhost:{server.port}", tmp_path, ca_file=certificates.issuer if trusted else None)
    assert server.received == []
    assert ("ca_file" in refused.value.advice) is (words in ("issuer this computer does not trust", "self-signed"))


def test_the_environment_cannot_change_what_is_trusted(
    serve: Callable[..., Any], certificates: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``requests`` would take an issuer from this variable; the trust store is the operating system's."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.issuer))
    server = serve(answer, context=certificates.server("localhost"))
    with pytest.raises(Unreachable, match="issuer"):
        ask(f"https://localhost:{server.port}", tmp_path)


def test_a_server_without_tls_is_told(serve: Callable[..., Any], tmp_path: Path) -> None:
    server = serve(answer, reads_head=False)
    with pytest.raises(Unreachable, match="TLS failed"):
        ask(f"https://localhost:{server.port}", tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n"])
def test_a_ca_file_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "corporate.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"corporate\.pem") as raised:
        ask("https://desk.invalid", tmp_path, ca_file=file)
    assert "ca_file" in raised.value.advice


def test_a_proxy_by_setting_is_asked_for_the_way(serve: Callable[..., Any], tmp_path: Path) -> None:
    """The log-in goes to the proxy, the name is not resolved here, and the sentence holds no password."""
    refuse = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    proxy = serve(lambda connection, head: connection.sendall(refuse))
    with pytest.raises(Unreachable, match="asks for a log-in") as raised:
        ask("https://desk.invalid", tmp_path, proxy=f"http://jo:hunter2@127.0.0.1:{proxy.port}")
    assert proxy.received[0].startswith(b"CONNECT desk.invalid:443 HTTP/1.")
    assert b"Proxy-Authorization: Basic" in proxy.received[0]
    assert "hunter2" not in str(raised.value)


def test_a_proxy_from_the_environment_is_used(
    serve: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(lambda connection, head: connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
    with pytest.raises(Unreachable, match="does not let this connection through"):
        ask("https://desk.invalid", tmp_path)
    monkeypatch.setenv("no_proxy", "desk.invalid")
    with pytest.raises(Unreachable, match="cannot be resolved"):
        ask("https://desk.invalid", tmp_path)


def test_tls_is_verified_through_a_proxy_as_well(serve: Callable[..., Any], certificates: Any, tmp_path: Path) -> None:
    """Behind CONNECT the same trust holds: the tunnelled server is refused without, and accepted with, its issuer."""
    context = certificates.server("desk.invalid")

    def tunnel(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(connection, server_side=True) as inner:
            inner.recv(2**16)
            inner.sendall(OK)

    proxy = serve(tunnel, tunnel)
    way = f"http://127.0.0.1:{proxy.port}"
    with pytest.raises(Unreachable, match=rf"through the proxy 127\.0\.0\.1:{proxy.port} is not safe.*issuer"):
        ask("https://desk.invalid", tmp_path, proxy=way)
    assert ask("https://desk.invalid", tmp_path, proxy=way, ca_file=certificates.issuer) == {}


def test_this_machine_is_never_reached_through_a_proxy(serve: Callable[..., Any], tmp_path: Path) -> None:
    server = serve(answer)
    assert ask(f"http://127.0.0.1:{server.port}", tmp_path, proxy="http://proxy.invalid:3128") == {}


@pytest.mark.parametrize("proxy", ["http://", "no proxy at all", "gopher://x"])
def test_a_proxy_setting_that_is_none_is_named(tmp_path: Path, proxy: str) -> None:
    with pytest.raises((ConfigError, Unreachable), match=r"[Pp]roxy"):
        ask("https://desk.invalid", tmp_path, proxy=proxy)
