import gzip
import io
from collections import Counter
from dataclasses import replace
from itertools import groupby

import pytest

from agent.redact import Explainer, look_through, redact_tree
from agent.redact.explain import EXPLAINED_OF_EACH_RULE


@pytest.fixture
def explained(redactor, tmp_path):
    """The decisions on this log, and the explainer."""

    def run(data, **options):
        (tmp_path / "a.log").write_bytes(data)
        told = []
        explainer = Explainer(told.append, **options)
        look_through(tmp_path, redactor, explainer)
        return told, explainer

    return run


def test_a_decision_tells_place_values_and_rule(explained):
    [decision], explainer = explained(b"ok\nlogin password=hunter2x at noon\n")
    assert (decision.place, decision.line, decision.rule) == ("a.log", 2, "secret-bare")
    sides = (decision.before, decision.old, decision.new, decision.behind)
    assert sides == (b"login password=", b"hunter2x", b"[redacted:secret-bare]", b" at noon")
    assert explainer.counts == {"secret-bare": 1}
    assert explainer.not_told == 0


def test_old_and_new_are_those_of_the_redacted_text(explained, redactor, redact_bytes):
    data = b"from 203.0.113.9 to 203.0.113.8\nuser=jsmith mail jane@corp.example\n" * 3
    told, _ = explained(data)
    lines = [bytearray(line) for line in data.splitlines()]
    for decision in told:
        line = lines[decision.line - 1]
        at = line.index(decision.old)
        line[at : at + len(decision.old)] = decision.new
    assert b"\n".join(lines) + b"\n" == redact_bytes(redactor, data)


def test_the_new_sides_hold_no_other_value_of_the_line(explained, redactor, redact_bytes):
    data = b"from 203.0.113.9 user=jsmith password=hunter2x mail jane@corp.example " + b"x" * 60 + b"\nat 203.0.113.8\n"
    told, _ = explained(data)
    assert len(told) == 5
    written = redact_bytes(redactor, data)
    for decision in told:
        assert decision.new_before + decision.new + decision.new_behind in written
        assert decision.before + decision.old + decision.behind in data


def test_a_value_that_reaches_over_the_edge_of_what_is_shown_is_replaced_as_a_whole(explained):
    told, _ = explained(b"password=" + b"Ab1x" * 30 + b" from 203.0.113.9 token=" + b"Zk7q" * 30 + b"\n")
    [middle] = [decision for decision in told if decision.old == b"203.0.113.9"]
    assert b"Ab1x" not in middle.new_before
    assert b"Zk7q" not in middle.new_behind


def test_only_the_first_of_each_rule_are_told_unless_all_are_wanted(explained):
    data = b"from 203.0.113.9 to 203.0.113.8\n" * EXPLAINED_OF_EACH_RULE + b"password=hunter2x\n"
    told, explainer = explained(data)
    assert len(told) == EXPLAINED_OF_EACH_RULE + 1
    assert explainer.not_told == EXPLAINED_OF_EACH_RULE
    told, explainer = explained(data, limit=None)
    assert len(told) == 2 * EXPLAINED_OF_EACH_RULE + 1
    assert explainer.not_told == 0


def test_a_long_value_is_cut(explained):
    [decision], _ = explained(b"password=" + b"Ab1x" * 500 + b"\n")
    assert len(decision.old) < 500
    assert decision.old.endswith(b"...")


DOCUMENTS = {
    "a.ini": b"[server]\nurl=https://a.example\npassword=sunshine99\nhost = attic-db1\n",
    "one.json": b'{"user":"jdoe77","password":"sunshine99","n":{"token":"abcd1234efgh"},"mail":"jane@corp.example"}',
    "pretty.json": b'{\n  "password": "sunshine99",\n  "mail": "jane@corp.example",\n  "tokens": ["a1b2c3d4"]\n}\n',
    "marked.json": b'\xef\xbb\xbf{"password": "sunshine99"}\n',
    "b.yaml": b"db:\n  password: sunshine99\n  host: attic-db1\n  key: |\n    sunshine98\n    sunshine97\n",
    "c.xml": b"<a><password>sunshine99</password><user>jdoe77</user></a>\n",
    "d.toml": b'[db]\npassword = "sunshine99"\nuser = "jdoe77"\n',
    "e.csv": b"id,user,password\n1,jdoe77,sunshine99\n2,lking7,sunshine98\n",
    "f.log": b'2024 got {"password": {"v": "sunshine99"}, "mail": "jane@corp.example"}\nok\npassword=hunter2x\n',
    "g.log": b'{"password": "sunshine99"}\n{"password": ["sunshine98"]}\n',
}


