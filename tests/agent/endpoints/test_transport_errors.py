"""Every way a request can fail becomes the right error, with a sentence that names the cause."""

from __future__ import annotations

import errno
import socket
import ssl
from datetime import UTC, datetime

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from agent.endpoints._transport_errors import (
    UnknownBundle,
    answer_error,
    asked_wait_seconds,
    connection_error,
    never_sent,
    problem_type,
    proxy_shown,
    retry_after_seconds,
)
from agent.errors import (
    ClosedTicket,
    EndpointError,
    NotEnrolled,
    RateLimited,
    TooLarge,
    UnknownTicket,
    Unreachable,
    WrongType,
)

HOST = "desk.example"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("unknown-ticket", 404, UnknownTicket),
        ("unknown-bundle", 404, UnknownBundle),
        ("closed-ticket", 409, ClosedTicket),
        ("too-large", 413, TooLarge),
        ("unauthorized", 401, NotEnrolled),
        ("token-invalid", 403, NotEnrolled),
        ("throttled", 429, RateLimited),
        ("digest-mismatch", 400, Unreachable),
        ("conflict", 409, EndpointError),
        ("invalid", 400, EndpointError),
        ("https://desk.example/problems/closed-ticket", 409, ClosedTicket),
        ("urn:sendlogs:closed-ticket", 409, ClosedTicket),
    ],
)
def test_the_type_of_a_problem_decides(kind: str, status: int, error: type[EndpointError]) -> None:
    told = answer_error(status, {}, {"type": kind, "detail": "It is so."}, HOST)
    assert type(told) is error
    assert "It is so." in str(told)
    assert HOST in str(told)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, EndpointError),
        (401, NotEnrolled),
        (403, NotEnrolled),
        (404, EndpointError),
        (408, Unreachable),
        (413, TooLarge),
        (425, Unreachable),
        (415, WrongType),
        (429, RateLimited),
        (500, Unreachable),
        (502, Unreachable),
        (503, Unreachable),
        (507, Unreachable),
    ],
)
@pytest.mark.parametrize("problem", [{}, {"type": "about:blank"}, {"type": 7}, {"detail": "no type"}])
def test_without_a_type_the_status_decides(status: int, error: type[EndpointError], problem: dict[str, object]) -> None:
    assert type(answer_error(status, {}, problem, HOST)) is error


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 409])
def test_a_web_page_is_a_strangers_answer(status: int) -> None:
    """A log-in page or a proxy must not make a device look revoked or a ticket unknown."""
    told = answer_error(status, {"Content-Type": "text/html; charset=utf-8"}, None, HOST)
    assert type(told) is Unreachable
    assert "web page" in str(told)


def test_a_web_page_with_a_clear_status_is_believed() -> None:
    """A proxy in front that has a limit of its own says so in a web page."""
    assert type(answer_error(413, {"Content-Type": "text/html"}, None, HOST)) is TooLarge
    assert "503" in str(answer_error(503, {"Content-Type": "text/html"}, None, HOST))


@pytest.mark.parametrize("location", ["https://login.example/portal?next=1", "//login.example/x"])
def test_a_redirect_names_where_it_points_to(location: str) -> None:
    told = answer_error(302, {"Location": location}, None, HOST)
    assert type(told) is Unreachable
    assert "login.example" in str(told)
    assert "portal" not in str(told)


