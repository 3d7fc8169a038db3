import errno
import os
import stat
import sys

import pytest

from agent.errors import UsageError
from agent.redact import look_through, redact_tree
from agent.redact.recorder import Recorder


@pytest.fixture
def tree(tmp_path):
    source = tmp_path / "in"
    (source / "home" / "jsmith").mkdir(parents=True)
    (source / "home" / "jsmith" / "a.log").write_bytes(b"user=jsmith password=hunter2x\n")
    (source / "plain.txt").write_bytes(b"nothing to see\n")
    (source / "tool").write_bytes(b"\x7fELF" + bytes(300))
    return source


def test_a_folder_is_mirrored_redacted_and_private(redactor, tree, tmp_path):
    report = redact_tree(tree, tmp_path / "out", redactor)
    files = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert files[0].startswith("home/user-")
    assert files[1] == "plain.txt"
    assert (tmp_path / "out" / "plain.txt").read_bytes() == b"nothing to see\n"
    assert report.files == 2
    assert report.counts["secret-bare"] == 1
    assert report.renamed == 1
    if sys.platform != "win32":
        assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").rglob("*.*")} == {0o600}


def test_what_cannot_be_redacted_is_listed_and_not_written(redactor, tree, tmp_path):
    report = redact_tree(tree, tmp_path / "out", redactor)
    assert report.withheld == (("tool", "a binary file of a known kind"),)
    assert not (tmp_path / "out" / "tool").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_not_followed(redactor, tree, tmp_path):
    (tmp_path / "outside.txt").write_text("far away")
    (tree / "link.txt").symlink_to(tmp_path / "outside.txt")
    (tree / "loop").symlink_to(tree)
    report = redact_tree(tree, tmp_path / "out", redactor)
    assert {path for path, _ in report.withheld} == {"tool", "link.txt", "loop"}
    assert report.files == 2


def test_one_file_is_redacted_to_a_file_or_into_a_folder(redactor, tree, tmp_path):
    assert redact_tree(tree / "plain.txt", tmp_path / "one.txt", redactor).renamed == 0
    assert (tmp_path / "one.txt").read_bytes() == b"nothing to see\n"
    (tmp_path / "folder").mkdir()
    redact_tree(tree / "plain.txt", tmp_path / "folder", redactor)
    assert (tmp_path / "folder" / "plain.txt").exists()


def test_the_output_is_never_inside_the_input(redactor, tree):
    with pytest.raises(UsageError, match="inside"):
        redact_tree(tree, tree / "out", redactor)


def test_nothing_is_overwritten(redactor, tree, tmp_path):
    (tmp_path / "there.txt").write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        redact_tree(tree / "plain.txt", tmp_path / "there.txt", redactor)
    redact_tree(tree, tmp_path / "out", redactor)
    with pytest.raises(UsageError, match="exists already"):
        redact_tree(tree, tmp_path / "out", redactor)
    assert (tmp_path / "there.txt").read_text() == "mine"


def test_a_folder_is_never_redacted_to_where_a_file_is(redactor, tree, tmp_path):
    (tmp_path / "there.txt").write_text("mine")
    with pytest.raises(UsageError, match="exists already") as raised:
        redact_tree(tree, tmp_path / "there.txt", redactor)
    assert "folder" not in raised.value.advice


def test_an_empty_folder_becomes_an_empty_folder(redactor, tmp_path):
    (tmp_path / "empty").mkdir()
    assert redact_tree(tmp_path / "empty", tmp_path / "out", redactor).files == 0
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("source", ["plain.txt", ""])
def test_no_folder_is_made_above_the_output(redactor, tree, tmp_path, source):
    with pytest.raises(UsageError, match="There is no folder"):
        redact_tree(tree / source, tmp_path / "missing" / "x.log", redactor)
    assert not (tmp_path / "missing").exists()


def test_the_name_of_a_file_that_is_taken_in_the_output_folder_is_told_so(redactor, tree, tmp_path):
    (tmp_path / "plain.txt").write_text("mine")
    with pytest.raises(UsageError, match="exists already") as raised:
        redact_tree(tree / "plain.txt", tmp_path, redactor)
    assert raised.value.advice == "Choose a new name: nothing is overwritten."


def test_an_input_that_does_not_exist_is_wrong_usage(redactor, tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        redact_tree(tmp_path / "nowhere", tmp_path / "out", redactor)


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "mkfifo"), reason="no pipes with names there")
def test_a_pipe_is_withheld_and_not_waited_for(redactor, tree, tmp_path):
    os.mkfifo(tree / "pipe")
    assert ("pipe", "a link or a special file") in redact_tree(tree, tmp_path / "out", redactor).withheld


def test_what_an_archive_keeps_back_is_listed_with_the_archive_and_counted(redactor, tree, tmp_path, zipped, program):
    (tree / "logs.zip").write_bytes(zipped({"a.log": b"fine\n", "app/blob.bin": program}))
    report = redact_tree(tree, tmp_path / "out", redactor)
    inside = ("logs.zip/app/blob.bin", "a binary file of a known kind")
    assert inside in report.withheld
    assert (report.files, report.inside, len(report.withheld)) == (3, 1, 2)
    assert inside in look_through(tree, redactor, Recorder())


def test_a_folder_that_cannot_be_looked_into_is_withheld_with_the_reason(redactor, tree, tmp_path, monkeypatch):
    (tree / "closed").mkdir()
    (tree / "closed" / "a.log").write_bytes(b"unseen\n")
    _close(monkeypatch, tree / "closed")
    report = redact_tree(tree, tmp_path / "out", redactor)
    assert report.withheld == (("tool", "a binary file of a known kind"), ("closed", "Permission denied"))
    assert report.files == 2
    assert not (tmp_path / "out" / "closed").exists()
    assert look_through(tree, redactor, Recorder()) == report.withheld


def test_an_input_that_cannot_be_looked_into_is_withheld_by_its_name(redactor, tree, tmp_path, monkeypatch):
    _close(monkeypatch, tree)
    assert redact_tree(tree, tmp_path / "out", redactor).withheld == (("in", "Permission denied"),)


def _close(monkeypatch, folder):
    """As without rights, which an administrator always has."""

    def refusing(real):
        def looked(path="."):
            if os.fspath(path) == str(folder):
                raise PermissionError(errno.EACCES, "Permission denied", str(folder))
            return real(path)

        return looked

    monkeypatch.setattr(os, "scandir", refusing(os.scandir))
