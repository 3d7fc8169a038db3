"""Many questions are few looks, each caller hears what was found of its own, and trouble of one look is told to all."""

import asyncio

import pytest

from desk.collecting import gathered
from desk.collecting.gathered import Gathered


class Looks:
    """Finds the square of even numbers, and nothing of odd ones; each look ends when it is let."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.let = asyncio.Event()
        self.trouble: Exception | None = None

    async def ask(self, numbers: list[int]) -> dict[int, int]:
        self.asked.append(numbers)
        await self.let.wait()
        if self.trouble is not None:
            raise self.trouble
        return {number: number**2 for number in numbers if number % 2 == 0}


async def _begun(*subjects: int, squares: Gathered[int, int]) -> list[asyncio.Task[int | None]]:
    """Callers that wait for their answers by now."""
    asking = [asyncio.create_task(squares.of(subject)) for subject in subjects]
    for _ in range(3):
        await asyncio.sleep(0)
    return asking


def test_who_asks_while_nothing_is_asked_is_not_kept_waiting(monkeypatch):
    monkeypatch.setattr(gathered, "GATHER_SECONDS", 1000)

    async def main() -> int | None:
        looks = Looks()
        looks.let.set()
        return await asyncio.wait_for(Gathered(looks.ask).of(4), 30)

    assert asyncio.run(main()) == 16


def test_all_who_ask_during_a_look_are_one_look_after_it(monkeypatch):
    monkeypatch.setattr(gathered, "GATHER_SECONDS", 0)

    async def main() -> tuple[list[int | None], list[list[int]]]:
        looks = Looks()
        squares = Gathered(looks.ask)
        asking = await _begun(2, squares=squares)
        # The first one's number again: what is under way was read before this call.
        asking += await _begun(2, 3, 4, 4, squares=squares)
        looks.let.set()
        return await asyncio.gather(*asking), looks.asked

    assert asyncio.run(main()) == ([4, 4, None, 16, 16], [[2], [2, 3, 4]])


def test_no_look_is_for_more_than_a_database_takes(monkeypatch):
    monkeypatch.setattr(gathered, "GATHER_SECONDS", 0)

    async def main() -> list[int]:
        looks = Looks()
        squares = Gathered(looks.ask)
        asking = await _begun(*range(2500), squares=squares)
        looks.let.set()
        assert await asyncio.gather(*asking) == [n**2 if n % 2 == 0 else None for n in range(2500)]
        return [len(numbers) for numbers in looks.asked]

    assert asyncio.run(main()) == [1000, 1000, 500]


def test_a_caller_that_is_gone_keeps_nobody_from_an_answer(monkeypatch):
    monkeypatch.setattr(gathered, "GATHER_SECONDS", 0)

    async def main() -> int | None:
        looks = Looks()
        squares = Gathered(looks.ask)
        gone, waits = await _begun(6, 6, squares=squares)
        gone.cancel()
        looks.let.set()
        return await waits

    assert asyncio.run(main()) == 36


def test_trouble_is_told_to_all_of_a_look_and_the_next_is_asked(monkeypatch):
    monkeypatch.setattr(gathered, "GATHER_SECONDS", 0)

    async def main() -> int | None:
        looks = Looks()
        squares = Gathered(looks.ask)
        looks.trouble = OSError("away")
        looks.let.set()
        for each in await asyncio.gather(*await _begun(1, 2, squares=squares), return_exceptions=True):
            assert each is looks.trouble
        looks.trouble = None
        return await squares.of(2)

    assert asyncio.run(main()) == 4


def test_a_loop_that_ended_leaves_the_next_one_free():
    """As where each look at a request that is followed is a loop of its own."""
    looks_made = []

    async def ask(numbers: list[int]) -> dict[int, int]:
        looks_made.append(numbers)
        return dict.fromkeys(numbers, 7)

    found = Gathered(ask)
    assert [asyncio.run(found.of(1)) for _ in range(2)] == [7, 7]
    assert looks_made == [[1], [1]]


@pytest.mark.parametrize("number", [1, 2])
def test_what_is_not_found_is_none(number):
    async def ask(_numbers: list[int]) -> dict[int, str]:
        return {2: "two"}

    assert asyncio.run(Gathered(ask).of(number)) == {2: "two"}.get(number)
