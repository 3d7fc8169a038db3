"""The running desk, attacked at its door: other people's matters, forged calls, stolen log-ins, races, floods."""

import re
import threading
import uuid

import pytest
import requests

from tests.desk.pages.test_request_pages import asked  # noqa: F401 - a fixture
from tests.desk.test_champion_api import program  # noqa: F401 - a fixture

SECRET = "only-support-may-read-this"
ELSEWHERE = "https://elsewhere.example"
PATTERNS = """
from django.urls import URLPattern
import desk.urls, helpdesk.urls
own = [each for each in desk.urls.urlpatterns if isinstance(each, URLPattern)]
return [str(each.pattern) for each in own + helpdesk.urls.urlpatterns]
"""
OWN_TICKET = """
from helpdesk.models import Queue, Ticket
return Ticket.objects.create(title="of bugs", queue=Queue.objects.get(slug="bugs")).pk
"""
STATE = """
from helpdesk.models import Ticket
from desk.models import Bundle, CollectionRequest
ticket = Ticket.objects.get(pk=words[0])
fields = [ticket.title, ticket.status, ticket.assigned_to_id, ticket.queue_id, ticket.on_hold, ticket.merged_to_id]
fields += [ticket.priority, ticket.followup_set.count(), ticket.ticketcc_set.count(), ticket.ticketdependency.count()]
return [*fields, Bundle.objects.filter(ticket=ticket).count(), [r.state for r in ticket.collection_requests.all()]]
"""


def _log_in(desk, try_log_in, *role):
    session, name = requests.Session(), f"attacks-{uuid.uuid4().hex[:10]}"
    try_log_in(session, desk.url, name, desk.command("champion", name, *role))
    assert "sessionid" in session.cookies
    return session


@pytest.fixture(scope="module")
def of_bugs(desk, try_log_in):
    with _log_in(desk, try_log_in, "--queue", "bugs") as session:
        yield session


def _filled(pattern, values):
    """An address with these in place of what it names; ``None`` for one that names something else."""
    pattern = pattern.removeprefix("^").removesuffix("$").replace("\\", "")
    pattern = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern)
    names = re.findall(r"<(?:\w+:)?(\w+)>", pattern)
    if not set(names) <= set(values):
        return None
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), pattern)


def test_nothing_of_another_queue_is_shown_or_changed(desk, of_bugs, asked, bundle, inside, ask):  # noqa: F811 - fixture
    device, _ = asked()
    ticket = device.open_ticket(subject=SECRET, description=SECRET)["number"]
    bundle_id = device.put(ticket, bundle).json()["bundle_id"]
    theirs = {"ticket_id": ticket, "bundle_id": bundle_id, "request_id": ask(device, ticket), "index": 0, "pk": 1}
    theirs |= {"device_id": device.device_id, "report": "userqueue", "user_name": "champion", "queue_slug": "support"}
    theirs |= dict.fromkeys(("followup_id", "cc_id", "dependency_id", "checklist_id", "attachment_id"), 1)
    before, own = inside(desk, STATE, ticket), {**theirs, "ticket_id": inside(desk, OWN_TICKET)}
    patterns = [each for each in inside(desk, PATTERNS) if "logout" not in each]
    addresses = {_filled(each, values) for each in patterns for values in (theirs, own)} - {None}
    addresses -= {f"tickets/{own['ticket_id']}/requests/events"}  # which never ends
    addresses |= {f"tickets/?q={SECRET[:-5]}", f"tickets/?q={ticket}", f"tickets/merge?tickets={ticket}"}
    assert len(addresses) > 60
    words = {"csrfmiddlewaretoken": of_bugs.cookies["csrftoken"], "ticket_id": ticket, "action": "close", "title": "x"}
    words |= {"depends_on": ticket, "ticket": ticket, "chosen_ticket": ticket, "tickets": ticket, "comment": "x"}
    posted = [
        each for each in addresses if re.search(rf"tickets/({ticket}/|update|merge)|{own['ticket_id']}/dep", each)
    ]
    for call, address in [("GET", each) for each in sorted(addresses)] + [("POST", each) for each in sorted(posted)]:
        more = {"data": words, "headers": {"Referer": desk.url}} if call == "POST" else {}
        told = of_bugs.request(call, f"{desk.url}/{address}", timeout=60, **more)
        assert told.status_code < 500, (call, address)
        assert SECRET not in told.text, (call, address)
    assert inside(desk, STATE, ticket) == before


