"""Pack what redaction let through into one ``.7z``, with a manifest and a page for the champion.

LZMA2 only, in blocks packed side by side: stock 7-Zip opens nothing newer in a ``.7z``. Each file goes into the
archive as soon as it is redacted and is then removed, so that the disk holds little twice and memory holds a few
blocks. Should the archive pass the limit, all is unpacked again and what matters most is chosen (``size_planner``).
The archive grows in an owner-only folder beside its final place and moves there in one step when it is whole.
Nothing but ``Redacted``, ``Skipped`` and ``Fact`` is taken, so that no raw byte has a way in.

``report.html`` and ``manifest.json`` come last, the manifest after everything it lists, and then its signature.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from py7zr import SevenZipFile

from agent import manifest, size_planner
from agent.archive_reader import LIMIT_BYTES
from agent.errors import NothingGathered, TooLarge, UsageError
from agent.events import Progress
from agent.finished_file import disk_troubles_told, give_name, sha256_of
from agent.flow import Archive, Member, Plan, Redacted, RedactedItem
from agent.lzma2_blocks import FILTERS_BY_PACK, BlockCompressor
from agent.manifest import RulesetInfo
from agent.member_names import MemberNames
from agent.pack_bounds import PackBounds
from agent.report import Contents, render
from agent.report.log_trouble import LogTrouble, TroubleFinder
from agent.signature import SigningKey
from agent.unpacked import unpacked
from collectors import Fact, RequestItem, Skipped
from config.private_files import open_private

__all__ = ["Head", "RulesetInfo", "pack", "pack_again"]

_MOST_ATTEMPTS = 6  # at the limit; each leaves more room than the one before

Head = Callable[[Mapping[RequestItem, Fact]], Mapping[str, object]]
"""Makes the manifest up to its members, when all facts are there."""


def pack(
    items: Iterable[RedactedItem],
    plan: Plan,
    ruleset: RulesetInfo,
    output: Path,
    progress: Progress,
    *,
    redact_text: Callable[[str], str],
    signing_key: SigningKey | None = None,
    threads: int | None = None,
) -> Archive:
    """Write the bundle to ``output`` and return it, its SHA-256 read back from the disk.

    ``redact_text`` is applied to every text of ``plan`` that a person wrote, ``signing_key`` signs. The archive has
    ``plan.limit_bytes`` at most, or ``volumes_bytes`` if it must; what had to be cut or left out is said to be. At
    most ``threads`` pack, and three in all (without it, one for each core); the bytes do not depend on it. Raise
    ``UsageError`` if ``output`` exists, ``StorageError`` if the disk refuses, ``NothingGathered`` if no item is a
    ``Redacted``, ``TooLarge`` if not even what is no log fits; whatever is raised, nothing is left.
    """
    return _packed(
        items,
        output,
        lambda facts: manifest.head(plan, ruleset, facts, redact_text),
        bounds=PackBounds.of(plan, signing_key, threads),
        ruleset=ruleset,
        progress=progress,
    )


def pack_again(
    items: Iterable[RedactedItem],
    head: Head,
    ruleset: RulesetInfo,
    output: Path,
    progress: Progress,
    *,
    made_at: datetime,
    signing_key: SigningKey | None = None,
) -> Archive:
    """As ``pack``, for a bundle that was planned at ``made_at`` and made before: no plan is there any more."""
    bounds = PackBounds(made_at=made_at, limit_bytes=LIMIT_BYTES, signing_key=signing_key)
    return _packed(items, output, head, bounds=bounds, ruleset=ruleset, progress=progress)


def _packed(
    items: Iterable[RedactedItem],
    output: Path,
    head: Head,
    *,
    bounds: PackBounds,
    ruleset: RulesetInfo,
    progress: Progress,
) -> Archive:
    if os.path.lexists(output):
        raise UsageError(f"{output} exists already.", advice="Choose another name, or remove that file first.")
    with disk_troubles_told(output), tempfile.TemporaryDirectory(prefix=".sendlogs-", dir=output.parent) as folder:
        partial = Path(folder) / "bundle.partial"  # mkdtemp made the folder 0700; on Windows the file alone is closed
        stream_of_items = iter(items)
        bundle, said = _attempt(stream_of_items, partial, head, _Bundle(bounds, ruleset, progress))
        if said is None:
            bundle, said = _at_the_limit(bundle, stream_of_items, partial, head)
        finished = bundle.as_archive(output, said, size_bytes=partial.stat().st_size, sha256=sha256_of(partial))
        give_name(partial, output)
    return finished


def _attempt(
    items: Iterable[RedactedItem], partial: Path, head: Head, bundle: _Bundle
) -> tuple[_Bundle, Mapping[str, object] | None]:
    """Pack ``items``; the manifest's head, or ``None`` once over the limit: then the archive is whole so far."""
    limit_bytes = bundle.bounds.limit_bytes
    with open_private(partial) as stream:
        bundle.open(stream)
        with closing(bundle.blocks):
            for item in items:
                bundle.take(item)
                if stream.tell() > limit_bytes:
                    bundle.sevenzip.close()
                    return bundle, None
            said = bundle.finish(partial.parent, head)
        stream.flush()
        os.fsync(stream.fileno())
    return bundle, said if partial.stat().st_size <= limit_bytes else None


