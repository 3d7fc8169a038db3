"""The documentation is held to the program: what exists has its place, and what is shown there is real."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

import collectors
from agent import cli, endpoints, errors
from collectors import Collector, Platform
from config import profiles
from config.yaml_schema import load_schema

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "tests/README.md", *(ROOT / "docs").rglob("*.md")])
PLATFORM_NAMES: dict[Platform, str] = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}
LONGEST_RECIPE_LINES = 60  # one screen


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def commands(group: click.Command, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Every verb, and every word below a verb that has some: ``outbox list``."""
    if not isinstance(group, click.Group):
        yield " ".join(words)
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from commands(command, (*words, name))


def test_every_verb_has_its_place() -> None:
    text = page("docs/commands.md")
    assert [name for name in commands(cli.program) if f"sendlogs {name}" not in text] == []


def test_every_verb_shows_an_example_in_its_help() -> None:
    for name, command in cli.verbs().items():
        told = command.get_help(click.Context(command, info_name=name))
        assert "Example" in told or isinstance(command, click.Group), name


def exit_codes() -> dict[int, str]:
    """Code and name of every outcome and of every error that has a code of its own."""
    found = {getattr(errors, name): name for name in dir(errors) if name.startswith("EXIT_")}
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.AgentError) and value is not errors.AgentError:
            assert value.exit_code not in found, f"{name} and {found[value.exit_code]} share {value.exit_code}"
            found[value.exit_code] = name
    return found


def test_every_exit_code_is_unique_and_has_its_row() -> None:
    rows = re.findall(r"(?m)^\| *`?(\d+)`? *\|", page("docs/exit-codes.md"))
    assert sorted(map(int, rows)) == sorted(exit_codes())


def test_every_setting_has_its_place() -> None:
    text = page("docs/settings.md")
    properties = load_schema("settings.schema.json").properties
    assert [key for key in properties if f"`{key}`" not in text] == []


def section(name: str, collector: Collector) -> str:
    """What ``docs/collectors.md`` says about a collector, made from its declaration."""
    platforms = ", ".join(PLATFORM_NAMES[each] for each in PLATFORM_NAMES if each in collector.platforms)
    limits = f"{collector.limits.time_seconds:g} s, {collector.limits.size_bytes // 2**10:,} KiB"
    lines = [
        f"## `{name}`",
        "",
        f"{collector.title}. {collector.gathers} {collector.why}",
        "",
        f"Private: {collector.sensitivity.value} · runs on: {platforms} · at most: {limits}",
    ]
    if collector.items:
        lines[-1] += " · answers: " + ", ".join(item.value.replace("_", " ") for item in collector.items)
    if collector.options:
        lines += ["", "| option | kind | default | |", "|---|---|---|---|"]
        lines += [
            f"| `{option.name}` | {option.kind} | `{json.dumps(option.default)}` | {option.help} |"
            for option in collector.options
        ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", collectors.installed())
def test_every_collector_is_described_as_it_declares_itself(name: str) -> None:
    """When this fails, put the section that it shows into docs/collectors.md."""
    assert section(name, collectors.installed()[name]) in page("docs/collectors.md")


def test_no_collector_is_described_that_is_gone() -> None:
    assert re.findall(r"(?m)^## `(\w+)`", page("docs/collectors.md")) == list(collectors.installed())


def test_every_endpoint_has_its_place() -> None:
    text = page("docs/endpoints.md")
    assert [scheme for scheme in endpoints.installed() if f"{scheme}:" not in text] == []


def test_every_profile_has_its_place() -> None:
    text = page("docs/profiles.md")
    for name in profiles.available():
        profile = profiles.load(name, "linux")
        assert f"| `{name}` | {profile.title} |" in text
        assert [sentence for sentence in profile.unconfirmed if f"- {sentence}\n" not in text] == []
    assert set(re.findall(r"(?m)^\| `([\w-]+)` \|", text)) == set(profiles.available())


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_every_link_and_every_named_file_exists(path: Path) -> None:
    """Links are relative and lead to files; a path in backticks that begins with a folder of ours is there."""
    text = path.read_text("utf-8")
    prose = re.sub(r"(?ms)^ *```.*?^ *```", "", text)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose):
        assert "://" not in target, f"{target}: the documentation stands on its own"
        assert (path.parent / target).exists(), target
    for named in re.findall(r"`((?:agent|collectors|config|desk|docs|packaging|tests)/[\w./-]*\w)`", prose):
        assert (ROOT / named).exists(), named


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_every_command_shown_is_one_that_exists(path: Path) -> None:
    """A line or a phrase that begins with ``sendlogs`` names a verb, ``make`` a target, and each option one it has."""
    text = path.read_text("utf-8")
    known = set(commands(cli.program))
    groups = {name.split()[0] for name in known}
    for words in re.findall(r"(?m)(?:`|^ *\$ )sendlogs ([a-z][^`\n]*)", text):
        verb = words.split()[0]
        assert verb in groups, words
        options = set(re.findall(r"(?<![\w-])--[a-z-]+", words))
        assert options <= options_of(verb), words
    targets = set(re.findall(r"(?m)^([a-z-]+):", page("Makefile")))
    for target in re.findall(r"(?m)(?:`|^ *\$? *)make ([a-z-]+)", text):
        assert target in targets, target


