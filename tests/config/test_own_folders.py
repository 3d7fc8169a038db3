"""A folder of own rules or profiles is read, or named with what to do."""

import pytest

from config import ConfigurationProblem, own_folders


def test_files_with_an_ending_of_yaml_are_given_by_name_and_no_others(tmp_path):
    for name in ("b.yaml", "a.yml", "C.YAML", "note.txt", "yaml"):
        (tmp_path / name).write_text("")
    found = [file.name for file in own_folders.files_in(tmp_path, "rules", "rule_folders")]
    assert sorted(found) == ["C.YAML", "a.yml", "b.yaml"]


def test_one_that_is_not_there_is_named_with_the_setting(tmp_path):
    with pytest.raises(ConfigurationProblem, match=r"away: this folder of rules cannot be read.* out of rule_folders"):
        own_folders.files_in(tmp_path / "away", "rules", "rule_folders")
    assert len(list(own_folders.faults([tmp_path, tmp_path / "away"], "rules", "rule_folders"))) == 1


def test_the_usual_ones_may_be_missing_and_the_named_may_not(tmp_path):
    usual = (tmp_path / "none", tmp_path)
    assert own_folders.needed((*usual, tmp_path / "named"), 2) == (tmp_path, tmp_path / "named")


@pytest.mark.posix
def test_a_link_that_leads_nowhere_is_not_nothing(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "share")
    assert own_folders.needed((tmp_path / "link",), 1) == (tmp_path / "link",)
