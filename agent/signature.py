"""A device's signature over the manifest of a bundle: Ed25519 in the form of OpenSSH, which every computer can check.

The form is OpenSSH's (https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig), and fingerprints are
written as ``ssh-keygen -l`` writes them, so that nobody needs this program, nor has to trust it, to check a signature:

    ssh-keygen -Y check-novalidate -n sendlogs-manifest -s manifest.sig < manifest.json

The signature holds the public key. Whoever makes a bundle can make a key too, so that a good signature alone says that
nothing was changed since; who signed is known to those who compare the fingerprint. What is no signature letter by
letter as written here is none, so that nothing else can hide in it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import struct
from dataclasses import dataclass, field

_SEED_BYTES = _PUBLIC_BYTES = 32  # RFC 8032 §5.1.5
_SIGNATURE_BYTES = 64
_ALGORITHM = b"ssh-ed25519"
_MAGIC = b"SSHSIG"
_VERSION = 1
_NAMESPACE = b"sendlogs-manifest"  # a signature made for another purpose is none here
_HASH = b"sha512"
_LINE_CHARACTERS = 70  # as ssh-keygen wraps
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----\n"
# Where the public key begins: all lengths are fixed.
_PUBLIC_AT = len(_MAGIC) + 4 + 4 + 4 + len(_ALGORITHM) + 4
LIMIT_BYTES = 1024  # more than any signature has


class BadSignature(Exception):
    """A sentence that says what is wrong with a signature."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What others know a device by."""

    raw: bytes

    @property
    def fingerprint(self) -> str:
        """``SHA256:`` and 43 letters, as ``ssh-keygen -l`` shows it."""
        return f"SHA256:{base64.b64encode(hashlib.sha256(self._blob).digest()).decode().rstrip('=')}"

    @property
    def line(self) -> str:
        """The line of a ``.pub`` file of OpenSSH, without a comment."""
        return f"{_ALGORITHM.decode()} {base64.b64encode(self._blob).decode()}"

    @property
    def is_weak(self) -> bool:
        """Whether it is no key but a point of small order, "by" which a signature fits every message."""
        return int.from_bytes(self.raw, "little") & (2**255 - 1) in _SMALL_ORDER

    def fits(self, message: bytes, number: bytes) -> bool:
        """Whether ``number`` is this key's signature over exactly ``message``: 64 bytes, RFC 8032 §5.1.7, S below L."""
        from Cryptodome.Signature import eddsa

        if self.is_weak or int.from_bytes(number[_SIGNATURE_BYTES // 2 :], "little") >= _ORDER:
            return False
        try:
            eddsa.new(eddsa.import_public_key(self.raw), "rfc8032").verify(message, number)
        except ValueError:
            return False
        return True

    @property
    def _blob(self) -> bytes:
        return _string(_ALGORITHM) + _string(self.raw)

    @staticmethod
    def of_line(line: str) -> PublicKey:
        """The key in a line of a ``.pub`` file. Raise ``ValueError``."""
        words = line.split()
        blob = base64.b64decode(words[1], validate=True) if words[:1] == [_ALGORITHM.decode()] and words[1:] else b""
        key = PublicKey(blob[-_PUBLIC_BYTES:])
        if key._blob != blob:
            raise ValueError("no Ed25519 key in the form of OpenSSH")
        return key


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The device's own: 32 secret bytes and the public key that belongs to them, as they are stored."""

    stored: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` if the halves do not belong together: then it is damaged."""
        if len(self.stored) != _SEED_BYTES + _PUBLIC_BYTES or _public_of(self._seed) != self.public.raw:
            raise ValueError("no signing key")

    @staticmethod
    def made_now() -> SigningKey:
        """A key that nobody had before."""
        seed = secrets.token_bytes(_SEED_BYTES)
        return SigningKey(seed + _public_of(seed))

    @property
    def _seed(self) -> bytes:
        return self.stored[:_SEED_BYTES]

    @property
    def public(self) -> PublicKey:
        """What others may know."""
        return PublicKey(self.stored[_SEED_BYTES:])

    def sign(self, message: bytes) -> bytes:
        """The signature as a text file; equal messages have equal ones (RFC 8032)."""
        from Cryptodome.Signature import eddsa

        key = eddsa.import_private_key(self._seed)
        return _armoured(self.public, eddsa.new(key, "rfc8032").sign(_signed(message)))


def signer(signature: bytes, message: bytes) -> PublicKey:
    """Whose ``signature`` over exactly ``message`` this is, both from whomever. Raise ``BadSignature``."""
    public, raw = _parsed(signature)
    if public.is_weak:
        raise BadSignature("The signature is by a key that would fit every manifest.")
    if not public.fits(_signed(message), raw):
        raise BadSignature("The signature does not fit the manifest: one of them was changed.")
    return public


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
_ORDER = 2**252 + 27742317777372353535851937790883648493  # "L" of RFC 8032 §5.1: a signature's S is below it


def is_fingerprint(text: str) -> bool:
    """Whether ``text`` is written as ``PublicKey.fingerprint`` is."""
    return re.fullmatch("SHA256:[A-Za-z0-9+/]{43}", text) is not None


def is_signature(data: bytes) -> bool:
    """Whether ``data`` is a signature by its form: then it holds a key and a number, and nothing else."""
    try:
        _parsed(data)
    except BadSignature:
        return False
    return True


def _public_of(seed: bytes) -> bytes:
    from Cryptodome.Signature import eddsa

    public: bytes = eddsa.import_private_key(seed).public_key().export_key(format="raw")
    return public


def _string(data: bytes) -> bytes:
    """A string as SSH writes it (RFC 4251 §5)."""
    return struct.pack(">I", len(data)) + data


def _signed(message: bytes) -> bytes:
    """What the key signs instead of the message itself (PROTOCOL.sshsig, "Signed Data")."""
    return _MAGIC + _string(_NAMESPACE) + _string(b"") + _string(_HASH) + _string(hashlib.sha512(message).digest())


def _armoured(public: PublicKey, raw: bytes) -> bytes:
    blob = b"".join(
        [
            _MAGIC,
            struct.pack(">I", _VERSION),
            _string(_string(_ALGORITHM) + _string(public.raw)),
            _string(_NAMESPACE),
            _string(b""),
            _string(_HASH),
            _string(_string(_ALGORITHM) + _string(raw)),
        ]
    )
    text = base64.b64encode(blob).decode()
    lines = [text[at : at + _LINE_CHARACTERS] + "\n" for at in range(0, len(text), _LINE_CHARACTERS)]
    return "".join([_BEGIN, *lines, _END]).encode()


def _parsed(signature: bytes) -> tuple[PublicKey, bytes]:
    """The key, and the number that only its owner could make. All other bytes are the same in every signature."""
    try:
        body = signature.decode("ascii").removeprefix(_BEGIN).removesuffix(_END).replace("\n", "")
        blob = base64.b64decode(body, validate=True)
    except (UnicodeDecodeError, binascii.Error):
        blob = b""
    public, raw = PublicKey(blob[_PUBLIC_AT : _PUBLIC_AT + _PUBLIC_BYTES]), blob[-_SIGNATURE_BYTES:]
    if _armoured(public, raw) != signature:
        raise BadSignature("The signature is none: it is cut short, or something else.")
    return public, raw
