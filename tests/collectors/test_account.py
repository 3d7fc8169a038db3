"""The affected account."""

from collectors import RequestItem
from collectors.account import COLLECTOR

FILES = [{"file": "/etc/app.conf", "pattern": r"^username=(.+)"}]


def test_what_the_person_typed_wins(machine, gather) -> None:
    options = {"given": " ada@example.com ", "files": FILES}
    context = machine(collector=COLLECTOR, files={"/etc/app.conf": "username=bob\n"}, options=options)
    assert gather(COLLECTOR, context).facts == {RequestItem.ACCOUNT: "ada@example.com"}


def test_else_it_is_what_the_application_knows(machine, gather) -> None:
    context = machine(collector=COLLECTOR, files={"/etc/app.conf": "username=bob\n"}, options={"files": FILES})
    found = gather(COLLECTOR, context)
    assert found.facts == {RequestItem.ACCOUNT: "bob"}
    assert found.items[0].source == "/etc/app.conf"


def test_nobody_knows_it(machine, gather) -> None:
    found = gather(COLLECTOR, machine(collector=COLLECTOR, options={"files": FILES}))
    assert found.skipped == {"account": "nobody named the account, and none of these names one: /etc/app.conf"}
