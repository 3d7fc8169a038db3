"""The GUID: the application's own, else ours."""

import json

import pytest

from collectors import RequestItem
from collectors.computer_id import COLLECTOR

IDENTITY = "#Sat Mar 14 09:26:53 UTC 2026\nguid=123456789012345678\n"
FILES = [{"file": "~/.crashplan/.identity", "pattern": r"^guid=(\d+)"}]
PATH = "computer_id/computer_id.json"


def test_the_applications_own_comes_first(machine, gather) -> None:
    context = machine(
        collector=COLLECTOR, files={"/home/ada/.crashplan/.identity": IDENTITY}, options={"files": FILES, "own": "ours"}
    )
    found = gather(COLLECTOR, context)
    assert found.facts == {RequestItem.COMPUTER_ID: "123456789012345678"}
    assert json.loads(found.texts[PATH]) == {
        "computer_id": "123456789012345678",
        "source": "/home/ada/.crashplan/.identity",
        "own": "ours",
    }


def test_it_is_found_where_windows_keeps_it(machine, gather) -> None:
    files = [{"file": r"%ProgramData%\CrashPlan\.identity", "pattern": r"^guid=(\d+)"}]
    context = machine(
        platform="win32",
        collector=COLLECTOR,
        files={r"C:\ProgramData\CrashPlan\.identity": IDENTITY.replace("\n", "\r\n")},
        options={"files": files},
    )
    assert gather(COLLECTOR, context).facts == {RequestItem.COMPUTER_ID: "123456789012345678"}


@pytest.mark.parametrize("content", [None, "", "guid=\n", b"\x00\xff\xfe"])
def test_ours_stands_in_and_why_is_told(machine, gather, content) -> None:
    """The file is absent, empty, without a value, or broken."""
    files = {} if content is None else {"/home/ada/.crashplan/.identity": content}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, files=files, options={"files": FILES, "own": "our-id"}))
    assert found.facts == {RequestItem.COMPUTER_ID: "our-id"}
    assert found.skipped == {"computer_id": "the application's own is in none of these: ~/.crashplan/.identity"}


def test_without_any_there_is_no_fact(machine, gather) -> None:
    found = gather(COLLECTOR, machine(collector=COLLECTOR))
    assert (found.facts, found.artifacts) == ({}, {})
    assert found.skipped == {"computer_id": "neither the application nor sendlogs has given one"}
