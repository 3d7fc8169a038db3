"""``sendlogs service``: the background process, and what it does and did."""

from __future__ import annotations

import os
import sys

import click

from agent.cli.options import VerbGroup, json_option, verb
from agent.cli.output import Output
from agent.cli.session import open_session
from agent.errors import Busy, StorageError, UsageError
from config import ConfigurationProblem, places

_NO_DESK = "none is set: set 'endpoint' to desk:URL, then sendlogs enroll"
_SHORTER = "Move what the folder holds there, and start the service anew: docs/settings.md"
_SYSTEMD_DOES = "On this system the service is started by systemd or the like, not by sendlogs."


@click.group(
    "service",
    cls=VerbGroup,
    invoke_without_command=True,
    help=(
        "Run in the foreground until told to end, as systemd starts it: hear champions' requests, deliver what waits. "
        "Exit code 0: told to end; 3: the settings cannot be used; 10: another one runs on this state folder."
    ),
)
@json_option
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> None:
    """Become the process that stays: this one has loaded ten times what that needs."""
    if context.invoked_subcommand is not None:
        return
    words = [sys.executable, "-I", "-m", "agent.service", *(["--json"] if as_json else [])]
    if sys.platform == "win32":  # which cannot put another program into a process
        from agent.service.child import run_beside

        context.exit(run_beside(words))
    else:
        # One heap for its few threads, and freed memory given back: by 1.5 MB less than glibc otherwise keeps.
        sparing = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"} | dict(os.environ)
        os.execve(sys.executable, words, sparing)  # noqa: S606 - our own program, so that systemd keeps its process


command.example = "sendlogs service"


def ask(question: str, **more: object) -> dict[str, object]:
    """What the running service answers. Raise ``Busy`` when none can be asked, ``UsageError`` with its no."""
    from agent.service import channel

    try:
        state = open_session().settings.state_folder
    except ConfigurationProblem:  # the service runs on with the old settings, and says what is wrong with these
        state = places.default_state_folder()
    try:
        return channel.ask(state, question, more)
    except PermissionError as error:
        raise StorageError(
            f"The service of {state} is another user's.", advice="Ask as that user, or as root."
        ) from error
    except channel.PathTooLong as error:
        raise StorageError(f"No service of {state} can be asked: {error}.", advice=_SHORTER) from error
    except (OSError, EOFError) as error:
        advice = "Start it with 'sendlogs service'; docs/administrators.md says how to ask one that is another user's."
        raise Busy(f"No sendlogs service answers for {state}.", advice=advice) from error
    except ValueError as no:
        raise UsageError(str(no)) from no


@command.add_command
@verb(name="status", example="sendlogs service status")
def status(output: Output) -> None:
    """Tell what the service does and did: since when, the desk, requests, the outbox, the last trouble.

    Exit code 10: no service answers.
    """
    told = ask("status")
    output.record("status", told, "\n".join(_lines(told)))


def _lines(told: dict[str, object]) -> list[str]:
    box, ended = told["outbox"], told["ended"]
    assert isinstance(box, dict)
    assert isinstance(ended, dict)
    desk = f"{told['desk']}, last heard {told['desk_reached_at'] or 'never'}" if told["desk"] else _NO_DESK
    if told["desk_trouble"]:
        desk += f"; not now: {told['desk_trouble']}"
    crashes = told["crashes"]
    assert isinstance(crashes, dict)
    due = box["next_attempt_seconds"]
    lines = [
        f"Up since   {told['up_since']}, process {told['pid']}, version {told['agent_version']}",
        f"Desk       {desk}",
        f"Requests   {told['waiting_for_an_answer']} to answer, {told['in_work']} in work; policy: {told['policy']}",
        "Ended      " + (", ".join(f"{count} {name}" for name, count in ended.items()) or "none yet"),
        f"Outbox     {box['waiting']} bundles wait" + ("" if due is None else f", next look in {due:.0f} s"),
        f"Crashes    {crashes['kept']} kept ('sendlogs crashes'); of {len(crashes['watched'])} applications watched",
    ]
    troubles = [("Settings", told["settings_trouble"]), ("Outbox", box["trouble"])]
    return [*lines, *(f"Trouble    {where}: {sentence}" for where, sentence in troubles if sentence)]


@command.add_command
@verb(name="install", example="sendlogs service install")
def install(output: Output) -> None:
    """Let Windows start the service with the computer, as the system's own account; only for administrators.

    Elsewhere systemd or the like does that: docs/administrators.md. Exit code 9: it may not be done, or not safely.
    """
    if sys.platform == "win32":
        from agent.service import windows_list

        windows_list.install()
        output.record("installed", {}, "Installed. It starts with the computer; now: sc start sendlogs")
    else:
        raise UsageError(_SYSTEMD_DOES, advice="See docs/administrators.md, 'The service'.")


@command.add_command
@verb(name="remove", example="sendlogs service remove")
def remove(output: Output) -> None:
    """End the service and let Windows start it no more; what it kept stays where it is."""
    if sys.platform == "win32":
        from agent.service import windows_list

        windows_list.remove()
        output.record("removed", {}, "Removed.")
    else:
        raise UsageError(_SYSTEMD_DOES, advice="See docs/administrators.md, 'The service'.")
