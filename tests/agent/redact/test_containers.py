import bz2
import errno
import gzip
import importlib.util
import io
import lzma
import tarfile
import zlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import StorageError
from agent.redact import CannotRedact, budget, containers
from agent.redact.budget import Budget

PACKERS = pytest.mark.parametrize(
    ("pack", "unpack"),
    [(gzip.compress, gzip.decompress), (bz2.compress, bz2.decompress), (lzma.compress, lzma.decompress)],
    ids=["gzip", "bzip2", "xz"],
)


def same(source, target, _path, _budget):
    """Redaction that changes nothing."""
    while data := source.read(4096):
        target.write(data)
    return Counter()


@PACKERS
def test_a_compressed_log_is_redacted_inside_and_stays_compressed(redactor, redact_bytes, text, pack, unpack):
    inside = unpack(redact_bytes(redactor, pack(text)))
    assert b"hunter2" not in inside
    assert inside.startswith(b"first\nuser=user-")
    assert inside.endswith(b"\nlast\n")


@PACKERS
def test_what_a_compressed_document_holds_is_read_by_key(redactor, redact_bytes, pack, unpack):
    data = b"password:\n - swordfish9\n - maple77leaf\nport: 80\n"
    plain = redact_bytes(redactor, data, path="conf/c.yaml")
    assert b"swordfish9" not in plain
    assert b"maple77leaf" not in plain
    assert unpack(redact_bytes(redactor, pack(data), path="conf/c.yaml.gz")) == plain


def test_an_archive_is_seen_behind_a_first_block_of_few_bytes(redactor, redact_bytes, text, tarred):
    archive = tarred({"a": text})
    packed = lzma.compress(archive[:40]) + lzma.compress(archive[40:])
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(redact_bytes(redactor, packed)))) as redacted:
        assert b"hunter2" not in redacted.extractfile("a").read()


@PACKERS
def test_streams_that_were_joined_are_read_as_one(redactor, redact_bytes, text, pack, unpack):
    """``logrotate`` with ``copytruncate`` appends, and ``cat a.gz b.gz`` is a valid file."""
    joined = pack(b"before user=") + pack(b"") + pack(text[11:])  # the name stands across the border
    inside = unpack(redact_bytes(redactor, joined))
    assert inside.startswith(b"before user=user-")
    assert b"jsmith" not in inside
    assert b"hunter2" not in inside
    assert inside.endswith(b"\nlast\n")


def test_an_xz_padded_with_nuls_is_read_to_its_end(redactor, redact_bytes, text):
    padded = lzma.compress(b"first\n") + bytes(40_000) + lzma.compress(text) + bytes(8)
    inside = lzma.decompress(redact_bytes(redactor, padded))
    assert inside.startswith(b"first\nfirst\nuser=user-")


def test_an_xz_that_asks_for_gigabytes_is_refused(redactor, redact_bytes, text):
    """The size of the dictionary stands in the header of a block (file format of xz, 3.1 and 5.3.1)."""
    greedy = bytearray(lzma.compress(text))
    assert greedy[14:16] == b"\x21\x01"  # LZMA2, one byte of properties
    greedy[16] = 40
    end = 12 + greedy[12] * 4
    greedy[end : end + 4] = zlib.crc32(greedy[12:end]).to_bytes(4, "little")
    with pytest.raises(CannotRedact, match="xz"):
        redact_bytes(redactor, bytes(greedy))


@PACKERS
def test_nothing_compressed_is_nothing(redactor, redact_bytes, pack, unpack):
    assert unpack(redact_bytes(redactor, pack(b""))) == b""


@pytest.mark.skipif(importlib.util.find_spec("backports.zstd") is None, reason="no Zstandard here")
def test_a_zstandard_log_is_redacted(redactor, redact_bytes, text):
    from backports import zstd

    assert b"hunter2" not in zstd.decompress(redact_bytes(redactor, zstd.compress(text)))
    with pytest.raises(CannotRedact, match="damaged"):
        redact_bytes(redactor, zstd.compress(text * 100)[:-20])


def test_a_gzip_member_forgets_the_name_of_the_file(redactor, redact_bytes, text):
    out = io.BytesIO()
    with gzip.GzipFile(filename="jsmith-private.log", fileobj=out, mode="wb") as file:
        file.write(text)
    assert b"jsmith" not in redact_bytes(redactor, out.getvalue())


def test_archives_in_archives_are_opened_to_a_depth(redactor, redact_bytes, text):
    data = text
    for _ in range(budget.DEPTH_LIMIT):
        data = gzip.compress(data)
    assert redact_bytes(redactor, data)
    with pytest.raises(CannotRedact, match="nested"):
        redact_bytes(redactor, gzip.compress(data))


def test_forms_may_be_mixed(redactor, redact_bytes, text, zipped, tarred, sevenzipped, un7zipped):
    mixed = sevenzipped({"outer.tar.gz": gzip.compress(tarred({"a.log": text})), "inner.zip": zipped({"b.log": text})})
    redacted = un7zipped(redact_bytes(redactor, mixed))
    assert b"hunter2" not in gzip.decompress(redacted["outer.tar.gz"])
    assert b"user=user-" in gzip.decompress(redacted["outer.tar.gz"])
    assert redacted["inner.zip"].startswith(b"PK")


def test_a_bomb_is_refused_while_it_unpacks(redactor, redact_bytes, monkeypatch):
    monkeypatch.setattr(budget, "_RATIO_FREE_BYTES", 2**20)
    with pytest.raises(CannotRedact, match="more than is allowed"):
        redact_bytes(redactor, gzip.compress(b"\n" * 2**23))


@PACKERS
def test_a_damaged_file_is_refused(redactor, redact_bytes, text, pack, unpack):
    whole = pack(text * 2000)
    with pytest.raises(CannotRedact, match="damaged"):
        redact_bytes(redactor, whole[: len(whole) // 2])


@pytest.fixture(scope="module")
def packed_forms(zipped, tarred, sevenzipped):
    """One file of each kind, made once: its bytes are what examples are drawn from."""
    log, content = b"first line\n" * 9, {"a.log": b"first line\n" * 9, "b/c.log": b"second\n"}
    return {
        "gzip": gzip.compress(log),
        "bzip2": bz2.compress(log),
        "xz": lzma.compress(log),
        "zip": zipped(content),
        "tar": tarred(content),
        "7z": sevenzipped(content),
    }


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz", "zip", "tar", "7z"])
@given(data=st.data())
def test_whatever_stands_in_a_damaged_file_it_is_refused_or_redacted(kind, data, packed_forms):
    """Libraries raise what their parsers stumble over; here all of it is one refusal."""
    whole = packed_forms[kind]
    broken = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        broken[place] = data.draw(st.integers(0, 255))
    cut = bytes(broken[: data.draw(st.integers(0, len(whole)))])
    target = io.BytesIO()
    try:
        containers.redact_container(
            kind, io.BytesIO(cut), target, budget=Budget(len(cut)), redact=same, rename=lambda path: path
        )
    except CannotRedact:
        return
    assert target.getvalue()


@pytest.mark.parametrize("trouble", [StorageError("The disk is full."), OSError(errno.ENOSPC, "No space left")])
def test_a_full_disk_is_no_damage(trouble):
    def fail(*_):
        raise trouble

    packed = io.BytesIO(gzip.compress(b"x"))
    with pytest.raises(type(trouble)):
        containers.redact_container(
            "gzip", packed, io.BytesIO(), budget=Budget(9), redact=fail, rename=lambda path: path
        )
