"""The process that stays, run in this one: its lock, its first settings, its answers, its end."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.service import resident
from agent.service.children import Errand, Event
from agent.service.loop import Loop
from agent.service.resident import Ended, Service, first_settings, hold_alone
from agent.service.systemd import Systemd
from agent.service.watched import signature

ME = {"host": "", "operating_system": "", "agent_version": "1", "remote_policy": "ask", "remote_profiles": []}


class Lane:
    """Runs nothing; the test ends each errand."""

    has_child = False

    def __init__(self) -> None:
        self.errands: list[Errand] = []
        self.is_closed = False
        self.also: Event = {}

    def add(self, errand: Errand) -> None:
        self.errands.append(errand)

    def has(self, name: str, about: str = "") -> bool:
        return any(each.name == name for each in self.errands)

    def close(self) -> None:
        self.is_closed = True

    def kill(self) -> None:
        pass


@pytest.fixture
def settings(tmp_path: Path) -> Event:
    file = tmp_path / "agent.yaml"
    file.write_text("remote: ask\n")
    told = {
        "event": "result",
        "desk": None,
        "command": "sendlogs",
        "applications": {},
        "sends_crashes": False,
        "me": ME,
        "watched": [str(file)],
        "signature": signature([str(file)]),
        "held": {"remote": "ask"},
    }
    return {**told, "state_folder": str(tmp_path / "state"), "wanted_state_folder": str(tmp_path / "state")}


@pytest.fixture
def quick() -> Lane:
    return Lane()


@pytest.fixture
def service(loop: Loop, quick: Lane, settings: Event, tmp_path: Path) -> Iterator[Service]:
    (tmp_path / "state").mkdir(mode=0o700)
    os.close(hold_alone(tmp_path / "state"))
    made = Service(loop, Systemd({}), quick, Lane(), settings)
    yield made
    made.end()
    assert quick.is_closed


def test_two_do_not_share_a_state_folder(tmp_path: Path) -> None:
    held = hold_alone(tmp_path)
    with pytest.raises(Ended, match="already runs") as caught:
        hold_alone(tmp_path)
    assert (caught.value.exit_code, caught.value.advice) == (10, "Ask it: sendlogs service status")
    os.close(held)
    os.close(hold_alone(tmp_path))


def test_a_state_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "service").write_text("")
    with pytest.raises(Ended, match="cannot be used") as caught:
        hold_alone(tmp_path)
    assert caught.value.exit_code == 9
    assert "Set state_folder" in caught.value.advice


@pytest.mark.posix
def test_a_folder_that_others_use_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o775)
    (shared / "other.txt").write_text("hi")
    with pytest.raises(Ended, match="others may open it"):
        hold_alone(shared)
    assert [each.name for each in shared.iterdir()] == ["other.txt"]


def test_without_settings_it_does_not_begin(loop: Loop, quick: Lane) -> None:
    def fail() -> None:
        quick.errands.pop().ended({"event": "failed", "exit_code": 3, "sentence": "agent.yaml: no.", "advice": "Mend."})

    loop.at("fail", 0, fail)
    with pytest.raises(Ended, match=r"agent\.yaml: no") as caught:
        first_settings(loop, quick, lambda: False)
    assert (caught.value.exit_code, caught.value.advice) == (3, "Mend.")


def test_ended_while_it_begins_it_ends_in_peace(loop: Loop, quick: Lane) -> None:
    with pytest.raises(Ended) as caught:
        first_settings(loop, quick, lambda: True)
    assert caught.value.exit_code == 0


def test_it_says_what_it_does(service: Service) -> None:
    told = service._answer({"ask": "status"}, "jo")
    assert (told["policy"], told["desk"], told["waiting_for_an_answer"]) == ("ask", "", 0)
    assert service._answer({"ask": "requests"}, "jo") == {"requests": []}


@pytest.mark.parametrize("ask", ["preview", "allow", "decline", "later"])
def test_an_answer_to_no_request_is_refused(service: Service, ask: str) -> None:
    with pytest.raises(ValueError, match="no such request"):
        service._answer({"ask": ask, "request_id": "x", "exclude": None}, "jo")


def test_who_is_shut_out_is_told_so_in_place_of_a_yes_that_comes_to_nothing(service: Service) -> None:
    service._desk.is_shut_out = True
    with pytest.raises(ValueError, match="sendlogs doctor"):
        service._answer({"ask": "allow", "request_id": "x", "exclude": None}, "jo")
    with pytest.raises(ValueError, match="no such request"):
        service._answer({"ask": "decline", "request_id": "x"}, "jo")


def test_a_question_it_does_not_know_is_refused(service: Service) -> None:
    with pytest.raises(ValueError, match="does not know"):
        service._answer({"ask": "everything"}, "jo")


def test_changed_settings_are_checked_before_they_count(service: Service, quick: Lane, settings: Event) -> None:
    service._tick()
    assert quick.errands == []
    Path(settings["watched"][0]).write_text("remote: perhaps\n")
    service._tick()
    (errand,) = quick.errands
    service._tick()
    assert quick.errands == [errand]
    quick.errands.clear()
    errand.ended({"event": "failed", "sentence": "agent.yaml: no."})
    told = service._answer({"ask": "status"}, "jo")
    assert (told["settings_trouble"], told["policy"]) == ("agent.yaml: no.", "ask")
    assert quick.also == {"held": {"remote": "ask"}}
    service._tick()  # whatever file it is that somebody puts right
    new = {**settings, "me": {**ME, "remote_policy": "off"}, "held": {"remote": "off"}}
    quick.errands.pop().ended({**new, "wanted_state_folder": "/elsewhere"})
    told = service._answer({"ask": "status"}, "jo")
    assert told["policy"] == "off"
    assert "started anew" in told["settings_trouble"]
    assert quick.also == service._long.also == {"held": {"remote": "off"}}


def test_settings_that_stay_broken_are_told_once(
    service: Service, quick: Lane, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        service._reload()
        quick.errands.pop().ended({"event": "failed", "sentence": "agent.yaml: no."})
    assert capsys.readouterr().err.count("agent.yaml: no.") == 1


def test_a_change_while_the_settings_are_read_is_seen_at_the_next_look(
    service: Service, quick: Lane, settings: Event
) -> None:
    """Also where it was looked at meanwhile, and the reading then failed."""
    file = Path(settings["watched"][0])
    service._reload()
    before = signature([str(file)])
    file.write_text("remote: notify\n")
    service._reload()
    quick.errands.pop().ended({**settings, "signature": before})
    service._tick()
    assert quick.has("settings")


def test_a_log_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    resident.log("a sentence\nof somebody else")
    assert capsys.readouterr().err == "a sentence of somebody else\n"


@pytest.mark.parametrize("exclude", [5, "*.db", [7], {"a": 1}])
def test_what_is_to_be_left_out_is_understood_or_nothing_is_gathered(service: Service, exclude: object) -> None:
    with pytest.raises(ValueError, match="list of texts"):
        service._answer({"ask": "allow", "request_id": "x", "exclude": exclude}, "jo")
    with pytest.raises(ValueError, match="list of texts"):
        service._answer({"ask": "preview", "request_id": "x", "exclude": exclude}, "jo")


def test_troubles_are_told_without_what_they_choked_on_and_too_many_end_it() -> None:
    logged: list[str] = []
    troubles = resident.Troubles(logged.append)
    troubles(OSError(28, "No space left on device"))
    troubles(KeyError("a secret"))
    assert "No space left on device" in logged[0]
    assert "secret" not in logged[1]
    for _ in range(18):
        troubles(KeyError("x"))
    with pytest.raises(KeyError):
        troubles(KeyError("x"))


def test_the_time_is_remembered_now_and_then_where_a_desk_may_ask(
    service: Service, quick: Lane, settings: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    service._see_the_clock()
    assert not quick.has("clock")
    settings["desk"] = {"url": "https://desk.example"}
    service._see_the_clock()
    assert quick.has("clock")
    assert "clock" in service._loop._moments
