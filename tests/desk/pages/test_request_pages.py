"""Champions ask for a bundle on the ticket's page and watch what becomes of it, live."""

import html
import json
import os
import re
import shutil
import uuid

import pytest
import requests

from tests.desk.pages.test_bundle_pages import CHROMIUM_ARGUMENTS

ATTACK = "<img src=x onerror='window.top.x=1;alert(2)'><script>window.top.x=1</script>\u202egpj.exe"
SAID = """
from desk import ed25519
from desk.models import Device
line = ed25519.line_of(ed25519.public_of(bytes([7]) * 32))
Device.objects.filter(computer_id=words[0]).update(
    public_key=line, remote_policy=words[2], remote_profiles=words[1])
"""
TELL = """
from desk.collecting import collection_requests
from desk.models import CollectionRequest
request = CollectionRequest.objects.get(pk=words[0])
return collection_requests.tell(request, words[1], words=words[2], bundle_id=words[3])
"""


@pytest.fixture(scope="session")
def asked(desk, enrol, inside):
    """A device that takes requests, and its ticket: both anew for each call."""

    def make(profiles=("nginx", "postgresql"), policy="ask"):
        device = enrol(desk, str(uuid.uuid4()))
        inside(desk, SAID, device.computer_id, list(profiles), policy)
        return device, device.open_ticket(subject="It broke")["number"]

    return make


@pytest.fixture
def tell(desk, inside):
    """Say a request's next state, from another process."""
    return lambda request_id, state, words="", bundle_id=None: inside(desk, TELL, request_id, state, words, bundle_id)


