"""``sendlogs enroll``: let a desk know this computer."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

from agent.cli.options import verb
from agent.cli.output import Output
from agent.cli.session import connect, connection, open_session
from agent.errors import UsageError

_LONGEST_TOKEN_BYTES = 4096  # a token is a line; a wrong file is not read into the memory


@verb(example="sendlogs enroll desk:https://desk.example --token-file token.txt")
@click.argument("endpoint")
@click.option("--token-file", metavar="FILE|-", help="The file with the token; - or no terminal: stdin.")
def command(output: Output, endpoint: str, token_file: str | None) -> None:
    """Enrol this computer with a one-time token from the administrator; it then holds a credential of its own.

    The token is asked for without echo, or read from a file or stdin; it is never an argument, since arguments
    can be seen by every account of the computer.
    """
    from agent import endpoints, identity

    session = open_session()
    scheme, _ = endpoints.split_address(endpoint)
    if not endpoints.installed()[scheme].capabilities.needs_enrolment:
        raise UsageError(f"A '{scheme}' endpoint needs no enrolment.", advice="Use it at once: sendlogs send --to ...")
    link = connection(endpoint, session.settings)
    enroll = importlib.import_module(f"agent.endpoints.{scheme}").enroll
    enroll(link, _token(output, token_file), identity.computer_id(session.state))
    sentence = connect(endpoint, session.settings).check()
    output.record("enrolled", {"endpoint": endpoint, "message": sentence}, f"Enrolled. {sentence}")


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
