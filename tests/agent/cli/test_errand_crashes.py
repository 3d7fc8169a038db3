"""A crash that is sent unasked: only where the settings say so, once a day of each application, and never twice."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import py7zr
import pytest

from agent import audit
from agent.cli import crashes, errand_crashes
from agent.cli.session import open_session
from agent.errors import AgentError, Busy, UsageError
from agent.watch import snapshot

NOW = datetime.now(UTC)


@pytest.fixture
def sends(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDLOGS_CRASHES", "send")


@pytest.fixture
def kept(desk: Path, tmp_path: Path):
    """Keeps a crash of ``sendlogs``, with a log of its own; its id."""
    log = tmp_path / "app.log"
    log.write_text("error: it broke\npassword=hunter2hunter2\n")

    def keep() -> str:
        return snapshot.take(open_session().state, "sendlogs", [str(log)], "/home/jane.doe/core", NOW).name

    return keep


def cut_short(monkeypatch: pytest.MonkeyPatch, where: str, crash_id: str) -> None:
    """Send it, and be ended there."""

    def end(*_: object, **__: object) -> None:
        raise AgentError("It was ended.")

    with monkeypatch.context() as patched:
        patched.setattr(where, end)
        with pytest.raises(AgentError):
            errand_crashes.send({"crash_id": crash_id})


def tickets(desk: Path) -> list[Path]:
    return sorted(path for path in desk.iterdir() if path.is_dir() and not path.name.startswith("."))


def test_it_is_sent_in_a_ticket_of_its_own_redacted_and_then_gone(sends, kept, desk: Path, tmp_path: Path) -> None:
    crash_id = kept()
    told = errand_crashes.send({"crash_id": crash_id})
    (ticket,) = tickets(desk)
    assert told["ticket"] == "1"
    assert snapshot.snapshots(open_session().state) == []
    (bundle,) = ticket.glob("*.7z")
    with py7zr.SevenZipFile(bundle) as archive:
        archive.extractall(tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["request"]["front"] == "watch"
    assert manifest["consent"] == {"policy": "allow"}
    words = (ticket / "ticket.json").read_text()
    assert "Sent unasked" in words
    assert "jane" not in words + (tmp_path / "out" / "manifest.json").read_text()
    text = "".join(file.read_text("utf-8", "replace") for file in (tmp_path / "out").rglob("*.log"))
    assert "error: it broke" in text
    assert "hunter2" not in text
    assert [line.what for line in audit.entries(open_session().state)] == ["crash-sending", "bundle-agreed"]


def test_without_that_setting_nothing_is_sent(kept, desk: Path) -> None:
    assert "settings were changed" in errand_crashes.send({"crash_id": kept()})["kept"]
    assert tickets(desk) == []
    assert len(snapshot.snapshots(open_session().state)) == 1


def test_what_is_gone_is_not_sent(sends, desk: Path) -> None:
    with pytest.raises(UsageError, match="No crash"):
        errand_crashes.send({"crash_id": "20261126T103012123456Z-sendlogs"})


def test_what_cannot_be_sent_at_all_takes_nobodys_turn(sends, kept, desk: Path, monkeypatch) -> None:
    crash_id = kept()
    monkeypatch.setenv("SENDLOGS_ENDPOINT", f"folder:{desk}/nowhere")
    with pytest.raises(AgentError):
        errand_crashes.send({"crash_id": crash_id})
    monkeypatch.setenv("SENDLOGS_ENDPOINT", f"folder:{desk}")
    assert "ticket" in errand_crashes.send({"crash_id": crash_id})


def test_one_that_left_but_was_not_removed_is_not_sent_again(sends, kept, desk: Path, monkeypatch) -> None:
    """Neither by this errand nor by a person: the outbox has its bundle."""
    crash_id = kept()
    cut_short(monkeypatch, "agent.delivery.deliver", crash_id)
    session = open_session()
    (folder,) = snapshot.snapshots(session.state)
    (entry,) = session.outbox.entries()
    with (
        pytest.raises(UsageError, match=f"in the bundle {entry.bundle_id} already"),
        crashes.sending(session, folder, "another"),
    ):
        pytest.fail("it is sent again")
    assert snapshot.snapshots(session.state) == []


def test_a_person_and_the_errand_do_not_send_the_same(sends, kept, desk: Path) -> None:
    crash_id, session = kept(), open_session()
    (folder,) = snapshot.snapshots(session.state)
    with crashes.sending(session, folder, "a-persons"), pytest.raises(Busy):
        errand_crashes.send({"crash_id": crash_id})
    snapshot.forget(folder)
    with pytest.raises(UsageError, match="meanwhile"), crashes.sending(session, folder, "another"):
        pytest.fail("there is nothing to send")


@pytest.mark.parametrize(("hours", "is_sent"), [(-25, True), (-23, False), (48, False)])
def test_there_is_one_a_day_of_each_application(sends, kept, desk: Path, hours: int, is_sent: bool) -> None:
    """Also where the clock was set back since."""
    crash_id, state = kept(), open_session().state
    audit.append(state, errand_crashes.SENDING, "profile nginx", at=NOW)
    audit.append(state, errand_crashes.SENDING, "profile sendlogs", at=NOW + timedelta(hours=hours))
    told = errand_crashes.send({"crash_id": crash_id})
    assert ("ticket" in told) == is_sent
    assert len(tickets(desk)) == is_sent
    assert (snapshot.snapshots(state) == []) == is_sent


def test_one_whose_sending_was_cut_short_is_not_sent_again_unasked(sends, kept, desk: Path, monkeypatch) -> None:
    crash_id = kept()
    cut_short(monkeypatch, "agent.pipeline.send", crash_id)
    assert "within a day" in errand_crashes.send({"crash_id": crash_id})["kept"]
    assert tickets(desk) == []
    assert [folder.name for folder in snapshot.snapshots(open_session().state)] == [crash_id]
