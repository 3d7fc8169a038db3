import gzip

import pytest

from agent.redact import Auditor, look_through
from agent.redact import audit as audit_module
from agent.redact.audit import form_of

HEX = b"0af7651916cd43dd8448eb211c80319c"
RANDOM = b"Zk3v9Qx2mP7aLw0tBc8R"


@pytest.fixture
def audited(redactor, tmp_path):
    """The groups found in files of these contents."""
    folder = tmp_path / "in"
    folder.mkdir()

    def run(**files):
        for name, data in files.items():
            (folder / name.replace("_", ".")).write_bytes(data)
        auditor = Auditor()
        look_through(folder, redactor, auditor)
        return auditor.groups()

    return run


@pytest.mark.parametrize(
    ("front", "token", "form"),
    [
        (b"trace ", HEX, "32 hexadecimal digits"),
        (b"id=", RANDOM, "letters and digits, 16 to 31 characters"),
        (b"", b"q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ+/==", "base64 or alike, 32 to 63 characters"),
    ],
)
def test_what_looks_random_has_a_form(front, token, form):
    assert form_of(token, front) == form


@pytest.mark.parametrize(
    ("front", "token"),
    [
        (b"commit ", HEX),
        (b"sha256:", HEX * 2),
        (b"Digest=", RANDOM),
        (b'"etag": "', RANDOM),
        (b"", b"blk_1073741825_1001a9b8c7d6e5"),
        (b"", b"5f4dcc3b-5aa7-65d6-1d83-27deb882cf99"),
        (b"", b"task-5f4dcc3b-5aa7-65d6-1d83-27deb882cf99"),
        (b"", b"0000000000000000000000000000000a"),
        (b"", b"1234567890123456789012345678901234567890"),
        (b"", b"AbstractBeanFactory12DoCreateBean"),
        (b"", b"/usr/lib/python3/dist-packages/apt_pkg"),
        (b"", b"2026-03-04T12-00-00-123456-log"),
        (b"", b"host-k3v5x2mq-ip-private-k3v5x2mq"),
        (b"", b"the-quick-brown-fox-jumps-over2"),
        (b"", b"0x00007fa812bc5640"),
    ],
)
def test_what_is_harmless_or_made_of_words_has_none(front, token):
    assert form_of(token, front) is None


def test_groups_are_counted_and_the_most_frequent_comes_first(audited):
    one = b"GET /x request_id=%s ok\n"
    groups = audited(a_log=b"ok\n" + one % RANDOM + one % RANDOM[::-1], b_log=b"trace " + HEX)
    assert [(group.word, group.count, group.place, group.line) for group in groups] == [
        ("request_id", 2, "a.log", 2),
        ("trace", 1, "b.log", 1),
    ]
    assert groups[0].example == RANDOM


def test_what_was_redacted_is_not_listed(audited, secret):
    assert audited(a_log=b"password=" + RANDOM + b" token " + secret.encode() + b" from 203.0.113.9\n") == []


def test_what_is_packed_is_seen_too(audited, zipped):
    groups = audited(a_gz=gzip.compress(b"\ntrace " + HEX), b_zip=zipped({"in.log": b"trace " + HEX}))
    assert [(group.count, group.place, group.line) for group in groups] == [(2, "a.gz", 2)]


def test_a_line_without_an_end_is_looked_at_in_pieces(audited):
    groups = audited(a_log=b"x y, " * 60_000 + b"trace " + HEX + b" z" * 90_000)
    assert [(group.word, group.count) for group in groups] == [("trace", 1)]


def test_the_number_of_groups_is_bounded(audited, monkeypatch):
    monkeypatch.setattr(audit_module, "_MOST_GROUPS", 3)
    groups = audited(a_log=b"".join(b"word%s %s\n" % (b"abcdefgh"[at : at + 1], RANDOM) for at in range(8)))
    assert len(groups) == 4
    assert (groups[0].form, groups[0].count) == ("other forms", 5)
