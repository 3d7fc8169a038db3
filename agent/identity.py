"""Who this device is: its public id, its secret, the keys derived from it, and where its credentials lie.

All of it lives in the state folder and is made once. A file that is there but unusable is an error and never a
reason to make a new one: a new id would appear as another computer at the desk, and a new secret would give
every address and user a new stand-in in the middle of a ticket.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from agent import file_lock
from agent.errors import StorageError, UsageError
from agent.signature import PublicKey, SigningKey
from agent.storage import storage_errors
from config.private_files import make_private_folder, read_private, remove_cut_short, write_private

_SECRET_BYTES = 32  # 256 bit, as the keys derived from it
_KEY_BYTES = 32
_SIGNING_KEY = "signing-key"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def computer_id(state: Path) -> str:
    """This computer's random UUID, made at the first call. Raise ``StorageError`` when its file is damaged."""
    file = state / "computer-id"
    found = made_once(file, lambda: f"{uuid.uuid4()}\n".encode("ascii"))
    try:
        return str(uuid.UUID(found.decode("ascii").strip()))
    except ValueError as error:
        raise _damaged(file, "computer ID", "this computer then counts as a new one, and must be enrolled") from error


def has_computer_id(state: Path) -> bool:
    """Whether this computer has its ID already; asking makes nothing."""
    return (state / "computer-id").is_file()


def device_secret(state: Path) -> bytes:
    """32 random bytes that never leave this machine, made at the first call.

    Raise ``StorageError`` when their file is damaged or was open to others.
    """
    file = state / "device-secret"
    found = made_once(file, lambda: secrets.token_bytes(_SECRET_BYTES))
    if len(found) != _SECRET_BYTES:
        raise _damaged(file, "device secret", "stand-ins in later bundles then differ from those in earlier ones")
    return found


def pseudonym_key(state: Path, scope: str) -> bytes:
    """The 32-byte key of the stand-ins of one ticket: blake2b of ``scope``, keyed with the device secret.

    Equal scopes have equal keys; without the secret no key tells anything about another (RFC 7693, keyed mode).
    """
    keyed = hashlib.blake2b(scope.encode(), key=device_secret(state), digest_size=_KEY_BYTES, person=b"sendlogs-pseudo")
    return keyed.digest()


def signing_key(state: Path) -> SigningKey:
    """The key that signs this device's bundles and never leaves this machine, made at the first call.

    Raise ``StorageError`` when its file is damaged or was open to others.
    """
    file = state / _SIGNING_KEY
    found = made_once(file, lambda: SigningKey.made_now().stored)
    try:
        return SigningKey(found)
    except ValueError as error:
        raise _damaged(
            file, "signing key", "later bundles are then signed by a new key, which support must be told"
        ) from error


def known_signer(state: Path) -> PublicKey | None:
    """The public half of that key if there is one already; asking makes nothing. Raise as ``signing_key`` does."""
    return signing_key(state).public if (state / _SIGNING_KEY).is_file() else None


def credential_file(state: Path, endpoint: str) -> Path:
    """Where this device's credential for ``endpoint`` lies, if it has one; its folder is made, the file is not."""
    name = hashlib.sha256(normalised_endpoint(endpoint).encode()).hexdigest()
    with storage_errors(state):
        return make_private_folder(state / "credentials") / name


def made_once(file: Path, make: Callable[[], bytes]) -> bytes:
    """What is in ``file``; when there is none, ``make()`` put there by exactly one of the processes that ask.

    Raise ``StorageError``, also when others may read the file.
    """
    with storage_errors(file):
        if not file.exists():
            make_private_folder(file.parent)
            with file_lock.hold(file.parent / "identity.lock", "Another sendlogs is starting.", wait_seconds=10.0):
                remove_cut_short(file)
                if not file.exists():
                    write_private(file, make())
        return read_private(file)


def normalised_endpoint(endpoint: str) -> str:
    """``endpoint`` as every spelling of it is written: web addresses by RFC 3986 §6.2, folders absolute.

    Raise ``UsageError`` for a web address that holds a user name, a query, or no host.
    """
    scheme, _, address = endpoint.partition(":")
    if scheme == "folder":
        return f"folder:{Path(address).expanduser().absolute()}"
    return f"{scheme}:{normalised_url(address)}"


def normalised_url(address: str) -> str:
    """A web address with lower-case scheme and host, no default port, no slash at the end.

    Raise ``UsageError`` when it is not http(s), or holds what does not belong into an endpoint's address. The
    message does not repeat the address: somebody may have put a password into it.
    """
    try:
        parts = urlsplit(address.strip())
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError("That is not a web address.", advice=_URL_ADVICE) from error
    if scheme not in _DEFAULT_PORTS or not host:
        raise UsageError("That is not a web address.", advice=_URL_ADVICE)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UsageError("An endpoint's address holds no user name, password, '?' or '#'.", advice=_URL_ADVICE)
    shown_host = f"[{host}]" if ":" in host else host
    shown_port = f":{port}" if port not in (None, _DEFAULT_PORTS[scheme]) else ""
    return f"{scheme}://{shown_host}{shown_port}{parts.path.rstrip('/')}"


_URL_ADVICE = "Write it like https://desk.example or https://desk.example:8443."


def _damaged(file: Path, what: str, consequence: str) -> StorageError:
    advice = f"Put it back from a backup. If there is none, delete the file; {consequence}."
    return StorageError(f"{file} is damaged: it holds no {what}.", advice=advice)
