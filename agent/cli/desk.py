"""``sendlogs desk``: the embedded desk, as a process of its own (it is a separate program with its own trust)."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from agent.cli.options import FilePath, verb
from agent.cli.output import Output
from agent.cli.session import open_session
from agent.errors import EXIT_UNEXPECTED, ConfigError

_END_SECONDS = 15.0  # for requests that are being answered; then it is ended by force
_LISTENING = "Listening on "


@verb(example="sendlogs desk --port 8750")
@click.option("--state", metavar="DIR", type=FilePath(), help="Its folder; by default below our own.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8750, show_default=True, type=click.IntRange(0, 65535), help="The port; 0: a free one.")
@click.option("--url", help="How others reach it, if not by that address.")
def command(output: Output, state: Path | None, host: str, port: int, url: str | None) -> int | None:
    """Start the embedded desk and keep it running until Ctrl-C; its first start prints the champion's log-in."""
    if importlib.util.find_spec("helpdesk") is None or importlib.util.find_spec("desk") is None:
        advice = 'README.md, "Install", says how to install it as well.'
        raise ConfigError("The desk is not installed here.", advice=advice)
    folder = (state or open_session().state / "desk").absolute()
    argv = [sys.executable, "-m", "desk", "serve", "--state", str(folder), "--host", host, "--port", str(port)]
    argv += ["--url", url] if url else []
    with subprocess.Popen(argv, stdout=subprocess.PIPE if output.as_json else None, text=True) as process:
        try:
            if process.stdout is not None:
                _relay(process.stdout, output)
            code = process.wait()
        finally:
            _end(process)
    return EXIT_UNEXPECTED if code else None


def _relay(lines: Iterable[str], output: Output) -> None:
    """The desk's lines as events; the one that says where it listens has its address apart."""
    for line in lines:
        text = line.rstrip("\n")
        if text.startswith(_LISTENING):
            output.record("listening", {"url": text.removeprefix(_LISTENING)}, text)
        else:
            output.record("desk", {"line": text}, text)


def _end(process: subprocess.Popen[str]) -> None:
    """Pass on what ended us: after Ctrl-C or SIGTERM the desk must not stay behind."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
