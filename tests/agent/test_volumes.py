"""An archive as volumes: plain cuts, each with a hash of its own, which 7-Zip and ``cat`` make one again."""

import dataclasses
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.archive import RulesetInfo, pack
from agent.errors import StorageError
from agent.events import ignore_progress
from agent.flow import Archive, Plan, Redacted
from agent.sealed_archive import SealedArchive, seal
from agent.volumes import Volume, joined, volume_count, volumes_of


def in_volumes(archive: Archive, volume_bytes: int | None) -> Archive:
    return dataclasses.replace(archive, volume_bytes=volume_bytes)


@given(size_bytes=st.integers(0, 300), volume_bytes=st.integers(1, 310))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_the_cuts_are_the_archive_again(
    make_archive: Callable[..., Archive], size_bytes: int, volume_bytes: int
) -> None:
    archive = in_volumes(make_archive(os.urandom(size_bytes)), volume_bytes)
    parts = volumes_of(archive)
    read = []
    for part in parts:
        with part.open() as file:
            read.append(file.read())
        assert (len(read[-1]), hashlib.sha256(read[-1]).hexdigest()) == (part.size_bytes, part.sha256)
        assert part.bundle_id == archive.bundle_id
        assert part.size_bytes <= volume_bytes or part is archive
    assert b"".join(read) == archive.file.read_bytes()
    assert len(parts) == volume_count(size_bytes, volume_bytes)
    numbers = [part.number for part in parts if isinstance(part, Volume)]
    assert numbers == ([] if len(parts) == 1 else list(range(1, len(parts) + 1)))


def test_what_fits_goes_as_it_is(make_archive: Callable[..., Archive]) -> None:
    archive = make_archive()
    for volume_bytes in (None, archive.size_bytes, archive.size_bytes + 1):
        whole = in_volumes(archive, volume_bytes)
        assert volumes_of(whole) == (whole,)


def test_a_volume_is_read_from_any_place(make_archive: Callable[..., Archive]) -> None:
    data = bytes(range(256)) * 8
    second = volumes_of(in_volumes(make_archive(data), 1000))[1]
    with second.open() as file:
        assert file.seek(-3, os.SEEK_END) == 997
        assert file.read() == data[1997:2000]
        assert file.seek(5) == 5
        assert file.read(2) == data[1005:1007]
        assert file.tell() == 7


@pytest.mark.parametrize("change", [b"longer", b""])
def test_an_archive_that_changed_is_not_cut(make_archive: Callable[..., Archive], change: bytes) -> None:
    archive = in_volumes(make_archive(), 1000)
    data = archive.file.read_bytes()
    archive.file.write_bytes(data + change if change else data[:-1] + b"?")
    with pytest.raises(StorageError, match="has changed"):
        volumes_of(archive)


def test_a_sealed_archive_is_cut_by_its_own_bytes(make_archive: Callable[..., Archive], tmp_path: Path) -> None:
    archive, key_file = make_archive(os.urandom(600_000)), tmp_path / "key"
    key_file.write_bytes(os.urandom(32))
    key_file.chmod(0o600)
    seal(archive, tmp_path / "sealed", key_file.read_bytes())
    values = {field.name: getattr(archive, field.name) for field in dataclasses.fields(archive)}
    sealed = SealedArchive(**{**values, "file": tmp_path / "sealed", "volume_bytes": 250_001}, key_file=key_file)
    parts = []
    for part in volumes_of(sealed):
        with part.open() as file:
            parts.append(file.read())
    assert b"".join(parts) == archive.file.read_bytes()
    assert [len(part) for part in parts] == [250_001, 250_001, 99_998]


def test_7_zip_opens_the_first_volume(
    bundle_plan: Plan, redacted_file: Callable[..., Redacted], tmp_path: Path
) -> None:
    program = shutil.which("7zz") or shutil.which("7z")
    if program is None:
        pytest.skip("no 7-Zip here")
    noise = os.urandom(200_000).hex("\n", 30).encode()
    plan = dataclasses.replace(bundle_plan, volume_bytes=60_000, volumes_bytes=10**7)
    archive = pack(
        [redacted_file("logs/a.log", noise)], plan, RulesetInfo(version=1, families=()), tmp_path / "out.7z",
        ignore_progress, redact_text=str,
    )  # fmt: skip
    folder = tmp_path / "downloads"
    folder.mkdir()
    for number, part in enumerate(volumes_of(archive), 1):
        with part.open() as file:
            (folder / f"b.7z.{number:03d}").write_bytes(file.read())
    assert len(list(folder.iterdir())) > 2
    first = folder / "b.7z.001"
    tested = subprocess.run([program, "t", first], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout
    subprocess.run([program, "x", f"-o{tmp_path / 'x'}", first], capture_output=True, check=True)
    assert (tmp_path / "x/logs/a.log").read_bytes() == noise
    with joined(first) as whole:
        assert whole.read_bytes() == archive.file.read_bytes()
        assert whole.name == "b.7z"
    assert not whole.exists()


def test_a_missing_volume_ends_the_archive_and_another_file_is_itself(tmp_path: Path) -> None:
    for number in (1, 2, 4):
        (tmp_path / f"b.7z.{number:03d}").write_bytes(bytes([number]))
    with joined(tmp_path / "b.7z.001") as whole:
        assert whole.read_bytes() == b"\x01\x02"
    with joined(tmp_path / "b.7z.002") as other:
        assert other == tmp_path / "b.7z.002"
