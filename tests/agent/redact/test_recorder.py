import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact import CannotRedact
from agent.redact.recorder import LineNumbers, Recorder
from agent.replaced_lines import MAX_LINES, ReplacedLines

MAIL = b"from jane.doe@corp.example.com to all\n"
PASSWORD = b"login password=hunter2-hunter2 ok\n"
NOTHING = b"nothing to see\n"


@pytest.fixture(scope="module")
def lines_of(redactor):
    """The lines of each rule, and the counts."""

    def run(data, path="a.log"):
        recorder = LineNumbers()
        counts = redactor.stream(io.BytesIO(data), io.BytesIO(), path=path, media_type="text/plain", recorder=recorder)
        return recorder.by_rule(counts), counts

    return run


@given(st.lists(st.sampled_from([MAIL, PASSWORD, NOTHING, b"\n", b"peer 203.0.113.9 up\n"]), max_size=40))
def test_lines_are_those_that_changed(redactor, lines_of, pieces):
    found, counts = lines_of(b"".join(pieces))
    expected = {number for number, piece in enumerate(pieces, 1) if piece not in (NOTHING, b"\n")}
    assert {line for told in found.values() for line in told.lines} == expected
    assert found.keys() == counts.keys()
    assert all(told.more == 0 for told in found.values())


def test_only_the_first_lines_are_listed_and_the_rest_is_counted(lines_of):
    found, counts = lines_of((b"peer 203.0.113.9 and 203.0.113.8 up\n" + NOTHING) * 100)
    [(rule, told)] = found.items()
    assert told.lines == tuple(range(1, 2 * MAX_LINES, 2))
    assert told.more == counts[rule] - 2 * MAX_LINES == 100


def test_numbers_go_on_behind_many_blocks_and_a_long_line(lines_of):
    filler = NOTHING * 50_000
    long = b"x " * 60_000 + b"password=hunter2-hunter2 " + b"y " * 60_000 + b"\n"
    found, _ = lines_of(filler + PASSWORD + filler + long + NOTHING + PASSWORD)
    [told] = found.values()
    assert told.lines == (50_001, 100_002, 100_004)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_have_the_same_lines(lines_of, codec):
    found, _ = lines_of((NOTHING + PASSWORD).decode().encode(codec))
    [told] = found.values()
    assert told.lines == (2,)


def test_what_is_inside_a_compressed_file_has_lines_and_members_have_none(lines_of, zipped):
    found, _ = lines_of(gzip.compress(NOTHING + PASSWORD))
    assert [told.lines for told in found.values()] == [(2,)]
    found, counts = lines_of(zipped({"a.log": PASSWORD}))
    assert counts
    assert found == {}


def test_the_result_is_the_same_with_a_recorder(redactor, redact_bytes):
    data = (NOTHING + MAIL + PASSWORD) * 100 + b"peer 203.0.113.9 up\n" * 100
    target = io.BytesIO()
    redactor.stream(io.BytesIO(data), target, path="a.log", media_type="text/plain", recorder=LineNumbers())
    assert target.getvalue() == redact_bytes(redactor, data)


def test_a_place_names_the_file_and_the_member(redactor, zipped):
    places = []

    class Places(Recorder):
        def replaced(self, text, spans, redactor):
            places.append((self.place, self.line_of(spans[0].start)))

    data = zipped(
        {"in/a.log": PASSWORD, "b.log.gz": gzip.compress(NOTHING + PASSWORD), "tool": b"\x7fELF" + bytes(300)}
    )
    redactor.stream(io.BytesIO(data), io.BytesIO(), path="x.zip", media_type="text/plain", recorder=Places())
    assert places == [("x.zip/in/a.log", 1), ("x.zip/b.log.gz", 2)]


def test_a_file_that_is_refused_is_left_again(redactor, program):
    recorder = LineNumbers()
    with pytest.raises(CannotRedact):
        redactor.stream(io.BytesIO(program), io.BytesIO(), path="p", media_type="text/plain", recorder=recorder)
    assert recorder.place == ""
    assert recorder.by_rule({}) == {}


def test_lines_of_one_rule_only_once(lines_of):
    found, _ = lines_of(b"203.0.113.9 203.0.113.8 203.0.113.7\n")
    assert list(found.values()) == [ReplacedLines(ranges="1")]
