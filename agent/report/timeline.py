"""When it started going wrong: warnings and errors of all logs over one time axis, as inline SVG.

Every log has a lane, every lane the same axis; a bar is one slice of time, errors below, warnings on top. The
pale band behind the bars is the time that the log covers, so that silence can be told from absence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from agent.report.log_trouble import MOST_WITH_TIMES, LogTrouble

_WIDTH = 1060
_NAME_WIDTH = 240
_COUNT_WIDTH = 110
_LANE_HEIGHT = 40
_BAR_HEIGHT = 30
_SLICES = 120
_NAME_CHARACTERS = 32
# Distances between ticks that a person reads easily, in seconds.
_STEPS = (1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 91 * 86400, 365 * 86400)
_MAX_TICKS = 7


def draw(troubles: Sequence[LogTrouble]) -> str:
    """An ``<svg>`` with a lane per log that has trouble at a known time; empty if there is none."""
    lanes = sorted((one for one in troubles if one.intervals), key=lambda one: one.rank)[:MOST_WITH_TIMES]
    if not lanes:
        return ""
    axis = _Axis(lanes)
    height = _LANE_HEIGHT * len(lanes) + 28
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(_spoken(lanes, axis))}">',
        *_ticks(axis, height - 24),
    ]
    for number, lane in enumerate(lanes):
        parts += _lane(lane, axis, number * _LANE_HEIGHT)
    return "\n".join([*parts, "</svg>"])


class _Axis:
    """From epoch seconds to horizontal positions."""

    def __init__(self, lanes: Sequence[LogTrouble]) -> None:
        self.begin = min(min(lane.intervals) for lane in lanes)
        last = max(max(lane.intervals) + lane.interval_seconds for lane in lanes)
        self.seconds = max(last - self.begin, 60)
        self.left = _NAME_WIDTH
        self.width = _WIDTH - _NAME_WIDTH - _COUNT_WIDTH

    def position(self, seconds: float) -> float:
        share = min(max((seconds - self.begin) / self.seconds, 0.0), 1.0)
        return self.left + share * self.width

    def slice_of(self, seconds: int) -> int:
        return min((seconds - self.begin) * _SLICES // self.seconds, _SLICES - 1)


def _lane(lane: LogTrouble, axis: _Axis, top: int) -> list[str]:
    floor = top + _LANE_HEIGHT - 4
    slices: dict[int, list[int]] = {}
    for start, (errors, warnings) in lane.intervals.items():
        bar = slices.setdefault(axis.slice_of(start), [0, 0])
        bar[0] += errors
        bar[1] += warnings
    highest = max(sum(bar) for bar in slices.values())
    name = lane.member if len(lane.member) <= _NAME_CHARACTERS else f"…{lane.member[1 - _NAME_CHARACTERS :]}"
    parts = [
        f'<text class="name" x="0" y="{floor - 8}">{escape(name)}<title>{escape(lane.member)}</title></text>',
        _covered(lane, axis, floor),
        f'<line class="lane" x1="{axis.left}" x2="{axis.left + axis.width}" y1="{floor}" y2="{floor}"/>',
    ]
    for number, (errors, warnings) in sorted(slices.items()):
        parts += _bar(axis, number, (errors, warnings), highest, floor)
    counts = f"{lane.errors:,} err · {lane.warnings:,} warn"
    parts.append(f'<text x="{_WIDTH}" y="{floor - 8}" text-anchor="end">{counts}</text>')
    return parts


def _covered(lane: LogTrouble, axis: _Axis, floor: int) -> str:
    if lane.begins_at is None or lane.ends_at is None or lane.ends_at < lane.begins_at:
        return ""
    left, right = axis.position(lane.begins_at.timestamp()), axis.position(lane.ends_at.timestamp())
    return f'<rect class="covered" x="{left:.1f}" y="{floor - 3}" width="{max(right - left, 1):.1f}" height="3"/>'


def _bar(axis: _Axis, number: int, counts: tuple[int, int], highest: int, floor: int) -> list[str]:
    width = axis.width / _SLICES
    left = axis.left + number * width
    when = _clock(axis.begin + number * axis.seconds / _SLICES)
    title = f"<title>{when}: {counts[0]} errors, {counts[1]} warnings</title>"
    parts, below = [], float(floor)
    for kind, count in zip(("error", "warning"), counts, strict=True):
        if count:
            # The square root keeps single events visible beside a flood.
            tall = max(_BAR_HEIGHT * (sum(counts) / highest) ** 0.5 * count / sum(counts), 2.0)
            below -= tall
            place = f'x="{left:.1f}" y="{below:.1f}" width="{max(width - 0.8, 1):.1f}" height="{tall:.1f}"'
            parts.append(f'<rect class="is-{kind}" {place}>{title}</rect>')
    return parts


def _ticks(axis: _Axis, bottom: int) -> list[str]:
    step = next((step for step in _STEPS if axis.seconds / step <= _MAX_TICKS), axis.seconds // _MAX_TICKS + 1)
    first = -(-axis.begin // step) * step
    shape = "%Y-%m-%d" if step >= 86400 else "%m-%d %H:%M" if axis.seconds > 86400 or step >= 60 else "%H:%M:%S"
    parts = []
    for seconds in range(first, axis.begin + axis.seconds + 1, step):
        x = axis.position(seconds)
        text = datetime.fromtimestamp(seconds, UTC).strftime(shape)
        parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{text}</text>')
    return parts


def _spoken(lanes: Sequence[LogTrouble], axis: _Axis) -> str:
    errors = sum(lane.errors for lane in lanes)
    warnings = sum(lane.warnings for lane in lanes)
    end = _clock(axis.begin + axis.seconds)
    return f"{errors} errors and {warnings} warnings in {len(lanes)} logs from {_clock(axis.begin)} to {end}"


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
