"""The errands about a request: what is admitted, what is gathered, once, and what is left when it is forgotten."""

import dataclasses
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import audit, identity, previews
from agent.cli import errand_requests
from agent.cli.session import open_session
from agent.errors import InvalidBundle, StorageError, UsageError
from agent.flow import Front
from agent.previews import Preview
from agent.remote.admission import CollectionRequest, Reason, Refused
from agent.signature import SigningKey

ID = str(uuid.UUID(int=7, version=4))
KEY = SigningKey.made_now().public.line
ASKED = {
    "request_id": ID,
    "requester": "Kim",
    "reason": "Restores stop.",
    "profile": "sendlogs",
    "ticket": "17",
    "since_seconds": 3600,
    "exclude": ["*.db"],
    "answered_by": "jo",
    "expires_at": "2999-01-01T00:00:00Z",
}


def admitted(monkeypatch: pytest.MonkeyPatch, outcome: object, **told: object) -> dict:
    def admit(envelope: bytes, **_: object) -> CollectionRequest:
        if isinstance(outcome, Refused):
            raise outcome
        return outcome

    monkeypatch.setattr("agent.remote.admission.admit", admit)
    return dict(errand_requests.admit({"envelope": "{}", "request_id": ID, **told}))


def request(**others: object) -> CollectionRequest:
    moment = datetime(2026, 11, 26, 9, tzinfo=UTC)
    names = {name: ASKED[name] for name in ("request_id", "requester", "reason", "profile", "ticket", "since_seconds")}
    more = {"tenant": str(uuid.UUID(int=1)), "device_id": str(uuid.UUID(int=2))}
    return CollectionRequest(**{**names, **more, "not_before": moment, "expires_at": moment, **others})


def test_what_is_admitted_is_told_with_the_policy(desk: Path, monkeypatch) -> None:
    told = admitted(monkeypatch, request())
    assert told["policy"] == "ask"
    assert told["request"]["reason"] == "Restores stop."
    assert told["request"]["expires_at"] == "2026-11-26T09:00:00Z"


def test_a_refusal_is_told_with_its_reason(desk: Path, monkeypatch) -> None:
    told = admitted(monkeypatch, Refused(Reason.EXPIRED, "It is no longer valid."))
    assert told["refused"] == "expired: It is no longer valid."


def test_an_id_used_up_by_a_check_that_was_cut_short_has_failed(desk: Path, monkeypatch) -> None:
    told = admitted(monkeypatch, Refused(Reason.REPLAYED, "It was used."), again=True)
    assert (told["state"], told["note"]) == ("failed", "request-failed")
    assert "state" not in admitted(monkeypatch, Refused(Reason.REPLAYED, "It was used."))


def test_a_refusal_of_which_the_audit_took_no_line_is_the_services_to_write(desk: Path, monkeypatch) -> None:
    refused = Refused(Reason.STATE_UNUSABLE, "Nothing can be remembered here.")
    assert "note" not in admitted(monkeypatch, refused)
    refused.has_line = False
    assert admitted(monkeypatch, refused)["note"] == "request-refused"


def test_a_request_that_is_listed_under_another_id_is_refused(desk: Path, monkeypatch) -> None:
    told = admitted(monkeypatch, request(request_id=str(uuid.UUID(int=9, version=4))))
    assert told["refused"] == f"bad-field: It is listed under another id than its {uuid.UUID(int=9, version=4)}."
    assert told["note"] == "request-refused"


def test_a_request_with_the_id_of_a_bundle_of_this_computer_is_refused(desk: Path, monkeypatch) -> None:
    """To cancel it would remove the person's own bundle."""
    monkeypatch.setattr(errand_requests, "_is_a_bundles", lambda _session, request_id: request_id == ID)
    told = admitted(monkeypatch, request())
    assert "A bundle of this computer" in told["refused"]
    assert told["note"] == "request-refused"


def test_the_time_is_remembered_while_no_request_comes(desk: Path, monkeypatch) -> None:
    from agent.remote import nonces, pins

    state, seen = open_session().state, []
    monkeypatch.setattr(nonces, "saw", lambda *told: seen.append(told[:2]))
    errand_requests.see_the_clock({})
    assert seen == []  # nothing is pinned
    pin = pins.told_at_enrolment(tenant=str(uuid.UUID(int=1)), device_id=str(uuid.UUID(int=2)), desk_key=KEY)
    pins.keep(identity.credential_file(state, open_session().endpoint(None)), pin)
    errand_requests.see_the_clock({})
    assert seen == [(state, str(uuid.UUID(int=2)))]


