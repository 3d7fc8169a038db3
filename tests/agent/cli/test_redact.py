"""``sendlogs redact``"""

import pytest

SECRET = "hunter2-hunter2"


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.log").write_text(f"2026-03-04 12:00:00 ERROR login password={SECRET} from 203.0.113.9\n")
    return folder


def test_a_folder_is_redacted_and_stays_as_it_is(run, logs, tmp_path):
    before = (logs / "a.log").read_bytes()
    ended = run("redact", str(logs), str(tmp_path / "out"), "--json")
    assert ended.code == 0
    assert (ended.events[-1]["event"], ended.events[-1]["files"]) == ("redacted", 1)
    redacted = (tmp_path / "out" / "a.log").read_text()
    assert SECRET not in redacted
    assert "203.0.113.9" not in redacted
    assert redacted.startswith("2026-03-04 12:00:00 ERROR login")
    assert (logs / "a.log").read_bytes() == before


def test_a_person_reads_how_much_was_replaced(run, logs, tmp_path):
    out = run("redact", str(logs / "a.log"), str(tmp_path / "a.txt")).out
    assert out.startswith("1 files written, 2 values replaced.")


def test_what_is_kept_back_is_named_and_has_an_exit_code(run, logs, tmp_path):
    (logs / "program.bin").write_bytes(b"\x7fELF" + bytes(range(256)) * 10)
    ended = run("redact", str(logs), str(tmp_path / "out"))
    assert ended.code == 7
    assert "Kept back program.bin" in ended.out
    assert not (tmp_path / "out" / "program.bin").exists()


def test_what_is_not_there_is_refused(run, tmp_path):
    assert run("redact", str(tmp_path / "nothing"), str(tmp_path / "out")).code == 2
