"""The page of the audit: who looked at a bundle stands there, and whether the chain is whole."""

import sqlite3
from contextlib import closing

import requests


def post(session, desk, path):
    words = {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
    return session.post(f"{desk.url}/{path}", data=words, headers={"Referer": desk.url}, timeout=60)


def test_every_view_of_a_bundle_and_of_a_file_is_recorded(desk, device, bundle, champion, inside):
    number = device.open_ticket()["number"]
    url = device.put(number, bundle).json()["url"]
    for path in ("", "report/", "files/0/", "files/0/text", "files/2/text", "download"):
        assert champion.get(url + path, timeout=60).status_code == 200
    assert requests.get(url, allow_redirects=False, timeout=60).status_code == 302
    body = """
from desk.models import AuditEntry
return list(AuditEntry.objects.filter(about=words[0]).order_by("pk").values_list("who", "what", "detail"))
"""
    ticket = f"ticket {number}"
    assert inside(desk, body, f"bundle {url.rstrip('/').rsplit('/', 1)[1]}") == [
        ["champion", "bundle-viewed", ticket],
        ["champion", "report-viewed", ticket],
        ["champion", "file-opened", f"{ticket}, file 0"],
        ["champion", "file-viewed", f"{ticket}, file 0"],
        ["champion", "file-viewed", f"{ticket}, file 2"],
        ["champion", "bundle-downloaded", ticket],
    ]


def test_it_is_shown_paged_the_newest_first_and_harmlessly(desk, champion, inside):
    body = """
from desk import audit
for number in range(120):
    audit.record("<b>who</b>\\u202e", "what", f"about-{number}-end", "<script>alert(1)</script>")
"""
    inside(desk, body)
    first = champion.get(f"{desk.url}/audit/", timeout=60)
    assert "script" not in first.headers["Content-Security-Policy"]
    assert first.text.index("about-119-end") < first.text.index("about-20-end")
    assert "about-19-end" not in first.text
    assert "&lt;b&gt;who&lt;/b&gt;\ufffd" in first.text
    assert "<script" not in first.text
    assert "about-19-end" in champion.get(f"{desk.url}/audit/?page=2", timeout=60).text


def test_the_chain_is_verified_on_demand(start_desk, try_log_in):
    desk = start_desk()
    with requests.Session() as session:
        try_log_in(session, desk.url, "champion", desk.password)
        desk.command("champion", "kim")
        assert "The chain is" not in session.get(f"{desk.url}/audit/", timeout=60).text
        assert "The chain is whole" in post(session, desk, "audit/verify").text
        with closing(sqlite3.connect(desk.state_folder / "desk.sqlite3")) as database, database:
            (entry,) = database.execute("SELECT min(id) FROM desk_auditentry").fetchone()
            database.execute("UPDATE desk_auditentry SET who = 'nobody' WHERE id = ?", [entry])
        assert f"The chain is broken</strong> at entry {entry}" in post(session, desk, "audit/verify").text
