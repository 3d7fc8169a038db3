"""A device's call is held until something concerns it, without a thread; nobody else's call is."""

import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from urllib.parse import urlsplit

import pytest


@pytest.fixture
def keyed(desk, enrol_with_key):
    return enrol_with_key(desk)


def _wait(device, seconds=30, position=0):
    return device.api("GET", f"requests?position={position}&wait_seconds={seconds}")


def _opened(device, seconds=55):
    """A call on a connection of its own."""
    host, port = urlsplit(device.desk.url).netloc.split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    head = f"GET /api/v1/requests?position=0&wait_seconds={seconds} HTTP/1.1\r\nHost: {host}\r\n"
    connection.sendall(f"{head}Authorization: Bearer {device.credential}\r\n\r\n".encode())
    return connection


def test_a_call_is_answered_when_its_device_is_asked(keyed, ask):
    number = keyed.open_ticket()["number"]
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(_wait, keyed)
        request_id = ask(keyed, number)
        answer = held.result(60)
    assert [request["request_id"] for request in answer.json()["requests"]] == [request_id]
    assert answer.elapsed.total_seconds() < 30


def test_a_call_without_news_is_answered_when_its_time_is_over(keyed):
    answer = _wait(keyed, seconds=1)
    assert answer.json() == {"position": 0, "requests": [], "successions": []}
    assert 0.8 <= answer.elapsed.total_seconds() < 20  # calls that began together end apart


def test_news_that_came_before_are_not_waited_for(keyed, ask):
    ask(keyed, keyed.open_ticket()["number"])
    assert _wait(keyed, seconds=55).elapsed.total_seconds() < 20


def test_the_oldest_of_three_calls_of_a_device_is_answered(keyed):
    calls = [_opened(keyed) for _ in range(3)]
    try:
        # Whichever came first to the desk; two are still held.
        answered = []
        deadline = time.monotonic() + 40
        while not answered and time.monotonic() < deadline:
            for call in calls:
                call.settimeout(0.2)
                try:
                    answered.append(call.recv(12))
                except TimeoutError:
                    continue
        assert answered == [b"HTTP/1.1 200"]
    finally:
        for call in calls:
            call.close()


def test_a_call_without_news_tells_again_what_is_open(keyed, ask):
    request_id = ask(keyed, keyed.open_ticket()["number"])
    position = _wait(keyed).json()["position"]
    answer = _wait(keyed, seconds=1, position=position)
    assert [each["request_id"] for each in answer.json()["requests"]] == [request_id]
    assert answer.elapsed.total_seconds() >= 0.8


def test_a_call_without_news_counts_as_seen(keyed, inside):
    assert _wait(keyed, seconds=1).status_code == 200
    body = "from desk.models import Device\nreturn Device.objects.get(pk=words[0]).last_seen_at is not None"
    assert _wait(keyed, seconds=6).status_code == 200  # later than what was seen is written
    assert inside(keyed.desk, body, keyed.device_id)


def test_a_device_revoked_while_it_waits_is_refused(desk, keyed):
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(_wait, keyed, 10)
        desk.command("device", "revoke", keyed.device_id)
        assert held.result(60).status_code == 401


def test_a_stop_ends_all_calls_at_once(start_desk, enrol_with_key):
    desk = start_desk()
    device = enrol_with_key(desk)
    call = _opened(device)
    assert device.api("GET", "me").status_code == 200  # read after the call, on the same loop
    began = time.monotonic()
    assert desk.stop() == 0
    assert time.monotonic() - began < 8  # sooner than the server would cut what is under way
    answer = call.recv(4096)
    call.close()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 503")
    assert (desk.state_folder.parent / "desk.log").read_text() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_waiting_calls_cost_little_and_no_thread(start_desk, enrol):
    """And those that go away are forgotten."""
    desk = start_desk()
    devices = [enrol(desk) for _ in range(2)]
    device = devices[0]
    assert _wait(device, seconds=1).status_code == 200  # the threads that serve all who wait are there from now on
    _opened(device).close()
    before_bytes, before_threads = _cost(desk.process.pid)
    calls = [_opened(each) for each in devices for _ in range(2)]
    assert device.api("GET", "me").status_code == 200
    after_bytes, after_threads = _cost(desk.process.pid)
    assert after_threads - before_threads < len(calls)
    assert after_bytes - before_bytes < 20 * 2**20
    for call in calls:
        call.close()
    assert _wait(device, seconds=1).status_code == 200


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_many_answers_at_once_take_few_threads(start_desk, enrol):
    desk = start_desk()
    device = enrol(desk)
    device.api("GET", "me")
    threads = [_cost(desk.process.pid)[1]]
    with ThreadPoolExecutor(100) as pool:
        # A position of a database that was restored: none of them is held.
        answers = [pool.submit(_wait, device, 55, 7) for _ in range(100)]
        while not all(answer.done() for answer in answers):
            threads.append(_cost(desk.process.pid)[1])
            wait(answers, timeout=0.02)
    assert {answer.result().status_code for answer in answers} == {200}
    assert max(threads) - threads[0] < 30  # 8 at work, each with its own, and those that end


def _cost(pid: int) -> tuple[int, int]:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) * 1024, int(status["Threads"])
