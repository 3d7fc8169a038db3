"""``/api/v1/quarantine``: what it asks for, and that a merged ticket says so."""

import sqlite3
import uuid
from contextlib import closing

import requests


def test_it_wants_a_credential(desk):
    for method in ("GET", "PUT"):
        answer = desk.api(method, f"quarantine/{uuid.uuid4()}")
        assert (answer.status_code, answer.json()["type"]) == (401, "unauthorized")


def test_what_is_not_there_is_unknown(device):
    answer = device.api("GET", f"quarantine/{uuid.uuid4()}")
    assert (answer.status_code, answer.json()["type"]) == (404, "unknown-bundle")
    assert device.api("GET", "quarantine/no-uuid").status_code == 400


def test_an_upload_says_what_it_is(device, bundle):
    assert device.put("17", bundle, path="quarantine", Sendlogs_Ticket="17", Content_Type="text/x").status_code == 415
    assert device.put("17", bundle, path="quarantine", Sendlogs_Ticket="17", Repr_Digest="").status_code == 400


def test_a_bundle_that_is_on_a_ticket_is_told_with_it(device, bundle):
    number = device.open_ticket()["number"]
    bundle_id = device.put(number, bundle).json()["bundle_id"]
    again = device.put("17", bundle, bundle_id=bundle_id, path="quarantine", Sendlogs_Ticket="17")
    assert (again.status_code, again.json()["ticket"]) == (200, number)
    assert again.json()["url"].endswith(f"/bundles/{bundle_id}/")


def test_a_body_of_another_path_stays_bounded(desk, device):
    """The stream past Django's own limit is for the two uploads alone."""
    answer = requests.put(
        f"{desk.url}/api/v1/quarantine/{uuid.uuid4()}/more",
        data=b"x" * (2 << 20),
        headers={"Authorization": f"Bearer {device.credential}"},
        timeout=60,
    )
    assert answer.status_code == 413


def test_a_merged_ticket_is_told_to_be(desk, device):
    into, number = device.open_ticket()["number"], device.open_ticket()["number"]
    with closing(sqlite3.connect(desk.state_folder / "desk.sqlite3")) as database, database:
        database.execute("UPDATE helpdesk_ticket SET merged_to_id = ? WHERE id = ?", [into, number])
    told = device.api("GET", f"tickets/{number}").json()
    assert (told["merged"], told["accepts_bundles"]) == (True, False)
