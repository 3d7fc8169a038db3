"""Requests under attack: hostile answers, kills, cancellations at the wrong moment, a full disk."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

ID = str(uuid.UUID(int=7, version=4))


@pytest.mark.parametrize("killed", [False, True])
def test_what_was_gathered_for_a_cancelled_request_is_removed_however_often_that_fails(scene, killed: bool) -> None:
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
def test_a_state_that_is_none_changes_nothing(scene, state: object) -> None:
    scene.heard()
    scene.requests.heard({"requests": [{"request_id": ID, "state": state}]})
    scene.admitted("ask")
    telling = scene.requests.next_telling()
    assert telling is not None
    scene.requests.was_told(telling, {"state": state})
    assert scene.request["step"] == "asking"


def test_an_endless_envelope_is_cut_where_it_is_too_long_already(scene) -> None:
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


def test_what_a_full_disk_did_not_take_is_heard_again(scene, full_disk) -> None:
    full_disk(scene.heard)
    assert (scene.quick.names, scene.requests.all_shown()) == ([], [])
    scene.heard()
    full_disk(lambda: scene.admitted("ask"))
    scene.requests.look_at_the_clock()
    assert scene.quick.errands[0].arguments["again"] is True


def test_an_answer_that_a_full_disk_did_not_take_may_be_given_again(scene, full_disk) -> None:
    scene.heard()
    scene.admitted("ask")
    full_disk(lambda: scene.requests.allow(ID, [], "jo"))
    full_disk(lambda: scene.requests.decline(ID, "No.", "jo"))
    assert (scene.request["step"], scene.request["answered_by"], scene.long.names) == ("asking", "", [])
    scene.requests.decline(ID, "No.", "jo")
    assert scene.told() == [("asking", ""), ("declined", "No.")]


def test_what_was_gathered_on_a_full_disk_is_found_a_minute_later(scene, full_disk) -> None:
    scene.heard()
    scene.admitted("allow")
    full_disk(lambda: scene.long.say("gather", "gathering"))
    scene.requests.look_at_the_clock()
    assert scene.long.names == ["gather"]
    full_disk(lambda: scene.long.come_to("gather", outcome="done"))
    scene.requests.look_at_the_clock()
    scene.long.come_to("gather", outcome="done")
    assert scene.request["outcome"] == "done"