def post(desk, session, path, **words):
    words["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
    return session.post(f"{desk.url}/{path}", data=words, headers={"Referer": desk.url}, timeout=60)


def rows_of(page):
    return re.findall(r'data-request="([0-9a-f-]{36})" data-state="(\w+)"', page)


def test_a_request_is_made_shown_and_taken_back(desk, champion, asked):
    _, number = asked()
    page = champion.get(f"{desk.url}/tickets/{number}/", timeout=60).text
    assert re.findall(r'<option value="([^"]*)">(?:nginx|postgresql)<', page) == ["nginx", "postgresql"]
    words = {"profile": "nginx", "reason": "It <broke> & fell", "since_seconds": "3600"}
    page = post(desk, champion, f"tickets/{number}/requests/", **words).text
    ((request_id, state),) = rows_of(page)
    assert state == "waiting"
    assert html.escape("It <broke> & fell") in page
    assert "waiting for the computer" in page
    page = post(desk, champion, f"tickets/{number}/requests/{request_id}/cancel").text
    assert rows_of(page) == [(request_id, "cancelled")]
    audit = champion.get(f"{desk.url}/audit/", timeout=60).text
    assert audit.count(f"request {request_id}") == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"profile": "nginx", "reason": ""}, "Say why; the person reads it."),
        ({"profile": "nginx", "reason": "x" * 1001}, "Say why in at most 1,000 characters."),
        ({"profile": "other", "reason": "r"}, "Choose a profile that this computer allows."),
        ({"profile": "", "reason": "r"}, "Choose a profile."),
        ({"profile": "nginx", "reason": "r", "since_seconds": "59"}, "Choose a time range of the list."),
        ({"profile": "../x", "reason": "r"}, "A profile&#x27;s name has small letters"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_and_what_was_typed_stays(desk, champion, asked, words, sentence):
    _, number = asked(profiles=("nginx", "../x"))
    answer = post(desk, champion, f"tickets/{number}/requests/", **words)
    assert answer.status_code == 400
    assert re.search(r'role="alert">([^<]*)<', answer.text)[1].startswith(sentence)
    assert words["reason"] in answer.text
    assert rows_of(champion.get(f"{desk.url}/tickets/{number}/", timeout=60).text) == []


@pytest.mark.parametrize(("profiles", "policy"), [((), "ask"), (("nginx",), "off"), (("nginx",), "")])
def test_where_nothing_can_be_asked_for_the_reason_stands(desk, champion, asked, profiles, policy):
    _, number = asked(profiles=profiles, policy=policy)
    page = champion.get(f"{desk.url}/tickets/{number}/", timeout=60).text
    assert "This computer takes no requests." in page
    assert "Request bundle</button>" not in page
    page = post(desk, champion, f"tickets/{number}/requests/", profile="nginx", reason="r").text
    assert rows_of(page) == []


def test_a_request_of_another_ticket_is_not_found(desk, champion, asked):
    (_, number), (_, other) = asked(), asked()
    post(desk, champion, f"tickets/{number}/requests/", profile="nginx", reason="r")
    ((request_id, _),) = rows_of(champion.get(f"{desk.url}/tickets/{number}/", timeout=60).text)
    assert post(desk, champion, f"tickets/{other}/requests/{request_id}/cancel").status_code == 404
    forged = champion.post(f"{desk.url}/tickets/{number}/requests/{request_id}/cancel", timeout=60)
    assert forged.status_code == 403


def test_the_events_begin_where_the_caller_was_and_tell_what_another_process_did(desk, champion, asked, tell):
    _, number = asked()
    page = post(desk, champion, f"tickets/{number}/requests/", profile="nginx", reason="r").text
    ((request_id, _),) = rows_of(page)
    seen = re.search(r'data-seen="(\w+)"', page)[1]
    address = f"{desk.url}/tickets/{number}/requests/events"
    with champion.get(address, params={"seen": seen}, stream=True, timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert not [name for name in answer.headers if name.startswith("Sendlogs-")]
        lines = answer.iter_lines(decode_unicode=True)
        assert next(lines) == ": still here"  # nothing is new
        tell(request_id, "gathering")
        event = _next_event(lines)
    assert [(row["id"], row["state"]) for row in event["data"]] == [(request_id, "gathering")]
    for more in ({"headers": {"Last-Event-ID": event["id"]}}, {"params": {"seen": event["id"]}}):
        with champion.get(address, stream=True, timeout=60, **more) as answer:
            assert next(answer.iter_lines(decode_unicode=True)) == ": still here"
    with champion.get(address, headers={"Last-Event-ID": seen}, stream=True, timeout=60) as answer:
        assert _next_event(answer.iter_lines(decode_unicode=True)) == event


def test_the_events_end_with_the_log_in(desk, asked, tell, try_log_in):
    _, number = asked()
    with requests.Session() as session:
        try_log_in(session, desk.url, "leaving", desk.command("champion", "leaving"))
        page = post(desk, session, f"tickets/{number}/requests/", profile="nginx", reason="r").text
        ((request_id, _),) = rows_of(page)
        with session.get(f"{desk.url}/tickets/{number}/requests/events", stream=True, timeout=60) as answer:
            lines = answer.iter_lines(decode_unicode=True)
            assert _next_event(lines)["data"][0]["state"] == "waiting"
            desk.command("champion", "leaving")  # a new password ends what was logged in with the old one
            tell(request_id, "gathering")
            rest = list(lines)
    assert rest[-3:] == ["event: end", "data:", ""]
    assert "gathering" not in "".join(rest)


def _next_event(lines):
    event = {}
    for line in lines:
        if not line and "data" in event:
            return {"id": event["id"], "data": json.loads(event["data"])}
        name, _, value = line.partition(": ")
        event[name] = value
    raise AssertionError("the events ended")


@pytest.fixture
def page(desk):
    """A page of a real Chromium, logged in, that notes every dialog and every error of our script."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        message = "no Chromium is installed"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        page = browser.new_context().new_page()
        page.noticed = []
        page.on("dialog", lambda dialog: (page.noticed.append(dialog.message), dialog.dismiss()))
        # Those of our own script: one of django-helpdesk's fails on this page by itself.
        page.on("pageerror", lambda error: "requests.js" in str(error.stack) and page.noticed.append(str(error)))
        page.goto(f"{desk.url}/login/")
        page.fill("input[name=username]", "champion")
        page.fill("input[name=password]", desk.password)
        page.click("button[type=submit], input[type=submit]")
        yield page
        browser.close()


def _ask(page, desk, number):
    page.goto(f"{desk.url}/tickets/{number}/")
    page.select_option("#desk-profile", "nginx")
    page.select_option("#desk-since", "86400")
    page.fill("#desk-reason", "It fails since noon")
    page.click("text=Request bundle")
    row = page.locator("#desk-requests > li")
    row.locator("text=waiting for the computer").wait_for()
    page.evaluate("window.notLoadedAgain = true")
    return row, row.get_attribute("data-request")


@pytest.mark.browser
def test_a_champion_watches_a_request_from_the_form_to_the_bundle(page, desk, asked, tell, bundle):
    device, number = asked()
    row, request_id = _ask(page, desk, number)
    tell(request_id, "asking")
    row.locator("strong:text-is('waiting for the person')").wait_for()
    tell(request_id, "asking", "Not now.")
    row.locator("[data-field=words]:text-is('Not now.')").wait_for()
    page.locator("#desk-requests-live:has-text(': waiting for the person. Not now.')").wait_for()
    for state, shown in (("gathering", "gathering"), ("uploading", "uploading")):
        tell(request_id, state)
        row.locator(f"strong:text-is('{shown}')").wait_for()
        page.locator(f"#desk-requests-live:has-text(': {shown}.')").wait_for()  # read out to whoever does not see it
    bundle_id = device.put(number, bundle).json()["bundle_id"]
    tell(request_id, "done", "", bundle_id)
    row.locator("text=Open its bundle").wait_for()
    assert not row.locator("text=Cancel").is_visible()
    assert page.evaluate("window.notLoadedAgain")
    row.locator("text=Open its bundle").click()
    assert page.locator("h1").inner_text() == f"Bundle of ticket {number}"
    assert page.noticed == []


@pytest.mark.browser
def test_a_champion_takes_a_request_back_and_another_page_sees_it(page, desk, asked):
    _, number = asked()
    row, request_id = _ask(page, desk, number)
    other = page.context.new_page()
    other.goto(f"{desk.url}/tickets/{number}/")
    other.locator("#desk-requests >> text=Cancel").click()
    other.locator(f"li[data-request='{request_id}'] strong:text-is('cancelled')").wait_for()
    page.bring_to_front()
    row.locator("strong:text-is('cancelled')").wait_for()
    assert page.evaluate("window.notLoadedAgain")
    assert page.noticed == []


@pytest.mark.browser
def test_a_request_made_elsewhere_appears_and_hostile_words_are_words(page, desk, champion, asked, tell):
    _, number = asked(profiles=("nginx", ATTACK))
    page.goto(f"{desk.url}/tickets/{number}/")
    page.evaluate("window.notLoadedAgain = true")
    answer = post(desk, champion, f"tickets/{number}/requests/", profile="nginx", reason=ATTACK.replace("\u202e", ""))
    ((request_id, _),) = rows_of(answer.text)
    row = page.locator(f"li[data-request='{request_id}']")
    row.wait_for()
    tell(request_id, "declined", ATTACK.replace("\u202e", "\u2067"))
    row.locator("strong:text-is('declined by the person')").wait_for()
    for live in (True, False):
        words = row.locator("[data-field=words]")
        assert "<script>window.top.x=1</script>" in words.inner_text()
        assert "\u2067" not in words.inner_text()
        assert row.locator("img, script").count() == 0
        assert page.evaluate("window.x") is None
        assert (page.evaluate("window.notLoadedAgain") is True) == live
        page.reload()
    assert page.noticed == []
