"""What champions see of bundles, and that nothing in a bundle can act in their browser."""

import base64
import json
import os
import shutil
import uuid

import pytest
import requests

from desk import ed25519
from tests.desk.contents.test_manifest_signature import FINGERPRINT, MANIFEST, SIGNATURE

CHROMIUM_ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TICKET = {
    "subject": "Backup stops",
    "severity": 2,
    "product": "Example Backup",
    "computer_id": "0b4cf6f2-0d65-4c66-9c3b-6f0d7a1f0f11",
    "operating_system": "Debian 12",
    "account": "jo@example.com",
    "version": "11.2",
    "cloud": True,
}
ATTACK = "<script>window.top.x=1;alert(1)</script><img src=x onerror='window.top.x=1;alert(2)'>"


@pytest.fixture
def attached(desk, device):
    """Attach a bundle to a new ticket; give the ticket and the address of the bundle's page."""

    def attach(content, **words):
        ticket = device.open_ticket(**{**TICKET, **words})
        answer = device.put(ticket["number"], content)
        assert answer.status_code == 201, answer.text
        return ticket, answer.json()["url"]

    return attach


@pytest.fixture
def hostile(pack):
    """A bundle that tries to run script from every place that a page shows."""
    left_out = [{"path": ATTACK, "reason": ATTACK}]
    manifest = json.dumps({"product": ATTACK, "skipped": left_out, "counts": {ATTACK: 1}})
    return pack({f"logs/{ATTACK.replace('/', '-')}.html": ATTACK, "manifest.json": manifest, "report.html": ATTACK})


def test_a_bundle_page_shows_what_was_taken_left_out_and_replaced(attached, bundle, champion):
    _, url = attached(bundle)
    page = champion.get(url, timeout=60).text
    for shown in ("logs/service.log", "/var/log/service.log", "older than 7 days", "ipv4", "fails since noon", "11.2"):
        assert shown in page


@pytest.mark.parametrize("path", ["", "report/", "files/0/", "files/0/text", "download"])
def test_every_page_wants_a_log_in(attached, bundle, path):
    _, url = attached(bundle)
    answer = requests.get(url + path, allow_redirects=False, timeout=60)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/?next=/bundles/")


@pytest.mark.parametrize(
    "path", ["dashboard/", "tickets/", "tickets/1/", "kb/", "reports/", "tickets/submit/", "view/"]
)
def test_every_page_of_the_helpdesk_wants_a_log_in(desk, path):
    answer = requests.get(f"{desk.url}/{path}", allow_redirects=False, timeout=60)
    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]


@pytest.mark.parametrize("path", ["dashboard/", "tickets/", "kb/", "reports/", "settings/", "checklist-templates/"])
def test_the_pages_of_the_helpdesk_load_from_nowhere_else(desk, champion, path):
    """By policy, whatever their templates say."""
    answer = champion.get(f"{desk.url}/{path}", timeout=60)
    assert answer.status_code == 200
    assert "default-src 'none'; script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_text_is_only_ever_text(attached, hostile, champion):
    _, url = attached(hostile)
    answer = champion.get(f"{url}files/0/text", timeout=60)
    assert answer.text == ATTACK
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_the_report_can_load_nothing_and_run_nothing(attached, bundle, champion):
    _, url = attached(bundle)
    answer = champion.get(f"{url}report/", timeout=60)
    assert answer.headers["Content-Security-Policy"] == (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    )
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_names_and_manifest_are_escaped(attached, hostile, champion):
    _, url = attached(hostile)
    page = champion.get(url, timeout=60)
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]  # so that default-src 'none' holds
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("changed", "told"), [(False, f'signed by <code class="desk-digest">{FINGERPRINT}</code>'), (True, "does not fit")]
)
def test_who_signed_is_told(attached, champion, pack, changed, told):
    manifest = MANIFEST.replace(b"Backup", b"Restore") if changed else MANIFEST
    _, url = attached(pack({"manifest.json": manifest, "manifest.sig": SIGNATURE}))
    assert told in champion.get(url, timeout=60).text


@pytest.mark.parametrize(("is_its_own", "told"), [(True, ", the key that"), (False, "not the key that")])
def test_whether_it_is_the_key_that_the_computer_enrolled_with_is_told(desk, enrol, champion, pack, is_its_own, told):
    blob = base64.b64decode(b"".join(SIGNATURE.splitlines()[1:-1]))
    key = blob[blob.index(b"ssh-ed25519") + len(b"ssh-ed25519") + 4 :][:32]
    line = ed25519.line_of(key if is_its_own else ed25519.public_of(b"o" * 32))
    device = enrol(desk, device_key=line)
    packed = pack({"manifest.json": MANIFEST, "manifest.sig": SIGNATURE})
    url = device.put(device.open_ticket()["number"], packed).json()["url"]
    assert f"{told} this computer enrolled with" in champion.get(url, timeout=60).text


