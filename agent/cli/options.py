"""What the verbs share: how one is declared, and the options by which a request for a bundle is worded."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NoReturn, get_args

import click

from agent.cli.output import Output
from agent.flow import Pack, Severity
from config.durations import parse_duration
from config.sizes import parse_size

_LONGEST_DESCRIPTION_BYTES = 64 * 2**10  # 64 KiB: more is a log, and logs go through --logs

VerbFunction = Callable[..., int | None]

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON event per line on stdout.")


class _WithExample(click.Command):
    """A click command whose help ends with an example, its lines as they are."""

    example: str = ""

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 - click would cut the sentence there
        """The first sentence of the help, whole: click wraps it in the list of verbs."""
        text = inspect.cleandoc(self.help or "").partition("\n\n")[0].replace("\n", " ")
        return text.partition(". ")[0].rstrip(".") + "."

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the Example section."""
        with formatter.section("Example"):
            for line in self.example.splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        super().format_epilog(ctx, formatter)


class Verb(_WithExample):
    """A verb, or one word below a group of them."""


class VerbGroup(_WithExample, click.Group):
    """A verb that has words below it: ``sendlogs outbox list``."""


def verb_group(name: str, *, example: str, told: str) -> VerbGroup:
    """Declare a group; ``told`` is the sentence of its help."""
    group = VerbGroup(name, help=told)
    group.example = example
    return group


def verb(*, example: str, name: str | None = None) -> Callable[[VerbFunction], Verb]:
    """Declare a verb: ``function(output, **options)``, returning an exit code or ``None``.

    The name is the file's unless given. ``--json`` is added, and ``output`` made accordingly.
    """

    def declare(function: VerbFunction) -> Verb:
        @functools.wraps(function)
        def run(*, as_json: bool, **options: object) -> int | None:
            # The edge's, which tells how it ends, where it is the edge that runs this.
            output = click.get_current_context().find_object(Output) or Output()
            output.as_json = as_json
            with output:
                return function(output, **options)

        chosen = name or function.__module__.rpartition(".")[2]
        command = click.command(chosen, cls=Verb)(json_option(run))
        command.example = example
        return command

    return declare


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWords:
    """The request options as the person wrote them, checked as far as words alone can be; ``None``: not said."""

    profile: str | None
    ticket: str | None
    new: str | None
    description: str | None
    severity: Severity | None
    account: str | None
    cloud: bool | None
    since_seconds: float | None
    log_folders: tuple[Path, ...]
    exclude: tuple[str, ...]
    limit_bytes: int | None
    pack: Pack
    to: str | None
    yes: bool


def request_options(function: VerbFunction) -> VerbFunction:
    """Add the request options to a verb, which gets them as one ``words: RequestWords``. Stands below ``@verb``."""
    names = {field.name for field in fields(RequestWords)}

    @functools.wraps(function)
    def run(output: Output, **options: object) -> int | None:
        own = {name: value for name, value in options.items() if name not in names}
        words = {name: value for name, value in options.items() if name in names}
        return function(output, words=RequestWords(**words), **own)  # type: ignore[arg-type]  # click converted them

    for option in reversed(_REQUEST_OPTIONS):
        option(run)
    return run


class FilePath(click.Path):
    """A path, whose errors show it as it was written. What Windows would take for a device is none there."""

    def __init__(
        self, *, exists: bool = False, file: bool = True, folder: bool = True, whole: bool = False, dash: bool = False
    ) -> None:
        """``dash``: - is no path here, but what stands on stdin."""
        super().__init__(
            exists=exists, file_okay=file, dir_okay=folder, resolve_path=whole, path_type=Path, allow_dash=dash
        )

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """See ``click.ParamType``."""
        if sys.platform == "win32":
            from agent.member_names import is_device

            if any(is_device(part) for part in Path(value).parts):
                self.fail(f"Path {os.fspath(value)!r} holds a name that Windows keeps for a device.", param, ctx)
        return super().convert(value, param, ctx)

    def fail(self, message: str, param: click.Parameter | None = None, ctx: click.Context | None = None) -> NoReturn:
        """See ``click.ParamType``. A path stands in the message as Python writes it: each backslash twice."""
        super().fail(message.replace("\\\\", "\\") if sys.platform == "win32" else message, param, ctx)


def _description(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    """The text, or for ``-`` what stands on stdin (click's callback signature)."""
    if text != "-":
        return text
    raw = sys.stdin.buffer.read(_LONGEST_DESCRIPTION_BYTES + 1)
    if len(raw) > _LONGEST_DESCRIPTION_BYTES:
        raise click.BadParameter(f"stdin holds more than {_LONGEST_DESCRIPTION_BYTES} bytes; give logs with --logs.")
    return raw.decode("utf-8", "replace").strip()


def _seconds(_context: click.Context, _parameter: click.Parameter, text: str | None) -> float | None:
    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


def _size(_context: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    try:
        return None if text is None else parse_size(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


def _severity(_context: click.Context, _parameter: click.Parameter, number: int | None) -> Severity | None:
    return None if number is None else Severity(number)


def _yes_or_no(_context: click.Context, _parameter: click.Parameter, word: str | None) -> bool | None:
    return None if word is None else word == "yes"


_REQUEST_OPTIONS: tuple[Callable[[VerbFunction], VerbFunction], ...] = (
    click.option("--profile", metavar="NAME", help="The application; see 'sendlogs profiles'."),
    click.option("--ticket", metavar="N", help="Add to this ticket."),
    click.option("--new", metavar="SUBJECT", help="Open a new ticket with this subject."),
    click.option(
        "--description", metavar="TEXT|-", callback=_description, help="What is wrong, in your words; - reads stdin."
    ),
    click.option(
        "--severity",
        type=click.IntRange(1, 4),
        metavar="1-4",
        callback=_severity,
        help="1 critical, 2 high, 3 medium, 4 low.",
    ),
    click.option("--account", metavar="NAME|MAIL", help="The affected account."),
    click.option(
        "--cloud", type=click.Choice(["yes", "no"]), callback=_yes_or_no, help="Are the vendor's cloud services used?"
    ),
    click.option(
        "--since",
        "since_seconds",
        metavar="24h",
        callback=_seconds,
        help="How far back logs go: a whole number and s, m, h, d or w.",
    ),
    click.option(
        "--logs",
        "log_folders",
        metavar="DIR",
        multiple=True,
        type=FilePath(exists=True, file=False, whole=True),
        help="One more folder with logs; may be repeated.",
    ),
    click.option(
        "--exclude", metavar="GLOB", multiple=True, help="Leave out these paths of the bundle; may be repeated."
    ),
    click.option(
        "--limit",
        "limit_bytes",
        metavar="5M",
        callback=_size,
        help="The largest bundle: a whole number and k, M or G; what matters least is left out.",
    ),
    click.option(
        "--pack",
        type=click.Choice(get_args(Pack)),
        default="auto",
        help="What packing saves: small bytes, quick time; auto does well in both.",
    ),
    click.option("--to", metavar="ENDPOINT", help="Where to: desk:URL or folder:DIR."),
    click.option("--yes", is_flag=True, help="Do not ask: send what the plan says."),
)
