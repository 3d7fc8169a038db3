"""``sendlogs audit``: what was asked of this computer, what came of it, and whether that record was altered."""

from __future__ import annotations

import re
from dataclasses import asdict

import click

from agent.cli.options import verb
from agent.cli.output import Output
from agent.cli.session import open_session
from agent.errors import AuditBroken, UsageError
from agent.wording import counted

_CUT_TOLD = "The last line was cut short, as a kill or a power cut leaves it; the next one will say so."


@verb(example="sendlogs audit --verify")
@click.option("--verify", is_flag=True, help="Check that no line was altered; exit code 13 if one was.")
@click.option("--head", metavar="HEX", default="", help="With --verify: a head that the desk holds must be there.")
def command(output: Output, *, verify: bool, head: str) -> None:
    """List what was asked of this computer and what came of it, oldest first.

    Each line holds the digest of the one before it, so that one that was altered, taken out or moved shows. Whoever
    owns the account can write the whole file anew: the desk is told the heads, and --head compares with one of them.
    A list of an audit that was altered says so, with the line, before and after what can be read of it.
    """
    from agent import audit

    if head and not (verify and re.fullmatch("[0-9a-f]{64}", head)):
        raise UsageError("--head takes the 64 hexadecimal digits of a head, and goes with --verify.")
    state = open_session().settings.state_folder
    verdict = audit.verify(state, held=head)
    if not verify:
        if verdict.fault:
            output.note(f"{_BROKEN.format(verdict.fault)} {_LIST_ADVICE}")
        for entry in audit.entries(state):
            told = f"{entry.at}  {entry.what:<18}  {entry.about}" + (f"\n    {entry.detail}" if entry.detail else "")
            output.record("entry", asdict(entry), told)
    if not (verify or verdict.lines or verdict.fault or verdict.cut_short):
        output.note("Nothing was asked of this computer.")
    if verdict.fault:
        if verify:
            raise AuditBroken(_BROKEN.format(verdict.fault), advice=_ADVICE)
        output.record("fault", {"message": verdict.fault}, f"Altered: {verdict.fault} {_LIST_ADVICE}")
    if verdict.cut_short:
        output.record("cut_short", {"message": _CUT_TOLD}, _CUT_TOLD)
    if verify:
        sound = (
            f"Sound: {counted(verdict.lines, 'line')}, each as written and after the one before.\nHead {verdict.head}"
        )
        output.record("verified", {"lines": verdict.lines, "head": verdict.head}, sound)


_BROKEN = "The audit is not as it was written: {}"
_LIST_ADVICE = "A line that was altered is not in this list; see: sendlogs audit --verify"
_ADVICE = "Keep the file, and ask the desk's keeper which heads of this computer's audit it was told."
