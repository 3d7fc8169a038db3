"""The desk's settings, asked of Django itself in a process of its own."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def django(tmp_path):
    """Run one of Django's own commands on the desk's settings."""

    def run(*words, **environment):
        state = tmp_path / "state"
        state.mkdir(mode=0o700, exist_ok=True)
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "desk.settings",
            "SENDLOGS_DESK_STATE": str(state),
            **environment,
        }
        command = [sys.executable, "-m", "django", *words]
        return subprocess.run(command, capture_output=True, text=True, env=env, timeout=120, check=False)

    return run


def test_django_finds_nothing_insecure_behind_https(django):
    """But for what the proxy, where TLS ends, decides: redirects (W008), preloading, subdomains (W021, W005)."""
    checked = django("check", "--deploy", "--fail-level", "WARNING", SENDLOGS_DESK_URL="https://desk.example")
    told = {word.strip("()") for word in checked.stderr.split() if word.startswith("(security.W")}
    assert told <= {"security.W005", "security.W008", "security.W021"}, checked.stderr


def test_the_migrations_are_those_of_the_models(django):
    checked = django("makemigrations", "--check", "--dry-run", "desk")
    assert checked.returncode == 0, checked.stdout


def test_they_can_be_read_without_a_state_folder():
    """Type checkers import them."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("SENDLOGS_")}
    command = [sys.executable, "-c", "import desk.settings"]
    assert subprocess.run(command, env=env, check=False).returncode == 0
