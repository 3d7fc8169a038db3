import gzip
import hashlib
import io
import os
import stat
import sys
import tarfile
import zipfile
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from agent.errors import StorageError
from agent.events import Collected
from agent.flow import Redacted
from agent.redact import Crew, LocalFacts, Redactor, redact, stage
from agent.redact.processes.parts import PartFailed, redact_part
from collectors import Artifact, Fact, Origin, RequestItem, Skipped


@pytest.fixture
def run(redactor, tmp_path):
    def run(*items):
        events = []
        done = list(redact(items, redactor, tmp_path, events.append))
        return done, events

    return run


def artifact(path="logs/a.log", data=b"user=jsmith password=hunter2x\nok\n", **more):
    source = more.pop("source", "/home/jsmith/a.log")
    return Artifact(path=path, open=lambda: io.BytesIO(data), origin=Origin(source=source, owner="jsmith"), **more)


def test_an_artifact_becomes_a_private_file_with_its_hash(run):
    (done,), events = run(artifact())
    data = done.file.read_bytes()
    assert b"hunter2x" not in data
    assert b"jsmith" not in data
    assert (done.size_bytes, done.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert sum(done.counts.values()) == 2
    assert events == [Collected(path="logs/a.log", size_bytes=len(data), replacements=2)]
    if sys.platform != "win32":
        assert stat.S_IMODE(done.file.stat().st_mode) == 0o600


def test_the_lines_of_what_was_replaced_are_told(run):
    (done,), _ = run(artifact(data=b"ok\nuser=jsmith\nok\nuser=jsmith password=hunter2x\n"))
    assert {rule: told.lines for rule, told in done.lines.items() if "secret" in rule} == {"secret-bare": (4,)}
    assert {line for told in done.lines.values() for line in told.lines} == {2, 4}


def test_what_is_said_about_an_artifact_is_redacted_too(run):
    (done,), _ = run(artifact(path="logs/home/jsmith/a.log", truncated="the head of /home/jsmith/a.log"))
    assert "jsmith" not in repr(done)
    assert done.path.startswith("logs/home/user-")


class Breaks(io.RawIOBase):
    """Gives more than one part, and than is kept whole in the tests of parts; then fails with it in its message."""

    given = False

    def read(self, size=-1):
        if self.given:
            raise ValueError("hunter2 was here")
        self.given = True
        return b"password=hunter2x\n" * 40_000


def test_any_failure_withholds_and_removes_the_part(run, tmp_path):
    broken = Artifact(path="logs/b.log", open=Breaks, origin=Origin(source="x"))
    (done, after), _ = run(broken, artifact())
    assert done == Skipped(path="logs/b.log", reason="could not be redacted: an unforeseen ValueError")
    assert isinstance(after, Redacted)
    assert [file.name for file in tmp_path.iterdir()] == [after.file.name]


def test_what_may_not_be_read_any_more_is_told_with_its_cause(run):
    def shut():
        raise PermissionError(13, "Permission denied")

    (done,), _ = run(Artifact(path="logs/a.log", open=shut, origin=Origin(source="x")))
    reason = "could not be redacted: Permission denied"
    assert done == Skipped(path="logs/a.log", reason=reason, cause="no-right")


def test_what_is_no_text_is_withheld_with_the_reason(run, tmp_path):
    (done,), events = run(artifact(data=b"\x7fELF" + bytes(300)))
    assert done == Skipped(path="logs/a.log", reason="could not be redacted: a binary file of a known kind")
    assert events == [done]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pack", ["tar", "zip", "gz"])
def test_an_archive_is_opened_on_its_way(run, tmp_path, pack):
    raw = io.BytesIO()
    line = b"user=jsmith password=hunter2x\n"
    if pack == "tar":
        with tarfile.open(fileobj=raw, mode="w") as archive:
            info = tarfile.TarInfo("a.log")
            info.size = len(line)
            archive.addfile(info, io.BytesIO(line))
    elif pack == "zip":
        with zipfile.ZipFile(raw, "w") as archive:
            archive.writestr("a.log", line)
    else:
        raw.write(gzip.compress(line))
    (done,), _ = run(artifact(path=f"logs/a.{pack}", data=raw.getvalue()))
    assert isinstance(done, Redacted), done
    assert done.counts["secret-bare"] == 1
    assert b"hunter2x" not in done.file.read_bytes()


def test_an_artifact_that_is_gone_is_withheld(run):
    def gone():
        raise FileNotFoundError(2, "No such file or directory", "/home/jsmith/secret.log")

    (done,), _ = run(Artifact(path="logs/a.log", open=gone, origin=Origin(source="x")))
    assert done.reason == "could not be redacted: No such file or directory"


def test_two_artifacts_never_share_a_path(run):
    done, _ = run(artifact(), artifact(), artifact())
    assert [item.path for item in done] == ["logs/a.log", "logs/a~2.log", "logs/a~3.log"]


def test_facts_that_support_asks_for_keep_their_numbers(run):
    facts = [
        Fact(
            item=RequestItem.COMPUTER_ID, value="8f3c9a1e-1b2c-4d5e-8f90-a1b2c3d4e5f6", source="/home/jsmith/.identity"
        ),
        Fact(item=RequestItem.VERSION, value="11.2.3.4", source="x"),
        Fact(item=RequestItem.OPERATING_SYSTEM, value="Windows 10.0.19045.2", source="x"),
    ]
    done, _ = run(*facts)
    assert [fact.value for fact in done] == [fact.value for fact in facts]
    assert "jsmith" not in done[0].source


def test_other_facts_are_redacted(run):
    (done,), _ = run(Fact(item=RequestItem.ACCOUNT, value="jane.doe@corp-mail.com", source="x"))
    assert done.value.startswith("mail-")


def test_what_was_skipped_before_is_redacted_too(run):
    (done,), _ = run(Skipped(path="logs/home/jsmith/x", reason="/home/jsmith/x: no rights", cause="no-right"))
    assert "jsmith" not in repr(done)
    assert done.cause == "no-right"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_ends_the_run_instead_of_withholding_one_file_after_the_other(run, monkeypatch):
    """A bundle from which all is missing helps nobody; the person is told to make room."""
    monkeypatch.setattr("agent.redact.processes.artifact_job.open_private", lambda file: io.FileIO("/dev/full", "wb"))
    with pytest.raises(StorageError, match="the disk is full"):
        run(artifact())


PART_BYTES = 64 * 2**10
KEY = b"a key for tests, of 32 bytes...."
LOG = b"user=jsmith password=hunter2x\nok\npeer 203.0.113.9 up\n"
KEY_BLOCK = b"-----BEGIN RSA PRIVATE KEY-----\n" + b"MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn8ygWyF0qkTQ\n" * 40


def varied():
    """Long and short, whole and broken, text and archives, and values that stand below the line that names them."""
    below = (LOG * (PART_BYTES // len(LOG)))[: PART_BYTES - 100].rpartition(b"\n")[0] + b"\n"
    datas = [
        LOG * (3 * PART_BYTES // len(LOG)),
        b"",
        LOG,
        below + KEY_BLOCK + LOG,
        LOG * 2000 + b"x" * (2 * PART_BYTES) + LOG,
        LOG.decode().encode("utf-16") * 10,
        gzip.compress(LOG * 100, mtime=0),
        gzip.compress(os.urandom(9 * PART_BYTES), mtime=0),
        b"\x7fELF" + bytes(300),
        LOG * 10,
    ]
    made = [artifact(f"logs/{at}.log", data) for at, data in enumerate(datas)]
    made.insert(3, Fact(item=RequestItem.LOGS, value="10 files", source="/home/jsmith"))
    made.insert(5, Artifact(path="logs/b.log", open=Breaks, origin=Origin(source="x")))
    return [*made, artifact("logs/0.log"), Skipped(path="logs/c.log", reason="gone")]


def as_told(done, events):
    files = [item.file.read_bytes() if isinstance(item, Redacted) else b"" for item in done]
    bare = [replace(item, file=Path("f")) if isinstance(item, Redacted) else item for item in done]
    return bare, [list(getattr(item, "counts", ())) for item in done], files, events


@pytest.mark.skipif(sys.platform != "linux", reason="copies of this process are made on Linux only")
def test_the_result_is_the_same_by_any_number_of_workers(redactor, rules, tmp_path, monkeypatch):
    monkeypatch.setattr("agent.redact.stage.PART_BYTES", PART_BYTES)
    monkeypatch.setattr("agent.redact.stage._LONGEST_WHOLE_BYTES", 8 * PART_BYTES)
    monkeypatch.setattr("agent.redact.processes.crew._LEAST_BYTES_TO_COPY", 0)
    monkeypatch.setattr("agent.redact.processes.crew.LEAST_BYTES_PER_WORKER", 0)
    results = []
    items = varied()
    for count in (1, 2):
        work = tmp_path / str(count)
        work.mkdir()
        events = []
        crew = Crew(redactor, partial(Redactor, rules, KEY, LocalFacts()), work, count=count)
        done = list(redact(items, redactor, work, events.append, crew))
        results.append(as_told(done, events))
        assert {file.name for file in work.iterdir()} - {"workers"} == {
            item.file.name for item in done if isinstance(item, Redacted)
        }
    assert results[0] == results[1]  # through the whole pipeline, with eight as well, in test_pipeline.py
    assert any(isinstance(item, Skipped) for item in results[0][0])


def test_what_a_dead_worker_was_at_is_withheld_and_the_others_are_not(redactor, tmp_path):
    answers = {"logs/1.log": PartFailed(reason="its worker ended unexpectedly"), "logs/2.log": None}

    class Doomed:
        def is_at_work(self, _more_bytes, _expected_bytes=0):
            return True

        def submit(self, part):
            future = Future()
            future.set_result(answers.get(part.path, redact_part(part, redactor)))
            return future

        def close(self):
            answers["closed"] = True

    items = [artifact(f"logs/{at}.log") for at in range(4)]
    done = list(redact(items, redactor, tmp_path, lambda _event: None, Doomed()))
    assert [type(item) for item in done] == [Redacted, Skipped, Redacted, Redacted]
    assert done[1].reason == "could not be redacted: its worker ended unexpectedly"
    assert len({item.sha256 for item in done if isinstance(item, Redacted)}) == 1
    assert answers["closed"]


@pytest.mark.parametrize("most", [200, 1])
def test_what_an_archive_keeps_back_goes_with_it_and_is_told(run, zipped, program, monkeypatch, most):
    monkeypatch.setattr(stage, "_MOST_NAMED", most)
    data = zipped({"a.log": b"fine\n", "app/one.bin": program, "two.bin": program})
    [done], events = run(artifact(path="logs/x.zip", data=data))
    reason = "could not be redacted: a binary file of a known kind"
    one = Skipped(path="logs/x.zip/app/one.bin", reason=reason)
    two = Skipped(path="logs/x.zip/two.bin", reason=reason)
    more = Skipped(path="logs/x.zip", reason="1 more of its members could not be redacted")
    assert done.withheld == ((one, two) if most > 1 else (one, more))
    assert tuple(events[-2:]) == done.withheld
