"""A value that does not fit is told in the words of the schema, and never repeated."""

import pytest

from config import ConfigurationProblem
from config.yaml_files import Written
from config.yaml_schema import load_schema

SCHEMA = load_schema("settings.schema.json")


def check(key, value):
    SCHEMA.check(key, Written(value=value, place="here, line 3", origin="here"))


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("limit_bytes", "much", "must be a whole number"),
        ("limit_bytes", 1, "must be 65536 or more"),
        ("limit_bytes", 10**12, "must be 10737418240 or less"),
        ("limit_bytes", True, "must be a whole number"),
        ("deadline_seconds", 0, "must be more than 0"),
        ("low_priority", "yes", "must be true or false"),
        ("consent", "always", "must be one of ask, notify, allow"),
        ("endpoint", 7, "must be text or null"),
        ("endpoint", "https//x", "an example: desk:https://desk.example"),
        ("since", "soon", "an example: 24h"),
        ("profile_folders", "/opt", "must be a list"),
        ("profile_folders", ["/opt", 7], "[1]: must be text"),
        ("proxy", "ada:hunter2@proxy:80", "an example: http://proxy.example:3128"),
    ],
)
def test_a_value_that_does_not_fit_is_told_and_not_repeated(key, value, told):
    with pytest.raises(ConfigurationProblem) as caught:
        check(key, value)
    assert str(caught.value).startswith(f"here, line 3: {key}")
    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_unknown_key_is_told_with_the_nearest_known():
    with pytest.raises(
        ConfigurationProblem, match=r"line 3: endpiont: there is no such setting; did you mean endpoint\?"
    ):
        check("endpiont", "desk:https://desk.example")


def test_a_key_like_no_other_gets_no_guess():
    with pytest.raises(ConfigurationProblem, match=r"no such setting$"):
        check("zzz", 1)


@pytest.mark.parametrize("key", SCHEMA.properties)
def test_defaults_and_examples_of_the_schema_fit_it(key):
    entry = SCHEMA.properties[key]
    assert str(entry["description"]).endswith(".")
    for value in (entry["default"], *entry["examples"]):
        check(key, value)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("limit_bytes", "70000", 70000),
        ("deadline_seconds", "1.5", 1.5),
        ("low_priority", "False", False),
        ("limit_bytes", "many", "many"),
        ("endpoint", "", None),
        ("upload_bytes_per_second", "70000", 70000),
        ("upload_bytes_per_second", "", None),
        ("endpoint", "folder:/x", "folder:/x"),
        ("since", "3d", "3d"),
        ("unheard_of", "x", "x"),
    ],
)
def test_a_variable_is_read_as_its_key_wants_it(key, text, value):
    assert SCHEMA.from_text(key, text) == value


def test_a_list_in_a_variable_is_written_as_paths_are_on_that_platform(monkeypatch):
    monkeypatch.setattr("os.pathsep", ";")
    assert SCHEMA.from_text("profile_folders", "C:\\a;D:\\b") == ["C:\\a", "D:\\b"]
