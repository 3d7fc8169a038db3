"""The desk's commands about requests, tokens, audit, keys and devices, for whoever has its computer.

request  ask a ticket's computer for a bundle, as a champion
token    make, list or revoke the tokens by which a champion's programs ask
audit    print who did what; with --verify, whether a line was altered or taken out
keys     print the fingerprint of the desk's key; with 'rotate', make a new one
device   list the devices; 'revoke' one
"""

from __future__ import annotations

import argparse
import asyncio
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from desk.serve import CannotServe

Run = Callable[[argparse.Namespace], None]
BY = "command line"  # who, in the audit: whoever has the desk's own account
_SPAN = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FOLLOW_SECONDS = 30.0
_MOST_NAMED = 20  # devices in one sentence
EXIT_CODES = {"declined": 3, "refused": 4, "failed": 5, "cancelled": 6, "expired": 7}  # of each end but "done"


def add(commands: Any, state: argparse.ArgumentParser, on_desk: Callable[[Run], Any]) -> None:
    """Add them to the parser; ``on_desk`` wraps what runs once the desk's Django is set up."""
    command = commands.add_parser("request", parents=[state], help="ask a ticket's computer for a bundle")
    command.add_argument("--ticket", type=int, required=True, metavar="N")
    command.add_argument("--profile", required=True, metavar="P", help="a profile that the computer knows")
    command.add_argument("--reason", required=True, metavar="TEXT", help="which the person at the computer is shown")
    command.add_argument("--since", type=_span, metavar="SPAN", help="only logs as new as that, such as 90m, 24h or 7d")
    command.add_argument("--as", dest="champion", required=True, metavar="CHAMPION", help="who asks")
    command.add_argument("--follow", action="store_true", help="print how far it is, until its end")
    command.set_defaults(run=on_desk(_request))

    command = commands.add_parser("token", parents=[state], help="make, list or revoke a champion's tokens")
    command.add_argument("what", choices=["make", "list", "revoke"])
    command.add_argument("champion", metavar="CHAMPION", help="whose it is")
    command.add_argument("--name", default="", metavar="NAME", help="what uses it; to make or revoke one")
    command.add_argument("--days", type=int, default=90, help="how long it is good (%(default)s)")
    command.set_defaults(run=on_desk(_token))

    command = commands.add_parser("audit", parents=[state], help="print who did what")
    command.add_argument("--verify", action="store_true", help="only say whether a line was altered or taken out")
    command.set_defaults(run=on_desk(_audit))

    command = commands.add_parser("keys", parents=[state], help="print the fingerprint of the desk's key")
    told = "make a new key, which devices learn by the old one; open requests are cancelled"
    command.add_argument("what", nargs="?", choices=["rotate"], help=told)
    command.set_defaults(run=on_desk(_keys))

    command = commands.add_parser("device", parents=[state], help="list the devices, or end one's access")
    command.add_argument("what", choices=["list", "revoke"])
    told = "to revoke: the device's, or its Computer ID where no other device has that"
    command.add_argument("device", nargs="?", default="", metavar="ID", help=told)
    command.set_defaults(run=on_desk(_device))


def _request(words: argparse.Namespace) -> None:
    from django.contrib.auth.models import User

    from desk.collecting.asking import ask
    from desk.collecting.collection_requests import CannotAsk
    from desk.roles import AT_WORK, role_of, tickets_seen_by

    requester = User.objects.filter(username=words.champion).first()
    if requester is None or role_of(requester) not in AT_WORK:
        raise CannotServe(f"There is no account {words.champion} that works tickets.")
    ticket = tickets_seen_by(requester).filter(pk=words.ticket, support_request__isnull=False).first()
    if ticket is None:
        raise CannotServe(f"There is no ticket {words.ticket} of a computer in {words.champion}'s queues.")
    try:
        request = ask(
            ticket,
            requester,
            profile=words.profile,
            reason=words.reason,
            since_seconds=words.since,
            means="on the command line",
        )
    except CannotAsk as cannot:
        raise CannotServe(str(cannot)) from None
    _say(str(request.pk))
    if words.follow:
        _follow(request)


def _require_done(state: Any) -> None:
    if code := EXIT_CODES.get(state.value):
        raise CannotServe(f"The request brought no bundle: {state.label}.", exit_code=code)


