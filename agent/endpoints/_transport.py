"""One way to speak HTTP under all endpoints: verified, bounded, never redirected, never repeated behind our back.

``requests`` does the work; this file holds what must be the same everywhere. urllib3's own repetition sends what
is left of a read body, which is nothing, and a server takes that for a file; so we repeat ourselves, only what is
safe to repeat, with a body made anew. After anything else whose answer is lost stands ``Ambiguous``.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
import truststore
import urllib3
from requests.adapters import HTTPAdapter

import agent
from agent.endpoints import Connection
from agent.endpoints._attempts import Attempts
from agent.endpoints._paced_body import Body, PacedBody
from agent.endpoints._proxy import is_loopback, proxies_for
from agent.endpoints._transport_errors import (
    ambiguous,
    answer_error,
    connection_error,
    may_have_acted,
    never_sent,
    not_json,
    proxy_shown,
)
from agent.endpoints._upload_body import BLOCK_BYTES
from agent.errors import ConfigError, EndpointError, Unreachable

_ANSWER_LIMIT_BYTES = 4 * 2**20  # several thousand tickets; no honest answer comes near
_SLOWEST_DOWNLOAD_BYTES_PER_SECOND = 4 * 2**10  # a poor modem's, so that no honest line is too slow
_LARGEST_DOWNLOAD_BYTES = 16 * 2**30  # several times the largest bundle that is made
_SLOWEST_UPLOAD_BYTES_PER_SECOND = 2**20  # how fast the other side at least stores and hashes before it answers


# RFC 9110 §9.2.2; a caller knows better where its request carries an id of its own.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})

Refusal = Callable[[int, Mapping[str, str], bytes, str], EndpointError]
"""Makes the error of an answer that is no success, from its status, headers, body and host."""

MakeBody = Callable[[], AbstractContextManager[Body]]
"""Opens the body for one attempt."""


def problem_refusal(status: int, headers: Mapping[str, str], data: bytes, host: str) -> EndpointError:
    """The error of an answer that tells its problem as RFC 9457 does."""
    value = _json(data)
    return answer_error(status, headers, value if isinstance(value, dict) else None, host)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A success: its status, its JSON (``None`` for an empty answer), its headers."""

    status: int
    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One request, as often as it is sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    value: object
    idempotent: bool
    told_by_status: Container[int] | None = None
    reads_bytes: int = 0


