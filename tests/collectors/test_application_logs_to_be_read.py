"""Event logs and databases: taken only where a profile asks for them, and then whole, to be read as text."""

import pytest

from collectors import Limits, RequestItem
from collectors.application_logs import COLLECTOR


@pytest.fixture
def logs(machine, gather):
    def run(files, **changes):
        return gather(COLLECTOR, machine(collector=COLLECTOR, files=files, **changes))

    return run


def test_what_a_profile_names_becomes_text_under_its_own_path(logs) -> None:
    files = {"/l/a.evtx": "events", "/l/state.db": "rows", "/l/a.log": "a line\n", "/l/other.db": "rows"}
    options = {"event_logs": ("/l/*.evtx",), "databases": ("/l/state.db",), "globs": ("/l/*",)}
    artifacts = logs(files, options=options).artifacts
    told = {path: (artifact.read_as, artifact.media_type) for path, artifact in artifacts.items()}
    assert told == {
        "logs/l/a.evtx.jsonl": ("event-log", "application/jsonl"),
        "logs/l/state.db.jsonl": ("database", "application/jsonl"),
        "logs/l/a.log": (None, "text/plain"),
        "logs/l/other.db": (None, "text/plain"),
    }
    with artifacts["logs/l/state.db.jsonl"].open() as source:
        assert source.read() == b"rows"


def test_they_are_counted_as_logs(logs) -> None:
    found = logs({"/l/a.evtx": "e" * 400}, options={"event_logs": ("/l/a.evtx",)})
    assert found.facts == {RequestItem.LOGS: "1 file, 400 bytes"}
    assert found.skipped == {}


def test_where_none_is_it_is_said(logs) -> None:
    found = logs({}, options={"event_logs": ("/l/*.evtx",), "databases": ("/l/*.db",)})
    assert found.skipped == {
        "/l/*.evtx": "no file matches",
        "/l/*.db": "no file matches",
        "logs": "no log file was found",
    }


def test_they_may_be_longer_than_a_log_but_not_than_all_together(logs) -> None:
    options = {"databases": ("/l/*.db",), "file_limit_bytes": 10}
    found = logs({"/l/a.db": "r" * 90, "/l/b.db": "r" * 90}, options=options, limits=Limits(size_bytes=100))
    [taken] = found.artifacts.values()
    assert taken.truncated is None
    assert list(found.skipped.values()) == ["90 bytes, over the limit of 10 bytes, and useless in part"]
