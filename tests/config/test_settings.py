"""Settings come in layers, the policy last; what cannot be used is told with file, line and key."""

import dataclasses
import json
import os
import sys
from pathlib import Path

import pytest

from config import ConfigurationProblem, durations, places, settings
from config.settings import Settings, load, load_or_hold
from config.yaml_schema import load_schema

ROOT = Path(__file__).parents[2]
windows = pytest.mark.skipif(sys.platform != "win32", reason="other systems have owners and modes")

if sys.platform == "win32":
    from config import windows_access


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Folders and environment of a machine on which nothing is configured, and where we are the administrator."""
    monkeypatch.setattr(places, "machine_config_folder", lambda: tmp_path / "etc")
    if sys.platform == "win32":
        monkeypatch.setattr(windows_access, "who_else_writes", lambda place: [])
    else:
        monkeypatch.setattr(settings, "_ADMINISTRATOR_UID", os.geteuid())
    folders = {"SYSTEM": "system", "CONFIG": "config", "STATE": "state"}
    return {f"SENDLOGS_{name}_FOLDER": str(tmp_path / folder) for name, folder in folders.items()} | {
        "USERPROFILE" if sys.platform == "win32" else "HOME": str(tmp_path / "home")
    }


def write(tmp_path, name, text, mode=0o644):
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


def test_with_nothing_configured_everything_has_its_default(machine, tmp_path):
    loaded = load(machine)
    assert loaded.settings.limit_bytes == 50 * 2**20
    assert loaded.settings.consent == "ask"
    assert loaded.settings.since_seconds == 7 * 86400
    assert loaded.settings.outbox_keep_seconds == 30 * 86400
    assert loaded.settings.state_folder == tmp_path / "state"
    assert loaded.settings.profile_folders == (tmp_path / "system/profiles", tmp_path / "config/profiles")
    assert loaded.origins["limit_bytes"] == "built-in"
    assert loaded.origins["state_folder"] == "environment variable SENDLOGS_STATE_FOLDER"
    assert loaded.files == ()


def test_each_layer_wins_over_those_before_it(machine, tmp_path):
    """One key is taken away at a time, from the strongest layer to the weakest."""
    layers = ["etc/policy.yaml", "system/policy.yaml", "SENDLOGS_SINCE", "config/agent.yaml"]
    layers += ["system/conf.d/20.yaml", "system/conf.d/10.yaml", "system/agent.yaml"]
    for hours, layer in enumerate(layers, 1):
        if layer.startswith("SENDLOGS_"):
            machine[layer] = f"{hours}h"
        else:
            write(tmp_path, layer, f"since: {hours}h\n")
    for hours, layer in enumerate(layers, 1):
        loaded = load(machine)
        assert loaded.settings.since == f"{hours}h"
        assert layer in loaded.origins["since"].replace("\\", "/")
        if layer.startswith("SENDLOGS_"):
            del machine[layer]
        else:
            (tmp_path / layer).unlink()
    assert load(machine).origins["since"] == "built-in"


@pytest.mark.parametrize(("written", "meant"), [("off", "off"), ("no", "off"), ("'off'", "off"), ("ask", "ask")])
def test_remote_off_needs_no_quotation_marks(machine, tmp_path, written, meant):
    write(tmp_path, "config/agent.yaml", f"remote: {written}\n")
    assert load(machine).settings.remote == meant


@pytest.mark.parametrize("written", ["on", "yes", "true"])
def test_remote_on_does_not_say_how(machine, tmp_path, written):
    file = write(tmp_path, "config/agent.yaml", f"since: 3h\nremote: {written}\n")
    told = f"{file}, line 2: remote: on does not say how: write ask, notify or allow"
    with pytest.raises(ConfigurationProblem) as caught:
        load(machine)
    assert str(caught.value) == told


def test_a_policy_is_named_as_one(machine, tmp_path):
    file = write(tmp_path, "system/policy.yaml", "consent: notify\n")
    loaded = load(machine)
    assert (loaded.settings.consent, loaded.origins["consent"]) == ("notify", f"policy {file}")
    assert loaded.files == (file,)


@pytest.mark.posix
@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_policy_that_others_can_write_is_refused(machine, tmp_path, mode):
    file = write(tmp_path, "system/policy.yaml", "consent: allow\n", mode)
    with pytest.raises(ConfigurationProblem, match="not believed as a policy") as caught:
        load(machine)
    assert str(file) in str(caught.value)


@pytest.mark.posix
def test_a_policy_in_a_folder_that_others_can_write_is_refused(machine, tmp_path):
    write(tmp_path, "system/policy.yaml", "consent: allow\n").parent.chmod(0o777)
    with pytest.raises(ConfigurationProblem, match="not believed as a policy"):
        load(machine)


@pytest.mark.posix
@pytest.mark.parametrize("leads_to", ["nowhere", "policy.yaml"])
def test_a_policy_that_cannot_be_found_out_is_refused(machine, tmp_path, leads_to, monkeypatch):
    """Nothing may be taken for no policy but that there is none: what is there may forbid what a person allows."""
    folder = tmp_path / "system"
    folder.mkdir()
    (folder / "policy.yaml").symlink_to(leads_to)
    with pytest.raises(ConfigurationProblem, match="not believed as a policy"):
        load(machine)
    monkeypatch.setattr(Path, "lstat", lambda _: os.close(-1))  # an error of the system
    with pytest.raises(ConfigurationProblem, match=r"cannot be looked at \(Bad file descriptor\)"):
        load(machine)


@pytest.mark.posix
def test_a_policy_that_is_not_the_administrators_is_refused(machine, tmp_path, monkeypatch):
    write(tmp_path, "system/policy.yaml", "consent: allow\n")
    monkeypatch.setattr(settings, "_ADMINISTRATOR_UID", os.geteuid() + 1)
    with pytest.raises(ConfigurationProblem, match="must be root"):
        load(machine)


@windows
@pytest.mark.parametrize("open_one", ["system", "system/policy.yaml"])
def test_a_policy_that_windows_says_others_can_write_is_refused(machine, tmp_path, monkeypatch, open_one):
    file = write(tmp_path, "system/policy.yaml", "consent: allow\n")
    writers = {tmp_path / open_one: ["BUILTIN\\Users", "LAPTOP\\jo"]}
    monkeypatch.setattr(windows_access, "who_else_writes", lambda place: writers.get(place, []))
    with pytest.raises(ConfigurationProblem) as caught:
        load(machine)
    reason = "(BUILTIN\\Users, LAPTOP\\jo may; must be of Administrators, closed to others)"
    told = f"{tmp_path / open_one} is not the administrator's alone to write {reason}"
    assert str(caught.value) == f"{file}: not believed as a policy, since {told}"


@windows
def test_a_policy_whose_list_windows_does_not_show_is_refused(machine, tmp_path, monkeypatch):
    write(tmp_path, "system/policy.yaml", "consent: allow\n")
    monkeypatch.setattr(
        windows_access, "who_else_writes", lambda place: (_ for _ in ()).throw(PermissionError(13, "no"))
    )
    with pytest.raises(ConfigurationProblem, match="somebody unknown may"):
        load(machine)


@windows
@pytest.mark.parametrize("planted", ["etc", "etc/policy.yaml"])
def test_the_administrators_files_are_not_looked_for_behind_a_link(machine, tmp_path, monkeypatch, planted):
    """Which any user may make, and which leads to what an administrator wrote for another purpose."""
    write(tmp_path, "etc/policy.yaml", "consent: allow\n")
    number = (tmp_path / planted).stat().st_ino
    monkeypatch.setattr(windows_access, "is_link", lambda found: found.st_ino == number)
    with pytest.raises(ConfigurationProblem, match="it is a link; must be of Administrators") as caught:
        load(machine)
    assert str(tmp_path / planted) in str(caught.value)


@windows
def test_settings_in_a_machine_folder_that_anybody_could_make_are_refused(machine, tmp_path, monkeypatch):
    """Of the machine's own folder alone: whoever moved it by a variable chose what is there."""
    write(tmp_path, "etc/agent.yaml", "endpoint: folder:C:/Users/Public\n")
    monkeypatch.setattr(windows_access, "who_else_writes", lambda place: ["BUILTIN\\Users"])
    assert load(machine).settings.endpoint is None
    del machine["SENDLOGS_SYSTEM_FOLDER"]
    with pytest.raises(ConfigurationProblem, match="not believed as the administrator's"):
        load(machine)


