"""What the headers of an upload must say before a byte of its body is read."""

import base64
import json
import socket
import sqlite3
import uuid
from contextlib import closing

import pytest


@pytest.mark.parametrize(
    "headers",
    [
        {"Repr_Digest": ""},
        {"Repr_Digest": "sha-256=abc"},
        {"Repr_Digest": "md5=:AAAA:"},
        {"Repr_Digest": "sha-256=:" + "A" * 43 + "!:"},
        {"Sendlogs_Consent": ""},
        {"Sendlogs_Consent": "no base64"},
        {"Sendlogs_Consent": base64.b64encode(b"[]").decode()},
        {"Sendlogs_Consent": base64.b64encode(b'{"x": NaN}').decode()},
        {"Sendlogs_Consent": base64.b64encode(b'{"x": "\\ud800"}').decode()},
        {"Sendlogs_Consent": base64.b64encode(b'{"x": "' + b"y" * 3100 + b'"}').decode()},
    ],
)
def test_headers_that_are_wrong_are_refused(device, bundle, headers):
    answer = device.put(device.open_ticket()["number"], bundle, **headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid")


@pytest.mark.parametrize("surplus", ["[" * 900 + "]" * 900, '{"a":' * 300 + "1" + "}" * 300, "1e999", "-1e999", '"x"'])
def test_of_a_consent_only_its_four_facts_are_kept(desk, device, bundle, champion, surplus):
    """Whatever else it holds, neither the upload nor the ticket's page fails over it."""
    ticket = device.open_ticket()
    consent = f'{{"how": "asked", "given_by": "{"j" * 1000}", "archive_sha256": 5, "more": {surplus}}}'.encode()
    answer = device.put(ticket["number"], bundle, Sendlogs_Consent=base64.b64encode(consent).decode())
    assert answer.status_code == 201
    assert champion.get(ticket["url"], timeout=60).status_code == 200
    with closing(sqlite3.connect(desk.state_folder / "desk.sqlite3")) as database:
        bundle_id = uuid.UUID(answer.json()["bundle_id"]).hex
        (kept,) = database.execute("SELECT consent FROM desk_bundle WHERE bundle_id = ?", [bundle_id]).fetchone()
    assert json.loads(kept) == {"how": "asked", "given_by": "j" * 200}


def test_other_digests_beside_sha_256_are_fine(device, bundle):
    answer = device.put(device.open_ticket()["number"], bundle)
    digest = answer.request.headers["Repr-Digest"]
    again = device.put(device.open_ticket()["number"], bundle, Repr_Digest=f"sha-512=:AAAA:, {digest}")
    assert again.status_code == 201


def test_a_bundle_id_is_a_uuid(device, bundle):
    answer = device.put(device.open_ticket()["number"], bundle, bundle_id="..%2f..%2fx")
    assert answer.status_code in {400, 404}
    answer = device.put(device.open_ticket()["number"], bundle, bundle_id="not-a-uuid")
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid")


def test_an_upload_without_a_length_is_refused(desk, device):
    """A chunked upload has no end that could be checked."""
    number = device.open_ticket()["number"]
    host, port = desk.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        head = (
            f"PUT /api/v1/tickets/{number}/bundles/{uuid.uuid4()} HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: Bearer {device.credential}\r\nContent-Type: application/x-7z-compressed\r\n"
            "Transfer-Encoding: chunked\r\n\r\n"
        )
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 411 ")