def _follow(request: Any) -> None:
    """Print each state as it comes, until an end. Raise ``CannotServe`` for one that brought no bundle."""
    from desk.collecting import collection_requests, wake_ups
    from desk.request_models import ENDS, RequestState

    position = 0
    while True:
        collection_requests.expire_old(request.device)
        for event in request.events.filter(pk__gt=position).order_by("pk"):
            position = event.pk
            _say(" ".join(filter(None, [RequestState(event.state).label, event.words and f"({event.words})"])))
            if event.state in ENDS:
                _require_done(RequestState(event.state))
                return
        asyncio.run(wake_ups.wait(device_id=request.device_id, after=position, seconds=_FOLLOW_SECONDS))


def _token(words: argparse.Namespace) -> None:
    from django.contrib.auth.models import User

    from desk import champion_tokens

    account = User.objects.filter(username=words.champion).first()
    if account is None:
        raise CannotServe(f"There is no account {words.champion}.")
    if words.what == "list":
        for token in account.champion_tokens.all():
            used = f"{token.last_used_at:%Y-%m-%d}" if token.last_used_at else "never"
            _say(f"{token.name}: good until {token.expires_at:%Y-%m-%d}, last used {used}")
        return
    try:
        if words.what == "make":
            _say(champion_tokens.make(account, words.name, days=words.days, by=BY))
        else:
            champion_tokens.revoke(champion_tokens.named(account, words.name), by=BY)
            _say("revoked")
    except champion_tokens.NoToken as sentence:
        raise CannotServe(str(sentence)) from None


def _audit(words: argparse.Namespace) -> None:
    from desk import audit
    from desk.models import AuditEntry

    if not words.verify:
        for entry in AuditEntry.objects.order_by("pk").iterator():
            detail = f" ({entry.detail})" if entry.detail else ""
            line = f"{entry.at:%Y-%m-%dT%H:%M:%SZ} {entry.who} {entry.what} {entry.about}{detail}"
            _say(line)
        return
    verified = audit.verify()
    if verified.first_wrong is not None:
        raise CannotServe(f"Line {verified.first_wrong} does not fit: it, or one before it, was altered or taken out.")
    _say(f"{verified.entries} lines, each fits; the last is {verified.head}")


def _keys(words: argparse.Namespace) -> None:
    from django.conf import settings

    from desk import audit, signing_key
    from desk.collecting import collection_requests

    key = signing_key.ours()
    if words.what == "rotate":
        key = signing_key.rotate(Path(settings.DESK_STATE_FOLDER or ""))
        audit.record(BY, "desk-key-rotated", f"key {key.fingerprint}")
        collection_requests.cancel_all(by=BY, words="The desk has a new key: ask again.")
    _say(f"{key.fingerprint} desk {key.tenant}")


def _device(words: argparse.Namespace) -> None:
    from desk.models import Device
    from desk.revocation import revoke

    if words.what == "list":
        for each in Device.objects.order_by("enrolled_at", "pk").iterator():
            seen = f"{each.last_seen_at:%Y-%m-%dT%H:%M:%SZ}" if each.last_seen_at else "never"
            ended = ", revoked" if each.revoked_at else ""
            _say(f"{each.pk} Computer ID {each.computer_id}, last seen {seen}{ended}")
        return
    _say("revoked" if revoke(_device_meant(words.device), by=BY) else "was revoked already")


def _device_meant(written: str) -> Any:
    """The device of that id, or else the only one of that computer ID. Raise ``CannotServe``."""
    from desk.models import Device

    with suppress(ValueError):
        if (device := Device.objects.filter(pk=uuid.UUID(written)).first()) is not None:
            return device
    found = list(Device.objects.filter(computer_id=written).order_by("enrolled_at")[:_MOST_NAMED]) if written else []
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{each.pk}{' (revoked)' if each.revoked_at else ''}" for each in found)
        raise CannotServe(f"Several devices have the Computer ID {written}; name one by its own ID: {ids}.")
    raise CannotServe(f"There is no device {written or 'without an ID'}; see: sendlogs-desk device list --state DIR")


def _span(written: str) -> int:
    found = _SPAN.fullmatch(written)
    if found is None:
        raise argparse.ArgumentTypeError("must be a time such as 90m, 24h or 7d")
    return int(found[1]) * _SECONDS[found[2]]


def _say(line: str) -> None:
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)
    print(shown, flush=True)  # noqa: T201 - the answer; nothing in it steers a terminal
