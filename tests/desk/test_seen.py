"""Many devices that were seen are one write, and none is forgotten."""

SEE = """
import uuid
from django.db import connection
from django.test.utils import CaptureQueriesContext
from desk.models import Device
from desk.seen import Seen
devices = [Device.objects.create(public_id=uuid.uuid4().hex, computer_id="c") for _ in range(4)]
def seen():
    rows = dict(Device.objects.values_list("pk", "last_seen_at"))
    return [rows[each.pk] is not None for each in devices]
kept = Seen()
told = []
kept.note([devices[0].pk])
told.append(seen())
kept.note([devices[1].pk])
kept.note([devices[2].pk])
told.append(seen())
kept._write_at = 0.0  # as if it had been long ago
with CaptureQueriesContext(connection) as queries:
    kept.note([devices[1].pk])
told.append(seen())
return [told, len(queries)]
"""


def test_devices_are_written_together_after_a_while(desk, inside):
    told, queries = inside(desk, SEE)
    assert told == [[True, False, False, False], [True, False, False, False], [True, True, True, False]]
    assert queries == 1
