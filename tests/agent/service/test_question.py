"""A line that asks and a line that answers."""

import pytest

from agent.service import question


def test_what_is_asked_comes_as_it_was_said_with_who_said_it() -> None:
    heard: list[tuple[dict, str]] = []

    def answer(asked: dict, who: str) -> dict:
        heard.append((asked, who))
        return {"fine": True}

    line = question.answered(question.asked("allow", {"words": "ä"}), "jo", answer)
    assert heard == [({"version": 1, "ask": "allow", "words": "ä"}, "jo")]
    assert question.told(line) == {"version": 1, "fine": True}


@pytest.mark.parametrize("line", [b"", b"null", b"[1]", b'"x"', b'{"ask": "status"}', b"\xff", b"{" * 50_000])
def test_what_is_none_is_told_so_and_asks_nobody(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"no question|version 1"):
        question.told(question.answered(line, "jo", lambda asked, who: pytest.fail("it was asked")))


@pytest.mark.parametrize("line", [b"[]", b"null", b"7"])
def test_an_answer_that_is_none_is_no_answer(line: bytes) -> None:
    with pytest.raises(ValueError, match="no answer"):
        question.told(line)
