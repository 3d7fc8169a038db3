"""The profiles that ship with the program are usable: schema, collectors, options, patterns, sources."""

import re

import pytest

import collectors
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
            pattern = re.compile(entry["pattern"])
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
    matches = [found["value"] for entry in entries if (found := re.search(entry["pattern"], text, re.MULTILINE))]
    assert matches[:1] == [value]