def test_moving_the_administrators_folder_does_not_move_the_policy_away(machine, tmp_path):
    """Whoever sets SENDLOGS_SYSTEM_FOLDER to an empty folder still meets the machine's own policy."""
    write(tmp_path, "etc/policy.yaml", "consent: ask\n")
    machine |= {"SENDLOGS_SYSTEM_FOLDER": str(tmp_path / "empty"), "SENDLOGS_CONSENT": "allow"}
    assert load(machine).settings.consent == "ask"


def held(machine, tmp_path, text):
    """What another process holds that read this file, as it hands it over; the file is broken since."""
    file = write(tmp_path, "config/agent.yaml", text)
    values = json.loads(json.dumps(dict(load(machine).values)))
    file.write_text("remote: perhaps\n")
    return values


def test_what_is_held_goes_on_where_a_file_was_broken_since(machine, tmp_path):
    file = write(tmp_path, "config/agent.yaml", "remote: notify\nprofile_folders: [~/x]\nca_file: ~/y\nsince: 3d\n")
    before = load(machine).settings
    assert load_or_hold(machine, held(machine, tmp_path, file.read_text())).settings == before
    assert (before.remote, before.since_seconds) == ("notify", 3 * 86400)


def test_settings_that_can_be_used_are_but_for_another_state_folder(machine, tmp_path):
    values = held(machine, tmp_path, "remote: allow\n")
    write(tmp_path, "config/agent.yaml", "remote: 'off'\nstate_folder: ~/elsewhere\n")
    loaded = load_or_hold(machine, values)
    assert (loaded.settings.remote, loaded.settings.state_folder) == ("off", tmp_path / "state")
    assert loaded.values["state_folder"] == str(tmp_path / "state")


