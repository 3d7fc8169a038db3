"""Secrets that devices show: made here, kept only as a hash, compared in constant time.

A secret is written ``<public id>.<secret>``: the row is found by the public half, so that the secret half never
takes part in a database search whose time could tell about it. Its 256 random bits make a slow password hash
needless; SHA-256 cannot be searched.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewSecret:
    """``written`` is shown once to whom it belongs; only ``public_id`` and ``digest`` (hex) are kept."""

    public_id: str
    written: str
    digest: str


def make_secret() -> NewSecret:
    """A fresh secret with a public id of 96 random bits."""
    public_id, secret = secrets.token_hex(12), secrets.token_urlsafe(32)
    return NewSecret(public_id, f"{public_id}.{secret}", _digest(secret))


def split_secret(written: str) -> tuple[str, str]:
    """``(public id, digest of the secret half)`` of what somebody shows; nonsense gives a pair that fits nothing."""
    public_id, _, secret = written.partition(".")
    return public_id[:64], _digest(secret)


def same_digest(shown: str, kept: str) -> bool:
    """Whether two digests are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(shown.encode(), kept.encode())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
