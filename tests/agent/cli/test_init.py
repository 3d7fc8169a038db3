"""Verbs are found as files, each says what it does and shows an example, and the page of commands is made from them."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from agent import cli
from agent.cli.options import Verb

ROOT = Path(__file__).parents[3]


def words_of(command: click.Command, name: str) -> Iterator[tuple[str, Verb]]:
    if isinstance(command, click.Group):
        for below, inner in sorted(command.commands.items()):
            yield from words_of(inner, f"{name} {below}")
    else:
        assert isinstance(command, Verb), name
        yield name, command


VERBS = dict(found for name, command in cli.verbs().items() for found in words_of(command, name))


def section(name: str, verb: Verb) -> str:
    """What docs/commands.md says about a verb."""
    told = inspect.cleandoc(verb.help or "")
    return f"## sendlogs {name}\n\n{told}\n\n```console\n$ {verb.example}\n```\n"


def test_a_verb_is_a_file_of_the_folder() -> None:
    files = {path.stem for path in Path(cli.__file__).parent.glob("*.py")}
    assert set(cli.verbs()) <= files
    assert {"send", "bundle", "plan", "redact", "verify", "doctor", "outbox", "receipts"} <= set(cli.verbs())


def test_a_file_that_is_no_verb_is_no_command(run) -> None:
    ended = run("output")
    assert (ended.code, ended.out) == (2, "")
    assert "No such command 'output'" in ended.err


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_has_a_sentence_an_example_of_itself_and_json(name: str) -> None:
    verb = VERBS[name]
    told = verb.get_help(click.Context(verb, info_name=name))
    assert inspect.cleandoc(verb.help or "").split("\n\n")[0].endswith(".")
    assert verb.example.startswith(f"sendlogs {name}")
    assert "Example:\n" + "".join(f"  {line}\n" for line in verb.example.splitlines()).rstrip("\n") in told
    assert "--json" in told


@pytest.mark.parametrize("name", VERBS)
def test_the_page_of_commands_says_what_the_help_says(name: str) -> None:
    """When this fails, put the section that it shows into docs/commands.md."""
    assert section(name, VERBS[name]) in (ROOT / "docs/commands.md").read_text("utf-8")


def test_the_list_of_verbs_cuts_no_sentence(run) -> None:
    listed = run("--help").out.partition("Commands:")[2]
    assert all(not line.endswith("...") for line in listed.splitlines())


def test_help_of_one_verb_imports_no_other_and_nothing_heavy() -> None:
    code = "import sys; from agent.cli import main; main(['id', '--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stderr.split())
    assert not loaded & {"agent.cli.send", "agent.pipeline", "py7zr", "requests", "rich", "psutil", "jsonschema"}
