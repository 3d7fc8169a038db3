"""What ``sendlogs redact`` shows of values: each decision with its reason, and what was left and looks random.

Both show secrets, so they are for the eyes of the person at this computer: on a terminal, or where that person says
``--plain``. With ``--json``, which programs read and keep, no value is told.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from agent.cli.output import Output
from agent.cli.plain import printable
from agent.cli.session import LOCAL_SCOPE, Session
from agent.errors import UsageError
from agent.wording import counted

if TYPE_CHECKING:
    from agent.redact import Decision, Redactor, Unexplained

_MOST_GROUPS = 50
_LONGEST_EXAMPLE_CHARACTERS = 80
_FOR_YOUR_EYES = "What follows shows secrets and names as they are. It is for your eyes: send it to nobody."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the person wants to see, as they said it."""

    explain: bool
    explain_all: bool
    audit_sample: bool
    plain: bool

    @property
    def wanted(self) -> bool:
        """Whether there is anything to show."""
        return self.explain or self.explain_all or self.audit_sample

    def check(self, output: Output) -> None:
        """Raise ``UsageError`` when values would be shown where they may be kept."""
        if self.wanted and not (self.plain or output.as_json or sys.stdout.isatty()):
            raise UsageError(
                "This shows secrets, and the output is no terminal.",
                advice="Add --plain if they may go there, or --json to be told places and rules without the values.",
            )

    def show(self, output: Output, session: Session, source: Path) -> tuple[tuple[str, str], ...]:
        """Look through ``source`` and show what is wanted; return what is withheld of it: path and reason."""
        redactor = session.redactor(LOCAL_SCOPE)
        withheld: tuple[tuple[str, str], ...] = ()
        output.note(_FOR_YOUR_EYES)
        if self.explain or self.explain_all:
            withheld = self._explain(output, redactor, source)
        if self.audit_sample:
            withheld = self._audit(output, redactor, source)
        return withheld

    def _explain(self, output: Output, redactor: Redactor, source: Path) -> tuple[tuple[str, str], ...]:
        from agent.redact import Explainer, look_through

        told = partial(self._decision, output, redactor, redactor.reasons)
        explainer = Explainer(told, limit=None) if self.explain_all else Explainer(told)
        withheld = look_through(source, redactor, explainer)
        total = sum(explainer.counts.values())
        text = f"{counted(total, 'value')} would be replaced."
        if explainer.not_told:
            text += f" {explainer.not_told:,} of them are not shown: add --explain-all."
        counts = dict(explainer.counts.most_common())
        output.record("explained", {"counts": counts, "not_shown": explainer.not_told}, text)
        return withheld

    def _decision(self, output: Output, redactor: Redactor, reasons: Mapping[str, str], decision: Decision) -> None:
        why = reasons.get(decision.rule, "")
        if output.as_json:
            told = {"path": redactor.path(decision.place), "line": decision.line, "rule": decision.rule, "why": why}
            output.record("decision", told, "")
            return
        self._print(
            output,
            Text.assemble((f"{decision.place}:{decision.line}", "bold"), f"  {decision.rule}  ", (f"({why})", "dim")),
            _side("-", (decision.before, decision.old, decision.behind), "red"),
            _side("+", (decision.new_before, decision.new, decision.new_behind), "green"),
        )

    def _audit(self, output: Output, redactor: Redactor, source: Path) -> tuple[tuple[str, str], ...]:
        from agent.redact import Auditor, look_through

        auditor = Auditor()
        withheld = look_through(source, redactor, auditor)
        groups = auditor.groups()
        for group in groups[:_MOST_GROUPS]:
            self._group(output, redactor, group)
        more = len(groups) - _MOST_GROUPS
        text = f"Not replaced, though of random look: {counted(sum(group.count for group in groups), 'value')}."
        text += f" {more:,} more kinds of them are not shown." if more > 0 else ""
        output.record("audited", {"kinds": len(groups), "values": sum(group.count for group in groups)}, text)
        return withheld

    def _group(self, output: Output, redactor: Redactor, group: Unexplained) -> None:
        if output.as_json:
            told = {"form": group.form, "count": group.count, "path": redactor.path(group.place), "line": group.line}
            output.record("unexplained", told, "")
            return
        behind = f" behind '{group.word}'" if group.word else ""
        example = _readable(group.example)[:_LONGEST_EXAMPLE_CHARACTERS]
        self._print(
            output,
            Text.assemble((f"{group.count:9,}", "bold"), f"  {group.form}{behind}"),
            Text.assemble(" " * 11, (f"{group.place}:{group.line}", "dim"), "  ", (example, "yellow")),
        )

    def _print(self, output: Output, *lines: Text) -> None:
        console = Console(highlight=False, soft_wrap=True)
        for line in lines:
            line.plain = printable(line.plain)
            if self.plain:
                output.say(line.plain)
            else:
                console.print(line)


def _side(sign: str, parts: tuple[bytes, bytes, bytes], colour: str) -> Text:
    before, value, behind = (_readable(part.removesuffix(b"\r")) for part in parts)  # of Windows's end of a line
    return Text.assemble((f"  {sign} ", colour), (before, "dim"), (value, f"bold {colour}"), (behind, "dim"))


def _readable(value: bytes) -> str:
    return printable(value.decode("utf-8", "backslashreplace")).replace("\n", " ")
