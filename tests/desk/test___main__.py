"""The desk's commands, as a person types them."""

import os

import pytest
import requests

from desk import commands


def test_a_token_comes_alone(desk, desk_command):
    """So that a script can take it as it is."""
    made = desk_command("enrollment-token", "--state", str(desk.state_folder))
    assert (made.returncode, made.stderr) == (0, "")
    assert len(made.stdout.split()) == 1


def test_a_champion_gets_a_new_password(desk, desk_command, try_log_in):
    words = ("champion", "--state", str(desk.state_folder), "kim")
    first, second = (desk_command(*words).stdout.strip() for _ in range(2))
    with requests.Session() as session:
        assert try_log_in(session, desk.url, "kim", first).url.endswith("/login/")
        assert try_log_in(session, desk.url, "kim", second).url.endswith("/dashboard/")


@pytest.mark.parametrize(("words", "code"), [(("kim-2",), 403), (("kim-3", "--administrator"), 200)])
def test_only_administrators_see_devices(desk, try_log_in, words, code):
    password = desk.command("champion", *words)
    with requests.Session() as session:
        try_log_in(session, desk.url, words[0], password)
        assert session.get(f"{desk.url}/admin/desk/device/", timeout=60).status_code == code


@pytest.mark.parametrize("words", [("enrollment-token",), ("champion", "kim")])
def test_a_folder_without_a_desk_is_told(desk_command, tmp_path, words):
    refused = desk_command(words[0], "--state", str(tmp_path / "none"), *words[1:])
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "start it once with 'serve'" in refused.stderr


@pytest.mark.parametrize("words", [(), ("serve",), ("serve", "--state", "x", "--port", "70000"), ("nonsense",)])
def test_wrong_words_end_with_2(desk_command, words):
    assert desk_command(*words).returncode == 2


@pytest.mark.posix
def test_a_folder_of_another_account_is_told_in_a_sentence(desk_command, tmp_path):
    """Root is no exception: what it made there the desk could not open."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "secret-key").write_text("x")
    refused = PermissionError(13, "Permission denied", str(state / "secret-key"))
    assert commands._sentence(refused) == (
        f"{state}/secret-key cannot be used: Permission denied. "
        "Run this as the account that the desk runs as, which --state belongs to."
    )
    if os.geteuid() == 0:
        os.chown(state, 12345, -1)
        ended = desk_command("enrollment-token", "--state", str(state))
        assert (ended.returncode, "Run this as the account" in ended.stderr, "[Errno" in ended.stderr) == (
            1,
            True,
            False,
        )
