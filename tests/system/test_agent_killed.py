"""kill -9 of the agent at random moments, from the question to the receipt, against the real desk.

Whoever's agent dies looks whether the bundle waits or has a receipt, and sends again if neither is so. In the end each
report is one bundle on one ticket. ``KILLS=200`` (``make kill-agent``) is the whole measure; a few are in every run.
"""

import contextlib
import hashlib
import json
import os
import random
import subprocess
import time

import pytest

KILLS = int(os.environ.get("KILLS", "6"))
SEEDS = range(20261126, 20261126 + max(1, KILLS // 50))  # runs that may go side by side
LONGEST_SEND_SECONDS = 8.0  # about what a whole one takes on a busy small machine
LONGEST_DELIVERY_SECONDS = 1.2  # from the gate's word to the receipt
LONGEST_RETRY_SECONDS = 2.2  # with the start of the program, which takes half of it
SAFE_SENDS = 3  # after so many deaths in a row a report is sent without harm, so that the run goes on


@pytest.fixture
def computer(make_computer, desk):
    made = make_computer("computer")
    desk.enrol(made)
    return made


def is_killed(child: subprocess.Popen, after_event: str | None, seconds: float) -> bool:
    """Kill ``child`` so long after it told of ``after_event`` (or began); whether that found it alive."""
    with child:
        if after_event is not None:
            for line in child.stdout:
                if json.loads(line)["event"] == after_event:
                    break
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
        child.kill()
    return child.returncode == -9


def waiting(computer) -> set[str]:
    """The bundles in the outbox."""
    return {file.parent.name for file in computer.state.glob("outbox/[!.]*/delivery.json")}


def known(computer) -> set[str]:
    """The bundles that wait here or have a receipt."""
    return waiting(computer) | {file.stem for file in computer.state.glob("receipts/[!.]*.json")}


def sent_through_deaths(computer, chance, words: list[str]) -> tuple[str, int]:
    """Send one report as its person would, and tell its bundle's id and how many agents died of it."""
    before, kills = known(computer), 0
    while not (new := known(computer) - before):
        if kills >= SAFE_SENDS:
            computer.send(*words)
        elif chance.random() < 0.15:
            kills += is_killed(computer.start_send(*words), None, chance.uniform(0, LONGEST_SEND_SECONDS))
        else:
            kills += is_killed(computer.start_send(*words), "gated", chance.uniform(0, LONGEST_DELIVERY_SECONDS))
    (bundle_id,) = new
    return bundle_id, kills


@pytest.mark.parametrize("seed", SEEDS)
def test_every_report_arrives_once(seed: int, computer, desk, monkeypatch) -> None:
    monkeypatch.setenv("SENDLOGS_DEADLINE_SECONDS", "1")  # what is gathered matters little here
    chance, wanted = random.Random(seed), KILLS // len(SEEDS)
    tickets_before, bundles_before = desk.tickets, desk.bundles.keys()
    first = computer.send("--new", "It stopped", "--severity", "2", "--to", desk.address)
    assert first.code == 0, first
    ticket = first.event("delivered")["receipt"]["ticket"]
    known_ticket = ["--ticket", ticket, "--to", desk.address]
    expected, new_tickets, kills, began = {next(iter(known(computer)))}, 1, 0, time.monotonic()
    while kills < wanted:
        is_new = chance.random() < 0.75
        words = ["--new", "It stopped again", "--severity", "3", "--to", desk.address] if is_new else known_ticket
        bundle_id, died = sent_through_deaths(computer, chance, words)
        kills += died
        new_tickets += is_new
        expected.add(bundle_id)
        while kills < wanted and waiting(computer) and chance.random() < 0.95:
            retry = computer.start("outbox", "retry", "--json")
            kills += is_killed(retry, None, chance.uniform(0, LONGEST_RETRY_SECONDS))
        print(f"{kills} kills, {len(expected)} reports, {time.monotonic() - began:.0f} s", flush=True)
    last = computer.sendlogs("outbox", "retry")
    assert last.code == 0, last

    assert desk.bundles.keys() - bundles_before == expected
    assert desk.tickets - tickets_before == new_tickets
    receipts = {event["bundle_id"]: event for event in computer.sendlogs("receipts", "--json").events}
    assert receipts.keys() == expected
    for bundle_id, receipt in receipts.items():
        assert hashlib.sha256(desk.bundles[bundle_id].read_bytes()).hexdigest() == receipt["sha256"]
    assert len({receipt["ticket"] for receipt in receipts.values()}) == new_tickets
    assert computer.sendlogs("outbox", "list", "--json").events == []
    locks = {".put.lock", ".deliver.lock", ".door"}
    left = [file for part in ("outbox", "work", "receipts") for file in computer.state.glob(f"{part}/*")]
    assert {file.name for file in left} - locks - {f"{bundle_id}.json" for bundle_id in expected} == set()