def _at_the_limit(
    first: _Bundle, rest: Iterable[RedactedItem], partial: Path, head: Head
) -> tuple[_Bundle, Mapping[str, object]]:
    """Pack what matters most of what was packed too large and of the ``rest``. Raise ``TooLarge``.

    What must be kept and does not fit the limit gets one volume more at a time, as far as the plan allows.
    """
    bounds, folder = first.bounds, partial.parent
    items: list[RedactedItem] = [*unpacked(partial, first.redacted, folder), *rest]
    held = [item for item in items if isinstance(item, Redacted)]
    others = [*first.skipped, *first.facts.values(), *(item for item in items if not isinstance(item, Redacted))]
    skipped = [item for item in others if isinstance(item, Skipped)]
    aim_bytes, attempts = bounds.limit_bytes, 0
    while attempts < _MOST_ATTEMPTS:
        partial.unlink(missing_ok=True)
        try:
            chosen = list(size_planner.fitted(held, skipped=skipped, limit_bytes=aim_bytes, folder=folder))
        except TooLarge:
            larger = bounds.with_one_volume_more()
            if larger is None:
                raise
            bounds, aim_bytes, attempts = larger, larger.limit_bytes, 0
            continue
        bundle = _Bundle(bounds, first.ruleset, first.progress, keeps_files=True)
        bundle, said = _attempt([*others, *chosen], partial, head, bundle)
        if said is not None:
            for file in (item.file for item in held):
                file.unlink()
            for left_out in (item for item in chosen if isinstance(item, Skipped)):
                first.progress(left_out)
            return bundle, said
        aim_bytes -= max(partial.stat().st_size - bounds.limit_bytes, 0) + bounds.limit_bytes // 16
        attempts += 1
    raise TooLarge(f"What was gathered cannot be packed into {bounds.limit_bytes:,} bytes.")


