"""What goes in at one end comes out at the other, the bytes of parts by way of the memory."""

from collections import Counter, deque

import pytest

from agent.redact.processes.parts import Part, PartDone, PartFailed
from agent.redact.processes.shared_pipe import SharedPipe, shared_memory


class Line:
    """A pipe inside one process: what was sent waits."""

    def __init__(self):
        self.waiting = deque()

    def send(self, thing):
        self.waiting.append(thing)

    def recv(self):
        return self.waiting.popleft()


def part(data):
    return Part(data=data, path="a.log", media_type="text/plain", whole=False)


def done(data):
    return PartDone(data=data, counts=Counter(mail=1), lines=None, line_feeds=2, leaves_open=None)


@pytest.mark.parametrize("make", [part, done])
@pytest.mark.parametrize("size_bytes", [0, 1, 2**20, 2**21, 2**21 + 1])
def test_it_comes_as_it_was_sent(make, size_bytes):
    line, memory = Line(), shared_memory()
    one, other = SharedPipe(line, memory), SharedPipe(line, memory)
    for byte in (b"x", b"y"):  # the second in the place of the first
        one.send(make(byte * size_bytes))
        assert other.recv() == make(byte * size_bytes)


def test_the_bytes_do_not_go_through_the_pipe_if_they_fit():
    line = Line()
    SharedPipe(line, shared_memory()).send(part(b"secret"))
    [sent] = line.waiting
    assert (sent.thing, sent.size_bytes) == (part(b""), 6)


@pytest.mark.parametrize("thing", [None, PartFailed(reason="no disk"), "a word"])
def test_all_else_goes_through_it(thing):
    line = Line()
    memory = shared_memory()
    SharedPipe(line, memory).send(thing)
    assert list(line.waiting) == [thing]
    assert SharedPipe(line, memory).recv() == thing
