"""The gate: scan the finished archive, as it stands on the disk, before it may leave.

Everything before this stage may have a mistake in it; this one assumes so. It unpacks the archive again, reads
every member, its name, the manifest and the report, in every spelling it knows (agent/gate/decoders.py), opens
what is compressed inside, and looks with detectors of its own (agent/gate/detectors.py). It tells the rule and the
member of a find, never the value, so that its report may be shown and logged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agent.archive_reader import read_members
from agent.errors import GateRefused
from agent.gate.containers import TOO_DEEP, Packed, PackedTrouble, kind_of
from agent.gate.decoders import PAIRS_OF_DIGITS, View, views
from agent.gate.detectors import KNOWN_VALUE, Detectors
from agent.gate.values import without_masks
from agent.manifest import MANIFEST_NAME, REPORT_NAME, SIGNATURE_NAME
from agent.signature import is_signature

# Windows overlap, so that what lies across a border is whole in one of them. Escapes make a text up to six
# times longer, UTF-32 four times: the overlap still holds more than the longest match after that.
_WINDOW_BYTES = 256 * 1024
_OVERLAP_BYTES = 16 * 1024
# A match this near to an edge that is no edge of the text may lack what would acquit it; the neighbour window,
# which reaches beyond the edge, judges it.
_MARGIN_BYTES = 320
# Encodings within encodings, and archives within archives.
_MAX_DEPTH = 3
# Written by us; what they quote of people and machines was redacted before, and is scanned for all other rules.
_OUR_PAGES = frozenset({REPORT_NAME, MANIFEST_NAME, SIGNATURE_NAME})
# The magic number decides what a member is; all of them are shorter.
_SNIFF_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """Something that must not leave: in which member, by which rule. Never the value."""

    member: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What the gate read, and what it found."""

    members: int
    scanned_bytes: int
    finds: tuple[Find, ...]


def scan(file: Path, forbidden: Sequence[bytes] = ()) -> GateReport:
    """Scan the archive at ``file``. ``forbidden`` are exact values (UTF-8), found as whole words in any case.

    Raise ``InvalidBundle`` if it is no whole archive, ``OSError`` if it cannot be opened.
    """
    gate = GateScan(forbidden)
    sizes = read_members(file, gate.sink)
    return gate.report(list(sizes))


def require_clean(file: Path, forbidden: Sequence[bytes], way_round: Callable[[Sequence[Find]], str]) -> GateReport:
    """As ``scan``. Raise ``GateRefused`` for a find, with what ``way_round`` says can be done."""
    report = scan(file, forbidden)
    if report.finds:
        named = sorted({f"{find.rule} in {find.member}" for find in report.finds})
        shown = "; ".join(named[:5]) + (f"; and {len(named) - 5} more" if len(named) > 5 else "")
        raise GateRefused(
            f"The finished bundle still held what must not leave: {shown}.", advice=way_round(report.finds)
        )
    return report


class GateScan:
    """A scan of one archive in progress: gives a sink per member, and a report at the end."""

    def __init__(self, forbidden: Sequence[bytes] = ()) -> None:
        self._detectors = Detectors(forbidden, clue=PAIRS_OF_DIGITS)
        self._finds: dict[Find, None] = {}
        self._scanned_bytes = 0

    def sink(self, member: str) -> MemberScan:
        """Where the bytes of ``member`` go."""
        return MemberScan(self, member, depth=0)

    def report(self, names: Sequence[str]) -> GateReport:
        """The result. Names are scanned as well; a find in one is told by the member's number."""
        for number, name in enumerate(names, 1):
            if name in _OUR_PAGES:
                continue
            self.look(View(data=name.encode(), whole_begin=True, whole_end=True), f"name of member {number}", depth=0)
        return GateReport(members=len(names), scanned_bytes=self._scanned_bytes, finds=tuple(self._finds))

    def count(self, size_bytes: int) -> None:
        """Note that this much has been read."""
        self._scanned_bytes += size_bytes

    def found(self, member: str, rule: str) -> None:
        """Note a find. Our own pages may well hold a word that is somebody's name here ("report", "service")."""
        if rule == KNOWN_VALUE and member in _OUR_PAGES:
            return
        self._finds[Find(member=member, rule=rule)] = None

    def look(self, window: View, member: str, *, depth: int) -> None:
        """Scan one window, and whatever it holds in other spellings."""
        if member == SIGNATURE_NAME and is_signature(window.data):
            return  # numbers by chance and nothing else, which can look like anything
        data = without_masks(window.data)
        begin = 0 if window.whole_begin else _MARGIN_BYTES
        end = len(data) - (0 if window.whole_end else _MARGIN_BYTES)
        seen = self._detectors.seen(data)
        for rule in self._detectors.finds(data, begin=begin, end=end, seen=seen):
            self.found(member, rule)
        if depth == _MAX_DEPTH:
            return
        for view in views(window, may_hold_pairs=seen.clue):  # no mask is, holds or touches such pairs
            if kind_of(view.data) is None:
                self.look(view, member, depth=depth + 1)
            elif not _is_whole_in_the_next(view, window):
                inner = MemberScan(self, member, depth=depth + 1, may_be_cut=view.may_be_cut)
                inner.write(view.data)
                inner.close()


def _is_whole_in_the_next(view: View, window: View) -> bool:
    reaches_over = len(window.data) == _WINDOW_BYTES and not view.whole_end
    return reaches_over and view.start >= _WINDOW_BYTES - _OVERLAP_BYTES


class MemberScan:
    """Takes the bytes of one member, or of something packed inside one, and scans them window by window."""

    def __init__(self, gate: GateScan, member: str, *, depth: int, may_be_cut: bool = False) -> None:
        """``may_be_cut``: it stands in a text; see ``containers``."""
        self._gate = gate
        self._may_be_cut = may_be_cut
        self._member = member
        self._depth = depth
        self._held = b""
        self._at_begin = True
        self._sniffed = False
        self._packed: Packed | None = None

    def write(self, data: bytes) -> None:
        """The next bytes."""
        self._gate.count(len(data))
        if self._packed is not None:
            self._packed.write(data)
            return
        self._held += data
        if not self._sniffed and len(self._held) >= _SNIFF_BYTES:
            self._sniff()  # takes over what is held if it is packed
        start = 0
        while len(self._held) - start >= _WINDOW_BYTES:
            self._look(self._held[start : start + _WINDOW_BYTES], last=False)
            start += _WINDOW_BYTES - _OVERLAP_BYTES
        if start:
            self._held = self._held[start:]

    def close(self) -> None:
        """There are no more: scan what is left."""
        if not self._sniffed:
            self._sniff()
        if self._packed is None:
            self._look(self._held, last=True)
            return
        try:
            self._packed.close()
        except PackedTrouble as trouble:
            self._gate.found(self._member, trouble.rule)

    def _sniff(self) -> None:
        self._sniffed = True
        kind = kind_of(self._held)
        if kind is None:
            return
        if self._depth == _MAX_DEPTH:
            self._gate.found(self._member, TOO_DEEP)
            return
        inner = partial(MemberScan, self._gate, self._member, depth=self._depth + 1)
        self._packed = Packed(kind, inner, may_be_cut=self._may_be_cut)
        self._packed.write(self._held)
        self._held = b""

    def _look(self, data: bytes, *, last: bool) -> None:
        window = View(data=data, whole_begin=self._at_begin, whole_end=last)
        self._gate.look(window, self._member, depth=self._depth)
        self._at_begin = False
