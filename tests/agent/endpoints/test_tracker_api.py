"""A call of a tracker's API goes to its place with the token, which lies in a file of the owner's alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import responses

from agent.endpoints import Connection
from agent.endpoints._tracker import refusal
from agent.endpoints._tracker_api import TrackerApi, keep_token
from agent.errors import NotEnrolled, StorageError


class Api(TrackerApi):
    """One that shows its token."""

    name = "fake"
    api = "/rest/1"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self._token()}", "Accept": "text/plain"}


@pytest.fixture
def api(tmp_path: Path) -> Api:
    url = "https://tracker.example"
    return Api(url, Connection(address=url, credential_file=tmp_path / "token"), refusal)


def test_a_call_carries_the_token_and_what_the_caller_adds(api: Api) -> None:
    keep_token(api._connection, "a-token-of-it")
    wanted = {"Authorization": "token a-token-of-it", "Accept": "application/json"}
    with responses.RequestsMock() as web:
        seen = [responses.matchers.header_matcher(wanted)]
        web.get("https://tracker.example/rest/1/me?x=1", json={"id": 7}, headers={"ETag": "e"}, match=seen)
        answer = api._answer("GET", "/me?x=1", headers={"Accept": "application/json"})
    assert (answer.value, answer.headers["ETag"]) == ({"id": 7}, "e")


def test_an_answer_may_be_empty_where_that_is_said(api: Api) -> None:
    keep_token(api._connection, "a-token-of-it")
    with responses.RequestsMock() as web:
        web.patch("https://tracker.example/rest/1/x", status=204)
        assert api._call("PATCH", "/x", value={}, idempotent=True, may_be_empty=True) is None


def test_the_token_lies_in_a_file_of_the_owners_alone(api: Api, tmp_path: Path) -> None:
    with pytest.raises(NotEnrolled, match="no token"):
        api._token()
    keep_token(api._connection, " a-token-of-it\n")
    assert api._token() == "a-token-of-it"
    (tmp_path / "token").write_text("in two words")
    with pytest.raises(NotEnrolled, match="damaged"):
        api._token()


@pytest.mark.posix
def test_a_token_that_others_can_read_is_not_used(api: Api, tmp_path: Path) -> None:
    keep_token(api._connection, " a-token-of-it\n")
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0
    (tmp_path / "token").chmod(0o644)
    with pytest.raises(StorageError):
        api._token()


@pytest.mark.parametrize("token", ["", "short", "two words are none", "größer-als-ascii"])
def test_what_is_no_token_is_not_kept(api: Api, tmp_path: Path, token: str) -> None:
    with pytest.raises(NotEnrolled):
        keep_token(api._connection, token)
    assert not (tmp_path / "token").exists()
