"""The description of the API is what answers: schemathesis makes calls of it, right and wrong ones, without end."""

import base64
import hashlib
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

SECONDS = 50  # of each run, of which there are two
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)
BODIES = """
import schemathesis
@schemathesis.serializer("application/x-7z-compressed", "application/offset+octet-stream")
def as_it_is(_context, value):
    return value if isinstance(value, bytes) else str(value).encode()
"""


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory, enrol_with_key, bundle):
    """A desk of its own with one of everything: how to start each run against it."""
    from tests.desk.conftest import migrated, running_desk

    folder = tmp_path_factory.mktemp("fuzzed")
    with running_desk(migrated(folder / "state", tmp_path_factory)) as desk:
        device = enrol_with_key(desk)
        device.api("PUT", "me", json={"remote_policy": "ask", "remote_profiles": ["demo"]})
        credentials = {
            "device credential": device.credential,
            "champion token": desk.command("token", "make", "champion", "--name", "fuzz"),
            "relay credential": desk.command("relay-credential", "fuzz"),
        }
        yield desk, credentials, _places(desk, device, credentials["champion token"], bundle), folder


def _places(desk, device, token, bundle):
    """Parts of addresses at which there is something."""
    number = device.open_ticket()["number"]
    bundle_id = device.put(number, bundle).json()["bundle_id"]
    headers = {"Authorization": f"Bearer {token}"}
    words = {"ticket": number, "profile": "demo", "reason": "why"}
    asked = desk.api("POST", "champion/requests", json=words, headers=headers).json()
    metadata = {
        "bundle_id": str(uuid.uuid4()).encode(),
        "sha256": hashlib.sha256(b"x").hexdigest().encode(),
        "consent": b'{"how": "asked", "given_by": "jo"}',
    }
    written = ",".join(f"{name} {base64.b64encode(value).decode()}" for name, value in metadata.items())
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000", "Upload-Metadata": written}
    upload = device.api("POST", f"tickets/{number}/uploads", headers=headers)
    assert upload.status_code == 201, upload.text
    upload_id = upload.headers["Location"].rsplit("/", 1)[-1]
    return {"number": number, "bundle_id": bundle_id, "request_id": asked["request_id"], "upload_id": upload_id}


@pytest.mark.long
@pytest.mark.parametrize("places", ["anywhere", "where there is something"])
def test_no_call_of_its_own_description_breaks_the_desk_or_is_answered_otherwise(fuzzed, places):
    desk, credentials, found, folder = fuzzed
    (folder / "bodies.py").write_text(BODIES)
    config = "".join(f'[auth.openapi."{name}"]\nbearer = "{secret}"\n' for name, secret in credentials.items())
    config += (
        '[parameters]\n"query.wait_seconds" = 0\n'  # a call that waits is no failure, but takes the time of others
    )
    if places != "anywhere":
        config += "".join(f'"path.{name}" = "{value}"\n' for name, value in found.items())
    (folder / "schemathesis.toml").write_text(config)
    words = ["--checks", ",".join(CHECKS), "--max-time", str(SECONDS), "--continue-on-failure", "--no-shrink"]
    words += ["--request-timeout", "60"]
    words += ["--phases", "coverage,fuzzing", "--warnings", "off"]
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(folder / "schemathesis.toml")]
    command += ["run", f"{desk.url}/api/v1/openapi.json", *words]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "bodies", "PYTHONPATH": str(folder), "COLUMNS": "120"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    print(re.search(r"Test cases:\n.*", done.stdout)[0])
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert re.search(r"Tested: 26\b", done.stdout), "every operation is tested"
