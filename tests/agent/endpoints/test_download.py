"""Reading back from another host: without the token, over TLS, and not without end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import responses

from agent.endpoints import Connection
from agent.endpoints._download import downloaded_sha256
from agent.endpoints._tracker import Refused
from agent.errors import EndpointError, NotEnrolled, Unreachable

HOME, THERE = "https://home.example", "https://storage.example"
SECRET = {"Authorization": "Basic c2VjcmV0"}


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as requests_mock:
        yield requests_mock


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    return Connection(address=f"{HOME}/path", credential_file=tmp_path / "token")


def test_another_host_never_sees_the_token(mock: responses.RequestsMock, connection: Connection) -> None:
    mock.get(f"{HOME}/a", status=302, headers={"Location": "/b?c=d"})
    mock.get(f"{HOME}/b?c=d", status=303, headers={"Location": f"{THERE}/e"})
    mock.get(f"{THERE}/e", body=b"7z")
    assert downloaded_sha256(f"{HOME}/a", connection, headers=SECRET) == hashlib.sha256(b"7z").hexdigest()
    assert ["Authorization" in call.request.headers for call in mock.calls] == [True, True, False]


def test_a_port_makes_another_host(mock: responses.RequestsMock, connection: Connection) -> None:
    mock.get(f"{HOME}:8443/a", body=b"7z")
    assert downloaded_sha256(f"{HOME}:8443/a", connection, headers=SECRET)
    assert "Authorization" not in mock.calls[0].request.headers


@pytest.mark.parametrize("location", ["http://storage.example/e", "ftp://storage.example/e", "http://127.0.0.1/e"])
def test_no_redirect_leads_out_of_tls(mock: responses.RequestsMock, connection: Connection, location: str) -> None:
    mock.get(f"{HOME}/a", status=302, headers={"Location": location})
    with pytest.raises(Unreachable, match="unsafe"):
        downloaded_sha256(f"{HOME}/a", connection, headers=SECRET)


@pytest.mark.parametrize("url", ["", "https://", "https://[", "https://home.example:port/", "no address"])
def test_what_is_no_address_is_a_strangers_answer(connection: Connection, url: str) -> None:
    with pytest.raises(Unreachable, match="none"):
        downloaded_sha256(url, connection, headers=SECRET)


def test_a_circle_is_left(mock: responses.RequestsMock, connection: Connection) -> None:
    mock.get(f"{HOME}/a", status=302, headers={"Location": "/a"})
    with pytest.raises(Unreachable, match="circle"):
        downloaded_sha256(f"{HOME}/a", connection, headers=SECRET)


def test_a_redirect_to_nowhere_is_a_strangers_answer(mock: responses.RequestsMock, connection: Connection) -> None:
    mock.get(f"{HOME}/a", status=302)
    with pytest.raises(Unreachable, match="instead of answering"):
        downloaded_sha256(f"{HOME}/a", connection, headers=SECRET)


@pytest.mark.parametrize(("status", "kind"), [(401, NotEnrolled), (403, Refused), (404, Refused), (500, Unreachable)])
def test_a_refusal_at_home_is_final(
    mock: responses.RequestsMock, connection: Connection, status: int, kind: type[EndpointError]
) -> None:
    mock.get(f"{HOME}/a", status=status, json={})
    with pytest.raises(kind):
        downloaded_sha256(f"{HOME}/a", connection, headers=SECRET)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_elsewhere_is_a_link_that_is_spent(
    mock: responses.RequestsMock, connection: Connection, status: int
) -> None:
    """The next attempt is given a fresh one; nothing there says anything about the token or the ticket."""
    mock.get(f"{HOME}/a", status=302, headers={"Location": f"{THERE}/e"})
    mock.get(f"{THERE}/e", status=status, body=b"<Error/>", content_type="application/xml")
    with pytest.raises(Unreachable, match=f"status {status}"):
        downloaded_sha256(f"{HOME}/a", connection, headers=SECRET)
