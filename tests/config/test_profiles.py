"""Profiles are found by name, merged per platform, and refused with the place and the expectation."""

import json

import pytest

from config import ConfigurationProblem
from config.places import data
from config.profiles import available, load, missing

MINIMAL = "product: Example\ntitle: An example\ncollectors: {operating_system: }\n"


@pytest.fixture
def folder(tmp_path):
    """A folder of profiles with one in it."""
    (tmp_path / "example.yaml").write_text(MINIMAL)
    return tmp_path


def test_every_file_with_a_profile_name_is_a_profile_and_nothing_else_is(folder):
    for name in ("Upper.yaml", "-dash.yaml", "note.txt", "under_score.yaml"):
        (folder / name).write_text(MINIMAL)
    (folder / "a-folder.yaml").mkdir()
    assert set(available([folder])) - set(available()) == {"example"}


def test_a_missing_folder_holds_no_profile_and_is_told_of(tmp_path):
    assert available([tmp_path / "absent"]) == available()
    (told,) = missing([tmp_path, tmp_path / "absent"])
    assert told.startswith(f"{tmp_path / 'absent'}: this folder of profiles cannot be read")
    assert "profile_folders" in told


def test_a_file_counts_with_either_ending_of_yaml(tmp_path):
    (tmp_path / "other.yml").write_text(MINIMAL)
    assert load("other", "linux", [tmp_path]).file == str(tmp_path / "other.yml")


def test_two_files_of_one_folder_cannot_be_one_profile(folder):
    (folder / "example.yml").write_text(MINIMAL)
    with pytest.raises(ConfigurationProblem, match=r"both example\.yaml and example\.yml are the profile 'example'"):
        load("example", "linux", [folder])


def test_the_last_folder_wins_over_earlier_ones_and_over_the_built_in(tmp_path):
    for number in ("1", "2"):
        (tmp_path / number).mkdir()
        (tmp_path / number / "system.yaml").write_text(MINIMAL.replace("An example", f"folder {number}"))
    assert load("system", "linux", [tmp_path / "1", tmp_path / "2"]).title == "folder 2"


def test_a_collector_named_for_all_or_for_the_platform_runs_and_the_platforms_option_wins(folder):
    (folder / "example.yaml").write_text(
        "product: Example\ntitle: T\n"
        "collectors: {network: {hosts: [a], other: 1}, processes: }\n"
        "platforms: {linux: {collectors: {network: {hosts: [b]}, services: {names: [x]}}}}\n"
    )
    assert load("example", "linux", [folder]).collectors == {
        "network": {"hosts": ["b"], "other": 1},
        "processes": {},
        "services": {"names": ["x"]},
    }
    assert load("example", "win32", [folder]).collectors == {"network": {"hosts": ["a"], "other": 1}, "processes": {}}
    assert load("example", "linux", [folder]).platforms == ("linux",)


def test_what_is_left_out_is_unknown_and_not_guessed(folder):
    profile = load("example", "darwin", [folder])
    assert (profile.supported_majors, profile.cloud, profile.keep_hosts, profile.unconfirmed) == (None, None, (), ())
    assert profile.platforms == ("linux", "darwin", "win32")
    assert profile.file == str(folder / "example.yaml")


@pytest.mark.parametrize("name", ["../x", "..", "", "/etc/passwd", "a/b", "a\\b", "Example", "example.yaml", "a\n"])
def test_a_name_that_could_be_a_path_is_refused(folder, name):
    with pytest.raises(ConfigurationProblem, match="no name of a profile"):
        load(name, "linux", [folder])


def test_an_unknown_name_is_told_which_there_are(folder):
    with pytest.raises(ConfigurationProblem, match=r"no profile 'other'; there are: .*example"):
        load("other", "linux", [folder])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a list", "expected keys and values"),
        ("a: [", "is not YAML"),
        ("a: \0", "is not YAML"),
        ("!!python/object/apply:os.getcwd []", "is not YAML"),
        ("product: P\ntitle: T\n", "the whole file: 'collectors' is a required property"),
        (MINIMAL + "colectors: {}\n", "'colectors' was unexpected"),
        (
            MINIMAL + "cloud: perhaps\n",
            "cloud: does not keep the rule type: boolean. Expected: Whether everyone.* Example: true",
        ),
        (MINIMAL + "platforms: {win64: {collectors: {}}}\n", "platforms: 'win64' is not one of"),
        (
            MINIMAL + "keep_hosts: [good.example, 'a b']\n",
            r"keep_hosts\[1\]: does not keep the rule pattern: .*Example: \[",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_key_and_the_expectation(folder, text, expected):
    (folder / "example.yaml").write_text(text)
    with pytest.raises(ConfigurationProblem, match=rf"example\.yaml(: .*|, ){expected}"):
        load("example", "linux", [folder])


def test_a_file_that_is_too_large_is_not_parsed(folder):
    (folder / "example.yaml").write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(ConfigurationProblem, match="larger than"):
        load("example", "linux", [folder])


def test_every_key_of_the_schema_has_a_description_and_an_example_that_it_accepts():
    """The schema is the reference that people read."""
    import jsonschema

    schema = json.loads(data("schemas", "profile.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(schema["examples"][0], schema)
    for key, value in schema["properties"].items():
        assert value["description"], key
        for example in value["examples"]:
            jsonschema.validate(example, {**value, "$defs": schema["$defs"]})
