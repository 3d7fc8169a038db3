"""What went wrong on the wire, as the right error with a sentence that names the cause.

Two sorts of trouble come here: a connection that failed (an exception of ``requests``), and an answer that is
not a success. What ``requests`` and the server say is looked at but never repeated: it may hold addresses with
passwords, or a stranger's web page.
"""

from __future__ import annotations

import email.utils
import http.client
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError, ProtocolError, ProxyError
from urllib3.exceptions import TimeoutError as HTTPTimeout

from agent.errors import (
    Ambiguous,
    ClosedTicket,
    EndpointError,
    NotEnrolled,
    RateLimited,
    TooLarge,
    UnknownTicket,
    Unreachable,
    Untrusted,
    WrongType,
)

# OpenSSL's X509_V_ERR_… numbers (openssl/x509_vfy.h); truststore uses them on Windows and macOS as well.
_TLS_CAUSES = {
    9: "its certificate is not valid yet{clock}",
    10: "its certificate has expired{clock}",
    18: "its certificate is self-signed, and this computer does not trust it",
    19: "its certificate comes from an issuer this computer does not trust{issuer}",
    20: "its certificate comes from an issuer this computer does not trust{issuer}",
    21: "its certificate comes from an issuer this computer does not trust{issuer}",
    62: "its certificate is for another host",
    64: "its certificate is for another host",
}
_ISSUER = " (a proxy that inspects TLS does this)"
_ISSUERS = frozenset({18, 19, 20, 21})
_ISSUER_ADVICE = "If that server is the right one, let the setting 'ca_file' name the certificate of its issuer."

# 408 and 425 ask for a repetition, 429 for a later one; 5xx is trouble at the other end.
_WORTH_REPEATING = frozenset({408, 425, 429})


class UnknownBundle(EndpointError):
    """The ticket is there, a bundle of that id is not on it: the answer to "do you hold it already?"."""


_BY_PROBLEM: Mapping[str, type[EndpointError]] = {
    "unknown-ticket": UnknownTicket,
    "unknown-bundle": UnknownBundle,
    "closed-ticket": ClosedTicket,
    "too-large": TooLarge,
    "unauthorized": NotEnrolled,
    "token-invalid": NotEnrolled,
    "throttled": RateLimited,
    "digest-mismatch": Unreachable,  # the body was hashed on its way out, so it was hurt on the way
}
_BY_STATUS: Mapping[int, type[EndpointError]] = {401: NotEnrolled, 403: NotEnrolled, 413: TooLarge, 415: WrongType}
_AT_ONCE_SECONDS = 0.0  # trouble that is likely over in a moment
_NOT_ACTED = 503  # "not now": RFC 9110 §15.6.4; after another 5xx the server may have acted

_BROKEN = "{host}{way} broke the connection off."
_CONNECTION_CAUSES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    ((NameResolutionError, socket.gaierror), "The name {host} cannot be resolved: no network, or no such host."),
    (ConnectionRefusedError, "{host}{way} refuses connections: nothing listens there just now."),
    (requests.exceptions.ConnectTimeout, "{host}{way} did not accept a connection within {seconds:g} seconds."),
    (
        (requests.exceptions.Timeout, HTTPTimeout, TimeoutError),
        "{host}{way} did not answer within {seconds:g} seconds.",
    ),
    ((ConnectionError, ProtocolError, http.client.HTTPException), _BROKEN),
)


_BEFORE_SENDING: tuple[type[BaseException], ...] = (
    NameResolutionError,
    socket.gaierror,
    NewConnectionError,
    requests.exceptions.ConnectTimeout,
    ProxyError,
    requests.exceptions.ProxyError,
)


