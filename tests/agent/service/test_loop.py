"""The loop does what threads, files, moments and signals ask of it, in its own thread."""

import signal
import socket
import threading

from agent.service.loop import Loop


def test_what_another_thread_posts_is_done_in_the_loop(loop: Loop) -> None:
    done: list[int] = []
    poster = threading.Thread(target=lambda: loop.post(lambda: done.append(threading.get_ident())))
    poster.start()
    loop.run(until=lambda: bool(done), within_seconds=10)
    poster.join()
    assert done == [threading.get_ident()]


def test_moments_come_in_their_order_and_once(loop: Loop) -> None:
    order: list[str] = []
    loop.at("second", 0.02, lambda: order.append("second"))
    loop.at("first", 0.0, lambda: order.append("first"))
    loop.at("never", 0.0, lambda: order.append("never"))
    loop.forget("never")
    loop.run(until=lambda: len(order) == 2, within_seconds=10)
    assert order == ["first", "second"]


def test_a_moment_of_the_same_name_takes_the_place_of_the_other(loop: Loop) -> None:
    order: list[int] = []
    loop.at("one", 0.0, lambda: order.append(1))
    loop.at("one", 0.0, lambda: order.append(2))
    loop.run(until=lambda: bool(order), within_seconds=10)
    assert order == [2]


def test_it_sleeps_while_there_is_nothing_to_do(loop: Loop) -> None:
    loop.run(within_seconds=0.2)
    # Not one: on Windows its clock moves in steps of 16 ms, and it goes round until that says the time has passed.
    assert loop.turns < 50


def test_a_signal_is_acted_on_in_the_loop(loop: Loop) -> None:
    before, came = signal.getsignal(signal.SIGINT), []
    try:
        loop.on_signals([signal.SIGINT], lambda: came.append(True))
        signal.raise_signal(signal.SIGINT)
        loop.run(until=lambda: bool(came), within_seconds=10)
    finally:
        signal.signal(signal.SIGINT, before)
    assert came == [True]


def test_a_file_is_watched_until_it_is_not(loop: Loop) -> None:
    reader, writer = socket.socketpair()
    with reader, writer:
        got: list[bytes] = []
        loop.watch(reader, lambda: got.append(reader.recv(10)))
        writer.send(b"one")
        loop.run(until=lambda: bool(got), within_seconds=10)
        loop.unwatch(reader)
        loop.unwatch(reader)
        writer.send(b"two")
        loop.run(within_seconds=0.05)
        assert got == [b"one"]


def test_two_moments_that_are_due_at_once_may_undo_one_another(loop: Loop) -> None:
    done: list[str] = []
    loop.at("first", 0.0, lambda: loop.forget("second"))
    loop.at("second", 0.0, lambda: done.append("second"))
    loop.at("third", 0.0, lambda: done.append("third"))
    loop.run(until=lambda: bool(done), within_seconds=10)
    assert done == ["third"]


def test_what_goes_wrong_in_one_thing_ends_nothing_else() -> None:
    troubles: list[Exception] = []
    done: list[bool] = []
    loop = Loop(troubles.append)
    loop.post(lambda: int("x"))
    loop.at("moment", 0.0, lambda: {}["no"])
    loop.at("later", 0.01, lambda: done.append(True))
    loop.run(until=lambda: bool(done), within_seconds=10)
    loop.close()
    assert [type(each) for each in troubles] == [ValueError, KeyError]


def test_a_file_that_another_closed_in_the_same_turn_is_left_alone(loop: Loop) -> None:
    done: list[str] = []
    pairs = [socket.socketpair() for _ in range(2)]

    def act(number: int) -> None:
        done.append(f"file {number}")
        for ours, _ in pairs:
            loop.unwatch(ours)

    for number, (ours, theirs) in enumerate(pairs):
        theirs.send(b"x")
        loop.watch(ours, lambda number=number: act(number))
    loop.run(until=lambda: bool(done), within_seconds=10)
    assert len(done) == 1
    for end in (end for pair in pairs for end in pair):
        end.close()
