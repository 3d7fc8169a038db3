"""A session is what a verb works with: settings, state, and what is made from them."""

import subprocess
import sys

import pytest

from agent.cli.session import LOCAL_SCOPE, connect, connection, open_session, typed_command
from agent.endpoints._linked import LinkedEndpoint
from agent.errors import ConfigError, UsageError
from config import ConfigurationProblem


@pytest.fixture
def session(machine):
    return open_session()


def test_the_state_folder_is_made_when_it_is_asked_for(session, machine):
    assert not (machine / "state").exists()
    assert session.state == machine / "state"
    assert session.state.is_dir()


def test_an_endpoint_is_the_given_one_else_the_configured(machine, monkeypatch):
    with pytest.raises(ConfigError, match="No endpoint"):
        open_session().endpoint(None)
    monkeypatch.setenv("SENDLOGS_ENDPOINT", "folder:/configured")
    assert open_session().endpoint(None) == "folder:/configured"
    assert open_session().endpoint("folder:/given") == "folder:/given"


def test_an_endpoint_is_connected_with_the_network_settings(machine, monkeypatch):
    monkeypatch.setenv("SENDLOGS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("SENDLOGS_NETWORK_TIMEOUT_SECONDS", "7")
    using = open_session().settings
    link = connection("desk:https://desk.example", using)
    assert (link.address, link.proxy, link.timeout_seconds) == (
        "https://desk.example",
        "http://proxy.example:3128",
        7,
    )
    assert link.credential_file.is_relative_to(machine / "state")
    assert str(machine) in connect(f"folder:{machine}", using).check()


def test_an_unknown_kind_of_endpoint_is_refused_with_the_known_ones(session):
    with pytest.raises(UsageError) as caught:
        session.connect("nosuch:https://x")
    assert "desk, " in caught.value.advice
    assert "folder:/mnt/support" in caught.value.advice


def test_an_endpoint_tells_how_its_numbers_look_and_what_it_takes(session):
    assert "number" in session.number_pattern("desk:https://desk.example")
    assert session.number_pattern(None)
    assert session.largest_bundle_bytes(None) is None
    assert session.largest_bundle_bytes("freshdesk:https://x.freshdesk.com") == 20_000_000
    assert session.takes_volumes("freshdesk:https://x.freshdesk.com")
    assert not session.takes_volumes("desk:https://desk.example")
    assert not session.takes_volumes(None)


def test_a_limit_that_an_endpoint_does_not_tell_is_a_setting(machine, monkeypatch):
    monkeypatch.setenv("SENDLOGS_LARGEST_FILE_BYTES", "5242880")
    session = open_session()
    assert session.largest_bundle_bytes("redmine:https://x.example/projects/y") == 5242880
    assert session.largest_bundle_bytes("freshdesk:https://x.freshdesk.com") == 5242880
    monkeypatch.setenv("SENDLOGS_LARGEST_FILE_BYTES", "52428800")
    assert open_session().largest_bundle_bytes("freshdesk:https://x.freshdesk.com") == 20_000_000


def test_an_endpoint_that_takes_no_files_is_refused_before_anything_is_gathered(session):
    with pytest.raises(UsageError, match="takes no files"):
        session.largest_bundle_bytes("github_issues:https://github.com/owner/repository")


def test_an_endpoint_that_takes_links_has_its_bundles_in_the_store(machine, monkeypatch, tmp_path):
    issues = "github_issues:https://github.com/owner/repository"
    monkeypatch.setenv("SENDLOGS_LINK_STORE", f"folder:{tmp_path}")
    session = open_session()
    assert session.largest_bundle_bytes(issues) is None
    assert isinstance(session.connect(issues), LinkedEndpoint)
    assert not isinstance(session.connect(f"folder:{tmp_path}"), LinkedEndpoint)
    monkeypatch.setenv("SENDLOGS_LINK_STORE", issues)
    with pytest.raises(UsageError, match="takes no files"):
        open_session().largest_bundle_bytes(issues)


def test_redaction_does_without_no_folder_that_a_setting_names(machine, monkeypatch):
    monkeypatch.setenv("SENDLOGS_REDACTION_FOLDERS", str(machine / "away"))
    session = open_session()
    for make in (lambda: session.rules, session.redactor_maker("local")):
        with pytest.raises(ConfigurationProblem, match="away: this folder of redaction rules cannot be read"):
            make()


def test_redaction_on_this_computer_is_the_same_each_time(session):
    first, second = (open_session().redactor(LOCAL_SCOPE) for _ in range(2))
    text = "login from 203.0.113.9 by ada@example.org password=hunter2-hunter2"
    assert first.text(text)[0] == second.text(text)[0]
    assert session.redactor("another").text(text)[0] != first.text(text)[0]
    assert "hunter2" not in first.text(text)[0]


def test_the_outbox_lies_in_the_state_folder(session, make_archive, agree):
    archive = make_archive()
    entry = session.outbox.put(archive, "17", agree(archive), "folder:/x", "scope")
    assert entry.archive.file.is_relative_to(session.state)
    assert session.outbox.entries() == [entry]


@pytest.mark.skipif(sys.platform != "win32", reason="a line for PowerShell")
def test_a_command_line_on_windows_is_one_for_powershell():
    assert typed_command({}) == "sendlogs"
    moved = {"SENDLOGS_STATE_FOLDER": r"D:\O'Neil's logs"}
    assert typed_command(moved) == r"$env:SENDLOGS_STATE_FOLDER='D:\O''Neil''s logs'; sendlogs"


@pytest.mark.posix
def test_a_command_line_names_a_state_folder_that_is_not_the_usual_one(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "agent")
    assert typed_command({}) == "sendlogs"
    moved = {"SENDLOGS_STATE_FOLDER": "/var/lib/a b"}
    assert typed_command(moved) == r"sudo -u agent SENDLOGS_STATE_FOLDER=/var/lib/a\ b sendlogs"
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    assert typed_command(moved) == r"SENDLOGS_STATE_FOLDER=/var/lib/a\ b sendlogs"


@pytest.mark.posix
@pytest.mark.parametrize("name", ["a b", "it's", 'a"b', "$HOME;`x`", "ä ö", "two\nlines", "back\\slash", "~x", "#y"])
def test_what_is_typed_is_what_the_shell_reads(monkeypatch, name):
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    line = typed_command({"SENDLOGS_STATE_FOLDER": f"/var/{name}"}).removesuffix("sendlogs")
    read = subprocess.run(["/bin/sh", "-c", f"{line} printenv SENDLOGS_STATE_FOLDER"], capture_output=True, check=True)
    assert read.stdout.decode() == f"/var/{name}\n"


@pytest.mark.posix
def test_an_account_without_a_name_keeps_no_service_from_starting(monkeypatch):
    """As in a container that runs under any number."""

    def nobody():
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert typed_command({"SENDLOGS_STATE_FOLDER": "/var/lib/x"}).startswith("sudo -u unknown ")