def test_a_download_is_the_bundle(attached, bundle, champion):
    ticket, url = attached(bundle)
    answer = champion.get(f"{url}download", timeout=60)
    assert answer.content == bundle
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="ticket-{ticket["number"]}-')


def test_a_broken_bundle_has_a_page_that_says_so(attached, champion, bundle):
    _, url = attached(bundle[:40])
    page = champion.get(url, timeout=60)
    assert page.status_code == 200
    assert "The archive is broken." in page.text


def test_a_failure_of_the_moment_is_shown_and_not_kept(desk, attached, champion, bundle):
    """The file is away, as on a disk that is not mounted yet, and comes back."""
    _, url = attached(bundle)
    stored = desk.state_folder / "bundles" / f"{url.rstrip('/').rsplit('/', 1)[1]}.7z"
    away = stored.rename(stored.with_suffix(".away"))
    assert "The bundle is missing from the desk&#x27;s storage." in champion.get(url, timeout=60).text
    away.rename(stored)
    assert "logs/service.log" in champion.get(url, timeout=60).text


def test_a_refusal_is_kept(desk, attached, champion, bundle):
    """Each look costs a process, and a broken archive stays broken."""
    _, url = attached(bundle[:40])
    champion.get(url, timeout=60)
    (desk.state_folder / "bundles" / f"{url.rstrip('/').rsplit('/', 1)[1]}.7z").unlink()
    assert "The archive is broken." in champion.get(url, timeout=60).text


def test_a_bundle_without_report_or_manifest_shows_its_files(attached, champion, pack):
    _, url = attached(pack({"a.log": "x"}))
    page = champion.get(url, timeout=60).text
    assert "a.log" in page
    assert "The bundle holds no manifest." in page
    assert "iframe" not in page
    assert champion.get(f"{url}report/", timeout=60).status_code == 404


def test_what_is_not_there_is_not_found(desk, champion, attached, bundle):
    _, url = attached(bundle)
    for address in (f"{desk.url}/bundles/{uuid.uuid4()}/", f"{url}files/99/", f"{url}files/0/?offset=x"):
        assert champion.get(address, timeout=60).status_code == 404


@pytest.mark.parametrize("manifest", ["[]", "{}", '{"members": 5, "skipped": {"a": 1}, "request": [], "counts": [1]}'])
def test_a_manifest_of_any_shape_is_shown_harmlessly(attached, champion, pack, manifest):
    _, url = attached(pack({"manifest.json": manifest}))
    assert champion.get(url, timeout=60).status_code == 200


@pytest.fixture
def page(desk):
    """A page of a real Chromium, logged in, that notes every dialog and every thing it would load from elsewhere."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        message = "no Chromium is installed"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page()
        page.noticed = []
        page.on("dialog", lambda dialog: (page.noticed.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: _is_elsewhere(request.url, desk.url) and page.noticed.append(request.url))
        page.goto(f"{desk.url}/login/")
        page.fill("input[name=username]", "champion")
        page.fill("input[name=password]", desk.password)
        page.click("button[type=submit], input[type=submit]")
        yield page
        browser.close()


def _is_elsewhere(address, here):
    return not address.startswith((here, "data:", "about:"))


@pytest.mark.browser
def test_a_champion_reads_a_bundle_from_the_ticket(page, attached, bundle):
    ticket, _ = attached(bundle)
    page.goto(ticket["url"])
    panel = page.locator(".desk-panel").inner_text()
    for shown in (
        "2. High",
        TICKET["computer_id"],
        "Debian 12",
        "Example Backup",
        "11.2",
        "jo@example.com",
        "jo, asked after seeing it",
    ):
        assert shown in panel
    page.click("text=Open bundle")
    report = page.frame_locator("iframe.desk-report").locator("h1")
    assert report.inner_text() == "What went wrong"
    page.click("#files >> xpath=.. >> text=logs/service.log")
    text = page.frame_locator("iframe.desk-text").locator("body")
    text.get_by_text("second line").wait_for()  # an empty page is there before it
    assert text.inner_text().splitlines()[:2] == ["first line", "second line"]
    assert page.noticed == []


@pytest.mark.browser
def test_nothing_in_a_hostile_bundle_runs_in_a_browser(page, desk, attached, hostile):
    """Seen by dialogs, by a mark on the window that every attack tries to leave, and by what is loaded."""
    ticket, url = attached(hostile, subject=ATTACK[:200], description=ATTACK, account=ATTACK, computer_id=ATTACK[:64])
    of_the_bundle = (url, f"{url}report/", f"{url}files/0/", f"{url}files/0/text", f"{url}files/2/")
    for address in (ticket["url"], f"{desk.url}/tickets/", f"{desk.url}/dashboard/", *of_the_bundle):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.x") is None, address
    assert page.noticed == []
