"""The program, run as a process, tells of each verb what it does, shows an example, and takes --json."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.program import PROGRAM

ROOT = Path(__file__).parents[2]
# As documented: a program that was asked here would be started thirty times by every worker that only collects.
VERBS = [
    tuple(name.split())
    for name in re.findall(r"(?m)^## sendlogs (.+)$", (ROOT / "docs/commands.md").read_text("utf-8"))
]


def told(*words: str) -> str:
    done = subprocess.run([*PROGRAM, *words, "--help"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout


def listed(*words: str) -> list[tuple[str, ...]]:
    """The verbs that the help of these words lists."""
    commands = told(*words).partition("\nCommands:\n")[2].partition("\n\n")[0]
    return [(*words, name) for name in re.findall(r"(?m)^  ([a-z]+)", commands)]


def test_the_verbs_of_the_main_job_are_listed():
    names = {" ".join(verb) for verb in VERBS}
    assert {"send", "bundle", "plan", "redact", "verify", "doctor", "enroll", "desk", "receipts"} <= names
    assert {"config show", "config check", "outbox list", "outbox retry", "outbox drop"} <= names


def test_the_verbs_that_the_program_lists_are_those_of_the_documentation():
    groups = {verb[:1] for verb in VERBS if len(verb) > 1}
    first = listed()
    assert set(first) == {verb[:1] for verb in VERBS}
    assert {verb for group in groups for verb in listed(*group)} == {verb for verb in VERBS if len(verb) > 1}


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_verb_tells_what_it_does_shows_an_example_and_takes_json(verb):
    text = told(*verb)
    assert re.match(rf"Usage: sendlogs {' '.join(verb)} .*\n(?: .*\n)*\n  [A-Z].+", text)
    assert f"\nExample:\n  sendlogs {' '.join(verb)}" in text
    assert "--json" in text


@pytest.mark.parametrize("start", [PROGRAM, [sys.executable, "-m", "agent"]])
def test_the_program_and_the_module_are_the_same(start):
    done = subprocess.run([*start, "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert re.fullmatch(r"sendlogs, version \d+\.\d+\.\d+\n", done.stdout)


def test_the_exit_codes_of_the_documentation_are_those_of_the_errors():
    """Read as text on both sides: one row for each code, one class or constant for each row."""
    rows = re.findall(r"(?m)^\| (\d+) \| `(\w+)` \|", (ROOT / "docs/exit-codes.md").read_text("utf-8"))
    source = (ROOT / "agent/errors.py").read_text("utf-8")
    constants = re.findall(r"(?m)^(EXIT_\w+) = (\d+)", source)
    classes = re.findall(r"(?m)^class (\w+)\((?:\w+)\):(?:\n(?:    .*)?)*?\n    exit_code = (\d+)", source)
    assert {name: code for code, name in rows} == dict(constants + classes)
    assert len({code for code, _ in rows}) == len(rows)
