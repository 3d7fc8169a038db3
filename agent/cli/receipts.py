"""``sendlogs receipts``: what has left this computer."""

from __future__ import annotations

from agent.cli.options import verb
from agent.cli.output import Output
from agent.cli.plain import jsonable, size
from agent.cli.session import open_session
from agent.delivery_records import Dropped, Entry

_HOW = {
    "asked": "asked, after seeing it",
    "flag": "beforehand, with --yes",
    "notified": "told of it",
    "policy": "by the policy",
}


@verb(example="sendlogs receipts")
def command(output: Output) -> None:
    """List what has left this computer: when, to which ticket, exactly which bytes, and who agreed."""
    box = open_session().outbox
    receipts, damaged = box.receipts(), box.damaged_receipts()
    ended: list[Entry | Dropped] = [*box.entries(), *box.dropped()]
    kept = [each for each in ended if each.kept_until]
    if not (receipts or damaged or kept):
        output.note("Nothing has left this computer.")
    for receipt in receipts:
        values = jsonable(receipt)
        assert isinstance(values, dict), "a receipt is an object"
        agreed = receipt.consent
        told = f"{receipt.delivered_at:%Y-%m-%d %H:%M} UTC  ticket {receipt.ticket}  {size(receipt.size_bytes)}"
        where = f"    {receipt.endpoint}  {receipt.link}\n    SHA-256 {receipt.sha256}"
        output.record(
            "receipt", values, f"{told}\n{where}\n    agreed by {agreed.given_by} ({_HOW.get(agreed.how, agreed.how)})"
        )
    for each in kept:
        _tell_kept(output, each)
    for broken in damaged:
        output.record(
            "damaged", {"bundle_id": broken.name, "reason": broken.reason}, f"{broken.name}  damaged: {broken.reason}"
        )


def _tell_kept(output: Output, bundle: Entry | Dropped) -> None:
    """A bundle that the endpoint has and keeps without a ticket, also where it was removed from the outbox since."""
    archive = bundle.archive if isinstance(bundle, Entry) else bundle
    values = {name: getattr(archive, name) for name in ("bundle_id", "size_bytes", "sha256")}
    meant = f"meant for ticket {bundle.ticket}" if bundle.ticket else "meant for a new ticket"
    output.record(
        "kept",
        {**values, "endpoint": bundle.endpoint, "ticket": bundle.ticket, "kept_until": bundle.kept_until},
        f"kept without a ticket until {bundle.kept_until}  {meant}  {size(archive.size_bytes)}\n"
        f"    {bundle.endpoint}\n    SHA-256 {archive.sha256}",
    )
