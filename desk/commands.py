"""The desk's commands: what ``sendlogs-desk`` and ``python -m desk`` run.

serve             run the desk; the first start makes everything it needs
enrollment-token  print a token by which a device enrols
relay-credential  print a credential by which 'sendlogs relay' passes tickets on to another tracker
champion          make an account, with a role, or give it a new password
request, token, audit, keys, device   see desk.collecting.request_commands
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from config import program_start
from config.private_files import make_private_folder
from desk.collecting import request_commands
from desk.public_url import UnsafeAddress
from desk.serve import CannotServe, require_startable, serve

EXIT_CANNOT = 1
_LONGEST_TOKEN_HOURS = 24 * 90
_LONGEST_GROUP = 64  # characters


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 cannot (with a sentence), 2 wrong usage, 130 interrupted.

    Those from 3 on say how a request that was followed came to nothing: docs/exit-codes.md.
    """
    words = _parser().parse_args(_state_last(sys.argv[1:] if arguments is None else arguments))
    os.umask(0o077)  # everything the desk or its database makes is owner-only
    try:
        program_start.interrupts_are_caught()
        state_folder = words.state.absolute()
        os.environ["SENDLOGS_DESK_STATE"] = str(state_folder)
        os.environ["DJANGO_SETTINGS_MODULE"] = "desk.settings"
        words.run(words, state_folder)
    except (CannotServe, UnsafeAddress, OSError) as problem:
        print(f"sendlogs-desk: {_sentence(problem)}", file=sys.stderr)  # noqa: T201 - the edge of the program
        return getattr(problem, "exit_code", EXIT_CANNOT)
    except KeyboardInterrupt:
        return program_start.EXIT_INTERRUPTED
    return 0


def _sentence(problem: Exception) -> str:
    if not (isinstance(problem, OSError) and problem.filename and problem.strerror):
        return str(problem)
    told = f"{problem.filename} cannot be used: {problem.strerror}."
    is_anothers = isinstance(problem, PermissionError)
    return f"{told} Run this as the account that the desk runs as, which --state belongs to." if is_anothers else told


def _serve(words: argparse.Namespace, state_folder: Path) -> None:
    if not state_folder.exists():
        require_startable(words.host, words.port, words.url)  # before there is anything of a desk
    make_private_folder(state_folder)
    serve(state_folder=state_folder, host=words.host, port=words.port, url=words.url)


def _enrollment_token(words: argparse.Namespace, state_folder: Path) -> None:
    _set_up_made(state_folder)
    from desk.enrolment import make_token

    token = make_token(valid_for=timedelta(hours=words.hours), uses=words.count, group=words.group)
    print(token)  # noqa: T201 - the answer


def _relay_credential(words: argparse.Namespace, state_folder: Path) -> None:
    _set_up_made(state_folder)
    from desk.relay import make_relay

    print(make_relay(words.name))  # noqa: T201 - the answer


def _champion(words: argparse.Namespace, state_folder: Path) -> None:
    _set_up_made(state_folder)
    from desk.first_start import make_champion
    from desk.roles import Role, UnknownQueue

    role = Role(words.role) if words.role else None
    try:
        password = make_champion(
            words.name, role=role, queues=words.queue, forget_second_factor=words.forget_second_factor
        )
    except UnknownQueue as unknown:
        raise CannotServe(str(unknown)) from None
    print(password)  # noqa: T201 - the answer


def _on_desk(run: request_commands.Run) -> Callable[[argparse.Namespace, Path], None]:
    def run_on_desk(words: argparse.Namespace, state_folder: Path) -> None:
        _set_up_made(state_folder)
        run(words)

    return run_on_desk


def _set_up_made(state_folder: Path) -> None:
    """Set Django up on a desk that was served at least once. Raise ``CannotServe`` if it was not."""
    if not (state_folder / "secret-key").exists():  # made by the first start
        raise CannotServe(f"There is no desk in {state_folder} yet: start it once with 'serve'.")
    make_private_folder(state_folder)  # it is there, and is to be the desk's alone
    import django

    from desk.database import WrongDatabase

    try:
        django.setup()
    except WrongDatabase as wrong:
        raise CannotServe(str(wrong)) from None


def _state_last(arguments: Sequence[str]) -> list[str]:
    """``--state DIR`` behind all else: argparse takes no word that may be missing, such as an ID, behind an option."""
    at = arguments.index("--state") if "--state" in arguments else len(arguments)
    return [*arguments[:at], *arguments[at + 2 :], *arguments[at : at + 2]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sendlogs-desk", description="The embedded ticketing desk of sendlogs.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    state = argparse.ArgumentParser(add_help=False)
    state.add_argument("--state", type=Path, required=True, metavar="DIR", help="the folder of all the desk keeps")

    command = commands.add_parser("serve", parents=[state], help="run the desk")
    command.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    command.add_argument("--port", type=_whole_number(0, 65535), default=8750, help="0 picks a free one (%(default)s)")
    command.add_argument("--url", help="the https address by which champions and devices reach the desk")
    command.set_defaults(run=_serve)

    command = commands.add_parser("enrollment-token", parents=[state], help="print a token by which a device enrols")
    command.add_argument("--count", type=_whole_number(1, 100_000), default=1, help="devices it serves (%(default)s)")
    command.add_argument(
        "--hours", type=_whole_number(1, _LONGEST_TOKEN_HOURS), default=24, help="how long it is good (%(default)s)"
    )
    command.add_argument("--group", type=_group, default="", help="of the devices that enrol by it")
    command.set_defaults(run=_enrollment_token)

    told = "print a credential for 'sendlogs relay'; that of the same name before is worth nothing then"
    command = commands.add_parser("relay-credential", parents=[state], help=told)
    command.add_argument("name", metavar="NAME", help="what the relay is called, such as the tracker's name")
    command.set_defaults(run=_relay_credential)

    command = commands.add_parser("champion", parents=[state], help="make an account, or give it a new password")
    command.add_argument("name", metavar="NAME")
    role = command.add_mutually_exclusive_group()
    # The names of desk.roles.Role, which cannot be read before Django is set up.
    role.add_argument("--role", choices=["champion", "manager", "administrator", "auditor"], help="what it may do")
    role.add_argument("--administrator", action="store_const", dest="role", const="administrator", help="the same")
    command.add_argument("--queue", action="append", default=[], metavar="QUEUE", help="one it works (all); repeatable")
    command.add_argument("--forget-second-factor", action="store_true", help="so that it can be set up anew")
    command.set_defaults(run=_champion)

    request_commands.add(commands, state, _on_desk)
    return parser


def _group(written: str) -> str:
    if not (written.isprintable() and len(written.strip()) <= _LONGEST_GROUP):
        raise argparse.ArgumentTypeError(f"must be a name of at most {_LONGEST_GROUP} characters")
    return written.strip()


def _whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    def read(written: str) -> int:
        number = int(written)
        if not lowest <= number <= highest:
            raise argparse.ArgumentTypeError(f"must be between {lowest} and {highest}")
        return number

    return read
