"""``sendlogs receipts``: what has left this computer."""

from __future__ import annotations

from agent.cli.options import verb
from agent.cli.output import Output
from agent.cli.plain import jsonable, size
from agent.cli.session import open_session

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
    if not (receipts or damaged):
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
    for broken in damaged:
        output.record(
            "damaged", {"bundle_id": broken.name, "reason": broken.reason}, f"{broken.name}  damaged: {broken.reason}"
        )
