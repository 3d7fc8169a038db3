"""One way to speak HTTP under all endpoints: verified, bounded, never redirected, never repeated behind our back.

``requests`` does the work; this file holds what must be the same everywhere. A body is sent once per call:
urllib3's own repetition sends what is left of a read body, which is nothing, and a server takes that for a
file. Who may repeat is the outbox, with a new body.
"""

from __future__ import annotations

import ipaddress
import json
import ssl
import time
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
import truststore
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

import agent
from agent.endpoints import Connection
from agent.endpoints._transport_errors import answer_error, connection_error, not_json, proxy_shown
from agent.endpoints._upload_body import BLOCK_BYTES, PartBody, UploadBody
from agent.errors import ConfigError, Unreachable

_ANSWER_LIMIT_BYTES = 4 * 2**20  # several thousand tickets; no honest answer comes near
_SLOWEST_UPLOAD_BYTES_PER_SECOND = 2**20  # how fast the other side at least stores and hashes before it answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A success, or a status that was asked for: with its JSON (``None`` where none is wanted) and its headers."""

    status: int
    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)  # names in any case


class Transport:
    """Requests to one server. ``url`` is normalised; every call may raise ``EndpointError`` and its children."""

    def __init__(self, url: str, connection: Connection) -> None:
        """Raise ``ConfigError`` for plain http to another machine, and for a CA file or proxy that is none."""
        self.url = url
        self.host = urlsplit(url).hostname or ""
        if urlsplit(url).scheme != "https" and not _is_loopback(self.host):
            raise ConfigError(f"{self.host} would be reached unencrypted.", advice="Write https:// in its address.")
        self._timeout_seconds = connection.timeout_seconds
        proxies = _proxies(url, self.host, connection.proxy)
        self._proxy = proxies.get(urlsplit(url).scheme) or proxies.get("all")
        self._session = requests.Session()
        self._session.trust_env = False  # no log-ins from .netrc, no other trust store from the environment
        self._session.proxies = dict(proxies)
        self._session.headers["User-Agent"] = f"sendlogs/{agent.__version__}"
        self._session.mount("https://", _VerifyingAdapter(_tls_context(connection)))
        self._session.mount("http://", HTTPAdapter(max_retries=0))

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        value: object = None,
        body: UploadBody | PartBody | None = None,
        told_by_status: Container[int] | None = None,
    ) -> Answer:
        """Send ``value`` as JSON, or ``body`` as it is, and return the answer's JSON; raise for all but a 2xx.

        With ``told_by_status`` no JSON is wanted, and these statuses are answers as well as a 2xx.
        """
        # A server may answer before it has read a body; what it left unread must not meet the next request.
        connection = {"Connection": "close"} if body is not None else {}
        patience = self._timeout_seconds + (len(body) / _SLOWEST_UPLOAD_BYTES_PER_SECOND if body is not None else 0)
        try:
            with self._session.request(
                method,
                f"{self.url}{path}",
                headers={"Accept": "application/json", "Accept-Encoding": "identity", **connection, **headers},
                json=value,
                data=body,
                timeout=(self._timeout_seconds, patience),
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._answer(response, time.monotonic() + patience, told_by_status)
        except (requests.exceptions.InvalidProxyURL, requests.exceptions.InvalidSchema) as error:
            raise ConfigError(f"The proxy setting '{proxy_shown(self._proxy)}' cannot be used.") from error
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            raise connection_error(error, self.host, self._proxy, patience) from error

    def _answer(self, response: requests.Response, deadline: float, told_by_status: Container[int] | None) -> Answer:
        data = self._bounded(response, deadline)
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = None
        if told_by_status is not None and (200 <= response.status_code < 300 or response.status_code in told_by_status):
            return Answer(status=response.status_code, value=value, headers=response.headers)
        if not 200 <= response.status_code < 300:
            problem = value if isinstance(value, dict) else None
            raise answer_error(response.status_code, response.headers, problem, self.host)
        if not isinstance(value, dict | list):
            raise not_json(self.host, response.headers)
        return Answer(status=response.status_code, value=value, headers=response.headers)

    def _bounded(self, response: requests.Response, deadline: float) -> bytes:
        """The whole answer, unless it is too much or trickles in too slowly."""
        parts, size_bytes = list[bytes](), 0
        while part := response.raw.read1(2**16):  # what has come; read() would wait for all of it, however slow
            parts.append(part)
            size_bytes += len(part)
            if size_bytes > _ANSWER_LIMIT_BYTES or time.monotonic() > deadline:
                raise Unreachable(f"{self.host} answers with more than it should, or too slowly.")
        return b"".join(parts)


class _VerifyingAdapter(HTTPAdapter):
    """Verifies TLS by the given context alone, also behind a proxy; ``requests`` would add its own list of CAs."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._context, blocksize=BLOCK_BYTES)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        contexts = {"ssl_context": self._context, "proxy_ssl_context": self._context}
        return super().proxy_manager_for(proxy, **options, **contexts, blocksize=BLOCK_BYTES)

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


def _proxies(url: str, host: str, setting: str | None) -> Mapping[str, str]:
    if _is_loopback(host):
        return {}
    if setting:
        return {"http": setting, "https": setting}
    return dict(get_environ_proxies(url))  # the environment's, else those of Windows or macOS


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
