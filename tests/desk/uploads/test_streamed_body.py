"""Bodies in front of Django: an upload passes unread, others are read no further than their limit."""

import asyncio
import json
import time

from desk.uploads import streamed_body
from desk.uploads.streamed_body import SCOPE_KEY, BodyBroken, StreamedBodies

UPLOAD = {"type": "http", "method": "PUT", "path": "/api/v1/tickets/1/bundles/x", "headers": []}
OTHER = {"type": "http", "method": "POST", "path": "/api/v1/tickets", "headers": []}


def _run(application, scope, messages, **more):
    """What the application sent, given these messages of a caller, who then says nothing more."""
    waiting, sent = list(messages), []

    async def receive():
        return waiting.pop(0) if waiting else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    options = {"other_limit_bytes": 10, "silence_seconds": 0.05, **more}
    asyncio.run(StreamedBodies(application, **options)(scope, receive, send))
    return sent


def _piece(body, *, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def test_django_gets_an_upload_without_its_body():
    async def application(scope, receive, send):
        assert await receive() == _piece(b"")
        body = await asyncio.to_thread(lambda: b"".join(scope[SCOPE_KEY].pieces()))
        await send({"type": "http.response.body", "body": body})

    sent = _run(application, UPLOAD, [_piece(b"one ", more=True), _piece(b"two")])
    assert sent == [{"type": "http.response.body", "body": b"one two"}]


def test_an_upload_that_ends_early_or_falls_silent_is_broken():
    async def application(scope, receive, send):
        def read():
            try:
                return list(scope[SCOPE_KEY].pieces())
            except BodyBroken as broken:
                return str(broken)

        await send({"type": "http.response.body", "body": await asyncio.to_thread(read)})

    begun = _piece(b"one", more=True)
    assert _run(application, UPLOAD, [begun, {"type": "http.disconnect"}])[0]["body"] == "The upload ended early."
    assert _run(application, UPLOAD, [begun])[0]["body"] == "The upload fell silent."


def test_an_early_answer_is_sent_before_the_rest_is_dropped():
    async def application(_scope, _receive, send):
        await send({"type": "http.response.body", "body": b"no"})

    sent = _run(application, UPLOAD, [_piece(b"one", more=True), _piece(b"two")])
    assert [(message["body"], message.get("more_body", False)) for message in sent] == [(b"no", True), (b"", False)]


def test_no_more_than_some_megabytes_are_read_ahead():
    asked = []

    async def receive():
        asked.append(1)
        return _piece(bytes(2**20), more=len(asked) < 100)

    async def look(_scope, _receive, _send):
        body = _scope[SCOPE_KEY]

        def read():
            pieces = body.pieces()
            first = next(pieces)
            deadline = time.monotonic() + 10
            while len(asked) < 5 and time.monotonic() < deadline:
                pass
            held = len(asked)
            return held, len(first) + sum(map(len, pieces))

        held, size_bytes = await asyncio.to_thread(read)
        assert 5 <= held <= 6
        assert size_bytes == 100 * 2**20

    asyncio.run(StreamedBodies(look, other_limit_bytes=10, silence_seconds=5)(UPLOAD, receive, None))
    assert len(asked) == 100


def test_after_an_early_answer_a_reader_ahead_makes_way(monkeypatch):
    monkeypatch.setattr(streamed_body, "_AHEAD_BYTES", 1)

    async def application(scope, _receive, send):
        body = scope[SCOPE_KEY]

        def begin():
            return next(body.pieces())

        assert await asyncio.to_thread(begin) == b"one"
        await send({"type": "http.response.body", "body": b"no"})

    sent = _run(application, UPLOAD, [_piece(b"one", more=True), _piece(b"two", more=True), _piece(b"six")])
    assert [(message["body"], message.get("more_body", False)) for message in sent] == [(b"no", True), (b"", False)]


def test_a_reader_ahead_ends_with_the_answer_though_all_has_come(monkeypatch):
    monkeypatch.setattr(streamed_body, "_AHEAD_BYTES", 1)
    left = []

    async def application(scope, _receive, send):
        def begin():
            return next(scope[SCOPE_KEY].pieces())

        assert await asyncio.to_thread(begin) == b"all"
        await send({"type": "http.response.body", "body": b"no"})

    async def run():
        messages = [_piece(b"all")]

        async def receive():
            return messages.pop() if messages else await asyncio.Event().wait()

        async def send(_message):
            pass

        await StreamedBodies(application, other_limit_bytes=10, silence_seconds=5)(UPLOAD, receive, send)
        left.extend(asyncio.all_tasks() - {asyncio.current_task()})

    asyncio.run(run())
    assert left == []


def test_other_bodies_are_handed_on_up_to_the_limit():
    async def application(_scope, receive, send):
        await send({"type": "http.response.body", "body": (await receive())["body"]})

    sent = _run(application, OTHER, [_piece(b"12345", more=True), _piece(b"67890")])
    assert sent[0]["body"] == b"1234567890"


def test_other_bodies_beyond_the_limit_are_refused():
    async def application(_scope, _receive, _send):
        raise AssertionError("must not be called")

    counted = _run(application, OTHER, [_piece(b"123456", more=True), _piece(b"78901")])
    declared = _run(application, {**OTHER, "headers": [(b"content-length", b"11")]}, [_piece(b"12345678901")])
    for sent in (counted, declared):
        assert sent[0]["status"] == 413
        assert json.loads(sent[1]["body"])["type"] == "too-large"


def test_an_upload_is_one_however_its_method_is_written():
    """Django takes "patch" for PATCH, and its view wants the body."""
    assert streamed_body.is_upload({**UPLOAD, "method": "put"})
    assert not streamed_body.is_upload({**UPLOAD, "method": "GET"})
