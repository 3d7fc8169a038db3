"""A champion asks on the ticket's page, a real device acts, and the page shows it as it happens: in a real Chromium."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.system.running_service import DEADLINE_SECONDS, Running, wait_for
from tests.system.test_demo import BROWSER_SWITCHES

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.long]

REASON = "Restores stop at 12 %."
# Notes each state that the row shows, so that one which passes faster than the test looks is not missed.
NOTE_STATES = """(row) => {
  window.notLoadedAgain = true;
  window.states = [row.dataset.state];
  new MutationObserver(() => window.states.push(row.dataset.state)).observe(row, {attributeFilter: ["data-state"]});
}"""


@dataclass
class TicketPage:
    """The page of one ticket, as a champion has it open."""

    page: Page
    address: str

    def ask(self, profile: str) -> Asked:
        """Press *Request bundle*, once the page offers the profile, which the device tells when it starts."""
        wait_for(lambda: self._offers(profile), "the device does not say what may be asked of it")
        known = self._ids()
        self.page.select_option("#desk-profile", profile)
        self.page.fill("#desk-reason", REASON)
        self.page.click("text=Request bundle")
        self.page.wait_for_url("**#desk-requests-title")
        (request_id,) = self._ids() - known
        row = self.page.locator(f"#desk-requests > li[data-request='{request_id}']")
        row.evaluate(NOTE_STATES)
        return Asked(self.page, row, request_id)

    def bundles(self) -> int:
        """How many the ticket has, as the page says when it is loaded."""
        self.page.goto(self.address)
        return self.page.locator("text=Open bundle").count()

    def _offers(self, profile: str) -> bool:
        self.page.goto(self.address)
        return self.page.locator(f"#desk-profile option[value={profile}]").count() == 1

    def _ids(self) -> set[str]:
        return set(
            self.page.locator("#desk-requests > li").evaluate_all("(rows) => rows.map((row) => row.dataset.request)")
        )


@dataclass
class Asked:
    """One request on the page."""

    page: Page
    row: Locator
    request_id: str

    def comes_to(self, shown: str) -> None:
        """Wait until the page, which is not loaded again meanwhile, shows that state."""
        self.row.locator(f"strong:text-is('{shown}')").wait_for()
        assert self.page.evaluate("window.notLoadedAgain") is True

    def says(self, words: str) -> None:
        """The same for words of the device, or of the person there."""
        self.row.locator("[data-field=words]", has_text=words).wait_for()
        assert self.page.evaluate("window.notLoadedAgain") is True

    @property
    def states(self) -> list[str]:
        """All that the page showed since it was asked."""
        return self.page.evaluate("window.states")


@pytest.fixture(scope="module")
def ticket(computer, desk) -> str:
    """A ticket that the device opened, with a first bundle."""
    sent = computer.send("--new", "It stopped", "--severity", "2", "--to", desk.address)
    assert sent.code == 0, sent
    return sent.event("delivered")["receipt"]["ticket"]


@pytest.fixture
def ticket_page(chromium, desk, ticket) -> Iterator[TicketPage]:
    """Its page, with a champion logged in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_SWITCHES)
        page = browser.new_page()
        page.set_default_timeout(DEADLINE_SECONDS * 1000)
        page.goto(f"{desk.url}/login/")
        for name, value in desk.log_in.items():
            page.fill(f"input[name={name}]", value)
        page.click("[type=submit]")
        page.wait_for_url("**/dashboard/")
        yield TicketPage(page, f"{desk.url}/tickets/{ticket}/")
        browser.close()


@pytest.fixture
def started(service, policy) -> Callable[[str], Running]:
    """The device's service, started with that policy."""

    def start(remote: str) -> Running:
        policy(remote)
        service.start()
        return service

    return start


