"""A champion at a desk of the tests: asks a computer for a bundle, takes that back, looks how far it is."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.system.running_service import wait_for

# What the desk's pages do when a champion asks, cancels, or looks.
CHAMPION = """
import json, os, sys
os.environ["SENDLOGS_DESK_STATE"], os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1], "desk.settings"
import django; django.setup()
from django.contrib.auth import get_user_model
from helpdesk.models import Ticket
from desk.collecting import collection_requests
from desk.models import CollectionRequest, RequestEvent
told = json.loads(sys.argv[2])
if "ask" in told:
    ticket = Ticket.objects.get(pk=told["ask"])
    made = collection_requests.make(device=ticket.support_request.device, ticket=ticket, profile=told["profile"],
        requester=get_user_model().objects.get(username="champion"), reason=told["reason"])
    print(json.dumps(str(made.pk)))
elif "cancel" in told:
    print(json.dumps(collection_requests.cancel(CollectionRequest.objects.get(pk=told["cancel"]), by="champion").value))
else:
    asked = CollectionRequest.objects.get(pk=told["look"])
    states = [event.state for event in RequestEvent.objects.filter(request=asked)]
    device = asked.device
    print(json.dumps({"state": asked.state, "words": asked.words, "states": states, "policy": device.remote_policy,
        "bundle": str(asked.bundle.bundle_id) if asked.bundle else None, "version": device.agent_version}))
"""


@dataclass(frozen=True)
class Champion:
    """Who asks at the desk."""

    state: Path
    ticket: str

    def ask(self, profile: str = "sendlogs") -> str:
        """Ask for a bundle; return the request's id."""
        return self._does(ask=self.ticket, profile=profile, reason="Restores stop at 12 %.")

    def cancel(self, request_id: str) -> None:
        assert self._does(cancel=request_id) == "cancelled"

    def look(self, request_id: str) -> dict:
        """How far it is, as the desk knows."""
        return self._does(look=request_id)

    def _does(self, **told: str):
        command = [sys.executable, "-I", "-c", CHAMPION, str(self.state), json.dumps(told)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def come_to(champion: Champion, request_id: str, state: str) -> dict:
    return wait_for(
        lambda: (told := champion.look(request_id))["state"] == state and told, f"{champion.look(request_id)}"
    )
