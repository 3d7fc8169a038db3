"""Whoever asks, by page, API or command, is asked the same: who they are, whose ticket, what the computer allows."""

PREPARE = """
import uuid
from django.contrib.auth import get_user_model
from helpdesk.models import Queue, Ticket
from desk import ed25519
from desk.collecting.asking import ask
from desk.collecting.collection_requests import CannotAsk
from desk.models import AuditEntry, Device, SupportRequest
from desk.roles import Role, give_role
key = ed25519.line_of(ed25519.public_of(bytes([9]) * 32))
def ticket_of(slug="support", **said):
    said = {"remote_policy": "ask", "remote_profiles": ["demo"], "public_key": key} | said
    device = Device.objects.create(public_id=uuid.uuid4().hex, computer_id="c", **said)
    ticket = Ticket.objects.create(title="t", queue=Queue.objects.get(slug=slug))
    SupportRequest.objects.create(ticket=ticket, device=device, request_id="r")
    return ticket
def account_of(role, *queues):
    account = get_user_model().objects.create(username=uuid.uuid4().hex, is_staff=True)
    give_role(account, role, queues)
    return get_user_model().objects.get(pk=account.pk)
def attempt(ticket, account, profile="demo"):
    try:
        return ask(ticket, account, profile=profile, reason="why", means="by test").state
    except CannotAsk as sentence:
        return str(sentence)
"""
NOT_YOURS = "The ticket is not of your queues."
TAKES_NONE = "This computer takes no requests."


TOLD = {
    "ticket_of(), account_of(Role.CHAMPION, 'support')": "waiting",
    "ticket_of(), account_of(Role.MANAGER)": "waiting",
    "ticket_of(), account_of(Role.CHAMPION, 'bugs')": NOT_YOURS,
    "ticket_of(), account_of(Role.AUDITOR)": NOT_YOURS,
    "ticket_of(remote_policy='off'), account_of(Role.MANAGER)": TAKES_NONE,
    "ticket_of(remote_policy=''), account_of(Role.MANAGER)": TAKES_NONE,
    "ticket_of(remote_profiles=[]), account_of(Role.MANAGER)": TAKES_NONE,
    "ticket_of(remote_profiles=['other', 'a\\u202eb']), account_of(Role.MANAGER)": "Choose a profile that this "
    "computer allows, such as other, ab.",
    "ticket_of(public_key=''), account_of(Role.MANAGER)": "The computer enrolled without a key and takes no requests: "
    "it must enrol anew.",
    "Ticket.objects.create(title='t', queue=Queue.objects.first()), account_of(Role.MANAGER)": "No computer opened "
    "this ticket.",
}


def test_who_asks_for_what(desk, inside):
    assert inside(desk, f"{PREPARE}return [{', '.join(f'attempt({each})' for each in TOLD)}]") == list(TOLD.values())


def test_the_audit_tells_by_what_it_was_asked(desk, inside):
    body = """
account = account_of(Role.MANAGER)
attempt(ticket_of(), account)
return [line.detail for line in AuditEntry.objects.filter(who=account.username)]
"""
    assert inside(desk, PREPARE + body) == ["by test; profile demo: why"]
