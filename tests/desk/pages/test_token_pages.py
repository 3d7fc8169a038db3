"""The page of tokens: one is made with a password or a code, shown once, and revoked by its owner alone."""

import re

import pytest
import requests


@pytest.fixture
def person(desk, try_log_in, request):
    """An account of its own, logged in, and its password."""
    name = f"tokens-{request.node.name}"[:100]
    password = desk.command("champion", name)
    with requests.Session() as session:
        try_log_in(session, desk.url, name, password)
        yield session, name, password


def _post(desk, session, path="account/tokens/", **words):
    words["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
    return session.post(f"{desk.url}/{path}", data=words, headers={"Referer": desk.url}, timeout=60)


def _token(page):
    return re.search(r'id="token">([0-9a-f]{24}\.[\w-]{43})<', page)


def _calls(desk, token):
    return desk.api("GET", "champion/requests", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_is_shown_once_and_revoked(desk, person):
    session, name, password = person
    answer = _post(desk, session, name="<nightly>", days="30", proof=password)
    token = _token(answer.text)[1]
    assert "no-store" in answer.headers["Cache-Control"]
    assert _calls(desk, token) == 200
    page = session.get(f"{desk.url}/account/tokens/", timeout=60).text
    assert "&lt;nightly&gt;" in page
    assert token.split(".")[1] not in page
    delete = re.search(r'action="/(account/tokens/\d+/delete)"', page)[1]
    assert _post(desk, session, delete).status_code == 200
    assert _calls(desk, token) == 401
    told = [line for line in desk.command("audit").splitlines() if f"account {name} " in line]
    assert ["champion-token-made" in line for line in told].count(True) == 1
    assert "champion-token-revoked" in told[-1]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"proof": "wrong"}, "This is not your password"),
        ({"proof": ""}, "This is not your password"),
        ({"days": "3650"}, "Choose how long it is good."),
        ({"days": ""}, "Choose how long it is good."),
        ({"name": ""}, "A token has a name"),
    ],
)
def test_what_is_wrong_is_said_and_makes_none(desk, person, changed, sentence):
    session, _, password = person
    answer = _post(desk, session, **{"name": "n", "days": "30", "proof": password} | changed)
    assert answer.status_code == 400
    assert re.search(r'role="alert">([^<]*)<', answer.text)[1].startswith(sentence)
    assert _token(answer.text) is None
    assert "There is none." in answer.text


def test_the_password_cannot_be_guessed_at_an_open_browser(desk, person):
    session, _, password = person
    for _ in range(10):
        _post(desk, session, name="n", days="30", proof="wrong")
    assert _token(_post(desk, session, name="n", days="30", proof=password).text) is None


def test_a_second_factor_is_asked_for_instead_of_the_password(desk, person, inside):
    session, name, password = person
    body = """
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
user = User.objects.get(username=words[0])
app = TOTPDevice.objects.create(user=user, name="app", confirmed=True)
StaticDevice.objects.create(user=user, name="recovery").token_set.create(token="0123456789abcdef")
from django.contrib.sessions.backends.db import SessionStore
session = SessionStore(words[1])
session["otp_device_id"] = app.persistent_id
session.save()
"""
    inside(desk, f"{body}return None", name, session.cookies["sessionid"])
    assert _token(_post(desk, session, name="n", days="30", proof=password).text) is None
    inside(
        desk,
        "from django_otp.plugins.otp_static.models import StaticDevice as S\nS.objects.update("
        "throttling_failure_timestamp=None, throttling_failure_count=0)\nreturn None",
    )
    assert _token(_post(desk, session, name="n", days="30", proof="0123 4567 89ab cdef").text) is not None


def test_nobody_revokes_anothers(desk, person, champion):
    session, _, password = person
    token = _token(_post(desk, session, name="n", days="30", proof=password).text)[1]
    page = session.get(f"{desk.url}/account/tokens/", timeout=60).text
    delete = re.search(r'action="/(account/tokens/\d+/delete)"', page)[1]
    assert _post(desk, champion, delete).status_code == 404  # an administrator uses the pages of administrators
    assert session.get(f"{desk.url}/{delete}", timeout=60).status_code == 405
    assert _calls(desk, token) == 200


def test_an_administrator_deletes_any_and_that_is_in_the_audit(desk, person, champion):
    session, name, password = person
    token = _token(_post(desk, session, name="n", days="30", proof=password).text)[1]
    page = session.get(f"{desk.url}/account/tokens/", timeout=60).text
    row = re.search(r'action="/account/tokens/(\d+)/delete"', page)[1]
    assert f"/{row}/change/" in champion.get(f"{desk.url}/admin/desk/championtoken/", timeout=60).text
    assert champion.get(f"{desk.url}/admin/desk/championtoken/{row}/change/", timeout=60).status_code == 200
    _post(desk, champion, f"admin/desk/championtoken/{row}/delete/", post="yes")
    assert _calls(desk, token) == 401
    assert any("champion-token-revoked" in line for line in desk.command("audit").splitlines() if name in line)
