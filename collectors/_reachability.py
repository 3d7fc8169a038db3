"""The way to one host, step by step: name, TCP, TLS, clock. Made directly, not through a proxy.

TLS is always verified first. Only when that fails is the presented certificate fetched without verification,
over a second connection on which not one byte of ours follows the handshake, to tell who stands in between:
an inspecting proxy is the usual reason, and its issuer is its name.
"""

from __future__ import annotations

import email.utils
import hashlib
import http.client
import socket
import ssl
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from collectors._bounded import call

_STEP_TIMEOUT_SECONDS = 5.0
_PORTS = {"https": 443, "http": 80}
Remaining = Callable[[], float]


class InvalidTarget(ValueError):
    """The text names no host to try; the message says how one is written, and repeats no more than its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to connect, and how far to go: ``tcp``, ``tls``, ``http`` or ``https``."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Target:
        """``https://name[:port]`` and the like. Raise ``InvalidTarget`` for anything else."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            host = port = None
        if not host or not port or parts.scheme not in ("tcp", "tls", *_PORTS):
            raise InvalidTarget("a host is written https://name[:port], tls://name:port or tcp://name:port")
        return cls(scheme=parts.scheme, host=host, port=port)


def reach(target: Target, remaining_seconds: Remaining) -> dict[str, object]:
    """What each step gave, in the order of the steps; ends with the first that fails.

    ``failed`` names that step, ``because`` says why in the system's words.
    """
    found: dict[str, object] = {"host": target.host, "port": target.port, "scheme": target.scheme}
    steps: list[tuple[str, Callable[[float], dict[str, object]]]] = [
        ("name", lambda limit: _resolve(target, limit)),
        ("tcp", lambda limit: _connect(target, limit)),
    ]
    if target.scheme in ("tls", "https"):
        steps.append(("tls", lambda limit: _handshake(target, limit)))
    if target.scheme in _PORTS:
        steps.append(("clock", lambda limit: _clock(target, limit)))
    for step, take in steps:
        limit = min(_STEP_TIMEOUT_SECONDS, remaining_seconds())
        if limit <= 0:
            return found | {"failed": step, "because": "the time was up"}
        started = time.monotonic()
        try:
            found[step] = take(limit) | {"seconds": round(time.monotonic() - started, 3)}
        except (OSError, http.client.HTTPException, UnicodeError) as problem:
            found |= {"failed": step, "because": _words(problem)}
            if isinstance(problem, ssl.SSLCertVerificationError):
                found["presented"] = _presented(target, min(_STEP_TIMEOUT_SECONDS, remaining_seconds()))
            return found
    return found


def _words(problem: BaseException) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {problem.verify_message}"
    return getattr(problem, "strerror", None) or str(problem) or type(problem).__name__


def _resolve(target: Target, limit: float) -> dict[str, object]:
    answers = call(lambda: socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM), timeout_seconds=limit)
    return {"addresses": sorted({str(address[0]) for *_, address in answers})}


def _dial(target: Target, limit: float) -> socket.socket:
    # Resolves the name anew, which may hang as it may above; the thread is left behind then, the socket with it.
    return call(
        lambda: socket.create_connection((target.host, target.port), timeout=max(0.1, limit)), timeout_seconds=limit
    )


def _connect(target: Target, limit: float) -> dict[str, object]:
    with _dial(target, limit) as connection:
        return {"address": str(connection.getpeername()[0])}


def _handshake(target: Target, limit: float) -> dict[str, object]:
    with _dial(target, limit) as plain, _verifying().wrap_socket(plain, server_hostname=target.host) as secured:
        cipher = secured.cipher()
        described = {"verified": True, "version": secured.version(), "cipher": cipher[0] if cipher else None}
        return described | _certificate(secured.getpeercert(binary_form=True) or b"")


def _verifying() -> ssl.SSLContext:
    """Verifies as the agent's own connections do, with the trust store of the operating system."""
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _presented(target: Target, limit: float) -> dict[str, object]:
    """Subject, issuer and end of the certificate that was not trusted. For diagnosis only: nothing is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with _dial(target, limit) as plain, context.wrap_socket(plain, server_hostname=target.host) as secured:
            der = secured.getpeercert(binary_form=True) or b""
    except OSError as problem:
        return {"unknown_because": _words(problem)}
    return {"verified": False} | _certificate(der)


def _certificate(der: bytes) -> dict[str, object]:
    """What a person knows a certificate by.

    Decoded here in every case: the ssl module tells the fields of none but those that OpenSSL itself has
    verified, and on Windows and macOS it is the operating system that verifies.
    """
    fields = _decoded(der)
    return {
        "subject": _distinguished(fields.get("subject")),
        "issuer": _distinguished(fields.get("issuer")),
        "not_before": fields.get("notBefore"),
        "not_after": fields.get("notAfter"),
        "sha256": hashlib.sha256(der).hexdigest(),
    }


def _decoded(der: bytes) -> dict[str, object]:
    """A certificate's fields by the only decoder of the standard library, which wants a file; else nothing."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "presented.pem"
        file.write_text(ssl.DER_cert_to_PEM_cert(der), encoding="ascii")
        try:
            # Not public, though unchanged since Python 2.6; where it is gone, the fingerprint is told alone.
            return dict(ssl._ssl._test_decode_cert(str(file)))  # type: ignore[attr-defined]  # noqa: SLF001 - told above
        except (ValueError, OSError, AttributeError):
            return {}


def _distinguished(name: object) -> str | None:
    """``countryName=US, organizationName=…`` from the nested pairs of the ssl module."""
    if not isinstance(name, tuple):
        return None
    return ", ".join(f"{key}={value}" for part in name for key, value in part)


def _clock(target: Target, limit: float) -> dict[str, object]:
    """How far this machine's clock is ahead of the host's, in seconds, to the second (RFC 9110, 6.6.1)."""
    connection: http.client.HTTPConnection
    if target.scheme == "https":
        connection = http.client.HTTPSConnection(target.host, target.port, timeout=limit, context=_verifying())
    else:
        connection = http.client.HTTPConnection(target.host, target.port, timeout=limit)
    try:
        connection.request("HEAD", "/", headers={"User-Agent": "sendlogs"})
        response = connection.getresponse()
        ours = datetime.now(UTC)  # not the bundle's one reading: that may be a minute old by now
    finally:
        connection.close()
    try:
        theirs = email.utils.parsedate_to_datetime(response.getheader("Date") or "")
    except ValueError:
        return {"status": response.status, "ahead_seconds": None}
    return {"status": response.status, "ahead_seconds": round((ours - theirs).total_seconds())}
