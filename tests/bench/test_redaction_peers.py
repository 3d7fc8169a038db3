"""The bench tells what a peer did, and of one that is not to be had or does not work, that."""

import sys

import pytest

from tests.bench.peers import Peer
from tests.bench.redaction_peers import Bench

COPY = "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2])"
EMPTY = COPY + "; import pathlib; [file.write_bytes(b'') for file in pathlib.Path(sys.argv[2]).iterdir()]"
BREAK = "raise SystemExit('the rules are gone')"


def peer(program, **more):
    """A peer that is a few lines of Python."""

    def argv(installed, source, target):
        return [sys.executable, "-I", "-c", program, str(source), str(target)]

    return Peer(name="toy", speed_mb=0.01, argv=argv, remark="a toy", **more)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("bench"), seed=1, count=40)


def test_a_peer_that_copies_finds_nothing_and_keeps_everything(bench):
    name, secrets, personal, kept, speed, sample, memory, remark = bench.row(peer(COPY))
    assert (name, secrets, personal, kept, sample, remark) == ("toy", "0.0 %", "0.0 %", "100.0 %", "0.01 MB", "a toy")
    assert float(speed) > 0
    assert memory.endswith(" MB")


def test_a_peer_that_empties_everything_keeps_nothing(bench):
    assert bench.row(peer(EMPTY))[1:4] == ("100.0 %", "100.0 %", "0.0 %")


def test_a_peer_that_does_not_work_is_a_row_that_says_so(bench):
    assert bench.row(peer(BREAK)) == ("toy", *["n/a"] * 6, "failed: the rules are gone")


def test_a_peer_that_is_not_to_be_had_is_a_row_that_says_so(bench, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert bench.row(peer(COPY, debian="x"))[-1] == "could not be installed: apt-get: FileNotFoundError"
