"""The settings of the object store: a desk that cannot use them does not start, says why, and tells no secret."""

import os
import subprocess
import sys

import pytest

SECRET = "secret-of-the-desk"
KEYS = f"[default]\naws_access_key_id = key\naws_secret_access_key = {SECRET}\n"
GOOD = {"URL": "https://s3.example", "BUCKET": "bundles"}


@pytest.fixture
def start(tmp_path):
    """Start a desk on these settings; of what it prints, what went wrong."""

    def started(keys=KEYS, *, mode=0o600, **settings):
        file = tmp_path / "keys"
        if keys is not None:
            file.write_text(keys)
            file.chmod(mode)
        told = {f"SENDLOGS_DESK_S3_{key}": value for key, value in {"KEYS_FILE": str(file), **settings}.items()}
        command = [sys.executable, "-m", "desk", "serve", "--state", str(tmp_path / "state"), "--port", "0"]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **told}, timeout=120, check=False
        )
        assert done.returncode == 1
        assert SECRET not in done.stdout + done.stderr
        return done.stderr

    return started


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({**GOOD, "URL": "http://s3.example"}, "in the clear"),
        ({**GOOD, "URL": "s3.example"}, "is not an address"),
        ({**GOOD, "URL": "https://key:word@s3.example"}, "is not an address"),
        ({"URL": "https://s3.example"}, "SENDLOGS_DESK_S3_BUCKET"),
        ({**GOOD, "KEYS_FILE": ""}, "SENDLOGS_DESK_S3_KEYS_FILE"),
        ({**GOOD, "REGION": "not a region"}, "cannot be used"),
    ],
)
def test_settings_that_cannot_be_are_named(start, settings, words):
    assert words in start(**settings)


@pytest.mark.parametrize(
    "keys", [f"aws_secret_access_key = {SECRET}\n", f"[default]\n{SECRET}\n", "[default]\n", "\x00", None]
)
def test_a_file_of_keys_that_holds_none_is_named(start, keys):
    assert "SENDLOGS_DESK_S3_KEYS_FILE" in start(keys, **GOOD)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_keys_that_others_could_have_read_are_none(start):
    assert "open to others" in start(mode=0o644, **GOOD)


def test_a_desk_without_a_store_never_loads_its_library():
    code = "import os, sys, django; django.setup(); import desk.asgi; from desk.uploads import object_store; "
    code += "assert object_store.configured() is None; sys.exit('botocore' in sys.modules)"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "desk.settings"}
    assert subprocess.run([sys.executable, "-c", code], env=env, timeout=120, check=False).returncode == 0
