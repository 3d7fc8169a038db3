"""A bundle that was made before, redacted again with today's rules: a bundle again, and a sound one.

Its members, the texts of its manifest and the paths pass redaction once more; stand-ins and masks that stand there
already stay as they are. The report is written anew, and the manifest tells of both passes: the counts of the first
with those of the second, and the rules that the second went by.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from agent import __version__, gate, manifest
from agent.archive import RulesetInfo, pack_again
from agent.archive_reader import list_members, read_members
from agent.errors import InvalidBundle
from agent.events import Archived, Gated, Progress
from agent.finished_file import publish
from agent.flow import Archive, Redacted, RedactedItem
from agent.manifest import MANIFEST_NAME, REPORT_NAME, SIGNATURE_NAME
from agent.redact import Redactor, redact
from agent.replaced_lines import ReplacedLines
from agent.signature import LIMIT_BYTES, BadSignature, SigningKey
from agent.unpacked import MemberFiles
from collectors import Artifact, Fact, Origin, RequestItem, Skipped

_BY_PACKING = frozenset({"members", "skipped", "counts", "signing_key"})  # the rest of a manifest is its head
_WORDS = ("requested_by", "reason", "description")  # of a person, in the request
# What every manifest of ours has, and hardly a manifest.json of another program.
_OURS = frozenset({"bundle_id", "ruleset_version", "members"})
_WAY_ROUND = "Please report the rule's name: redaction should have caught it first."


@dataclass(frozen=True, slots=True, kw_only=True)
class OldBundle:
    """What a bundle's manifest says, and its members in private files, by name."""

    said: Mapping[str, object]
    files: Mapping[str, Path]
    made_at: datetime

    @property
    def profile(self) -> str:
        """The name of the profile by which it was gathered."""
        return str(self.said["profile"])

    @property
    def skipped(self) -> int:
        """How many things are not in it."""
        return len(cast("Sequence[object]", self.said["skipped"]))

    @property
    def counts(self) -> Counter[str]:
        """How often each rule replaced something in it."""
        return Counter(cast("Mapping[str, int]", self.said["counts"]))


def may_be_bundle(file: Path) -> bool:
    """Whether ``file`` is packed as a bundle is, and lists a manifest. Raise ``OSError`` if it cannot be read."""
    try:
        return MANIFEST_NAME in list_members(file)
    except InvalidBundle:
        return False


def unpack(file: Path, work: Path) -> OldBundle | None:
    """The bundle at ``file``, unpacked into the private folder ``work``; ``None`` if that is no bundle of ours.

    Raise ``InvalidBundle`` for one of ours that is not what its manifest says, ``OSError`` if it cannot be read.
    """
    unpacked = MemberFiles(work)
    sizes = read_members(file, unpacked.sink_for)
    data = unpacked.files[MANIFEST_NAME].read_bytes() if sizes[MANIFEST_NAME] <= manifest.LIMIT_BYTES else b""
    if not _is_ours(data):
        return None
    said, problems = manifest.parsed(data)
    if said is not None:
        signature = unpacked.files.get(SIGNATURE_NAME)
        try:
            manifest.signer(said, data, None if signature is None else _small(signature))
        except BadSignature as trouble:
            problems.append(str(trouble))
        problems += manifest.differences(said, unpacked.digests, sizes)
    if said is None or problems:
        raise InvalidBundle(
            f"{file.name} is a bundle, but not what its manifest says. {problems[0]}",
            advice="Run 'sendlogs verify' to see all that is wrong with it.",
        )
    try:
        for member in cast("Sequence[Mapping[str, object]]", said["members"]):
            _time(member["modified_at"])
        made_at = _time(said["made_at"])
    except ValueError:
        raise InvalidBundle(f"{file.name} is a bundle, but its manifest tells a time that there is not.") from None
    assert made_at is not None
    return OldBundle(said=said, files=unpacked.files, made_at=made_at)


def _small(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LIMIT_BYTES)


def _is_ours(data: bytes) -> bool:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.keys() >= _OURS


def _time(text: object) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))


