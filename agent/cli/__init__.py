"""The command line: ``sendlogs VERB``.

A verb is a file of this folder with a click command named ``command``; the file's name is the verb. It is
imported only when that verb is meant (or all are listed), and imports what is heavy only when it runs, so that
``--help`` answers at once.

Only this folder knows click and rich. Verbs return an exit code or ``None`` and raise what goes wrong;
``edge`` alone turns that into words and codes.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Sequence

import click

from agent import __version__
from agent.cli import edge


def verbs() -> dict[str, click.Command]:
    """Every verb by name, sorted; found by scanning the folder.

    A frozen build must be told to take these modules along (they are imported by name only).
    """
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return {name: command for name in names if (command := _verb(name)) is not None}


def _verb(name: str) -> click.Command | None:
    if importlib.util.find_spec(f"{__name__}.{name}") is None:
        return None
    command = getattr(importlib.import_module(f"{__name__}.{name}"), "command", None)
    return command if isinstance(command, click.Command) else None


class _Verbs(click.Group):
    """A group that imports a verb's file when the verb is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(verbs())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        return _verb(cmd_name) if cmd_name.isidentifier() else None


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="sendlogs")
def program() -> None:
    """Gather what support needs from this computer, remove what support must not see, attach it to a ticket.

    Start with 'sendlogs plan' (shows, changes nothing) or 'sendlogs send'. Exit codes: docs/exit-codes.md.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with ``arguments`` (default: the process's own) and return its exit code."""
    return edge.run(program, arguments)
