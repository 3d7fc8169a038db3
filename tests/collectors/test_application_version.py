"""The version, and whether support still takes questions about it."""

import json

import pytest

from collectors import CommandFailed, RequestItem
from collectors.application_version import COLLECTOR

COMMANDS = [
    {"argv": ["absent", "--version"], "pattern": r"(.+)"},
    {"argv": ["nginx", "-v"], "pattern": r"nginx/([\d.]+)"},
]
FILES = [{"file": "/opt/app/VERSION", "pattern": r"^([\d.]+)"}]
PATH = "application_version/application_version.json"


def test_the_first_command_that_tells_it_counts(machine, gather) -> None:
    context = machine(
        collector=COLLECTOR,
        commands={"nginx -v": "nginx version: nginx/1.22.1\n"},
        files={"/opt/app/VERSION": "9.9"},
        options={"commands": COMMANDS, "files": FILES},
    )
    found = gather(COLLECTOR, context)
    assert found.facts == {RequestItem.VERSION: "1.22.1"}
    assert json.loads(found.texts[PATH]) == {
        "version": "1.22.1",
        "source": "nginx -v",
        "supported": None,
        "supported_majors": None,
    }


def test_a_file_tells_it_when_no_command_does(machine, gather) -> None:
    context = machine(
        collector=COLLECTOR,
        commands={"nginx -v": CommandFailed("broken")},
        files={"/opt/app/VERSION": "4.8.3\n"},
        options={"commands": COMMANDS, "files": FILES},
    )
    assert gather(COLLECTOR, context).facts == {RequestItem.VERSION: "4.8.3"}


@pytest.mark.parametrize(
    ("version", "supported", "told"),
    [
        ("11.4.0", True, "; supported"),
        ("10.9", True, "; supported"),
        ("12.0", True, "; supported"),  # newer than the profile: it is the profile that is old
        ("9.1", False, "; no longer supported"),
        ("1.10", False, "; no longer supported"),
        ("unknown", None, ""),
    ],
)
def test_the_two_most_current_majors_are_supported(machine, gather, version, supported, told) -> None:
    files = [{"file": "/opt/app/VERSION", "pattern": r"(.+)"}]
    options = {"files": files, "supported_majors": [9, 11, 10]}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, files={"/opt/app/VERSION": version}, options=options))
    assert json.loads(found.texts[PATH])["supported"] is supported
    assert json.loads(found.texts[PATH])["supported_majors"] == [11, 10]
    assert found.items[0].source == f"/opt/app/VERSION{told}"


def test_all_that_was_tried_in_vain_is_told(machine, gather) -> None:
    context = machine(collector=COLLECTOR, commands={"nginx -v": "no"}, options={"commands": COMMANDS, "files": FILES})
    assert gather(COLLECTOR, context).skipped == {
        "application_version": "the command 'absent' is not on this machine; 'nginx -v' tells no version; "
        "none of these tells it: /opt/app/VERSION"
    }


def test_an_entry_without_a_command_is_passed_over(machine, gather) -> None:
    context = machine(collector=COLLECTOR, options={"commands": [{}, {"argv": []}, {"argv": "nginx -v"}]})
    assert gather(COLLECTOR, context).skipped == {"application_version": "the profile does not say where it is told"}
