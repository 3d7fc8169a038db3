"""All talk with the desk: it is told about this computer once, hears requests, and outlives a change of settings."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.service.children import Event
from agent.service.desk_link import DeskLink
from agent.service.line import Desk, Line, Trouble
from agent.service.loop import Loop
from agent.service.telling import Telling

ME = {"host": "", "operating_system": "Debian", "agent_version": "1", "remote_policy": "ask", "remote_profiles": []}


@dataclass
class Requests:
    heard_of: list[Event] = field(default_factory=list)
    to_tell: list[Telling] = field(default_factory=list)
    told: list[object] = field(default_factory=list)
    refused: list[Telling] = field(default_factory=list)

    def heard(self, answer: Event) -> None:
        self.heard_of.append(answer)

    def next_telling(self) -> Telling | None:
        return self.to_tell[0] if self.to_tell else None

    def was_told(self, telling: Telling, answer: object) -> None:
        self.told.append(self.to_tell.pop(0) and answer)

    def was_refused(self, telling: Telling) -> None:
        self.refused.append(self.to_tell.pop(0))


@pytest.fixture
def requests() -> Requests:
    return Requests()


@pytest.fixture
def link(loop: Loop, requests: Requests, stand_in) -> DeskLink:
    stand_in.answers["PUT /api/v1/me"] = lambda _: (200, {})
    stand_in.answers["GET /api/v1/requests"] = lambda _: (503, {})
    stand_in.extra_headers = {"Retry-After": "3600"}
    made = DeskLink(loop, requests, lambda _: None)
    yield made
    made.close()


def settings(desk: Desk, **me: object) -> Event:
    raw = {"url": desk.url, "credential_file": str(desk.credential_file), "proxy": None, "ca_file": None}
    return {"desk": {**raw, "timeout_seconds": 5}, "me": {**ME, **me}}


def puts(stand_in) -> list[object]:
    return [value for method, _, value, _ in stand_in.asked if method == "PUT"]


def test_the_desk_is_told_of_this_computer_once_and_again_when_that_changes(loop, link, stand_in, desk) -> None:
    link.use(settings(desk))
    loop.run(until=lambda: bool(puts(stand_in)), within_seconds=10)
    loop.run(within_seconds=0.05)
    link.use(settings(desk))
    loop.run(within_seconds=0.05)
    assert puts(stand_in) == [ME]
    link.use(settings(desk, remote_policy="off"))
    loop.run(until=lambda: len(puts(stand_in)) == 2, within_seconds=10)
    assert puts(stand_in)[-1]["remote_policy"] == "off"


def test_a_desk_that_was_told_something_was_reached(loop, link, stand_in, desk) -> None:
    """The first poll may wait for a minute before it ends."""
    link.use(settings(desk))
    loop.run(until=lambda: bool(link.status()["desk_reached_at"]), within_seconds=10)
    assert link.status()["desk_reached_at"]


def test_what_is_heard_reaches_the_requests_and_the_status(loop, link, requests, stand_in, desk) -> None:
    answers = [{"position": 4, "requests": [], "successions": []}]
    stand_in.answers["GET /api/v1/requests"] = lambda _: (200, answers.pop()) if answers else (503, {})
    link.use(settings(desk))
    loop.run(until=lambda: bool(link.status()["desk_trouble"]), within_seconds=10)
    assert requests.heard_of == [{"position": 4, "requests": [], "successions": []}]
    assert link.status()["desk_reached_at"]
    assert "503" in link.status()["desk_trouble"]


@pytest.mark.parametrize(("status", "is_dropped"), [(200, False), (409, True)])
def test_a_telling_ends_by_the_desks_word(loop, link, requests, stand_in, desk, status, is_dropped) -> None:
    stand_in.answers["POST /api/v1/requests/r/state"] = lambda _: (status, {"state": "gathering"})
    requests.to_tell = [Telling(key="r", method="POST", path="/requests/r/state", value={"state": "gathering"})]
    link.use(settings(desk))
    loop.run(until=lambda: not requests.to_tell, within_seconds=10)
    assert bool(requests.refused) is is_dropped
    assert requests.told == ([] if is_dropped else [{"state": "gathering"}])


def test_what_could_not_be_told_is_told_later(loop, link, requests, stand_in, desk) -> None:
    statuses = [200, 503]
    stand_in.answers["POST /api/v1/requests/r/state"] = lambda _: (statuses.pop(), {"state": "done"})
    stand_in.extra_headers = {"Retry-After": "0"}
    requests.to_tell = [Telling(key="r", method="POST", path="/requests/r/state", value={"state": "done"})]
    link.use(settings(desk))
    loop.run(until=lambda: bool(requests.told), within_seconds=10)
    assert requests.told == [{"state": "done"}]


def test_a_credential_that_is_worth_nothing_is_trouble_whoever_meets_it(loop, link, requests, stand_in, desk) -> None:
    """The poll may have been let in before, and wait on."""
    let_in, waits, goes_on = threading.Event(), threading.Event(), threading.Event()

    def poll(_: object) -> tuple[int, object]:
        if let_in.is_set():
            waits.set()
            goes_on.wait(60)
        let_in.set()
        return 200, {"position": 4, "requests": [], "successions": []}

    stand_in.answers["GET /api/v1/requests"] = poll
    stand_in.answers["POST /api/v1/requests/r/state"] = lambda _: (401, {})
    link.use(settings(desk))
    loop.run(until=lambda: bool(link.status()["desk_reached_at"]), within_seconds=10)
    assert waits.wait(10)
    requests.to_tell = [Telling(key="r", method="POST", path="/requests/r/state", value={"state": "gathering"})]
    link.pump()
    loop.run(until=lambda: "401" in link.status()["desk_trouble"], within_seconds=10)
    assert "credential" in link.status()["desk_trouble"]
    assert "sendlogs doctor" in link.status()["desk_trouble"]
    assert link.is_shut_out
    stand_in.answers["POST /api/v1/requests/r/state"] = lambda _: (200, {})
    link.pump()
    loop.run(until=lambda: not requests.to_tell, within_seconds=10)
    goes_on.set()
    assert (link.is_shut_out, link.status()["desk_trouble"]) == (False, "")  # whatever the poll waits for


def test_without_a_desk_nobody_is_asked_and_the_log_says_so(loop, link, stand_in, monkeypatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(link, "_log", logged.append)
    link.use({"desk": None, "me": ME})
    assert "'endpoint' names no desk" in logged[0]
    loop.run(within_seconds=0.05)
    assert stand_in.asked == []
    assert link.status() == {"desk": "", "desk_reached_at": "", "desk_trouble": ""}


def test_a_new_credential_is_tried_at_once(loop, link, stand_in, desk: Desk, tmp_path: Path) -> None:
    credential = desk.credential_file.read_text()
    desk.credential_file.unlink()
    link.use(settings(desk))
    loop.run(until=lambda: "not enrolled" in link.status()["desk_trouble"], within_seconds=10)
    desk.credential_file.write_text(credential)
    link.look()
    loop.run(until=lambda: bool(puts(stand_in)), within_seconds=10)
    assert puts(stand_in) == [ME]


def test_a_new_credential_is_tried_at_once_also_while_the_old_one_is_being_tried(
    loop, link, stand_in, desk: Desk
) -> None:
    """Whatever is heard of the old one then comes too late to say when to try again."""
    credential = desk.credential_file.read_text()
    desk.credential_file.unlink()
    link.use(settings(desk))
    loop.run(until=lambda: not link._is_telling, within_seconds=10)  # it has failed
    loop.forget("tell")
    link._is_telling = True
    desk.credential_file.write_text(credential)
    link.look()
    link._failed(Telling(key="me", method="PUT", path="/me", value=ME), Trouble("not enrolled", status=401))
    loop.run(until=lambda: bool(puts(stand_in)), within_seconds=10)
    assert puts(stand_in) == [ME]


def test_what_was_told_with_the_old_credential_is_told_again_with_the_new(loop, link, stand_in, desk: Desk) -> None:
    link.use(settings(desk))
    loop.run(until=lambda: not link._is_telling, within_seconds=10)
    link._is_telling, link._credential_changed = True, 0.0
    link.look()
    assert link._again_at_once
    link._told(Telling(key="me", method="PUT", path="/me", value=ME), {})
    assert not link._again_at_once
    loop.run(until=lambda: len(puts(stand_in)) == 2, within_seconds=10)
    assert puts(stand_in) == [ME, ME]


def test_once_a_minute_an_answer_that_never_ends_is_ended(loop, link, desk: Desk, monkeypatch) -> None:
    ended: list[Line] = []

    def end_if_late(line: Line) -> None:
        ended.append(line)

    monkeypatch.setattr(Line, "end_if_late", end_if_late)
    link.use(settings(desk))
    loop.run(until=lambda: link._told_me != {}, within_seconds=10)
    link.look()
    assert len(ended) == 2


def test_what_a_proxy_does_not_take_is_told_later(loop, link, requests, stand_in, desk) -> None:
    stand_in.problem_type = "text/html"
    statuses = [200, 404]
    stand_in.answers["POST /api/v1/requests/r/state"] = lambda _: (statuses.pop(), {"state": "declined"})
    stand_in.extra_headers = {"Retry-After": "0"}
    requests.to_tell = [Telling(key="r", method="POST", path="/requests/r/state", value={"state": "declined"})]
    link.use(settings(desk))
    loop.run(until=lambda: bool(requests.told or requests.refused), within_seconds=10)
    assert (requests.told, requests.refused) == ([{"state": "declined"}], [])
