"""Who waits is woken by what concerns them and by nothing else, in the same process and from another."""

import json
import os
import subprocess
import sys

import pytest

PREPARE = """
import uuid
from django.contrib.auth import get_user_model
from helpdesk.models import Queue, Ticket
from desk import ed25519
from desk.models import Device, SupportRequest
made = []
for number in range(2):
    key = ed25519.line_of(ed25519.public_of(bytes([number + 1]) * 32))
    device = Device.objects.create(public_id=uuid.uuid4().hex, computer_id="c", public_key=key)
    ticket = Ticket.objects.create(title="t", queue=Queue.objects.first())
    SupportRequest.objects.create(ticket=ticket, device=device, request_id="r")
    made.append([str(device.pk), ticket.pk])
return made
"""
ASK = """
from django.contrib.auth import get_user_model
from helpdesk.models import Ticket
from desk.collecting import collection_requests
from desk.models import Device
device, ticket = words[0]
champion = get_user_model().objects.get(username="champion")
request = collection_requests.make(device=Device.objects.get(pk=device), ticket=Ticket.objects.get(pk=ticket),
    requester=champion, profile="demo", reason="why")
return request.events.get().pk
"""
# Waits for both devices and one ticket; an event is made here, or told to be made elsewhere once all wait.
WAIT = """
import asyncio, uuid
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from helpdesk.models import Ticket
from desk.collecting import collection_requests
from desk.collecting import wake_ups
from desk.models import Device
(first, ticket), (second, other) = words[0]
def ask():
    return collection_requests.make(device=Device.objects.get(pk=first), ticket=Ticket.objects.get(pk=ticket),
        requester=get_user_model().objects.get(username="champion"), profile="demo", reason="why").events.get().pk
async def wait():
    waits = [asyncio.create_task(wake_ups.wait(device_id=uuid.UUID(first), after=0, seconds=30)),
        asyncio.create_task(wake_ups.wait(ticket_id=ticket, after=0, seconds=30)),
        asyncio.create_task(wake_ups.wait(device_id=uuid.UUID(second), after=0, seconds=30))]
    while len(wake_ups.waiters) < 3:
        await asyncio.sleep(0)
    await wake_ups.look(lambda key: None, None)  # one after the other: all three have looked
    if words[1]:
        print("waiting", file=sys.stderr, flush=True)
    else:
        await sync_to_async(ask)()
    began = asyncio.get_running_loop().time()
    positions = [await waits[0], await waits[1]]
    took = asyncio.get_running_loop().time() - began
    assert not waits[2].done()
    for each in waits[2:]:
        each.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    return [*positions, took, len(wake_ups.waiters)]
return asyncio.run(wait())
"""


@pytest.fixture
def made(start_desk, inside):
    """A desk, and two devices with a ticket each."""
    desk = start_desk()
    return desk, inside(desk, PREPARE)


def test_an_event_wakes_in_its_own_process_at_once(made, inside):
    desk, devices = made
    device, ticket, took_seconds, left = inside(desk, WAIT, devices, False)
    assert device == ticket > 0
    assert took_seconds < 0.3  # sooner than the table is looked at
    assert left == 0


def test_an_event_of_another_process_wakes_too(made, inside):
    desk, devices = made
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "desk.settings", "SENDLOGS_DESK_STATE": str(desk.state_folder)}
    lines = "".join(f"    {line}\n" for line in WAIT.strip().splitlines())
    code = f"import json, sys\nimport django; django.setup()\ndef main(words):\n{lines}"
    code += "print(json.dumps(main(json.loads(sys.argv[1]))))"
    command = [sys.executable, "-c", code, json.dumps([devices, True])]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
        assert waiting.stderr.readline() == "waiting\n"
        event = inside(desk, ASK, devices[0])
        told, errors = waiting.communicate(timeout=60)
    assert json.loads(told)[:2] == [event, event], errors


def test_what_came_before_is_told_at_once_and_nothing_new_after_a_while(made, inside):
    desk, devices = made
    event = inside(desk, ASK, devices[0])
    body = """
import asyncio, uuid
from desk.collecting import wake_ups
device, other, event = uuid.UUID(words[0]), uuid.UUID(words[1]), words[2]
async def main():
    return [await wake_ups.wait(device_id=device, after=0, seconds=30),
        await wake_ups.wait(device_id=device, after=event + 7, seconds=30),
        await wake_ups.wait(device_id=device, after=event, seconds=0.01),
        await wake_ups.wait(device_id=other, after=0, seconds=0.01)]
return asyncio.run(main())
"""
    assert inside(desk, body, devices[0][0], devices[1][0], event) == [event, event, event, 0]
