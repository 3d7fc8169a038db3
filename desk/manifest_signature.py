"""Who signed a bundle's manifest, as the desk finds by itself: an Ed25519 signature in the form of OpenSSH.

The form: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig. The agent writes it; the desk shares
no code with the agent, and believes neither the archive nor the manifest. A good signature says that the manifest is
what the owner of that key made; whose key it is, the fingerprint tells, which ``sendlogs id --key`` prints.
"""

from __future__ import annotations

import base64
import hashlib
from struct import pack

NAME = "manifest.sig"
LIMIT_BYTES = 4096  # a signature has some 300
_NAMESPACE = b"sendlogs-manifest"
_LINE_CHARACTERS = 70
_FIXED_BEFORE_KEY = b"SSHSIG" + pack(">III", 1, 51, 11) + b"ssh-ed25519" + pack(">I", 32)
_FIXED_AFTER_KEY = (
    pack(">I", len(_NAMESPACE))
    + _NAMESPACE
    + pack(">II", 0, 6)
    + b"sha512"
    + pack(">II", 83, 11)
    + b"ssh-ed25519"
    + pack(">I", 64)
)


def checked(manifest: bytes, named: object, signature: bytes | None) -> dict[str, str]:
    """``{"state": "signed" | "unsigned" | "bad", "fingerprint": …}``; ``named`` is the key that the manifest names."""
    if signature is None:
        return {"state": "unsigned" if named is None else "bad", "fingerprint": ""}
    fingerprint = _signer(manifest, signature)
    return {"state": "signed" if fingerprint and fingerprint == named else "bad", "fingerprint": fingerprint}


def _signer(message: bytes, signature: bytes) -> str:
    """The fingerprint of the key whose signature this is, or nothing."""
    from Cryptodome.Signature import eddsa

    try:
        blob = base64.b64decode(b"".join(signature.splitlines()[1:-1]), validate=True)
        key_at = len(_FIXED_BEFORE_KEY)
        key, number = blob[key_at : key_at + 32], blob[-64:]
        if signature != _written(key, number) or _is_weak(key):
            return ""
        digest = hashlib.sha512(message).digest()
        signed = b"SSHSIG" + pack(">I", len(_NAMESPACE)) + _NAMESPACE + pack(">II", 0, 6) + b"sha512"
        verifier = eddsa.new(eddsa.import_public_key(key), "rfc8032")
        verifier.verify(signed + pack(">I", len(digest)) + digest, number)
    except ValueError:
        return ""
    blob = pack(">I", 11) + b"ssh-ed25519" + pack(">I", 32) + key
    return f"SHA256:{base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip('=')}"


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


def _is_weak(key: bytes) -> bool:
    return int.from_bytes(key, "little") & (2**255 - 1) in _SMALL_ORDER


def _written(key: bytes, number: bytes) -> bytes:
    """The one text that a signature has: everything else in it is fixed."""
    text = base64.b64encode(_FIXED_BEFORE_KEY + key + _FIXED_AFTER_KEY + number)
    lines = [text[at : at + _LINE_CHARACTERS] for at in range(0, len(text), _LINE_CHARACTERS)]
    return b"\n".join([b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----", b""])
