"""The service's own line to the desk: HTTP by the standard library alone, under the rules of the agent's other lines.

``requests`` would cost 10 MB that stay. So the rules of ``agent.endpoints._transport`` are kept here a second time,
in little: TLS always verified, by the system's trust store and the setting ``ca_file``; no plain http but to this
machine; an answer that points elsewhere is not followed; answers are bounded; what a server says is not repeated. The
proxy, with its log-in, was worked out by an errand, which knows the settings.
"""

from __future__ import annotations

import base64
import contextlib
import email.utils
import functools
import http.client
import json
import os
import re
import socket
import ssl
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import agent
from agent.service.watched import signature

_ANSWER_LIMIT_BYTES = 2**20  # sixty requests of the largest size; a desk keeps a device's few
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST_ASKED_WAIT_SECONDS = 3600.0
_LATE = 2.0  # of its limit: headers, and then a body, each of which comes in time
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")  # a name that openssl-rehash(1) gives
_PORTS = {"http": 80, "https": 443}


class Desk(NamedTuple):
    """Which desk, and how to reach it: what an errand worked out from the settings."""

    url: str  # normalised: no slash at its end
    credential_file: Path
    proxy: str | None  # an address, perhaps with a log-in; never shown
    ca_file: Path | None
    timeout_seconds: float


class Trouble(Exception):
    """The desk gave no answer, or none that is one; the sentence names the cause, and no secret.

    ``wait_seconds``: as the desk asked. ``status``: its answer's, if it gave one. ``is_the_desks``: whether the desk
    itself gave it, in the form that its problems have (RFC 9457), and not whatever stands before it.
    """

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        wait_seconds: float | None = None,
        is_the_desks: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.is_the_desks = is_the_desks
        self.status = status
        self.wait_seconds = wait_seconds

    @property
    def is_final(self) -> bool:
        """Whether the same words would meet the same answer: a 4xx that asks for neither patience nor a credential.

        Of the desk alone: a proxy before a desk that is being mended answers 404, and no person's "no" is lost by that.
        """
        is_no = self.status is not None and 400 <= self.status < 500 and self.status not in (401, 403, 408, 425, 429)
        return is_no and self.is_the_desks


class Line:
    """One connection to the desk, kept open between calls. Not to be shared by threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parts = urlsplit(desk.url)
        self._open: http.client.HTTPConnection | None = None
        self._late_at = float("inf")

    def call(self, method: str, path: str, value: object = None, *, patience_seconds: float = 0.0) -> Any:
        """The JSON that the desk answers to ``method`` on ``/api/v1`` + ``path``. Raise ``Trouble``.

        It may take ``patience_seconds`` longer than the settings' time for an answer. A connection that the desk closed
        meanwhile is opened anew once; nothing else is repeated.
        """
        was_open = self._open is not None
        try:
            return self._exchange(method, path, value, patience_seconds)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as gone:
            self.close()
            if not was_open:
                raise Trouble(self._sentence(gone)) from gone
        except (OSError, http.client.HTTPException, ValueError) as trouble:
            self.close()
            raise Trouble(self._sentence(trouble)) from trouble
        except Trouble:
            self.close()
            raise
        return self.call(method, path, value, patience_seconds=patience_seconds)

    def end_if_late(self) -> None:
        """End a call that takes far longer than it may; from another thread, now and then.

        A timeout bounds the wait for a next byte, and a server may send one of those now and then for ever.
        """
        connection = self._open
        if time.monotonic() > self._late_at and connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                # Not by its own method: that of TLS forgets its state, which the other thread is using.
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the connection up."""
        connection, self._open = self._open, None
        if connection is not None:
            connection.close()

    def _exchange(self, method: str, path: str, value: object, patience_seconds: float) -> Any:
        headers = {"Authorization": f"Bearer {_credential(self._desk)}", "Accept": "application/json"}
        headers |= {"User-Agent": f"sendlogs/{agent.__version__}", "Accept-Encoding": "identity"}
        body = None
        if value is not None:
            body, headers["Content-Type"] = json.dumps(value).encode(), "application/json"
        limit_seconds = self._desk.timeout_seconds + patience_seconds
        self._late_at = time.monotonic() + _LATE * limit_seconds
        connection = self._open or self._connected()
        assert connection.sock is not None
        connection.sock.settimeout(limit_seconds)
        connection.request(method, f"{self._parts.path}/api/v1{path}", body=body, headers=headers)
        answer = connection.getresponse()
        data = _bounded(answer, time.monotonic() + limit_seconds)
        answer.close()  # read to its end, and http.client does not see that for itself with read1
        if time.monotonic() > self._late_at:  # ended by force: what came may look whole, and is not
            raise Trouble("The desk answers with more than it should, or too slowly.")
        self._late_at = float("inf")
        if not 200 <= answer.status < 300:
            raise self._refusal(answer)
        try:
            return json.loads(data) if data else None
        except (ValueError, RecursionError):
            raise Trouble(f"{self._host} answers with something that is not JSON.") from None

    def _connected(self) -> http.client.HTTPConnection:
        """A connection that is open; its TLS is verified. Raise ``Trouble``, ``OSError``, ``HTTPException``."""
        parts, seconds = self._parts, self._desk.timeout_seconds
        is_plain = parts.scheme != "https"
        if is_plain and self._host not in _LOOPBACK:
            raise Trouble(f"{self._host} would be reached unencrypted; write https:// in its address.")
        port = parts.port or _PORTS[parts.scheme]
        proxy = urlsplit(self._desk.proxy) if self._desk.proxy else None
        host, at_port = self._host, port
        if proxy is not None:
            if proxy.scheme != "http" or not proxy.hostname:
                raise Trouble("The service can use no proxy but one whose address begins with http://.")
            host, at_port = proxy.hostname, proxy.port or _PORTS["http"]
        connection: http.client.HTTPConnection
        context = None if is_plain else _trusting(self._desk.ca_file)
        if context is None:
            connection = http.client.HTTPConnection(host, at_port, timeout=seconds)
        else:
            connection = http.client.HTTPSConnection(host, at_port, timeout=seconds, context=context)
        if proxy is not None:
            connection.set_tunnel(self._host, port, headers=_proxy_headers(proxy))
        self._open = connection
        if proxy is None:
            connection.sock = _reached(host, at_port, seconds, context)
        else:
            connection.connect()
        # A computer that slept, or a network that went, must not leave a line that waits for nobody.
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return connection

    @property
    def _host(self) -> str:
        return self._parts.hostname or ""

    def _refusal(self, answer: http.client.HTTPResponse) -> Trouble:
        wait_seconds = _asked_wait_seconds(answer.getheader("Retry-After"))
        if 300 <= answer.status < 400:
            return Trouble(f"{self._host} points elsewhere instead of answering.", status=answer.status)
        if answer.status in (401, 403):
            no = f"{self._host} does not know this computer's credential (status {answer.status})"
            sentence = f"{no}; 'sendlogs doctor' says what to do."
            return Trouble(sentence, status=answer.status, wait_seconds=wait_seconds)
        sentence = f"{self._host} cannot serve this (status {answer.status})."
        is_the_desks = (answer.getheader("Content-Type") or "").lower().startswith("application/problem+json")
        return Trouble(sentence, status=answer.status, wait_seconds=wait_seconds, is_the_desks=is_the_desks)

    def _sentence(self, error: Exception) -> str:
        way = " through the proxy" if self._desk.proxy else ""
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"The connection to {self._host} is not safe: its certificate is not trusted or not its own."
        if isinstance(error, TimeoutError):
            return f"{self._host}{way} did not answer in time."
        if isinstance(error, socket.gaierror):
            return f"The name {self._host} cannot be resolved{way}: no network, or no such host."
        if isinstance(error, ConnectionRefusedError):
            return f"{self._host}{way} refuses connections."
        if "407" in str(error):  # http.client tells a proxy's answer in words alone
            return "The proxy asks for a log-in: write it into the proxy setting."
        return f"{self._host}{way} cannot be reached ({type(error).__name__})."


