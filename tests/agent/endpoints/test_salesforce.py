"""Salesforce, against its documented answers: answer by answer, and with a fault at each request."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.endpoints.salesforce import ENDPOINT, _quoted
from agent.errors import EndpointError, NotEnrolled, RateLimited, TooLarge, UnknownTicket, Unreachable
from agent.flow import Severity
from tests.vendors.faults import FAULTS, Told, deliver_through, device, ignore
from tests.vendors.salesforce import OURS, Salesforce
from tests.vendors.server import Reply


@pytest.fixture
def vendor() -> Iterator[Salesforce]:
    salesforce = Salesforce()
    with salesforce.server.running():
        yield salesforce


@pytest.fixture
def endpoint(vendor: Salesforce, tmp_path: Path) -> Any:
    return device("salesforce", vendor, tmp_path, OURS)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_at_any_request_ends_as_one_case_and_one_file(tmp_path: Path, told: Told, fault: str) -> None:
    assert deliver_through(fault, "salesforce", Salesforce, OURS, tmp_path, told) >= 8


def test_the_secret_goes_out_once_and_the_token_in_a_header_alone(
    vendor: Salesforce, endpoint: Any, told: Told
) -> None:
    endpoint.attach(endpoint.open(told[0]), told[1], told[2], ignore)
    first, *others = vendor.server.requests
    assert first.path == "/services/oauth2/token"
    assert b"SECRET-OF-OURS" in first.body
    for request in others:
        assert request.headers["authorization"] == "Bearer 00Dx!ours"
        assert "SECRET" not in str(request)
        assert "00Dx" not in f"{request.path}{request.query}{request.body!r}"


def test_a_token_that_is_old_is_changed_for_a_new_one(
    monkeypatch: pytest.MonkeyPatch, vendor: Salesforce, endpoint: Any
) -> None:
    endpoint.check()
    now = time.monotonic()
    monkeypatch.setattr("agent.endpoints.salesforce.time.monotonic", lambda: now + 3600)
    endpoint.check()
    assert [request.path for request in vendor.server.requests].count("/services/oauth2/token") == 2


def test_a_file_says_what_it_is(vendor: Salesforce, endpoint: Any, told: Told) -> None:
    _, archive, consent = told
    endpoint.attach(endpoint.open(told[0]), archive, consent, ignore)
    (file,) = vendor.files.values()
    assert file["Title"] == file["PathOnClient"] == f"{archive.bundle_id}.7z"
    assert archive.sha256 in file["Description"]
    assert file["data"] == archive.file.read_bytes()


@pytest.mark.parametrize("typed", ["1001", "#1001", "00001001", "0001001"])
def test_a_number_is_found_with_and_without_its_zeros(endpoint: Any, told: Told, typed: str) -> None:
    opened = endpoint.open(told[0])
    assert endpoint.look_up(typed) == opened


def test_a_merged_case_is_the_one_that_is_left(vendor: Salesforce, endpoint: Any, told: Told) -> None:
    first = endpoint.open(told[0])
    second = endpoint.open(dataclasses.replace(told[0], idempotency_key="aaaa-1"))
    vendor.merge(first.number, second.number)
    assert endpoint.look_up(first.number) == second
    assert endpoint.attach(first, told[1], told[2], ignore)
    (file,) = vendor.files.values()
    assert file["FirstPublishLocationId"] == second.link.split("/")[-2]


def test_a_deleted_case_is_unknown(vendor: Salesforce, endpoint: Any, told: Told) -> None:
    number = endpoint.open(told[0]).number
    vendor.cases[told[0].idempotency_key]["IsDeleted"] = True
    with pytest.raises(UnknownTicket):
        endpoint.look_up(number)


@pytest.mark.parametrize(("severity", "read"), [(1, 2), (2, 2), (3, 3), (4, 4)])
def test_four_severities_are_three_priorities(endpoint: Any, told: Told, severity: int, read: int) -> None:
    assert endpoint.open(dataclasses.replace(told[0], severity=Severity(severity))).severity == read


def test_a_text_cannot_end_its_quotes() -> None:
    assert _quoted("a' OR Id != '\\") == "'a\\' OR Id != \\'\\\\'"


@pytest.mark.parametrize("credential", ["no-colon-in-it", ":secret-alone", "key-alone:", "unknown:credential"])
def test_a_credential_that_is_none_says_so(vendor: Salesforce, tmp_path: Path, credential: str) -> None:
    with pytest.raises(NotEnrolled) as refused:
        device("salesforce", vendor, tmp_path, credential).check()
    assert credential not in str(refused.value)


def error(code: str) -> list[dict[str, str]]:
    return [{"message": f"This is {code}.", "errorCode": code}]


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(401, error("INVALID_SESSION_ID")), NotEnrolled, "token"),
        (Reply(403, error("REQUEST_LIMIT_EXCEEDED")), RateLimited, "REQUEST_LIMIT_EXCEEDED"),
        (Reply(400, error("INVALID_FIELD")), EndpointError, "INVALID_FIELD"),
        (Reply(400, error("FILE_SIZE_LIMIT_EXCEEDED")), TooLarge, "FILE_SIZE"),
        (Reply(400, body=b"["), EndpointError, "400"),
        (Reply(503, error("SERVER_UNAVAILABLE")), Unreachable, "503"),
    ],
)
def test_each_refusal_has_its_error(vendor: Salesforce, endpoint: Any, reply: Reply, kind: Any, words: str) -> None:
    vendor.server.troubles = [None, reply]
    with pytest.raises(kind, match=words) as refused:
        endpoint.check()
    assert "SECRET" not in str(refused.value)


def test_a_token_answer_without_a_user_is_no_answer(vendor: Salesforce, endpoint: Any) -> None:
    vendor.server.troubles = [Reply(200, {"access_token": "x", "id": "https://x/id/' OR Id != '"})]
    with pytest.raises(Unreachable, match="of a user"):
        endpoint.check()


def test_declares_the_documented_limit() -> None:
    assert ENDPOINT.capabilities.largest_bundle_bytes == 2_000_000_000
