"""What the ticket's page shows of requests."""

ROWS = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from helpdesk.models import Queue, Ticket
from desk.pages import request_rows
from desk.models import CollectionRequest, Device, RequestEvent
device = Device.objects.create(public_id="rows", computer_id="c")
ticket = Ticket.objects.create(title="t", queue=Queue.objects.first())
user = User.objects.first()
now = timezone.now()
empty = request_rows.rows_of(ticket), request_rows.newest_position(ticket), request_rows.mark_of([])
for number in range(25):
    request = CollectionRequest.objects.create(
        device=device, ticket=ticket, requester=user, profile="nginx", reason=f"r{number}", envelope="e",
        made_at=now + timedelta(seconds=number), not_before=now, expires_at=now, words="a\\u202eb")
rows = request_rows.rows_of(ticket)
mark = request_rows.mark_of(rows)
event = RequestEvent.objects.create(request=request, device=device, ticket=ticket, state="done")
CollectionRequest.objects.filter(pk=request.pk).update(state="done")
after = request_rows.rows_of(ticket)
return {
    "empty": empty, "reasons": [row["reason"] for row in rows], "row": rows[0], "id": request.pk, "ticket": ticket.pk,
    "fields": sorted(rows[0]) == sorted(request_rows.EMPTY_ROW), "cancel": after[0]["cancel"],
    "moved": request_rows.newest_position(ticket) == event.pk, "marks": [mark, request_rows.mark_of(after)],
}
"""


def test_the_newest_rows_are_text_and_a_mark_tells_them_apart(desk, inside):
    told = inside(desk, ROWS)
    assert told["empty"][:2] == [[], 0]
    assert told["reasons"] == [f"r{number}" for number in range(24, 4, -1)]
    assert (told["row"]["words"], told["row"]["state_text"]) == ("a\ufffdb", "waiting for the computer")
    assert told["row"]["cancel"] == f"/tickets/{told['ticket']}/requests/{told['id']}/cancel"
    assert told["cancel"] == ""
    assert told["fields"]
    assert told["moved"]
    assert len({*told["marks"], told["empty"][2]}) == 3
