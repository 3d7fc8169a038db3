"""The request options become one value, and words that make no sense are refused with exit code 2."""

import io
import json
import sys
from pathlib import Path

import click
import pytest

from agent.cli import edge
from agent.cli.options import FilePath, RequestWords, request_options, verb
from agent.cli.output import Output
from agent.flow import Severity


@pytest.fixture
def asked(machine):
    """The exit code, and the words that the verb was given."""
    given = []

    @verb(name="ask", example="sendlogs ask")
    @request_options
    @click.option("--own", default=3)
    def command(output: Output, words: RequestWords, *, own: int) -> int:
        """Ask."""
        given.append((words, own, output.as_json))
        return 5

    def run(*words):
        given.clear()
        code = edge.run(command, words)
        return code, given[0] if given else None

    return run


def test_what_is_not_said_is_none(asked):
    code, (words, own, as_json) = asked()
    assert (code, own, as_json) == (5, 3, False)
    assert words == RequestWords(
        profile=None,
        ticket=None,
        new=None,
        description=None,
        severity=None,
        account=None,
        cloud=None,
        since_seconds=None,
        log_folders=(),
        exclude=(),
        limit_bytes=None,
        pack="auto",
        to=None,
        yes=False,
    )


def test_everything_that_is_said_arrives(asked, tmp_path):
    said = ["--profile", "nginx", "--ticket", "17", "--description", "slow", "--severity", "2"]
    said += ["--account", "jo", "--cloud", "no", "--since", "24h", "--limit", "5M", "--pack", "small"]
    more = ["--logs", str(tmp_path), "--exclude", "logs/*", "--exclude", "x", "--to", "folder:/x", "--yes", "--json"]
    _, (words, own, as_json) = asked(*said, *more, "--own", "4")
    assert (own, as_json) == (4, True)
    assert words == RequestWords(
        profile="nginx",
        ticket="17",
        new=None,
        description="slow",
        severity=Severity.HIGH,
        account="jo",
        cloud=False,
        since_seconds=86400.0,
        log_folders=(Path(tmp_path).resolve(),),
        exclude=("logs/*", "x"),
        limit_bytes=5_000_000,
        pack="small",
        to="folder:/x",
        yes=True,
    )


def test_a_dash_reads_the_description_from_stdin(asked, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Übel.\nSeit gestern.\n".encode())))
    _, (words, _, _) = asked("--description", "-")
    assert words.description == "Übel.\nSeit gestern."


def test_a_description_without_end_is_refused(asked, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x" * 10**6)))
    assert asked("--description", "-") == (2, None)
    assert "give logs with --logs" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["--severity", "5"],
        ["--severity", "high"],
        ["--cloud", "maybe"],
        ["--since", "soon"],
        ["--logs", "/nowhere/at/all"],
        ["--unheard-of"],
        ["a word"],
    ],
)
def test_words_without_sense_are_refused_and_say_where_help_is(asked, words, capsys):
    assert asked(*words, "--json") == (2, None)
    told = json.loads(capsys.readouterr().out)
    assert (told["event"], told["exit_code"], told["advice"]) == ("error", 2, "See: sendlogs --help")


def refused(path: FilePath, value: str) -> str:
    with pytest.raises(click.BadParameter) as caught:
        path.convert(value, None, None)
    return caught.value.message


def test_a_path_that_is_not_there_is_shown_as_it_was_written(tmp_path):
    missing = str(tmp_path / "no such" / "a.log")
    assert refused(FilePath(exists=True), missing) == f"Path '{missing}' does not exist."


@pytest.mark.skipif(sys.platform != "win32", reason="names of devices")
@pytest.mark.parametrize("name", ["NUL", r"C:\logs\con", "aux.log", r"\\server\share\COM1.7z"])
def test_no_name_of_a_device_is_a_file_on_windows(name):
    assert refused(FilePath(), name) == f"Path '{name}' holds a name that Windows keeps for a device."


def test_a_path_is_made_whole_where_that_is_asked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert FilePath(whole=True).convert("a.7z", None, None) == tmp_path.resolve() / "a.7z"
    assert FilePath().convert("a.7z", None, None) == Path("a.7z")
