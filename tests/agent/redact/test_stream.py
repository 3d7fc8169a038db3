"""The result depends on the bytes alone: not on blocks, nor on how long a line is."""

import io
import itertools
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.redact import load_rules
from agent.redact.stream import StreamRedactor

HITS = [hit.text.encode() for rule in load_rules().rules for hit in rule.hits]


@pytest.fixture(scope="session")
def in_pieces(redactor):
    """Redacts ``data`` fed in pieces that end at the given places."""

    def run(data, cuts=()):
        target = io.BytesIO()
        stream = StreamRedactor(redactor._lines(), target)
        places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
        for start, end in itertools.pairwise(places):
            stream.feed(data[start:end])
        stream.finish()
        return target.getvalue()

    return run


@settings(max_examples=25)
@given(st.lists(st.sampled_from(HITS), max_size=12), st.lists(st.integers(0, 10**6), max_size=20))
def test_where_the_blocks_end_changes_nothing(in_pieces, lines, cuts):
    data = b"\n".join(lines)
    assert in_pieces(data, cuts) == in_pieces(data)


def test_where_the_blocks_end_changes_nothing_in_a_long_line(in_pieces, secret):
    chance = random.Random(3)
    data = b" ".join(chance.choice([b"word", b"10.1.2.3", secret.encode(), b"x=1"]) for _ in range(20_000))
    whole = in_pieces(data)
    assert secret.encode() not in whole
    assert b"10.1.2.3" not in whole
    for _ in range(3):
        assert in_pieces(data, [chance.randrange(len(data)) for _ in range(30)]) == whole
    assert in_pieces(data + b"\nnext\n").startswith(whole)


def test_utf16_in_the_middle_of_a_file_is_masked(in_pieces, secret):
    wide = f"token {secret} here\r\n".encode("utf-16-le")
    redacted = in_pieces(b"first line\r\n" + wide + b"last line\r\n")
    assert secret.encode("utf-16-le") not in redacted
    assert redacted.startswith(b"first line\r\n")


HOSTILE = {
    "letters": b"a" * 2**16,
    "digits": b"1234567890" * 6000,
    "colons": b":" * 2**16,
    "nuls": b"\x00" * 2**16,
    "quotes": b'"' * 2**16,
    "backslashes": b"\\" * 2**16,
    "blanks": b" " * 2**16,
    "at signs": b"a@" * 2**15,
    "nested JSON": b'{"a":' * 12_000 + b"}" * 12_000,
    "words": b"password" * 8000,
    "assignments": b"password=" * 7000,
    "dots": b"a." * 2**15,
    "hex": b"0f" * 2**15,
    "slashes": b"/a" * 2**15,
    "addresses": b"://a:b" * 10_000,
    "escapes": b"%22" * 20_000,
    "base64": b"eyJ" * 20_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_lines_take_time_in_proportion_to_their_length(in_pieces, data):
    started = time.process_time()
    in_pieces(data)
    # Twenty times what 64 KiB of this takes on a slow core; a quadratic pattern takes minutes.
    assert time.process_time() - started < 5


@pytest.mark.parametrize("family", sorted({rule.family for rule in load_rules().rules}))
def test_lines_made_of_repeated_examples_take_time_in_proportion_to_their_length(in_pieces, family):
    for rule in load_rules().rules:
        if rule.family == family:
            for text in [rule.hits[0].text, rule.hits[0].text[: len(rule.hits[0].text) // 2], rule.hits[0].text[:4]]:
                data = text.replace("\n", " ").encode()
                assert ends_in_time(in_pieces, data * (2**15 // len(data))), (rule.name, text)


def ends_in_time(in_pieces, data):
    """Once of twice: so much is read here that the rules are compiled on the way, which takes seconds."""
    for _ in range(2):
        started = time.process_time()
        in_pieces(data)
        if time.process_time() - started < 5:
            return True
    return False


def test_many_lines_that_open_blocks_end_in_time(in_pieces):
    started = time.process_time()
    in_pieces(b"-----BEGIN PRIVATE KEY-----\npassword:\ntoken: |\n" * 500)
    assert time.process_time() - started < 5
