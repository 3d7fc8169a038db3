"""``sendlogs id``: the GUID by which support knows this computer, and the key by which it knows its bundles."""

from __future__ import annotations

import click

from agent.cli.options import verb
from agent.cli.output import Output
from agent.cli.session import open_session


@verb(example="sendlogs id --key")
@click.option("--key", is_flag=True, help="Print the key that signs this computer's bundles instead.")
def command(output: Output, *, key: bool) -> None:
    """Print this computer's own GUID; it is made at the first call and stays.

    An application's GUID, where it has one, is found by its profile and stands in the bundle.

    With --key, print the public key whose other half signs this computer's bundles, and its fingerprint. Whoever knows
    it can tell these bundles from anybody else's, with 'sendlogs verify --key'.
    """
    from agent import identity

    state = open_session().state
    found = identity.computer_id(state)
    if not key:
        output.record("id", {"computer_id": found}, found)
        return
    signer = identity.signing_key(state).public
    values = {"computer_id": found, "public_key": signer.line, "fingerprint": signer.fingerprint}
    output.record("id", values, f"{signer.line} {found}\n{signer.fingerprint}")
