import hashlib
import io
from collections import Counter
from dataclasses import replace

import pytest

from agent.errors import StorageError
from agent.redact.processes.artifact_job import ArtifactJob, HashedFile, withholding
from agent.redact.processes.parts import Part, PartDone, PartFailed
from collectors import Artifact, Origin

PART = Part(data=b"raw\n", path="a.log", media_type="text/plain", whole=False)
DONE = PartDone(data=b"done\n", counts=Counter(x=1), lines={"x": {1: 1}}, line_feeds=1, leaves_open=None)


@pytest.fixture
def job(tmp_path):
    artifact = Artifact(path="a.log", open=io.BytesIO, origin=Origin(source="a"))
    made = ArtifactJob(artifact, HashedFile(tmp_path / "a"))
    made.out.open()
    yield made
    made.out.close()


def test_parts_are_put_together(job):
    job.add(PART, DONE, redactor=None)
    job.add(PART, replace(DONE, data=b"more\n", lines={"x": {1: 2}}), redactor=None)
    job.out.close()
    assert job.out.file.read_bytes() == b"done\nmore\n"
    assert job.out.digest.hexdigest() == hashlib.sha256(b"done\nmore\n").hexdigest()
    assert job.counts == {"x": 2}
    assert job.recorder.found() == {"x": {1: 1, 2: 2}}


def test_what_nobody_has_done_is_done_here(job, redactor):
    job.add(replace(PART, data=b"password=hunter2x\n"), None, redactor)
    job.out.close()
    assert job.out.file.read_bytes() == b"password=[redacted:secret-bare]\n"


@pytest.mark.parametrize("error", [ValueError("hunter2x"), OSError(5, "Input/output error")])
def test_what_goes_wrong_withholds_and_removes(job, error):
    job.add(PART, DONE, redactor=None)
    with withholding(job):
        raise error
    assert not job.out.file.exists()
    assert job.withheld in ("an unforeseen ValueError", "Input/output error")


def test_no_part_follows_one_that_failed(job):
    job.add(PART, PartFailed(reason="why"), redactor=None)
    job.add(PART, DONE, redactor=None)
    assert (job.withheld, job.counts) == ("why", {})
    assert not job.out.file.exists()


def test_a_full_disk_ends_everything(job):
    with pytest.raises(StorageError), withholding(job):
        raise StorageError("full")
    assert not job.out.file.exists()
