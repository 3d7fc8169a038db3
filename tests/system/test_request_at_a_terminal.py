"""A person at a terminal answers a champion's request: shown the finished bundle first, and free to say no to it."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator

import pytest

from tests.system.champion import Champion, come_to
from tests.system.running_service import wait_for
from tests.system.test_terminal import Terminal

pytestmark = pytest.mark.long
EXIT_DECLINED = 5
QUESTION = r"Send it to desk:.*, ticket \d+\?.*: "


@pytest.fixture
def asked(computer, desk, service, policy) -> tuple[Champion, str]:
    """A champion, and a request that waits for the person."""
    sent = computer.send("--new", "It stopped", "--severity", "2", "--to", desk.address)
    assert sent.code == 0, sent
    champion = Champion(desk.state, sent.event("delivered")["receipt"]["ticket"])
    policy("ask")
    service.start()
    request_id = champion.ask()
    wait_for(lambda: service.requests().get(request_id, {}).get("step") == "asking", "nobody is asked")
    return champion, request_id


@pytest.fixture
def terminal(computer, asked) -> Iterator[Terminal]:
    words = [sys.executable, "-Im", "agent", "requests", "allow", asked[1]]
    program = Terminal(words, computer._environment | {"TERM": "xterm", "COLUMNS": "200"})
    yield program
    if program.process.poll() is None:
        program.process.kill()
        program.process.wait()


def test_yes_is_to_the_bundle_that_was_shown(terminal: Terminal, asked, desk, computer) -> None:
    champion, request_id = asked
    shown = terminal.until(QUESTION)
    terminal.type("l")
    assert "replaced" in terminal.until(QUESTION)
    assert request_id not in desk.bundles
    terminal.type("y")
    terminal.until("exactly that file is sent now")
    assert terminal.end() == 0
    come_to(champion, request_id, "done")
    (sha256,) = re.findall(r"SHA-256 ([0-9a-f]{64})", shown)
    assert hashlib.sha256(desk.bundles[request_id].read_bytes()).hexdigest() == sha256
    (receipt,) = [each for each in computer.sendlogs("receipts", "--json").events if each["bundle_id"] == request_id]
    assert (receipt["sha256"], receipt["consent"]["how"]) == (sha256, "asked")


def test_no_to_what_was_shown_leaves_the_request_waiting(terminal: Terminal, asked, desk, computer) -> None:
    champion, request_id = asked
    terminal.until(QUESTION)
    terminal.type("n")
    terminal.until("the request waits on")
    assert terminal.end() == EXIT_DECLINED
    assert champion.look(request_id)["state"] == "asking"
    assert computer.sendlogs("requests", "decline", request_id).code == 0
    come_to(champion, request_id, "declined")
    assert request_id not in desk.bundles
    wait_for(lambda: not list((computer.state / "previews").iterdir()), "what was kept is still there")
