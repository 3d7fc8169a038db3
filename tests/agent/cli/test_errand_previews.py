"""The errand that gathers what a person looks at: whole, redacted, unsent, one at a time for each request."""

import uuid
from pathlib import Path

import py7zr
import pytest

from agent import audit, previews
from agent.cli import errand_previews
from agent.cli.session import open_session
from agent.errors import UnknownTicket, UsageError

ID = str(uuid.UUID(int=7, version=4))


@pytest.fixture
def told(desk: Path, make_archive, draft_for) -> dict:
    ticket = open_session().connect(f"folder:{desk}").open(draft_for(make_archive())).number
    asked = {"request_id": ID, "requester": "Kim", "reason": "Restores stop.", "profile": "sendlogs", "ticket": ticket}
    more = {"policy": "ask", "answered_by": "jo", "since_seconds": 3600, "expires_at": "2999-01-01T00:00:00Z"}
    return {**asked, **more, "exclude": []}


def test_it_is_kept_here_and_nothing_leaves(desk: Path, told: dict) -> None:
    state, before = open_session().state, sorted(desk.rglob("*"))
    made = errand_previews.preview(told)
    kept = previews.read(previews.folder_of(state, ID))
    kept.require_unchanged()
    assert (made["file"], made["sha256"]) == (str(kept.archive.file), kept.archive.sha256)
    assert made["size_bytes"] == kept.archive.file.stat().st_size
    with py7zr.SevenZipFile(kept.archive.file) as opened:
        assert {member.path for member in kept.archive.members} < set(opened.getnames())
    assert sorted(desk.rglob("*")) == before
    assert open_session().outbox.entries() == []
    assert not list((state / "work").glob("run-*"))
    (line,) = audit.entries(state)
    assert (line.what, line.about) == ("bundle-previewed", f"request {ID}")
    assert kept.archive.sha256 in line.detail


def test_again_it_is_made_anew_without_what_is_taken_out_and_only_that_is_kept(told: dict) -> None:
    first = errand_previews.preview(told)
    paths = [member.path for member in previews.read(Path(first["file"]).parent).archive.members]
    assert len(paths) > 1
    second = errand_previews.preview({**told, "exclude": [paths[0]]})
    kept = previews.read(Path(second["file"]).parent).archive
    assert paths[0] not in [member.path for member in kept.members]
    assert second["sha256"] != first["sha256"]
    (folder,) = (open_session().state / "previews").iterdir()
    assert len(list(folder.glob("*.7z"))) == 1


@pytest.mark.parametrize(
    ("settings", "more", "sentence"),
    [
        ({"SENDLOGS_REMOTE": "off"}, {}, "were changed since"),
        ({"SENDLOGS_REMOTE_PROFILES": "nginx"}, {}, "for that profile"),
        ({}, {"expires_at": "2001-01-01T00:00:00Z"}, "expired"),
        ({}, {"answered_by": ""}, "Nobody at this computer"),
    ],
)
def test_what_is_not_allowed_any_more_is_not_gathered(
    told: dict, settings: dict, more: dict, sentence: str, monkeypatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=sentence):
        errand_previews.preview({**told, **more})
    assert not (open_session().state / "previews").exists()


def test_for_a_ticket_that_takes_nothing_nothing_is_gathered(told: dict) -> None:
    with pytest.raises(UnknownTicket):
        errand_previews.preview({**told, "ticket": "999"})
    assert not list((open_session().state / "previews").glob("*"))
