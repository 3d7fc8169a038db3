"""Looking changes nothing: whatever address a champion's browser is made to fetch, the database stays as it is."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
import requests

LIST_ADDRESSES = """
import django; django.setup()
from helpdesk.urls import urlpatterns
print("\\n".join(str(pattern.pattern) for pattern in urlpatterns))
"""
# Sessions and counted failures are the desk's memory of callers, not of tickets.
NOT_COMPARED = {"django_session", "desk_cache"}


@pytest.fixture
def rows(desk):
    """Every row of every table."""

    def read():
        with closing(sqlite3.connect(desk.state_folder / "desk.sqlite3")) as database:
            names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return {
                name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in sorted(names - NOT_COMPARED)
            }

    return read


@pytest.fixture
def ticket(desk, device, bundle, champion):
    """A ticket with a comment, solved: so that it could be closed, taken, held, subscribed to."""
    number = device.open_ticket()["number"]
    device.put(number, bundle)
    _post(champion, desk, f"tickets/{number}/update/", new_status=3, comment="c", title="t", priority=2, queue=1)
    return number


@pytest.fixture
def comment(desk, ticket):
    with closing(sqlite3.connect(desk.state_folder / "desk.sqlite3")) as database:
        (number,) = database.execute("SELECT max(id) FROM helpdesk_followup WHERE ticket_id = ?", [ticket]).fetchone()
    return number


@pytest.fixture(scope="session")
def addresses(desk):
    """Every address of django-helpdesk, as its patterns."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "desk.settings",
        "SENDLOGS_DESK_STATE": str(desk.state_folder),
    }
    command = [sys.executable, "-c", LIST_ADDRESSES]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


def test_fetching_changes_nothing(desk, addresses, ticket, comment, rows, try_log_in):
    values = {"ticket_id": ticket, "followup_id": comment}
    paths = {re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(values.get(m[1], 1)), a) for a in addresses if a[:1] != "^"}
    paths |= {f"tickets/{ticket}/?{word}" for word in ("take", "close", "subscribe")}
    assert f"tickets/{ticket}/hold/" in paths
    with requests.Session() as session:
        try_log_in(session, desk.url, "champion", desk.password)
        before = rows()
        for path in sorted(paths):
            assert session.get(f"{desk.url}/{path}", timeout=60).status_code < 500, path
            assert rows() == before, path


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("tickets/{ticket}/hold/", "helpdesk_ticket"),
        ("tickets/{ticket}/followup_delete/{comment}/", "helpdesk_followup"),
        ("tickets/{ticket}/?take", "helpdesk_ticket"),
        ("tickets/{ticket}/?close", "helpdesk_ticket"),
        ("tickets/{ticket}/?subscribe", "helpdesk_ticketcc"),
    ],
)
def test_a_champion_who_says_yes_has_it_done(desk, champion, ticket, comment, rows, path, table):
    address = path.format(ticket=ticket, comment=comment)
    page = champion.get(f"{desk.url}/{address}", timeout=60).text
    assert '<form class="desk-jumps" method="post">' in page
    before = rows()
    assert _post(champion, desk, address).status_code == 200
    assert rows()[table] != before[table]


def test_without_the_word_of_a_form_nothing_is_done(desk, champion, ticket, rows):
    """A forged POST comes without Django's token."""
    before = rows()
    assert champion.post(f"{desk.url}/tickets/{ticket}/hold/", timeout=60).status_code == 403
    assert rows() == before


def _post(session, desk, address, **words):
    words["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
    return session.post(f"{desk.url}/{address}", data=words, headers={"Referer": desk.url}, timeout=60)
