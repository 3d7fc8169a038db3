"""Reads the headers of the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

import base64
import binascii
import re
import uuid

from rest_framework.request import Request

from desk.problems import Problem, ProblemType
from desk.uploads.bundle_store import Announced
from desk.uploads.upload_headers import consent_of, size_bytes_of

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination,checksum"
CHECKSUM_ALGORITHMS = ("sha256", "sha1")  # the protocol asks for sha1 at least
_SHA256_HEX = re.compile(r"[0-9a-f]{64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/=]*")


def require_version(request: Request) -> None:
    """Raise ``Problem`` 412 unless the request speaks our version."""
    if request.headers.get("Tus-Resumable") != VERSION:
        headers = {"Tus-Version": VERSION}
        raise Problem(412, ProblemType.INVALID, f"Tus-Resumable must be {VERSION}.", headers=headers)


def announced_by(request: Request) -> Announced:
    """What a creation says of the bundle. Raise ``Problem`` for what is missing or malformed."""
    metadata = _metadata(request.headers.get("Upload-Metadata", ""))
    try:
        bundle_id = uuid.UUID(_decoded(metadata.get("bundle_id", "")).decode("ascii"))
        sha256 = _decoded(metadata.get("sha256", "")).decode("ascii")
    except ValueError:
        raise Problem(400, ProblemType.INVALID, "Upload-Metadata must hold bundle_id, a UUID, and sha256.") from None
    if not _SHA256_HEX.fullmatch(sha256):
        raise Problem(400, ProblemType.INVALID, "Upload-Metadata must hold sha256 as 64 hexadecimal digits.")
    return Announced(
        bundle_id=bundle_id,
        size_bytes=size_bytes_of(request.headers.get("Upload-Length", ""), "Upload-Length"),
        sha256=sha256,
        consent=consent_of(metadata.get("consent", "")),
    )


def _metadata(written: str) -> dict[str, str]:
    """Key → base64: pairs between commas, key and value between spaces; a key may stand alone."""
    pairs = [pair.split() for pair in written.split(",")]
    return {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs if pair}


def _decoded(written: str) -> bytes:
    if not _BASE64.fullmatch(written):
        raise ValueError(written)
    return base64.b64decode(written, validate=True)


def offset_told(request: Request) -> int:
    """Where the piece goes. Raise ``Problem``."""
    written = request.headers.get("Upload-Offset", "")
    if not (written.isascii() and written.isdigit() and len(written) < 20):
        raise Problem(400, ProblemType.INVALID, "A piece must say its Upload-Offset.")
    return int(written)


def checksum_told(request: Request) -> tuple[str, bytes] | None:
    """The piece's checksum: algorithm and digest; ``None`` without one. Raise ``Problem`` 400, as the protocol says."""
    written = request.headers.get("Upload-Checksum")
    if written is None:
        return None
    algorithm, _, encoded = written.strip().partition(" ")
    try:
        digest = _decoded(encoded)
    except (ValueError, binascii.Error):
        digest = b""
    if algorithm not in CHECKSUM_ALGORITHMS or not digest:
        raise Problem(400, ProblemType.INVALID, f"Upload-Checksum must be one of {', '.join(CHECKSUM_ALGORITHMS)}.")
    return algorithm, digest
