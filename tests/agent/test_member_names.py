"""Names of members are safe on every system, and no two are alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.member_names import MemberNames, is_safe


@pytest.mark.parametrize("path", ["logs/app.log", "logs/über.log", "a b/c.1", ".hidden"])
def test_plain_names_stay_as_they_are(path):
    assert is_safe(path)
    assert MemberNames().claim(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a//b",
        "a/./b",
        "C:/x",
        "a\\b",
        "a\nb",
        "nul",
        "logs/CON.log",
        "aux .x",
        "COM\xb9",
        "a.",
        "a ",
    ],
)
def test_names_that_step_out_or_do_not_unpack_everywhere_are_not_safe(path):
    assert not is_safe(path)
    assert is_safe(MemberNames().claim(path))


def test_manifest_and_report_are_taken():
    names = MemberNames()
    assert names.claim("manifest.json") == "manifest~2.json"
    assert names.claim("Manifest.sig") == "Manifest~2.sig"
    assert names.claim("Report.html") == "Report~2.html"


@given(st.lists(st.text(max_size=300), max_size=8))
def test_whatever_files_are_called_their_names_are_safe_and_differ_without_case(paths):
    names = MemberNames()
    claimed = [names.claim(path) for path in paths]
    assert all(is_safe(name) for name in claimed)
    assert len({name.casefold() for name in claimed}) == len(paths)


def test_a_thousand_files_of_one_name_are_numbered_and_none_is_reserved_unless_said():
    names = MemberNames(reserved=())
    assert [names.claim("manifest.json") for _ in range(1000)][-1] == "manifest~1000.json"
    assert names.claim("manifest~2.json") == "manifest~2~2.json"
