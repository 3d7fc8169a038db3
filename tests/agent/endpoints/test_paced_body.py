"""The bandwidth limit, by a clock of the test's own."""

from __future__ import annotations

import io

import pytest

from agent.endpoints._paced_body import PacedBody


class Bytes(io.BytesIO):
    def __len__(self) -> int:
        return len(self.getvalue())


class Clock:
    def __init__(self) -> None:
        self.now_seconds = 100.0

    def __call__(self) -> float:
        return self.now_seconds

    def sleep(self, seconds: float) -> None:
        self.now_seconds += seconds


@pytest.mark.parametrize("bytes_per_second", [1024, 50_000, 400_000])
def test_the_whole_takes_its_time(bytes_per_second: int) -> None:
    """The last piece leaves when the line would have carried what went before it."""
    clock, data = Clock(), b"0123456789" * 10_000
    body = PacedBody(Bytes(data), bytes_per_second, clock=clock, sleep=clock.sleep)
    assert len(body) == len(data)
    assert b"".join(body) == data
    assert clock.now_seconds - 100 == pytest.approx(len(data) / bytes_per_second, rel=0.01)


def test_a_slow_line_is_not_slowed_further() -> None:
    clock = Clock()
    pauses: list[float] = []
    body = PacedBody(Bytes(bytes(10_000)), 1000, clock=clock, sleep=pauses.append)
    while body.read(1000):
        clock.now_seconds += 5
    assert pauses == []


def test_pieces_are_small_however_much_is_asked_for() -> None:
    body = PacedBody(Bytes(bytes(10_000)), 8000, clock=Clock(), sleep=lambda _: None)
    assert len(body.read()) == len(body.read(2**20)) == 1000
    assert len(body.read(10)) == 10
