"""Statements field by field; what is refused is in the table of ``test_admission_attacks.py``."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.remote import statement
from agent.remote.refusals import Reason, Refused
from agent.signature import SigningKey

# What a person is shown: anything that is drawn.
SHOWN = st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Mn", "Me"]), min_size=1, max_size=150)


def read(desk, **others):
    return statement.collection_request(json.dumps(desk.fields(**others)).encode())


def normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@given(text=SHOWN.map(normal))
def test_what_is_drawn_is_let_in(text) -> None:
    from tests.agent.remote.conftest import Desk

    blank = not text.strip() or any(map(statement._is_invisible, text)) or len(text) > 150
    if not blank:
        assert read(Desk(), requester=text).requester == text


@given(text=st.text(min_size=1, max_size=150))
def test_what_is_let_in_is_one_visible_line(text) -> None:
    from tests.agent.remote.conftest import Desk

    steers = not text.strip() or any(map(statement._is_invisible, text)) or len(text.splitlines()) > 1
    if steers or any(unicodedata.category(each).startswith("C") for each in text) or text != normal(text):
        with pytest.raises(Refused) as refused:
            read(Desk(), requester=text)
        assert refused.value.reason is Reason.BAD_TEXT
    else:
        assert read(Desk(), requester=text).requester == text


@pytest.mark.parametrize("seconds", [60, 2_678_400])
def test_the_bounds_of_the_time_span_are_in_it(desk, seconds) -> None:
    assert read(desk, options={"since_seconds": seconds}).since_seconds == seconds


@pytest.mark.parametrize("text", ["x" * 1000, "⚠️", "कारण", "한국어"])
def test_reasons_of_every_script(desk, text) -> None:
    assert read(desk, reason=text).reason == text


def test_a_succession_names_a_key(desk) -> None:
    key = SigningKey.made_now().public
    told = {"tenant": desk.fields()["tenant"], "new_key": key.line, "made_at": "2028-02-29T23:59:59Z"}
    said = statement.key_succession(json.dumps(told).encode())
    assert (said.new_key, said.tenant) == (key, told["tenant"])
    assert f"{said.made_at:%Y-%m-%d %H:%M:%S}" == "2028-02-29 23:59:59"


@pytest.mark.parametrize(
    "text", ["", "x", "{00000000-0000-4000-8000-000000000000}", "ABCDEF00-0000-4000-8000-000000000000"]
)
def test_only_one_spelling_is_a_uuid(text) -> None:
    assert not statement.is_uuid(text)
