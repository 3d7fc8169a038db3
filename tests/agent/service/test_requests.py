"""The steps of a request, with errands that are answered by the test."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.service.children import Errand
from agent.service.records import Records
from agent.service.requests import Requests

FUTURE, PAST = "2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z"
ID = str(uuid.UUID(int=7, version=4))


@dataclass
class Lane:
    """Runs nothing: the test ends each errand."""

    errands: list[Errand] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def add(self, errand: Errand) -> None:
        self.errands.append(errand)

    def has(self, name: str, about: str = "") -> bool:
        return any((each.name, each.about) == (name, about) for each in self.errands)

    def end(self, about: str) -> None:
        self.ended.append(about)
        for each in [each for each in self.errands if each.about == about]:
            self.errands.remove(each)
            each.ended({"event": "failed", "died": True, "sentence": "ended"})

    def come_to(self, name: str, **outcome: object) -> None:
        (errand,) = [each for each in self.errands if each.name == name]
        self.errands.remove(errand)
        errand.ended({"event": "result", **outcome})

    def fail(self, name: str, **outcome: object) -> None:
        self.come_to(name, event="failed", **outcome)

    def say(self, name: str, step: str) -> None:
        (errand,) = [each for each in self.errands if each.name == name]
        errand.said({"event": "step", "step": step, "audit_head": "ab" * 32})

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.errands]


class Scene:
    """A computer's requests, and what its desk is told."""

    def __init__(self, state: Path) -> None:
        self.state, self.quick, self.long, self.logged = state, Lane(), Lane(), []
        self.restart()

    def restart(self) -> None:
        self.quick, self.long = Lane(), Lane()
        tell: Callable[[], None] = lambda: None  # noqa: E731 - a function that does nothing
        self.requests = Requests(Records(self.state), self.quick, self.long, tell=tell, log=self.logged.append)

    def heard(self, state: str = "delivered", request_id: str = ID) -> None:
        told = {"request_id": request_id, "state": state, "envelope": '{"signed": 1}'}
        self.requests.heard({"position": 1, "requests": [told], "successions": ["{}"]})

    def admitted(self, policy: str, expires_at: str = FUTURE) -> None:
        asked = {"requester": "Kim", "reason": "Why", "profile": "nginx", "ticket": "17", "since_seconds": None}
        self.quick.come_to("admit", request={**asked, "expires_at": expires_at}, policy=policy, audit_head="cd" * 32)

    def told(self, answer: str = "") -> list[tuple[str, str]]:
        """What the desk is told until nothing is left; it answers that state, or the one it is told."""
        found = []
        while True:
            telling = self.requests.next_telling()
            if telling is None and "note" in self.quick.names:
                self.quick.come_to("note", audit_head="ef" * 32)
                continue
            if telling is None:
                return found
            found.append((telling.value["state"], telling.value["words"]))
            assert telling.path == f"/requests/{telling.key}/state"
            self.requests.was_told(telling, {"state": answer or telling.value["state"]})

    @property
    def request(self) -> dict:
        (shown,) = self.requests.all_shown()
        return shown


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.mark.parametrize("policy", ["allow", "notify"])
def test_what_is_allowed_is_gathered_at_once(scene: Scene, policy: str) -> None:
    scene.heard()
    assert scene.quick.errands[0].arguments["successions"] == ["{}"]
    scene.admitted(policy)
    assert scene.long.errands[0].arguments["policy"] == policy
    scene.long.say("gather", "gathering")
    scene.long.say("gather", "uploading")
    scene.long.come_to("gather", outcome="done")
    assert scene.told() == [("gathering", ""), ("uploading", ""), ("done", "")]
    assert scene.request["outcome"] == "done"


def test_heard_twice_it_is_done_once(scene: Scene) -> None:
    scene.heard()
    scene.heard()
    assert scene.quick.names == ["admit"]
    scene.admitted("allow")
    scene.heard("gathering")
    scene.long.come_to("gather", outcome="done")
    scene.heard("uploading")
    assert (scene.quick.names, scene.long.names) == ([], [])


def test_a_yes_is_gathered_without_what_the_person_takes_out(scene: Scene) -> None:
    scene.heard()
    scene.admitted("ask")
    assert scene.long.names == []
    assert scene.told() == [("asking", "")]
    scene.requests.allow(ID, ["*.db"], "jo")
    arguments = scene.long.errands[0].arguments
    assert (arguments["exclude"], arguments["answered_by"]) == (["*.db"], "jo")


