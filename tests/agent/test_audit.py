"""The local audit: each line holds the one before, a kill is told and hides nothing, and an alteration shows where."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import audit
from agent.errors import StorageError
from config.private_files import is_open_to_others

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder whose audit has five lines."""
    folder = tmp_path / "state"
    for number in range(5):
        audit.append(folder, "request-accepted", f"request {number}", "ticket 17", at=AT)
    return folder


def lines(state: Path) -> list[bytes]:
    return (state / "audit.jsonl").read_bytes().splitlines(keepends=True)


def put(state: Path, *content: bytes) -> None:
    (state / "audit.jsonl").write_bytes(b"".join(content))


def test_each_line_holds_the_digest_of_the_one_before(state: Path) -> None:
    found = audit.entries(state)
    assert [entry.about for entry in found] == [f"request {number}" for number in range(5)]
    assert [entry.previous for entry in found] == [audit.NO_HEAD, *(entry.digest for entry in found[:-1])]
    assert audit.verify(state) == audit.Verdict(lines=5, head=found[-1].digest)
    assert audit.append(state, "x", "y", at=AT) == audit.verify(state).head
    assert found[0].at == "2026-11-26T09:00:00Z"


def test_no_audit_is_an_empty_one(tmp_path: Path) -> None:
    assert audit.entries(tmp_path) == []
    assert audit.verify(tmp_path) == audit.Verdict(lines=0, head=audit.NO_HEAD)


@pytest.mark.posix  # on Windows it takes over the folder's list, which Wine does not hand down
def test_the_file_is_its_owners_alone(state: Path) -> None:
    assert not is_open_to_others(state / "audit.jsonl")


@pytest.mark.parametrize("number", range(5))
def test_an_altered_line_is_named(state: Path, number: int) -> None:
    kept = lines(state)
    kept[number] = kept[number].replace(b"ticket 17", b"ticket 18")
    put(state, *kept)
    assert audit.verify(state).fault.startswith(f"Line {number + 1} ")


@pytest.mark.parametrize("number", range(4))
def test_a_missing_line_shows_at_the_next(state: Path, number: int) -> None:
    kept = lines(state)
    del kept[number]
    put(state, *kept)
    assert audit.verify(state).fault == f"Line {number + 1} does not follow the one before it."


def test_two_lines_that_changed_places_show(state: Path) -> None:
    kept = lines(state)
    kept[1], kept[2] = kept[2], kept[1]
    put(state, *kept)
    assert audit.verify(state).fault == "Line 2 does not follow the one before it."


def test_a_line_rewritten_with_its_own_digest_shows_at_the_next(state: Path, tmp_path: Path) -> None:
    """Only who writes every later line anew is not seen; against that stand the heads that the desk holds."""
    kept, told = lines(state), audit.verify(state).head
    other = tmp_path / "other"
    for number in range(5):
        audit.append(other, "request-accepted", f"request {number + 100}", "ticket 17", at=AT)
    put(state, *lines(other)[:1], *kept[1:])
    assert audit.verify(state).fault == "Line 2 does not follow the one before it."
    put(state, *lines(other))
    assert audit.verify(state).fault == ""
    assert audit.verify(state, held=told).fault == f"No line has the head {told}."


def test_an_end_that_was_cut_off_shows_by_the_head_that_the_desk_holds(state: Path) -> None:
    told = audit.verify(state).head
    put(state, *lines(state)[:3])
    assert audit.verify(state).fault == ""
    assert told in audit.verify(state, held=told).fault
    assert audit.verify(state, held=audit.verify(state).head).fault == ""


