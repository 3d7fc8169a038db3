"""``sendlogs requests``: what the service tells of requests, and the answers that it is given."""

import dataclasses
import os
from pathlib import Path

import pytest

from agent import previews
from agent.cli import interview, request_preview, requests
from agent.cli.output import Output
from agent.cli.session import typed_command
from agent.errors import UsageError
from agent.flow import Archive
from agent.previews import Preview

ID = "4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f"
REQUEST = {
    "request_id": ID,
    "step": "asking",
    "policy": "ask",
    "requester": "Kim",
    "reason": "Restores stop.",
    "profile": "sendlogs",
    "ticket": "17",
    "since_seconds": 3600,
    "expires_at": "2026-11-27T09:00:00Z",
    "outcome": "",
    "words": "",
    "exclude": [],
    "preview": {"is_being_made": False},
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict]]:
    """What the service is asked; it knows one request."""
    found: list[tuple[str, dict]] = []

    def ask(question: str, **more: object) -> dict:
        found.append((question, more))
        if more.get("request_id", ID) != ID:
            raise UsageError("There is no such request.")
        return {"requests": [REQUEST], "request": REQUEST, "desk": "https://desk.example"}

    monkeypatch.setattr(requests, "ask", ask)
    return found


def test_each_request_says_who_asks_why_and_how_to_answer(run, asked) -> None:
    ended = run("requests", "list")
    assert "Kim asks for 'sendlogs', for ticket 17" in ended.out
    assert "Restores stop." in ended.out
    assert f"{typed_command(os.environ)} requests show {ID}" in ended.out
    assert os.environ["SENDLOGS_STATE_FOLDER"] in ended.out
    (event,) = run("requests", "list", "--json").events
    assert event == {"event": "request", **REQUEST}


def test_that_nothing_is_asked_is_said_to_people_alone(run, monkeypatch) -> None:
    monkeypatch.setattr(requests, "ask", lambda _question: {"requests": []})
    ended = run("requests", "list")
    assert (ended.out, ended.err) == ("", "Nothing is asked of this computer.\n")
    ended = run("requests", "list", "--json")
    assert (ended.out, ended.err) == ("", "")


def test_one_request_is_shown_with_what_would_be_gathered(run, asked, machine) -> None:
    """It would go to the desk of the service, whatever these settings say."""
    ended = run("requests", "show", ID)
    assert "To: desk:https://desk.example" in ended.out
    assert "What would be gathered on this computer, before redaction:" in ended.out
    (event,) = run("requests", "show", ID, "--json").events
    assert event["plan"]["request"]["requested_by"] == "Kim"
    assert not (machine / "state").exists()


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (["allow", ID, "--yes"], ("allow", {"request_id": ID, "exclude": [], "sha256": ""})),
        (
            ["allow", ID, "--yes", "--exclude", "*.db", "--exclude", "x/*"],
            ("allow", {"request_id": ID, "exclude": ["*.db", "x/*"], "sha256": ""}),
        ),
        (["decline", ID], ("decline", {"request_id": ID, "words": ""})),
        (["decline", ID, "--words", "Not here."], ("decline", {"request_id": ID, "words": "Not here."})),
        (["later", ID], ("later", {"request_id": ID})),
    ],
)
def test_an_answer_reaches_the_service(run, asked, words, question) -> None:
    ended = run("requests", *words, "--json")
    assert ended.code == 0
    assert [each for each in asked if each[0] != "requests"] == [question]
    assert ended.events == [{"event": "request", **REQUEST}]


def test_words_lose_their_credentials_before_they_leave_and_the_person_is_told(run, asked, machine) -> None:
    ended = run("requests", "decline", ID, "--words", "Not on db1, and password=Geheim99x stays here.")
    ((_, told),) = asked
    assert told["words"].startswith("Not on db1, and password=[redacted:")
    assert "Geheim99x" not in told["words"] + ended.out + ended.err
    assert f"the champion is told: {told['words']}" in ended.err
    assert not (machine / "state").exists()


@pytest.fixture
def kept(machine: Path, make_archive, monkeypatch: pytest.MonkeyPatch) -> Preview:
    """The bundle that the service keeps for the request, or gathers when it is asked to."""
    archive = dataclasses.replace(make_archive(), bundle_id=ID)
    made = Preview(archive=archive, endpoint="desk:https://desk.example", ticket="17", pseudonym_scope="scope")
    kept = previews.keep(machine / "state", made)
    monkeypatch.setattr(request_preview, "gathered", lambda _output, _request_id, _exclude: kept)
    return kept


def is_ready(kept: Preview, monkeypatch: pytest.MonkeyPatch, **preview: object) -> None:
    about = {"is_being_made": False, "exclude": ["*.db"], "file": str(kept.archive.file), "sha256": kept.archive.sha256}
    monkeypatch.setitem(REQUEST, "preview", {**about, **preview})


