"""The body of an upload past the parser: whole, in order, bounded, and ended as one that went by the parser."""

import asyncio
import random

import pytest
import uvicorn
from uvicorn.server import ServerState

from desk.uploads.direct_body import DirectBody, UploadProtocol
from desk.uploads.streamed_body import DIRECT_KEY, SCOPE_KEY, BodyBroken, StreamedBodies

MB = 2**20
HEAD = "PATCH /api/v1/tickets/1/uploads/x HTTP/1.1\r\nHost: desk\r\n{more}\r\n"


def _taken(body):
    """All pieces of a body, or what came before it broke and why."""
    taken = bytearray()
    try:
        for piece in body.pieces():
            taken += piece
    except BodyBroken as broken:
        return bytes(taken), str(broken)
    return bytes(taken), ""


class _Desk:
    """A desk that takes each body and answers with its length; ``bodies`` are the bodies, ``went`` how each came."""

    def __init__(self, *, reads=True, silence_seconds=5):
        self.bodies, self.went, self._reads, self._silence_seconds = [], [], reads, silence_seconds

    async def _answer(self, scope, _receive, send):
        body = scope.get(SCOPE_KEY)
        self.went.append(type(body).__name__)
        if self._reads and body is not None:
            self.bodies.append(await asyncio.to_thread(_taken, body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def meet(self, caller):
        """What ``caller`` returns, which gets the two ends of a connection to this desk."""
        application = StreamedBodies(self._answer, other_limit_bytes=MB, silence_seconds=self._silence_seconds)
        config = uvicorn.Config(application, lifespan="off", log_level="warning", server_header=False)
        config.load()
        state = ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: UploadProtocol(config, state, {}), "127.0.0.1", 0
        )
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            try:
                async with asyncio.timeout(30):
                    return await caller(reader, writer)
            finally:
                writer.close()
                while state.tasks:
                    await asyncio.wait(state.tasks)


def _head(*, length, more=""):
    return HEAD.format(more=f"Content-Length: {length}\r\n{more}").encode()


@pytest.mark.parametrize("size_bytes", [MB - 1, MB, MB + 1, 9 * MB + 3])
@pytest.mark.parametrize("with_head_bytes", [0, 1, 70_000])
def test_it_arrives_whole_and_in_order(size_bytes, with_head_bytes):
    chance = random.Random(size_bytes)
    data, desk = chance.randbytes(size_bytes), _Desk()

    async def caller(reader, writer):
        writer.write(_head(length=size_bytes) + data[:with_head_bytes])
        rest = data[with_head_bytes:]
        while rest:
            await writer.drain()
            cut = chance.choice([1, 1000, 65_536, 3 * MB])
            writer.write(rest[:cut])
            rest = rest[cut:]
            await asyncio.sleep(0)
        return await reader.read()

    answer = asyncio.run(desk.meet(caller))
    assert b"connection: close" in answer.lower()
    assert answer.endswith(b"ok")
    assert desk.bodies == [(data, "")]
    assert desk.went == ["DirectBody"]


def test_what_the_parser_has_to_see_goes_by_the_parser():
    """A length not told, or told twice; a caller that waits to be asked; a body that came with its head; no upload."""
    desk = _Desk()
    twice = _head(length=9, more="Transfer-Encoding: chunked\r\n") + b"3\r\none\r\n0\r\n\r\n"
    chunked = HEAD.format(more="Transfer-Encoding: chunked\r\n").encode() + b"3\r\none\r\n0\r\n\r\n"
    waits = _head(length=3, more="Expect: 100-continue\r\n")
    other = _head(length=3).replace(b"PATCH", b"POST ") + b"one"

    async def caller(reader, writer):
        answers = b""
        for request in (chunked, twice, _head(length=3) + b"one", other.replace(b"POST ", b"POST"), waits):
            writer.write(request)
            if request == waits:
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
                writer.write(b"one")
            answers += await reader.readuntil(b"ok")
        return answers

    answers = asyncio.run(desk.meet(caller))
    assert b"close" not in answers
    assert desk.bodies == [(b"one", "")] * 4
    assert desk.went == ["IncomingBody"] * 3 + ["NoneType", "IncomingBody"]


def test_of_one_that_ends_early_what_came_is_taken():
    desk = _Desk()

    async def caller(_reader, writer):
        writer.write(_head(length=3 * MB))
        await writer.drain()
        writer.write(b"a" * (MB + 7))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    asyncio.run(desk.meet(caller))
    assert desk.bodies == [(b"a" * (MB + 7), "The upload ended early.")]


def test_one_that_falls_silent_is_broken():
    desk = _Desk(silence_seconds=0.05)

    async def caller(reader, writer):
        writer.write(_head(length=10) + b"one")
        return await reader.readuntil(b"ok")

    assert asyncio.run(desk.meet(caller)).endswith(b"ok")
    assert desk.bodies == [(b"one", "The upload fell silent.")]


def test_an_early_answer_reaches_a_caller_that_still_sends():
    desk = _Desk(reads=False)

    async def caller(reader, writer):
        writer.write(_head(length=30 * MB))
        for _ in range(30):
            writer.write(bytes(MB))
            await writer.drain()
        return await reader.read()

    assert asyncio.run(desk.meet(caller)).endswith(b"ok")
    assert desk.went == ["DirectBody"]


class _Transport:
    """Counts what is asked of it."""

    paused = False

    def pause_reading(self):
        self.paused = True

    def resume_reading(self):
        self.paused = False

    def is_closing(self):
        return False


class _Parser:
    def __init__(self, loop):
        self.loop, self.transport = loop, _Transport()

    def connection_lost(self, _error):
        self.transport.paused = True


def _fill(body, size_bytes):
    """Bytes that arrive until the body wants no more or all are there; how many."""
    arrived = 0
    while arrived < size_bytes and not body._parser.transport.paused:
        room = len(body.get_buffer(-1))
        body.buffer_updated(room)
        arrived += room
    return arrived


def test_no_more_than_some_megabytes_lie_in_memory():
    async def look():
        body = DirectBody(_Parser(asyncio.get_running_loop()), b"", 100 * MB)
        arrived = _fill(body, 100 * MB)
        pieces = body.pieces()
        taken = [len(await asyncio.to_thread(next, pieces)) for _ in range(3)]
        await asyncio.sleep(0)  # what was given back is there again
        return arrived, taken, _fill(body, 100 * MB)

    arrived, taken, then = asyncio.run(look())
    assert arrived <= 4 * MB
    assert taken == [MB] * 3
    assert 0 < then <= 2 * MB


def test_nothing_is_read_before_somebody_takes_it():
    """Who sends may be nobody that the desk knows; and then little room is enough for what is dropped."""

    async def look():
        body = DirectBody(_Parser(asyncio.get_running_loop()), b"", 9 * MB)
        body.hold()
        held = (body._parser.transport.paused, len(body._block))
        dropping = asyncio.ensure_future(body.drop_rest())
        await asyncio.sleep(0)
        room = len(body.get_buffer(-1))
        _fill(body, 9 * MB)
        await dropping
        return held, room, body._filled.qsize()

    assert asyncio.run(look()) == ((True, 0), 65_536, 1)


def test_what_came_before_a_silence_is_taken():
    """Also what came while a piece before it waited to be taken."""

    async def look():
        body = DirectBody(_Parser(asyncio.get_running_loop()), b"", 9 * MB)
        body.silence_seconds = 0.5
        for size_bytes in (128_000, 172_000, 1):
            body.get_buffer(-1)[:size_bytes] = b"a" * size_bytes
            body.buffer_updated(size_bytes)
        return await asyncio.to_thread(_taken, body)

    assert asyncio.run(look()) == (b"a" * 300_001, "The upload fell silent.")


def test_a_desk_that_ends_tells_the_thread_that_waits_before_it_waits_for_that():
    async def application(scope, _receive, _send):
        taking = asyncio.ensure_future(asyncio.to_thread(_taken, scope[SCOPE_KEY]))
        begun.set()
        try:
            await asyncio.shield(taking)
        except asyncio.CancelledError:
            taken.append(await taking)  # as asgiref's ThreadSensitiveContext does
            raise

    async def serve():
        direct = DirectBody(_Parser(asyncio.get_running_loop()), b"", 9)
        scope = {"type": "http", "method": "PATCH", "path": "/api/v1/tickets/1/uploads/x", DIRECT_KEY: direct}
        streamed = StreamedBodies(application, other_limit_bytes=1, silence_seconds=60)
        serving = asyncio.ensure_future(streamed(scope, None, None))
        await begun.wait()
        serving.cancel()
        await asyncio.wait([serving])
        async with asyncio.timeout(10):
            while not taken:
                await asyncio.sleep(0)

    taken, begun = [], asyncio.Event()
    asyncio.run(serve())
    assert taken == [(b"", "The upload is no longer wanted.")]


def test_who_waits_for_a_piece_that_nobody_wants_any_more_is_told():
    async def look():
        body = DirectBody(_Parser(asyncio.get_running_loop()), b"", 5)
        await body.stop_reading()
        return await asyncio.to_thread(_taken, body)

    assert asyncio.run(look()) == (b"", "The upload is no longer wanted.")


def test_the_memory_is_given_back_with_the_connection():
    """Not at the next sweep: the request and its body hold one another."""

    async def look():
        body = DirectBody(_Parser(asyncio.get_running_loop()), b"", 100 * MB)
        _fill(body, 100 * MB)
        body.connection_lost(None)
        await body.stop_reading()
        return len(body._block) + sum(map(len, body._free)), await asyncio.to_thread(_taken, body)

    assert asyncio.run(look()) == (0, (b"", "The upload is no longer wanted."))
