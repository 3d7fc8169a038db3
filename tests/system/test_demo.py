"""``make demo`` as a newcomer meets it: a ticket with a bundle, seen in a real browser."""

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import py7zr
import pytest

DEMO = Path(__file__).parent.parent.parent / "packaging/demo.py"
# No sandbox, since tests may run as root; nothing that a browser does by itself on the network.
BROWSER_SWITCHES = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def demo(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-I", str(DEMO), command, "--folder", str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=300, stdin=subprocess.DEVNULL)


@contextlib.contextmanager
def running_demo(folder: Path) -> Iterator[str]:
    """What the demonstration printed; its desk runs meanwhile."""
    try:
        started = demo("start", folder)
        assert started.returncode == 0, started.stderr
        yield started.stdout
    finally:
        demo("stop", folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its name has a space, as names of folders have."""
    return tmp_path_factory.mktemp("a demo")


@pytest.fixture(scope="module")
def told(folder: Path) -> Iterator[str]:
    """What the demonstration printed that most tests look at."""
    with running_demo(folder) as printed:
        yield printed


def part(told: str, name: str) -> str:
    found = re.search(rf"(?m)^ +{name} +(.+)$", told)
    assert found, told
    return found[1]


@pytest.mark.browser
def test_the_demo_ends_with_a_ticket_that_a_champion_can_read(told: str, folder: Path, chromium: str) -> None:
    """The page of the link shows severity, computer ID, operating system, and the bundle with its report."""
    from playwright.sync_api import sync_playwright

    number = re.search(r"Ticket (\d+) holds the bundle", told)
    assert number
    name, password = part(told, "Log-in").split(", password ")
    computer_id = (folder / "agent/computer-id").read_text("ascii").strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_SWITCHES)
        page = browser.new_page()
        page.goto(part(told, "Link"))
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", password)
        page.click("[type=submit]")
        page.wait_for_url(f"**/tickets/{number[1]}/**")
        text = page.inner_text("body")
        assert "Medium" in text
        assert computer_id in text
        assert f"{platform.system()} {platform.release()}" in text
        assert part(told, "SHA-256")[:12] in text
        page.click("text=Open bundle")
        report = page.frame_locator("iframe").first
        assert "Demo: the backup has not run since yesterday" in report.locator("body").inner_text()
        browser.close()


def test_the_bundle_of_the_demo_opens_in_another_7_zip(told: str) -> None:
    seven_zip = shutil.which("7zz") or shutil.which("7z")
    if seven_zip is None:
        assert os.environ.get("CI") != "true", "no 7-Zip is installed"
        pytest.skip("no 7-Zip is installed")
    tested = subprocess.run([seven_zip, "t", part(told, "Bundle")], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout
    assert "Everything is Ok" in tested.stdout


def test_the_log_in_that_stands_in_the_desks_log_is_not_in_the_bundle(told: str, folder: Path, tmp_path: Path) -> None:
    """The demonstration sends that log, so that a real secret has to be found in it."""
    name, password = part(told, "Log-in").split(", password ")
    assert password in (folder / "logs/desk.log").read_text("utf-8")
    with py7zr.SevenZipFile(part(told, "Bundle")) as archive:
        archive.extractall(tmp_path)
    files = {file.relative_to(tmp_path).as_posix(): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert [path for path, content in files.items() if password.encode() in content] == []
    log = next(content for path, content in files.items() if path.endswith("desk.log"))
    assert f"name {name} password [redacted:".encode() in log
    assert b"Listening on http://127.0.0.1:" in log


def test_a_second_demo_takes_the_desk_that_runs_and_stopping_ends_it(tmp_path: Path) -> None:
    with running_demo(tmp_path) as first:
        pid = (tmp_path / "desk.pid").read_text("ascii")
        again = demo("start", tmp_path)
        assert again.returncode == 0, again.stderr
        assert (tmp_path / "desk.pid").read_text("ascii") == pid
        assert part(again.stdout, "Log-in") == part(first, "Log-in")
        assert demo("stop", tmp_path).stdout == "The desk has ended.\n"
        assert demo("stop", tmp_path).stdout == "No desk of this folder runs.\n"


def test_a_demo_that_cannot_go_on_says_why_and_leaves_nothing_running(tmp_path: Path) -> None:
    """Here a file stands where the agent keeps its state."""
    (tmp_path / "agent").write_text("in the way")
    failed = demo("start", tmp_path)
    assert failed.returncode == 1
    assert failed.stderr.startswith("demo: 'sendlogs enroll' ended with exit code")
    assert demo("stop", tmp_path).stdout == "No desk of this folder runs.\n"
