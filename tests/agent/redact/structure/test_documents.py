import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact.structure import documents
from agent.redact.structure.documents import DocumentStage, format_of, masked

FORMATS = ("json", "yaml", "xml", "toml", "ini", "csv")
SIGNS = st.sampled_from(
    ["password", "user", ":", "=", " ", "\n", "\n  ", '"', "'", "<", ">", "</", "/>", "[", "]", "{", "}"]
)
MORE_SIGNS = st.sampled_from(
    [",", "|", "&a ", "*a", "- ", "x1", "ä", "\\", "#", "<![CDATA[", "]]>", '"""', "'''", "\r\n", "\t"]
)


@pytest.mark.parametrize(
    ("head", "path", "expected"),
    [
        (b'{"a": 1}', "a.txt", "json"),
        (b'// of an editor\n/* and\nmore */ {"a": 1}', "launch.json", "json"),
        (b"// a program {\nint a;", "a.c", None),
        (b"/usr/bin [x]", "a.txt", None),
        (b'\xef\xbb\xbf\n[\n{"a": "b', "a", "json"),
        (b'{"a": 1}\n{"a": 2}\n', "a.json", None),
        (b"[2024-01-02 03:04:05] started\n", "a.log", None),
        (b"[INFO] started\nkey=value\n", "a.log", None),
        (b"[main]\n# c\nkey=value\n", "a", "ini"),
        (b"a: b\n", "a.yaml", "yaml"),
        (b"a: b\n", "a.log", None),
        (b"---\na: b\n", "a", "yaml"),
        (b"--- a log ---\n", "a", None),
        (b"<?xml version='1.0'?>", "a", "xml"),
        (b"<34>1 2003-10-11 host app\n", "a.log", None),
        (b"a,b\n", "dir.csv/a.log", None),
        (b"a,b\n", "a.CSV", "csv"),
        (b"a: b\n", "a.yaml.1", "yaml"),
        (b"a: b\n", "a.yml.bak.2024-01-02", "yaml"),
        (b"a: b\n", "a.yaml~", "yaml"),
        (b"a: b\n", "a.log.1", None),
        (b"2024-01-02 INFO started\n", "a.log", None),
        (b"", "a.log", None),
    ],
)
def test_the_first_bytes_and_the_ending_tell_the_format(head, path, expected):
    assert format_of(head, path) == expected


@pytest.mark.parametrize("of_format", FORMATS)
@given(data=st.binary(max_size=200))
def test_no_bytes_make_it_fail(by_key, of_format, data):
    assert masked(data, of_format, by_key, Counter()).count(b"\n") == data.count(b"\n")


@pytest.mark.parametrize("of_format", FORMATS)
@given(parts=st.lists(SIGNS | MORE_SIGNS, max_size=40))
def test_whatever_looks_like_a_document_keeps_its_lines_and_what_is_masked_stays_masked(by_key, of_format, parts):
    data = "".join(parts).encode()
    counts = Counter()
    redacted = masked(data, of_format, by_key, counts)
    assert redacted.count(b"\n") == data.count(b"\n")
    assert (redacted == data) or counts


def test_a_reader_that_stumbles_leaves_text(by_key, monkeypatch):
    def stumble(data, walk):
        raise RecursionError

    monkeypatch.setitem(documents._READERS, "json", stumble)
    counts = Counter()
    assert masked(b'{"password": "x1"}', "json", by_key, counts) == b'{"password": "x1"}'
    assert not counts


class Sink:
    """Takes what the stage passes on."""

    def __init__(self):
        self.out = io.BytesIO()

    def feed(self, data):
        self.out.write(data)

    def finish(self):
        return Counter(other=1)


def staged(by_key, path, *pieces):
    sink = Sink()
    stage = DocumentStage(by_key, path, sink)
    for piece in pieces:
        stage.feed(piece)
    return stage, sink


def test_a_document_comes_in_pieces(by_key):
    stage, sink = staged(by_key, "a.json", b'{"pass', b'word": "x1"}')
    assert sink.out.getvalue() == b""
    assert stage.finish() == {"secret-by-key": 1, "other": 1}
    assert sink.out.getvalue() == b'{"password": "[redacted:secret-by-key]"}'


def test_text_is_passed_on_at_once(by_key):
    _, sink = staged(by_key, "a.log", b"password: x1\n", b"{}")
    assert sink.out.getvalue() == b"password: x1\n{}"


def test_what_is_too_large_is_text(by_key):
    pieces = [b'["', b"x" * documents.LARGEST_DOCUMENT_BYTES, b'", {"password": "x1"}]']
    stage, sink = staged(by_key, "a.json", *pieces)
    assert stage.finish() == {"other": 1}
    assert sink.out.getvalue() == b"".join(pieces)


def test_a_wide_document_is_read_as_well(redactor, redact_bytes):
    text = '{"user":\n"jsmith", "secret": {"a": "ä1"}}\n'
    for codec in ("utf-8-sig", "utf-16", "utf-32"):
        left = redact_bytes(redactor, text.encode(codec), path="a.json").decode(codec)
        assert '"secret": {"a": "[redacted:secret-by-key]"}}' in left
        assert "jsmith" not in left


def test_the_rules_for_text_leave_what_was_masked(redactor, redact_bytes):
    text = b'password: |\n  one\n  two\nsecrets:\n  - x1\napi_key: >-\n  y1\ntoken: "z\n  z1"\nclient_secret:\n  q1\n'
    mark = b"[redacted:secret-by-key]"
    left = (
        b'password: |\n  #\n  #\nsecrets:\n  - "#"\napi_key: >-\n  #\ntoken: "#\n  #"\nclient_secret:\n  "#"\n'
    ).replace(b"#", mark)
    assert redact_bytes(redactor, text, path="a.yaml") == left