def test_a_no_is_told_with_its_words_and_nothing_is_gathered(scene: Scene) -> None:
    scene.heard()
    scene.admitted("ask")
    scene.requests.decline(ID, "Not\nhere.", "jo")
    assert scene.told() == [("asking", ""), ("declined", "Not here.")]
    assert scene.long.names == []
    with pytest.raises(ValueError, match="waits for no answer: it is declined"):
        scene.requests.allow(ID, [], "jo")


def test_not_now_is_told_and_it_waits_on(scene: Scene) -> None:
    scene.heard()
    scene.admitted("ask")
    scene.requests.later(ID, "jo")
    assert scene.told() == [("asking", ""), ("asking", "jo says: not now.")]
    assert scene.request["step"] == "asking"


def test_no_answer_is_a_no_when_it_expires(scene: Scene) -> None:
    scene.heard()
    scene.admitted("ask", expires_at=PAST)
    scene.requests.look_at_the_clock()
    assert scene.told()[-1] == ("declined", "Nobody answered.")
    assert scene.long.names == []


def test_a_refusal_is_told_with_its_reason(scene: Scene) -> None:
    scene.heard()
    scene.quick.come_to("admit", refused="bad-signature: It does not fit.", audit_head="")
    assert scene.told() == [("refused", "bad-signature: It does not fit.")]
    assert scene.long.names == []


@pytest.mark.parametrize("step", ["checking", "asking", "gathering"])
def test_what_the_desk_cancels_is_ended_and_forgotten(scene: Scene, step: str) -> None:
    scene.heard()
    if step != "checking":
        scene.admitted("ask" if step == "asking" else "allow")
    scene.heard("cancelled")
    assert ID in scene.long.ended
    assert scene.long.names == []
    assert scene.quick.names == ["forget"]
    assert (scene.request["outcome"], scene.told()) == ("cancelled", [])


def test_a_desk_that_answers_that_it_is_cancelled_ends_it(scene: Scene) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.say("gather", "gathering")
    assert scene.told("cancelled") == [("gathering", "")]
    assert scene.long.names == []


def test_what_fails_is_told_in_a_sentence_and_nothing_stays(scene: Scene) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.fail("gather", sentence="Ticket 17 is closed.")
    assert scene.told() == [("failed", "Ticket 17 is closed.")]
    assert scene.quick.names == ["forget"]


def test_a_child_that_dies_is_replaced_but_not_for_ever(scene: Scene) -> None:
    scene.heard()
    scene.admitted("allow")
    deaths = 0
    while scene.long.names:
        scene.long.say("gather", "gathering")
        scene.long.fail("gather", died=True, sentence="It ended (-9).")
        deaths += 1
    assert deaths <= 3
    assert scene.told()[-1] == ("failed", "It ended (-9).")


def test_a_bundle_that_waits_is_settled_by_the_outbox(scene: Scene) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.come_to("gather", outcome="queued", reason="No network.")
    assert scene.requests.uploading == [ID]
    scene.requests.settle({"event": "result", "delivered": [ID], "audit_head": ""})
    assert scene.told() == [("uploading", "No network."), ("done", "")]


def test_a_bundle_that_never_arrives_has_failed(scene: Scene) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.come_to("gather", outcome="queued", reason="No network.")
    scene.requests.settle({"event": "result", "delivered": [], "lost": {ID: "The ticket is closed."}})
    assert scene.told()[-1] == ("failed", "The ticket is closed.")


def test_after_a_restart_a_check_is_made_again_and_says_so(scene: Scene) -> None:
    scene.heard()
    scene.restart()
    scene.requests.resume()
    assert scene.quick.errands[0].arguments["again"] is True


def test_after_a_restart_gathering_is_taken_up_and_the_untold_is_told(scene: Scene) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.say("gather", "gathering")
    scene.restart()
    scene.requests.resume()
    assert scene.long.names == ["gather"]
    assert scene.long.errands[0].arguments["only_finish"] is False
    assert scene.told() == [("gathering", "")]


def test_after_its_time_nothing_new_is_gathered(scene: Scene) -> None:
    scene.heard()
    scene.admitted("allow", expires_at=PAST)
    scene.restart()
    scene.requests.resume()
    assert scene.long.errands[0].arguments["only_finish"] is True


def test_after_a_restart_a_question_still_waits(scene: Scene) -> None:
    scene.heard()
    scene.admitted("ask")
    scene.restart()
    scene.requests.resume()
    assert scene.request["step"] == "asking"
    assert scene.long.names == []


