"""Parts to a store, at addresses the desk tells, against small stand-ins that misbehave as told."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from agent.endpoints import Connection
from agent.endpoints._parts import PartsUpload
from agent.endpoints._transport import Transport
from agent.errors import ClosedTicket, ConfigError, EndpointError, StorageError, Unreachable
from agent.flow import Archive

DESK = "https://desk.example"
STORE = "https://s3.example"
PATH = "/api/v1/tickets/7/bundles/b/parts"
CREDENTIAL = "Bearer device-1.mine"
PART_BYTES = 1000
DATA = bytes(range(256)) * 40
PARTS = -(-len(DATA) // PART_BYTES)
Answer = tuple[int, dict[str, str], str]


@dataclass
class Sites:
    """A desk and its store; ``faults`` are what happens instead of the next requests, by method."""

    held: dict[int, bytes] = field(default_factory=dict)
    faults: dict[str, list[Answer | Exception]] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)  # to what the desk tells
    address: str = STORE
    keeps: bool = True
    signature: int = 0  # the number of the last answer; an older one has expired
    announced: int = 0
    put_bytes: int = 0

    def desk(self, request: requests.PreparedRequest) -> Answer:
        self.announced += 1
        assert request.headers["Authorization"] == CREDENTIAL
        words = json.loads(request.body or b"")
        assert (words["size_bytes"], words["consent"]) == (len(DATA), "consent")
        if waiting := self.faults.get("POST"):
            return self._fault(waiting)
        self.signature += 1
        missing = [number for number in range(1, PARTS + 1) if number not in self.held]
        told = {
            "held_bytes": sum(map(len, self.held.values())),
            "good_for_seconds": 900,
            "parts": [self._part(number) for number in missing[:4]],
            "stored": None if missing else {"sha256": words["sha256"]},
        }
        return 200, {}, json.dumps({**told, **self.changes})

    def _part(self, number: int) -> dict[str, Any]:
        offset = (number - 1) * PART_BYTES
        url = f"{self.address}/b/{number}?Signature=%2B{self.signature}"
        return {"number": number, "offset": offset, "size_bytes": min(PART_BYTES, len(DATA) - offset), "url": url}

    def store(self, request: requests.PreparedRequest) -> Answer:
        assert "Authorization" not in request.headers
        assert "device-1" not in str(request.headers)
        body = bytes(request.body or b"")  # read already, by what stands in for the socket
        assert request.headers["Content-Length"] == str(len(body))
        if waiting := self.faults.get("PUT"):
            return self._fault(waiting)
        if not str(request.url).endswith(f"?Signature=%2B{self.signature}"):
            return 403, {}, "<Error><Code>AccessDenied</Code></Error>"
        self.put_bytes += len(body)
        if self.keeps:
            self.held[int(str(request.path_url).split("?")[0].rpartition("/")[2])] = body
        return 200, {"ETag": '"x"'}, ""

    @staticmethod
    def _fault(waiting: list[Answer | Exception]) -> Answer:
        fault = waiting.pop(0)
        if isinstance(fault, Exception):
            raise fault
        return fault


@pytest.fixture
def sites() -> Iterator[Sites]:
    made = Sites()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback("POST", f"{DESK}{PATH}", callback=made.desk)
        for number in range(1, PARTS + 1):
            mock.add_callback("PUT", f"{STORE}/b/{number}", callback=made.store)
        yield made


@pytest.fixture
def archive(make_archive: Callable[..., Archive]) -> Archive:
    return make_archive(DATA)


@dataclass
class Sender:
    """Sends, and tells for how long it waited."""

    archive: Archive
    folder: Path
    waited: list[float] = field(default_factory=list)
    progress: list[int] = field(default_factory=list)
    clock: Callable[[], float] = lambda: 0.0

    def __call__(self, desk: str = DESK) -> Any:
        connection = Connection(address=desk, credential_file=self.folder / "unused")
        return PartsUpload(
            Transport(desk, connection),
            PATH,
            self.archive,
            connection=connection,
            headers={"Authorization": CREDENTIAL},
            consent="consent",
            progress=lambda sent_bytes, _total_bytes: self.progress.append(sent_bytes),
            wait=self.waited.append,
            clock=self.clock,
        ).send()


@pytest.fixture
def send(archive: Archive, tmp_path: Path) -> Sender:
    return Sender(archive, tmp_path)


def problem(kind: str, status: int) -> Answer:
    told = {"type": kind, "title": kind, "status": status, "detail": f"This is {kind}."}
    return status, {"Content-Type": "application/problem+json"}, json.dumps(told)


def test_what_is_missing_is_put_and_the_bundle_told(sites: Sites, send: Sender) -> None:
    assert send() == {"sha256": send.archive.sha256}
    assert b"".join(sites.held[number] for number in sorted(sites.held)) == DATA
    assert (sites.put_bytes, send.progress[-1], send.waited) == (len(DATA), len(DATA), [])


def test_what_the_store_holds_is_not_sent_again(sites: Sites, send: Sender) -> None:
    """After a kill nothing is known here but the archive."""
    sites.held = {number: DATA[(number - 1) * PART_BYTES :][:PART_BYTES] for number in (1, 2, 4)}
    send()
    assert sites.put_bytes == len(DATA) - 3 * PART_BYTES


@pytest.mark.parametrize(
    "fault",
    [
        (403, {}, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"),
        (404, {}, "<Error><Code>NoSuchUpload</Code></Error>"),
        (503, {}, "<Error><Code>SlowDown</Code></Error>"),
        requests.ConnectionError("https://s3.example/b/1?Signature=1"),
    ],
)
def test_after_trouble_at_the_store_the_desk_is_asked_for_new_addresses(
    sites: Sites, send: Sender, fault: Answer | Exception
) -> None:
    sites.faults["PUT"] = [fault]
    assert send() is not None
    assert sites.put_bytes == len(DATA)
    assert len(send.waited) == 1


def test_an_address_is_not_used_beyond_its_time(sites: Sites, send: Sender) -> None:
    moments = iter(range(0, 100_000, 500))
    send.clock = lambda: float(next(moments))
    assert send() is not None
    assert send.waited == []  # none was refused
    assert sites.announced == PARTS + 1


def test_a_desk_without_a_store_wants_it_another_way(sites: Sites, send: Sender) -> None:
    sites.faults["POST"] = [problem("about:blank", 404)]
    assert send() is None
    assert sites.put_bytes == 0


def test_what_the_desk_refuses_is_told_as_it_is(sites: Sites, send: Sender) -> None:
    sites.faults["POST"] = [problem("closed-ticket", 409)]
    with pytest.raises(ClosedTicket):
        send()


def test_a_desk_that_reads_back_is_waited_for(sites: Sites, send: Sender) -> None:
    sites.faults["POST"] = [problem("locked", 423)] * 3
    assert send() is not None
    assert send.waited == [0.2, 0.5, 1]


def test_a_store_that_kept_something_else_is_left_to_a_later_attempt(sites: Sites, send: Sender) -> None:
    """At once it would cost the whole bundle again, and again."""
    sites.held = dict.fromkeys(range(1, PARTS), b"x")
    sites.faults["POST"] = [problem("digest-mismatch", 400)]
    with pytest.raises(Unreachable):
        send()
    assert (sites.announced, sites.put_bytes, send.waited) == (1, 0, [])


def test_a_store_that_keeps_nothing_is_given_up_before_long(sites: Sites, send: Sender) -> None:
    sites.keeps = False
    with pytest.raises(Unreachable, match="never sees"):
        send()
    assert sites.put_bytes < 2 * len(DATA)


def test_gives_up_in_the_end_and_names_no_address(sites: Sites, send: Sender, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    sites.faults["PUT"] = [requests.ConnectionError(f"{STORE}/b/1?Signature=1")] * 100
    with pytest.raises(Unreachable, match=r"s3\.example") as raised:
        send()
    assert "Signature" not in f"{raised.value}{caplog.text}"
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert len(send.waited) == 10


def test_a_store_that_points_elsewhere_is_not_followed(sites: Sites, send: Sender) -> None:
    sites.faults["PUT"] = [(307, {"Location": "https://stranger.example/?take=it"}, "")] * 100
    with pytest.raises(Unreachable, match=r"points to stranger\.example"):
        send()
    assert sites.put_bytes == 0


def test_the_store_is_as_safe_as_the_desk(sites: Sites, send: Sender) -> None:
    sites.address = "http://127.0.0.1:9"
    with pytest.raises(Unreachable, match="unsafe"):
        send()


def test_plain_http_is_for_loopback_alone(send: Sender) -> None:
    loopback = "http://127.0.0.1:9"
    part = {"offset": 0, "size_bytes": 1, "url": "http://s3.example/b?Signature=1"}
    told = {"held_bytes": 0, "good_for_seconds": 900, "parts": [part], "stored": None}
    with responses.RequestsMock() as mock:
        mock.post(f"{loopback}{PATH}", json=told)
        with pytest.raises(ConfigError, match="unencrypted"):
            send(loopback)


@pytest.mark.parametrize(
    "changes",
    [
        {"parts": []},
        {"parts": None},
        {"parts": [{"offset": 0, "size_bytes": 0, "url": STORE}]},
        {"parts": [{"offset": 0, "size_bytes": len(DATA) + 1, "url": STORE}]},
        {"parts": [{"offset": -1, "size_bytes": 1, "url": STORE}]},
        {"parts": [{"offset": 0, "size_bytes": 1, "url": "https://[broken"}]},
        {"held_bytes": "many"},
        {"held_bytes": len(DATA) + 1},
        {"held_bytes": -1},
    ],
)
def test_nonsense_of_a_desk_is_a_passing_trouble(sites: Sites, send: Sender, changes: dict[str, Any]) -> None:
    sites.changes = changes
    with pytest.raises(Unreachable):
        send()
    assert sites.put_bytes == 0


def test_nothing_of_a_file_that_changed_leaves(sites: Sites, send: Sender) -> None:
    send.archive.file.write_bytes(DATA[:-1] + b"?")
    with pytest.raises(StorageError, match="has changed"):
        send()
    assert sites.put_bytes == 0


def test_a_file_that_is_gone_is_named(sites: Sites, send: Sender) -> None:
    send.archive.file.unlink()
    with pytest.raises((StorageError, EndpointError), match="cannot be used"):
        send()


def test_the_address_goes_out_as_it_was_signed(sites: Sites, send: Sender) -> None:
    """Quoting it anew would break its signature: the stand-in compares it to the letter, ``%2B`` and all."""
    send()
    assert sites.announced == -(-PARTS // 4) + 1
