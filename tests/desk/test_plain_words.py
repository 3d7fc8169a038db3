"""What devices write is shown as it was written, at a bounded cost."""

import os
import subprocess
import sys

import pytest

LONGEST = 100_000  # characters of a description
HOSTILE = ["[a](x:", "[", "![", "#1 ", "<", "\n\n", "*_`"]
# Renders a ticket's description as django-helpdesk's page does; it fails where Markdown is called, and counts queries.
RENDER = """
import sys, django; django.setup()
import helpdesk.models; helpdesk.models.markdown = None
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
ticket = helpdesk.models.Ticket(description=sys.stdin.read(), resolution="**r**")
follow_up = helpdesk.models.FollowUp(comment=ticket.description)
page = Template("{% load ticket_to_link %}{{ t.get_markdown|num_to_link }}{{ f.get_markdown|num_to_link }}"
    "{{ t.get_resolution_markdown|linebreaksbr }}")
with CaptureQueriesContext(connection) as queries:
    page.render(Context({"t": ticket, "f": follow_up}))
print(len(queries))
"""


@pytest.fixture
def shown(desk, device, champion):
    """The ticket page with this description."""

    def show(description):
        return champion.get(device.open_ticket(description=description)["url"], timeout=60)

    return show


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_description_keeps_the_ticket_page_from_being_shown(shown, piece):
    page = shown((piece * LONGEST)[:LONGEST])
    assert page.status_code == 200
    assert page.text.count("ticket_link_status_") <= 20


def test_showing_a_text_calls_no_markdown_and_makes_one_query_at_most(desk):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "desk.settings",
        "SENDLOGS_DESK_STATE": str(desk.state_folder),
    }
    text = "".join(f"#{number} **a** [b](c:d) " for number in range(1, 4000))
    done = subprocess.run(
        [sys.executable, "-c", RENDER], input=text, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "2\n", done.stderr  # one for the description, one for the comment


def test_markdown_is_shown_as_it_was_typed(shown):
    page = shown("**bold** <b>&#39;</b> [a](https://x.example)\nnext line").text
    assert "<p>**bold** &lt;b&gt;&amp;#39;&lt;/b&gt; [a](https://x.example)<br>next line</p>" in page


def test_numbers_of_tickets_are_links_and_others_stay_text(device, shown):
    number = device.open_ticket()["number"]
    page = shown(f"like #{number}, not x#{number} nor #99999999 nor #٣ nor #{'9' * 5000}")
    assert page.status_code == 200
    link = f'<a href="/tickets/{number}/" class="ticket_link_status ticket_link_status_New">#{number}</a>'
    assert f"<p>like {link}, not x#{number} nor #99999999 nor #٣ nor #999" in page.text
