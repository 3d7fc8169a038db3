"""Whoever is revoked is out at once, and nothing is asked of it any more."""


def test_open_requests_are_cancelled_and_the_call_that_waits_is_shut_out(desk, enrol_with_key, ask, inside):
    device = enrol_with_key(desk)
    request_id = ask(device, device.open_ticket()["number"])
    body = """
from desk import audit
from desk.models import AuditEntry, CollectionRequest, Device
from desk.revocation import revoke
device = Device.objects.get(pk=words[0])
first, again = revoke(device, by="kim"), revoke(device, by="kim")
lines = AuditEntry.objects.filter(about=f"device {device.pk}", what="device-revoked").count()
return [first, again, CollectionRequest.objects.get(pk=words[1]).state, lines]
"""
    assert inside(desk, body, device.device_id, request_id) == [True, False, "cancelled", 1]
    assert device.api("GET", "requests?wait_seconds=30").status_code == 401
