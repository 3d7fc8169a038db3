"""Whatever changes who may do what has its line in the audit, with who did it, by whatever way it was changed."""

import re
from collections.abc import Callable

import pytest
import requests

from tests.desk.conftest import RunningDesk

LINES = """
from desk.models import AuditEntry
return [[e.who, e.what, e.about, e.detail] for e in AuditEntry.objects.filter(about__contains=words[0]).order_by("pk")]
"""


@pytest.fixture
def lines(desk, inside) -> Callable[[str], list[list[str]]]:
    """The audit's lines about what has that in its name."""
    return lambda about: inside(desk, LINES, about)


def post(desk: RunningDesk, session: requests.Session, path: str, **form: object) -> requests.Response:
    session.get(f"{desk.url}/{path}", timeout=60)
    words = {**form, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    answer = session.post(f"{desk.url}/{path}", data=words, headers={"Referer": desk.url}, timeout=60)
    assert answer.status_code == 200
    assert "errorlist" not in answer.text
    return answer


def test_an_account_that_an_administrator_makes_and_raises_is_told(desk, champion, inside, lines):
    password = "correct-horse-battery-9"
    post(
        desk, champion, "admin/auth/user/add/",
        username="deed1", usable_password="true", password1=password, password2=password,
    )  # fmt: skip
    assert [line[:2] for line in lines("account deed1")] == [["champion", "account-made"]]
    row = inside(desk, "from django.contrib.auth.models import User\nreturn User.objects.get(username='deed1').pk")
    form = {"username": "deed1", "is_active": "on", "is_staff": "on", "is_superuser": "on", "email": "x@example.org"}
    form |= {"date_joined_0": "2026-11-26", "date_joined_1": "09:00:00"}
    make = "from django.contrib.auth.models import Group\nreturn Group.objects.get_or_create(name='manager')[0].pk"
    form["groups"] = str(inside(desk, make))
    post(desk, champion, f"admin/auth/user/{row}/change/", **form)
    assert lines("account deed1")[1:] == [
        ["champion", "account-changed", "account deed1", "is_superuser: yes, is_staff: yes, another email"],
        ["champion", "group-given", "account deed1", "manager"],
    ]
    del form["groups"], form["is_superuser"]
    post(desk, champion, f"admin/auth/user/{row}/change/", **form)
    assert [line[1:] for line in lines("account deed1")[3:]] == [
        ["account-changed", "account deed1", "is_superuser: no"],
        ["group-taken", "account deed1", "manager"],
    ]
    post(desk, champion, f"admin/auth/user/{row}/delete/", post="yes")
    assert lines("account deed1")[-1] == ["champion", "account-deleted", "account deed1", ""]


def test_an_account_that_the_command_makes_is_told(desk, lines):
    desk.command("champion", "deed2", "--role", "manager")
    told = lines("account deed2")
    assert {line[0] for line in told} == {"desk"}
    assert {"account-made", "account-changed", "group-given", "role-given"} == {line[1] for line in told}
    desk.command("champion", "deed2")  # keeps its role
    assert lines("account deed2")[len(told) :] == [["desk", "account-changed", "account deed2", "another password"]]


def test_rights_that_are_given_from_the_other_side_or_taken_at_once_are_told(desk, inside, lines):
    body = """
from django.contrib.auth.models import Group, Permission, User
user, group = User.objects.create(username="deed3"), Group.objects.create(name="deed-group")
right = Permission.objects.get(codename="view_user")
group.user_set.add(user)
user.groups.clear()
user.groups.remove(group)
user.user_permissions.set([right])
right.user_set.clear()
group.permissions.add(right)
group.delete()
return None
"""
    inside(desk, body)
    assert [line[1::2] for line in lines("account deed3")[1:]] == [
        ["group-given", "deed-group"],
        ["group-taken", "deed-group"],
        ["permission-given", "view_user"],
        ["permission-taken", "view_user"],
    ]
    assert [line[1] for line in lines("group deed-group")] == ["permission-given", "group-deleted"]


def test_to_log_in_is_no_change(desk, lines, try_log_in):
    password = desk.command("champion", "deed4")
    before = lines("account deed4")
    with requests.Session() as session:
        try_log_in(session, desk.url, "deed4", password)
    assert lines("account deed4") == before


def test_a_hash_that_django_renews_is_no_change_and_another_password_is_one(desk, inside, lines):
    desk.command("champion", "deed6")
    before = lines("account deed6")
    body = """
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
account = User.objects.get(username="deed6")
account.password = make_password("words of deed6", hasher="pbkdf2_sha1")
User.objects.filter(pk=account.pk).update(password=account.password)
renewed = User.objects.get(pk=account.pk)
assert renewed.check_password("words of deed6")
assert renewed.password != account.password
if words[0]:
    renewed.set_password("others")
    renewed.save()
return 0"""
    inside(desk, body, False)
    assert lines("account deed6") == before
    inside(desk, body, True)
    assert [line[3] for line in lines("account deed6")[len(before) :]] == ["another password"]


def test_a_token_that_is_deleted_and_a_relay_that_is_revoked_are_told(desk, champion, inside, lines):
    desk.command("enrollment-token")
    desk.command("relay-credential", "deed-relay")
    body = """
from desk.models import EnrollmentToken, Relay
token = EnrollmentToken.objects.order_by("pk").last()
return [token.pk, token.public_id, Relay.objects.get(name="deed-relay").pk]
"""
    token, public_id, relay = inside(desk, body)
    selected = {"action": "delete_selected", "_selected_action": str(token), "post": "yes"}
    post(desk, champion, "admin/desk/enrollmenttoken/", **selected)
    assert lines(f"token {public_id}")[-1] == ["champion", "token-deleted", f"token {public_id}", ""]
    for _ in range(2):
        page = post(desk, champion, "admin/desk/relay/", action="revoke", _selected_action=str(relay)).text
    assert re.search("Revoked: 0", page)
    post(desk, champion, f"admin/desk/relay/{relay}/delete/", post="yes")
    assert [line[:2] for line in lines("relay deed-relay")] == [
        ["desk", "relay-credential-made"],
        ["champion", "relay-revoked"],
        ["champion", "relay-deleted"],
    ]