@pytest.mark.parametrize("folder", ["etc", "system"])
def test_a_policy_that_was_tightened_holds_at_once_whatever_is_broken(machine, tmp_path, folder):
    values = held(machine, tmp_path, "remote: allow\n")
    policy = write(tmp_path, f"{folder}/policy.yaml", "consent: perhaps\nremote: off\nstate_folder: ~/elsewhere\n")
    loaded = load_or_hold(machine, values)
    assert (loaded.settings.remote, loaded.origins["remote"]) == ("off", f"policy {policy}")
    assert loaded.settings.consent == "ask"
    assert loaded.settings.state_folder == tmp_path / "state"


def test_of_two_policies_the_one_that_can_be_used_holds(machine, tmp_path):
    values = held(machine, tmp_path, "remote: allow\n")
    write(tmp_path, "etc/policy.yaml", "remote: 'off'\n")
    write(tmp_path, "system/policy.yaml", "remote: [1\n")
    assert load_or_hold(machine, values).settings.remote == "off"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("since: [1\n", "agent.yaml, line 2: is not YAML"),
        (
            "\nlimit_byte: 70000\n",
            "agent.yaml, line 2: limit_byte: there is no such setting; did you mean limit_bytes?",
        ),
        ("limit_bytes: many\n", "agent.yaml, line 1: limit_bytes: must be a whole number"),
        ("state_folder: here\n", "agent.yaml, line 1: state_folder: must be a whole path"),
        ("profile_folders: [/a, b]\n", "agent.yaml, line 1: profile_folders: must be a whole path"),
    ],
)
def test_what_cannot_be_used_is_told_with_file_line_and_key(machine, tmp_path, text, told):
    write(tmp_path, "config/agent.yaml", text)
    with pytest.raises(ConfigurationProblem) as caught:
        load(machine)
    assert told in str(caught.value)
    assert str(tmp_path / "config") in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SENDLOGS_LIMIT_BYTES", "x", "environment variable SENDLOGS_LIMIT_BYTES: limit_bytes: must be a whole number"),
        ("SENDLOGS_ENDPIONT", "x", "environment variable SENDLOGS_ENDPIONT: endpiont: there is no such setting"),
    ],
)
def test_a_variable_that_cannot_be_used_is_told_by_its_name(machine, name, value, told):
    with pytest.raises(ConfigurationProblem, match=told):
        load(machine | {name: value})


def test_variables_of_the_desk_and_of_others_are_not_ours(machine):
    load(machine | {"SENDLOGS_DESK_STATE": "/x", "SENDLOG": "y", "PATH": "/bin"})


def test_home_is_filled_in_and_no_path_counts_from_the_working_folder(machine, tmp_path):
    write(tmp_path, "config/agent.yaml", f"ca_file: ~/ca.pem\nredaction_folders: [~/rules, '{tmp_path}']\n")
    loaded = load(machine | {"SENDLOGS_PROFILE_FOLDERS": "~/mine"}).settings
    assert loaded.ca_file == tmp_path / "home/ca.pem"
    assert loaded.redaction_folders[2:] == (tmp_path / "home/rules", tmp_path)
    assert loaded.profile_folders[-1] == tmp_path / "home/mine"
    assert loaded.needed_redaction_folders == (tmp_path / "home/rules", tmp_path)  # the usual ones may be missing
    assert loaded.needed_profile_folders == (tmp_path / "home/mine",)
    for variable in ("SENDLOGS_PROFILE_FOLDERS", "SENDLOGS_STATE_FOLDER", "SENDLOGS_CA_FILE"):
        with pytest.raises(ConfigurationProblem, match="must be a whole path"):
            load(machine | {variable: "mine"})


def test_every_key_of_the_schema_is_an_attribute_and_the_other_way_round():
    assert list(load_schema("settings.schema.json").properties) == [f.name for f in dataclasses.fields(Settings)]


def test_a_duration_of_the_schema_is_one_that_can_be_read():
    entry = load_schema("settings.schema.json").properties["since"]
    assert entry["pattern"] == durations.PATTERN


def row(key: str, entry: dict[str, object]) -> str:
    """What docs/settings.md says about a setting."""
    example = json.dumps(entry["examples"][0])
    return f"| `{key}` | {entry['description']} | `{json.dumps(entry['default'])}` | `{example}` |"


def test_the_page_of_settings_is_the_schema():
    """When this fails, put the rows that it shows into docs/settings.md."""
    rows = [row(key, entry) for key, entry in load_schema("settings.schema.json").properties.items()]
    page = (ROOT / "docs/settings.md").read_text("utf-8").splitlines()
    assert [line for line in page if line.startswith("| `")] == rows
