"""A real site of every kind of endpoint, for the contract suite: each as two devices see it, and with its keeper."""

from __future__ import annotations

import hashlib
import importlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.endpoints import Connection, Endpoint, installed
from agent.endpoints.desk import enroll
from tests.servers.tracker_process import RunningTracker, rot
from tests.vendors.faults import Vendor, device


@dataclass(frozen=True)
class Site:
    """A place where tickets are, as two devices see it, and what its keeper could do."""

    ours: Endpoint
    theirs: Endpoint
    close: Callable[[str], None]
    damage: Callable[[str, str], None]  # (ticket number, bundle id): the stored bytes rot
    absent: str = "987654321"  # a number that no ticket has
    takes_files: bool = True
    takes_volumes: bool = False


def _folder_site(request: pytest.FixtureRequest, folder: Path) -> Site:
    root = folder / "share"
    root.mkdir()
    kind = installed()["folder"]

    def device(name: str) -> Endpoint:
        return kind.connect(Connection(address=str(root), credential_file=folder / name))

    def close(number: str) -> None:
        file = root / f"ticket-{int(number):06}" / "ticket.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"status": "closed"}))

    def damage(number: str, bundle_id: str) -> None:
        rot(root / f"ticket-{int(number):06}" / f"{bundle_id}.7z")

    return Site(ours=device("ours"), theirs=device("theirs"), close=close, damage=damage)


def _desk_site(request: pytest.FixtureRequest, folder: Path) -> Site:
    desk = request.getfixturevalue("running_desk")
    kind = installed()["desk"]

    def device(name: str) -> Endpoint:
        connection = Connection(address=desk.url, credential_file=folder / name)
        enroll(connection, desk.enrolment_token(), str(uuid.uuid4()))
        return kind.connect(connection)

    def damage(number: str, bundle_id: str) -> None:
        rot(desk.stored_bundle(bundle_id))

    return Site(ours=device("ours"), theirs=device("theirs"), close=desk.close_ticket, damage=damage)


def _tracker_site(name: str) -> Callable[[pytest.FixtureRequest, Path], Site]:
    def make(request: pytest.FixtureRequest, folder: Path) -> Site:
        tracker: RunningTracker = request.getfixturevalue(f"running_{name}")

        def device(token: str) -> Endpoint:
            connection = Connection(
                address=tracker.address,
                credential_file=folder / hashlib.sha256(token.encode()).hexdigest()[:8],
                timeout_seconds=60,
                retry_seconds=60,
            )
            importlib.import_module(f"agent.endpoints.{name}").enroll(connection, token, "")
            return installed()[name].connect(connection)

        return Site(
            ours=device(tracker.ours),
            theirs=device(tracker.theirs),
            close=tracker.close,
            damage=lambda number, bundle_id: tracker.damage(f"{bundle_id}.7z"),
            takes_volumes=installed()[name].capabilities.takes_volumes,
        )

    return make


def _vendor_site(name: str) -> Callable[[pytest.FixtureRequest, Path], Site]:
    """On a fake of the vendor's documented answers, over a real socket."""

    def make(request: pytest.FixtureRequest, folder: Path) -> Site:
        module = importlib.import_module(f"tests.vendors.{name}")
        vendor: Vendor = getattr(module, "".join(word.capitalize() for word in name.split("_")))()
        running = vendor.server.running()
        running.__enter__()
        request.addfinalizer(lambda: running.__exit__(None, None, None))
        ours, theirs = (device(name, vendor, folder, token) for token in (module.OURS, module.THEIRS))
        return Site(
            ours=ours,
            theirs=theirs,
            close=vendor.close,
            damage=vendor.damage,
            absent=getattr(module, "ABSENT", Site.absent),
            takes_files=not installed()[name].capabilities.link_only,
            takes_volumes=installed()[name].capabilities.takes_volumes,
        )

    return make


_TRACKERS = ("redmine", "request_tracker", "roundup")
FACTORIES: dict[str, Callable[[pytest.FixtureRequest, Path], Site]] = {
    "desk": _desk_site,
    "folder": _folder_site,
    **{name: _tracker_site(name) for name in _TRACKERS},
    "freshdesk": _vendor_site("freshdesk"),
    "github_issues": _vendor_site("github_issues"),
    "jira_service_management": _vendor_site("jira_service_management"),
    "salesforce": _vendor_site("salesforce"),
    "servicenow": _vendor_site("servicenow"),
    "zammad": _vendor_site("zammad"),
    "zendesk": _vendor_site("zendesk"),
}


def marked(name: str) -> object:
    """Trackers are heavy programs; their tests have a ``make`` target of their own."""
    return pytest.param(name, marks=pytest.mark.peer) if name in _TRACKERS else name
