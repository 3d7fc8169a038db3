"""A request is one thread from the first piece of middleware to the view, also beside others."""

BODY = """
import asyncio, sys, threading
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from desk.handler import OneThreadHandler
seen = {}
def note(request, where):
    seen.setdefault(request.path, []).append((where, threading.get_ident()))
class Outer:
    sync_capable = async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        note(request, "before")
        answer = self.get_response(request)
        note(request, "after")
        return answer
def view(request):
    note(request, "view")
    return HttpResponse("told", status=418 if request.path == "/odd" else 200)
import types
module = types.ModuleType("urls_of_the_test")
module.urlpatterns = [path("one", view), path("two", view), path("odd", view)]
module.Outer = Outer
sys.modules[module.__name__] = module
async def ask(handler, path):
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "http_version": "1.1"}
    empty = [{"type": "http.request", "body": b"", "more_body": False}]
    told = []
    async def receive():
        if not empty:
            await asyncio.Event().wait()
        return empty.pop()
    async def send(message):
        told.append(message)
    await handler(scope, receive, send)
    return [told[0]["status"], b"".join(each.get("body", b"") for each in told[1:]).decode()]
async def main():
    handler = OneThreadHandler()
    return await asyncio.gather(*(ask(handler, each) for each in ("/one", "/two", "/odd")))
with override_settings(ROOT_URLCONF=module.__name__, MIDDLEWARE=[f"{module.__name__}.Outer"]):
    answers = asyncio.run(main())
where = {each: [place for place, _ in noted] for each, noted in seen.items()}
threads = {each: len({ident for _, ident in noted}) for each, noted in seen.items()}
loop = threading.get_ident()
return [answers, where, threads, any(ident == loop for noted in seen.values() for _, ident in noted)]
"""


def test_middleware_and_view_run_in_one_thread_that_is_not_the_loops(desk, inside):
    answers, where, threads, in_loop = inside(desk, BODY)
    assert answers == [[200, "told"], [200, "told"], [418, "told"]]
    assert where == {path: ["before", "view", "after"] for path in ("/one", "/two", "/odd")}
    assert threads == {"/one": 1, "/two": 1, "/odd": 1}
    assert not in_loop
