"""Who signed a bundle's manifest, as the desk finds by itself: an Ed25519 signature in the form of OpenSSH.

The form: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig. The agent writes it; the desk shares
no code with the agent, and believes neither the archive nor the manifest. A good signature says that the manifest is
what the owner of that key made; whose key it is, the fingerprint tells, which ``sendlogs id --key`` prints.
"""

from __future__ import annotations

import base64
import hashlib
from struct import pack

from desk.ed25519 import fingerprint, fits

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
    signer = _signer(manifest, signature)
    return {"state": "signed" if signer and signer == named else "bad", "fingerprint": signer}


def _signer(message: bytes, signature: bytes) -> str:
    """The fingerprint of the key whose signature this is, or nothing."""
    try:
        blob = base64.b64decode(b"".join(signature.splitlines()[1:-1]), validate=True)
        key_at = len(_FIXED_BEFORE_KEY)
        key, number = blob[key_at : key_at + 32], blob[-64:]
        if signature != _written(key, number) or not fits(key, _signed(message), number):
            return ""
    except ValueError:
        return ""
    return fingerprint(key)


def _signed(message: bytes) -> bytes:
    """What the key signs instead of the message itself (PROTOCOL.sshsig, "Signed Data")."""
    digest = hashlib.sha512(message).digest()
    signed = b"SSHSIG" + pack(">I", len(_NAMESPACE)) + _NAMESPACE + pack(">II", 0, 6) + b"sha512"
    return signed + pack(">I", len(digest)) + digest


def _written(key: bytes, number: bytes) -> bytes:
    """The one text that a signature has: everything else in it is fixed."""
    text = base64.b64encode(_FIXED_BEFORE_KEY + key + _FIXED_AFTER_KEY + number)
    lines = [text[at : at + _LINE_CHARACTERS] for at in range(0, len(text), _LINE_CHARACTERS)]
    return b"\n".join([b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----", b""])
