"""The waits of the poll, and the poll itself at a stand-in desk."""

import threading

import pytest

from agent.service.line import Desk, Trouble
from agent.service.poll import Backoff, Pace, Poller


def test_waits_double_up_to_a_bound_and_chance_shortens_them() -> None:
    longest, shortest = Backoff(lambda: 1.0), Backoff(lambda: 0.0)
    waits = [longest.after(Trouble("no")) for _ in range(40)]
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits[-1] == 300
    assert [shortest.after(Trouble("no")) for _ in range(3)] == [0.5, 1, 2]


def test_a_success_begins_anew() -> None:
    backoff = Backoff(lambda: 1.0)
    for _ in range(5):
        backoff.after(Trouble("no"))
    backoff.succeeded()
    assert backoff.after(Trouble("no")) == 1


def test_the_desks_own_wait_counts() -> None:
    assert 17 <= Backoff().after(Trouble("later", status=503, wait_seconds=17)) <= 18
    assert Backoff().after(Trouble("who?", status=401)) == 300


def test_answers_that_come_at_once_again_and_again_are_slowed_down() -> None:
    pace = Pace()
    waits = [pace.after(0.01) for _ in range(30)]
    assert waits[:8] == [0] * 8
    assert waits[8:12] == [0.5, 1, 2, 4] or waits[8:12] == [1, 2, 4, 8]
    assert waits[-1] == 30
    assert pace.after(55) == 0


class Ear:
    """Hears so many answers or troubles."""

    def __init__(self, wanted: int) -> None:
        self.heard: list[object] = []
        self.all_came = threading.Event()
        self._wanted = wanted

    def __call__(self, thing: object) -> None:
        self.heard.append(thing)
        if len(self.heard) >= self._wanted:
            self.all_came.set()


def test_it_asks_on_from_where_it_is(stand_in, desk: Desk) -> None:
    positions = iter([3, 7, 7])
    hold = threading.Event()

    def answer(_: object) -> tuple[int, object]:
        position = next(positions, None)
        if position is None:
            hold.wait(10)
        return 200, {"position": position or 7, "requests": [], "successions": []}

    stand_in.answers["GET /api/v1/requests"] = answer
    ear, trouble = Ear(3), Ear(1)
    poller = Poller(desk, ear, trouble)
    poller.start()
    assert ear.all_came.wait(10)
    poller.close()
    hold.set()
    assert [path for _, path, *_ in stand_in.asked][:3] == [
        f"/api/v1/requests?position={position}&wait_seconds=55" for position in (0, 3, 7)
    ]
    assert trouble.heard == []


@pytest.mark.parametrize("answer", [[], {}, {"position": "x"}, {"position": True}, {"position": -1}])
def test_an_answer_without_a_position_is_trouble(stand_in, desk: Desk, answer: object) -> None:
    stand_in.answers["GET /api/v1/requests"] = lambda _: (200, answer)
    ear, trouble = Ear(1), Ear(1)
    poller = Poller(desk, ear, trouble)
    poller.start()
    assert trouble.all_came.wait(10)
    poller.close()
    assert ear.heard == []


def test_a_poke_ends_the_wait_after_a_failure(stand_in, desk: Desk) -> None:
    desk.credential_file.write_text("")
    ear, trouble = Ear(1), Ear(1)
    stand_in.answers["GET /api/v1/requests"] = lambda _: (200, {"position": 1, "requests": [], "successions": []})
    poller = Poller(desk, ear, trouble)
    poller.start()
    assert trouble.all_came.wait(10)  # and waits for five minutes now
    desk.credential_file.write_text("c" * 32)
    poller.poke()
    assert ear.all_came.wait(10)
    poller.close()
