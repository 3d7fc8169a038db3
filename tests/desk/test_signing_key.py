"""The desk's key: one, whoever makes it first; kept for its owner alone, out of the database; followed by another."""

import base64
import json
import multiprocessing
import stat
import sys

import pytest

from desk import ed25519, envelope, signing_key


def _line(folder):
    return signing_key.kept(folder).line


def test_processes_that_start_at_once_have_one_key(tmp_path):
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert len(set(pool.map(_line, [tmp_path] * 12, chunksize=1))) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_a_key_that_others_could_have_read_is_none(tmp_path):
    signing_key.kept(tmp_path)
    file = tmp_path / "signing-key.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    with pytest.raises(PermissionError):
        signing_key.kept(tmp_path)


def test_the_old_key_names_the_new_one_and_signs_no_more(tmp_path):
    old = signing_key.kept(tmp_path)
    new = signing_key.rotate(tmp_path)
    assert signing_key.kept(tmp_path) == new
    assert (new.tenant, new.fingerprint != old.fingerprint) == (old.tenant, True)
    (succession,) = new.successions
    said = json.loads(succession)
    payload = base64.b64decode(said["payload"])
    assert said["payloadType"] == "application/vnd.sendlogs.key-succession.v1+json"
    statement = json.loads(payload)
    assert (statement["tenant"], statement["new_key"]) == (old.tenant, new.line)
    assert set(statement) == {"tenant", "new_key", "made_at"}
    signature = base64.b64decode(said["signatures"][0]["sig"])
    assert said["signatures"][0]["keyid"] == old.fingerprint
    assert ed25519.fits(old.public, envelope.signed_bytes(said["payloadType"], payload), signature)
    assert not ed25519.fits(new.public, envelope.signed_bytes(said["payloadType"], payload), signature)
    assert len(signing_key.rotate(tmp_path).successions) == 2


def test_the_key_is_told_nowhere(tmp_path):
    key = signing_key.rotate(tmp_path)
    secret = base64.b64encode(key.seed).decode()
    assert secret not in repr(key) + key.line + "".join(key.successions)
    kept_at = [file.name for file in tmp_path.iterdir() if secret in file.read_text()]
    assert kept_at == ["signing-key.json"]