def test_a_device_reaches_nothing_of_another(desk, asked, enrol, bundle, ask):  # noqa: F811 - the fixture
    victim, number = asked()
    other = enrol(desk)
    bundle_id = victim.put(number, bundle).json()["bundle_id"]
    request_id = ask(victim, number)
    refused = [
        other.api("GET", f"tickets/{number}"),
        other.api("GET", f"tickets/{number}/bundles/{bundle_id}"),
        other.put(number, bundle),
        other.api("POST", f"tickets/{number}/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "1"}),
        other.api("GET", f"quarantine/{bundle_id}"),
        other.api("POST", f"requests/{request_id}/state", json={"state": "failed"}),
    ]
    assert [answer.status_code for answer in refused] == [404] * len(refused)
    assert other.api("GET", "tickets").json() == []
    own = other.open_ticket()["number"]
    assert other.put(own, bundle, bundle_id=bundle_id).status_code == 409  # the id is taken, and says nothing more
    done = {"state": "done", "bundle_id": bundle_id}
    assert other.api("POST", f"requests/{request_id}/state", json=done).status_code == 404
    assert victim.api("GET", "requests").json()["requests"][0]["state"] == "delivered"


def test_no_credential_of_another_kind_opens_an_operation(desk, device, program, champion):  # noqa: F811 - fixture
    shown = {"device credential": device.credential, "champion token": program().token}
    shown["relay credential"] = desk.command("relay-credential", "attacks")
    described = desk.api("GET", "openapi.json").json()["paths"]
    tried = 0
    for path, operations in described.items():
        address = re.sub(r"{\w+}", "1", path.removeprefix("/api/v1/"))
        for method, operation in operations.items():
            wanted = {name for each in operation.get("security", []) for name in each}
            if not wanted:
                continue
            headers = [{}, {"Authorization": "Bearer"}, {"Authorization": f"Bearer {'0' * 24}.x"}]
            headers += [{"Authorization": f"Bearer {secret}"} for name, secret in shown.items() if name not in wanted]
            headers += [{"Cookie": f"sessionid={champion.cookies['sessionid']}"}]
            answers = {desk.api(method.upper(), address, headers=each).status_code for each in headers}
            assert answers == {401}, (method, path)
            tried += 1
    assert tried > 20


def test_a_post_that_its_own_page_did_not_make_is_refused(desk, champion, asked):  # noqa: F811 - the fixture
    _, number = asked()
    one = uuid.UUID(int=0)
    addresses = [f"tickets/{number}/requests/", f"tickets/{number}/requests/{one}/cancel", f"devices/{one}/revoke"]
    addresses += [f"quarantine/{one}/hang", f"quarantine/{one}/delete", "audit/verify", "account/tokens/"]
    addresses += ["account/tokens/1/delete", "account/second-factor/off", "account/second-factor/begin", "logout/"]
    addresses += [f"tickets/{number}/update/", f"tickets/{number}/delete/", f"tickets/{number}/hold/", "login/"]
    token = champion.cookies["csrftoken"]
    for address in addresses:
        for words, origin in (({}, desk.url), ({"csrfmiddlewaretoken": token}, ELSEWHERE), ({}, "null")):
            headers = {"Origin": origin, "Referer": f"{origin}/"}
            answer = champion.post(f"{desk.url}/{address}", data=words, headers=headers, timeout=60)
            assert answer.status_code == 403, (address, origin)
    assert champion.get(f"{desk.url}/audit/", timeout=60).status_code == 200


def test_a_session_that_was_planted_is_worth_nothing(desk, try_log_in):
    name = "planted"
    password = desk.command("champion", name)
    with requests.Session() as session:
        session.cookies.set("sessionid", "a" * 32, domain="127.0.0.1")
        try_log_in(session, desk.url, name, password)
        mine = {cookie.value for cookie in session.cookies if cookie.name == "sessionid"} - {"a" * 32}
        assert len(mine) == 1
        inside = {"Cookie": f"sessionid={mine.pop()}"}
        for cookie, status in ((inside, 200), ({"Cookie": f"sessionid={'a' * 32}"}, 302)):
            answer = requests.get(f"{desk.url}/devices/", headers=cookie, allow_redirects=False, timeout=60)
            assert answer.status_code == status
        desk.command("champion", name)  # a new password ends every log-in with the old one
        assert requests.get(f"{desk.url}/devices/", headers=inside, allow_redirects=False, timeout=60).is_redirect


def test_a_log_out_ends_the_session_at_the_desk(desk, try_log_in):
    session = _log_in(desk, try_log_in)
    kept = {"Cookie": f"sessionid={session.cookies['sessionid']}"}
    words = {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
    session.post(f"{desk.url}/logout/", data=words, headers={"Referer": desk.url}, timeout=60)
    assert requests.get(f"{desk.url}/devices/", headers=kept, allow_redirects=False, timeout=60).is_redirect


@pytest.mark.parametrize("path", ["login/", "tickets/", "api/v1/health", "api/v1/openapi.json", "nowhere"])
def test_another_name_of_the_desk_is_refused_and_never_told_on(desk, path):
    for headers in ({"Host": "elsewhere.example"}, {"Host": "127.0.0.1@elsewhere.example"}, {"Host": "a b"}):
        answer = requests.get(f"{desk.url}/{path}", headers=headers, allow_redirects=False, timeout=60)
        assert answer.status_code == 400, headers
        assert "elsewhere" not in answer.text + str(answer.headers)
    forwarded = {"X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "ftp", "Forwarded": "host=elsewhere"}
    answer = requests.get(f"{desk.url}/{path}", headers=forwarded, allow_redirects=False, timeout=60)
    assert "elsewhere" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "onward",
    [
        ELSEWHERE,
        "//elsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "https:elsewhere.example",
        "javascript:alert(1)",
        " //elsewhere.example",
        "/%09/elsewhere.example",
        "///elsewhere.example",
        "http://127.0.0.1@elsewhere.example/",
        "/\r\nSet-Cookie: planted=1\r\n",
    ],
)
def test_nobody_is_led_elsewhere_after_the_log_in(desk, champion, onward):
    with requests.Session() as session:
        session.get(f"{desk.url}/login/", timeout=60)
        words = {"username": "champion", "password": desk.password, "next": onward}
        words["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
        answers = [
            session.post(f"{desk.url}/login/", data=words, headers={"Referer": desk.url}, allow_redirects=False),
            champion.get(f"{desk.url}/login/second-factor/", params={"next": onward}, allow_redirects=False),
            session.get(f"{desk.url}/logout/", params={"next": onward}, allow_redirects=False),
        ]
        for answer in answers:
            where = requests.compat.urljoin(answer.url, answer.headers.get("Location", "/"))
            assert where.startswith(f"{desk.url}/"), where
            assert "planted" not in answer.cookies


def test_one_password_on_many_names_is_noticed_whatever_address_is_claimed(start_desk, try_log_in, inside):
    desk = start_desk()
    body = """
from django.db import transaction
from desk.log_in import _GUESSES_OF_ADDRESS
with transaction.atomic():
    return [_GUESSES_OF_ADDRESS.count("127.0.0.1") for _ in range(words[0])]
"""
    assert all(inside(desk, body, 98))
    for number in range(2):
        with requests.Session() as session:
            try_log_in(session, desk.url, f"somebody-{number}", "Spring2026!")
    for claimed in ({}, {"X-Forwarded-For": "192.0.2.7"}, {"X-Real-IP": "192.0.2.7"}):
        with requests.Session() as session:
            session.headers.update(claimed)
            assert try_log_in(session, desk.url, "champion", desk.password).url.endswith("/login/")


def test_many_guesses_at_one_moment_are_all_counted(desk, inside):
    body = """
from concurrent.futures import ThreadPoolExecutor
from django.contrib.auth import authenticate
from django.contrib.auth.backends import ModelBackend
from django.test import RequestFactory
looked = []
def look(self, request, username=None, password=None, **more):
    looked.append(password)
ModelBackend.authenticate = look
def guess(number):
    request = RequestFactory().post("/login/", REMOTE_ADDR="192.0.2.9")
    return authenticate(request, username="victim", password=str(number))
with ThreadPoolExecutor(12) as pool:
    list(pool.map(guess, range(30)))
return len(looked)
"""
    assert inside(desk, body) == 10


def test_what_is_too_much_is_refused_before_it_is_read(desk, champion, device, program):  # noqa: F811 - fixture
    token = champion.cookies["csrftoken"]
    much = "x" * (1 << 21)
    bearer = {"Authorization": f"Bearer {program().token}"}
    answers = [
        champion.post(f"{desk.url}/login/", data={"username": much}, timeout=60),
        champion.post(f"{desk.url}/account/tokens/", data={"name": much, "csrfmiddlewaretoken": token}, timeout=60),
        desk.api("POST", "champion/requests", json={"reason": much}, headers=bearer),
        device.api("POST", "tickets", json={"subject": much}),
    ]
    assert [answer.status_code for answer in answers] == [413] * 4
    fields = {f"field{number}": "" for number in range(1100)} | {"csrfmiddlewaretoken": token}
    answer = champion.post(f"{desk.url}/account/tokens/", data=fields, headers={"Referer": desk.url}, timeout=60)
    assert answer.status_code == 400
    assert desk.api("GET", "health").status_code == 200


def test_cancelled_and_done_at_one_moment_it_is_one_of_them_for_everybody(asked, program, bundle, desk, inside):  # noqa: F811 - fixture
    device, number = asked()
    one, bundle_id = program(), device.put(number, bundle).json()["bundle_id"]
    for _ in range(6):
        request_id = one.ask(number).json()["request_id"]
        path, told = f"requests/{request_id}/state", {}
        calls = {
            "device": lambda path=path: device.api("POST", path, json={"state": "done", "bundle_id": bundle_id}),
            "champion": lambda request_id=request_id: one.api("POST", f"champion/requests/{request_id}/cancel"),
        }
        threads = [
            threading.Thread(target=lambda who=who, call=call, told=told: told.update({who: call().json()["state"]}))
            for who, call in calls.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        seen = one.api("GET", f"champion/requests/{request_id}").json()
        assert told == dict.fromkeys(calls, seen["state"])
        assert seen["state"] in {"done", "cancelled"}
        assert (seen["bundle"] is not None) == (seen["state"] == "done")
        audit = [line for line in desk.command("audit").splitlines() if request_id in line]
        assert [line.count("request-done") + line.count("request-cancelled") for line in audit].count(1) == 1


def test_every_page_and_download_tells_browsers_to_be_careful(desk, champion, asked, bundle):  # noqa: F811 - fixture
    device, number = asked()
    url = device.put(number, bundle).json()["url"]
    for address in (f"{desk.url}/login/", f"{desk.url}/tickets/{number}/", url, f"{url}files/0/text", f"{url}download"):
        answer = champion.get(address, timeout=60)
        assert answer.headers["X-Content-Type-Options"] == "nosniff", address
        assert answer.headers["X-Frame-Options"] in {"DENY", "SAMEORIGIN"}, address
        assert "frame-ancestors" in answer.headers["Content-Security-Policy"], address
        assert answer.headers["Referrer-Policy"] == "same-origin", address
    disposition = champion.get(f"{url}download", timeout=60).headers["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="ticket-\d+-[0-9a-f-]{36}\.7z"', disposition)