@dataclass(slots=True)
class _Bundle:
    """The archive while it grows, and what its manifest and report will say."""

    bounds: PackBounds
    ruleset: RulesetInfo
    progress: Progress
    keeps_files: bool = False  # of what was redacted: another attempt may need them
    names: MemberNames = field(default_factory=MemberNames)
    redacted: list[Redacted] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    facts: dict[RequestItem, Fact] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    troubles: list[LogTrouble] = field(default_factory=list)
    sevenzip: SevenZipFile = field(init=False)
    blocks: BlockCompressor = field(init=False)
    finder: TroubleFinder = field(init=False)

    def open(self, stream: BinaryIO) -> None:
        """Begin to write to ``stream``; nothing can be taken before."""
        self.sevenzip = SevenZipFile(stream, "w", filters=FILTERS_BY_PACK[self.bounds.pack])
        self.blocks = BlockCompressor(self.bounds.threads, pack=self.bounds.pack)
        # The first of its chain of compressors is the one that the filters name; a test guards this against releases.
        self.sevenzip.header.initialize().get_compressor().chain[0] = self.blocks
        self.finder = TroubleFinder(self.bounds.made_at)

    def take(self, item: RedactedItem) -> None:
        """Pack a file, or note what its manifest must say."""
        if isinstance(item, Redacted):
            self._pack(item)
            for inside in item.withheld:
                self.take(inside)
        elif isinstance(item, Skipped):
            self.skipped.append(replace(item, path=_readable(item.path), reason=_readable(item.reason)))
        elif isinstance(item, Fact):
            _add_fact(self.facts, replace(item, value=_readable(item.value), source=_readable(item.source)))
        else:
            raise TypeError(f"only what redaction yields can be packed, not {type(item).__name__}")

    def _pack(self, item: Redacted) -> None:
        name = self.names.claim(item.path)
        if item.media_type.startswith("text/") or item.path.startswith("logs/"):
            with item.file.open("rb") as source:
                self.troubles.append(self.finder.examine(source, name))
        self._write(item.file, name, item.origin.modified_at)
        origin = replace(item.origin, source=_readable(item.origin.source))
        self.redacted.append(replace(item, path=name, origin=origin, withheld=()))  # which are told once
        self.counts.update(item.counts)

    def _write(self, file: Path, name: str, modified_at: datetime | None) -> None:
        """Move ``file`` into the archive; the time it bears there is its original's, or the plan's."""
        seconds = (modified_at or self.bounds.made_at).timestamp()
        os.utime(file, (seconds, seconds))
        self.sevenzip.write(file, name)
        if not self.keeps_files:
            file.unlink()

    def finish(self, folder: Path, head: Head) -> Mapping[str, object]:
        """Add report and manifest, write the archive's index, and return the manifest's head."""
        if not self.redacted:
            raise NothingGathered(
                _nothing_gathered(self.skipped), advice="Run 'sendlogs plan' to see what is looked for."
            )
        said, key = head(self.facts), self.bounds.signing_key
        if key is not None:
            said = {**said, "signing_key": key.public.fingerprint}
        contents = Contents(
            head=said,
            members=tuple(self.redacted),
            skipped=tuple(self.skipped),
            counts=self.counts,
            troubles=tuple(self.troubles),
            messages=self.finder.most_frequent(),
            ruleset=self.ruleset,
        )
        report = render(contents).encode()
        self._write_bytes(folder, manifest.REPORT_NAME, report)
        entries = [*manifest.entries(self.redacted), manifest.own_entry(manifest.REPORT_NAME, report, "text/html")]
        text = manifest.as_text(said, entries, self.skipped, self.counts)
        self._write_bytes(folder, manifest.MANIFEST_NAME, text.encode())
        if key is not None:
            self._write_bytes(folder, manifest.SIGNATURE_NAME, key.sign(text.encode()))
        self.sevenzip.close()
        return said

    def _write_bytes(self, folder: Path, name: str, data: bytes) -> None:
        file = folder / name
        with open_private(file) as stream:
            stream.write(data)
        self._write(file, name, None)
        file.unlink(missing_ok=True)

    def as_archive(self, output: Path, said: Mapping[str, object], *, size_bytes: int, sha256: str) -> Archive:
        """What the stages after this one need to know."""
        return Archive(
            bundle_id=str(said["bundle_id"]),
            file=output,
            size_bytes=size_bytes,
            sha256=sha256,
            made_at=self.bounds.made_at,
            members=tuple(Member.of(item) for item in self.redacted),
            skipped=tuple(self.skipped),
            facts={item: fact.value for item, fact in self.facts.items()},
            counts=dict(self.counts),
            volume_bytes=self.bounds.volume_bytes,
        )


def _readable(text: str) -> str:
    """``text`` with what is no UTF-8 written out as an escape; names of files on POSIX may hold such bytes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _add_fact(facts: dict[RequestItem, Fact], fact: Fact) -> None:
    """Several answers to one item stand side by side: a request names every system involved."""
    known = facts.get(fact.item)
    if known is None:
        facts[fact.item] = fact
    elif fact.value not in known.value.split("; "):
        facts[fact.item] = Fact(
            item=fact.item, value=f"{known.value}; {fact.value}", source=f"{known.source}; {fact.source}"
        )


def _nothing_gathered(skipped: list[Skipped]) -> str:
    shown = "; ".join(f"{item.path}: {item.reason}" for item in skipped[:5])
    more = f"; and {len(skipped) - 5} more" if len(skipped) > 5 else ""
    tried = f"Nothing could be put into a bundle. Tried: {shown}{more}."
    return tried if skipped else "Nothing was found to put into a bundle."
