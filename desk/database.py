"""Which database the desk keeps its rows in: SQLite in the state folder, or PostgreSQL by an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

NAME = "SENDLOGS_DESK_DATABASE"


class WrongDatabase(ValueError):
    """A sentence that says what is wrong with the address."""


def database(address: str, state_folder: Path | None) -> dict[str, Any]:
    """Django's settings of it; without an address, SQLite, and in memory without a folder. Raise ``WrongDatabase``.

    The address is one of libpq: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS. A
    password has no place in it, since environments are shown and copied: libpq finds it in a file (``PGPASSFILE``,
    ``passfile`` in the address, ``~/.pgpass``), which it reads only if nobody else may.
    """
    if not address:
        return _sqlite(state_folder)
    if not address.startswith(("postgresql://", "postgres://")):
        raise WrongDatabase(f"{NAME} must be an address like postgresql://desk@db.example/desk.")
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(address)
    except psycopg.Error:
        raise WrongDatabase(f"{NAME} is no address that PostgreSQL's library understands.") from None
    if "password" in parts:
        raise WrongDatabase(f"{NAME} must not hold the password: put it in a file, and its name in PGPASSFILE.")
    known = {"NAME": "dbname", "USER": "user", "HOST": "host", "PORT": "port"}
    named = {name: str(parts.pop(key, "") or "") for name, key in known.items()}
    if not named["NAME"]:
        raise WrongDatabase(f"{NAME} names no database.")
    return {"ENGINE": "django.db.backends.postgresql", **named, "OPTIONS": parts}


def _sqlite(state_folder: Path | None) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(state_folder / "desk.sqlite3") if state_folder else ":memory:",
        "OPTIONS": {
            # A transaction that begins by reading and then writes fails at once ("database is locked") when
            # another wrote in between, whatever the timeout; taking the write lock at BEGIN waits instead.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,  # seconds
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        },
    }
