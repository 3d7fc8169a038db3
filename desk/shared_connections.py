"""The connections to PostgreSQL of a desk that serves, kept open and shared by the threads of its requests.

Each request has a thread of its own, so each made a connection of its own, which took longer than all else it did, and
many uploads at once took more than PostgreSQL gives. Only for the server: a command makes one, and ends.
"""

from __future__ import annotations

from django.db import connection

MOST = 20  # of a process; four of them stay below the hundred that PostgreSQL gives unless told otherwise


def share() -> None:
    """Share them from now on, where the database is PostgreSQL; call it while no other thread has one."""
    if connection.vendor == "postgresql":
        connection.close()
        # One that the server or a proxy has ended meanwhile is found out before it is handed out.
        connection.settings_dict["CONN_HEALTH_CHECKS"] = True
        connection.settings_dict["OPTIONS"]["pool"] = {"min_size": 2, "max_size": MOST}


def give_back() -> None:
    """Let others have this thread's connection while it waits for bytes; it gets one again when it asks for rows.

    Not inside a transaction.
    """
    if connection.vendor == "postgresql":
        connection.close()