def connection_error(error: Exception, host: str, proxy: str | None, timeout_seconds: float) -> Unreachable:
    """The sentence for a request that got no answer; ``proxy`` is the address it went through, if any."""
    causes = list(_causes(error))
    way = f" through the proxy {proxy_shown(proxy)}" if proxy else ""
    if any(isinstance(cause, ProxyError | requests.exceptions.ProxyError) for cause in causes):
        return Unreachable(_proxy_sentence(causes, proxy))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            advice = _ISSUER_ADVICE if cause.verify_code in _ISSUERS else ""
            return Untrusted(f"The connection to {host}{way} is not safe: {_tls_cause(cause)}.", advice=advice)
        if isinstance(cause, ssl.SSLError):
            return Unreachable(f"The connection to {host}{way} is not safe: {_tls_cause(cause)}.")
    if why := _why_not_connected(causes):
        return Unreachable(f"{host}{way} cannot be reached: {why}.")
    for kinds, sentence in _CONNECTION_CAUSES:
        if any(isinstance(cause, kinds) for cause in causes):
            soon = _AT_ONCE_SECONDS if sentence is _BROKEN else None
            return Unreachable(sentence.format(host=host, way=way, seconds=timeout_seconds), wait_seconds=soon)
    return Unreachable(f"{host}{way} cannot be reached ({type(causes[-1]).__name__}).")


def _why_not_connected(causes: list[BaseException]) -> str:
    """What the system says of a connection that never came to be, as without a network; "" if it is said below.

    urllib3 counts such a failure among those of time, however quick it was.
    """
    if any(isinstance(cause, NameResolutionError | socket.gaierror | ConnectionRefusedError) for cause in causes):
        return ""
    if not any(isinstance(cause, NewConnectionError) for cause in causes):
        return ""
    return next(
        (cause.strerror for cause in causes if isinstance(cause, OSError) and cause.errno and cause.strerror), ""
    )


def answer_error(
    status: int, headers: Mapping[str, str], problem: Mapping[str, Any] | None, host: str
) -> EndpointError:
    """The error for an answer that is no success. ``problem`` is its JSON object (RFC 9457), if it has one.

    The problem's ``type`` decides; where there is none, the status does. A web page instead of JSON is a
    stranger's answer and worth trying again, unless its status says what is the matter.
    """
    if 300 <= status < 400:
        elsewhere = _host_of(headers.get("Location", "")) or host
        return Unreachable(f"{host} points to {elsewhere} instead of answering. {_STRANGER}", advice=_STRANGER_ADVICE)
    wait_seconds = asked_wait_seconds(headers, datetime.now(UTC))
    wait = "" if wait_seconds is None else f" It asks to wait {wait_seconds:.0f} seconds."
    kind = _BY_PROBLEM.get(problem_type(problem))
    if status == 429 or kind is RateLimited:
        said = _said(problem) or "too many requests"
        return RateLimited(f"{host} says: {said}{wait}", wait_seconds=wait_seconds or _AT_ONCE_SECONDS)
    if kind is None and (status in _WORTH_REPEATING or status >= 500):
        sentence = f"{host} cannot serve this now (status {status}).{wait}"
        return Unreachable(sentence, wait_seconds=wait_seconds or _AT_ONCE_SECONDS)
    if problem is None and status != 413:
        return not_json(host, headers)
    kind = kind or _BY_STATUS.get(status, EndpointError)
    return kind(f"{host} says: {_said(problem) or f'status {status}'}{wait}")


def _host_of(location: str) -> str | None:
    try:
        return urlsplit(location).hostname
    except ValueError:  # such as a bracket that is never closed
        return None


def not_json(host: str, headers: Mapping[str, str]) -> Unreachable:
    """The error for an answer that is not the JSON it should be."""
    media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    shown = "a web page" if media_type == "text/html" else "something that is not JSON"
    return Unreachable(f"{host} answers with {shown}. {_STRANGER}", advice=_STRANGER_ADVICE)


_STRANGER = "A log-in page of this network, a proxy, or another server at that address does this."
_STRANGER_ADVICE = "Open the address in a browser to see who answers."


