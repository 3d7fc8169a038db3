"""The API as a whole: its document is valid, its answers conform to it, and every failure is a problem document."""

import importlib.util
import json
import re
import socket
import uuid
from pathlib import Path

import jsonschema
import pytest
import requests

PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def document(desk):
    return desk.api("GET", "openapi.json").json()


@pytest.fixture(scope="module")
def conforms(document):
    """Assert that an answer is one the document tells of, in the shape that it tells."""

    def check(answer: requests.Response, template: str) -> None:
        method = answer.request.method.lower()
        described = document["paths"][f"/api/v1/{template}"][method]["responses"][str(answer.status_code)]
        media_type = answer.headers["Content-Type"].split(";")[0]
        # $ref resolves against the whole document: OpenAPI 3.0 schemas of this kind are JSON Schemas too.
        schema = {**described["content"][media_type]["schema"], "components": document["components"]}
        jsonschema.validate(answer.json(), _nullable(schema), format_checker=jsonschema.FormatChecker())

    return check


def _nullable(schema):
    """OpenAPI 3.0 says ``nullable`` where JSON Schema says ``null``."""
    if isinstance(schema, dict):
        schema = {key: _nullable(value) for key, value in schema.items()}
        if schema.pop("nullable", False) and "type" in schema:
            schema["type"] = [schema["type"], "null"]
    elif isinstance(schema, list):
        schema = [_nullable(value) for value in schema]
    return schema


def test_the_document_describes_exactly_the_api(document):
    assert document["openapi"].startswith("3.")
    assert sorted(document["paths"]) == [
        "/api/v1/champion/requests",
        "/api/v1/champion/requests/{request_id}",
        "/api/v1/champion/requests/{request_id}/cancel",
        "/api/v1/enroll",
        "/api/v1/health",
        "/api/v1/me",
        "/api/v1/me/credential",
        "/api/v1/quarantine/{bundle_id}",
        "/api/v1/relay/bundles/{bundle_id}",
        "/api/v1/relay/tickets/{number}",
        "/api/v1/relay/work",
        "/api/v1/requests",
        "/api/v1/requests/{request_id}/state",
        "/api/v1/tickets",
        "/api/v1/tickets/{number}",
        "/api/v1/tickets/{number}/bundles/{bundle_id}",
        "/api/v1/tickets/{number}/bundles/{bundle_id}/parts",
        "/api/v1/tickets/{number}/uploads",
        "/api/v1/tickets/{number}/uploads/{upload_id}",
    ]


def test_the_document_is_valid(document):
    """By the OpenAPI schema that comes with the generator."""
    package = Path(importlib.util.find_spec("drf_spectacular").submodule_search_locations[0])
    schema = json.loads((package / "validation" / "openapi_3_0_schema.json").read_text())
    jsonschema.validate(document, schema)


def test_every_request_told_in_the_document_says_who_may_make_it(document):
    open_to_all = {
        (path, method)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if not operation.get("security")
    }
    assert open_to_all == {("/api/v1/health", "get"), ("/api/v1/enroll", "post")}


def test_good_answers_conform(desk, device, bundle, conforms):
    number = device.open_ticket()["number"]
    put = device.put(number, bundle)
    bundle_id = put.json()["bundle_id"]
    conforms(put, "tickets/{number}/bundles/{bundle_id}")
    conforms(device.put(number, bundle, bundle_id=bundle_id), "tickets/{number}/bundles/{bundle_id}")
    conforms(device.api("GET", f"tickets/{number}/bundles/{bundle_id}"), "tickets/{number}/bundles/{bundle_id}")
    conforms(device.api("GET", f"tickets/{number}"), "tickets/{number}")
    conforms(device.api("GET", "tickets"), "tickets")
    conforms(device.api("POST", "tickets", json={"subject": "s", "request_id": number}), "tickets")
    conforms(device.api("GET", "me"), "me")
    conforms(device.api("PUT", "me", json={"host": "box"}), "me")
    conforms(device.api("GET", "requests"), "requests")
    conforms(desk.api("GET", "health"), "health")


