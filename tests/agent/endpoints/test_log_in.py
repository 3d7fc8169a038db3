"""A log-in of two parts: what is taken for one, and how it goes out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agent.endpoints import Connection
from agent.endpoints._log_in import basic, keep_log_in, parts_of
from agent.errors import NotEnrolled


def test_the_first_colon_parts_name_and_secret() -> None:
    assert parts_of(" jo:pass:word\n", "NAME:PASSWORD") == ("jo", "pass:word")


@pytest.mark.parametrize("token", ["", "jo", "jo:", ":password"])
def test_half_a_log_in_is_none_and_is_not_kept(tmp_path: Path, token: str) -> None:
    connection = Connection(address="https://x.example", credential_file=tmp_path / "token")
    with pytest.raises(NotEnrolled, match="NAME:PASSWORD") as told:
        keep_log_in(connection, token, "NAME:PASSWORD")
    assert "password" not in str(told.value)
    assert not connection.credential_file.exists()


def test_a_log_in_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    connection = Connection(address="https://x.example", credential_file=tmp_path / "token")
    keep_log_in(connection, "jo:password\n", "NAME:PASSWORD")
    assert connection.credential_file.read_bytes() == b"jo:password"
    if sys.platform != "win32":
        assert connection.credential_file.stat().st_mode & 0o077 == 0


def test_goes_out_as_the_standard_has_it() -> None:
    """The example of RFC 7617, section 2."""
    assert basic("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
