"""A thread works ahead; what it hands over is done here, in order; nobody is left behind, however that ends."""

import os
import signal
import threading

import pytest

from agent.read_ahead import done_in_step


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


def test_all_steps_are_done_here_and_in_order():
    done = []

    def work(hand_over):
        for number in range(100):
            hand_over(lambda number=number: done.append((number, threading.current_thread())))
        return threading.current_thread()

    done_in_step(work, most_ahead=3)
    assert done == [(number, threading.current_thread()) for number in range(100)]


def test_the_work_goes_on_while_a_step_is_done():
    is_further = threading.Event()
    seen = []

    def work(hand_over):
        hand_over(lambda: seen.append(is_further.wait(20)))
        is_further.set()

    done_in_step(work, most_ahead=1)
    assert seen == [True]


@pytest.mark.parametrize("most_ahead", [1, 4])
def test_it_is_no_more_steps_ahead_than_it_may(most_ahead):
    done, ahead = [], []

    def work(hand_over):
        for number in range(50):
            hand_over(lambda: done.append(None))
            ahead.append(number + 1 - len(done))

    done_in_step(work, most_ahead=most_ahead)
    assert len(done) == 50
    assert max(ahead) <= most_ahead + 1  # and the one that is being done


def test_what_the_work_raises_is_raised_here_when_all_before_it_is_done():
    done = []

    def work(hand_over):
        for number in range(5):
            hand_over(lambda number=number: done.append(number))
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        done_in_step(work, most_ahead=2)
    assert done == [0, 1, 2, 3, 4]


def endless(hand_over):
    """As py7zr, wants to close what it was at when it is told to end."""
    try:
        while True:
            hand_over(lambda: None)
    finally:
        hand_over(lambda: None)


@pytest.mark.parametrize("trouble", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_a_step_raises_is_raised_and_ends_the_work(trouble):
    def step():
        raise trouble

    def work(hand_over):
        hand_over(step)
        endless(hand_over)

    with pytest.raises(trouble):
        done_in_step(work, most_ahead=2)


@pytest.mark.posix
def test_an_interrupt_ends_the_waiting_and_the_work():
    is_waited_for = threading.Event()

    def work(hand_over):
        hand_over(is_waited_for.set)
        assert is_waited_for.wait(20)
        os.kill(os.getpid(), signal.SIGINT)
        endless(hand_over)

    with pytest.raises(KeyboardInterrupt):
        done_in_step(work, most_ahead=2)
