"""What the benchmark of waiting devices does inside a desk's Django, in a process of its own: ``… VERB < WORDS``.

Devices are enrolled by writing their rows: by the desk's address a thousand would take minutes, and measure enrolment.
``press`` asks one device after the other as a champion does, on the ticket's page, or without an address as
``sendlogs-desk request`` does; each press is told on a line, by a clock that all processes of the machine share.
"""
# ruff: noqa: E402 - Django is set up before its models are imported

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

import requests
from django.contrib.auth import get_user_model
from django.db import transaction
from helpdesk.models import Queue, Ticket

from desk import ed25519
from desk.collecting import collection_requests
from desk.credentials import make_secret
from desk.models import CollectionRequest, Device, SupportRequest

PROFILE = "demo"
ANSWER_SECONDS, TRIES = 30, 5


def enrol(words: dict[str, Any]) -> None:
    """Tell ``[[credential, device's id, ticket's number], …]``; a ticket has the first so many alone."""
    line = ed25519.line_of(ed25519.public_of(b"k" * ed25519.SEED_BYTES))
    secrets = [make_secret() for _ in range(words["devices"])]
    made = [
        Device(
            public_id=secret.public_id,
            credential_digest=secret.digest,
            computer_id=f"bench-{number}",
            public_key=line,
            remote_policy="allow",
            remote_profiles=[PROFILE],
        )
        for number, secret in enumerate(secrets)
    ]
    queue = Queue.objects.order_by("pk").first()
    with transaction.atomic():
        Device.objects.bulk_create(made, batch_size=500)
        tickets = [Ticket.objects.create(title="bench", queue=queue) for _ in range(words["tickets"])]
        SupportRequest.objects.bulk_create(
            SupportRequest(ticket=ticket, device=device, request_id=f"bench-{ticket.pk}")
            for ticket, device in zip(tickets, made, strict=False)
        )
    numbers = [ticket.pk for ticket in tickets] + [None] * (len(made) - len(tickets))
    rows = zip(secrets, made, numbers, strict=True)
    tell([[secret.written, str(device.pk), number] for secret, device, number in rows])


def press(words: dict[str, Any]) -> None:
    """Ask ``words["asked"]``, pairs of a device's id and a ticket, one in ``every_seconds``."""
    by_page = words["url"] is not None
    ask = asks_on_the_page(words["url"], words["password"]) if by_page else asks_by_the_command()
    begun = time.monotonic()
    for number, (device_id, ticket) in enumerate(words["asked"]):
        time.sleep(max(0.0, begun + number * words["every_seconds"] - time.monotonic()))
        tries = 0
        pressed_at = time.monotonic()
        while not ask(device_id, ticket) and (tries := tries + 1) < TRIES:
            time.sleep(0.5)  # a process was killed under it; a champion presses again
            pressed_at = time.monotonic()
        tell({"device_id": device_id, "at": pressed_at, "again": tries})


def asks_on_the_page(url: str, password: str) -> Callable[[str, int], bool]:
    """The press of the button, as a browser sends it; it is answered once the request is kept."""
    session = requests.Session()

    def post(path: str, **words: str) -> int:
        words["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
        headers = {"Referer": url}
        answer = session.post(url + path, words, headers=headers, timeout=ANSWER_SECONDS, allow_redirects=False)
        if answer.status_code != 302:
            print(f"{path}: {answer.status_code} {answer.text[-300:]}", file=sys.stderr)
        return answer.status_code

    session.get(f"{url}/login/", timeout=ANSWER_SECONDS)
    assert post("/login/", username="champion", password=password) == 302

    def ask(_device_id: str, ticket: int) -> bool:
        try:
            return post(f"/tickets/{ticket}/requests/", profile=PROFILE, reason="bench") == 302
        except requests.RequestException:
            return False

    return ask


def asks_by_the_command() -> Callable[[str, int], bool]:
    champion = get_user_model().objects.get(username="champion")

    def ask(device_id: str, ticket: int) -> bool:
        device, row = Device.objects.get(pk=device_id), Ticket.objects.get(pk=ticket)
        collection_requests.make(device=device, ticket=row, requester=champion, profile=PROFILE, reason="bench")
        return True

    return ask


def made(_words: dict[str, Any]) -> None:
    """Tell the ids of all requests that the desk keeps."""
    tell([str(each) for each in CollectionRequest.objects.values_list("pk", flat=True)])


def tell(value: Any) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    {"enrol": enrol, "press": press, "made": made}[sys.argv[1]](json.load(sys.stdin))
