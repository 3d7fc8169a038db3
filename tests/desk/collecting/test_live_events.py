"""The endless answer: what it sends, when it ends, and what it holds meanwhile. Django is a function here."""

import asyncio

import pytest

from desk.collecting.live_events import ACCOUNT, MARK, MOST_PER_ACCOUNT, POSITION, LiveEvents


class Ending(Exception):
    """The server stops."""


class Django:
    """Answers each look with the next of these: a status and a body."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.seen = []

    async def __call__(self, scope, receive, send):
        assert (await receive())["type"] == "http.request"
        self.seen.append(dict(scope["headers"]).get(b"last-event-id", b"").decode())
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        told = {POSITION: "7", ACCOUNT: "3", MARK: f"mark-{len(self.seen)}"} if status == 200 else {}
        headers = [(name.encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Caller:
    """A browser: what it got, and when it goes."""

    def __init__(self, path="/tickets/12/requests/events", seen=""):
        headers = [(b"last-event-id", seen.encode())] if seen else []
        self.scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
        self.got = []
        self.came = asyncio.Event()
        self.gone = asyncio.Event()

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.got.append(message)
        self.came.set()

    @property
    def status(self):
        return self.got[0]["status"]

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.got)


async def at_once(**_how):
    return 8


async def never(**_how):
    await asyncio.Event().wait()


def run(coroutine):
    async def bounded():
        async with asyncio.timeout(20):
            return await coroutine

    return asyncio.run(bounded())


def test_it_sends_what_is_new_a_beat_where_nothing_is_and_ends_with_the_right():
    django = Django((200, b"first\n\n"), (200, b""), (200, b"second\n\n"), (302, b"to the log-in"))
    caller = Caller(seen="mark-0")

    run(LiveEvents(django, at_once, Ending)(caller.scope, caller.receive, caller.send))
    assert caller.body == b"first\n\n: still here\n\nsecond\n\nevent: end\ndata:\n\n"
    assert django.seen == ["mark-0", "mark-1", "mark-2", "mark-3"]
    assert caller.got[0]["headers"] == []  # what Django told is not passed on
    assert not caller.got[-1].get("more_body")


@pytest.mark.parametrize("answer", [(302, b"to the log-in"), (403, b"no"), (404, b"none")])
def test_who_may_not_look_gets_djangos_answer(answer):
    caller = Caller()
    run(LiveEvents(Django(answer), never, Ending)(caller.scope, caller.receive, caller.send))
    assert (caller.status, caller.body) == answer


def test_it_waits_for_its_own_ticket_after_what_was_seen():
    waited = []

    async def wait(**how):
        waited.append(how)
        return 8

    caller = Caller()
    application = LiveEvents(Django((200, b""), (403, b"")), wait, Ending, beat_seconds=4.5)
    run(application(caller.scope, caller.receive, caller.send))
    assert waited == [{"ticket_id": 12, "after": 7, "seconds": 4.5}]


def test_where_the_server_stops_they_stop_without_a_failure_and_without_an_end():
    """A page that is told of an end does not call again, and is to find the next server."""

    async def stops(**_how):
        raise Ending

    caller = Caller()
    run(LiveEvents(Django((200, b"first\n\n")), stops, Ending)(caller.scope, caller.receive, caller.send))
    assert (caller.status, caller.body) == (200, b"first\n\n")
    assert not caller.got[-1].get("more_body")


def test_a_caller_who_goes_leaves_nothing_behind_and_their_place_is_free_again():
    async def come_and_go():
        application = LiveEvents(Django((200, b"x\n\n")), never, Ending)
        for _ in range(MOST_PER_ACCOUNT + 3):
            caller = Caller()
            call = asyncio.create_task(application(caller.scope, caller.receive, caller.send))
            await caller.came.wait()
            caller.gone.set()
            await call
            assert caller.status == 200
        return len(asyncio.all_tasks())

    assert run(come_and_go()) == 1


def test_an_account_has_so_many_and_no_more():
    async def too_many():
        application = LiveEvents(Django((200, b"x\n\n")), never, Ending)
        callers = [Caller() for _ in range(MOST_PER_ACCOUNT + 1)]
        calls = []
        for caller in callers:
            calls.append(asyncio.create_task(application(caller.scope, caller.receive, caller.send)))
            await caller.came.wait()
        for caller in callers:
            caller.gone.set()
        await asyncio.gather(*calls)
        return [caller.status for caller in callers]

    assert run(too_many()) == [200] * MOST_PER_ACCOUNT + [429]


@pytest.mark.parametrize("path", ["/tickets/12/requests/", "/tickets/x/requests/events", "/tickets/1/requests/events/"])
def test_all_else_is_handed_on(path):
    async def application(scope, receive, send):
        assert (receive, send) == (caller.receive, caller.send)
        reached.append(scope["path"])

    caller, reached = Caller(path), []
    run(LiveEvents(application, never, Ending)(caller.scope, caller.receive, caller.send))
    assert reached == [path]


def test_a_failure_of_djangos_is_not_swallowed():
    async def broken(_scope, _receive, _send):
        raise ZeroDivisionError

    caller = Caller()
    with pytest.raises(ZeroDivisionError):
        run(LiveEvents(broken, never, Ending)(caller.scope, caller.receive, caller.send))
