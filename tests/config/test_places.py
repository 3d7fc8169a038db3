"""Where things lie, and that variables move only what they should."""

import json
import sys
from pathlib import Path

import pytest

from config import ConfigurationProblem, places


def test_data_of_the_package_can_be_read():
    assert "properties" in json.loads(places.data("schemas", "settings.schema.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        (places.SYSTEM_VARIABLE, places.system_config_folder),
        (places.CONFIG_VARIABLE, places.user_config_folder),
        (places.STATE_VARIABLE, places.default_state_folder),
    ],
)
def test_a_variable_moves_its_folder(variable, place, tmp_path, monkeypatch):
    assert place({variable: str(tmp_path)}) == tmp_path
    with pytest.raises(ConfigurationProblem, match=f"{variable}: must be a whole path"):
        place({variable: "here"})
    assert place({variable: ""}) == place({})
    assert "sendlogs" in place({}).parts
    monkeypatch.setenv(variable, str(tmp_path / "there"))
    assert place() == tmp_path / "there"


def test_no_variable_moves_the_machines_own_folder(monkeypatch, tmp_path):
    """A policy that a variable could move would be one that any user can undo."""
    for variable in ("XDG_CONFIG_DIRS", "WIN_PD_OVERRIDE_COMMON_APPDATA", "PROGRAMDATA", places.SYSTEM_VARIABLE):
        monkeypatch.setenv(variable, str(tmp_path))
    own = {"win32": "C:/ProgramData/sendlogs", "darwin": "/Library/Application Support/sendlogs"}
    assert places.machine_config_folder() == Path(own.get(sys.platform, "/etc/sendlogs"))
