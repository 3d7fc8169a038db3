"""What the headers of an upload must say before a byte of its body is read."""

import base64
import socket
import uuid

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
        {"Sendlogs_Consent": base64.b64encode(b'{"x": "' + b"y" * 9000 + b'"}').decode()},
    ],
)
def test_headers_that_are_wrong_are_refused(device, bundle, headers):
    answer = device.put(device.open_ticket()["number"], bundle, **headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid")


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
