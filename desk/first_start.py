"""Brings a state folder to what this version needs: database, queues, the first champion. Safe to repeat."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.db import transaction
from helpdesk.models import Queue

from desk import audit, second_factor, signing_key
from desk.collecting.collection_requests import expire_old
from desk.roles import Role, give_role, role_of
from desk.support_rules import QUEUES
from desk.uploads import object_store, parts_store
from desk.uploads.bundle_store import drop_unfinished
from desk.uploads.resumable_store import sweep

FIRST_CHAMPION = "champion"


def prepare(*, is_alone: bool = True) -> str | None:
    """Make what is missing. Return the password of the first champion if this made the account, else ``None``.

    What an earlier run left half-way is cleared away only by one that is alone: it may be another's that runs. Raise
    ``WrongStoreSettings``.
    """
    store = object_store.configured()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    signing_key.ours()
    expire_old()
    if is_alone:
        drop_unfinished()
        sweep()
        parts_store.sweep(store)
    with transaction.atomic():
        for slug, title in QUEUES:
            Queue.objects.get_or_create(slug=slug, defaults={"title": title})
        # The host that links in mails name.
        Site.objects.update_or_create(
            pk=settings.SITE_ID, defaults={"domain": urlsplit(settings.DESK_URL).netloc, "name": "sendlogs desk"}
        )
        if User.objects.exists():
            return None
        return make_champion(FIRST_CHAMPION, role=Role.ADMINISTRATOR)


@transaction.atomic
def make_champion(
    name: str, *, role: Role | None = None, queues: Sequence[str] = (), forget_second_factor: bool = False
) -> str:
    """An account, made or given a new password, which is returned; ``desk.deeds`` writes that into the audit.

    A new one is a champion's if no role is named; an old one keeps its role and queues where none are named.
    Raise ``UnknownQueue``.
    """
    password = secrets.token_urlsafe(15)  # 120 bits
    account, made = User.objects.get_or_create(username=name)
    account.set_password(password)
    account.is_active = True
    account.save()
    about = f"account {name}"
    if role is not None or made or queues:
        role = role or (Role.CHAMPION if made else role_of(account)) or Role.CHAMPION
        give_role(account, role, queues)
        audit.record(audit.DESK, "role-given", about, " ".join((role, *queues)))
    if forget_second_factor:
        second_factor.forget(account)
        audit.record(audit.DESK, "second-factor-forgotten", about)
    return password
