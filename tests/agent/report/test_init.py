"""The page a champion reads first is whole in itself, says what matters, and runs nothing."""

import gzip
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from agent.archive import RulesetInfo, pack
from agent.events import ignore_progress
from agent.gate import scan
from agent.replaced_lines import ReplacedLines
from collectors import Fact, RequestItem, Skipped
from desk.contents.report_elements import foreign_elements

LOG = b"""2026-11-19T10:00:00Z INFO started
2026-11-19T10:05:00Z WARN slow disk
2026-11-19T10:06:00Z ERROR cannot restore <img src=x onerror=alert(1)> for user-abcdefgh
2026-11-19T10:07:00Z ERROR cannot restore <img src=x onerror=alert(1)> for user-hgfedcba
"""
NASTY = "</title><script>alert(1)</script>\"'&"


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = set(), [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def make_page(bundle_plan, redacted_file, tmp_path):
    """Packs a bundle of one log and these items, and gives its page."""

    def make(log=LOG, *items):
        output = tmp_path / "page.7z"
        first = redacted_file("logs/app.log", log, counts={"ipv4": 4}, truncated="only the last 16 MiB")
        ruleset = RulesetInfo(version=3, families=("credentials", "network"))
        file = pack([first, *items], bundle_plan, ruleset, output, ignore_progress, redact_text=str).file
        kept = {}
        read_into(file, kept)
        return kept["report.html"].decode(), file

    return make


def read_into(file, kept):
    from agent.archive_reader import read_members

    class Keep:
        def __init__(self, name):
            self.name, self.data = name, b""

        def write(self, data):
            self.data += data

        def close(self):
            kept[self.name] = self.data

    read_members(file, Keep)


def test_it_says_what_went_wrong_first_and_where(make_page):
    page, _ = make_page()
    text = " ".join(" ".join(Tags(page).text).split())
    assert "First error 2026-11-19 10:06:00 in logs/app.log:3" in text
    assert "2 errors , 1 warnings in 4 lines" in text
    assert "ERROR cannot restore <img src=x onerror=alert(#)> for #" in text
    assert "Severity 2 · High" in text
    assert "It stops at noon, says jo." in text


def test_it_says_what_is_missing_cut_and_replaced(make_page):
    skipped = Skipped(path="logs/cache.bin", reason="unknown binary")
    version = Fact(item=RequestItem.VERSION, value="11.2", source="app.log")
    text = " ".join(Tags(make_page(LOG, skipped, version)[0]).text)
    assert "Example Backup 11.2" in text
    for words in (
        "Screenshots",
        "logs/cache.bin",
        "unknown binary",
        "cut: only the last 16 MiB",
        "ipv4",
        "Rules version 3",
    ):
        assert words in text


def test_it_runs_nothing_and_fetches_nothing(make_page, redacted_file):
    page, _ = make_page(
        LOG + f"ERROR {NASTY}\n".encode(),
        redacted_file("logs/<script>.log", b"ERROR x"),
        Skipped(path=NASTY, reason=NASTY),
        Fact(item=RequestItem.VERSION, value=NASTY, source=NASTY),
    )
    tags = Tags(page)
    assert tags.open == []
    assert not tags.tags & {"script", "img", "link", "iframe", "object", "embed", "form", "base", "a", "image", "use"}
    assert foreign_elements(page) == set()  # or the desk would not show it
    names = {name for name, _ in tags.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"src", "href", "srcset", "action", "formaction", "xlink:href", "background"}
    assert not re.search(r"url\(|@import|https?://", page)
    assert "default-src 'none'" in page


def test_it_has_a_picture_a_dark_side_and_a_language(make_page):
    page, _ = make_page()
    assert '<svg viewBox="' in page
    assert 'role="img" aria-label="2 errors and 1 warnings in 1 logs' in page
    assert "prefers-color-scheme: dark" in page
    assert '<html lang="en">' in page


def test_a_bundle_without_trouble_says_so(make_page):
    page, _ = make_page(b"2026-11-19T10:00:00Z INFO fine\n")
    assert "No warning or error was found in any log." in page


def test_page_and_manifest_of_a_clean_bundle_pass_the_gate(make_page):
    _, file = make_page()
    assert scan(file, [b"somebody"]).finds == ()


def test_the_page_is_listed_in_the_manifest_with_its_hash(make_page):
    _, file = make_page()
    kept = {}
    read_into(file, kept)
    listed = {member["path"]: member for member in json.loads(kept["manifest.json"])["members"]}
    assert listed["report.html"]["size_bytes"] == len(kept["report.html"])


def test_it_says_which_logs_were_not_looked_into(make_page, redacted_file):
    """A log that it could not read is named; facts about the machine are no logs."""
    packed = redacted_file("logs/old.log.zst", b"\x28\xb5\x2f\xfd" + b"x" * 100)
    other = replace(redacted_file("network/state.json", b"{}"), media_type="application/json")
    page, _ = make_page(b"2026-11-19T10:00:00Z INFO fine\n", packed, other)
    text = " ".join(" ".join(Tags(page).text).split())
    assert "No warning or error was found in the logs that were looked into. Not looked into for errors" in text
    assert "logs/old.log.zst a Zstandard file, which is not opened here" in text
    assert "network/state.json application/json" not in text[text.index("Not looked into") :][:200]


def test_errors_in_a_compressed_log_are_on_the_page(make_page, redacted_file):
    """Rotation compresses; what went wrong yesterday counts as well."""
    packed = redacted_file("logs/app.log.1.gz", gzip.compress(b"2026-11-18T10:00:00Z ERROR disk is gone\n"))
    page, _ = make_page(b"2026-11-19T10:00:00Z INFO fine\n", replace(packed, media_type="application/gzip"))
    assert "disk is gone" in " ".join(Tags(page).text)


def test_each_file_tells_its_most_frequent_rules_and_where_they_begin(make_page, redacted_file):
    counts = {"ipv4": 40, "mail-address": 3, "mac-address": 2, "serial": 1}
    lines = {"ipv4": ReplacedLines.of([3, 4, 5, 9]), "mail-address": ReplacedLines.of([7])}
    page, _ = make_page(LOG, replace(redacted_file("logs/b.log", LOG, counts=counts), lines=lines))
    text = "\n".join(Tags(page).text)
    assert "ipv4 40, from line 3\nmail-address 3, from line 7\nmac-address 2\n" in text
    assert "serial 1" not in text
