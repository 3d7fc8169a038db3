"""Reads what the headers of an upload announce, before a byte of its body is read."""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid

from django.conf import settings
from rest_framework.request import Request

from desk.problems import Problem, ProblemType
from desk.uploads.bundle_store import Announced

# RFC 9530, section 3: a structured-field dictionary whose values are byte sequences between colons.
_SHA256_MEMBER = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{44}):")
_CONSENT_LIMIT_BYTES = 4096  # beyond the four facts at their longest, also in letters that JSON escapes
_CONSENT_FACTS = ("archive_sha256", "given_by", "how", "given_at")
_DIGITS_TOO_MANY = 20  # for any number of bytes; int() of very long ones takes its time
_LONGEST_FACT = 200  # characters kept


def read_announced(request: Request, bundle_id: uuid.UUID) -> Announced:
    """What the headers say. Raise ``Problem`` for headers that are missing, malformed or announce too much."""
    return Announced(
        bundle_id=bundle_id,
        size_bytes=size_bytes_of(request.headers.get("Content-Length", ""), "Content-Length"),
        sha256=_sha256(request.headers.get("Repr-Digest", "")),
        consent=consent_of(request.headers.get("Sendlogs-Consent", "")),
    )


def size_bytes_of(written: str, header: str) -> int:
    """The announced size. Raise ``Problem`` for none, and for more than the desk takes."""
    if not (written.isascii() and written.isdigit()):
        raise Problem(411, ProblemType.INVALID, f"An upload must say its {header}.")
    limit_bytes = int(settings.DESK_BUNDLE_LIMIT_BYTES)
    size_bytes = int(written) if len(written) < _DIGITS_TOO_MANY else limit_bytes + 1
    if size_bytes > limit_bytes:
        sentence = f"Bundles of at most {limit_bytes} bytes are taken."
        raise Problem(413, ProblemType.TOO_LARGE, sentence, limit_bytes=limit_bytes)
    return size_bytes


def _sha256(written: str) -> str:
    member = _SHA256_MEMBER.search(written)
    try:
        digest = base64.b64decode(member[1], validate=True) if member else b""
    except binascii.Error:
        digest = b""
    if len(digest) != 32:  # bytes of a SHA-256
        raise Problem(400, ProblemType.INVALID, "Repr-Digest must hold sha-256=:BASE64: (RFC 9530).")
    return digest.hex()


def consent_of(written: str) -> dict[str, str]:
    """The facts that pages show, out of JSON in base64. Raise ``Problem``.

    What else the device says is dropped: stored, it could break whoever reads it.
    """
    try:
        if len(written) > _CONSENT_LIMIT_BYTES:
            raise ValueError
        told = json.loads(base64.b64decode(written, validate=True), parse_constant=_refuse_constant)
        json.dumps(told, ensure_ascii=False).encode()  # a lone surrogate could be stored, but never shown
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Problem(400, ProblemType.INVALID, "Sendlogs-Consent must hold a JSON object in base64.")
    return {fact: told[fact][:_LONGEST_FACT] for fact in _CONSENT_FACTS if isinstance(told.get(fact), str)}


def _refuse_constant(name: str) -> None:
    """Python reads NaN and Infinity, which are not JSON and which no database takes."""
    raise ValueError(name)
