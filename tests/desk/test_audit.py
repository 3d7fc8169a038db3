"""A line of the audit that was altered or taken out shows, and writers at once break no chain."""

from concurrent.futures import ThreadPoolExecutor

import pytest

RECORD = """
from desk import audit
for number in range(words[1]):
    audit.record(words[0], "tried", f"thing {number}", "\\u00e9\\n")
return None
"""
VERIFY = """
from dataclasses import asdict
from desk import audit
return asdict(audit.verify())
"""
# Taken back, so that one desk is enough for all deeds.
SPOIL = """
from django.db import transaction
from desk import audit
from desk.models import AuditEntry
with transaction.atomic():
    for number in range(4):
        audit.record("kim", "tried", f"thing {number}")
    third = AuditEntry.objects.order_by("-pk")[1]  # thing 2
    rows = AuditEntry.objects.filter(pk=third.pk)
    exec(words[0])
    spoiled = [third.pk, audit.verify().first_wrong]
    transaction.set_rollback(True)
return [*spoiled, audit.verify().first_wrong]
"""


def test_writers_at_once_make_one_chain(start_desk, inside):
    desk = start_desk()
    before = inside(desk, VERIFY)["entries"]  # what a first start records
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda who: inside(desk, RECORD, who, 25), "abcd"))
    verified = inside(desk, VERIFY)
    assert (verified["entries"], verified["first_wrong"]) == (before + 100, None)
    assert len(verified["head"]) == 64


@pytest.mark.parametrize(
    ("deed", "later"),
    [
        ("rows.update(who='sam')", 0),
        ("rows.update(detail='x')", 0),
        ("rows.update(what='triedt', about='hing 2')", 0),
        ("rows.update(at=third.at.replace(microsecond=1))", 0),
        ("rows.update(previous='0' * 64)", 0),
        ("rows.delete()", 1),
    ],
)
def test_the_first_line_that_does_not_fit_is_named(desk, inside, deed, later):
    third, first_wrong, afterwards = inside(desk, SPOIL, deed)
    assert first_wrong == third + later
    assert afterwards is None


def test_a_line_goes_with_the_deed_and_long_words_are_cut(start_desk, inside):
    body = """
from django.db import transaction
from desk import audit
before = audit.verify().entries
try:
    with transaction.atomic():
        audit.record("kim", "undone", "thing")
        raise KeyError
except KeyError:
    pass
audit.record("k" * 300, "done", "thing", "d" * 3000)
return [audit.verify().entries - before, audit.verify().first_wrong]
"""
    assert inside(start_desk(), body) == [1, None]
