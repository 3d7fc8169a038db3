"""An old bundle comes out as a bundle again: redacted by today's rules, sound, and with its stand-ins as they were."""

import dataclasses
import gzip
import json
import os

import py7zr
import pytest

from agent import __version__, gate, renewal
from agent.archive import RulesetInfo, pack
from agent.errors import GateRefused, InvalidBundle, NothingGathered, UsageError
from agent.events import ignore_progress
from agent.redact import LocalFacts, Redactor, load_rules
from agent.replaced_lines import ReplacedLines
from agent.signature import SigningKey
from agent.verify import verify
from collectors import Fact, RequestItem, Skipped
from config.private_files import is_open_to_others

NOW = RulesetInfo(version=99, families=("credentials", "network"))
STANDING = b"user=user-abcdefgh from ip-abcdefgh, [redacted:secret-bare] and host-abcdefgh\n"
PROGRAM = b"\x7fELF" + bytes(range(256)) * 4


@pytest.fixture(scope="module")
def redactor():
    return Redactor(load_rules(), b"another key than that of the first pass", LocalFacts())


@pytest.fixture
def old_bundle(bundle_plan, redacted_file, tmp_path):
    """A bundle of rules that knew less: what today's rules find still stands in it."""

    def make(*items, request=None):
        plan = bundle_plan
        if request:
            plan = dataclasses.replace(plan, request=dataclasses.replace(plan.request, **request))
        ruleset = RulesetInfo(version=1, families=("network",))
        return pack(items, plan, ruleset, tmp_path / "old.7z", ignore_progress, redact_text=str).file

    return make


@pytest.fixture
def renewed(redactor, tmp_path):
    """Unpacks a bundle and redacts it again; the new one, and what it holds."""

    def run(file, progress=ignore_progress):
        work = tmp_path / "work"
        work.mkdir(mode=0o700)
        old = renewal.unpack(file, work)
        assert old is not None
        output = tmp_path / "new.7z"
        archive = renewal.renew(old, redactor, NOW, work=work, output=output, progress=progress)
        return archive, contents(output)

    return run


def contents(file):
    factory = py7zr.io.BytesIOFactory(2**30)
    with py7zr.SevenZipFile(file) as opened:
        names = opened.namelist()
        opened.extractall(factory=factory)
    read = {name: product.read() for name, product in factory.products.items()}
    return {name: next(data for path, data in read.items() if path.endswith(name)) for name in names}


def test_the_new_bundle_is_sound_and_holds_what_rules_leave(old_bundle, redacted_file, renewed, tmp_path):
    leaking = b"login password=hunter2-hunter2 from 203.0.113.9\n"
    file = old_bundle(
        redacted_file("logs/app.log", STANDING + leaking, counts={"user-named": 1, "ipv4": 1}),
        redacted_file("logs/app.log.1.gz", gzip.compress(leaking)),
        redacted_file("logs/empty.log", b""),
    )
    archive, members = renewed(file)
    report = verify(archive.file)
    assert report.ok, report
    assert (report.ruleset_version, report.bundle_id) == (99, archive.bundle_id)
    assert members["logs/app.log"].startswith(STANDING + b"login password=[redacted:")
    assert b"203.0.113.9" not in members["logs/app.log"]
    assert b"hunter2" not in gzip.decompress(members["logs/app.log.1.gz"])
    assert members["logs/empty.log"] == b""
    assert not is_open_to_others(archive.file)
    assert sorted(path.name for path in tmp_path.glob("*.7z")) == ["new.7z", "old.7z"]


def test_the_manifest_tells_of_both_passes(old_bundle, redacted_file, renewed):
    log = redacted_file("logs/app.log", STANDING + b"from 203.0.113.9\n", counts={"user-named": 1, "ipv4": 1})
    file = old_bundle(log, Skipped(path="logs/gone.log", reason="cannot be read"))
    before = json.loads(contents(file)["manifest.json"])
    archive, members = renewed(file)
    after = json.loads(members["manifest.json"])
    [entry, report] = after["members"]
    assert entry["replacements"] == {"ipv4": 2, "user-named": 1}
    assert after["counts"] == entry["replacements"] == archive.counts
    assert entry["sha256"] != before["members"][0]["sha256"]
    kept = {"path", "source", "owner", "mode", "modified_at", "media_type", "truncated"}
    assert {key: entry[key] for key in kept} == {key: before["members"][0][key] for key in kept}
    assert report["path"] == "report.html"
    assert after["skipped"] == before["skipped"]
    assert (after["ruleset_version"], after["agent_version"]) == (99, __version__)
    same = before.keys() - {"members", "counts", "ruleset_version", "agent_version", "items"}
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    assert [item["value"] for item in after["items"]] == [item["value"] for item in before["items"]]
    assert b"Rules version 99" in members["report.html"]


