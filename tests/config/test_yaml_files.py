"""YAML is read so that an error names the file, the line and the key."""

import pytest

from config import ConfigurationProblem
from config.yaml_files import read_mapping


def write(tmp_path, data):
    file = tmp_path / "agent.yaml"
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return file


def test_each_value_knows_its_line(tmp_path):
    file = write(tmp_path, "# a comment\nsince: 3d\n\nlimit_bytes: 70000\n")
    found = read_mapping(file)
    assert {key: (written.value, written.place) for key, written in found.items()} == {
        "since": ("3d", f"{file}, line 2"),
        "limit_bytes": (70000, f"{file}, line 4"),
    }


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", b"\xef\xbb\xbf# made by a Windows editor\n"])
def test_an_empty_file_says_nothing(tmp_path, text):
    assert read_mapping(write(tmp_path, text)) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("since: [3d\nprofile: x\n", "line 2: is not YAML"),
        ("a: 1\n\tb: 2\n", "line 2: is not YAML"),
        ("- since\n", "must be lines of 'key: value'"),
        ("just words\n", "must be lines of 'key: value'"),
        ("since: 3d\nsince: 4d\n", "line 2: since: is written twice"),
        ("a: !!python/object/apply:os.system [ls]\n", "is not YAML"),
        (b"since: \xff\xfe\n", "cannot be read"),
        ("a: 1\n---\nb: 2\n", "is not YAML"),
        ("[" * 5000, "is not YAML"),
        ("a: " + "x" * 2**20, "is larger than 1048576 bytes"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_file_and_line(tmp_path, text, told):
    file = write(tmp_path, text)
    with pytest.raises(ConfigurationProblem) as caught:
        read_mapping(file)
    assert str(caught.value).startswith(str(file))
    assert told in str(caught.value)


def test_a_folder_in_place_of_the_file_is_told(tmp_path):
    with pytest.raises(ConfigurationProblem, match="cannot be read"):
        read_mapping(tmp_path)
