"""Asks a person at a terminal for what the command line left out, and shows what they must see to agree.

Every question has a silent twin, an option of ``sendlogs send``; without a terminal nothing is asked, and
what is missing is a ``UsageError`` that names the option.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping

import click

from agent.cli.plain import size, within
from agent.errors import UsageError
from agent.flow import Archive, ExistingTicket, NewTicket, Plan, Severity
from agent.volumes import volume_count
from agent.wording import counted

_MOST_CUTS_SHOWN = 3
_MOST_SHUT_SHOWN = 5
_SEVERITY_HELP = "\n".join(f"  {each.value}  {each.name.capitalize():8}  {each.meaning}" for each in Severity)


def choose_profile(given: str | None, configured: str | None, known: Mapping[str, str], *, may_ask: bool) -> str:
    """The profile's name: given, else configured, else asked from ``known`` (name → title)."""
    if given or configured:
        return str(given or configured)
    if not may_ask:
        raise UsageError("Which application is it about?", advice=f"Add --profile with one of: {', '.join(known)}.")
    click.echo("Which application is it about?", err=True)
    for name, title in known.items():
        click.echo(f"  {name:18} {title}", err=True)
    return str(click.prompt("Profile", type=click.Choice(list(known)), show_choices=False, err=True))


def choose_ticket(
    number: str | None, subject: str | None, number_pattern: str, *, may_ask: bool
) -> NewTicket | ExistingTicket:
    """The ticket, its number checked for its form only. Raise ``UsageError`` for both, none, or a wrong form."""
    if number is not None and subject is not None:
        raise UsageError("--ticket and --new exclude each other.", advice="Use one of them.")
    if number is None and subject is None:
        if not may_ask:
            raise UsageError("Which ticket is it for?", advice="Add --ticket NUMBER, or --new SUBJECT.")
        answer = click.prompt("Ticket number (empty: open a new ticket)", default="", show_default=False, err=True)
        number = answer.strip() or None
        if number is None:
            subject = click.prompt("Subject of the new ticket", err=True)
    if number is not None:
        return ticket_number(number, number_pattern)
    if not (subject or "").strip():
        raise UsageError("The subject is empty.", advice="Say in a few words what is wrong: --new 'Restore fails'.")
    return NewTicket(subject=" ".join(str(subject).split()))


def ticket_number(text: str, pattern: str) -> ExistingTicket:
    """``text`` as the endpoint writes numbers: ``#17`` is ``17``. A typo never becomes a new ticket."""
    found = re.fullmatch(pattern, text.strip())
    if found is None:
        raise UsageError(
            f"'{text}' is not a ticket number.",
            advice="Type the number as the desk told it, such as 17, or use --new SUBJECT to open a new ticket.",
        )
    return ExistingTicket(number=found["number"], queue=found.groupdict().get("queue") or "")


def ask_description() -> str:
    """What is wrong, in the person's words; an empty line ends it."""
    click.echo("What is wrong? When did it start, and what did you do then? (An empty line ends it.)", err=True)
    lines: list[str] = []
    while line := click.prompt("", prompt_suffix="> ", default="", show_default=False, err=True).strip():
        lines.append(line)
    return "\n".join(lines)


def ask_severity() -> Severity:
    """One of the four, with their meanings shown."""
    click.echo(f"How bad is it?\n{_SEVERITY_HELP}", err=True)
    chosen = click.prompt("Severity", default=str(int(Severity.MEDIUM)), value_proc=_severity, err=True)
    assert isinstance(chosen, Severity), "as value_proc gives it"
    return chosen


def _severity(text: str) -> Severity:
    if text.strip() not in {str(int(each)) for each in Severity}:
        raise click.UsageError("Please say 1, 2, 3 or 4.")
    return Severity(int(text))


def ask_agreement(archive: Archive, where: str) -> bool:
    """Show what is in the finished archive, let the person look into it, and ask; ``True`` means send it ``where``."""
    click.echo(summary(archive), err=True)
    while True:
        _forget_early_keys()
        answer = click.prompt(
            f"Send it to {where}? [y]es, [n]o, [l]ist all files, [p]ath of the bundle to look into it",
            default="",  # else click would ask again without a word
            show_default=False,
            value_proc=_letter,
            err=True,
        )
        if answer in ("y", "n"):
            return bool(answer == "y")
        click.echo(str(archive.file) if answer == "p" else "\n".join(member_lines(archive)), err=True)


def _letter(text: str) -> str:
    letter = text.strip().lower()
    if letter not in ("y", "n", "l", "p"):
        raise click.UsageError("Please say y, n, l or p.")
    return letter


