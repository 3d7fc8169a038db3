"""A machine's own names in twelve encodings and four casings: none is in what is written of their folder.

The contexts are those in which programs write such names. Short names (``vm``, ``jo``) are words of other words as
well, and those stay unharmed.
"""

import html
import json
import re
import unicodedata
from urllib.parse import quote

import pytest

from agent.redact import LocalFacts, Redactor, load_rules, redact_tree

KEY = b"a key for tests, of 32 bytes...."
FULL_NAME, DOMAIN, SERIAL = "Zoë O'Neil-Smith", "corp.oneil-labs.example", "C02XG0FDH7JY"
FACTS = LocalFacts(
    (
        ("host", "vm"),
        ("host", DOMAIN),
        ("host", f"vm.{DOMAIN}"),
        ("user", "jo"),
        ("name", FULL_NAME),
        ("serial", SERIAL),
    )
)
LINES = (
    "Jun 14 15:16:01 vm sshd[17]: Accepted publickey for jo from local",
    "user=jo host=vm domain={domain} owner='{name}'",
    "open /home/jo/report.txt, C:\\Users\\jo\\x.log and \\\\vm.{domain}\\share",
    "ssh jo@vm.{domain}; Serial Number: {serial}; backup_{serial}_2.zip",
    "author: {name} <jo@{domain}>",
    "vm.overcommit_memory = 1, the job of joe, vmstat, jobs, kvm and Joe Smith's banjo",
)
UNHARMED = ("vm.overcommit_memory", "job of joe", "vmstat", "jobs", "kvm", "banjo")
BYTES_OF = {
    "utf-8": lambda text: text.encode(),
    "utf-8 with mark": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "latin-1": lambda text: text.encode("latin-1"),
    "decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "json": lambda text: "\n".join(json.dumps({"m": line}) for line in text.split("\n")).encode(),
    "html": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace"),
    "quoted-printable": lambda text: text.replace("ë", "=C3=AB").encode(),
    "url": lambda text: "\n".join("q=" + quote(line, safe="/:=\\@;,'<>[]") for line in text.split("\n")).encode(),
}
CODEC_OF = {"utf-8 with mark": "utf-8-sig", "utf-16": "utf-16", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be",
            "utf-32": "utf-32", "latin-1": "latin-1"}  # fmt: skip
CASINGS = {"as it is": str, "upper": str.upper, "lower": str.lower, "swapped": str.swapcase}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The lines in every encoding and casing, in a folder, redacted: encoding and casing to what was written."""
    top = tmp_path_factory.mktemp("everywhere")
    for encoding, to_bytes in BYTES_OF.items():
        for casing, change in CASINGS.items():
            folder = top / "in" / encoding / f"of {change(FULL_NAME)}"
            folder.mkdir(parents=True, exist_ok=True)
            names = {"domain": change(DOMAIN), "serial": change(SERIAL), "name": change(FULL_NAME)}
            text = "\n".join(re.sub(r"\b(?:jo|vm)\b(?!\.over)", lambda m, c=change: c(m[0]), line) for line in LINES)
            (folder / f"{casing}.log").write_bytes(to_bytes(text.format(**names) + "\n"))
    redact_tree(top / "in", top / "out", Redactor(load_rules(), KEY, FACTS))
    return [
        (file, file.read_bytes().decode(CODEC_OF.get(file.parts[len(top.parts) + 1], "utf-8")))
        for file in sorted((top / "out").rglob("*.log"))
    ]


def test_all_files_are_written(written):
    assert len(written) == len(BYTES_OF) * len(CASINGS)


def test_none_of_the_names_is_left(written):
    left = re.compile(
        rf"(?i)neil|zo(?:ë|e\u0308|\\u00eb|&#235;|=C3=AB|%C3%AB)|{SERIAL}|oneil-labs|(?<![\w.])jo(?!\w)|(?<![\w.])vm(?![\w]|\.over)"
    )
    for file, text in written:
        assert left.findall(text) == [], (file, text)
        assert left.findall(str(file.relative_to(file.parents[3]))) == [], file


def test_words_that_hold_a_short_name_are_unharmed(written):
    for file, text in written:
        for words in UNHARMED:
            assert words in text.replace("%20", " "), (file, words)
