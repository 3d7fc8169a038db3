"""A bundle is packed whole and owner-only, or not at all."""

import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from py7zr import SevenZipFile

from agent.archive import RulesetInfo, pack
from agent.errors import NothingGathered, StorageError, UsageError
from agent.events import ignore_progress
from agent.verify import verify
from collectors import Artifact, Fact, Origin, RequestItem, Skipped
from config.private_files import is_open_to_others

RULESET = RulesetInfo(version=3, families=("credentials", "network"))
BORDER = 2**20  # the block in which packing reads


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "redacted")


@pytest.fixture
def seven_zip():
    program = shutil.which("7zz") or shutil.which("7z")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("7-Zip is not installed")
        pytest.skip("7-Zip is not installed")
    return program


@pytest.fixture
def pack_items(bundle_plan, tmp_path):
    def run(items, *, plan=bundle_plan, output=tmp_path / "out.7z", progress=ignore_progress, redact_text=str):
        return pack(items, plan, RULESET, output, progress, redact_text=redact_text)

    return run


def test_stock_7_zip_accepts_the_archive_and_gives_back_every_byte(pack_items, redacted_file, seven_zip, tmp_path):
    members = {
        "logs/app.log": b"hello\n" * 5000,
        "logs/empty.log": b"",
        "system/one byte": b"x",
        "logs/ü.log": b"\xff\0",
    }
    archive = pack_items([redacted_file(name, data) for name, data in members.items()])
    tested = subprocess.run([seven_zip, "t", archive.file], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout
    subprocess.run([seven_zip, "x", f"-o{tmp_path / 'x'}", archive.file], capture_output=True, check=True)
    assert {name: (tmp_path / "x" / name).read_bytes() for name in members} == members
    listed = subprocess.run([seven_zip, "l", "-slt", archive.file], capture_output=True, text=True, check=True).stdout
    assert {line for line in listed.splitlines() if line.startswith("Method = LZMA2")}
    assert "Encrypted = +" not in listed


def test_report_and_manifest_come_last_and_the_manifest_lists_all_but_itself(pack_items, redacted_file):
    archive = pack_items([redacted_file("logs/b.log", b"b"), redacted_file("logs/a.log", b"a")])
    with SevenZipFile(archive.file) as opened:
        assert opened.getnames() == ["logs/b.log", "logs/a.log", "report.html", "manifest.json"]
    assert verify(archive.file).ok, verify(archive.file).problems


def test_the_file_is_owner_only_while_it_is_written_and_after(pack_items, redacted_file, tmp_path):
    seen = []

    def items():
        yield redacted_file("logs/a.log", os.urandom(3 * BORDER))
        for path in tmp_path.rglob("*.partial"):
            seen.append((is_open_to_others(path), sys.platform != "win32" and is_open_to_others(path.parent)))
        yield redacted_file("logs/b.log", b"b")

    archive = pack_items(items())
    assert seen == [(False, False)]
    assert not is_open_to_others(archive.file)


def test_the_hash_is_that_of_the_file_on_the_disk(pack_items, redacted_file):
    archive = pack_items([redacted_file("logs/a.log", b"a")])
    assert archive.sha256 == hashlib.sha256(archive.file.read_bytes()).hexdigest()
    assert archive.size_bytes == archive.file.stat().st_size


def test_equal_input_gives_equal_bytes(pack_items, redacted_file, tmp_path):
    first = pack_items([redacted_file("logs/a.log", b"a" * 9999)], output=tmp_path / "1.7z")
    second = pack_items([redacted_file("logs/a.log", b"a" * 9999)], output=tmp_path / "2.7z")
    assert first.sha256 == second.sha256


def test_each_redacted_file_is_removed_as_soon_as_it_is_packed(pack_items, redacted_file):
    first = redacted_file("logs/a.log", b"a")

    def items():
        yield first
        assert not first.file.exists()
        yield redacted_file("logs/b.log", b"b")

    pack_items(items())


@pytest.mark.parametrize("trouble", [RuntimeError("broken"), KeyboardInterrupt()], ids=["exception", "Ctrl-C"])
def test_nothing_is_left_when_gathering_breaks_midway(pack_items, redacted_file, tmp_path, trouble):
    def items():
        yield redacted_file("logs/a.log", os.urandom(2 * BORDER))
        raise trouble

    with pytest.raises(type(trouble)):
        pack_items(items())
    assert left_in(tmp_path) == []


def test_an_existing_file_is_never_overwritten(pack_items, redacted_file, tmp_path):
    (tmp_path / "out.7z").write_bytes(b"precious")
    with pytest.raises(UsageError, match="exists already"):
        pack_items([redacted_file("logs/a.log", b"a")])
    assert (tmp_path / "out.7z").read_bytes() == b"precious"


def test_a_file_that_appears_meanwhile_is_not_overwritten_either(pack_items, redacted_file, tmp_path):
    def items():
        yield redacted_file("logs/a.log", b"a")
        (tmp_path / "out.7z").write_bytes(b"precious")

    with pytest.raises(UsageError, match="appeared meanwhile"):
        pack_items(items())
    assert (tmp_path / "out.7z").read_bytes() == b"precious"
    assert left_in(tmp_path) == ["out.7z"]


def test_a_missing_folder_is_a_sentence(pack_items, redacted_file, tmp_path):
    with pytest.raises(StorageError) as told:
        pack_items([redacted_file("logs/a.log", b"a")], output=tmp_path / "nowhere" / "out.7z")
    assert "No bundle could be written in" in str(told.value)
    assert told.value.advice


@pytest.mark.posix
def test_a_disk_that_takes_no_more_is_a_sentence_and_leaves_nothing(tmp_path):
    """A limit on the size of files stands in for a full disk: writing fails in the middle, as there."""
    script = tmp_path / "fill.py"
    script.write_text(FILL_THE_DISK)
    (tmp_path / "out").mkdir()
    done = subprocess.run(
        [sys.executable, "-I", str(script), str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "the disk does not take a file of this size" in done.stdout
    assert left_in(tmp_path / "out") == []


FILL_THE_DISK = """
import dataclasses, os, resource, runpy, sys
from datetime import UTC, datetime
from pathlib import Path
from agent.archive import RulesetInfo, pack
from agent.errors import StorageError
from agent.events import ignore_progress
from agent.flow import Front, Plan, Redacted, Request
from collectors import Origin

folder, now = Path(sys.argv[1]), datetime(2026, 1, 1, tzinfo=UTC)
(folder / "noise").write_bytes(os.urandom(8 * 2**20))
resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
request = Request(front=Front.CLI, profile="x", ticket=None, requested_by="", asked_at=now)
plan = Plan(bundle_id="0b0e7c9e-3f0a-4c55-9d0e-0f6d3f1f2a11", made_at=now, request=request, product="x", steps=(),
    skipped=(), answers=(), computer_id="x", not_before=None, deadline_seconds=9, limit_bytes=2**30, keep_hosts=(),
    endpoint=None, consent="ask", agent_version="0")
item = Redacted(path="logs/noise", file=folder / "noise", size_bytes=8 * 2**20, sha256="0" * 64,
    media_type="application/octet-stream", origin=Origin(source="x"), counts={})
try:
    pack([item], plan, RulesetInfo(version=1, families=()), folder / "out" / "a.7z", ignore_progress, redact_text=str)
except StorageError as trouble:
    print(trouble)
"""


def test_nothing_redacted_is_an_error_that_says_what_was_tried(pack_items, tmp_path):
    items = [
        Skipped(path="logs/a.bin", reason="unknown binary"),
        Fact(item=RequestItem.VERSION, value="1.2", source="command"),
    ]
    with pytest.raises(NothingGathered, match=r"logs/a\.bin: unknown binary"):
        pack_items(items)
    assert left_in(tmp_path) == []


def test_raw_material_is_refused(pack_items, tmp_path):
    raw = Artifact.of_text("logs/a.log", "raw", source="x")
    with pytest.raises(TypeError, match="Artifact"):
        pack_items([raw])
    assert left_in(tmp_path) == []


def test_what_does_not_fit_the_limit_is_cut_and_said_to_be(pack_items, redacted_file, bundle_plan):
    told = []
    plan = dataclasses.replace(bundle_plan, limit_bytes=5 * BORDER)
    unreadable = bytes(byte | 128 for byte in range(256))  # random, but nothing that the gate could take for a name
    items = [redacted_file(f"logs/{number}.log", os.urandom(BORDER).translate(unreadable)) for number in range(7)]
    archive = pack_items(items, plan=plan, progress=told.append)
    assert archive.size_bytes <= plan.limit_bytes
    assert [item.path for item in archive.skipped] == [item.path for item in told]
    cut = [item for item in archive.members if item.truncated]
    assert cut
    assert all("size limit" in item.truncated for item in cut)
    assert all("size limit" in item.reason for item in archive.skipped)
    assert verify(archive.file).ok, verify(archive.file).problems
    assert not any(item.file.exists() for item in items)


def test_what_an_archive_inside_keeps_back_is_told_once_also_at_the_limit(pack_items, redacted_file, bundle_plan):
    inside = Skipped(path="logs/0.zip/tool", reason="could not be redacted: a binary file of a known kind")
    items = [redacted_file(f"logs/{number}.log", os.urandom(BORDER)) for number in range(7)]
    items = [dataclasses.replace(redacted_file("x.zip", b"PK"), withheld=(inside,)), *items]
    archive = pack_items(items, plan=dataclasses.replace(bundle_plan, limit_bytes=5 * BORDER))
    assert [item for item in archive.skipped if "size limit" not in item.reason] == [inside]


def test_two_files_of_one_name_and_names_no_system_takes_get_names_of_their_own(pack_items, redacted_file):
    names = ["logs/a.log", "logs/A.log", "../evil", "/etc/x:y", "manifest.json"]
    archive = pack_items([redacted_file(name, name.encode()) for name in names])
    paths = [member.path for member in archive.members]
    assert paths == ["logs/a.log", "logs/A~2.log", "evil", "etc/x_y", "manifest~2.json"]
    assert verify(archive.file).ok, verify(archive.file).problems


def test_the_words_of_the_person_pass_redaction_before_they_are_written(pack_items, redacted_file):
    archive = pack_items(
        [redacted_file("logs/a.log", b"nothing")], redact_text=lambda text: text.replace("jo", "user-aaaabbbb")
    )
    manifest = json.loads(member_bytes(archive.file, "manifest.json"))
    assert manifest["request"]["requested_by"] == "user-aaaabbbb"
    assert manifest["request"]["reason"] == "told to by user-aaaabbbb"
    assert manifest["request"]["description"] == "It stops at noon, says user-aaaabbbb."
    assert manifest["items"][2]["value"] == "It stops at noon, says user-aaaabbbb."
    assert b"says jo" not in member_bytes(archive.file, "report.html")


def test_facts_answer_the_nine_items_in_order_and_what_nobody_answered_says_so(pack_items, redacted_file):
    items = [
        redacted_file("logs/a.log", b"a"),
        Fact(item=RequestItem.VERSION, value="11.2", source="app.log"),
        Fact(item=RequestItem.OPERATING_SYSTEM, value="Debian 12", source="/etc/os-release"),
        Fact(item=RequestItem.OPERATING_SYSTEM, value="Windows 11", source="the other one"),
        Fact(item=RequestItem.OPERATING_SYSTEM, value="Debian 12", source="again"),
    ]
    archive = pack_items(items)
    manifest = json.loads(member_bytes(archive.file, "manifest.json"))
    assert [item["item"] for item in manifest["items"]] == [item.value for item in RequestItem]
    values = {item["item"]: item["value"] for item in manifest["items"]}
    assert values["version"] == "11.2"
    assert values["operating_system"] == "Debian 12; Windows 11"
    assert values["screenshots"] is None
    assert archive.facts[RequestItem.VERSION] == "11.2"


def test_the_counts_of_all_files_are_added_up(pack_items, redacted_file):
    archive = pack_items(
        [redacted_file("logs/a.log", b"a", counts={"ipv4": 2}), redacted_file("logs/b.log", b"b", counts={"ipv4": 3})]
    )
    assert archive.counts == {"ipv4": 5}
    assert [member.replacements for member in archive.members] == [2, 3]


def test_a_file_without_a_time_of_its_own_gets_the_time_of_the_plan(pack_items, redacted_file, bundle_plan):
    item = dataclasses.replace(redacted_file("logs/a.log", b"a"), origin=Origin(source="a command"))
    with SevenZipFile(pack_items([item]).file) as opened:
        assert {info.creationtime for info in opened.list()} == {bundle_plan.made_at}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.sampled_from([0, 1, BORDER - 1, BORDER, BORDER + 1, 2 * BORDER + 7]), min_size=1, max_size=4))
def test_members_of_any_size_come_back_whole(sizes, pack_items, redacted_file, tmp_path):
    data = {f"logs/{number}.log": os.urandom(64) * (size // 64 + 1) for number, size in enumerate(sizes)}
    data = {name: whole[:size] for (name, whole), size in zip(data.items(), sizes, strict=True)}
    output = tmp_path / "sized.7z"
    output.unlink(missing_ok=True)
    archive = pack_items([redacted_file(name, content) for name, content in data.items()], output=output)
    report = verify(archive.file)
    assert report.problems == ()
    assert [member.size_bytes for member in archive.members] == sizes


def member_bytes(file: Path, name: str) -> bytes:
    from py7zr.io import BytesIOFactory

    factory = BytesIOFactory(2**30)
    with SevenZipFile(file) as opened:
        opened.extract(targets=[name], factory=factory)
    return next(iter(factory.products.values())).read()
