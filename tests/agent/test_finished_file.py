"""A name is given once, and never to something else than the whole file."""

import errno
import hashlib
import os

import pytest

from agent.errors import StorageError, UsageError
from agent.finished_file import disk_troubles_told, give_name, remove_what_is_beside, sha256_of
from config.private_files import open_private


@pytest.fixture
def partial(tmp_path):
    file = tmp_path / "partial"
    file.write_bytes(b"whole")
    return file


def test_the_hash_is_that_of_the_content(partial):
    assert sha256_of(partial) == hashlib.sha256(b"whole").hexdigest()


def test_a_name_that_is_taken_is_refused(partial, tmp_path):
    (tmp_path / "out").write_bytes(b"another")
    with pytest.raises(UsageError, match="appeared meanwhile"):
        give_name(partial, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"another"


def test_a_file_system_without_links_gets_a_move(partial, tmp_path, monkeypatch):
    def no_links(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    give_name(partial, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"whole"
    (tmp_path / "partial").write_bytes(b"second")
    with pytest.raises(OSError, match="not permitted"):
        give_name(partial, tmp_path / "out")


@pytest.mark.parametrize(("number", "sentence"), [(errno.ENOSPC, "disk is full"), (errno.EIO, "Input/output")])
def test_a_trouble_of_the_disk_is_a_sentence(tmp_path, number, sentence):
    with pytest.raises(StorageError, match=sentence), disk_troubles_told(tmp_path / "out.7z"):
        raise OSError(number, os.strerror(number))


def test_what_a_killed_publish_left_beside_the_output_is_removed(tmp_path):
    """The note names it; a note that names something else is not obeyed."""
    work, beside, mine = tmp_path / "work", tmp_path / ".sendlogs-1", tmp_path / "mine"
    for folder in (work, beside, mine):
        folder.mkdir()
    (beside / "half.7z").write_bytes(b"7z")
    for folder in (beside, mine):
        with open_private(work / ".beside") as note:
            note.write(os.fsencode(folder))
        remove_what_is_beside(work)
        (work / ".beside").unlink()
    remove_what_is_beside(work)  # without a note
    assert not beside.exists()
    assert mine.exists()
