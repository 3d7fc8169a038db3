"""What doctor says about this machine alone."""

import errno
import io
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest

from agent.doctor import local as doctor_local
from agent.doctor.findings import Situation
from agent.doctor.local import check_disk, check_leftovers, check_logs, check_outbox, check_state_folder
from agent.outbox import Outbox
from agent.workspace import private_work_folder
from config.settings import load

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def situation(tmp_path):
    folders = {name: str(tmp_path / name.lower()) for name in ("STATE", "CONFIG", "SYSTEM")}
    environment = {f"SENDLOGS_{name}_FOLDER": folder for name, folder in folders.items()} | {"LOGS": str(tmp_path)}
    return Situation(
        settings=load(environment).settings,
        environment=environment,
        endpoint=None,
        profile="mine",
        connect=lambda endpoint, settings: None,
        now=datetime.now(UTC),
    )


def levels(check, situation):
    return [finding.level for finding in check(situation)]


def test_a_state_folder_that_can_be_made_is_well_and_nothing_stays_in_it(situation):
    assert levels(check_state_folder, situation) == ["ok"]
    assert list(situation.settings.state_folder.iterdir()) == []


def test_a_file_in_its_place_is_a_problem(situation):
    situation.settings.state_folder.write_text("")
    (found,) = check_state_folder(situation)
    assert found.level == "problem"
    assert "state_folder" in found.advice


@pytest.mark.posix
def test_a_state_folder_on_a_disk_that_keeps_no_permissions_is_a_problem(situation, monkeypatch):
    situation.settings.state_folder.mkdir(mode=0o755)
    monkeypatch.setattr(doctor_local, "make_private_folder", lambda folder: folder)
    assert levels(check_state_folder, situation) == ["problem"]


def test_a_state_folder_that_stays_open_to_others_is_never_called_yours_alone(situation, monkeypatch):
    monkeypatch.setattr(doctor_local, "is_open_to_others", lambda folder: True)
    (found,) = check_state_folder(situation)
    assert (found.level, found.message) == ("problem", f"{situation.settings.state_folder} is open to others.")


def test_a_full_disk_is_told_as_that_and_nothing_is_left_there(situation, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    def open_private(path):
        path.touch()
        return Full()

    monkeypatch.setattr(doctor_local, "open_private", open_private)
    (found,) = check_state_folder(situation)
    assert found.advice.startswith("Free some space")
    assert list(situation.settings.state_folder.iterdir()) == []
    monkeypatch.setattr(doctor_local.shutil, "disk_usage", lambda folder: Usage(0, 0, 240_000))
    (found,) = check_disk(situation)
    assert "0.2 MB free" in found.message


@pytest.mark.parametrize(("bundles", "level"), [(0.5, "problem"), (2, "warning"), (100, "ok")])
def test_the_disk_must_hold_a_bundle_and_what_leads_to_it(situation, monkeypatch, bundles, level):
    free = int(bundles * situation.settings.limit_bytes)
    monkeypatch.setattr(doctor_local.shutil, "disk_usage", lambda folder: Usage(0, 0, free))
    assert levels(check_disk, situation) == [level]


@pytest.fixture
def profile(situation, tmp_path):
    folder = tmp_path / "config" / "profiles"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(
        "product: Mine\ntitle: My program\ncollectors: {application_logs: {globs: ['$LOGS/logs/*.log', '$LOGS/b/*']}}\n"
    )
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


def test_logs_that_can_be_read_are_counted(situation, profile):
    for name in ("a.log", "b.log", "c.txt"):
        (profile / name).write_text("x")
    (found,) = check_logs(situation)
    assert (found.level, found.message) == ("ok", "2 files of My program can be read.")


def test_no_logs_at_all_are_a_warning_that_says_where_they_should_be(situation, profile):
    (found,) = check_logs(situation)
    assert (found.level, "$LOGS/logs/*.log, $LOGS/b/*" in found.message) == ("warning", True)


@pytest.mark.parametrize("broken", ["product: Mine\ntitle: My program\n", None])
def test_a_profile_that_cannot_be_used_is_a_problem_that_names_the_check(situation, profile, tmp_path, broken):
    file = tmp_path / "config" / "profiles" / "mine.yaml"
    file.write_text(broken) if broken else file.unlink()
    (found,) = check_logs(situation)
    assert found.level == "problem"
    assert ("'collectors' is a required property" if broken else "there is no profile 'mine'") in found.message
    assert "sendlogs config check" in found.advice


def test_logs_that_may_not_be_read_are_a_problem_and_some_a_warning(situation, profile, monkeypatch):
    for name in ("a.log", "b.log"):
        (profile / name).write_text("x")
    shut = [profile / "a.log"]
    monkeypatch.setattr(doctor_local.os, "access", lambda path, mode: path not in shut)
    assert levels(check_logs, situation) == ["warning", "ok"]
    shut.append(profile / "b.log")
    assert levels(check_logs, situation) == ["problem"]


def test_a_folder_that_may_not_be_looked_into_is_a_problem(situation, profile, monkeypatch):
    """Its names cannot be listed, so that no file matches; as root no real folder is shut."""
    monkeypatch.setattr(doctor_local.os, "access", lambda path, mode: path != profile)
    (found,) = check_logs(situation)
    assert (found.level, found.message) == ("problem", f"Your account may not look into {profile}.")


def test_without_a_profile_or_globs_nothing_is_missing(situation, tmp_path):
    folder = tmp_path / "config" / "profiles"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("product: Mine\ntitle: Mine\ncollectors: {operating_system: {}}\n")
    assert levels(check_logs, situation) == ["ok"]


def test_an_empty_outbox_is_well_and_none_is_made(situation):
    assert levels(check_outbox, situation) == ["ok"]
    assert not situation.settings.state_folder.exists()


@pytest.mark.parametrize(("hours", "level"), [(1, "warning"), (30, "problem"), (-147.5, "warning")])
def test_what_waits_is_told_with_its_age(situation, make_archive, agree, hours, level):
    archive = make_archive()
    box = Outbox(situation.settings.state_folder, 10**9)
    entry = box.put(archive, "17", agree(archive), "folder:/x", "scope")
    later = Situation(
        **{name: getattr(situation, name) for name in Situation.__slots__ if name != "now"},
        now=entry.queued_at + timedelta(hours=hours),
    )
    (found,) = check_outbox(later)
    assert (found.level, f"for {max(hours, 0):.1f} hours" in found.message) == (level, True)


def test_what_can_never_be_delivered_is_a_problem_with_the_way_out(situation, make_archive, agree):
    archive = make_archive()
    Outbox(situation.settings.state_folder, 10**9).put(archive, "17", agree(archive), "folder:/x", "scope")
    (situation.settings.state_folder / "outbox" / archive.bundle_id / "delivery.json").write_bytes(b"{")
    found = list(check_outbox(situation))
    assert [finding.level for finding in found] == ["problem", "ok"]
    assert f"sendlogs outbox drop {archive.bundle_id}" in found[0].advice


def test_what_a_run_that_was_cut_short_has_left_is_told(situation):
    assert levels(check_leftovers, situation) == ["ok"]
    state = situation.settings.state_folder
    (state / "crashes").mkdir(parents=True)
    (state / "crashes" / "x.txt").write_text("")
    with private_work_folder(state):
        (state / "work" / "run-old").mkdir()
        old, crashes = check_leftovers(situation)
    assert (old.level, old.message) == ("warning", "1 work folder of what was cut short.")
    assert str(state / "crashes") in crashes.advice
