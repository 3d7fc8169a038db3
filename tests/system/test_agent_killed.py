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
from dataclasses import dataclass

import pytest

KILLS = int(os.environ.get("KILLS", "6"))
SEEDS = range(20261126, 20261126 + max(1, KILLS // 100))  # runs that may go side by side
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


@dataclass(frozen=True)
class Times:
    """How long what is killed takes when nobody kills it, here and today."""

    send_seconds: float
    delivery_seconds: float  # from the gate's word to the end
    retry_seconds: float


def first_send(computer, desk) -> tuple[str, Times]:
    """The number of a ticket with one bundle, and what that took."""
    began = gated_at = time.monotonic()
    with computer.start_send("--new", "It stopped", "--severity", "2", "--to", desk.address) as child:
        for line in child.stdout:
            event = json.loads(line)
            gated_at = time.monotonic() if event["event"] == "gated" else gated_at
            ticket = event["receipt"]["ticket"] if event["event"] == "delivered" else ""
    sent_at = time.monotonic()
    assert child.returncode == 0
    computer.sendlogs("outbox", "retry")
    delivery_seconds, retry_seconds = sent_at - gated_at, time.monotonic() - sent_at
    return ticket, Times(sent_at - began, delivery_seconds, delivery_seconds + retry_seconds)


def sent_through_deaths(computer, chance, words: list[str], times: Times) -> tuple[str, int]:
    """Send one report as its person would, and tell its bundle's id and how many agents died of it."""
    before, kills = known(computer), 0
    while not (new := known(computer) - before):
        if kills >= SAFE_SENDS:
            computer.send(*words)
        elif chance.random() < 0.15:
            kills += is_killed(computer.start_send(*words), None, chance.uniform(0, times.send_seconds))
        else:
            kills += is_killed(computer.start_send(*words), "gated", chance.uniform(0, times.delivery_seconds))
    (bundle_id,) = new
    return bundle_id, kills


def retry_dies(computer, chance, times: Times) -> int:
    """Try to deliver what waits and die of it, often just when the first bytes have gone out; 1 if so."""
    retry = computer.start("outbox", "retry", "--json")
    if chance.random() < 0.4:
        return is_killed(retry, "uploading", chance.uniform(0, times.delivery_seconds / 4))
    return is_killed(retry, None, chance.uniform(0, times.retry_seconds))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_report_arrives_once(seed: int, computer, desk, monkeypatch) -> None:
    monkeypatch.setenv("SENDLOGS_DEADLINE_SECONDS", "20")  # what is gathered matters little here
    chance, wanted = random.Random(seed), KILLS // len(SEEDS)
    tickets_before, bundles_before = desk.tickets, desk.bundles.keys()
    ticket, times = first_send(computer, desk)
    known_ticket = ["--ticket", ticket, "--to", desk.address]
    expected, new_tickets, kills, began = known(computer), 1, 0, time.monotonic()
    while kills < wanted:
        is_new = chance.random() < 0.75
        words = ["--new", "It stopped again", "--severity", "3", "--to", desk.address] if is_new else known_ticket
        bundle_id, died = sent_through_deaths(computer, chance, words, times)
        kills += died
        new_tickets += is_new
        expected.add(bundle_id)
        while kills < wanted and waiting(computer) and chance.random() < 0.97:
            kills += retry_dies(computer, chance, times)
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
