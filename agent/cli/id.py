"""``sendlogs id``: the GUID by which support knows this computer."""

from __future__ import annotations

from agent.cli.options import verb
from agent.cli.output import Output
from agent.cli.session import open_session


@verb(example="sendlogs id")
def command(output: Output) -> None:
    """Print this computer's own GUID; it is made at the first call and stays.

    An application's GUID, where it has one, is found by its profile and stands in the bundle.
    """
    from agent import identity

    found = identity.computer_id(open_session().state)
    output.record("id", {"computer_id": found}, found)
