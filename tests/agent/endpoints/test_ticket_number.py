"""What counts as a ticket number, before any endpoint is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.endpoints import Capabilities
from agent.endpoints._ticket_number import ticket_number
from agent.errors import UnknownTicket


@pytest.mark.parametrize("typed", ["1234", "#1234", " 1234 ", "\t#1234\n"])
def test_people_write_numbers_in_these_ways(typed: str) -> None:
    assert ticket_number(typed, Capabilities()) == "1234"


@given(typed=st.text())
def test_anything_else_is_the_number_of_no_ticket(typed: str) -> None:
    """Whatever is let through is a few ASCII digits, so it can stand in a path or an address as it is."""
    try:
        number = ticket_number(typed, Capabilities())
    except UnknownTicket as unknown:
        assert len(str(unknown)) < 300  # noqa: PT017 - both outcomes are right, and each has its own rule
    else:
        assert number.isascii()
        assert number.isdecimal()
        assert len(number) <= 18
        assert not number.startswith("0")


def test_an_endpoint_may_have_numbers_of_its_own() -> None:
    assert ticket_number("INC0012345", Capabilities(number_pattern=r"(?P<number>INC[0-9]{7})")) == "INC0012345"
