"""``sendlogs verify``"""

import json

import py7zr
import pytest

from agent import identity
from agent.signature import SigningKey

STRANGER = SigningKey.made_now()


def test_a_sound_bundle_is_said_to_be(run, packed):
    file = packed({"logs/a.log": b"a line\n"})
    ended = run("verify", str(file), "--json")
    assert (ended.code, ended.events[-1]["event"]) == (0, "verified")
    assert ended.events[-1]["members"] >= 3
    assert run("verify", str(file)).out.startswith("Sound: bundle ")
    assert "version 1 of the rules" in run("verify", str(file)).out


def test_volumes_are_verified_by_their_first(run, packed):
    file = packed({"logs/a.log": b"a line\n" * 1000})
    data = file.read_bytes()
    for number, start in enumerate(range(0, len(data), 1000), 1):
        file.with_name(f"b.7z.{number:03d}").write_bytes(data[start : start + 1000])
    assert run("verify", str(file.with_name("b.7z.001"))).out.startswith("Sound: bundle ")
    file.with_name("b.7z.002").unlink()
    ended = run("verify", str(file.with_name("b.7z.001")))
    assert ended.code == 11
    assert "a part of it is missing" in ended.out + ended.err


def test_a_bundle_that_was_changed_is_not(run, packed):
    file = packed({"logs/a.log": b"a line\n"})
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    ended = run("verify", str(file), "--json")
    assert ended.code == 11
    assert ended.events[0]["event"] == "fault"


def test_a_bundle_with_a_secret_is_told_by_member_and_rule_never_by_value(run, packed):
    key = "AKIAIOSFODNN7EXAMPLQ"
    file = packed({"logs/a.log": f"aws_access_key_id = {key}\n".encode()})
    ended = run("verify", str(file))
    assert ended.code == 11
    assert "logs/a.log holds what must not leave" in ended.out
    assert key not in ended.out + ended.err


def test_what_is_no_file_is_refused(run, tmp_path):
    assert run("verify", str(tmp_path)).code == 2


def without_items(folder):
    file = folder / "manifest.json"
    document = json.loads(file.read_text("utf-8"))
    del document["items"]
    file.write_text(json.dumps(document), "utf-8")


TAMPERED = {
    "logs/a.log is not what it was": lambda folder: (folder / "logs/a.log").write_bytes(b"A line\n"),
    "extra.txt is in the bundle but not in the manifest": lambda folder: (folder / "extra.txt").write_bytes(b"x"),
    "logs/a.log is listed in the manifest but not there": lambda folder: (folder / "logs/a.log").unlink(),
    "breaks the schema": without_items,
}


@pytest.mark.parametrize("sentence", TAMPERED)
def test_what_was_done_to_a_bundle_is_told_in_one_sentence_and_by_code_11(run, packed, tmp_path, sentence):
    folder = tmp_path / "opened"
    with py7zr.SevenZipFile(packed({"logs/a.log": b"a line\n", "logs/b.log": b"b\n"})) as archive:
        archive.extractall(folder)
    TAMPERED[sentence](folder)
    changed = tmp_path / "changed.7z"
    with py7zr.SevenZipFile(changed, "w", filters=[{"id": py7zr.FILTER_LZMA2, "preset": 1}]) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    ended = run("verify", str(changed), "--json")
    told = [event["message"] for event in ended.events if event["event"] == "fault"]
    assert ended.code == 11
    assert len(told) == 1
    assert sentence in told[0]


@pytest.mark.parametrize(
    ("sentence", "spoil"),
    [
        ("It ends too early: a part of it is missing.", lambda data: data[:-40]),
        ("It is not a .7z archive.", lambda data: b"a line\n" * 100),
        ("It is not a .7z archive.", lambda data: b""),
    ],
    ids=["cut short", "no archive", "empty"],
)
def test_what_is_no_whole_archive_is_told_in_one_sentence_and_by_code_11(run, packed, sentence, spoil):
    file = packed({"logs/a.log": b"a line\n"})
    file.write_bytes(spoil(file.read_bytes()))
    ended = run("verify", str(file), "--json")
    assert ended.code == 11
    assert [event["message"] for event in ended.events if event["event"] == "fault"] == [sentence]


def test_whose_bundle_it_is_is_told(run, packed, machine):
    key = identity.signing_key(machine / "state")
    own = packed({"logs/a.log": b"a line\n"}, "own.7z", key)
    other = packed({"logs/a.log": b"a line\n"}, "other.7z", STRANGER)
    unsigned = packed({"logs/a.log": b"a line\n"})
    assert run("verify", str(own)).out.endswith(f"Signed by the key {key.public.fingerprint}, this computer's.\n")
    assert "not this computer's" in run("verify", str(other)).out
    assert "Not signed" in run("verify", str(unsigned)).out
    told = [run("verify", str(file), "--json").events[-1] for file in (own, other, unsigned)]
    assert [event["signed_here"] for event in told] == [True, False, None]
    (machine / "state" / "signing-key").write_bytes(b"cut short")
    ended = run("verify", str(own))
    assert (ended.code, "cannot be read" in ended.out) == (0, True)


def test_verifying_makes_no_key(run, packed, machine):
    assert "not this computer's" in run("verify", str(packed({"logs/a.log": b"a\n"}, "a.7z", STRANGER))).out
    assert not (machine / "state" / "signing-key").exists()


def test_a_key_can_be_demanded_by_fingerprint_or_file(run, packed, machine, tmp_path):
    signed = packed({"logs/a.log": b"a line\n"}, "signed.7z", STRANGER)
    file = tmp_path / "stranger.pub"
    file.write_text(f"{STRANGER.public.line} somebody\n", "ascii")
    for key in (STRANGER.public.fingerprint, str(file)):
        assert run("verify", "--key", key, str(signed)).code == 0
        refused = run("verify", "--key", key, str(packed({"logs/a.log": b"a\n"}, f"old{len(key)}.7z")), "--json")
        assert refused.code == 11
        faults = [event["message"] for event in refused.events if event["event"] == "fault"]
        assert faults == [f"It is not signed; the key {STRANGER.public.fingerprint} is demanded."]
    other = run("verify", "--key", SigningKey.made_now().public.fingerprint, str(signed))
    assert (other.code, "is demanded" in other.out) == (11, True)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"ssh-rsa AAAA"])
def test_what_is_no_key_cannot_be_demanded(run, packed, tmp_path, content):
    if content is not None:
        (tmp_path / "key.pub").write_bytes(content)
    ended = run("verify", "--key", str(tmp_path / "key.pub"), str(packed({"logs/a.log": b"a line\n"})))
    assert (ended.code, "neither a fingerprint" in ended.err) == (2, True)