def _reached(host: str, port: int, seconds: float, context: ssl.SSLContext | None) -> socket.socket:
    """A socket that is connected, and verified where a context says by what. Raise ``OSError``.

    Given names as bytes: for texts Python loads the tables of IDNA, 0.4 MB.
    """
    name = host.encode("ascii") if sys.platform == "linux" and host.isascii() else host
    reached = socket.create_connection((name, port), seconds)  # type: ignore[arg-type]  # bytes do as well
    reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is None:
        return reached
    try:
        return context.wrap_socket(reached, server_hostname=name)
    except BaseException:
        reached.close()
        raise


def _credential(desk: Desk) -> str:
    """Read each time: it may have been changed for another. Raise ``Trouble``, as a refusal of the desk would be."""
    try:
        found = desk.credential_file.read_text("ascii").strip()
    except (OSError, ValueError):
        found = ""
    if not found or not found.isprintable():
        raise Trouble("This computer is not enrolled at the desk.", status=401)
    return found


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    """What trusts the certificates of this file as it is now: those that were renewed need no new service."""
    return _context(ca_file, tuple(map(str, signature([str(ca_file)] if ca_file else []))))


@functools.lru_cache(maxsize=1)
def _context(ca_file: Path | None, _as_it_is: tuple[str, ...]) -> ssl.SSLContext:
    """One for all lines: each would hold every certificate that the system trusts, more than 1 MB."""
    context = _trusting_the_system()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def _trusting_the_system() -> ssl.SSLContext:
    """A context for the system's own authorities.

    Linux keeps them in a file, all of which lies in memory once it is loaded (1 MB), and most distributions also in a
    folder by the hash of their names, from which OpenSSL takes those it meets (``X509_LOOKUP_hash_dir``).
    """
    paths = ssl.get_default_verify_paths()
    if sys.platform == "linux" and paths.capath and not os.environ.get("SSL_CERT_FILE"):
        known = sum(_HASHED.fullmatch(name) is not None for name in os.listdir(paths.capath))  # noqa: PTH208 - names
        # One that was added to the file alone, as is done in containers, has to be found there.
        if known and (not paths.cafile or Path(paths.cafile).read_bytes().count(b"-----BEGIN CERTIFICATE") <= known):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(capath=paths.capath)
            return context
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    """The log-in in a proxy's address, as RFC 7617 sends it."""
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def _bounded(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    parts, size_bytes = list[bytes](), 0
    while part := answer.read1(2**16):
        parts.append(part)
        size_bytes += len(part)
        if size_bytes > _ANSWER_LIMIT_BYTES or time.monotonic() > deadline:
            raise Trouble("The desk answers with more than it should, or too slowly.")
    return b"".join(parts)


def _asked_wait_seconds(header: str | None) -> float | None:
    """What ``Retry-After`` asks for, in either of its forms (RFC 9110 §10.2.3), an hour at most."""
    text = (header or "").strip()
    if text.isdigit() and len(text) < 10:
        return min(float(text), _LONGEST_ASKED_WAIT_SECONDS)
    try:
        seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_ASKED_WAIT_SECONDS)
