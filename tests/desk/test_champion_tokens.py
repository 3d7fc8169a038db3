"""Tokens of champions: their account's in everything, and worth nothing once either is over."""

import pytest

PREPARE = """
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from desk import champion_tokens
from desk.credentials import split_secret
from desk.models import AuditEntry, ChampionToken
from desk.roles import Role, give_role
def account_of(name):
    account = get_user_model().objects.create(username=name, is_staff=True)
    give_role(account, Role.CHAMPION)
    return account
def make(account, name="nightly", days=1):
    return champion_tokens.make(account, name, days=days, by="test")
def finds(written):
    return champion_tokens.find(*split_secret(written)) is not None
def attempt(*arguments, **named):
    try:
        make(*arguments, **named)
    except champion_tokens.NoToken as sentence:
        return str(sentence)
"""


@pytest.fixture
def within(desk, inside):
    return lambda body, *words, **environment: inside(desk, PREPARE + body, *words, **environment)


def test_only_a_hash_is_kept_and_the_audit_tells_no_secret(within):
    body = """
written = make(account_of("t-hash"))
token = ChampionToken.objects.get(account__username="t-hash")
lines = AuditEntry.objects.filter(about="account t-hash", what__contains="token")
kept = [str(value) for value in vars(token).values()] + [line.detail for line in lines]
return finds(written), [line.what for line in lines], [value for value in kept if written.split(".")[1] in value]
"""
    assert within(body) == [True, ["champion-token-made"], []]


@pytest.mark.parametrize(
    "ending",
    [
        "ChampionToken.objects.filter(account=account).update(expires_at=timezone.now())",
        "champion_tokens.revoke(champion_tokens.named(account, 'nightly'), by='test')",
        "account.is_active = False; account.save()",
        "give_role(account, Role.AUDITOR)",
        "account.is_staff = False; account.save()",
        "account.delete()",
        "written = written[:-1] + ('x' if written[-1] != 'x' else 'y')",
        "written = written.split('.')[0] + '.'",
        "written = '.' + written.split('.')[1]",
    ],
)
def test_a_token_ends_with_its_time_its_account_or_its_secret(within, ending):
    name = f"t-{abs(hash(ending))}"
    body = f"account = account_of(words[0])\nwritten = make(account)\nbefore = finds(written)\n{ending}\n"
    assert within(f"{body}return before, finds(written)", name) == [True, False]


def test_a_desk_that_wants_a_second_factor_wants_it_of_whose_token_it_is(within):
    body = """
from django_otp.plugins.otp_totp.models import TOTPDevice
account = account_of("t-factor")
written = make(account)
before = finds(written)
TOTPDevice.objects.create(user=account, name="app", confirmed=True)
return before, finds(written)
"""
    assert within(body, SENDLOGS_DESK_SECOND_FACTOR="required") == [False, True]


def test_what_cannot_be_made_is_said(within):
    body = """
account = account_of("t-wrong")
make(account)
auditor = account_of("t-auditor")
give_role(auditor, Role.AUDITOR)
told = [attempt(account), attempt(account, " "), attempt(account, "x" * 65), attempt(account, "a\\u202eb")]
told += [attempt(account, "other", days=0), attempt(account, "other", days=366), attempt(auditor)]
for number in range(19):
    make(account, f"one of many {number}")
return [*told, attempt(account, "one too many")]
"""
    told = within(body)
    named = "A token has a name of 1 to 64 characters that says what uses it."
    assert told == [
        "The account has a token of that name already: revoke it, or take another name.",
        *[named] * 3,
        *["A token is good for 1 to 365 days."] * 2,
        "Only an account that works tickets has tokens.",
        "The account has 20 tokens: revoke one first.",
    ]


def test_its_use_is_noted_to_the_minute(within):
    body = """
account = account_of("t-used")
written = make(account)
finds(written)
token = ChampionToken.objects.get(account=account)
first = token.last_used_at
finds(written)
token.refresh_from_db()
return first is not None, first == token.last_used_at
"""
    assert within(body) == [True, True]
