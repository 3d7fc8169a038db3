"""From words to a request: what was said wins, what is missing is a sentence, nobody is asked without a terminal."""

import pytest

from agent.cli.options import RequestWords
from agent.cli.output import Output
from agent.cli.request import make_request, may_ask, planned, progress_of, tell_missing_profiles
from agent.cli.session import open_session
from agent.errors import UsageError
from agent.events import NothingTakenOut
from agent.flow import ExistingTicket, NewTicket, Severity


def words(**said):
    nothing = dict.fromkeys(("ticket", "new", "description", "severity", "account", "cloud", "since_seconds", "to"))
    rest = {"profile": "system", "log_folders": (), "exclude": (), "limit_bytes": None, "pack": "auto", "yes": False}
    return RequestWords(**{**nothing, **rest, **said})


@pytest.fixture
def session(machine):
    return open_session()


def test_a_plan_needs_no_ticket_and_a_delivery_does(session):
    assert make_request(words(), session, asking=False, purpose="look").ticket is None
    with pytest.raises(UsageError, match="Which ticket"):
        make_request(words(), session, asking=False, purpose="send")


def test_a_number_takes_the_endpoints_form(session):
    request = make_request(words(ticket="#17", to="desk:https://desk.example"), session, asking=False, purpose="send")
    assert request.ticket == ExistingTicket(number="17")
    with pytest.raises(UsageError, match="not a ticket number"):
        make_request(words(ticket="abc", to="desk:https://desk.example"), session, asking=False, purpose="send")


def test_a_folder_of_profiles_that_is_not_there_is_told(machine, monkeypatch, capsys):
    monkeypatch.setenv("SENDLOGS_PROFILE_FOLDERS", str(machine / "away"))
    tell_missing_profiles(Output(), open_session())
    assert f"Warning: {machine / 'away'}: this folder of profiles cannot be read" in capsys.readouterr().err


def test_only_with_yes_a_pattern_that_fits_nothing_ends_it(capsys):
    event = NothingTakenOut(patterns=("logz/*",))
    progress_of(Output(), words())(event)
    assert "fits --exclude 'logz/*'" in capsys.readouterr().err
    with pytest.raises(UsageError, match=r"fits --exclude 'logz/\*'"):
        progress_of(Output(), words(yes=True))(event)


def test_what_was_said_is_in_the_request(session):
    said = words(
        new="Broken", description="It is.", severity=Severity.HIGH, account="jo", cloud=False, since_seconds=60.0
    )
    request = make_request(said, session, asking=False, purpose="send")
    assert request.ticket == NewTicket(subject="Broken")
    assert (request.description, request.severity, request.account) == ("It is.", Severity.HIGH, "jo")
    assert (request.cloud, request.since_seconds) == (False, 60.0)


def test_the_settings_say_how_far_back_when_nobody_does(session):
    request = make_request(words(), session, asking=False, purpose="look")
    assert request.since_seconds == session.settings.since_seconds


def test_nobody_is_asked_with_yes_with_json_or_without_a_terminal(monkeypatch):
    assert not may_ask(Output(as_json=False), words())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert not may_ask(Output(as_json=True), words())
    assert not may_ask(Output(as_json=False), words(yes=True))


def test_a_plan_knows_the_endpoint_that_was_named(session, machine):
    request = make_request(words(to=f"folder:{machine}", new="x"), session, asking=False, purpose="send")
    assert planned(request, session).endpoint == f"folder:{machine}"
