"""The profiles that ship with the program are usable: schema, collectors, options, patterns, sources."""

import re

import pytest
import re2

import collectors
from collectors._found_value import matched
from config import profiles
from config.profiles import ALL_PLATFORMS, available, load

EXPECTED = {
    "crashplan-home",
    "crashplan-pro",
    "crashplan-proe",
    "nginx",
    "postgresql",
    "sendlogs",
    "shareplan",
    "system",
}
KINDS = {"strings": list, "objects": list, "object": dict, "string": str, "integer": int, "number": int | float}
EVERY = [(name, platform) for name in sorted(available()) for platform in ALL_PLATFORMS]


def test_these_are_built_in():
    assert set(available()) == EXPECTED


@pytest.mark.parametrize("name", sorted(available()))
def test_it_keeps_the_schema_which_is_not_looked_at_when_it_is_loaded(name):
    document = profiles._parsed(available()[name], name)
    profiles._check(document, name)
    with pytest.raises(profiles.ConfigurationProblem):
        profiles._check({**document, "colour": "blue"}, name)


@pytest.mark.parametrize("name", sorted(available()))
def test_a_comment_at_the_head_says_what_it_is(name):
    text = available()[name].read_text("utf-8")
    head = [line for line in text.split("\nproduct:")[0].splitlines() if line.startswith("#")]
    assert len(" ".join(head)) > 80, "say what the profile is, and where its places are from"


@pytest.mark.parametrize(("name", "platform"), EVERY)
def test_every_collector_and_option_it_names_is_declared_with_that_kind(name, platform):
    declared = collectors.installed()
    for collector, options in load(name, platform).collectors.items():
        known = {option.name: option.kind for option in declared[collector].options}
        for option, value in options.items():
            assert isinstance(value, KINDS[known[option]]), f"{collector}.{option}"


@pytest.mark.parametrize(("name", "platform"), EVERY)
def test_every_pattern_has_one_group_and_every_place_is_absolute(name, platform):
    beginning = re.compile(r"[A-Z]:\\|%\w+%\\|~/|/" if platform == "win32" else r"/|~/")
    for options in load(name, platform).collectors.values():
        for entry in [*options.get("files", []), *options.get("commands", [])]:
            pattern = re2.compile(entry["pattern"])
            assert pattern.groups == 1
            assert "file" not in entry or beginning.match(entry["file"]), entry
        for glob in options.get("globs", []):
            assert beginning.match(glob), glob


@pytest.mark.parametrize("platform", ALL_PLATFORMS)
def test_crashplan_proe_gathers_each_of_the_nine_items_that_a_machine_can_tell(platform):
    declared = collectors.installed()
    told = {item for name in load("crashplan-proe", platform).collectors for item in declared[name].items}
    wanted = collectors.RequestItem
    assert told >= {wanted.OPERATING_SYSTEM, wanted.COMPUTER_ID, wanted.LOGS, wanted.ACCOUNT, wanted.VERSION}


@pytest.mark.parametrize(
    ("name", "platform", "answer", "value"),
    [
        ("nginx", "linux", "nginx version: nginx/1.22.1\n", "1.22.1"),
        ("nginx", "darwin", "nginx version: nginx/1.27.0\n", "1.27.0"),
        ("postgresql", "linux", "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", "15.14"),
        ("postgresql", "linux", "postgres (PostgreSQL) 17beta2\n", "17beta2"),
        ("sendlogs", "win32", "sendlogs 0.1.0.dev3+g1a2b3c4\n", "0.1.0.dev3+g1a2b3c4"),
    ],
)
def test_the_version_is_read_from_the_answer_of_the_program(name, platform, answer, value):
    commands = load(name, platform).collectors["application_version"]["commands"]
    assert {matched(command["pattern"], answer) for command in commands} == {value}


@pytest.mark.parametrize(
    ("text", "item", "value"),
    [
        ("guid=674279968953860117\nusername=ada\\@example.com\n", "computer_id", "674279968953860117"),
        ("guid=674279968953860117\nusername=ada@example.com\n", "account", "ada@example.com"),
        ("CPVERSION   = 4.8.3 - 1436674800483\n", "application_version", "4.8.3"),
        (
            "I 01/04/16 08:17PM CrashPlan started, version 4.5.0, GUID 6742\n"
            "I 10/01/16 11:05AM CrashPlan started, version 4.7.0, GUID 6742\n",
            "application_version",
            "4.7.0",
        ),
    ],
)
@pytest.mark.parametrize("platform", ALL_PLATFORMS)
def test_the_patterns_of_crashplan_read_what_crashplan_writes(platform, text, item, value):
    entries = load("crashplan-proe", platform).collectors[item]["files"]
    found = [matched(entry["pattern"], text) for entry in entries]
    assert next(filter(None, found), None) == value