def _forget_early_keys() -> None:
    """What was typed while the bundle was being made is no answer to a question that nobody had seen."""
    if not sys.stdin.isatty():
        return
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        import termios

        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def summary(archive: Archive) -> str:
    """The finished archive in a few lines: size, hash, what was removed, cut, and what is missing."""
    removed = sum(archive.counts.values())
    lines = [
        f"The bundle: {counted(len(archive.members), 'file')}, {size(archive.size_bytes)}, SHA-256 {archive.sha256}",
        f"Removed or replaced: {counted(removed, 'value')}" + (":" if removed else ""),
    ]
    files = volume_count(archive.size_bytes, archive.volume_bytes)
    if files > 1:
        lines.append(f"It goes as {files} files: the endpoint takes none over {size(archive.volume_bytes or 0)}.")
    top = sorted(archive.counts.items(), key=lambda pair: (-pair[1], pair[0]))
    lines += [f"  {count:8,}  {rule}" for rule, count in top[:12]]
    if len(top) > 12:
        lines.append(f"  {sum(count for _, count in top[12:]):8,}  by {counted(len(top) - 12, 'more rule')}")
    lines += _cut_lines(archive)
    if archive.skipped:
        lines.append(f"Not in it: {counted(len(archive.skipped), 'thing')}, each named with its reason in the report.")
    lines += _shut_lines(archive)
    return "\n".join(lines)


def _cut_lines(archive: Archive) -> Iterable[str]:
    cut = [member for member in archive.members if member.truncated]
    yield from (f"Cut: {member.path}: {member.truncated}" for member in cut[:_MOST_CUTS_SHOWN])
    if len(cut) > _MOST_CUTS_SHOWN:
        yield f"Cut: {len(cut) - _MOST_CUTS_SHOWN} more, each named in the report."


def _shut_lines(archive: Archive) -> Iterable[str]:
    """What another account, or an administrator, would have had in it: the person can mend that now."""
    shut = [skipped for skipped in archive.skipped if skipped.cause == "no-right"]
    yield from (f"Your account lacks the right: {one.path}: {one.reason}" for one in shut[:_MOST_SHUT_SHOWN])
    if len(shut) > _MOST_SHUT_SHOWN:
        yield f"Your account lacks the right to {len(shut) - _MOST_SHUT_SHOWN:,} more, each named in the report."


def member_lines(archive: Archive) -> Iterable[str]:
    """Every file of the finished archive, and what is not in it and why."""
    for member in archive.members:
        cut = f"  (cut: {member.truncated})" if member.truncated else ""
        yield f"  {size(member.size_bytes):>9}  {member.replacements:7,} replaced  {member.path}{cut}"
    for skipped in archive.skipped:
        yield f"  left out: {skipped.path}: {skipped.reason}"


def plan_lines(plan: Plan) -> Iterable[str]:
    """A plan as a person reads it: the nine items, then what is gathered and how sensitive it is."""
    yield f"What support needs of {within(plan.product)}, and where it would come from:"
    for number, answer in enumerate(plan.answers, 1):
        yield f"  {number}. {answer.title}: " + (
            f"{answer.value}  [{answer.source}]" if answer.value else answer.source
        )
    yield ""
    yield "What would be gathered on this computer, before redaction:"
    for step in plan.steps:
        yield f"  {step.title} (sensitivity: {step.sensitivity.value}; at most {size(step.limits.size_bytes)})"
        yield f"      {step.gathers}"
        yield from (f"      from {place}" for place in _places(step.options))
    for skipped in plan.skipped:
        yield f"  not gathered: {skipped.path}: {skipped.reason}"
    yield ""
    yield f"Logs since: {plan.not_before:%Y-%m-%d %H:%M} UTC" if plan.not_before else "Logs since: the beginning"
    yield f"At most {plan.deadline_seconds:g} seconds; the bundle has at most {size(plan.limit_bytes)}."
    if plan.volume_bytes is not None and plan.volumes_bytes is not None:
        yield (
            f"The endpoint takes files of at most {size(plan.volume_bytes)}: a larger bundle goes in volumes, and "
            f"what must be kept may come to {size(plan.volumes_bytes)} in all."
        )
    yield f"To: {plan.endpoint or 'nowhere: no endpoint is configured'}"
    if plan.request.exclude:
        yield f"Taken out: {', '.join(plan.request.exclude)}"


def _places(options: Mapping[str, object]) -> Iterable[str]:
    for key in ("globs", "folders", "hosts", "units", "names"):
        value = options.get(key)
        if isinstance(value, list | tuple) and value:
            yield f"{', '.join(map(str, value))}"
