"""A log-in of a name and its secret, kept as one token ``NAME:SECRET`` (RFC 7617 allows no colon in a name)."""

from __future__ import annotations

import base64

from agent.endpoints import Connection
from agent.endpoints._tracker_api import keep_token
from agent.errors import NotEnrolled


def parts_of(token: str, form: str) -> tuple[str, str]:
    """Name and secret. Raise ``NotEnrolled``, which says ``form``, such as ``NAME:PASSWORD``, when it lacks either."""
    name, colon, secret = token.strip().partition(":")
    if not (name and colon and secret):
        raise NotEnrolled(f"A token for that endpoint has the form {form}.")
    return name, secret


def basic(name: str, secret: str) -> str:
    """The header ``Authorization`` (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def keep_log_in(connection: Connection, token: str, form: str) -> None:
    """Keep the token where the endpoint finds it. Raise ``NotEnrolled`` for another form, ``StorageError``."""
    parts_of(token, form)
    keep_token(connection, token)