def options_of(verb: str) -> set[str]:
    """Every option of a verb and of the words below it."""
    waiting, found = [cli.verbs()[verb]], {"--help"}
    for command in waiting:
        found.update(word for parameter in command.params for word in parameter.opts)
        if isinstance(command, click.Group):
            context = click.Context(command)
            waiting += [
                below for name in command.list_commands(context) if (below := command.get_command(context, name))
            ]
    return found


def test_the_readme_sets_up_with_exactly_two_commands() -> None:
    block = re.search(r"(?s)## Set up\n.*?```\w*\n(.*?)```", page("README.md"))
    assert block
    assert [line.split("#")[0].strip() for line in block[1].splitlines()] == ["make demo", "make test"]


def test_every_decision_has_its_parts_and_a_number_of_its_own() -> None:
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    numbers = [record.name[:4] for record in records]
    assert len(set(numbers)) == len(numbers)
    for record in records:
        text = record.read_text("utf-8")
        assert text.startswith(f"# {int(record.name[:4])}. "), record.name
        parts = re.findall(r"(?m)^\*\*(Status|Context|Decision|Consequences)\*\*:", text)
        assert parts == ["Status", "Context", "Decision", "Consequences"], record.name


def test_every_dependency_has_its_reason() -> None:
    """Each package that is installed with the program or the desk is in the table of decision 3."""
    project = tomllib.loads(page("pyproject.toml"))["project"]
    reasons = page("docs/decisions/0003-dependencies.md").lower()
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["desk"]]:
        name = re.split(r"[<>=!;\[ ]", requirement)[0].lower()
        assert f"| {name} |" in reasons, name


@pytest.mark.parametrize("path", sorted((ROOT / "docs/recipes").glob("*.md")), ids=shown)
def test_a_recipe_fits_on_a_screen(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_RECIPE_LINES


def example(recipe: str, language: str) -> str:
    """The first code block of that language in a recipe, without its indentation."""
    block = re.search(rf"(?ms)^( *)```{language}\n(.*?)^\1```", page(f"docs/recipes/{recipe}.md"))
    assert block
    return re.sub(rf"(?m)^{block[1]}", "", block[2])


def test_the_collector_of_the_recipe_is_one() -> None:
    namespace: dict[str, object] = {}
    exec(example("collector", "python"), namespace)
    assert isinstance(namespace["COLLECTOR"], Collector)


def test_the_profile_of_the_recipe_loads_on_every_platform(tmp_path: Path) -> None:
    (tmp_path / "example-backup.yaml").write_text(example("profile", "yaml"), "utf-8")
    for platform in PLATFORM_NAMES:
        loaded = profiles.load("example-backup", platform, [tmp_path])
        assert "application_logs" in loaded.collectors
        assert set(loaded.collectors) <= set(collectors.installed())


def test_the_rule_of_the_recipe_keeps_its_own_examples(tmp_path: Path) -> None:
    from agent.redact import LocalFacts, Redactor, load_rules

    rule = yaml.safe_load(example("rule", "yaml"))
    family = {"family": "example", "title": "The rule of the recipe", "rules": rule}
    (tmp_path / "example.yaml").write_text(yaml.safe_dump(family), "utf-8")
    redactor = Redactor(load_rules([tmp_path]), b"k" * 32, LocalFacts.of_this_machine())
    for hit in rule[0]["hits"]:
        assert redactor.text(hit["text"])[0] == hit["leaves"]
    for miss in rule[0]["misses"]:
        assert redactor.text(miss)[0] == miss
