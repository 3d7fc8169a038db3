"""``sendlogs relay``: pass tickets and bundles of a desk on to another tracker."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from agent.cli.options import FilePath, verb
from agent.cli.output import Output
from agent.cli.session import connect, connection, open_session
from agent.errors import EXIT_QUEUED, EndpointError


@verb(
    example="sendlogs relay --desk https://desk.example --desk-credential /etc/sendlogs/relay "
    "--to request_tracker:https://rt.example"
)
@click.option("--desk", "desk_url", metavar="URL", required=True, help="The desk whose tickets are passed on.")
@click.option(
    "--desk-credential",
    metavar="FILE",
    required=True,
    type=FilePath(),
    help="What 'sendlogs-desk relay-credential' printed; readable by you alone.",
)
@click.option("--to", "tracker", metavar="ENDPOINT", required=True, help="The tracker, enrolled before.")
def command(output: Output, desk_url: str, desk_credential: Path, tracker: str) -> int | None:
    """Pass what waits at a desk on to another tracker, once; run it by a timer, beside the desk.

    A ticket is opened there once, each bundle attached once, and the desk is told number and link, or the problem.
    Exit code 4: something still waits for a server that cannot be reached; 20: something was refused.
    """
    from agent import file_lock, relay, workspace

    session = open_session()
    link = dataclasses.replace(connection(f"desk:{desk_url}", session.settings), credential_file=desk_credential)
    file_bytes = session.largest_file_bytes(tracker)
    troubles: list[relay.PassedOn] = []
    with (
        file_lock.hold(session.state / ".relay.lock", "Another relay is at work here."),
        workspace.private_work_folder(session.state) as work,
    ):
        desk = relay.RelayDesk(link)
        to = connect(tracker, session.settings)
        for passed in relay.pass_on(desk, to, tracker, work, file_bytes=file_bytes):
            output.record("passed_on", dataclasses.asdict(passed), _told(passed))
            troubles += [passed] if passed.problem else []
    if not troubles:
        return None
    return EXIT_QUEUED if all(trouble.is_temporary for trouble in troubles) else EndpointError.exit_code


def _told(passed: object) -> str:
    from agent.relay import PassedOn

    assert isinstance(passed, PassedOn)
    what = f"bundle {passed.bundle_id} of ticket {passed.number}" if passed.bundle_id else f"ticket {passed.number}"
    if passed.problem:
        return f"Not passed on: {what}: {passed.problem}"
    return f"Passed on: {what} -> {passed.tracker_number}\n  {passed.link}"
