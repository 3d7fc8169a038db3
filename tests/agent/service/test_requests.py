"""The steps of a request, with errands that are answered by the test."""

from __future__ import annotations

import uuid

import pytest

PAST = "2001-01-01T00:00:00Z"
ID = str(uuid.UUID(int=7, version=4))


@pytest.mark.parametrize("policy", ["allow", "notify"])
def test_what_is_allowed_is_gathered_at_once(scene, policy: str) -> None:
    scene.heard()
    assert scene.quick.errands[0].arguments["successions"] == ["{}"]
    scene.admitted(policy)
    assert scene.long.errands[0].arguments["policy"] == policy
    scene.long.say("gather", "gathering")
    scene.long.say("gather", "uploading")
    scene.long.come_to("gather", outcome="done")
    assert scene.told() == [("gathering", ""), ("uploading", ""), ("done", "")]
    assert scene.request["outcome"] == "done"


def test_heard_twice_it_is_done_once(scene) -> None:
    scene.heard()
    scene.heard()
    assert scene.quick.names == ["admit"]
    scene.admitted("allow")
    scene.heard("gathering")
    scene.long.come_to("gather", outcome="done")
    scene.heard("uploading")
    assert (scene.quick.names, scene.long.names) == ([], [])


def test_a_yes_is_gathered_without_what_the_person_takes_out(scene) -> None:
    scene.heard()
    scene.admitted("ask")
    assert scene.long.names == []
    assert scene.told() == [("asking", "")]
    assert scene.logged[-1].endswith(f": sudo sendlogs requests show {ID}")  # to be pasted: no quotes around it
    assert "for ticket 17 (Why)" in scene.logged[-1]
    scene.requests.allow(ID, ["*.db"], "jo")
    arguments = scene.long.errands[0].arguments
    assert (arguments["exclude"], arguments["answered_by"]) == (["*.db"], "jo")


def test_a_no_is_told_with_its_words_and_nothing_is_gathered(scene) -> None:
    scene.heard()
    scene.admitted("ask")
    scene.requests.decline(ID, "Not\nhere.", "jo")
    assert scene.told() == [("asking", ""), ("declined", "Not here.")]
    assert scene.long.names == []
    with pytest.raises(ValueError, match="waits for no answer: it is declined"):
        scene.requests.allow(ID, [], "jo")


def test_not_now_is_told_and_it_waits_on(scene) -> None:
    scene.heard()
    scene.admitted("ask")
    scene.requests.later(ID, "jo")
    assert scene.told() == [("asking", ""), ("asking", "jo says: not now.")]
    assert scene.request["step"] == "asking"


def test_no_answer_is_a_no_when_it_expires(scene) -> None:
    scene.heard()
    scene.admitted("ask", expires_at=PAST)
    scene.requests.look_at_the_clock()
    assert scene.told()[-1] == ("declined", "Nobody answered.")
    assert scene.long.names == []


def test_where_the_desk_ended_it_before_it_heard_the_audit_says_so_too(scene) -> None:
    scene.heard()
    scene.admitted("ask", expires_at=PAST)
    scene.told()
    scene.requests.look_at_the_clock()
    assert scene.told("expired") == [("declined", "Nobody answered.")]
    assert scene.notes == ["request-declined", "request-expired"]
    assert scene.request["outcome"] == "declined"


def test_a_refusal_is_told_with_its_reason(scene) -> None:
    scene.heard()
    scene.quick.come_to("admit", refused="bad-signature: It does not fit.", audit_head="")
    assert scene.told() == [("refused", "bad-signature: It does not fit.")]
    assert scene.logged == [f"Request {ID} is refused: bad-signature: It does not fit."]
    assert scene.long.names == []


@pytest.mark.parametrize("policy", ["notify", "allow"])
def test_the_log_tells_who_asks_why_and_by_which_policy_it_is_gathered(scene, policy: str) -> None:
    scene.heard()
    scene.admitted(policy)
    told = f"Kim asks for a bundle of 'nginx' for ticket 17 (Why); the settings ({policy}) allow that"
    assert scene.logged[-1].startswith(told)


@pytest.mark.parametrize("step", ["checking", "asking", "gathering"])
def test_what_the_desk_cancels_is_ended_and_forgotten(scene, step: str) -> None:
    scene.heard()
    if step != "checking":
        scene.admitted("ask" if step == "asking" else "allow")
    scene.heard("cancelled")
    assert ID in scene.long.ended
    assert scene.long.names == []
    assert scene.quick.names == ["forget"]
    assert (scene.request["outcome"], scene.told()) == ("cancelled", [])


def test_a_desk_that_answers_that_it_is_cancelled_ends_it(scene) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.say("gather", "gathering")
    assert scene.told("cancelled") == [("gathering", "")]
    assert scene.long.names == []


def test_what_fails_is_told_in_a_sentence_and_nothing_stays(scene) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.fail("gather", sentence="Ticket 17 is closed.")
    assert scene.told() == [("failed", "Ticket 17 is closed.")]
    assert scene.quick.names == ["forget"]


def test_a_child_that_dies_is_replaced_but_not_for_ever(scene) -> None:
    scene.heard()
    scene.admitted("allow")
    deaths = 0
    while scene.long.names:
        scene.long.say("gather", "gathering")
        scene.long.fail("gather", died=True, sentence="It ended (-9).")
        deaths += 1
    assert deaths <= 3
    assert scene.told()[-1] == ("failed", "It ended (-9).")


def test_a_bundle_that_waits_is_settled_by_the_outbox(scene) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.come_to("gather", outcome="queued", reason="No network.")
    assert scene.requests.uploading == [ID]
    scene.requests.settle({"event": "result", "delivered": [ID], "audit_head": ""})
    assert scene.told() == [("uploading", "No network."), ("done", "")]


def test_a_bundle_that_never_arrives_has_failed(scene) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.come_to("gather", outcome="queued", reason="No network.")
    scene.requests.settle({"event": "result", "delivered": [], "lost": {ID: "The ticket is closed."}})
    assert scene.told()[-1] == ("failed", "The ticket is closed.")


def test_after_a_restart_a_check_is_made_again_and_says_so(scene) -> None:
    scene.heard()
    scene.restart()
    scene.requests.resume()
    assert scene.quick.errands[0].arguments["again"] is True


def test_after_a_restart_gathering_is_taken_up_and_the_untold_is_told(scene) -> None:
    scene.heard()
    scene.admitted("allow")
    scene.long.say("gather", "gathering")
    scene.restart()
    scene.requests.resume()
    assert scene.long.names == ["gather"]
    assert scene.long.errands[0].arguments["only_finish"] is False
    assert scene.told() == [("gathering", "")]


def test_after_its_time_nothing_new_is_gathered(scene) -> None:
    scene.heard()
    scene.admitted("allow", expires_at=PAST)
    scene.restart()
    scene.requests.resume()
    assert scene.long.errands[0].arguments["only_finish"] is True


def test_after_a_restart_a_question_still_waits(scene) -> None:
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
def test_what_is_no_request_becomes_none(scene, told: dict) -> None:
    scene.requests.heard(told)
    assert scene.requests.all_shown() == []


def test_a_desk_gone_mad_is_heard_so_far_and_no_further(scene) -> None:
    for number in range(100):
        scene.heard(request_id=str(uuid.UUID(int=number, version=4)))
    assert len(scene.quick.names) == 32
