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


def lines(scene) -> list[tuple[str, str]]:
    """Those that the audit takes, until there is none."""
    found = []
    while "note" in scene.quick.names:
        (errand,) = [each for each in scene.quick.errands if each.name == "note"]
        found.append((errand.arguments["what"], errand.arguments["detail"]))
        scene.quick.come_to("note", audit_head="ef" * 32)
    return found


def test_a_no_that_the_audit_did_not_take_is_told_when_it_has_its_line(scene) -> None:
    scene.heard()
    scene.admitted("ask")
    assert scene.told() == [("asking", "")]
    scene.requests.decline(ID, "No.", "jo")
    scene.quick.fail("note", sentence="The disk is full.")
    assert (scene.requests.next_telling(), scene.quick.names) == (None, [])
    scene.restart()
    scene.requests.resume()
    assert lines(scene) == [("request-declined", "jo: No.")]
    telling = scene.requests.next_telling()
    assert (telling.value["state"], telling.value["audit_head"]) == ("declined", "ef" * 32)


def test_a_no_has_its_line_while_no_desk_hears_of_it(scene) -> None:
    scene.heard()
    scene.admitted("ask")
    scene.requests.later(ID, "jo")
    scene.requests.decline(ID, "No.", "jo")
    assert lines(scene) == [("request-put-off", "jo says: not now."), ("request-declined", "jo: No.")]
    assert scene.told() == [("asking", ""), ("asking", "jo says: not now."), ("declined", "No.")]


def test_a_line_outlives_what_the_desk_says(scene) -> None:
    scene.heard()
    scene.admitted("ask")
    scene.requests.later(ID, "jo")
    scene.heard("cancelled")
    assert lines(scene) == [("request-put-off", "jo says: not now.")]


def test_a_check_that_failed_has_its_line(scene) -> None:
    scene.heard()
    scene.quick.fail("admit", sentence="Another sendlogs writes its audit.")
    assert lines(scene) == [("request-failed", "Another sendlogs writes its audit.")]
    assert scene.told() == [("failed", "Another sendlogs writes its audit.")]


def test_what_fails_after_a_yes_is_not_told_as_the_words_of_who_said_yes(scene) -> None:
    scene.heard()
    scene.admitted("ask")
    scene.requests.allow(ID, [], "root")
    scene.long.fail("gather", sentence="127.0.0.1 says: no.")
    assert ("request-failed", "127.0.0.1 says: no.") in lines(scene)


@pytest.mark.parametrize("note", ["", "request-refused"])
def test_a_refusal_has_its_line_by_the_check_or_after_it(scene, note: str) -> None:
    scene.heard()
    scene.quick.come_to("admit", refused="bad-field: No.", **({"note": note} if note else {"audit_head": "ab" * 32}))
    assert lines(scene) == ([(note, "bad-field: No.")] if note else [])
    assert scene.told() == [("refused", "bad-field: No.")]


def test_a_delivery_that_the_audit_did_not_take_has_its_line_later(scene) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.come_to("gather", outcome="done", note="bundle-delivered", detail="ticket 17")
    assert lines(scene) == [("bundle-delivered", "ticket 17")]
    assert scene.told() == [("done", "")]


def test_while_the_audit_takes_no_line_a_mad_desk_is_heard_so_far_and_no_further(scene) -> None:
    for number in range(100):
        scene.heard(request_id=str(uuid.UUID(int=number, version=4)))
        if "admit" in scene.quick.names:
            scene.quick.fail("admit", sentence="No.")
    assert len(scene.requests.all_shown()) == 32