def test_lines_of_both_passes_stand_together(old_bundle, redacted_file, renewed):
    log = redacted_file("logs/app.log", STANDING + b"from 203.0.113.9\n", counts={"user-named": 1, "ipv4": 9})
    earlier = {"user-named": ReplacedLines.of([1]), "ipv4": ReplacedLines.of([1], 8)}
    _, members = renewed(old_bundle(dataclasses.replace(log, lines=earlier)))
    [entry, _] = json.loads(members["manifest.json"])["members"]
    line = STANDING.count(b"\n") + 1
    both = ReplacedLines.of([1, line], 8)
    assert entry["replaced_lines"]["ipv4"] == {"lines": both.ranges, "more": 8}
    assert entry["replaced_lines"]["user-named"] == {"lines": "1", "more": 0}


def test_texts_of_the_manifest_are_redacted_again(old_bundle, redacted_file, renewed):
    version = Fact(item=RequestItem.VERSION, value="11.2.0.44", source="/home/jsmith/app.log")
    words = {
        "reason": "password=hunter2-hunter2",
        "description": "mail jo@corp.example",
        "requested_by": "user-abcdefgh",
    }
    log = dataclasses.replace(redacted_file("logs/home/jsmith/app.log", b"line\n"), truncated="cut at 203.0.113.9")
    _, members = renewed(old_bundle(log, version, Skipped(path="logs/home/jsmith/x", reason="?"), request=words))
    said = members["manifest.json"]
    for leak in (b"hunter2", b"jo@corp", b"jsmith", b"203.0.113.9"):
        assert leak not in said + members["report.html"]
    document = json.loads(said)
    assert document["request"]["requested_by"] == "user-abcdefgh"
    assert {item["item"]: item["value"] for item in document["items"]}["version"] == "11.2.0.44"
    assert document["members"][0]["path"].startswith("logs/home/user-")


def test_twice_gives_what_once_gave(old_bundle, redacted_file, redactor, renewed, tmp_path):
    _, once = renewed(old_bundle(redacted_file("logs/a.log", b"user=jsmith from 203.0.113.9\n")))
    work = tmp_path / "second"
    work.mkdir()
    old = renewal.unpack(tmp_path / "new.7z", work)
    renewal.renew(old, redactor, NOW, work=work, output=tmp_path / "twice.7z", progress=ignore_progress)
    assert contents(tmp_path / "twice.7z") == once


def test_what_cannot_be_redacted_any_more_is_left_out(old_bundle, redacted_file, renewed):
    told = []
    file = old_bundle(redacted_file("logs/a.log", b"line\n"), redacted_file("logs/tool", PROGRAM))
    archive, members = renewed(file, progress=told.append)
    assert "logs/tool" not in members
    assert [item.path for item in archive.skipped] == ["logs/tool"]
    assert any(isinstance(event, Skipped) and event.path == "logs/tool" for event in told)
    assert verify(archive.file).ok


def test_nothing_left_is_an_error(old_bundle, redacted_file, renewed):
    with pytest.raises(NothingGathered):
        renewed(old_bundle(redacted_file("logs/tool", PROGRAM)))


def test_what_the_gate_finds_ends_it(old_bundle, redacted_file, renewed, tmp_path, monkeypatch):
    file = old_bundle(redacted_file("logs/a.log", b"line\n"))
    found = gate.GateReport(members=1, scanned_bytes=1, finds=(gate.Find(member="logs/a.log", rule="bearer"),))
    monkeypatch.setattr(gate, "scan", lambda *_: found)
    with pytest.raises(GateRefused, match="bearer in logs"):
        renewed(file)
    assert not (tmp_path / "new.7z").exists()


def test_the_gate_knows_what_this_machine_knows_about_itself(old_bundle, redacted_file, tmp_path):
    """Here redaction was blinded, so that what it would replace reaches the gate."""
    redactor = Redactor(load_rules(), b"k" * 32, LocalFacts())
    redactor.known_everywhere = LocalFacts((("user", "qwertzuiop"),)).known_everywhere()
    (tmp_path / "work").mkdir(mode=0o700)
    old = renewal.unpack(old_bundle(redacted_file("logs/a.log", b"of qwertzuiop\n")), tmp_path / "work")
    with pytest.raises(GateRefused, match=r"in logs/a\.log"):
        renewal.renew(old, redactor, NOW, work=tmp_path / "work", output=tmp_path / "new.7z", progress=ignore_progress)
    assert not (tmp_path / "new.7z").exists()


