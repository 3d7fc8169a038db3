"""The engines find the same lines: in generated logs, in hostile bytes, and in what people wrote."""

import io
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.report.line_search import REST_OF_LINE, by_hyperscan, by_re2, line_ends
from agent.report.log_trouble import TroubleFinder
from agent.report.troubled_lines import WORTH_A_LOOK
from tests.bench.logs import text

ROOT = Path(__file__).parents[3]
WORDS = (
    *(
        b"ERROR",
        b"crit",
        b"CRITICAL",
        b"Warn",
        b"WARNING:",
        b"fAtal:",
        b"[aLert]",
        b"[warn",
        b"]",
        b"level",
        b'Level"="',
    ),
    *(
        b": ",
        b"panic",
        b"Traceback (most recent call last)",
        b"traceback (most recent call last):",
        b"exception in thread",
    ),
    *(
        b' "',
        b'HTTP/1.1" 503',
        b"http/2 50",
        b"9",
        b"_",
        b"x",
        b" ",
        b"\n",
        b"\r\n",
        b"\0",
        b"\xff",
        b"\xc3\xa9",
        b"\xe2",
    ),
)


def by_re(expression):
    """What the engines are held to."""
    found_in = re.compile(b"(?:" + expression + b")" + REST_OF_LINE).finditer
    return lambda block: (match.end() for match in found_in(block))


@pytest.fixture(scope="module")
def engines():
    pytest.importorskip("hyperscan")
    return [by(WORTH_A_LOOK) for by in (by_re, by_re2, by_hyperscan)]


def assert_same(engines, block):
    found, *others = [list(ends(block)) for ends in engines]
    assert others == [found, found]
    assert found == sorted(set(found))
    return len(found)


@pytest.mark.parametrize("kind", ["sparse", "mixed", "dense"])
def test_the_lines_of_generated_logs_are_the_same(kind, engines):
    block = text(kind, 300_000)
    assert assert_same(engines, block) > 100
    assert_same(engines, block[:-1])


@given(st.lists(st.sampled_from(WORDS) | st.binary(max_size=5)).map(b"".join))
def test_the_lines_of_hostile_bytes_are_the_same(engines, block):
    assert_same(engines, block)


def test_the_lines_of_what_people_wrote_are_the_same(engines):
    """Pages, code, and rules with their examples."""
    written = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("agent/**/*.py"), *ROOT.glob("config/redaction/*.yaml")]
    assert sum(assert_same(engines, file.read_bytes()) for file in written) > 50


def test_one_line_of_nothing_but_trouble_is_found_once(engines):
    assert assert_same(engines, b"WARN error: [crit] " * 20_000) == 1


@pytest.fixture
def _forgotten():
    line_ends.cache_clear()
    yield
    line_ends.cache_clear()


@pytest.mark.parametrize(("missing", "engine"), [((), "by_hyperscan"), (("hyperscan",), "by_re2")])
@pytest.mark.usefixtures("_forgotten", "engines")
def test_the_quickest_engine_there_is_is_taken_and_the_finder_says_the_same(missing, engine, monkeypatch):
    data, made_at = text("mixed", 50_000), datetime(2026, 6, 20, tzinfo=UTC)
    said = TroubleFinder(made_at).examine(io.BytesIO(data), "x")
    line_ends.cache_clear()
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)
    assert line_ends(WORTH_A_LOOK).__qualname__.startswith(engine)
    assert TroubleFinder(made_at).examine(io.BytesIO(data), "x") == said
    assert said.errors


def test_a_processor_that_hyperscan_refuses_leaves_it_to_another(monkeypatch):
    hyperscan = pytest.importorskip("hyperscan")

    class Refusing:
        def compile(self, **_):
            raise hyperscan.error("architecture")

    monkeypatch.setattr(hyperscan, "Database", Refusing)
    with pytest.raises(ImportError):
        by_hyperscan(b"x")
