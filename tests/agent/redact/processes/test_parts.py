import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import StorageError
from agent.redact.processes.parts import Part, PartDone, PartFailed, Source, redact_part
from agent.redact.recorder import LineNumbers

LINES = (
    b"user=jsmith password=hunter2x\n",
    b"nothing to see\n",
    b"-----BEGIN RSA PRIVATE KEY-----\n",
    b"MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn8ygWyF0qkTQ\n",
    b"-----END RSA PRIVATE KEY-----\n",
    b"peer 203.0.113.9 up\n",
)


def part(data, *, whole=False, opened=None):
    return Part(data=data, path="logs/a.log", media_type="text/plain", whole=whole, opened=opened)


@settings(max_examples=40)
@given(before=st.lists(st.sampled_from(LINES), max_size=8), after=st.lists(st.sampled_from(LINES), max_size=8))
def test_parts_one_after_the_other_are_the_whole(redactor, before, after):
    whole = redact_part(part(b"".join(before + after), whole=True), redactor)
    first = redact_part(part(b"".join(before)), redactor)
    second = redact_part(part(b"".join(after), opened=first.leaves_open), redactor)
    assert first.data + second.data == whole.data
    assert first.counts + second.counts == whole.counts
    joined = LineNumbers()
    joined.join(first.lines, 0)
    joined.join(second.lines, first.line_feeds)
    assert joined.found() == whole.lines


def test_what_is_open_behind_a_part_is_told(redactor):
    done = redact_part(part(LINES[2] + LINES[3]), redactor)
    assert isinstance(done, PartDone)
    assert done.leaves_open is not None
    assert redact_part(part(LINES[4], opened=done.leaves_open), redactor).leaves_open is None


class Broken:
    def __init__(self, error):
        self.error = error

    def stream(self, *_, **__):
        raise self.error


def test_a_failure_tells_nothing_of_the_content():
    failed = redact_part(part(b"hunter2x\n", whole=True), Broken(ValueError("hunter2x")))
    assert failed == PartFailed(reason="an unforeseen ValueError")


def test_a_full_disk_is_an_error_of_the_whole():
    with pytest.raises(StorageError):
        redact_part(part(b"", whole=True), Broken(StorageError("full")))


class Trickle(io.RawIOBase):
    """Gives a byte or two at a time."""

    def __init__(self, data):
        self.inner = io.BytesIO(data)

    def read(self, size=-1):
        return self.inner.read(min(size, 2) if size >= 0 else 2)


@given(st.binary(max_size=60), st.lists(st.tuples(st.booleans(), st.integers(1, 20)), max_size=10))
def test_looking_ahead_loses_no_byte(data, steps):
    source, read = Source(Trickle(data)), b""
    for looks, size in steps:
        if looks:
            seen = source.peek(size)
            assert seen == data[len(read) : len(read) + len(seen)]
            assert len(seen) >= min(size, len(data) - len(read))
            read += source.take(size // 2)
        else:
            read += source.read(size)
    while more := source.read(7):
        read += more
    assert read == data


def test_without_a_size_all_that_is_left_is_read():
    source = Source(io.BytesIO(b"0123456789"))
    source.peek(4)
    assert source.take(1) + source.read() == b"0123456789"
    assert source.read() == b""
