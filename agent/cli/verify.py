"""``sendlogs verify``: is a bundle whole, what it says it is, signed by whom, and free of what must not leave?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.options import FilePath, verb
from agent.cli.output import Output
from agent.cli.session import open_session
from agent.errors import AgentError, InvalidBundle, UsageError
from agent.wording import counted
from config import ConfigurationProblem

if TYPE_CHECKING:
    from agent.signature import PublicKey
    from agent.verify import VerifyReport

_WHOSE = {
    True: "this computer's",
    False: "not this computer's",
    None: "and this computer's own cannot be read to compare",
}
_MOST_KEY_BYTES = 4096  # of a .pub file; one has a hundred


@verb(example="sendlogs verify --key SHA256:8kVZWJFtOvzAmdJ2XjwUqrMv5cgfqbhVIR3zBmIU0cE sendlogs-4f0f6f0e.7z")
@click.argument("file", metavar="FILE.7z", type=FilePath(exists=True, folder=False))
@click.option("--key", metavar="KEY", help="Demand this signer: a fingerprint, or the file of a public key.")
def command(output: Output, file: Path, key: str | None) -> None:
    """Check a bundle's manifest and every member's hash, and scan it again for secrets. Exit code 11 if it fails.

    Of a bundle in volumes, name the first (ID.7z.001); the others lie beside it.

    The signature says whose bundle it is: this computer's, or that of another key. 'sendlogs id --key' prints the key
    of a computer and its fingerprint. Bundles of earlier versions are not signed; with --key that is a failure.
    """
    from agent.verify import verify
    from agent.volumes import joined

    demanded = None if key is None else _fingerprint(key)
    with joined(file) as whole:
        report = verify(whole)
    faults = list(report.problems)
    if demanded is not None and not faults and (report.signer is None or report.signer.fingerprint != demanded):
        signed = "not signed" if report.signer is None else f"signed by the key {report.signer.fingerprint}"
        faults.append(f"It is {signed}; the key {demanded} is demanded.")
    for sentence in faults:
        output.record("fault", {"message": sentence}, sentence)
    for find in report.finds:
        told = f"{find.member} holds what must not leave (rule {find.rule})."
        output.record("find", {"member": find.member, "rule": find.rule}, told)
    if faults or not report.ok:
        raise InvalidBundle(f"{file} is not sound.", advice="Do not pass it on; gather a new one with 'sendlogs send'.")
    _tell(output, file, report)


def _fingerprint(key: str) -> str:
    """The fingerprint that ``key`` is, or of the key in the file that it names. Raise ``UsageError``."""
    from agent.signature import PublicKey, is_fingerprint

    if is_fingerprint(key):
        return key
    try:
        with Path(key).open("rb") as stream:
            return PublicKey.of_line(stream.read(_MOST_KEY_BYTES).decode("ascii")).fingerprint
    except (OSError, ValueError) as trouble:
        raise UsageError(
            "--key is neither a fingerprint (SHA256:…) nor a file with a public key.",
            advice="'sendlogs id --key', on the computer that made the bundle, prints both.",
        ) from trouble


def _tell(output: Output, file: Path, report: VerifyReport) -> None:
    signer = report.signer
    values = {
        "file": file,
        "bundle_id": report.bundle_id,
        "members": report.members,
        "ruleset_version": report.ruleset_version,
        "signed_by": None if signer is None else signer.fingerprint,
        "signed_here": None if signer is None else _is_ours(signer),
    }
    files, version = counted(report.members, "file"), report.ruleset_version
    what = f"bundle {report.bundle_id}, {files}, redacted by version {version} of the rules"
    signed = "Not signed: nothing tells who made it."
    if signer is not None:
        signed = f"Signed by the key {signer.fingerprint}, {_WHOSE[_is_ours(signer)]}."
    output.record("verified", values, f"Sound: {what}; nothing found that must not leave.\n{signed}")


def _is_ours(signer: PublicKey) -> bool | None:
    """Whether this computer's key is the signer; ``None`` where its file or the settings cannot be read."""
    from agent import identity

    try:
        return identity.known_signer(open_session().settings.state_folder) == signer
    except (AgentError, ConfigurationProblem):
        return None