def test_an_envelope_that_nobody_signed_is_refused_for_real(desk: Path) -> None:
    told = errand_requests.admit({"envelope": "{}", "request_id": ID, "successions": ["{}"]})
    assert told["refused"].startswith("not-an-envelope")
    assert told["audit_head"] == audit.entries(open_session().state)[-1].digest


def test_a_request_is_no_more_than_the_champion_may_ask(desk: Path) -> None:
    made = errand_requests.request_of(ASKED, open_session())
    assert (made.front, made.profile, made.since_seconds, made.exclude) == (Front.REMOTE, "sendlogs", 3600, ("*.db",))
    assert made.log_folders == ()
    assert made.limit_bytes is None


@pytest.mark.parametrize(("policy", "how", "by"), [("ask", "flag", "jo"), ("allow", "policy", "policy")])
def test_a_bundle_is_gathered_once_under_the_requests_own_id(
    desk: Path, policy: str, how: str, by: str, make_archive, draft_for, monkeypatch
) -> None:
    monkeypatch.setenv("SENDLOGS_REMOTE", policy)
    said: list[dict] = []
    ticket = open_session().connect(f"folder:{desk}").open(draft_for(make_archive()))
    told = {**ASKED, "ticket": ticket.number, "policy": policy, "only_finish": False}
    assert errand_requests.gather(told, said.append)["outcome"] == "done"
    assert [event["step"] for event in said] == ["gathering", "uploading"]
    (receipt,) = open_session().outbox.receipts()
    assert (receipt.bundle_id, receipt.consent.how, receipt.consent.given_by) == (ID, how, by)
    before = sorted(desk.rglob("*"))
    assert errand_requests.gather(told, said.append)["outcome"] == "done"
    assert sorted(desk.rglob("*")) == before
    names = [line.what for line in audit.entries(open_session().state)]
    assert names == ["bundle-gathering", "bundle-agreed", "bundle-delivered"]


@pytest.fixture
def kept(desk: Path, make_archive, draft_for) -> Preview:
    """A bundle that is kept for the request on a ticket of the desk."""
    state, to = open_session().state, f"folder:{desk}"
    ticket = open_session().connect(to).open(draft_for(make_archive())).number
    archive = dataclasses.replace(make_archive(), bundle_id=ID)
    return previews.keep(state, Preview(archive=archive, endpoint=to, ticket=ticket, pseudonym_scope="scope"))


def agreed(kept: Preview, sha256: str = "") -> dict:
    told = {**ASKED, "ticket": kept.ticket, "policy": "ask", "only_finish": False}
    return {**told, "agreed_sha256": sha256 or kept.archive.sha256}


def test_what_was_looked_at_is_what_is_sent(desk: Path, kept: Preview) -> None:
    data, said = kept.archive.file.read_bytes(), list[dict]()
    assert errand_requests.gather(agreed(kept), said.append)["outcome"] == "done"
    assert [event["step"] for event in said] == ["uploading"]
    (receipt,) = open_session().outbox.receipts()
    assert (receipt.bundle_id, receipt.sha256, receipt.pseudonym_scope) == (ID, kept.archive.sha256, "scope")
    assert (receipt.consent.archive_sha256, receipt.consent.how) == (kept.archive.sha256, "asked")
    assert receipt.consent.given_by == "jo"
    assert data in [file.read_bytes() for file in desk.rglob("*.7z")]
    assert list((open_session().state / "previews").iterdir()) == []
    names = [line.what for line in audit.entries(open_session().state)]
    assert names == ["bundle-agreed", "bundle-delivered"]


@pytest.mark.parametrize("how", ["changed", "another", "gone", "elsewhere"])
def test_what_was_not_looked_at_is_not_sent(desk: Path, kept: Preview, how: str, monkeypatch) -> None:
    if how == "changed":
        kept.archive.file.write_bytes(kept.archive.file.read_bytes() + b"x")
    if how == "gone":
        previews.remove(open_session().state, ID)
    if how == "elsewhere":
        monkeypatch.setenv("SENDLOGS_ENDPOINT", f"folder:{desk.parent}")
    with pytest.raises((InvalidBundle, StorageError, UsageError)):
        errand_requests.gather(agreed(kept, "0" * 64 if how == "another" else ""), lambda _: None)
    assert open_session().outbox.entries() == []
    assert list(desk.rglob("*.7z")) == []


