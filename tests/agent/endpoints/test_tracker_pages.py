"""Lists of a tracker, page by page."""

from __future__ import annotations

import pytest

from agent.endpoints._tracker import all_pages
from agent.errors import EndpointError


def test_all_pages_are_read_to_the_first_that_is_not_full() -> None:
    pages = [["a", "b"], ["c", "d"], ["e"]]
    assert list(all_pages(lambda page: pages[page - 1], 2)) == list("abcde")
    assert list(all_pages(lambda page: [], 2)) == []


def test_pages_without_end_are_an_error_and_not_nothing_found() -> None:
    asked: list[int] = []

    def listed(page: int) -> list[str]:
        asked.append(page)
        return ["a", "b"]

    with pytest.raises(EndpointError, match="more than can be looked through"):
        list(all_pages(listed, 2))
    assert len(asked) == 100
