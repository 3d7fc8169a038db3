"""The gate reads everything in a finished archive, in every spelling, and tells the rule but never the value."""

import base64
import bz2
import gzip
import io
import json
import lzma
import os
import random
import urllib.parse
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import GateRefused, InvalidBundle
from agent.gate import Find, GateScan, require_clean, scan
from agent.signature import SigningKey

TOKEN = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z5A"
LINE = f"2026-06-14 15:16:01 INFO push with {TOKEN} done"


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/app.log", data)
    return buffer.getvalue()


SPELLINGS = {
    "as it is": LINE.encode(),
    "UTF-16LE": LINE.encode("utf-16"),
    "UTF-16BE without a mark": LINE.encode("utf-16-be"),
    "UTF-32": LINE.encode("utf-32"),
    "base64": b"payload=" + base64.b64encode(LINE.encode()),
    "base64 after two other letters": b"xY" + base64.b64encode(LINE.encode()),
    "base64 in lines": base64.encodebytes(LINE.encode() * 4),
    "base64 for URLs": base64.urlsafe_b64encode(LINE.encode()),
    "base64 of UTF-16": base64.b64encode(LINE.encode("utf-16-le")),
    "base64 of base64": base64.b64encode(base64.b64encode(LINE.encode())),
    "hexadecimal": LINE.encode().hex().encode(),
    "hexadecimal with colons": LINE.encode().hex(":").encode(),
    "percent escapes": "".join(f"%{byte:02x}" for byte in LINE.encode()).encode(),
    "percent escapes twice": urllib.parse.quote(urllib.parse.quote(LINE.replace("_", "%5F"))).encode(),
    "JSON escapes": "".join(f"\\u{ord(letter):04x}" for letter in LINE).encode(),
    "JSON in JSON": json.dumps(json.dumps({"x": LINE.replace("_", "\\u005f")})).encode(),
    "HTML entities": "".join(f"&#{ord(letter)};" for letter in LINE).encode(),
    "gzip": gzip.compress(LINE.encode()),
    "bzip2": bz2.compress(LINE.encode()),
    "xz": lzma.compress(LINE.encode()),
    "zip": zipped(LINE.encode()),
    "gzip in zip": zipped(gzip.compress(LINE.encode())),
    "base64 of gzip": base64.b64encode(gzip.compress(LINE.encode())),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_token_is_found_in_every_spelling(packed, spelling):
    report = scan(packed({"logs/app.log": SPELLINGS[spelling]}))
    assert Find(member="logs/app.log", rule="github-token") in report.finds


def test_a_clean_bundle_has_no_find_and_everything_was_read(packed):
    data = b"2026-06-14 15:16:01 INFO password: [redacted:password] for user-abcdefgh from ip-k4v2x2mq\n" * 20_000
    report = scan(packed({"logs/app.log": data, "logs/empty.log": b""}))
    assert report.finds == ()
    assert report.members == 4
    assert report.scanned_bytes > len(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_name_of_a_rule_in_a_mask_is_no_assignment(packed, encoding):
    text = "url=sftp://app:[redacted:url-password]:5432/app?ssl=1 [redacted:client-secret]: ab12CD34ef56gh"
    assert scan(packed({"logs/app.log": text.encode(encoding)})).finds == ()


def test_what_is_not_clean_is_refused_with_its_finds_and_what_can_be_done(packed):
    file = packed({f"logs/{number}.log": b"of zoe smith" for number in range(7)})
    with pytest.raises(GateRefused, match=r"known-value in logs/4\.log; and 2 more\.") as refusal:
        require_clean(file, [b"zoe smith"], lambda finds: f"{len(finds)} to leave out")
    assert refusal.value.advice == "7 to leave out"
    assert require_clean(file, [b"jo smith"], str).members == 9


def test_a_find_never_tells_the_value(packed):
    report = scan(packed({"logs/app.log": LINE.encode(), f"logs/{TOKEN}.log": b"x"}))
    assert report.finds
    assert TOKEN not in repr(report)


def test_a_name_is_scanned_as_well(packed):
    report = scan(packed({"logs/a.log": b"x", f"logs/{TOKEN}.log": b"x"}))
    assert Find(member="name of member 2", rule="github-token") in report.finds


def test_manifest_and_report_are_scanned_as_well(packed):
    report = scan(packed({"logs/a.log": f"ERROR {LINE}".encode()}))
    assert {find.member for find in report.finds} == {"logs/a.log", "report.html"}


@pytest.mark.parametrize("spelling", ["utf-8", "latin-1", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("written", ["Hülsen", "hülsen", "HÜLSEN"])
def test_a_forbidden_value_is_found_in_any_case_as_a_whole_word(packed, spelling, written):
    report = scan(packed({"logs/a.log": f"user {written}, on".encode(spelling)}), ["Hülsen".encode()])
    assert report.finds == (Find(member="logs/a.log", rule="known-value"),)


def test_a_forbidden_value_that_is_a_word_of_our_own_pages_does_not_stop_every_bundle(packed):
    report = scan(packed({"logs/a.log": b"user report is on"}), [b"report", b"machine", b"bundle"])
    assert report.finds == (Find(member="logs/a.log", rule="known-value"),)


@pytest.mark.parametrize("text", ["marianne", "annex", "ann_e", "joann"])
def test_a_forbidden_value_within_a_longer_word_is_no_find(packed, text):
    assert scan(packed({"logs/a.log": f"user {text} on".encode()}), [b"ann", b""]).finds == ()


def test_of_two_forbidden_values_the_longer_is_found_though_the_shorter_begins_it(packed):
    assert scan(packed({"logs/a.log": b"user bobby on"}), [b"bob", b"bobby"]).finds


BORDER = 256 * 1024


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.integers(BORDER - 17_000, BORDER + 200), encoding=st.sampled_from(["utf-8", "utf-16-le"]))
def test_a_token_across_the_border_of_two_windows_is_found(packed, tmp_path, before, encoding):
    text = "x" * (before // len("x".encode(encoding)) - 1) + " " + LINE + " " + "y" * 70_000
    (tmp_path / "border.7z").unlink(missing_ok=True)
    report = scan(packed({"logs/a.log": text.encode(encoding)}, "border.7z"))
    assert Find(member="logs/a.log", rule="github-token") in report.finds


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.integers(BORDER - 120, BORDER + 20))
def test_an_innocent_line_cut_by_a_border_is_no_find(packed, tmp_path, before):
    """Cut in the middle, a reserved address looks like a real one, and a mask like a value."""
    line = " password=[redacted:password] jo@example.com getty@tty1.service user-abcdefgh@github.com "
    (tmp_path / "border.7z").unlink(missing_ok=True)
    text = "x" * before + line + "y" * 30_000
    assert scan(packed({"logs/a.log": text.encode()}, "border.7z")).finds == ()


def nested(times: int) -> bytes:
    data = LINE.encode()
    for _ in range(times):
        data = gzip.compress(data)
    return data


TROUBLES = {
    "packed-too-deep": nested(5),
    "packed-unreadable": gzip.compress(os.urandom(5000))[:3000],
}


@pytest.mark.parametrize("rule", TROUBLES)
def test_what_cannot_be_opened_whole_is_a_find(packed, rule):
    assert Find(member="logs/a.gz", rule=rule) in scan(packed({"logs/a.gz": TROUBLES[rule]})).finds


NOISE = random.Random(5).randbytes(30_000)
BODY = b"".join(b"line %d of a response\n" % number for number in range(900))


@pytest.mark.parametrize(
    "text",
    [
        b"commit 1f8b080011223344556677889900aabbccddeeff",  # begins so by chance
        b"body: " + base64.b64encode(gzip.compress(BODY))[:200] + b"...",
        # Cut off by the border of a window, and whole in the next.
        b"x" * (BORDER - 300) + b" " + base64.b64encode(gzip.compress(NOISE[:2000])) + b" " + b"y" * 30_000,
    ],
    ids=["digest", "cut off", "at a border"],
)
def test_what_begins_like_a_packed_stream_in_a_text_stops_no_bundle(packed, text):
    assert scan(packed({"logs/a.log": text})).finds == ()


def test_what_comes_out_of_a_stream_that_was_cut_off_is_scanned(packed):
    body = base64.b64encode(gzip.compress(LINE.encode() + b"\n" + BODY))
    report = scan(packed({"logs/a.log": b"body: " + body[:400] + b"..."}))
    assert Find(member="logs/a.log", rule="github-token") in report.finds


@pytest.mark.parametrize(
    "text",
    [
        b"body: "
        + base64.b64encode(gzip.compress(BODY))[:200]
        + b"\nbody, on: "
        + base64.b64encode(gzip.compress(BODY))[200:],
        b"0000  1f 8b 08 00 00 00 00 00 00 03 ab 54 2a 4a 2d\n0010  2d 2e 51 b2",
    ],
    ids=["two lines", "dump"],
)
def test_a_stream_whose_rest_may_stand_elsewhere_has_to_be_whole(packed, text):
    """Whoever joins the lines unpacks what was not scanned."""
    assert scan(packed({"logs/a.log": text})).finds == (Find(member="logs/a.log", rule="packed-unreadable"),)


def test_a_stream_in_a_text_that_is_longer_than_what_windows_share_has_to_be_opened_whole(packed):
    text = b"x" * (BORDER - 20_000) + b" " + base64.b64encode(gzip.compress(NOISE)) + b" y"
    assert scan(packed({"logs/a.log": text})).finds == (Find(member="logs/a.log", rule="packed-unreadable"),)


def test_a_damaged_archive_is_no_clean_one(packed):
    file = packed({"logs/a.log": os.urandom(5000)})
    data = bytearray(file.read_bytes())
    data[2000] ^= 1
    file.write_bytes(data)
    with pytest.raises(InvalidBundle):
        scan(file)


def test_a_signature_is_not_scanned_but_whatever_else_bears_its_name():
    gate = GateScan()
    for data in (SigningKey.made_now().sign(b"{}"), SigningKey.made_now().sign(b"{}") + b"password=hunter2!x\n"):
        scan = gate.sink("manifest.sig")
        scan.write(data)
        scan.close()
    assert [find.rule for find in gate.report([]).finds] == ["password-assignment"]
    assert not [find for find in gate.report(["manifest.sig"]).finds if "name of member" in find.member]