def test_what_was_queued_before_a_kill_is_delivered_and_not_kept_any_longer(desk: Path, kept: Preview, agree) -> None:
    session, data = open_session(), kept.archive.file.read_bytes()
    session.outbox.put(kept.archive, kept.ticket, agree(kept.archive), kept.endpoint, kept.pseudonym_scope)
    assert (session.state / "previews" / ID).is_dir()
    assert errand_requests.gather(agreed(kept), lambda _: None)["outcome"] == "done"
    assert data in [file.read_bytes() for file in desk.rglob("*.7z")]
    assert list((session.state / "previews").iterdir()) == []


def test_a_bundle_that_was_delivered_is_done_whatever_the_audit_takes(
    desk: Path, make_archive, draft_for, monkeypatch
) -> None:
    """The line is the service's to write then; after a kill at that moment the errand writes it, once."""
    monkeypatch.setenv("SENDLOGS_REMOTE", "allow")
    append = audit.append

    def full(state: Path, what: str, *words: str) -> str:
        if what == "bundle-delivered":
            raise StorageError("The disk is full.")
        return append(state, what, *words)

    ticket = open_session().connect(f"folder:{desk}").open(draft_for(make_archive()))
    told = {**ASKED, "ticket": ticket.number, "policy": "allow", "only_finish": False}
    with monkeypatch.context() as context:
        context.setattr(audit, "append", full)
        outcome = errand_requests.gather(told, lambda _: None)
    assert (outcome["outcome"], outcome["note"]) == ("done", "bundle-delivered")
    assert outcome["detail"].startswith(f"ticket {ticket.number}, SHA-256 ")
    with monkeypatch.context() as context:
        context.setattr(audit, "entries", lambda _: full(Path(), "bundle-delivered"))
        assert errand_requests.gather(told, lambda _: None)["note"] == "bundle-delivered"
    for _ in range(2):
        assert errand_requests.gather(told, lambda _: None)["audit_head"]
    names = [line.what for line in audit.entries(open_session().state)]
    assert names.count("bundle-delivered") == 1


def test_what_came_too_late_is_not_gathered(desk: Path) -> None:
    said: list[dict] = []
    with pytest.raises(UsageError, match="came to nothing"):
        errand_requests.gather({**ASKED, "policy": "allow", "only_finish": True}, said.append)
    assert said == []


def test_forgetting_leaves_a_line_and_nothing_else(desk: Path, kept: Preview) -> None:
    session = open_session()
    told = errand_requests.forget({"request_id": ID, "what": "request-cancelled"})
    (line,) = audit.entries(session.state)
    assert (line.what, line.about, line.digest) == ("request-cancelled", f"request {ID}", told["audit_head"])
    assert session.outbox.entries() == []
    assert list((session.state / "previews").iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "told", "sentence"),
    [
        ({"SENDLOGS_REMOTE": "off"}, {"policy": "allow"}, "were changed since"),
        ({"SENDLOGS_REMOTE": "off"}, {"policy": "ask"}, "were changed since"),
        ({"SENDLOGS_REMOTE": "ask"}, {"policy": "allow"}, "were changed since"),
        ({"SENDLOGS_REMOTE": "allow", "SENDLOGS_REMOTE_PROFILES": "nginx"}, {"policy": "allow"}, "for that profile"),
        ({}, {"policy": "ask", "answered_by": ""}, "Nobody at this computer"),
        ({}, {"policy": "ask", "expires_at": "2001-01-01T00:00:00Z"}, "came to nothing"),
    ],
)
def test_what_is_not_allowed_any_more_is_not_gathered(
    desk: Path, settings: dict, told: dict, sentence: str, monkeypatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    said: list[dict] = []
    with pytest.raises(UsageError, match=sentence):
        errand_requests.gather({**ASKED, **told, "only_finish": False}, said.append)
    assert said == []
    assert list(desk.iterdir()) == []


def test_the_whole_history_of_the_desks_keys_is_followed(desk: Path, monkeypatch) -> None:
    followed: list[bytes] = []
    monkeypatch.setattr("agent.remote.pins.accept_successions", lambda _state, _endpoint, told: followed.extend(told))
    admitted(monkeypatch, request(), successions=[f"{number}\ud800" for number in range(9)])
    assert followed == [f"{number}?".encode() for number in range(9)]
