"""Ed25519 as the desk needs it: public keys as OpenSSH writes them, signing, checking.

A key's line is that of a ``.pub`` file, ``ssh-ed25519 AAAA…`` without a comment, in its one spelling; its fingerprint
is what ``ssh-keygen -l`` prints. The arithmetic is pycryptodomex's (RFC 8032).
"""

from __future__ import annotations

import base64
import hashlib
from struct import pack

PUBLIC_BYTES = SEED_BYTES = 32  # RFC 8032 §5.1.5
_BLOB_BEGINS = pack(">I", 11) + b"ssh-ed25519" + pack(">I", PUBLIC_BYTES)
_LINE_BEGINS = "ssh-ed25519 "
# The points of small order of Curve25519, by their y, in each form that decodes: a signature "by" such a key fits every
# message ("Taming the many EdDSAs", Chalkias, Garillot and Nikolaenko 2020, table 6).
_PRIME = 2**255 - 19
_SMALL_ORDER = frozenset(
    {0, 1, _PRIME - 1, _PRIME, _PRIME + 1}
    | {
        int.from_bytes(bytes.fromhex(text), "little")
        for text in (
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        )
    }
)


def is_weak(key: bytes) -> bool:
    """Whether this is a point by which anybody can sign."""
    return int.from_bytes(key, "little") & (2**255 - 1) in _SMALL_ORDER


def line_of(key: bytes) -> str:
    """The line of a public key of 32 bytes."""
    return _LINE_BEGINS + base64.b64encode(_BLOB_BEGINS + key).decode()


def key_of(line: str) -> bytes:
    """The public key of a line. Raise ``ValueError`` for another spelling, a weak key, or no point of the curve."""
    from Cryptodome.Signature import eddsa

    try:
        key = base64.b64decode(line.removeprefix(_LINE_BEGINS), validate=True)[-PUBLIC_BYTES:]
        eddsa.import_public_key(key)
    except ValueError:
        key = b""
    if line_of(key) != line or is_weak(key):
        raise ValueError("no key that a signature could be believed by")
    return key


def fingerprint(key: bytes) -> str:
    """``SHA256:`` and 43 letters."""
    digest = hashlib.sha256(_BLOB_BEGINS + key).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def public_of(seed: bytes) -> bytes:
    """The public key of a secret one, both of 32 bytes."""
    from Cryptodome.Signature import eddsa

    public: bytes = eddsa.import_private_key(seed).public_key().export_key(format="raw")
    return public


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature, 64 bytes."""
    from Cryptodome.Signature import eddsa

    signature: bytes = eddsa.new(eddsa.import_private_key(seed), "rfc8032").sign(message)
    return signature


def fits(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of ``key`` signed exactly ``message``."""
    from Cryptodome.Signature import eddsa

    try:
        eddsa.new(eddsa.import_public_key(key), "rfc8032").verify(message, signature)
    except ValueError:
        return False
    return not is_weak(key)
