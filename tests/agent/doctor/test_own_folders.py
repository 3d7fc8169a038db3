"""What doctor says about the folders of own rules and own profiles."""

from datetime import UTC, datetime

import pytest

from agent.doctor.findings import Situation
from agent.doctor.own_folders import check_profile_folders, check_rules
from config.settings import load


@pytest.fixture
def situation(tmp_path):
    def situation(**folders):
        environment = {f"SENDLOGS_{name}_FOLDER": str(tmp_path / name) for name in ("STATE", "CONFIG", "SYSTEM")}
        environment |= {f"SENDLOGS_{key.upper()}": str(folder) for key, folder in folders.items()}
        return Situation(
            settings=load(environment).settings,
            environment=environment,
            endpoint=None,
            profile=None,
            connect=lambda endpoint, settings: None,
            now=datetime.now(UTC),
        )

    return situation


def test_without_folders_of_ones_own_all_is_well(situation):
    assert [finding.level for finding in check_rules(situation())] == ["ok"]
    assert list(check_profile_folders(situation())) == []


def test_a_folder_of_rules_that_is_not_there_is_a_problem(situation, tmp_path):
    (found,) = check_rules(situation(redaction_folders=tmp_path / "away"))
    assert (found.level, str(tmp_path / "away") in found.message) == ("problem", True)


def test_a_folder_of_profiles_that_is_not_there_is_a_warning(situation, tmp_path):
    (found,) = check_profile_folders(situation(profile_folders=tmp_path / "away"))
    assert (found.level, str(tmp_path / "away") in found.message) == ("warning", True)
