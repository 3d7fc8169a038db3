"""A transaction in which what was read stays true until something is written, on each database.

SQLite has one writer from the first statement of a transaction on (see DATABASES in the settings). PostgreSQL lets two
read the same rows and write both: there the transaction begins with a lock of its own name, which ends with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def alone(name: str) -> Iterator[None]:
    """A transaction beside which no other of that name runs, in whatever process of this database."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            number = int.from_bytes(hashlib.sha256(f"sendlogs {name}".encode()).digest()[:8], signed=True)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
        yield