@given(st.data())
def test_no_change_of_a_byte_passes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("state")
    for number in range(3):
        audit.append(folder, "w", f"a {number}", at=AT)
    content = bytearray((folder / "audit.jsonl").read_bytes())
    at = data.draw(st.integers(0, len(content) - 2))  # of the last byte see the next test
    content[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    put(folder, bytes(content))
    verdict = audit.verify(folder)
    assert verdict.fault.startswith("Line ")


@given(cut=st.integers(min_value=1))
def test_a_line_cut_short_by_a_kill_is_told_and_the_chain_goes_on(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("state")
    heads = [audit.append(folder, "w", f"a {number}", at=AT) for number in range(3)]
    *kept, last = lines(folder)
    torn = last[: cut % (len(last) - 1) + 1]
    put(folder, *kept, torn)
    whole_but_for_its_end = len(torn) == len(last) - 1
    assert audit.verify(folder) == audit.Verdict(lines=2, head=heads[1], cut_short=True) or len(torn) == len(last)
    audit.append(folder, "w", "after", at=AT)
    verdict = audit.verify(folder)
    assert (verdict.fault, verdict.cut_short) == ("", False)
    told = [entry.about for entry in audit.entries(folder)]
    repaired = ["a 2"] if whole_but_for_its_end else ["what stands before this line"]
    assert told == ["a 0", "a 1", *repaired, "after"]
    assert torn.strip(b"\n") in (folder / "audit.jsonl").read_bytes()


def test_a_kill_while_a_cut_is_told_is_told_as_well(state: Path) -> None:
    put(state, *lines(state), b'{"at": "20')
    audit.append(state, "w", "after", at=AT)
    kept = lines(state)
    put(state, *kept[:-2], kept[-2][:40])
    audit.append(state, "w", "after", at=AT)
    assert audit.verify(state).fault == ""
    assert [entry.what for entry in audit.entries(state)][-2:] == ["line-cut-short", "w"]


def test_a_cut_line_cannot_be_altered_or_put_in_later(state: Path) -> None:
    put(state, *lines(state), b'{"at": "20')
    audit.append(state, "w", "after", at=AT)
    kept = lines(state)
    put(state, *kept[:5], b'{"at": "21\n', *kept[6:])
    assert audit.verify(state).fault == "Line 6 is not as it was written."
    put(state, *kept[:5], *kept[6:])
    assert audit.verify(state).fault == "Line 6 tells of a cut that is not there."
    put(state, *kept[:3], b"nothing\n", *kept[3:])
    assert audit.verify(state).fault == "Line 4 is not as it was written."


def test_zeros_after_a_power_cut_are_a_cut(state: Path) -> None:
    put(state, *lines(state), bytes(4096))
    audit.append(state, "w", "after", at=AT)
    assert audit.verify(state).fault == ""
    assert "4096 bytes" in audit.entries(state)[-2].detail


def test_an_end_that_no_kill_leaves_is_not_written_to(state: Path) -> None:
    put(state, *lines(state), b"x" * 10**6)
    with pytest.raises(StorageError, match="damaged"):
        audit.append(state, "w", "after", at=AT)
    assert audit.verify(state).fault == "Line 6 is not as it was written."


@pytest.mark.parametrize("content", [b"\n", b"[]\n", b'{"at": 1}\n', b"\xff\xfe\n", b"[" * 60_000 + b"\n"])
def test_what_is_no_line_is_named(state: Path, content: bytes) -> None:
    put(state, content, *lines(state))
    assert audit.verify(state).fault == "Line 1 is not as it was written."
    assert len(audit.entries(state)) == 5


def test_a_long_text_is_cut_and_any_text_is_one_line(tmp_path: Path) -> None:
    audit.append(tmp_path, "w", "a\nb\ud800\u202e", "x" * 5000, at=AT)
    (entry,) = audit.entries(tmp_path)
    assert entry.about == "a\nb\ud800\u202e"
    assert (len(entry.detail), entry.detail[-1]) == (2000, "…")
    assert audit.verify(tmp_path).fault == ""


@pytest.mark.skipif(sys.platform == "win32", reason="making a link takes an administrator there")
def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        audit.append(tmp_path, "w", "a")
    assert not (tmp_path / "elsewhere").exists()


CHILD = """
import sys
from pathlib import Path
from agent import audit
for number in range(30):
    audit.append(Path(sys.argv[1]), "w", f"{sys.argv[2]} {number}")
"""


def test_processes_side_by_side_make_one_chain(tmp_path: Path) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), name], cwd=Path(__file__).parents[2])
        for name in "abc"
    ]
    assert [child.wait(60) for child in running] == [0, 0, 0]
    assert audit.verify(tmp_path).fault == ""
    told = {entry.about for entry in audit.entries(tmp_path)}
    assert told == {f"{name} {number}" for name in "abc" for number in range(30)}


def test_the_format_is_what_others_can_check(state: Path) -> None:
    """The digest of a line: SHA-256 of a fixed line and the JSON of the other fields in their order."""
    import hashlib

    for raw in lines(state):
        values = json.loads(raw)
        digest = values.pop("digest")
        assert hashlib.sha256(b"sendlogs-audit-1\n" + json.dumps(values).encode()).hexdigest() == digest


def test_the_head_is_that_of_the_newest_line_also_behind_one_that_was_cut_short(state: Path) -> None:
    newest = audit.entries(state)[-1].digest
    assert audit.head(state) == newest
    put(state, *lines(state), b'{"at": "20')
    assert audit.head(state) == newest


def test_where_nothing_was_written_there_is_no_head(tmp_path: Path) -> None:
    assert audit.head(tmp_path / "nowhere") == ""