DOCUMENTS["h.json"] = (
    b'{"list": [' + b'{"user": "jdoe77", "mail": "jane@corp.example"}, ' * 900 + b'{"token": "a1b2c3d4"}]}'
)
DOCUMENTS["i.yaml"] = b"a: jane@corp.example\n" * 20_000 + b"password: sunshine99\n"
DOCUMENTS["j.ini"] = "[a]\nuser=jdoe77\npassword=sunshine99 \u00e9\nat=203.0.113.9\n".encode("utf-16")
DOCUMENTS["l.json"] = b'{"token": "a1b2c3d4", "text": "password=' + b"Ab1x" * 9_000 + b'", "user": "jdoe77"}'
DOCUMENTS["m.log"] = (
    b'got {"password": ["sunshine99"], "mail": "jane@corp.example", "x": ["'
    + b'at 203.0.113.9", "' * 1500
    + b'"], "token": 12345678}\nok\nuser=jdoe77 password=hunter2x\n'
)
DOCUMENTS["k.json"] = (
    b'{"url": "postgres://app:sunshine99@db/x", "authorization": {"h": "Basic YWRtaW46c3Vuc2hpbmU5OQ=="}}'
)


def _as_utf8(name, data):
    return data.decode("utf-16").encode() if name == "j.ini" else data


def _uncut(old, data):
    """The value, of which the one of ``l.json`` is too long to be told whole."""
    return old if not old.endswith(b"...") else data[data.index(old[:-3]) : data.index(b'", "user')]


def _applied(line, decisions):
    parts, done = [], 0
    for decision in decisions:
        before = len(decision.before)
        shown = decision.before + decision.old + decision.behind
        at = line.index(shown, max(done - before, 0)) + before
        parts += (line[done:at], decision.new)
        done = at + len(decision.old)
    return b"".join((*parts, line[done:]))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_told_is_what_is_counted_and_makes_what_is_written(name, redactor):
    """Each line with its decisions applied is the line that is written, and the sides of each are parts of it."""
    data, told, written = DOCUMENTS[name], [], io.BytesIO()
    explainer = Explainer(told.append, limit=None)
    counts = redactor.stream(io.BytesIO(data), io.BytesIO(), path=name, media_type="text/plain", recorder=explainer)
    assert explainer.counts == counts == redactor.stream(io.BytesIO(data), written, path=name, media_type="text/plain")
    assert Counter(decision.rule for decision in told) == counts
    assert "secret-by-key" in counts
    lines, behind = (_as_utf8(name, each).split(b"\n") for each in (data, written.getvalue()))
    told = [replace(decision, old=_uncut(decision.old, data)) for decision in told]
    for number, here in groupby(told, key=lambda decision: decision.line):
        decisions = list(here)
        last = number + max(decision.old.count(b"\n") for decision in decisions)
        line, new = (b"\n".join(each[number - 1 : last]) for each in (lines, behind))
        assert _applied(line, decisions) == new
        for decision in decisions:
            assert decision.new_before + decision.new + decision.new_behind in new


def test_lines_behind_json_in_a_line_have_their_numbers(explained):
    """A mask that is longer than what it stands for shifts no line."""
    told, _ = explained(b'{"password": [1, "x1y2z3w4"]} jane@corp.example\na\nb\nc\nd\npassword=hunter2x\n')
    assert [(decision.line, decision.rule) for decision in told][-1] == (6, "secret-bare")
    assert {decision.line for decision in told[:-1]} == {1}


def test_what_is_kept_back_in_the_end_is_neither_told_nor_counted(redactor, zipped, tmp_path):
    broken = gzip.compress(b"from 203.0.113.9 password=hunter2x\n" * 9)[:-6]
    (tmp_path / "a.log.gz").write_bytes(broken)
    (tmp_path / "b.zip").write_bytes(zipped({"cut.gz": broken, "good.ini": DOCUMENTS["a.ini"]}))
    (tmp_path / "c.log").write_bytes(b"password=hunter2x\n")
    told = []
    explainer = Explainer(told.append)
    withheld = look_through(tmp_path, redactor, explainer)
    report = redact_tree(tmp_path, tmp_path.with_name("out"), redactor)
    assert {path for path, _ in withheld} == {"a.log.gz", "b.zip/cut.gz"}
    assert explainer.counts == report.counts == Counter(decision.rule for decision in told)
    assert {decision.place for decision in told} == {"b.zip/good.ini", "c.log"}


def test_of_very_many_decisions_some_are_told_before_their_file_has_ended(explained):
    data = b"from 203.0.113.9 to 203.0.113.8\n" * 6_000
    told, explainer = explained(data, limit=None)
    assert len(told) == explainer.counts.total() == 12_000
