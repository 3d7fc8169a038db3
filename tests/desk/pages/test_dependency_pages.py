"""Tickets that wait for one another: made and undone between tickets that the caller may see, no others."""

import re

import pytest
import requests

MAKE = """
from helpdesk.models import Queue, Ticket, TicketDependency
queues = [Queue.objects.get(slug=slug) for slug in ("bugs", "bugs", "support")]
one, two, foreign = [Ticket.objects.create(title=f"waits {n}", queue=queue) for n, queue in enumerate(queues)]
pair = TicketDependency.objects.create(ticket=one, depends_on=foreign)
return one.pk, two.pk, foreign.pk, pair.pk
"""
PAIRS = """
from helpdesk.models import TicketDependency
return list(TicketDependency.objects.filter(ticket__in=words).order_by("pk").values_list("ticket_id", "depends_on_id"))
"""


@pytest.fixture(scope="module")
def of_bugs(desk, try_log_in):
    with requests.Session() as session:
        try_log_in(session, desk.url, "waits-bugs", desk.command("champion", "waits-bugs", "--queue", "bugs"))
        yield session


def _post(desk, session, path, **words):
    words["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
    return session.post(f"{desk.url}/{path}", data=words, headers={"Referer": desk.url}, timeout=60)


def test_only_own_tickets_are_offered_taken_and_let_go(desk, of_bugs, inside):
    one, two, foreign, pair = inside(desk, MAKE)
    for way, other in (("dependency", "depends_on"), ("resolves", "ticket")):
        page = of_bugs.get(f"{desk.url}/tickets/{one}/{way}/add/", timeout=60).text
        offered = set(re.findall(r'<option value="(\d+)"', page))
        assert (str(two) in offered, str(foreign) in offered) == (True, False)
        _post(desk, of_bugs, f"tickets/{one}/{way}/add/", **{other: foreign})
        assert of_bugs.get(f"{desk.url}/tickets/{one}/{way}/delete/{pair}/", timeout=60).status_code == 404
        assert of_bugs.get(f"{desk.url}/tickets/{foreign}/{way}/add/", timeout=60).status_code == 404
    assert inside(desk, PAIRS, one, two) == [[one, foreign]]
    _post(desk, of_bugs, f"tickets/{one}/dependency/add/", depends_on=two)
    assert inside(desk, PAIRS, one, two) == [[one, foreign], [one, two]]
    link = re.search(rf"/tickets/{one}/dependency/delete/\d+/", of_bugs.get(f"{desk.url}/tickets/{one}/").text)
    _post(desk, of_bugs, link[0].removeprefix("/"))
    assert inside(desk, PAIRS, one, two) == [[one, foreign]]
