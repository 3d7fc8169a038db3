"""Databases that are kept: read again as they were, missing when anything about them is not as it was written."""

import pytest

pytest.importorskip("hyperscan")

import hyperscan

from agent.errors import Busy
from agent.redact.picking.compiled_patterns import CompiledPatterns

EXPRESSIONS = ((b"needle", 0), (b"pin+", 1))


def _database(expressions=EXPRESSIONS):
    made = hyperscan.Database()
    texts, numbers = zip(*expressions, strict=True)
    made.compile(expressions=list(texts), ids=list(numbers), elements=len(texts), flags=0)
    return made


def _kept(folder, expressions=EXPRESSIONS) -> CompiledPatterns:
    patterns = CompiledPatterns(folder)
    with patterns.compiling():
        patterns.keep(expressions, _database(expressions))
    return patterns


def _found(database, data: bytes) -> list[tuple[int, int]]:
    hits = []
    database.scan(data, match_event_handler=lambda at, _start, end, *_: hits.append((at, end)))
    return hits


def test_what_is_kept_finds_what_was_compiled(tmp_path):
    patterns = _kept(tmp_path / "new folder")
    assert _found(patterns.read(EXPRESSIONS), b"a pinn needle") == [(1, 5), (1, 6), (0, 13)]


@pytest.mark.posix
def test_it_is_for_its_owner_alone(tmp_path):
    _kept(tmp_path / "new")
    (file,) = (tmp_path / "new").glob("*.patterns")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize(
    "other",
    [
        (),
        ((b"needle", 0),),
        ((b"needle", 0), (b"pin+", 0)),
        ((b"pin+", 1), (b"needle", 0)),
        ((b"needlepin+", 0),),
        ((b"needl", 0), (b"epin+", 1)),
    ],
)
def test_other_expressions_are_not_there(tmp_path, other):
    assert _kept(tmp_path).read(other) is None


@pytest.mark.parametrize("at", [0, 31, 32, 40, 200, -1])
def test_a_changed_byte_makes_it_missing(tmp_path, at):
    patterns = _kept(tmp_path)
    (file,) = tmp_path.glob("*.patterns")
    stored = bytearray(file.read_bytes())
    stored[at] ^= 1
    file.write_bytes(stored)
    assert patterns.read(EXPRESSIONS) is None


@pytest.mark.parametrize("size_bytes", [0, 10, 32, 100])
def test_a_file_that_was_cut_is_missing(tmp_path, size_bytes):
    patterns = _kept(tmp_path)
    (file,) = tmp_path.glob("*.patterns")
    file.write_bytes(file.read_bytes()[:size_bytes])
    assert patterns.read(EXPRESSIONS) is None


@pytest.mark.posix
def test_a_file_that_others_could_have_written_is_missing(tmp_path):
    patterns = _kept(tmp_path)
    (file,) = tmp_path.glob("*.patterns")
    file.chmod(0o666)
    assert patterns.read(EXPRESSIONS) is None


def test_the_oldest_make_room(tmp_path):
    for number in range(20):
        _kept(tmp_path, ((b"word%d" % number, 0),))
    assert len(list(tmp_path.glob("*.patterns"))) == 16
    assert CompiledPatterns(tmp_path).read(((b"word19", 0),)) is not None


def test_what_a_kill_left_half_written_goes(tmp_path):
    (tmp_path / ".x.patterns.abc.new").write_bytes(b"half")
    _kept(tmp_path)
    assert not list(tmp_path.glob(".*.new"))


def test_one_at_a_time_compiles(tmp_path):
    with CompiledPatterns(tmp_path).compiling(), pytest.raises(Busy), CompiledPatterns(tmp_path).compiling():
        pass


def test_where_nothing_can_be_kept_all_goes_on(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for folder in (None, tmp_path / "file"):
        assert _kept(folder).read(EXPRESSIONS) is None
