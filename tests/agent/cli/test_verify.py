"""``sendlogs verify``"""

import json

import py7zr
import pytest


def test_a_sound_bundle_is_said_to_be(run, packed):
    file = packed({"logs/a.log": b"a line\n"})
    ended = run("verify", str(file), "--json")
    assert (ended.code, ended.events[-1]["event"]) == (0, "verified")
    assert ended.events[-1]["members"] >= 3
    assert run("verify", str(file)).out.startswith("Sound: bundle ")
    assert "version 1 of the rules" in run("verify", str(file)).out


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