def test_a_redirect_to_no_address_at_all_is_told_as_well() -> None:
    assert HOST in str(answer_error(302, {"Location": "http://[evil"}, None, HOST))


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_for_is_told(status: int) -> None:
    told = answer_error(status, {"Retry-After": "30"}, {}, HOST)
    assert "wait 30 seconds" in str(told)
    assert isinstance(told, Unreachable)
    assert told.wait_seconds == 30


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "5", "X-RateLimit-Reset": "60"}, 5.0),
        ({"X-RateLimit-Reset": "60"}, 60.0),
        ({"RateLimit-Reset": "7"}, 7.0),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 90)}, 90.0),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) - 90)}, 0.0),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({}, None),
    ],
)
def test_a_wait_is_told_by_any_of_the_usual_headers(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds to go, or the moment itself as seconds since 1970."""
    assert asked_wait_seconds(headers, NOW) == seconds


def test_a_rate_limit_carries_how_long_to_wait() -> None:
    told = answer_error(429, {"Retry-After": "7"}, {"detail": "Slow down."}, HOST)
    assert isinstance(told, RateLimited)
    assert told.wait_seconds == 7
    assert "Slow down." in str(told)


@pytest.mark.parametrize("status", [408, 500, 503])
def test_trouble_at_the_other_end_is_worth_another_try_soon(status: int) -> None:
    told = answer_error(status, {}, {}, HOST)
    assert isinstance(told, Unreachable)
    assert told.wait_seconds == 0


def test_a_strangers_answer_is_not() -> None:
    told = answer_error(403, {"Content-Type": "text/html"}, None, HOST)
    assert isinstance(told, Unreachable)
    assert told.wait_seconds is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        (" 0 ", 0.0),
        ("Fri, 20 Nov 2026 12:01:00 GMT", 60.0),
        ("Fri, 20 Nov 2026 11:59:00 GMT", 0.0),
        ("Fri, 20 Nov 2026 12:01:00 -0000", 60.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("9" * 40, None),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999", None),
    ],
)
def test_retry_after_has_two_forms(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


@given(header=st.text(max_size=60))
def test_no_retry_after_is_ever_an_exception(header: str) -> None:
    seconds = retry_after_seconds(header, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("detail", ["x" * 10_000, "a\x1b[31mb\r\nc", "", 7, None])
def test_what_the_server_says_is_bounded_and_printable(detail: object) -> None:
    told = str(answer_error(409, {}, {"type": "conflict", "detail": detail}, HOST))
    assert len(told) < 400
    assert told.isprintable()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (9, "not valid yet"),
        (10, "expired"),
        (18, "self-signed"),
        (19, "issuer"),
        (20, "issuer"),
        (62, "another host"),
        (64, "another host"),
        (0, "cannot be trusted"),
    ],
)
def test_a_certificate_that_is_refused_is_named(code: int, words: str) -> None:
    failed = ssl.SSLCertVerificationError(1, "certificate verify failed")
    failed.verify_code = code
    told = connection_error(requests.exceptions.SSLError(failed), HOST, None, 30)
    assert words in str(told)
    assert ("clock" in str(told)) == (code in (9, 10))


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("http://jo:secret@proxy.example:3128", "proxy.example:3128"),
        ("http://proxy.example:3128/", "proxy.example:3128"),
        ("proxy.example:3128", "proxy.example:3128"),
        ("jo:s@cret@proxy.example:3128", "proxy.example:3128"),
        (None, ""),
    ],
)
def test_a_proxy_is_shown_without_its_log_in(proxy: str | None, shown: str) -> None:
    assert proxy_shown(proxy) == shown


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Tunnel connection failed: 407 Proxy Authentication Required", "log-in"),
        ("Tunnel connection failed: 403 Forbidden", "status 403"),
        ("Cannot connect to proxy", "cannot be reached"),
    ],
)
def test_trouble_with_a_proxy_names_it(reason: str, words: str) -> None:
    error = requests.exceptions.ProxyError(OSError(reason))
    told = str(connection_error(error, HOST, "http://jo:secret@proxy.example:3128", 30))
    assert words in told
    assert "proxy.example:3128" in told
    assert "secret" not in told


def test_an_unknown_failure_has_a_sentence_too() -> None:
    told = connection_error(requests.exceptions.RequestException("https://jo:secret@x"), HOST, None, 30)
    assert "cannot be reached" in str(told)
    assert "secret" not in str(told)


@pytest.mark.parametrize("problem", [None, {}, {"type": None}, {"type": ""}, {"type": []}])
def test_no_type_is_no_type(problem: dict[str, object] | None) -> None:
    assert problem_type(problem) == ""


def test_without_a_network_the_systems_own_words_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing was sent, so that nobody need look before the next try."""
    away = OSError(errno.ENETUNREACH, "Network is unreachable")

    def refuse(*_: object) -> None:
        raise away

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(requests.ConnectionError) as raised:
        requests.get("http://127.0.0.1:9", timeout=30, proxies={"http": ""})
    told = connection_error(raised.value, HOST, None, 30)
    assert str(told) == f"{HOST} cannot be reached: Network is unreachable."
    assert never_sent(raised.value)
