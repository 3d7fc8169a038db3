"""Brings a state folder to what this version needs: database, queues, the first champion. Safe to repeat."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.db import transaction
from helpdesk.models import Queue

from desk import object_store, parts_store, signing_key
from desk.bundle_store import drop_unfinished
from desk.collection_requests import expire_old
from desk.resumable_store import sweep
from desk.support_rules import QUEUES

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
        if get_user_model().objects.exists():
            return None
        return make_champion(FIRST_CHAMPION, administrator=True)


def make_champion(name: str, *, administrator: bool = False) -> str:
    """An account that works tickets, made or given a new password, which is returned.

    An administrator may also revoke devices and make accounts, in the pages under ``/admin/``.
    """
    password = secrets.token_urlsafe(15)  # 120 bits
    account, _ = get_user_model().objects.get_or_create(username=name)
    account.set_password(password)
    account.is_staff = account.is_active = True
    account.is_superuser = account.is_superuser or administrator
    account.save()
    return password
