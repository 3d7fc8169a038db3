"""Lines of a private key's body beside a mark are found whatever a log writes around them; other bodies are not."""

import base64
import random
import time

import pytest

from agent.gate import GateScan
from agent.gate.values import KEY_MARK, without_masks

BEGIN, END = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
BODY = base64.b64encode(random.Random(3).randbytes(1190)).decode()
AROUND = {
    "nothing": "{}",
    "Docker": '{{"log":"{}\\n","stream":"stdout","time":"2026-01-01T00:00:00.1Z"}}',
    "a time": "2026-01-01 10:00:00,123 INFO  [app] {}",
    "a colour": "\x1b[32m{}\x1b[0m",
    "a colour in JSON": '{{"m":"\\u001b[1;32m{}\\u001b[0m"}}',
    "a table": "| 12 | {} |",
    "a quotation": "> {}",
    "a program of that name": "[cert-manager] {}",
}
MARKED = [BEGIN, "[redacted:private-key]", "x [redacted:private-key-lines]", "[redacted:putty-private-key]"]


def lines(width=64):
    return [BODY[at : at + width] for at in range(0, len(BODY), width)]


def finds(text):
    gate = GateScan()
    sink = gate.sink("logs/a.log")
    sink.write(text.encode())
    sink.close()
    return [find.rule for find in gate.report([]).finds]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("width", [64, 70, 76])
@pytest.mark.parametrize("mark", MARKED)
def test_lines_of_a_key_are_found_behind_its_mark(around, width, mark):
    text = "\n".join(AROUND[around].format(line) for line in [mark, *lines(width)[:2], "the end"])
    assert "private-key-lines" in finds(text)


@pytest.mark.parametrize("around", AROUND)
def test_lines_of_a_key_are_found_in_a_log_that_is_read_from_its_end(around):
    text = "\n".join(AROUND[around].format(line) for line in [END, *lines(), BEGIN][::-1])
    assert "private-key-lines" in finds(text)


def test_a_line_of_another_program_may_stand_between():
    text = "\n".join(["[redacted:private-key]", "Proc-Type: 4", "", lines()[0], "GET /", lines()[1], ""])
    assert finds(text) == ["private-key-lines"]


CERTIFICATE = ["-----BEGIN CERTIFICATE-----", *lines(), "-----END CERTIFICATE-----"]
HARMLESS = {
    "a certificate behind a key": ["[redacted:private-key-lines]", END, *CERTIFICATE],
    "a certificate behind a mask": ["[redacted:private-key]", *CERTIFICATE],
    "a certificate before a key": [*CERTIFICATE, BEGIN, "[redacted:private-key-lines]", END],
    "a certificate in SAML": ["<Key>[redacted:private-key]</Key>", f"<X509Certificate>{lines()[0]}", *lines()[1:]],
    "a certificate in YAML": ["key: [redacted:private-key]", "tls.crt: |", *lines()],
    "one line": ["[redacted:private-key]", lines()[0], "the end"],
    "one line twice": ["[redacted:private-key]", lines()[0], lines()[0]],
    "digits of digests": ["[redacted:private-key]", "0123456789abcdef" * 4, "fedcba9876543210" * 4],
    "digests of scripts": ["[redacted:private-key]", f'"sha384-{lines()[0]}"', f'"sha384-{lines()[1]}"'],
    "longer and shorter rows": ["[redacted:private-key]", *lines(72), *lines(60)],
    "far away": ["[redacted:private-key]", *["GET /index"] * 20, *lines()],
    "no mark": lines(),
    "another mask": ["[redacted:api-token]", *lines()],
}


@pytest.mark.parametrize("name", HARMLESS)
def test_other_bodies_stop_no_bundle(name):
    assert finds("\n".join([*HARMLESS[name], ""])) == []


@pytest.mark.parametrize("times", [9_000])
def test_many_marks_take_no_longer_than_their_bytes(times):
    text = ("[redacted:private-key]\n" + "x" * 500 + "\n" + "A1b2" * 40 + "\n") * times
    started = time.process_time()
    assert finds(text) == []
    assert time.process_time() - started < len(text) / 10**6  # a second for a MB: ten times what it takes


def test_the_mask_of_a_key_becomes_a_mark_and_another_one_stars():
    assert without_masks(b"[redacted:private-key-lines] [redacted:x]") == KEY_MARK + b" ********"