def test_failures_conform(desk, device, bundle, conforms):
    number = device.open_ticket()["number"]
    path = "tickets/{number}/bundles/{bundle_id}"
    conforms(device.put(number, b"no archive"), path)
    conforms(device.put("999999", bundle), path)
    conforms(device.put(number, bundle, Content_Type="text/plain"), path)
    conforms(device.put(number, bundle, Authorization="Bearer x.y"), path)
    conforms(desk.api("POST", "enroll", json={"token": "x", "computer_id": "c"}), "enroll")
    conforms(desk.api("POST", "enroll", json={"computer_id": "c"}), "enroll")
    conforms(device.api("GET", "tickets/999999"), "tickets/{number}")
    conforms(device.api("GET", "requests?position=x"), "requests")
    conforms(device.api("POST", f"requests/{uuid.uuid4()}/state", json={}), "requests/{request_id}/state")
    conforms(device.api("PUT", "me", json={"remote_policy": "always"}), "me")
    conforms(desk.api("POST", "me/credential"), "me/credential")
    conforms(desk.api("GET", "me"), "me")


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "kind"),
    [
        ("GET", "nothing/here", {}, 404, "about:blank"),
        ("POST", "nothing/here", {"data": b"x"}, 404, "about:blank"),
        ("GET", "", {}, 404, "about:blank"),
        ("GET", "tickets/", {}, 404, "about:blank"),
        ("DELETE", "tickets", {}, 405, "about:blank"),
        ("OPTIONS", "tickets", {}, 405, "about:blank"),
        ("POST", "tickets", {"data": b"<x/>", "headers": {"Content-Type": "text/xml"}}, 415, "about:blank"),
        ("GET", "tickets", {"headers": {"Accept": "text/html"}}, 406, "about:blank"),
        ("POST", "tickets", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "invalid"),
        ("POST", "tickets", {"data": b"\xff", "headers": {"Content-Type": "application/json"}}, 400, "invalid"),
        ("POST", "tickets", {"data": b"[" * 100_000, "headers": {"Content-Type": "application/json"}}, 400, "invalid"),
        ("POST", "tickets", {"json": []}, 400, "invalid"),
        ("POST", "tickets", {"json": {"subject": "s"}}, 400, "invalid"),
        ("POST", "tickets", {"json": {"subject": "s", "request_id": "1", "severity": 5}}, 400, "invalid"),
        ("POST", "tickets", {"json": {"subject": "a\u0000b", "request_id": "1"}}, 400, "invalid"),
        ("POST", "tickets", {"json": {"subject": "\ud800", "request_id": "1"}}, 400, "invalid"),
        ("POST", "tickets", {"data": b" " * 2_000_000}, 413, "too-large"),
        ("GET", "tickets", {"headers": {"Host": "evil.example"}}, 400, "invalid"),
        ("GET", "tickets", {"headers": {"Authorization": "Bearer"}}, 401, "unauthorized"),
        ("GET", "tickets", {"headers": {"Authorization": "Bearer x.y"}}, 401, "unauthorized"),
        ("GET", "tickets", {"headers": {"Authorization": "Basic eDp5"}}, 401, "unauthorized"),
    ],
)
def test_every_failure_is_a_problem_document(device, method, path, more, status, kind):
    answer = device.api(method, path, **more)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM)
    assert (answer.json()["type"], answer.json()["status"]) == (kind, status)
    assert answer.json()["title"]
    assert answer.json()["detail"]


def test_fields_that_are_wrong_are_named(device):
    answer = device.api("POST", "tickets", json={"severity": "high", "request_id": "1"})
    assert set(answer.json()["errors"]) == {"subject", "severity"}


def test_a_refused_credential_says_what_is_wanted(desk):
    assert desk.api("GET", "me").headers["WWW-Authenticate"] == "Bearer"


def test_a_champions_session_is_nothing_to_the_api(desk, champion):
    """So that no page elsewhere can make a champion's browser call it."""
    answer = champion.get(f"{desk.url}/api/v1/tickets", timeout=60)
    assert answer.status_code == 401


def test_health_needs_no_credential(desk):
    answer = desk.api("GET", "health")
    assert answer.json()["status"] == "ok"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", answer.json()["version"])


def test_the_api_knows_its_caller(device):
    assert device.api("GET", "me").json()["computer_id"] == device.computer_id


def test_a_body_without_a_length_is_bounded_too(desk):
    """A chunked body is counted while it arrives."""
    host, port = desk.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        head = f"POST /api/v1/enroll HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        for _ in range(40):
            connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")