def test_a_preview_tells_which_file_and_what_is_in_it(run, asked, kept) -> None:
    ended = run("requests", "preview", ID)
    assert kept.archive.sha256 in ended.out
    assert str(kept.archive.file) in ended.out
    assert f"requests allow {ID}" in ended.out
    (event,) = run("requests", "preview", ID, "--json").events
    assert (event["file"], event["sha256"], event["members"]) == (str(kept.archive.file), kept.archive.sha256, [])


def test_a_request_says_which_file_is_kept_for_it(run, asked, kept, monkeypatch) -> None:
    assert "Gathered" not in run("requests", "list").out
    is_ready(kept, monkeypatch)
    assert f"{kept.archive.file}, SHA-256 {kept.archive.sha256}" in run("requests", "list").out


def test_a_service_of_an_earlier_version_is_answered_as_before(run, asked, monkeypatch) -> None:
    monkeypatch.delitem(REQUEST, "preview")
    assert run("requests", "list").code == 0
    assert run("requests", "allow", ID, "--yes").code == 0
    assert asked[-1] == ("allow", {"request_id": ID, "exclude": [], "sha256": ""})


def test_yes_to_what_was_previewed_names_exactly_that_file(run, asked, kept, monkeypatch) -> None:
    is_ready(kept, monkeypatch)
    ended = run("requests", "allow", ID)
    assert (ended.code, kept.archive.sha256 in ended.out) == (0, True)
    assert asked[-1] == ("allow", {"request_id": ID, "exclude": [], "sha256": kept.archive.sha256})


def test_a_file_that_has_changed_is_refused_with_a_sentence(run, asked, kept, monkeypatch) -> None:
    is_ready(kept, monkeypatch)
    kept.archive.file.write_bytes(b"7z")
    ended = run("requests", "allow", ID, "--yes")
    assert (ended.code, "has changed since" in ended.err) == (11, True)
    assert [question for question, _ in asked] == ["requests"]


@pytest.mark.parametrize("exclude", [[], ["--exclude", "*.log"]])
def test_where_nobody_can_be_shown_it_somebody_must_have_looked_or_say_so(run, asked, exclude) -> None:
    ended = run("requests", "allow", ID, *exclude)
    assert (ended.code, "Nobody has looked" in ended.err, "--yes" in ended.err) == (2, True, True)
    assert [question for question, _ in asked] == ["requests"]


@pytest.mark.parametrize("agreed", [True, False])
def test_at_a_terminal_it_is_gathered_shown_and_asked_once_more(run, asked, kept, agreed: bool, monkeypatch) -> None:
    shown: list[tuple[str, str]] = []

    def ask_agreement(archive: Archive, where: str) -> bool:
        shown.append((archive.sha256, where))
        return agreed

    monkeypatch.setattr(Output, "somebody_is_here", lambda _output: True)
    monkeypatch.setattr(interview, "ask_agreement", ask_agreement)
    ended = run("requests", "allow", ID)
    assert shown == [(kept.archive.sha256, "desk:https://desk.example, ticket 17")]
    assert ended.code == (0 if agreed else 5)
    told = [more["sha256"] for question, more in asked if question == "allow"]
    assert told == ([kept.archive.sha256] if agreed else [])


def test_a_request_that_waits_for_nothing_is_not_gathered_for_a_yes(run, asked, monkeypatch) -> None:
    monkeypatch.setitem(REQUEST, "step", "ended")
    assert run("requests", "allow", ID).code == 0  # the service says what is wrong with that
    assert asked[-1][0] == "allow"


@pytest.mark.parametrize("verb", ["show", "allow", "decline", "later"])
def test_the_beginning_of_an_id_is_enough_where_one_begins_so(run, asked, verb, monkeypatch) -> None:
    assert run("requests", verb, ID[:6], *(["--yes"] if verb == "allow" else [])).code == 0
    assert [more for question, more in asked if question == verb and more["request_id"] != ID] == []
    ended = run("requests", verb, ID[:5])
    assert (ended.code, "at least 6 characters" in ended.err) == (2, True)
    two = {"requests": [REQUEST, {**REQUEST, "request_id": f"{ID[:-1]}0"}]}
    monkeypatch.setattr(requests, "ask", lambda question, **_: two if question == "requests" else pytest.fail(question))
    assert run("requests", verb, ID[:20]).code == 2


@pytest.mark.parametrize("verb", ["show", "allow", "decline", "later"])
def test_a_request_that_is_not_there_is_told(run, asked, verb) -> None:
    ended = run("requests", verb, "another")
    assert ended.code == 2
    assert "There is no" in ended.err
