"""A foreign tracker's API, as every endpoint of one calls it: with the token that lies in the credential file.

Where the API begins and how the token is shown is the tracker's own; all else is the transport's.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from agent.endpoints import Connection
from agent.endpoints._paced_body import Body
from agent.endpoints._transport import Answer, MakeBody, Refusal, Transport
from agent.errors import NotEnrolled
from agent.storage import storage_errors
from config.private_files import read_private, write_private

ENROLL_ADVICE = "Give this computer a token of that tracker with: sendlogs enroll {0}, see docs/endpoints.md"
_TOKEN = re.compile(r"[\x21-\x7e]{8,512}")  # what a header can carry


class _Sent(TypedDict, total=False):
    """What a call may send, as ``Transport.call`` has it."""

    value: object
    body: Body | MakeBody | None
    idempotent: bool | None
    may_be_empty: bool


class TrackerApi(ABC):
    """Calls of one tracker."""

    name: str  # the scheme of its addresses
    api = ""  # the path with which each call begins

    def __init__(self, url: str, connection: Connection, refused: Refusal) -> None:
        self._transport = Transport(url, connection, refused)
        self._connection = connection

    @abstractmethod
    def _headers(self) -> dict[str, str]:
        """What each call carries: the token, in the tracker's own form."""

    def _call(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **sent: Unpack[_Sent]) -> Any:
        """The JSON that the tracker answers. Raise as ``Transport.call`` does."""
        return self._answer(method, path, headers=headers, **sent).value

    def _answer(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **sent: Unpack[_Sent]
    ) -> Answer:
        """The same, with the answer's headers."""
        return self._transport.call(method, f"{self.api}{path}", headers={**self._headers(), **(headers or {})}, **sent)

    def _token(self) -> str:
        file = self._connection.credential_file
        advice = ENROLL_ADVICE.format(f"{self.name}:{self._connection.address}")
        if not file.exists():
            raise NotEnrolled(f"This computer has no token for {self._transport.host}.", advice=advice)
        with storage_errors(file):
            token = read_private(file).decode("ascii", "replace").strip()
        if not _TOKEN.fullmatch(token):
            raise NotEnrolled(f"{file} is damaged: it holds no token.", advice=advice)
        return token


def keep_token(connection: Connection, token: str) -> None:
    """Put the tracker's token where the endpoint finds it, for this account alone. Raise ``NotEnrolled`` for none."""
    if not _TOKEN.fullmatch(token.strip()):
        raise NotEnrolled("That is no token: it must be 8 to 512 printable characters without spaces.")
    with storage_errors(connection.credential_file):
        write_private(connection.credential_file, token.strip().encode("ascii"))
