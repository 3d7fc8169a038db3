"""What is wrong with the value of an option is told by its place, and nothing that can be used is refused."""

import pytest

from collectors import Option
from collectors._option_checks import faults


def told(kind, form, value):
    return list(faults(Option(name="x", kind=kind, default=(), help="", form=form), value))


@pytest.mark.parametrize(
    "path",
    [
        "/x",
        "~/x",
        "~",
        "$HOME/x",
        "${HOME}/x",
        "%ProgramData%\\x",
        "%ProgramFiles(x86)%\\x",
        "C:\\x",
        "c:/x",
        "\\\\s\\x",
    ],
)
def test_a_path_from_a_root_or_behind_a_variable_is_whole_on_some_platform(path):
    assert told("strings", "path", [path]) == []


@pytest.mark.parametrize("path", ["x/*.log", "", "./x", "~jo/x", "C:x", "%Y/x", "*"])
def test_a_path_that_counts_from_the_working_folder_is_none(path):
    (fault,) = told("strings", "path", ["/x", path])
    assert fault.startswith("[1] must be a whole path")


@pytest.mark.parametrize(
    ("kind", "value"), [("strings", "x"), ("strings", [1]), ("integer", True), ("number", "1"), ("objects", {})]
)
def test_a_value_of_another_kind_is_one_fault(kind, value):
    assert told(kind, "any", value) == [f" must be of the kind '{kind}'"]


@pytest.mark.parametrize(
    ("form", "entry", "expected"),
    [
        ("file-pattern", {"file": "/x", "pattern": "id=(?P<value>.)"}, []),
        ("command-pattern", {"argv": ["x", "-V"], "pattern": "."}, []),
        ("host", "https://x.example", []),
        ("host", "x.example", ["[0] names no host"]),
        ("file-pattern", {"file": "x", "pattern": "(("}, ["[0].pattern is no expression", "[0].file must be a whole"]),
        ("file-pattern", "x", ["[0] must have the keys 'file' and 'pattern'"]),
        ("file-pattern", {"file": "/x", "pattren": "."}, ["[0] must have the keys"]),
        ("command-pattern", {"argv": "x -V", "pattern": "."}, ["[0].argv must be a list"]),
        ("command-pattern", {"argv": [], "pattern": "(?=x)"}, ["[0].pattern is no expression", "[0].argv must be"]),
    ],
)
def test_an_entry_is_looked_at_by_the_form_that_is_declared(form, entry, expected):
    found = told("strings" if form == "host" else "objects", form, [entry])
    assert len(found) == len(expected)
    assert all(fault.startswith(start) for fault, start in zip(found, expected, strict=True)), found
