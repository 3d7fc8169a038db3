import errno
import os

import pytest

from agent.errors import StorageError, UsageError
from agent.redact import Explainer
from agent.redact.processes.file_job import FileJob, look_into, redact_file


@pytest.fixture
def job(tmp_path):
    (tmp_path / "a.log").write_bytes(b"login password=hunter2x\n")
    return FileJob(file=tmp_path / "a.log", into=tmp_path / "out.log", shown="a.log")


class Failing:
    """Writes something and then fails."""

    def __init__(self, error):
        self._error = error

    def stream(self, source, target, **_):
        target.write(source.read(5))
        raise self._error


def test_a_file_is_redacted(redactor, job):
    done = redact_file(job, redactor)
    assert done.withheld is None
    assert job.into.read_bytes() == b"login password=[redacted:secret-bare]\n"
    assert done.counts == {"secret-bare": 1}


def test_what_nobody_foresaw_withholds_the_file_and_says_nothing_of_it(job):
    done = redact_file(job, Failing(ValueError("hunter2x")))
    assert done.withheld == "could not be redacted: an unforeseen ValueError"
    assert not job.into.exists()


def test_a_disk_that_refuses_and_an_interrupt_leave_nothing_half_written(job):
    with pytest.raises(StorageError, match="is full"):
        redact_file(job, Failing(OSError(28, "disk is full")))
    with pytest.raises(KeyboardInterrupt):
        redact_file(job, Failing(KeyboardInterrupt()))
    assert not job.into.exists()


def test_what_stands_there_already_stays(redactor, job):
    job.into.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        redact_file(job, redactor)
    assert job.into.read_text() == "mine"


def test_a_file_that_is_gone_or_cannot_be_read_is_withheld(redactor, job):
    job.file.unlink()
    with pytest.raises(FileNotFoundError) as gone:
        job.file.lstat()
    # Windows has sentences of its own for what its own calls say.
    assert redact_file(job, redactor).withheld in (os.strerror(errno.ENOENT), gone.value.strerror)
    assert not job.into.exists()


def test_a_file_is_read_by_the_name_that_it_has_also_where_that_is_redacted(redactor, tmp_path):
    file = tmp_path / "password=hunter2x.yaml"
    file.write_bytes(b"db:\n  password:\n    - sunshine99\n")
    done = redact_file(FileJob(file=file, into=tmp_path / "out", shown=redactor.path(file.name)), redactor)
    seen = Explainer(lambda _: None)
    assert look_into(file, file.name, redactor, seen).counts == done.counts == seen.counts == {"secret-by-key": 1}
