"""Who may open what: every address of the desk, without a role and with the wrong one."""

import re
import uuid

import pytest
import requests

WORKING = {"champion", "manager", "administrator"}
EVERYBODY = {*WORKING, "auditor"}
# Of the desk's own addresses: who is let in. One that is missing here fails the test below.
LET_IN = {
    "bundles/<uuid:bundle_id>/": WORKING,
    "bundles/<uuid:bundle_id>/report/": WORKING,
    "bundles/<uuid:bundle_id>/files/<int:index>/": WORKING,
    "bundles/<uuid:bundle_id>/files/<int:index>/text": WORKING,
    "bundles/<uuid:bundle_id>/download": WORKING,
    "quarantine/": {"manager", "administrator"},
    "quarantine/<uuid:bundle_id>/hang": {"manager", "administrator"},
    "quarantine/<uuid:bundle_id>/delete": {"manager", "administrator"},
    "devices/": WORKING,
    "devices/<uuid:device_id>/": WORKING,
    "devices/<uuid:device_id>/revoke": {"administrator"},
    "devices/<uuid:device_id>/requests/": WORKING,
    "audit/": {"administrator", "auditor"},
    "audit/verify": {"administrator", "auditor"},
    "tickets/<int:ticket_id>/requests/": WORKING,
    "tickets/<int:ticket_id>/requests/events": WORKING,
    "tickets/<int:ticket_id>/requests/<uuid:request_id>/cancel": WORKING,
    "login/second-factor/": EVERYBODY,
    "account/second-factor/": EVERYBODY,
    "account/second-factor/begin": EVERYBODY,
    "account/second-factor/confirm": EVERYBODY,
    "account/second-factor/off": EVERYBODY,
    "account/tokens/": WORKING,
    "account/tokens/<int:token_id>/delete": WORKING,
    "tickets/<int:ticket_id>/": WORKING,
    "tickets/<int:ticket_id>/hold/": WORKING,
    "tickets/<int:ticket_id>/unhold/": WORKING,
    "tickets/<int:ticket_id>/followup_delete/<int:followup_id>/": WORKING,
    "tickets/<int:ticket_id>/dependency/add/": WORKING,
    "tickets/<int:ticket_id>/resolves/add/": WORKING,
    "tickets/<int:ticket_id>/dependency/delete/<int:dependency_id>/": WORKING,
    "tickets/<int:ticket_id>/resolves/delete/<int:dependency_id>/": WORKING,
}
OF_AUDITORS = {"", "password_change/", "password_change/done/"}  # of django-helpdesk's
POSTED = {"hang", "delete", "verify", "cancel", "begin", "confirm", "off", "requests/"}  # the last part of the address
PUBLIC = {"login/", "favicon.ico"}
NOTHING = {"view/", "tickets/my-tickets/", "change_language/"}  # 404 for whoever is logged in
# Those of django-helpdesk that lead to a page of the log-in, or away from it, or tell nothing.
HELPDESK_OPEN = {
    "login/",
    "logout/",
    "",
    "submit/",
    "submit_iframe/",
    "success_iframe/",
    "help/context/",
    "system_settings/",
}
LIST_ADDRESSES = """
from desk.urls import urlpatterns
from django.urls import URLPattern
import helpdesk.urls
return {
    "own": [str(each.pattern) for each in urlpatterns if isinstance(each, URLPattern)],
    "included": [str(each.pattern) for each in urlpatterns if not isinstance(each, URLPattern)],
    "helpdesk": [str(each.pattern) for each in helpdesk.urls.urlpatterns],
}
"""


@pytest.fixture(scope="module")
def addresses(desk, inside):
    return inside(desk, LIST_ADDRESSES)


@pytest.fixture(scope="module")
def accounts(desk, try_log_in):
    """A session of each role."""
    sessions = {}
    for role in EVERYBODY:
        sessions[role] = requests.Session()
        name = f"one-{role}"
        try_log_in(sessions[role], desk.url, name, desk.command("champion", name, "--role", role))
        assert "sessionid" in sessions[role].cookies
    yield sessions
    for session in sessions.values():
        session.close()


def test_the_table_names_every_address(addresses):
    """So that none that is added can be forgotten."""
    assert set(addresses["own"]) == {*LET_IN, *PUBLIC, *NOTHING}
    assert addresses["included"] == ["", "admin/", ""]  # the devices' API, the administrator's pages, django-helpdesk


@pytest.mark.parametrize("pattern", sorted(LET_IN))
def test_an_address_lets_in_its_roles_alone(desk, accounts, pattern):
    address = f"{desk.url}/{_filled(pattern)}"
    stranger = requests.get(address, allow_redirects=False, timeout=60)
    assert stranger.status_code == 302
    assert stranger.headers["Location"].startswith("/login/?next=/")
    assert requests.post(address, allow_redirects=False, timeout=60).status_code in {302, 403}
    for role, session in accounts.items():
        answer = _call(desk, session, pattern, address)
        if role in LET_IN[pattern]:  # what is asked about does not exist, or the form is empty
            assert answer.status_code not in {401, 403, 500}, role
            assert "/login/?next" not in answer.headers.get("Location", ""), role
        else:
            assert (answer.status_code, answer.text) == (403, "This is not for you."), role