def test_nothing_that_exists_is_overwritten(old_bundle, redacted_file, renewed, tmp_path):
    file = old_bundle(redacted_file("logs/a.log", b"line\n"))
    (tmp_path / "new.7z").write_bytes(b"mine")
    with pytest.raises(UsageError):
        renewed(file)
    assert (tmp_path / "new.7z").read_bytes() == b"mine"


def repacked(file, change, to):
    """The bundle again, after ``change`` of its members."""
    members = contents(file)
    change(members)
    with py7zr.SevenZipFile(to, "w", filters=[{"id": py7zr.FILTER_LZMA2, "preset": 1}]) as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return to


def with_manifest(**values):
    def change(members):
        members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **values}).encode()

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda members: members.update({"logs/a.log": b"lane\n"}), "SHA-256 differs"),
        (lambda members: members.update({"logs/b.log": b"more\n"}), "not in the manifest"),
        (with_manifest(format=2), "breaks the schema"),
        (with_manifest(made_at="2026-99-99T00:00:00Z"), "a time that there is not"),
    ],
)
def test_a_bundle_that_is_not_what_it_says_is_refused(old_bundle, redacted_file, tmp_path, change, sentence):
    file = repacked(old_bundle(redacted_file("logs/a.log", b"line\n")), change, tmp_path / "changed.7z")
    (tmp_path / "work").mkdir()
    assert renewal.may_be_bundle(file)
    with pytest.raises(InvalidBundle, match=sentence):
        renewal.unpack(file, tmp_path / "work")


def test_what_is_renewed_is_signed_by_who_renews_it(bundle_plan, redacted_file, redactor, tmp_path):
    first, second = SigningKey.made_now(), SigningKey.made_now()
    ruleset = RulesetInfo(version=1, families=("network",))
    items = [redacted_file("logs/a.log", b"line\n")]
    progress = ignore_progress
    made = pack(items, bundle_plan, ruleset, tmp_path / "old.7z", progress, redact_text=str, signing_key=first)
    (tmp_path / "work").mkdir(mode=0o700)
    old = renewal.unpack(made.file, tmp_path / "work")
    output = tmp_path / "new.7z"
    renewal.renew(old, redactor, NOW, work=tmp_path / "work", output=output, progress=progress, signing_key=second)
    assert verify(output).signer == second.public


def test_a_bundle_whose_signature_does_not_fit_is_not_renewed(packed, tmp_path):
    signed = packed({"logs/a.log": b"line\n"}, "signed.7z", SigningKey.made_now())
    file = repacked(signed, with_manifest(product="Other"), tmp_path / "changed.7z")
    (tmp_path / "work").mkdir()
    with pytest.raises(InvalidBundle, match="signature does not fit"):
        renewal.unpack(file, tmp_path / "work")


@pytest.mark.parametrize(
    "manifest", [b'{"name": "an extension of a browser"}', b"[1, 2]", b"no JSON", b"[" * 100_000], ids=range(4)
)
def test_the_manifest_of_another_program_makes_no_bundle(old_bundle, redacted_file, tmp_path, manifest):
    def change(members):
        members["manifest.json"] = manifest

    file = repacked(old_bundle(redacted_file("logs/a.log", b"line\n")), change, tmp_path / "other.7z")
    (tmp_path / "work").mkdir()
    assert renewal.unpack(file, tmp_path / "work") is None


def test_other_files_are_no_bundles(tmp_path):
    (tmp_path / "a.log").write_bytes(b"line\n")
    with py7zr.SevenZipFile(tmp_path / "other.7z", "w", filters=[{"id": py7zr.FILTER_LZMA2}]) as archive:
        archive.write(tmp_path / "a.log", "a.log")
    assert not renewal.may_be_bundle(tmp_path / "a.log")
    assert not renewal.may_be_bundle(tmp_path / "other.7z")


def test_unpacked_members_are_the_owners_alone(old_bundle, redacted_file, tmp_path):
    file = old_bundle(redacted_file("logs/a.log", b"line\n"))
    (tmp_path / "work").mkdir(mode=0o700)
    before = os.umask(0)
    try:
        renewal.unpack(file, tmp_path / "work")
    finally:
        os.umask(before)
    assert not any(map(is_open_to_others, (tmp_path / "work").iterdir()))
