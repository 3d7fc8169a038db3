"""``sendlogs redact``: the redaction alone, for a file or a folder, or once more for a bundle."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from agent.cli.options import FilePath, verb
from agent.cli.output import Output
from agent.cli.session import LOCAL_SCOPE, Session, open_session
from agent.errors import UsageError, Withheld
from agent.wording import counted

_STREAM = Path("-")


@verb(example="sendlogs redact /var/log/example redacted")
@click.argument("source", metavar="INPUT", type=FilePath(exists=True, dash=True))
@click.argument("target", metavar="[OUTPUT]", required=False, type=FilePath())
@click.option("--explain", is_flag=True, help="Show what is replaced by what, and why: the first 20 of each rule.")
@click.option("--explain-all", is_flag=True, help="Show all of it.")
@click.option("--audit-sample", is_flag=True, help="Show what is not replaced and looks random.")
@click.option("--plain", is_flag=True, help="Show values without colour, and also where the output is no terminal.")
@click.option(
    "--workers",
    type=click.IntRange(1, 60),
    metavar="N",
    help="Processes for a large folder; as many as there are cores unless said.",
)
def command(output: Output, source: Path, target: Path | None, workers: int | None, **shown: bool) -> None:
    """Write INPUT, a file or a folder, to OUTPUT as it would stand in a bundle. INPUT stays as it is.

    INPUT - is what comes on stdin, and goes to stdout: journalctl -u example | sendlogs redact - >for-the-ticket.txt

    What cannot be redacted is kept back, and named; the exit code is then 7. The same value has the same
    stand-in in every run on this computer, and another one in every ticket.

    A bundle is redacted again with the rules of today, and OUTPUT is a bundle too; what stands for something in
    it already stays. Exit code 11: it is a bundle, but not what its manifest says.

    --explain and --audit-sample look through INPUT and write nothing if there is no OUTPUT. They show secrets and
    names as they stand in INPUT, for your eyes alone: only on a terminal, unless you add --plain, and never with
    --json, which tells places, rules and counts.
    """
    from agent import renewal
    from agent.cli.shown_values import Shown

    looks = Shown(**shown)
    looks.check(output)
    if source == _STREAM:
        _redact_stream(output, target, only_looks=looks.wanted)
        return
    if target is None and not looks.wanted:
        raise UsageError("OUTPUT is missing.", advice="Name where to write, or add --explain to only look.")
    if target == _STREAM:
        raise UsageError(
            "OUTPUT is -, and redact writes no stream.",
            advice="Name a file that is not there yet, or feed it to: sendlogs redact -",
        )
    session = open_session()
    if looks.wanted:
        withheld = looks.show(output, session, source)
        if target is None:
            _tell_withheld(output, withheld)
            return
    assert target is not None, "checked above"
    if source.is_file() and renewal.may_be_bundle(source) and _is_renewed(output, session, source, target):
        return
    _redact_files(output, session, source, target, workers)


def _redact_stream(output: Output, target: Path | None, *, only_looks: bool) -> None:
    """What comes on stdin to stdout, block by block; what is written is redacted, also where an error ends it."""
    from agent.redact import CannotRedact

    if output.as_json or only_looks or target is not None:
        raise UsageError(
            "INPUT - goes to stdout, and with no other option.", advice="Write it to a file, and redact that."
        )
    try:
        counts = (
            open_session()
            .redactor(LOCAL_SCOPE)
            .stream(sys.stdin.buffer, sys.stdout.buffer, path="", media_type="text/plain")
        )
    except CannotRedact as trouble:
        raise Withheld(f"What came on stdin was kept back, or its rest: {trouble}.") from trouble
    finally:
        sys.stdout.buffer.flush()
    output.note(f"{counted(sum(counts.values()), 'value')} replaced.")


def _redact_files(output: Output, session: Session, source: Path, target: Path, workers: int | None) -> None:
    from agent.cores import cores
    from agent.redact import Workers, redact_tree

    maker = session.redactor_maker(LOCAL_SCOPE)
    report = redact_tree(source, target, maker(), Workers(count=workers or cores(), make_redactor=maker))
    _tell_withheld(output, report.withheld)
    _tell(output, report.files, report.counts, renamed=report.renamed)
    _check_withheld(len(report.withheld) - report.inside, report.files, inside=report.inside)


def _tell_withheld(output: Output, withheld: Sequence[tuple[str, str]]) -> None:
    for path, reason in withheld:
        output.record("skipped", {"path": path, "reason": reason}, f"Kept back {path}: {reason}")


def _is_renewed(output: Output, session: Session, source: Path, target: Path) -> bool:
    """Redact ``source`` again if it is a bundle, and say whether it is."""
    from agent import identity, renewal
    from agent.archive import RulesetInfo
    from agent.workspace import private_work_folder

    with private_work_folder(session.state) as work:
        old = renewal.unpack(source, work)
        if old is None:
            return False
        rules = session.rules
        archive = renewal.renew(
            old,
            session.redactor(LOCAL_SCOPE, _kept_hosts(session, old.profile)),
            RulesetInfo(version=rules.version, families=rules.families),
            work=work,
            output=target / source.name if target.is_dir() else target,
            progress=output.event,
            signing_key=identity.signing_key(session.state),
        )
    _tell(output, len(archive.members), Counter(archive.counts) - old.counts)
    _check_withheld(len(archive.skipped) - old.skipped, len(archive.members))
    return True


def _kept_hosts(session: Session, profile: str) -> tuple[str, ...]:
    """The vendor's hosts stay readable, as they did when the bundle was made, if this computer has its profile."""
    from config import ConfigurationProblem, profiles

    try:
        return profiles.load(profile, sys.platform, session.settings.profile_folders).keep_hosts
    except ConfigurationProblem:
        return ()


def _tell(output: Output, files: int, counts: Mapping[str, int], renamed: int = 0) -> None:
    names = f", {counted(renamed, 'file name')} changed" if renamed else ""
    told = [f"{counted(files, 'file')} written, {counted(sum(counts.values()), 'value')} replaced{names}."]
    told += [f"  {count:8,}  {rule}" for rule, count in sorted(counts.items(), key=lambda item: -item[1])]
    output.record("redacted", {"files": files, "counts": counts, "renamed": renamed}, "\n".join(told))


def _check_withheld(withheld: int, files: int, inside: int = 0) -> None:
    told = [f"{withheld:,} of {counted(files + withheld, 'file')}"] if withheld else []
    told += [f"{counted(inside, 'file')} inside archives"] if inside else []
    if told:
        verb = "was" if withheld + inside == 1 else "were"
        raise Withheld(f"{' and '.join(told)} {verb} kept back.", advice="Each is named above, with the reason.")
