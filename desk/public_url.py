"""The address under which champions and devices reach the desk."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


class UnsafeAddress(ValueError):
    """A sentence that says why this address would lay log-ins and bundles open."""


def public_url(host: str, port: int, url: str | None) -> str:
    """``url`` without a trailing slash, or the listening address where that is this computer's own.

    Raise ``UnsafeAddress`` for plain http that leaves the computer: TLS ends in a proxy in front, and the desk must
    be told the https address that the proxy is reached by.
    """
    if url is None:
        if not is_loopback(host):
            raise UnsafeAddress(f"Others can reach {host}: say by which https address, with --url.")
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise UnsafeAddress(f"{url} is not an address like https://desk.example.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise UnsafeAddress(f"{url} would send log-ins and bundles in the clear: use an https address.")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this computer, so that nothing to it travels."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