def test_helpdesks_pages_are_shut_to_strangers_and_auditors(desk, accounts, addresses):
    for pattern in addresses["helpdesk"]:
        if pattern.startswith("^") or pattern in {"login/", "logout/"}:
            continue
        address = f"{desk.url}/{_filled(pattern)}"
        if pattern not in HELPDESK_OPEN:
            stranger = requests.get(address, allow_redirects=False, timeout=60)
            assert "/login/" in stranger.headers.get("Location", ""), pattern
        if pattern not in NOTHING | OF_AUDITORS:
            answer = accounts["auditor"].get(address, allow_redirects=False, timeout=60)
            assert (answer.status_code, answer.text) == (403, "This is not for you."), pattern


def test_an_auditor_is_led_to_the_audit_and_may_change_the_password(desk, accounts):
    led = accounts["auditor"].get(f"{desk.url}/", timeout=60)
    assert (led.status_code, led.url) == (200, f"{desk.url}/audit/")
    assert 'href="/password_change/"' in led.text
    assert "Log out" in led.text
    page = accounts["auditor"].get(f"{desk.url}/password_change/", timeout=60)
    assert (page.status_code, 'name="new_password1"' in page.text) == (200, True)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_the_administrators_pages_let_in_administrators_alone(desk, accounts, role):
    answer = accounts[role].get(f"{desk.url}/admin/auth/user/", allow_redirects=False, timeout=60)
    assert (answer.status_code == 200) == (role == "administrator")


def test_an_auditor_is_led_to_the_audit(desk, try_log_in):
    password = desk.command("champion", "led", "--role", "auditor")
    with requests.Session() as session:
        assert try_log_in(session, desk.url, "led", password).url.endswith("/audit/")


def test_a_champion_works_own_queues_a_manager_all(desk, device, bundle, accounts, try_log_in):
    number = device.open_ticket()["number"]  # of the queue "support"
    url = device.put(number, bundle).json()["url"]
    password = desk.command("champion", "of-bugs", "--queue", "bugs")
    with requests.Session() as session:
        try_log_in(session, desk.url, "of-bugs", password)
        for path in (url, f"{url}report/", f"{url}files/0/text", f"{url}download"):
            assert session.get(path, timeout=60).status_code == 404
        assert session.get(f"{desk.url}/tickets/{number}/requests/events", timeout=60).status_code == 404
        assert session.get(f"{desk.url}/tickets/{number}/", timeout=60).url.endswith("/tickets/")  # told there
        desk.command("champion", "of-bugs", "--queue", "support", "--queue", "bugs")
    for role in ("champion", "manager"):
        assert accounts[role].get(url, timeout=60).status_code == 200


def test_a_role_that_is_taken_away_is_gone_at_once(desk, try_log_in):
    password = desk.command("champion", "was-administrator", "--role", "administrator")
    with requests.Session() as session:
        try_log_in(session, desk.url, "was-administrator", password)
        assert session.get(f"{desk.url}/audit/", timeout=60).status_code == 200
    password = desk.command("champion", "was-administrator", "--role", "champion")
    with requests.Session() as session:
        try_log_in(session, desk.url, "was-administrator", password)
        assert session.get(f"{desk.url}/audit/", timeout=60).status_code == 403


def test_a_queue_that_is_none_is_told(desk, desk_command):
    refused = desk_command("champion", "--state", str(desk.state_folder), "x", "--queue", "nowhere")
    assert refused.returncode == 1
    assert "There is no queue nowhere: there are bugs, escalations, support." in refused.stderr


def test_champions_of_a_desk_from_before_roles_keep_every_queue(desk, inside):
    body = """
from importlib import import_module
from django.apps import apps
from django.contrib.auth.models import User
old = User.objects.create_user("from-before", is_staff=True)
before = len(old.get_all_permissions())
import_module("desk.migrations.0005_roles").give_every_queue(apps, None)
return before, sorted(User.objects.get(pk=old.pk).get_all_permissions())
"""
    names = [f"helpdesk.queue_access_{slug}" for slug in ("bugs", "escalations", "support")]
    assert inside(desk, body) == [0, names]


def _filled(pattern):
    values = {"uuid": str(uuid.UUID(int=0)), "int": "987654321"}
    return re.sub(r"<(?:(\w+):)?\w+>", lambda match: values.get(match[1], "1"), pattern)


def _call(desk, session, pattern, address):
    if pattern.rsplit("/", 1)[-1] in POSTED or pattern.endswith("requests/"):
        words = {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
        return session.post(address, data=words, headers={"Referer": desk.url}, allow_redirects=False, timeout=60)
    return session.get(address, allow_redirects=False, timeout=60)