@pytest.mark.parametrize(
    "told",
    [
        {"requests": "x"},
        {"requests": [7, {}, {"request_id": "../x", "state": "delivered", "envelope": "{}"}]},
        {"requests": [{"request_id": ID, "state": "delivered", "envelope": 7}]},
        {"requests": [{"request_id": ID, "state": "cancelled", "envelope": "{}"}]},
    ],
)
def test_what_is_no_request_becomes_none(scene: Scene, told: dict) -> None:
    scene.requests.heard(told)
    assert scene.requests.all_shown() == []


def test_a_desk_gone_mad_is_heard_so_far_and_no_further(scene: Scene) -> None:
    for number in range(100):
        scene.heard(request_id=str(uuid.UUID(int=number, version=4)))
    assert len(scene.quick.names) == 32


@pytest.mark.parametrize("killed", [False, True])
def test_what_was_gathered_for_a_cancelled_request_is_removed_however_often_that_fails(
    scene: Scene, killed: bool
) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.come_to("gather", outcome="queued", reason="No network.")
    scene.heard("cancelled")
    assert "" in scene.long.ended  # the outbox may be sending it
    if killed:  # before the errand began
        scene.restart()
        scene.requests.resume()
    else:
        scene.quick.fail("forget", sentence="Another errand is not over yet.")
        assert scene.quick.names == []
        scene.requests.look_at_the_clock()
    assert scene.requests.withdrawn == [ID]
    scene.quick.come_to("forget")
    scene.requests.look_at_the_clock()
    assert (scene.requests.withdrawn, scene.quick.names, scene.long.names) == ([], [], [])


@pytest.mark.parametrize("state", [[], {}, None, 7])
def test_a_state_that_is_none_changes_nothing(scene: Scene, state: object) -> None:
    scene.heard()
    scene.requests.heard({"requests": [{"request_id": ID, "state": state}]})
    scene.admitted("ask")
    telling = scene.requests.next_telling()
    assert telling is not None
    scene.requests.was_told(telling, {"state": state})
    assert scene.request["step"] == "asking"


def test_an_endless_envelope_is_cut_where_it_is_too_long_already(scene: Scene) -> None:
    told = {"request_id": ID, "state": "delivered", "envelope": "x" * 900_000}
    scene.requests.heard({"requests": [told], "successions": ["y" * 900_000] * 200})
    arguments = scene.quick.errands[0].arguments
    assert len(arguments["envelope"]) == 16 * 2**10 + 1
    assert len(arguments["successions"]) == 100
    assert {len(text) for text in arguments["successions"]} == {16 * 2**10 + 1}


@pytest.fixture
def full_disk(monkeypatch) -> Callable[[Callable[[], object]], None]:
    """Does something while the disk is full."""

    def full(*_: object) -> None:
        raise OSError(28, "full")

    def act(what: Callable[[], object]) -> None:
        with monkeypatch.context() as context:
            context.setattr("agent.service.records.write_private", full)
            with pytest.raises(OSError, match="full"):
                what()

    return act


def test_what_a_full_disk_did_not_take_is_heard_again(scene: Scene, full_disk) -> None:
    full_disk(scene.heard)
    assert (scene.quick.names, scene.requests.all_shown()) == ([], [])
    scene.heard()
    full_disk(lambda: scene.admitted("ask"))
    scene.requests.look_at_the_clock()
    assert scene.quick.errands[0].arguments["again"] is True


def test_an_answer_that_a_full_disk_did_not_take_may_be_given_again(scene: Scene, full_disk) -> None:
    scene.heard()
    scene.admitted("ask")
    full_disk(lambda: scene.requests.allow(ID, [], "jo"))
    full_disk(lambda: scene.requests.decline(ID, "No.", "jo"))
    assert (scene.request["step"], scene.request["answered_by"], scene.long.names) == ("asking", "", [])
    scene.requests.decline(ID, "No.", "jo")
    assert scene.told() == [("asking", ""), ("declined", "No.")]


def test_what_was_gathered_on_a_full_disk_is_found_a_minute_later(scene: Scene, full_disk) -> None:
    scene.heard()
    scene.admitted("allow")
    full_disk(lambda: scene.long.say("gather", "gathering"))
    scene.requests.look_at_the_clock()
    assert scene.long.names == ["gather"]
    full_disk(lambda: scene.long.come_to("gather", outcome="done"))
    scene.requests.look_at_the_clock()
    scene.long.come_to("gather", outcome="done")
    assert scene.request["outcome"] == "done"
