"""Where things lie: the data that ships with the program, and the folders of this machine.

The only file that knows. Three variables move the folders (for tests, for demonstrations, for several agents
on one machine); each holds a whole path, since what is kept must not depend on the folder in which one works.

======================== ================================================= ================================
variable                 what lies there                                   default on Linux
======================== ================================================= ================================
SENDLOGS_SYSTEM_FOLDER   the administrator's settings, profiles, policy    /etc/sendlogs
SENDLOGS_CONFIG_FOLDER   the person's settings and profiles                ~/.config/sendlogs
SENDLOGS_STATE_FOLDER    identity, credentials, outbox, receipts           ~/.local/state/sendlogs
======================== ================================================= ================================
"""

from __future__ import annotations

import importlib.resources
import os
import sys
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

import platformdirs

from config import ConfigurationProblem

if sys.platform == "win32":
    from platformdirs.windows import get_win_folder_via_ctypes

NAME = "sendlogs"
SYSTEM_VARIABLE = "SENDLOGS_SYSTEM_FOLDER"
CONFIG_VARIABLE = "SENDLOGS_CONFIG_FOLDER"
A_WHOLE_PATH = f"a whole path, from the {'drive' if sys.platform == 'win32' else 'root'} or from ~"
STATE_VARIABLE = "SENDLOGS_STATE_FOLDER"


def data(*parts: str) -> Traversable:
    """A file or folder that ships in this package: ``data("schemas", "settings.schema.json")``."""
    return importlib.resources.files(__package__).joinpath(*parts)


def _moved(variable: str, environment: Mapping[str, str] | None) -> Path | None:
    text = (os.environ if environment is None else environment).get(variable)
    if not text:
        return None
    folder = Path(text).expanduser()
    if not folder.is_absolute():
        raise ConfigurationProblem(f"{variable}: must be {A_WHOLE_PATH}")
    return folder


def machine_config_folder() -> Path:
    """The administrator's folder, whatever the environment says: the policy is always read from here too.

    Not as platformdirs says: it follows variables (``XDG_CONFIG_DIRS``, on Windows ``WIN_PD_OVERRIDE_COMMON_APPDATA``),
    by which anyone could step around the policy.
    On Windows it is made (under ``ProgramData``) so that administrators alone write there, or not believed.
    """
    if sys.platform == "win32":
        return Path(get_win_folder_via_ctypes("CSIDL_COMMON_APPDATA")) / NAME
    else:  # noqa: RET505 - mypy follows what is of one platform by the branch
        return Path("/Library/Application Support" if sys.platform == "darwin" else "/etc") / NAME


def system_config_folder(environment: Mapping[str, str] | None = None) -> Path:
    """The administrator's folder: ``agent.yaml``, ``conf.d/*.yaml``, ``policy.yaml``, ``profiles/``, ``redaction/``."""
    return _moved(SYSTEM_VARIABLE, environment) or machine_config_folder()


def user_config_folder(environment: Mapping[str, str] | None = None) -> Path:
    """The person's folder: ``agent.yaml``, ``profiles/``, ``redaction/``."""
    return _moved(CONFIG_VARIABLE, environment) or Path(platformdirs.user_config_dir(NAME, appauthor=False))


def default_state_folder(environment: Mapping[str, str] | None = None) -> Path:
    """What the program keeps: identity, credentials, outbox, receipts. Owner-only.

    Not the roaming folder on Windows: a device's credential must not travel to another device.
    """
    return _moved(STATE_VARIABLE, environment) or Path(platformdirs.user_state_dir(NAME, appauthor=False))