def renew(
    old: OldBundle,
    redactor: Redactor,
    ruleset: RulesetInfo,
    *,
    work: Path,
    output: Path,
    progress: Progress,
    signing_key: SigningKey | None = None,
) -> Archive:
    """Redact ``old`` again; the new bundle is at ``output``, owner-only, or there is none.

    ``work`` is a private folder, ``signing_key`` this device's, whosever the old one was. What cannot be
    redacted any more is among the archive's ``skipped``, behind what was skipped before. Raise ``NothingGathered``,
    ``UsageError``, ``StorageError``, ``GateRefused``.
    """
    packed = pack_again(
        _redacted_again(old, redactor, work, progress),
        _head_again(old.said, ruleset, lambda text: redactor.text(text)[0]),
        ruleset,
        work / "renewed.7z",
        progress,
        made_at=old.made_at,
        signing_key=signing_key,
    )
    progress(Archived(archive=packed))
    report = gate.require_clean(packed.file, redactor.known_everywhere, lambda _: _WAY_ROUND)
    progress(Gated(members=report.members, scanned_bytes=report.scanned_bytes))
    return publish(packed, output)


def _redacted_again(old: OldBundle, redactor: Redactor, work: Path, progress: Progress) -> Iterator[RedactedItem]:
    listed = cast("Sequence[Mapping[str, object]]", old.said["members"])
    entries = [entry for entry in listed if entry["path"] != REPORT_NAME]
    left_out = cast("Sequence[Mapping[str, str]]", old.said["skipped"])
    before = [Skipped(path=item["path"], reason=item["reason"]) for item in left_out]
    facts = [
        Fact(item=RequestItem(item["item"]), value=str(item["value"]), source=str(item["source"]))
        for item in cast("Sequence[Mapping[str, object]]", old.said["items"])
        if item["value"] is not None
    ]
    artifacts = (_artifact(entry, old.files) for entry in entries)
    redacted = redact(chain(before, facts, artifacts), redactor, work, progress)
    for _ in (*before, *facts):
        yield next(redacted)
    for entry, item in zip(entries, redacted, strict=True):
        if isinstance(item, Redacted):
            counts = Counter(_counts(entry)) + Counter(item.counts)
            yield replace(item, counts=dict(counts), lines=_lines_of_both(entry, item))
        else:
            yield item


def _counts(entry: Mapping[str, object]) -> Mapping[str, int]:
    return cast("Mapping[str, int]", entry["replacements"])


def _lines_of_both(entry: Mapping[str, object], item: Redacted) -> Mapping[str, ReplacedLines]:
    """Redaction keeps line feeds, so a line has the same number in both passes."""
    lines = dict(item.lines)
    for rule, before in manifest.lines_of(entry).items():
        lines[rule] = before.joined(lines[rule]) if rule in lines else before
    return lines


def _artifact(entry: Mapping[str, object], files: Mapping[str, Path]) -> Artifact:
    file = files.get(str(entry["path"]))  # an empty member may never have reached its sink
    origin = Origin(
        source=str(entry["source"]),
        owner=cast("str | None", entry["owner"]),
        mode=cast("str | None", entry["mode"]),
        modified_at=_time(entry["modified_at"]),
    )
    return Artifact(
        path=str(entry["path"]),
        open=lambda: cast("BinaryIO", file.open("rb")) if file else io.BytesIO(),
        origin=origin,
        media_type=str(entry["media_type"]),
        truncated=cast("str | None", entry["truncated"]),
    )


def _head_again(
    said: Mapping[str, object], ruleset: RulesetInfo, redacted: Callable[[str], str]
) -> Callable[[Mapping[RequestItem, Fact]], Mapping[str, object]]:
    def head(facts: Mapping[RequestItem, Fact]) -> Mapping[str, object]:
        return {
            **{key: value for key, value in said.items() if key not in _BY_PACKING},
            "agent_version": __version__,
            "ruleset_version": ruleset.version,
            "request": _request_again(cast("Mapping[str, object]", said["request"]), redacted),
            "items": [
                _item_again(item, facts, redacted) for item in cast("Sequence[Mapping[str, object]]", said["items"])
            ],
        }

    return head


def _request_again(request: Mapping[str, object], redacted: Callable[[str], str]) -> Mapping[str, object]:
    ticket = cast("Mapping[str, str] | None", request["ticket"])
    if ticket is not None and "subject" in ticket:
        ticket = {"subject": redacted(ticket["subject"])}
    return {**request, **{key: redacted(str(request[key])) for key in _WORDS}, "ticket": ticket}


def _item_again(
    item: Mapping[str, object], facts: Mapping[RequestItem, Fact], redacted: Callable[[str], str]
) -> Mapping[str, object]:
    fact = facts.get(RequestItem(item["item"]))
    if fact is None:
        return {**item, "source": redacted(str(item["source"]))}
    return {"item": fact.item.value, "value": fact.value, "source": fact.source}
