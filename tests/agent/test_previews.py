"""Bundles that are kept to be looked at: as they were made, for their owner alone, and gone without a trace."""

import dataclasses
import json
import stat
import sys
from pathlib import Path

import pytest

from agent import previews
from agent.errors import InvalidBundle, StorageError
from agent.flow import Member
from agent.previews import Preview
from collectors import Skipped

MEMBER = Member(path="logs/a.log", size_bytes=7, sha256="ab" * 32, source="/var/a.log", replacements=3, truncated="old")


@pytest.fixture
def made(make_archive) -> Preview:
    skipped = (Skipped(path="b.db", reason="It is a database."), Skipped(path="c", reason="shut", cause="no-right"))
    archive = dataclasses.replace(make_archive(), members=(MEMBER,), skipped=skipped, counts={"mail": 3})
    return Preview(archive=archive, endpoint="desk:https://desk.example", ticket="17", pseudonym_scope="scope")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_what_is_kept_is_read_as_it_was(state: Path, made: Preview) -> None:
    data = made.archive.file.read_bytes()
    kept = previews.keep(state, made)
    assert previews.read(previews.folder_of(state, made.archive.bundle_id)) == kept
    assert kept == dataclasses.replace(made, archive=dataclasses.replace(made.archive, file=kept.archive.file))
    assert kept.archive.file.read_bytes() == data
    assert not made.archive.file.exists()
    kept.require_unchanged()


def test_what_was_kept_before_there_were_causes_is_read(state: Path, made: Preview) -> None:
    folder = previews.keep(state, made).archive.file.parent
    note = folder / "preview.json"
    told = json.loads(note.read_text())
    for skipped in told["archive"]["skipped"]:
        del skipped["cause"]
    note.write_text(json.dumps(told))
    assert [skipped.cause for skipped in previews.read(folder).archive.skipped] == ["other", "other"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes; tests/config/test_private_files.py looks")
def test_nobody_else_can_look(state: Path, made: Preview) -> None:
    kept = previews.keep(state, made)
    paths = [state / "previews", *(state / "previews").rglob("*")]
    assert len(paths) == 4
    assert [path for path in paths if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)] == []
    assert kept.archive.file in paths


def test_a_file_that_was_changed_is_another(state: Path, made: Preview) -> None:
    kept = previews.keep(state, made)
    kept.archive.file.write_bytes(b"7z")
    with pytest.raises(InvalidBundle, match="has changed since"):
        kept.require_unchanged()


def test_what_is_removed_leaves_nothing_nor_does_what_a_kill_left(state: Path, made: Preview) -> None:
    previews.remove(state, made.archive.bundle_id)  # there is none yet
    previews.keep(state, made)
    (state / "previews" / ".partial-7").mkdir()
    (state / "previews" / ".partial-7" / "half").write_bytes(b"7z")
    previews.remove(state, made.archive.bundle_id)
    assert list((state / "previews").iterdir()) == []


@pytest.mark.posix
def test_a_link_in_its_place_is_removed_and_not_followed(state: Path, made: Preview, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (state / "previews").mkdir(parents=True)
    (state / "previews" / made.archive.bundle_id).symlink_to(tmp_path / "elsewhere")
    (state / "previews" / "other").symlink_to(tmp_path / "nowhere")
    for bundle_id in (made.archive.bundle_id, "other"):
        previews.remove(state, bundle_id)
    assert list((state / "previews").iterdir()) == []
    assert (tmp_path / "elsewhere").is_dir()


def test_what_cannot_be_kept_leaves_nothing_behind(state: Path, made: Preview, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(previews, "write_private", full)
    with pytest.raises(StorageError, match="full"):
        previews.keep(state, made)
    assert list((state / "previews").iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b'{"format": 9}', b'{"format": 1, "archive": {}}', b'{"format":1}', b"5", b"null", b'"x"'],
)
def test_a_damaged_note_tells_no_bundle(state: Path, made: Preview, data: bytes) -> None:
    folder = previews.folder_of(state, made.archive.bundle_id)
    with pytest.raises(StorageError):
        previews.read(folder)
    previews.keep(state, made)
    (folder / "preview.json").write_bytes(data)
    with pytest.raises(StorageError, match="damaged"):
        previews.read(folder)
