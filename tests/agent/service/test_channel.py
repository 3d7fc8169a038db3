"""What every door does: questions are answered, everybody else is hung up on."""

import getpass
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.service import channel, question
from agent.service.channel import exchange
from tests.open_door import open_door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Path]:
    with open_door(tmp_path) as state:
        yield state


def raw(state: Path, data: bytes) -> bytes:
    try:
        return exchange(state, data, 10.0)
    except ConnectionError:
        return b""


def test_a_question_is_answered_with_who_asked(door: Path) -> None:
    answer = channel.ask(door, "status", {"words": "ä"})
    assert answer["asked"] == {"version": 1, "ask": "status", "words": "ä"}
    assert answer["who"].rpartition("\\")[2] == getpass.getuser()


def test_it_answers_again_and_again(door: Path) -> None:
    assert [channel.ask(door, "status", {"n": n})["asked"]["n"] for n in range(40)] == list(range(40))


def test_a_no_is_a_sentence(door: Path) -> None:
    with pytest.raises(ValueError, match="No, it says"):
        channel.ask(door, "no", {})


@pytest.mark.parametrize(
    "data", [b"{\n", b"[]\n", b"\xff\n", b'{"version": 2, "ask": "status"}\n', b"[" * 60000 + b"\n"]
)
def test_what_is_no_question_is_told_so(door: Path, data: bytes) -> None:
    assert "error" in json.loads(raw(door, data))


def test_an_endless_line_is_hung_up_on(door: Path) -> None:
    assert raw(door, b"x" * (question.LONGEST_LINE_BYTES * 4)) == b""


def test_a_long_answer_comes_whole(tmp_path: Path) -> None:
    with open_door(tmp_path, lambda asked, who: {"long": "x" * 2**20}):
        assert len(channel.ask(tmp_path, "status", {})["long"]) == 2**20


def test_where_none_runs_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        channel.ask(tmp_path, "status", {})


def test_after_it_was_closed_nobody_answers(tmp_path: Path) -> None:
    with open_door(tmp_path):
        pass
    with pytest.raises(FileNotFoundError):
        channel.ask(tmp_path, "status", {})


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    def full(asked: dict, who: str) -> dict:
        raise OSError(28, "No space left on device")

    with open_door(tmp_path, full):
        for _ in range(2):
            with pytest.raises(ValueError, match="disk does not keep"):
                channel.ask(tmp_path, "allow", {})


def test_this_system_tells_who_asks() -> None:
    assert channel.is_supported() == (sys.platform in ("linux", "darwin", "win32"))
