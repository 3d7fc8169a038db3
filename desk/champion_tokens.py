"""Tokens by which programs of champions ask for bundles: made, shown once, used, revoked.

A token is its account's in everything: it may do what the account's role and queues allow at that moment, and is worth
nothing once the account is shut out, or has no second factor where the desk wants one of everybody. Only its hash is
kept.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from desk import audit, second_factor
from desk.credentials import make_secret, same_digest
from desk.models import ChampionToken
from desk.one_writer import alone
from desk.roles import AT_WORK, role_of

LONGEST_DAYS = 365
LONGEST_NAME = 64  # characters
MOST_PER_ACCOUNT = 20
# "Last used" to the minute is enough for a person, and spares a write per call.
_USED_EVERY = timedelta(minutes=1)


class NoToken(Exception):
    """A sentence that says why there is no such token."""


def make(account: User, name: str, *, days: int, by: str) -> str:
    """A new token as it is written, good for so many days; it is shown this once. Raise ``NoToken``."""
    name = name.strip()
    if not (name and len(name) <= LONGEST_NAME and name.isprintable()):
        raise NoToken(f"A token has a name of 1 to {LONGEST_NAME} characters that says what uses it.")
    if not 1 <= days <= LONGEST_DAYS:
        raise NoToken(f"A token is good for 1 to {LONGEST_DAYS} days.")
    if role_of(account) not in AT_WORK:
        raise NoToken("Only an account that works tickets has tokens.")
    secret = make_secret()
    expires_at = timezone.now() + timedelta(days=days)
    with alone("champion-tokens"):
        own = ChampionToken.objects.filter(account=account)
        if own.filter(name=name).exists():
            raise NoToken("The account has a token of that name already: revoke it, or take another name.")
        if own.count() >= MOST_PER_ACCOUNT:
            raise NoToken(f"The account has {MOST_PER_ACCOUNT} tokens: revoke one first.")
        token = ChampionToken.objects.create(
            account=account, name=name, public_id=secret.public_id, digest=secret.digest, expires_at=expires_at
        )
        _note(token, "champion-token-made", by, f" until {expires_at:%Y-%m-%d}")
    return secret.written


def named(account: User, name: str) -> ChampionToken:
    """The account's token of that name. Raise ``NoToken``."""
    token = ChampionToken.objects.filter(account=account, name=name).first()
    if token is None:
        raise NoToken("The account has no token of that name.")
    return token


def revoke(token: ChampionToken, *, by: str) -> None:
    """Let nobody in by it any more."""
    with transaction.atomic():
        if ChampionToken.objects.filter(pk=token.pk).delete()[0]:
            _note(token, "champion-token-revoked", by)


def find(public_id: str, digest: str) -> ChampionToken | None:
    """The token that was shown, if it lets anybody in; note that it was used."""
    token = ChampionToken.objects.select_related("account").filter(public_id=public_id).first()
    if token is None or not same_digest(digest, token.digest) or not _is_good(token):
        return None
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _USED_EVERY:
        ChampionToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _is_good(token: ChampionToken) -> bool:
    account = token.account
    if token.expires_at <= timezone.now() or role_of(account) not in AT_WORK:
        return False
    return not settings.DESK_SECOND_FACTOR_REQUIRED or second_factor.has_one(account)


def _note(token: ChampionToken, what: str, by: str, more: str = "") -> None:
    audit.record(by, what, f"account {token.account.get_username()}", f"token {token.public_id} '{token.name}'{more}")
