"""What was found once is replaced where its line says it again, and words of the message are not."""

import itertools
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact.repeats import repeats
from agent.redact.replacing import Span

KINDS = ["user", None, "ip", "name", "host"]


def again(line: bytes, value: bytes, rule: int = 0) -> list[int]:
    """Where the value stands beside its first place."""
    at = line.index(value)
    return [span.start for span in repeats(line, [Span(at, at + len(value), rule)], KINDS)]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"user=h.lindqvist: no home of h.lindqvist", b"h.lindqvist"),
        (b"[u78304] -> [u78304]", b"u78304"),
        (b'"name":"zimmermann" could not find \\"zimmermann\\"', b"zimmermann"),
        (b"user jansen met jansen. End", b"jansen"),
        (b"Zo\xc3\xab Smith met Zo\xc3\xab Smith", b"Zo\xc3\xab Smith"),
    ],
)
def test_a_name_that_is_said_twice_is_found_twice(line, value):
    assert again(line, value) == [line.rindex(value)]


@pytest.mark.parametrize(
    ("line", "value", "rule"),
    [
        (b"user=error while error handling", b"error", 0),  # a word of the message
        (b"user=jo met jo", b"jo", 0),  # short
        (b"user=jansen at jansen.nl", b"jansen", 0),  # a part of a longer word
        (b"user=u78304 and u783045 and xu78304", b"u78304", 0),
        (b"user=tomcat9 runs tomcat9.service", b"tomcat9", 0),
        (b"from 10.2.3.4 version 10.2.3.4", b"10.2.3.4", 2),  # addresses have rules of their own
        (b"pin 4821 port 4821", b"4821", 1),
        (b"on host backup: the backup has ended", b"backup", 4),
        (b"user=12345 took 12345 ms", b"12345", 0),
    ],
)
def test_what_may_be_something_else_stays(line, value, rule):
    assert again(line, value, rule) == []


def test_a_credential_is_found_again_but_no_word():
    assert again(b"password=Gx82kq!z retry with Gx82kq!z", b"Gx82kq!z", 1) == [29]
    assert again(b"password=sesame opens sesame", b"sesame", 1) == []


def test_the_redactor_replaces_them_with_the_same_stand_in(redactor, redact_bytes):
    redacted = redact_bytes(redactor, b"login failed for user=zimmermann23 (zimmermann23 is locked)\n")
    assert b"zimmermann23" not in redacted
    stand_ins = Counter(word.strip(b"()") for word in redacted.replace(b"=", b" ").split() if b"user-" in word)
    assert list(stand_ins.values()) == [2]


@given(st.lists(st.sampled_from([b"u78304", b"h.lind", b" ", b"=", b"x"]), max_size=40).map(b"".join))
def test_what_is_found_again_overlaps_nothing(line):
    at = line.find(b"u78304")
    found = [Span(at, at + 6, 0)] if at >= 0 else []
    spans = sorted([*found, *repeats(line, found, KINDS)])
    assert all(one.end <= two.start for one, two in itertools.pairwise(spans))
    assert all(line[span.start : span.end] == b"u78304" for span in spans)


def test_many_findings_in_one_line_take_time_in_proportion_to_them():
    line = b"u78304 " * 2000
    found = [Span(at, at + 6, 0) for at in range(0, len(line), 7)]
    started = time.process_time()
    assert repeats(line, found, KINDS) == []
    assert time.process_time() - started < 1  # a hundred times what it takes; each against each takes minutes
