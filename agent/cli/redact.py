"""``sendlogs redact``: the redaction alone, for a file or a folder."""

from __future__ import annotations

from pathlib import Path

import click

from agent.cli.options import verb
from agent.cli.output import Output
from agent.cli.session import LOCAL_SCOPE, open_session
from agent.errors import Withheld


@verb(example="sendlogs redact /var/log/example redacted")
@click.argument("source", metavar="INPUT", type=click.Path(exists=True, path_type=Path))
@click.argument("target", metavar="OUTPUT", type=click.Path(path_type=Path))
def command(output: Output, source: Path, target: Path) -> None:
    """Write INPUT, a file or a folder, to OUTPUT as it would stand in a bundle. INPUT stays as it is.

    What cannot be redacted is kept back, and named; the exit code is then 7. The same value has the same
    stand-in in every run on this computer, and another one in every ticket.
    """
    from agent.redact import redact_tree

    report = redact_tree(source, target, open_session().redactor(LOCAL_SCOPE))
    for path, reason in report.withheld:
        output.record("skipped", {"path": path, "reason": reason}, f"Kept back {path}: {reason}")
    replaced = sum(report.counts.values())
    told = [f"{report.files} files written, {replaced} values replaced."]
    told += [f"  {count:8,}  {rule}" for rule, count in sorted(report.counts.items(), key=lambda item: -item[1])]
    output.record("redacted", {"files": report.files, "counts": report.counts}, "\n".join(told))
    if report.withheld:
        raise Withheld(
            f"{len(report.withheld)} of {report.files + len(report.withheld)} files were kept back.",
            advice="Each is named above, with the reason.",
        )