def problem_type(problem: Mapping[str, Any] | None) -> str:
    """The last part of a problem's ``type``, which may be written as a URI; "" without one (``about:blank``)."""
    kind = (problem or {}).get("type")
    if kind == "about:blank":  # RFC 9457 §4.2.1: no more is meant than the status says
        return ""
    return kind.rstrip("/").rpartition("/")[2].rpartition(":")[2] if isinstance(kind, str) else ""


def proxy_shown(proxy: str | None) -> str:
    """A proxy's address without the log-in it may hold."""
    return re.sub(r"^.*@", "", (proxy or "").partition("://")[2] or (proxy or "")).rstrip("/")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it wraps, outermost first; urllib3 wraps as arguments and attributes."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = [*current.args, getattr(current, "reason", None), current.__cause__, current.__context__]
        waiting.extend(inner for inner in wrapped if isinstance(inner, BaseException))


def _proxy_sentence(causes: list[BaseException], proxy: str | None) -> str:
    shown = f"The proxy {proxy_shown(proxy)}"
    refusal = next((m for cause in causes if (m := re.search(r"Tunnel connection failed: (\d{3})", str(cause)))), None)
    if refusal is None:
        return f"{shown} cannot be reached."
    if refusal[1] == "407":
        return f"{shown} asks for a log-in: write it into the proxy setting."
    return f"{shown} does not let this connection through (status {refusal[1]})."


def _tls_cause(error: ssl.SSLError) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS failed ({error.reason or 'no reason given'})"
    cause = _TLS_CAUSES.get(error.verify_code, "its certificate cannot be trusted")
    today = datetime.now(UTC).date().isoformat()
    return cause.format(clock=f", or this computer's clock, which says {today}, is wrong", issuer=_ISSUER)


def never_sent(error: BaseException) -> bool:
    """Whether a request failed before its first byte went out, so that the server cannot have acted on it."""
    before = (*_BEFORE_SENDING, ssl.SSLCertVerificationError)
    return any(isinstance(cause, before) for cause in _causes(error))


def may_have_acted(status: int) -> bool:
    """Whether the server may have done what it was asked although it answered with this failure."""
    return status >= 500 and status != _NOT_ACTED


def ambiguous(trouble: EndpointError) -> Ambiguous:
    """The same trouble, of a request after which one must look before one repeats it."""
    return Ambiguous(f"{trouble} What was asked of it may have been done nonetheless.")


def asked_wait_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the answer asks to wait: by ``Retry-After``, else by the moment a rate limit is reset.

    ``RateLimit-Reset`` (IETF draft) and ``X-RateLimit-Reset`` count seconds, or tell a moment in seconds since 1970.
    """
    wait = retry_after_seconds(headers.get("Retry-After"), now)
    for name in ("RateLimit-Reset", "X-RateLimit-Reset"):
        text = (headers.get(name) or "").strip()
        if wait is None and re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,6})?", text):
            told = float(text)
            wait = told if told < _LONG_AGO else max(0.0, told - now.timestamp())
    return wait


_LONG_AGO = 1e9  # 2001 in seconds since 1970; as a time to wait it would be 31 years


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """How long ``Retry-After`` asks to wait, in either of its forms (RFC 9110 §10.2.3); ``None`` if in neither."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - now).total_seconds())
    except (ValueError, OverflowError):  # no date, or one that no calendar has
        return None


def _said(problem: Mapping[str, Any] | None) -> str:
    """The problem's own words for a person, kept short and to printable characters."""
    values = problem or {}
    words = next((values[key] for key in ("detail", "title") if isinstance(values.get(key), str) and values[key]), "")
    shown = printable(words)
    return shown if len(shown) <= 300 else f"{shown[:300]}…"  # a sentence or two, not a page


def printable(text: str) -> str:
    """A server's text without what could steer a terminal or start a line of its own."""
    return "".join(character for character in text if character.isprintable())
