"""A bundle in which everything is hostile, in a real browser: shown harmlessly, or refused in a sentence."""

import io
import json
import socketserver
import sys
import threading

import py7zr
import pytest

from tests.desk.contents.test_archive_reader import _with_header_sums
from tests.desk.pages.test_bundle_pages import attached, page  # noqa: F401 - fixtures

MARK = "window.top.x=1;window.x=1;alert(document.domain)"
SVG = f"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="{MARK}">
<script>{MARK}</script><image xlink:href="ELSEWHERE"/><a xlink:href="javascript:{MARK}"><text y="20">click</text></a>
<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="ELSEWHERE"/></foreignObject></svg>"""
HTML = f"""<!doctype html><html><head><meta http-equiv="refresh" content="0;url=ELSEWHERE"><base href="ELSEWHERE">
<style>@import url(ELSEWHERE); body {{ background: url(ELSEWHERE) }}</style></head><body onload="{MARK}">
<h1>Report</h1><script>{MARK}</script><script src="ELSEWHERE"></script>
<img src="ELSEWHERE"><img src=x onerror="{MARK}"><object data="ELSEWHERE"></object>
<iframe src="javascript:{MARK}"></iframe><iframe srcdoc="<script>{MARK}</script>"></iframe>
<embed src="ELSEWHERE"><video src="ELSEWHERE"></video><form id="f" action="ELSEWHERE"><button>send</button></form>
<a id="script" href="javascript:{MARK}">script</a> <a id="top" target="_top" href="ELSEWHERE">top</a>
<a id="blank" target="_blank" href="ELSEWHERE">blank</a> <a id="itself" href="ELSEWHERE">itself</a>
{SVG}</body></html>"""
# Of elements that a report may have, each with everything by which it could load or lead.
REPORT = f"""<meta http-equiv="refresh" content="0;url=ELSEWHERE">
<meta http-equiv="x-dns-prefetch-control" content="on">
<style>@import url(ELSEWHERE); @font-face {{ font-family: x; src: url(ELSEWHERE) }}
body {{ background: url(ELSEWHERE); font-family: x }}</style><body onload="{MARK}" background="ELSEWHERE">
<h1 onmouseover="{MARK}" style="background: url(ELSEWHERE)">Report</h1><table background="ELSEWHERE"><td>x</table>
<svg onload="{MARK}"><rect width="9" height="9" fill="url(ELSEWHERE#x)" filter="url(ELSEWHERE#x)"/></svg>"""
SCRIPT = f"{MARK};\nfetch('ELSEWHERE');\n"
OUTSIDE = ("../../../etc/cron.d/x", "/etc/cron.d/x", "..\\..\\x.bat", "C:\\x.bat")
BOMB_BYTES = 1 << 26


SHOWN = {"a.html": HTML, "a.svg": SVG, "a.js": SCRIPT, "a.xhtml": SVG, "report.html": HTML}
LINKS = {"to-passwd.log": "/etc/passwd", "to-outside.log": 16 * "../" + "etc/passwd"} if sys.platform != "win32" else {}


class _Elsewhere(socketserver.ThreadingTCPServer):
    """A server of somebody else, who notices every connection, though nothing is asked by it."""

    daemon_threads = True

    def __init__(self):
        self.noticed = []
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}/seen"

    def verify_request(self, request, client_address):
        self.noticed.append(client_address)
        return False


@pytest.fixture(scope="module")
def elsewhere():
    with _Elsewhere() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, elsewhere):
    """Links, what runs, names that lead outside (swapped in: no packer writes them), and a bomb; and where each is."""
    folder = tmp_path_factory.mktemp("hostile")
    stand_ins = {f"{index}".rjust(len(name), "n"): name for index, name in enumerate(OUTSIDE)}
    file = io.BytesIO()
    filters = [{"id": py7zr.FILTER_LZMA2, "preset": 0}]
    with py7zr.SevenZipFile(file, "w", filters=filters) as archive:
        archive.set_encoded_header_mode(False)
        for name, target in LINKS.items():
            (folder / name).symlink_to(target)
            archive.write(folder / name, name)
        manifest = json.dumps({"product": HTML, "skipped": [{"path": SVG, "reason": HTML}]})
        for name, content in {"manifest.json": manifest, **SHOWN, **dict.fromkeys(stand_ins, "x")}.items():
            archive.writestr(content.replace("ELSEWHERE", elsewhere.address), name)
        archive.writestr(bytes(BOMB_BYTES), "bomb.log")
    raw = file.getvalue()
    for stand_in, name in stand_ins.items():
        raw = raw.replace(stand_in.encode("utf-16-le"), name.encode("utf-16-le"))
    places = {name: index for index, name in enumerate([*LINKS, "manifest.json", *SHOWN, *OUTSIDE, "bomb.log"])}
    return _with_header_sums(raw), places


@pytest.fixture
def hung(attached, hostile):  # noqa: F811 - the fixture
    """It on a ticket: the ticket, its page, and where in it each file is."""
    ticket, url = attached(hostile[0])
    return ticket, url, hostile[1]


def test_what_leads_outside_or_elsewhere_has_no_page_of_its_own(champion, hung):
    _, url, places = hung
    listed = champion.get(url, timeout=120).text
    assert listed.count("(not shown: unsafe or ambiguous name)") == len(OUTSIDE)
    assert listed.count("(not shown: a link)") == len(LINKS)
    for name in (*OUTSIDE, *LINKS):
        answer = champion.get(f"{url}files/{places[name]}/text", timeout=120)
        assert answer.text == "Not shown. This is not a plain file with a name of its own."


def test_a_bomb_is_a_page_of_text_like_any_other(champion, hung, hostile):
    _, url, places = hung
    assert len(hostile[0]) < BOMB_BYTES / 1000
    answer = champion.get(f"{url}files/{places['bomb.log']}/text", timeout=120)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert 1 << 20 <= len(answer.content) < 2 << 20


@pytest.mark.browser
def test_nothing_of_it_runs_loads_or_leads_anywhere_in_a_browser(page, hung, elsewhere):  # noqa: F811 - the fixture
    """Seen by dialogs, by a mark that every attack tries to leave, by a server elsewhere, by where the browser ends."""
    ticket, url, places = hung
    names = [f"{url}files/{places[name]}/" for name in SHOWN]
    for address in (ticket["url"], url, f"{url}report/", *names, *(f"{name}text" for name in names)):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.x") is None, address
        assert page.url == address
        assert (_dialogs(page), elsewhere.noticed) == ([], []), address


@pytest.mark.browser
def test_a_report_of_honest_elements_leads_nowhere(page, attached, pack, elsewhere):  # noqa: F811 - fixtures
    """A connection alone would tell somebody that the bundle is being read, from where, and when."""
    _, url = attached(pack({"report.html": REPORT.replace("ELSEWHERE", elsewhere.address)}))
    page.goto(url)
    page.frame_locator("iframe.desk-report").locator("h1").hover()
    page.wait_for_load_state("networkidle")
    assert (page.url, page.evaluate("window.x"), _dialogs(page), elsewhere.noticed) == (url, None, [], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_report_that_is_more_is_refused_in_whatever_letters(attached, champion, pack, encoding):  # noqa: F811 - fixture
    report = "\ufeff<H1>Report</H1><IFrame src='ELSEWHERE'>"
    _, url = attached(pack({"report.html": report.encode(encoding)}))
    answer = champion.get(f"{url}report/", timeout=60)
    if encoding == "utf-8":
        assert answer.text == "The report is not shown. It holds more than words, tables and drawings."
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    else:  # which no browser takes for that any more
        assert not answer.content.startswith((b"\xff\xfe", b"\xfe\xff"))


def _dialogs(window):
    """Without the requests, of which a browser also tells those that it kept from being made."""
    return [noticed for noticed in window.noticed if not noticed.startswith(("http:", "javascript:"))]
