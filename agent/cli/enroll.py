"""``sendlogs enroll``: let a desk know this computer."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from agent.cli.options import verb
from agent.cli.output import Output
from agent.cli.session import connect, connection, open_session
from agent.errors import Ambiguous, StorageError, UsageError

_LONGEST_TOKEN_BYTES = 4096  # a token is a line; a wrong file is not read into the memory


@verb(example="sendlogs enroll desk:https://desk.example --token-file token.txt")
@click.argument("endpoint")
@click.option("--token-file", metavar="FILE|-", help="The file with the token; - or no terminal: stdin.")
@click.option("--rotate", is_flag=True, help="Change the credential that a desk gave before for a new one.")
def command(output: Output, endpoint: str, token_file: str | None, *, rotate: bool) -> None:
    """Enrol this computer with a one-time token from the administrator; it then holds a credential of its own.

    The token is asked for without echo, or read from a file or stdin; it is never an argument, since arguments
    can be seen by every account of the computer.

    A desk is told the key by which this computer signs, and its own key is pinned: only what that one signs is
    believed to be a champion's request. --rotate takes no token; the old credential works until the new one was used.

    A computer that enrols again and whose credential is still good stays the device that it is, with its tickets and
    a new credential. Otherwise, as after it was revoked, it becomes a new device, and says so.
    """
    from agent import audit, endpoints, identity

    session = open_session()
    scheme, _ = endpoints.split_address(endpoint)
    if not endpoints.installed()[scheme].capabilities.needs_enrolment:
        raise UsageError(f"A '{scheme}' endpoint needs no enrolment.", advice="Use it at once: sendlogs send --to ...")
    link, before = connection(endpoint, session.settings), _device_id(session.state, endpoint)
    module = importlib.import_module(f"agent.endpoints.{scheme}")
    if rotate:
        if not hasattr(module, "rotate") or token_file is not None:
            raise UsageError("--rotate is for a desk that this computer is enrolled with, and takes no token.")
        module.rotate(link)
    else:
        own = identity.computer_id(session.state), identity.signing_key(session.state).public.line
        with _lost_answers_told():
            module.enroll(link, _token(output, token_file), *own)
    told, pinned = _told_of_pin(session.state, endpoint)
    audit.append(
        session.state, "credential-rotated" if rotate else "enrolled", identity.normalised_endpoint(endpoint), told
    )
    sentence = connect(endpoint, session.settings).check()
    if not rotate and before is not None:
        told = f"{told}\n{_AS_BEFORE if before == _device_id(session.state, endpoint) else _ANEW.format(before)}"
    values = {"endpoint": endpoint, "message": sentence, "desk_key": pinned}
    text = f"{'The credential is new.' if rotate else 'Enrolled.'} {sentence}"
    output.record("enrolled", values, f"{text}\n{told}" if told else text)


@contextmanager
def _lost_answers_told() -> Iterator[None]:
    """Say of an answer that was lost what it means here, where no bundle waits."""
    try:
        yield
    except Ambiguous as lost:
        raise Ambiguous(str(lost), advice=_LOST) from None


_LOST = (
    "Nothing is kept here. See that the address is right (https or http, and the port) and enrol once more; "
    "if the token is used up then, ask your administrator for a new one."
)
_AS_BEFORE = (
    "It was enrolled there: it stays that device, with its tickets, and the credential of before is worth nothing."
)
_ANEW = (
    "It was enrolled there as device {}, whose credential the desk takes no more: it is a new device now. The tickets "
    "of before take nothing more from this computer, and nothing can be asked on them; open new ones."
)


def _device_id(state: Path, endpoint: str) -> str | None:
    """As which device this computer is pinned at that desk, if it is and that can be read."""
    from agent.remote import pins

    try:
        pin = pins.pinned(state, endpoint)
    except StorageError:  # enrolling anew mends it
        return None
    return None if pin is None else pin.device_id


def _told_of_pin(state: Path, endpoint: str) -> tuple[str, str | None]:
    """A sentence on the desk's key and its fingerprint; nothing where there is none."""
    from agent.remote import pins

    pin = pins.pinned(state, endpoint)
    if pin is None:
        return "", None
    return f"The desk signs with the key {pin.desk_key.fingerprint}.", pin.desk_key.fingerprint


def _token(output: Output, token_file: str | None) -> str:
    if token_file is None and sys.stdin.isatty():
        output.quiet()
        return str(click.prompt("Enrolment token", hide_input=True, err=True)).strip()
    if token_file in (None, "-"):
        raw = sys.stdin.buffer.read(_LONGEST_TOKEN_BYTES)
    else:
        with Path(str(token_file)).open("rb") as file:
            raw = file.read(_LONGEST_TOKEN_BYTES)
    token = raw.decode("utf-8", "replace").strip()
    if not token:
        raise UsageError("There is no token.", advice="Ask your administrator for one, or add --token-file FILE.")
    return token
