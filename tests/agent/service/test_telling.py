"""A telling ends in exactly one of two ways."""

import threading

from agent.service.line import Desk
from agent.service.telling import Teller, Telling


def told(desk: Desk) -> tuple[str, object]:
    came, ends = threading.Event(), []

    def note(name: str):
        def end(telling: Telling, what: object) -> None:
            ends.append((name, what))
            came.set()

        return end

    Teller(desk, note("told"), note("failed")).tell(Telling(key="me", method="PUT", path="/me", value={"host": "pc"}))
    assert came.wait(10)
    (end,) = ends
    return end


def test_what_the_desk_takes_is_told_with_its_answer(stand_in, desk: Desk) -> None:
    stand_in.answers["PUT /api/v1/me"] = lambda asked: (200, asked["value"])
    assert told(desk) == ("told", {"host": "pc"})


def test_what_it_does_not_take_is_told_as_trouble(stand_in, desk: Desk) -> None:
    name, trouble = told(desk)
    assert name == "failed"
    assert trouble.is_final
