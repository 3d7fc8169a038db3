"""Check a bundle that lies on a disk, without trusting a word of it: is it whole, and is it what it says it is?

Structure, manifest against its schema, the signature over it, every member's size and hash against the manifest,
nothing that the manifest does not list, and the gate's scan once more. Every finding is a sentence for a person; a
bundle that is broken or hostile ends in such sentences too, never in a traceback, and reading it is bounded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from agent import manifest
from agent.archive_reader import LIMIT_BYTES, Sink, read_members
from agent.errors import InvalidBundle
from agent.gate import Find, GateScan
from agent.signature import BadSignature, PublicKey

_MAX_PROBLEMS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """``ok`` if there is no problem and no find. What the manifest says is ``None`` when it cannot be read.

    ``signer`` is the key whose good signature the manifest has; ``None`` for a bundle of old, which has none.
    """

    ok: bool
    problems: tuple[str, ...]
    members: int
    ruleset_version: int | None = None
    bundle_id: str | None = None
    finds: tuple[Find, ...] = ()
    signer: PublicKey | None = None


def verify(file: Path, *, limit_bytes: int = LIMIT_BYTES) -> VerifyReport:
    """Check the bundle at ``file``, which may unpack to ``limit_bytes``. Never raises for what the file may be."""
    reader = _Reader()
    try:
        sizes = read_members(file, reader.sink_for, limit_bytes=limit_bytes)
    except InvalidBundle as trouble:
        return VerifyReport(ok=False, problems=(str(trouble),), members=0)
    except OSError as trouble:
        return VerifyReport(ok=False, problems=(f"It cannot be read: {trouble.strerror}.",), members=0)
    said, problems = _manifest(reader)
    signer = None
    if said is not None:
        try:
            signer = manifest.signer(said, bytes(reader.manifest), reader.signature)
        except BadSignature as trouble:
            problems.append(str(trouble))  # and what such a manifest says of the members tells nothing
        else:
            problems += manifest.differences(said, reader.digests, sizes)
    finds = reader.gate.report(list(sizes)).finds
    return VerifyReport(
        ok=not problems and not finds,
        problems=tuple(problems[:_MAX_PROBLEMS]),
        members=len(sizes),
        ruleset_version=cast("int", said["ruleset_version"]) if said else None,
        bundle_id=cast("str", said["bundle_id"]) if said else None,
        finds=finds,
        signer=signer,
    )


class _Reader:
    """Hashes and scans every member as it comes, and keeps the manifest and its signature."""

    def __init__(self) -> None:
        self.gate = GateScan()
        self.digests: dict[str, str] = {}
        self.kept = {manifest.MANIFEST_NAME: bytearray(), manifest.SIGNATURE_NAME: bytearray()}

    @property
    def manifest(self) -> bytearray:
        return self.kept[manifest.MANIFEST_NAME]

    @property
    def signature(self) -> bytes | None:
        there = manifest.SIGNATURE_NAME in self.digests
        return bytes(self.kept[manifest.SIGNATURE_NAME]) if there else None

    def sink_for(self, member: str) -> Sink:
        return _MemberCheck(self, member)


class _MemberCheck:
    def __init__(self, reader: _Reader, member: str) -> None:
        self._reader = reader
        self._member = member
        self._digest = hashlib.sha256()
        self._scan = reader.gate.sink(member)

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self._scan.write(data)
        kept = self._reader.kept.get(self._member)
        if kept is not None and len(kept) <= manifest.LIMIT_BYTES:
            kept.extend(data)

    def close(self) -> None:
        self._scan.close()
        self._reader.digests[self._member] = self._digest.hexdigest()


def _manifest(reader: _Reader) -> tuple[Mapping[str, object] | None, list[str]]:
    if manifest.MANIFEST_NAME not in reader.digests:
        return None, [f"It has no {manifest.MANIFEST_NAME}."]
    return manifest.parsed(reader.manifest)
