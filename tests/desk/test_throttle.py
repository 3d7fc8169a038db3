"""Counting: each is counted, however many at one moment, and a window begins with its first and is not prolonged."""

import threading

import pytest

TIMED = """
import time
from desk.throttle import Limit
limit = Limit(words[0], most=2, window_seconds=60)
now = time.time()
def at(seconds):
    time.time = lambda: now + seconds
"""


def test_a_window_is_not_prolonged_by_calls(desk, inside):
    body = """
told = []
for seconds in (0, 30, 59, 61, 62):
    at(seconds)
    told.append(limit.count("a"))
return told
"""
    assert inside(desk, TIMED + body, "test-window") == [True, True, False, True, True]


def test_what_is_given_back_is_not_counted_and_others_have_their_own(desk, inside):
    body = """
told = [limit.count("a"), limit.count("a"), limit.is_reached("a"), limit.is_reached("b")]
limit.give_back("a")
limit.give_back("b")
return [*told, limit.is_reached("a"), limit.count("b"), limit.count("b"), limit.count("b")]
"""
    assert inside(desk, TIMED + body, "test-back") == [True, True, True, False, False, True, True, False]


def test_a_clock_set_back_shuts_nobody_out_for_long(desk, inside):
    body = """
told = [limit.count("a"), limit.count("a"), limit.is_reached("a")]
at(-3600)
return [*told, limit.is_reached("a")]
"""
    assert inside(desk, TIMED + body, "test-clock") == [True, True, True, False]


@pytest.mark.parametrize("calls", [24])
def test_none_of_many_at_one_moment_is_lost(desk, inside, calls):
    body = """
from concurrent.futures import ThreadPoolExecutor
from desk.throttle import Limit
limit = Limit("test-many", most=10, window_seconds=600)
with ThreadPoolExecutor(12) as pool:
    told = list(pool.map(lambda _: limit.count("a"), range(words[0])))
return sum(told)
"""
    told = []
    threads = [threading.Thread(target=lambda: told.append(inside(desk, body, calls))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sum(told) == 10
