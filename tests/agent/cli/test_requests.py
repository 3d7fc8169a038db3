"""``sendlogs requests``: what the service tells of requests, and the answers that it is given."""

import os

import pytest

from agent.cli import requests
from agent.cli.session import typed_command
from agent.errors import UsageError

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
        (["allow", ID], ("allow", {"request_id": ID, "exclude": []})),
        (
            ["allow", ID, "--exclude", "*.db", "--exclude", "x/*"],
            ("allow", {"request_id": ID, "exclude": ["*.db", "x/*"]}),
        ),
        (["decline", ID], ("decline", {"request_id": ID, "words": ""})),
        (["decline", ID, "--words", "Not here."], ("decline", {"request_id": ID, "words": "Not here."})),
        (["later", ID], ("later", {"request_id": ID})),
    ],
)
def test_an_answer_reaches_the_service(run, asked, words, question) -> None:
    ended = run("requests", *words, "--json")
    assert ended.code == 0
    assert asked == [question]
    assert ended.events == [{"event": "request", **REQUEST}]


def test_words_lose_their_credentials_before_they_leave_and_the_person_is_told(run, asked, machine) -> None:
    ended = run("requests", "decline", ID, "--words", "Not on db1, and password=Geheim99x stays here.")
    ((_, told),) = asked
    assert told["words"].startswith("Not on db1, and password=[redacted:")
    assert "Geheim99x" not in told["words"] + ended.out + ended.err
    assert f"the champion is told: {told['words']}" in ended.err
    assert not (machine / "state").exists()


@pytest.mark.parametrize("verb", ["show", "allow", "decline", "later"])
def test_the_beginning_of_an_id_is_enough_where_one_begins_so(run, asked, verb, monkeypatch) -> None:
    assert run("requests", verb, ID[:6]).code == 0
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
