"""What was packed comes out again, byte for byte, owner-only, without the bundle's own pages."""

import hashlib

from agent.archive import RulesetInfo, pack
from agent.events import ignore_progress
from agent.unpacked import MemberFiles, unpacked
from config.private_files import is_open_to_others


def test_every_file_comes_back_with_all_that_is_known_of_it(bundle_plan, redacted_file, tmp_path):
    data = {"logs/a.log": b"a" * 3_000_000, "logs/empty.log": b"", "logs/b.log": b"b"}
    items = [redacted_file(name, content) for name, content in data.items()]
    archive = pack(
        items, bundle_plan, RulesetInfo(version=1, families=()), tmp_path / "x.7z", ignore_progress, redact_text=str
    )
    (tmp_path / "again").mkdir()
    found = unpacked(archive.file, items, tmp_path / "again")
    assert {item.path: item.file.read_bytes() for item in found} == data
    assert [(item.sha256, item.origin) for item in found] == [(item.sha256, item.origin) for item in items]
    assert len(list((tmp_path / "again").iterdir())) == len(data)
    assert not any(is_open_to_others(item.file) for item in found)


def test_a_member_taken_piece_by_piece_is_whole_and_hashed(tmp_path):
    taken = MemberFiles(tmp_path)
    one, two = taken.sink_for("logs/a.log"), taken.sink_for("../b.log")
    for sink, data in ((one, b"a"), (two, b"b"), (one, b"c")):
        sink.write(data)
    one.close()
    assert taken.files["logs/a.log"].read_bytes() == b"ac"
    assert {file.parent for file in taken.files.values()} == {tmp_path}
    assert taken.digests == {"logs/a.log": hashlib.sha256(b"ac").hexdigest()}
