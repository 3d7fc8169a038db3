"""What was met and not given is told once, and not without end."""

from pathlib import Path

import pytest

from collectors import LeftOut, Skipped
from collectors._bundle_paths import BundlePaths
from collectors._left_out_files import LeftOutFiles


@pytest.mark.posix
def test_each_path_is_told_once_unless_it_was_found_another_way() -> None:
    left_out = LeftOutFiles()
    for name in ("b", "a", "b", "found"):
        left_out.note(LeftOut(path=Path("/l") / name, reason="a link"))
    left_out.note(LeftOut(path=Path("/l/c"), reason="shut", cause="no-right"))
    assert list(left_out.skipped(BundlePaths("logs"), {"/l/found"})) == [
        Skipped(path="logs/l/a", reason="a link"),
        Skipped(path="logs/l/b", reason="a link"),
        Skipped(path="logs/l/c", reason="shut", cause="no-right"),
    ]


@pytest.mark.posix
def test_what_a_folder_is_does_not_matter_to_a_search_for_one_file() -> None:
    left_out = LeftOutFiles()
    left_out.note_file(LeftOut(path=Path("/l/folder"), reason="a link to a folder", is_folder=True))
    left_out.note_file(LeftOut(path=Path("/l/file"), reason="a link"))
    assert [item.path for item in left_out.skipped(BundlePaths("logs"), ())] == ["logs/l/file"]


def test_two_hundred_are_named_and_the_rest_is_counted() -> None:
    left_out = LeftOutFiles()
    for number in range(1300):
        left_out.note(LeftOut(path=Path(f"/l/{number:04}"), reason="a link"))
    told = list(left_out.skipped(BundlePaths("logs"), ()))
    assert len(told) == 201
    assert told[-1].path == "and 1,100 more"
