"""Requests share few connections to PostgreSQL, and one that waits for bytes keeps none; SQLite knows nothing of it."""

import base64
import hashlib
import socket
import time
import uuid
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from desk.shared_connections import MOST
from tests.postgresql_server import running_postgresql

_SHARE = """
import threading
from django.db import connection
from desk.shared_connections import give_back, share
share()
seen = []
def ask():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1" if connection.vendor == "sqlite" else "SELECT pg_backend_pid()")
        seen.append(cursor.fetchone()[0])
    give_back()
    kept.append(connection.connection is not None)
    connection.close()
kept = []
for _ in range(6):
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
pool = getattr(connection, "pool", None)
if pool is not None:
    pool.close()
return [len(set(seen)), any(kept)]
"""


@pytest.fixture(scope="module")
def postgresql():
    """The address of a database on a real server of its own."""
    with running_postgresql() as address:
        yield address


def test_sqlite_goes_on_as_it_was(desk, inside):
    assert inside(desk, _SHARE) == [1, True]


@pytest.mark.server
def test_threads_one_after_another_get_the_same_few(start_desk, postgresql, inside):
    desk = start_desk(SENDLOGS_DESK_DATABASE=postgresql)
    different, kept = inside(desk, _SHARE, SENDLOGS_DESK_DATABASE=postgresql)
    assert different < 6
    assert not kept


@pytest.mark.server
def test_more_uploads_than_connections_keep_nobody_waiting(start_desk, postgresql, enrol, monkeypatch):
    monkeypatch.setenv("SENDLOGS_DESK_DATABASE", postgresql)
    desk = start_desk(SENDLOGS_DESK_DATABASE=postgresql)
    device = enrol(desk)
    number = device.open_ticket()["number"]
    incoming = desk.state_folder / "incoming"
    with ExitStack() as stack:
        for _ in range(MOST + 5):
            stack.enter_context(_begun(device, number))
        deadline = time.monotonic() + 60
        while len(list(incoming.glob("*.part"))) < MOST + 5 and time.monotonic() < deadline:
            assert device.api("GET", "health").status_code == 200
        assert len(list(incoming.glob("*.part"))) == MOST + 5
        answer = device.api("GET", "me")
    assert (answer.status_code, answer.elapsed.total_seconds() < 20) == (200, True)


def _begun(device, number) -> socket.socket:
    """A bundle of which the first bytes alone arrive."""
    host, port = urlsplit(device.desk.url).netloc.split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    digest = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    consent = base64.b64encode(b'{"how": "asked", "given_by": "jo"}').decode()
    head = [
        f"PUT /api/v1/tickets/{number}/bundles/{uuid.uuid4()} HTTP/1.1",
        f"Host: {host}",
        f"Authorization: Bearer {device.credential}",
        "Content-Type: application/x-7z-compressed",
        "Content-Length: 1000",
        f"Repr-Digest: sha-256=:{digest}:",
        f"Sendlogs-Consent: {consent}",
    ]
    connection.sendall("\r\n".join([*head, "", ""]).encode() + b"7z\xbc\xaf\x27\x1c")
    return connection