class Transport:
    """Requests to one server. ``url`` is normalised; every call may raise ``EndpointError`` and its children."""

    def __init__(self, url: str, connection: Connection, refusal: Refusal = problem_refusal) -> None:
        """Raise ``ConfigError`` for plain http to another machine, and for a CA file or proxy that is none."""
        self.url = url
        self.host = urlsplit(url).hostname or ""
        if urlsplit(url).scheme != "https" and not is_loopback(self.host):
            raise ConfigError(f"{self.host} would be reached unencrypted.", advice="Write https:// in its address.")
        self._timeout_seconds = connection.timeout_seconds
        self._refusal = refusal
        self._attempts = Attempts(budget_seconds=connection.retry_seconds)
        self._upload_bytes_per_second = connection.upload_bytes_per_second
        proxies = proxies_for(url, connection.proxy)
        self._proxy = proxies.get(urlsplit(url).scheme) or proxies.get("all")
        self._session = _UnredirectedSession()
        self._session.trust_env = False  # no log-ins from .netrc, no other trust store from the environment
        self._session.proxies = dict(proxies)
        self._session.headers["User-Agent"] = f"sendlogs/{agent.__version__}"
        self._session.mount("https://", _VerifyingAdapter(_tls_context(connection)))
        self._session.mount("http://", _Adapter(max_retries=0))

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        value: object = None,
        body: Body | MakeBody | None = None,
        idempotent: bool | None = None,
        may_be_empty: bool = False,
        told_by_status: Container[int] | None = None,
        reads_bytes: int = 0,
    ) -> Answer:
        """Send ``value`` as JSON, or ``body`` as it is, and return the answer's JSON; raise for all but a 2xx.

        A ``body`` that is open already is sent once, one that is made as often as it helps within
        ``retry_seconds``. With ``told_by_status`` no JSON is wanted, and these statuses are answers as well as a 2xx.
        ``reads_bytes`` is how much the other side must read through before it can answer.
        Raise ``Ambiguous`` when a request that is not ``idempotent`` (``None``: by its method) may
        have been acted on.
        """
        safe = method in _IDEMPOTENT if idempotent is None else idempotent
        request = _Request(
            method=method,
            path=path,
            headers=headers,
            value=value,
            idempotent=safe,
            told_by_status=told_by_status,
            reads_bytes=reads_bytes,
        )
        if callable(body):
            make: MakeBody = body
            return self._attempts.run(lambda: self._send(request, make, empty=may_be_empty), idempotent=safe)
        if body is not None:
            return self._send(request, lambda: nullcontext(body), empty=may_be_empty)
        return self._attempts.run(lambda: self._send(request, None, empty=may_be_empty), idempotent=safe)

    def sha256(
        self, path: str, *, headers: Mapping[str, str], unwrap: Callable[[Iterable[bytes]], Iterable[bytes]] = iter
    ) -> str:
        """The SHA-256 (hexadecimal) of what is stored there, read in pieces; ``unwrap`` gets it out of its cover."""
        request = _Request(method="GET", path=path, headers={"Accept": "*/*", **headers}, value=None, idempotent=True)

        def attempt() -> str:
            digest = hashlib.sha256()
            with self._exchange(request, None, self._timeout_seconds) as response:
                if not 200 <= response.status_code < 300:
                    raise self._failure(request, response, time.monotonic() + self._timeout_seconds)
                if response.headers.get("Content-Type", "").startswith("text/html"):  # no bundle is a web page
                    raise not_json(self.host, response.headers)
                for piece in unwrap(self._in_time(response.iter_content(BLOCK_BYTES))):
                    digest.update(piece)
            return digest.hexdigest()

        return self._attempts.run(attempt, idempotent=True)

    def _in_time(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces; raise ``Unreachable`` for what trickles in or never ends, since others wait for the line."""
        begun, size_bytes = time.monotonic(), 0
        for piece in pieces:
            size_bytes += len(piece)
            patience = self._timeout_seconds + size_bytes / _SLOWEST_DOWNLOAD_BYTES_PER_SECOND
            if time.monotonic() - begun > patience or size_bytes > _LARGEST_DOWNLOAD_BYTES:
                raise Unreachable(f"{self.host} gives the bundle back too slowly, or more than it ever was.")
            yield piece

    def _send(self, request: _Request, make_body: MakeBody | None, *, empty: bool) -> Answer:
        with make_body() if make_body is not None else nullcontext() as body:
            # A server stores and hashes at its own pace before it answers.
            work_bytes = request.reads_bytes + (len(body) if body is not None else 0)
            patience = self._timeout_seconds + work_bytes / _SLOWEST_UPLOAD_BYTES_PER_SECOND
            with self._exchange(request, body, patience) as response:
                return self._answer(request, response, time.monotonic() + patience, empty=empty)

    @contextmanager
    def _exchange(self, request: _Request, body: Body | None, patience: float) -> Iterator[requests.Response]:
        # A server may answer before it has read a body; what it left unread must not meet the next request.
        connection = {"Connection": "close"} if body is not None else {}
        fixed = {"Accept": "application/json", "Accept-Encoding": "identity", **connection}
        limit = self._upload_bytes_per_second
        try:
            with self._session.request(
                request.method,
                f"{self.url}{request.path}",
                headers={**fixed, **request.headers},
                json=request.value,
                data=PacedBody(body, limit) if body is not None and limit else body,
                timeout=(self._timeout_seconds, patience),
                allow_redirects=False,
                stream=True,
            ) as response:
                yield response
        except (requests.exceptions.InvalidProxyURL, requests.exceptions.InvalidSchema) as error:
            raise ConfigError(f"The proxy setting '{proxy_shown(self._proxy)}' cannot be used.") from error
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            trouble = connection_error(error, self.host, self._proxy, patience)
            raise (trouble if request.idempotent or never_sent(error) else ambiguous(trouble)) from error

    def _answer(self, request: _Request, response: requests.Response, deadline: float, *, empty: bool) -> Answer:
        told, is_success = request.told_by_status, 200 <= response.status_code < 300
        if told is not None and (is_success or response.status_code in told):
            value = _json(self._bounded(response, deadline))
            return Answer(status=response.status_code, value=value, headers=response.headers)
        if not is_success:
            raise self._failure(request, response, deadline)
        try:
            data = self._bounded(response, deadline)
            value = None if empty and not data else _json(data)
            if not isinstance(value, dict | list) and not (empty and not data):
                raise not_json(self.host, response.headers)
        except Unreachable as strange:
            raise strange if request.idempotent else ambiguous(strange) from None
        return Answer(status=response.status_code, value=value, headers=response.headers)

    def _failure(self, request: _Request, response: requests.Response, deadline: float) -> EndpointError:
        data = self._bounded(response, deadline)
        error = self._refusal(response.status_code, response.headers, data, self.host)
        doubtful = type(error) is Unreachable and may_have_acted(response.status_code)
        return ambiguous(error) if doubtful and not request.idempotent else error

    def _bounded(self, response: requests.Response, deadline: float) -> bytes:
        """The whole answer, unless it is too much or trickles in too slowly."""
        parts, size_bytes = list[bytes](), 0
        while part := response.raw.read1(2**16):  # what has come; read() would wait for all of it, however slow
            parts.append(part)
            size_bytes += len(part)
            if size_bytes > _ANSWER_LIMIT_BYTES or time.monotonic() > deadline:
                raise Unreachable(f"{self.host} answers with more than it should, or too slowly.")
        return b"".join(parts)


class _UnredirectedSession(requests.Session):
    """Sees no redirect: ``requests`` reads such an answer's whole body and address, without bounds, also unasked."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, whatever the answer says; ``_transport_errors`` tells where it points."""


class _Adapter(HTTPAdapter):
    """Sends bodies in larger blocks than urllib3 does: 16 KiB cost twice the processor time."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, blocksize=BLOCK_BYTES)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, **options, blocksize=BLOCK_BYTES)


class _VerifyingAdapter(_Adapter):
    """Verifies TLS by the given context alone, also behind a proxy; ``requests`` would add its own list of CAs."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        contexts = {"ssl_context": self._context, "proxy_ssl_context": self._context}
        return super().proxy_manager_for(proxy, **options, **contexts)

    def cert_verify(self, conn: Any, *_: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"
        conn.ca_certs = conn.ca_cert_dir = None


def _tls_context(connection: Connection) -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if connection.ca_file is not None:
        try:
            context.load_verify_locations(cafile=connection.ca_file)
        except (OSError, ssl.SSLError) as error:
            advice = "The setting ca_file names a file of certificates in PEM form."
            raise ConfigError(f"{connection.ca_file} holds no certificates that can be read.", advice=advice) from error
    return context


def _json(data: bytes) -> Any:
    """The value, or ``None`` for what is no JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
