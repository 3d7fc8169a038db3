"""Who this device is: made once, never silently anew, and keys that tell nothing about each other."""

import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from agent import identity
from agent.errors import StorageError, UsageError
from config.private_files import is_open_to_others

PRINT_ID = (
    "import sys; from pathlib import Path; from agent import identity; print(identity.computer_id(Path(sys.argv[1])))"
)


def test_the_computer_id_is_a_random_uuid_and_stays(tmp_path: Path) -> None:
    first = identity.computer_id(tmp_path / "state")
    assert uuid.UUID(first).version == 4
    assert identity.computer_id(tmp_path / "state") == first
    assert identity.computer_id(tmp_path / "other") != first


def test_processes_that_start_at_once_agree_on_the_id(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", PRINT_ID, str(tmp_path / "state")]
    started = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1
    assert {process.returncode for process in started} == {0}


@pytest.mark.parametrize("content", [b"", b"\n", b"not-a-uuid\n", b"\xff\xfe"])
def test_a_damaged_computer_id_is_an_error_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    """The sentence says what to do; a new identity is never made in its place."""
    identity.computer_id(tmp_path)
    (tmp_path / "computer-id").write_bytes(content)
    with pytest.raises(StorageError, match="damaged") as raised:
        identity.computer_id(tmp_path)
    assert "delete" in raised.value.advice
    assert (tmp_path / "computer-id").read_bytes() == content


def test_the_device_secret_is_32_bytes_for_its_owner_alone(tmp_path: Path) -> None:
    secret = identity.device_secret(tmp_path)
    assert len(secret) == 32
    assert identity.device_secret(tmp_path) == secret
    assert not is_open_to_others(tmp_path / "device-secret")


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_damaged_device_secret_is_an_error(tmp_path: Path, content: bytes) -> None:
    identity.device_secret(tmp_path)
    (tmp_path / "device-secret").write_bytes(content)
    with pytest.raises(StorageError, match="damaged"):
        identity.device_secret(tmp_path)


@pytest.mark.posix
def test_a_secret_that_others_can_read_is_none(tmp_path: Path) -> None:
    identity.device_secret(tmp_path)
    (tmp_path / "device-secret").chmod(0o644)
    with pytest.raises(StorageError, match="others"):
        identity.device_secret(tmp_path)


def test_keys_depend_on_the_scope_and_on_the_device(tmp_path: Path) -> None:
    key = identity.pseudonym_key(tmp_path / "a", "ticket 1")
    assert len(key) == 32
    assert identity.pseudonym_key(tmp_path / "a", "ticket 1") == key
    assert identity.pseudonym_key(tmp_path / "a", "ticket 2") != key
    assert identity.pseudonym_key(tmp_path / "b", "ticket 1") != key
    assert identity.device_secret(tmp_path / "a") != key


def test_a_credential_lies_under_a_name_that_tells_nothing(tmp_path: Path) -> None:
    file = identity.credential_file(tmp_path, "desk:https://desk.example")
    assert "desk" not in file.name
    assert file.parent == tmp_path / "credentials"
    assert not file.exists()


@pytest.mark.parametrize(
    "spelling",
    [
        "desk:https://desk.example/",
        "desk:HTTPS://Desk.Example",
        "desk:https://desk.example:443",
        "desk: https://desk.example ",
    ],
)
def test_every_spelling_of_an_address_has_one_credential(tmp_path: Path, spelling: str) -> None:
    assert identity.credential_file(tmp_path, spelling) == identity.credential_file(
        tmp_path, "desk:https://desk.example"
    )


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("https://desk.example:8443/", "https://desk.example:8443"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://[::1]:8750", "http://[::1]:8750"),
        ("https://Desk.Example/Path/", "https://desk.example/Path"),
    ],
)
def test_web_addresses_are_written_one_way(written: str, normalised: str) -> None:
    assert identity.normalised_url(written) == normalised


@pytest.mark.parametrize(
    "written",
    [
        "",
        "desk.example",
        "ftp://desk.example",
        "https://",
        "https://x:port",
        "https://[::1",
        "https://h?a=b",
        "https://h#a",
    ],
)
def test_what_is_no_web_address_is_refused(written: str) -> None:
    with pytest.raises(UsageError):
        identity.normalised_url(written)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as raised:
        identity.normalised_url("https://jo:hunter2@desk.example")
    assert "hunter2" not in str(raised.value) + raised.value.advice


def test_a_folder_address_means_the_same_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert identity.normalised_endpoint("folder:share") == f"folder:{tmp_path / 'share'}"


def test_what_a_kill_left_of_a_secret_is_swept(tmp_path):
    """A half-written file beside the name goes when the name is made."""
    (tmp_path / ".device-secret.x1.new").write_bytes(b"half")
    identity.device_secret(tmp_path)
    assert list(tmp_path.glob(".device-secret*")) == []


def test_the_signing_key_is_made_once_and_stays(tmp_path):
    assert identity.known_signer(tmp_path) is None
    key = identity.signing_key(tmp_path)
    assert identity.signing_key(tmp_path) == key
    assert identity.known_signer(tmp_path) == key.public
    assert identity.signing_key(tmp_path / "other") != key


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-1], lambda data: bytes([data[0] ^ 1]) + data[1:], lambda data: b""]
)
def test_a_damaged_signing_key_is_told_and_never_made_anew(tmp_path, spoil):
    identity.signing_key(tmp_path)
    file = tmp_path / "signing-key"
    spoiled = spoil(file.read_bytes())
    file.write_bytes(spoiled)
    for asked in (identity.signing_key, identity.known_signer):
        with pytest.raises(StorageError, match="holds no signing key"):
            asked(tmp_path)
    assert file.read_bytes() == spoiled


@pytest.mark.posix
def test_a_signing_key_is_its_owners_alone(tmp_path):
    identity.signing_key(tmp_path)
    file = tmp_path / "signing-key"
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(StorageError):
        identity.signing_key(tmp_path)
