"""``sendlogs verify``: is a bundle whole, what it says it is, and free of what must not leave?"""

from __future__ import annotations

from pathlib import Path

import click

from agent.cli.options import verb
from agent.cli.output import Output
from agent.errors import InvalidBundle


@verb(example="sendlogs verify sendlogs-4f0f6f0e.7z")
@click.argument("file", metavar="FILE.7z", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(output: Output, file: Path) -> None:
    """Check a bundle's manifest and every member's hash, and scan it again for secrets. Exit code 11 if it fails."""
    from agent.verify import verify

    report = verify(file)
    for sentence in report.problems:
        output.record("fault", {"message": sentence}, sentence)
    for find in report.finds:
        told = f"{find.member} holds what must not leave (rule {find.rule})."
        output.record("find", {"member": find.member, "rule": find.rule}, told)
    if not report.ok:
        raise InvalidBundle(f"{file} is not sound.", advice="Do not pass it on; gather a new one with 'sendlogs send'.")
    values = {
        "file": file,
        "bundle_id": report.bundle_id,
        "members": report.members,
        "ruleset_version": report.ruleset_version,
    }
    what = (
        f"bundle {report.bundle_id}, {report.members} files, redacted by version {report.ruleset_version} of the rules"
    )
    told = f"Sound: {what}; nothing found that must not leave."
    output.record("verified", values, told)
