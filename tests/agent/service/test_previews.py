"""The bundle that a person looks at before the answer: made once, agreed to by its hash, gone when it is over."""

from __future__ import annotations

import uuid

import pytest

PAST = "2001-01-01T00:00:00Z"
ID = str(uuid.UUID(int=7, version=4))
SHA256 = "ab" * 32
FOUND = {"file": "/state/previews/x.7z", "sha256": SHA256, "size_bytes": 7}


@pytest.fixture
def asked(scene):
    """A scene in which a person is asked, and wants to see the bundle."""
    scene.heard()
    scene.admitted("ask")
    assert scene.told() == [("asking", "")]
    scene.requests.preview(ID, ["*.db"], "jo")
    return scene


def test_it_is_made_while_the_request_waits_for_the_person(asked) -> None:
    (errand,) = asked.long.errands
    assert (errand.name, errand.arguments["exclude"], errand.arguments["answered_by"]) == ("preview", ["*.db"], "jo")
    assert asked.request["preview"] == {"exclude": ["*.db"], "is_being_made": True}
    with pytest.raises(ValueError, match="already"):
        asked.requests.preview(ID, [], "jo")
    asked.long.come_to("preview", **FOUND)
    assert asked.request["preview"] == {"exclude": ["*.db"], "is_being_made": False, **FOUND}
    assert (asked.request["step"], asked.told()) == ("asking", [])


def test_a_yes_to_it_sends_that_file_and_no_other(asked) -> None:
    asked.long.come_to("preview", **FOUND)
    with pytest.raises(ValueError, match="not the one you looked at"):
        asked.requests.allow(ID, [], "jo", "cd" * 32)
    assert asked.request["step"] == "asking"
    asked.requests.allow(ID, [], "jo", SHA256)
    (errand,) = asked.long.errands
    told = {name: errand.arguments[name] for name in ("agreed_sha256", "exclude", "answered_by")}
    assert (errand.name, told) == ("gather", {"agreed_sha256": SHA256, "exclude": ["*.db"], "answered_by": "jo"})
    asked.restart()
    asked.requests.look_at_the_clock()
    assert asked.long.errands[0].arguments["agreed_sha256"] == SHA256


def test_a_yes_to_what_is_just_being_made_anew_is_none(asked) -> None:
    asked.long.come_to("preview", **FOUND)
    asked.requests.preview(ID, [], "jo")
    with pytest.raises(ValueError, match="not the one you looked at"):
        asked.requests.allow(ID, [], "jo", SHA256)


def test_a_yes_without_a_look_is_to_whatever_is_gathered(asked) -> None:
    asked.requests.allow(ID, ["*.log"], "jo")
    (errand,) = asked.long.errands
    assert (errand.name, errand.arguments["agreed_sha256"], errand.arguments["exclude"]) == ("gather", "", ["*.log"])
    assert asked.request["preview"]["is_being_made"] is False


def test_what_could_not_be_made_is_told_and_it_waits_on(asked) -> None:
    asked.long.fail("preview", sentence="Ticket 17 is closed.", advice="Open another.", exit_code=22, more=7)
    told = {"sentence": "Ticket 17 is closed.", "advice": "Open another.", "exit_code": 22}
    assert asked.request["preview"] == {"exclude": ["*.db"], "is_being_made": False, **told}
    assert asked.request["step"] == "asking"
    asked.requests.preview(ID, [], "jo")
    assert asked.request["preview"] == {"exclude": [], "is_being_made": True}


@pytest.mark.parametrize("is_made", [False, True])
@pytest.mark.parametrize("end", ["declined", "expired", "cancelled", "withdrawn"])
def test_nothing_is_left_of_it_when_the_request_ends_without_a_yes(asked, end: str, is_made: bool) -> None:
    if is_made:
        asked.long.come_to("preview", **FOUND)
    if end == "declined":
        asked.requests.decline(ID, "No.", "jo")
    if end == "expired":
        asked.requests._records.get(ID).expires_at = PAST
        asked.requests.look_at_the_clock()
    if end in ("cancelled", "withdrawn"):
        asked.heard("cancelled" if end == "cancelled" else "expired")
    assert asked.long.names == []
    assert [name for name in asked.quick.names if name == "forget"] == ["forget"]
    assert asked.request["outcome"] in (end, "declined", "expired")
    asked.restart()  # killed before that was done
    asked.requests.look_at_the_clock()
    asked.quick.come_to("forget")
    asked.requests.look_at_the_clock()
    assert "forget" not in asked.quick.names


@pytest.mark.parametrize("sha256", [SHA256, ""])
@pytest.mark.parametrize("comes", ["at once", "later", "never"])
def test_nothing_is_left_of_it_when_the_bundle_was_sent(asked, sha256: str, comes: str) -> None:
    """Whatever the errand that sent it could not remove, such as a file that a person of Windows has open."""
    asked.long.come_to("preview", **FOUND)
    asked.requests.allow(ID, [], "jo", sha256)
    if comes == "at once":
        asked.long.come_to("gather", outcome="done")
    elif comes == "later":
        asked.long.come_to("gather", outcome="queued", reason="No network.")
        assert "forget" not in asked.quick.names  # that would take it out of the outbox
        asked.requests.settle({"event": "result", "delivered": [ID]})
    else:
        asked.long.fail("gather", sentence="Ticket 17 is closed.")
    assert asked.quick.names.count("forget") == 1
    asked.quick.come_to("forget")
    assert asked.request["preview"] == {"is_being_made": False}
    asked.requests.look_at_the_clock()
    assert "forget" not in asked.quick.names


def test_one_that_is_done_after_the_end_is_removed_as_well(asked) -> None:
    (errand,) = asked.long.errands
    asked.requests.decline(ID, "No.", "jo")
    asked.quick.come_to("forget")
    errand.ended({"event": "result", **FOUND})
    asked.requests.look_at_the_clock()
    assert asked.quick.names.count("forget") == 1


def test_after_a_restart_it_is_kept_and_one_that_was_cut_short_is_not_there(asked) -> None:
    asked.restart()
    asked.requests.resume()
    assert asked.request["preview"] == {"exclude": ["*.db"], "is_being_made": False}
    asked.requests.preview(ID, [], "jo")
    asked.long.come_to("preview", **FOUND)
    asked.restart()
    asked.requests.resume()
    assert asked.request["preview"]["sha256"] == SHA256
    asked.requests.allow(ID, [], "jo", SHA256)
    assert asked.long.names == ["gather"]


def test_only_a_request_that_waits_for_the_person_has_one(scene) -> None:
    scene.heard()
    scene.admitted("allow")
    with pytest.raises(ValueError, match="waits for no answer"):
        scene.requests.preview(ID, [], "jo")
    with pytest.raises(ValueError, match="no such request"):
        scene.requests.preview("x", [], "jo")