def test_a_champion_presses_and_watches_the_bundle_come(ticket_page, started, desk, gate) -> None:
    bundles = ticket_page.bundles()
    started("allow")
    asked = ticket_page.ask("slow")
    asked.comes_to("gathering")
    assert asked.request_id not in desk.bundles
    gate.touch()
    asked.comes_to("done")
    order = ["waiting", "delivered", "gathering", "uploading", "done"]
    assert sorted(set(asked.states), key=order.index) == asked.states  # never back; quick ones may be passed unseen
    assert asked.states[-1] == "done"
    assert "gathering" in asked.states
    assert asked.request_id in desk.bundles
    asked.row.locator("text=Open its bundle").click()
    assert ticket_page.page.locator("h1").inner_text() == f"Bundle of ticket {ticket_page.address.split('/')[-2]}"
    assert asked.request_id in ticket_page.page.url
    assert ticket_page.bundles() == bundles + 1


def test_the_person_is_asked_and_says_yes(ticket_page, started, desk, computer) -> None:
    """Not now at first, which the page shows while it waits on; then a look, and yes to just that file."""
    started("ask")
    asked = ticket_page.ask("sendlogs")
    asked.comes_to("waiting for the person")
    shown = computer.sendlogs("requests", "show", asked.request_id, "--json").event("request")
    assert (shown["requester"], shown["reason"]) == (desk.log_in["username"], REASON)
    assert computer.sendlogs("requests", "later", asked.request_id).code == 0
    asked.says("not now")
    asked.comes_to("waiting for the person")
    assert asked.request_id not in desk.bundles
    seen = computer.sendlogs("requests", "preview", asked.request_id, "--json").event("preview")
    asked.comes_to("waiting for the person")
    assert computer.sendlogs("requests", "allow", asked.request_id).code == 0
    asked.comes_to("done")
    assert hashlib.sha256(desk.bundles[asked.request_id].read_bytes()).hexdigest() == seen["sha256"]


def test_the_person_is_asked_and_says_no_with_words(ticket_page, started, desk, computer) -> None:
    bundles = ticket_page.bundles()
    started("ask")
    asked = ticket_page.ask("sendlogs")
    asked.comes_to("waiting for the person")
    words = "Not before the audit; <b>call</b> me."
    assert computer.sendlogs("requests", "decline", asked.request_id, "--words", words).code == 0
    asked.comes_to("declined by the person")
    asked.says(words)
    assert not asked.row.locator("text=Cancel").is_visible()
    assert asked.request_id not in desk.bundles
    assert ticket_page.bundles() == bundles


def test_cancelled_on_the_page_it_stops_midway(ticket_page, started, desk, computer, gate) -> None:
    bundles = ticket_page.bundles()
    service = started("allow")
    asked = ticket_page.ask("slow")
    asked.comes_to("gathering")
    wait_for(lambda: _processes_that_name(gate), "nothing is gathered")
    asked.row.locator("text=Cancel").click()
    ticket_page.page.locator(f"li[data-request='{asked.request_id}'] strong:text-is('cancelled')").wait_for()
    wait_for(lambda: not _processes_that_name(gate), "it gathers on")
    wait_for(lambda: service.requests()[asked.request_id]["outcome"] == "cancelled", "it does not know")
    work = computer.state / "work"
    # The door is a lock that every run opens; it is empty.
    wait_for(lambda: {each.name for each in work.iterdir()} == {".door"}, "what was gathered is still there")
    assert (work / ".door").stat().st_size == 0
    assert not list(computer.state.glob(f"outbox/*{asked.request_id}*"))
    assert asked.request_id not in desk.bundles
    assert ticket_page.bundles() == bundles
    assert service.status()["in_work"] == 0


def test_an_open_page_and_the_device_find_a_desk_that_was_started_again(ticket_page, started, desk, computer) -> None:
    """The desk ends the page's events in order, and the page shows what comes after, still not loaded again."""
    started("ask")
    asked = ticket_page.ask("sendlogs")
    asked.comes_to("waiting for the person")
    before = len(desk.printed)
    desk.stop()
    desk.start()
    assert computer.sendlogs("requests", "decline", asked.request_id, "--words", "No.").code == 0
    asked.comes_to("declined by the person")
    asked.says("No.")
    told = (desk.state.parent / "desk.log").read_text("utf-8")[before:]
    assert "Traceback" not in told, told


def _processes_that_name(path: Path) -> list[Path]:
    """What runs with this path in its command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if bytes(path) in words:
            found.append(process)
    return found
