"""What is shown to the person's eyes, and where it is refused."""

import sys
from pathlib import Path

import pytest

SECRET = "hunter2-hunter2"
RANDOM = "Zk3v9Qx2mP7aLw0tBc8R"


@pytest.fixture
def log(tmp_path):
    file = tmp_path / "app.log"
    file.write_text(f"ok\nlogin password={SECRET} \x1b[2Jok\nrequest_id={RANDOM}\n")
    return str(file)


@pytest.mark.parametrize("option", ["--explain", "--explain-all", "--audit-sample"])
def test_values_go_to_no_file_unless_that_is_said(run, log, option):
    ended = run("redact", option, log)
    assert ended.code == 2
    assert "no terminal" in ended.err
    assert ended.out == ""


def test_each_decision_is_shown_with_its_reason(run, log):
    """The end of a line that Windows writes is none of its characters."""
    Path(log).write_bytes(Path(log).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    ended = run("redact", "--explain", "--plain", log)
    assert ended.code == 0
    first, old, new, last = ended.out.splitlines()
    assert first.startswith("app.log:2  secret-bare  (a value")
    assert old == f"  - login password={SECRET} \N{REPLACEMENT CHARACTER}[2Jok"
    assert new == "  + login password=[redacted:secret-bare] \N{REPLACEMENT CHARACTER}[2Jok"
    assert last == "1 value would be replaced."
    assert "for your eyes" in ended.err


def test_a_terminal_gets_colours(run, log, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    out = run("redact", "--explain", "--audit-sample", log).out
    assert f"\x1b[1;31m{SECRET}\x1b[0m" in out
    assert f"\x1b[33m{RANDOM}\x1b[0m" in out
    assert "\x1b[2J" not in out


def test_programs_are_told_places_and_no_values(run, log):
    ended = run("redact", "--explain", "--audit-sample", "--json", log)
    assert ended.code == 0
    assert SECRET not in ended.out
    assert RANDOM not in ended.out
    decision, explained, unexplained, audited = ended.events
    assert (decision["path"], decision["line"], decision["rule"]) == ("app.log", 2, "secret-bare")
    assert explained == {"event": "explained", "counts": {"secret-bare": 1}, "not_shown": 0}
    assert (unexplained["count"], unexplained["line"]) == (1, 3)
    assert audited == {"event": "audited", "kinds": 1, "values": 1}


def test_what_looks_random_is_listed_with_an_example(run, log):
    out = run("redact", "--audit-sample", "--plain", log).out
    assert "letters and digits, 16 to 31 characters behind 'request_id'" in out
    assert f"app.log:3  {RANDOM}" in out
    assert SECRET not in out


def test_what_is_not_shown_is_counted(run, tmp_path):
    (tmp_path / "many.log").write_text("peer 203.0.113.9 up\n" * 30)
    ended = run("redact", "--explain", "--plain", str(tmp_path / "many.log"))
    assert "30 values would be replaced. 10 of them are not shown: add --explain-all." in ended.out
    ended = run("redact", "--explain-all", "--plain", str(tmp_path / "many.log"))
    assert ended.out.count("many.log:") == 30


def test_with_an_output_both_are_done(run, log, tmp_path):
    ended = run("redact", "--explain", "--plain", log, str(tmp_path / "out.log"))
    assert ended.code == 0
    assert "1 file written, 1 value replaced." in ended.out
    assert SECRET in ended.out
    assert SECRET not in (tmp_path / "out.log").read_text()


def test_what_would_be_kept_back_is_named(run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "tool").write_bytes(b"\x7fELF" + bytes(300))
    ended = run("redact", "--explain", "--plain", str(tmp_path / "in"))
    assert "Kept back tool: a binary file of a known kind" in ended.out
    assert ended.code == 0


@pytest.mark.parametrize("option", ["--explain", "--explain-all"])
def test_what_is_explained_of_a_folder_is_what_is_counted_when_it_is_written(run, tmp_path, option):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("[server]\nurl=https://a.example\npassword=sunshine99\n")
    (folder / "b.log").write_text('{"password": "sunshine99", "n": {"token": [12345678]}, "mail": "jane@corp.example"}')
    (folder / "c.yaml").write_text("db:\n  password: sunshine99\n  host: attic-db1\n")
    (folder / "d.log").write_text(f"login password={SECRET}\n" * 30)
    ended = run("redact", option, "--json", str(folder), str(tmp_path / "out"))
    [explained] = [event for event in ended.events if event["event"] == "explained"]
    [redacted] = [event for event in ended.events if event["event"] == "redacted"]
    decisions = [event for event in ended.events if event["event"] == "decision"]
    assert explained["counts"] == redacted["counts"]
    assert explained["counts"]["secret-by-key"] >= 3
    assert len(decisions) + explained["not_shown"] == sum(redacted["counts"].values())
