"""Reading a bundle back from wherever a vendor keeps it: redirects are followed, but never with the token.

Zendesk, Jira and Freshdesk keep attachments in a cloud and answer a download with an address there. The transport
follows no redirect, lest one carries a credential to a stranger (decision 42). Here nothing is at stake but a hash:
another host gets a request without any credential, over TLS, and what it gives must have the archive's SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from agent.endpoints import Connection
from agent.endpoints._tracker import refusal
from agent.endpoints._transport import Refusal, Transport
from agent.errors import EndpointError, Unreachable

_HOPS = 4  # a storage's gateway and its mirror; more is a circle


class _Elsewhere(EndpointError):
    """The answer was an address: ``location``."""

    def __init__(self, location: str) -> None:
        super().__init__("The download lies elsewhere.")
        self.location = location


def downloaded_sha256(url: str, connection: Connection, *, headers: Mapping[str, str]) -> str:
    """The SHA-256 of what lies at ``url``; ``headers`` go to the host of ``connection`` alone.

    Raise ``Unreachable`` for an address that is none, is less safe than the endpoint's own, or leads nowhere.
    """
    home, at_home = origin_of(connection.address), True
    for _ in range(_HOPS):
        origin = origin_of(url)
        at_home = at_home and origin == home  # who leads back home chose the address; the token does not go there
        if origin.partition(":")[0] != home.partition(":")[0]:
            raise Unreachable(f"{urlsplit(home).hostname} points to an unsafe address for a download.")
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        transport = Transport(origin, connection, _refusal(is_home=at_home))
        try:
            return transport.sha256(path, headers=headers if at_home else {})
        except _Elsewhere as elsewhere:
            url = _joined(url, elsewhere.location)
    raise Unreachable(f"{urlsplit(home).hostname} sends a download round in a circle.")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:  # such as a bracket that is never closed
        raise Unreachable("An address that was given is none: another program answers there.") from None


def origin_of(url: str) -> str:
    """Scheme, host and port, without a log-in that may stand there. Raise ``Unreachable`` for what is no address."""
    try:
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError(url)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:  # no host, or a port or a bracket that makes no sense
        raise Unreachable("An address that was given is none: another program answers there.") from None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme.lower()}://{host}{port}"


def _refusal(*, is_home: bool) -> Refusal:
    def told(status: int, headers: Mapping[str, str], data: bytes, host: str) -> EndpointError:
        if 300 <= status < 400 and headers.get("Location"):
            return _Elsewhere(headers["Location"])
        error = refusal(status, headers, data, host)
        if is_home or isinstance(error, Unreachable):
            return error
        return Unreachable(f"{host}, where the bundle is stored, does not give it back (status {status}).")

    return told
