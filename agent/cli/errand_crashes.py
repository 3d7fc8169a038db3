"""The errand that sends what was kept of a crash, where the settings say that nobody has to be asked.

At most once a day of each application: a program that dies every minute must not fill a desk. That it was begun is a
line in the audit, which is what the next one looks for. What is not sent stays kept, and is offered;
``crashes.sending`` keeps a person and this errand, or one that was cut short, from sending the same twice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent import audit, consent, pipeline
from agent.cli.crashes import kept, sending
from agent.cli.request import planned
from agent.cli.session import Session, held_session
from agent.events import ignore_progress
from agent.flow import Archive, Consent, Front, NewTicket, Plan, Receipt, Request, Severity
from agent.watch import snapshot

SENDING = "crash-sending"
_EVERY = timedelta(days=1)


def send(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Send the crash ``crash_id``: the ``ticket`` it is on, or why it is ``queued`` in the outbox, or only ``kept``."""
    session, crash_id = held_session(told), str(told["crash_id"])
    session.step_aside()
    if session.settings.crashes != "send":
        return {"kept": "The settings were changed since."}
    folder = kept(session, crash_id)
    crash = snapshot.told(folder)
    profile, now = str(crash.get("profile", "")), datetime.now(UTC)
    if _was_begun_lately(session, profile, now):
        return {"kept": "Another one of this application was taken up within a day."}
    plan = planned(_request(session, profile, folder, str(crash.get("crashed_at", "?")), now), session)
    endpoint = session.connect(session.endpoint(None))
    pipeline.check_ticket(plan, endpoint)  # what cannot be sent at all takes nobody's turn
    with sending(session, folder, plan.bundle_id):
        head = audit.append(session.state, SENDING, _about(profile), crash_id)
        outcome = pipeline.send(
            dataclasses.replace(plan, consent="allow"),
            session.rules,
            state=session.state,
            outbox=session.outbox,
            endpoint=endpoint,
            agree=lambda archive: _agreed(session, plan, archive),
            progress=ignore_progress,
        )
        snapshot.forget(folder)
    if isinstance(outcome, Receipt):
        return {"ticket": outcome.ticket, "audit_head": head}
    return {"queued": getattr(outcome, "reason", ""), "audit_head": head}


def _request(session: Session, profile: str, folder: Path, at: str, now: datetime) -> Request:
    """Nobody wrote its words, so they tell nothing of a person: what the crash showed in is a path."""
    return Request(
        front=Front.WATCH,
        profile=profile,
        ticket=NewTicket(subject=f"'{profile}' has crashed"),
        requested_by=consent.person(),
        asked_at=now,
        reason="crash",
        description=f"'{profile}' crashed, {at}. Sent unasked, as the settings of this computer say.",
        severity=Severity.MEDIUM,
        since_seconds=session.settings.since_seconds,
        log_folders=(folder,),
        endpoint=session.endpoint(None),
    )


def _was_begun_lately(session: Session, profile: str, now: datetime) -> bool:
    """Whether one was begun within a day, or later than now: a clock that was set back frees nothing."""
    after = f"{now - _EVERY:%Y-%m-%dT%H:%M:%SZ}"
    lines = audit.entries(session.state)
    return any(line.what == SENDING and line.about == _about(profile) and line.at > after for line in lines)


def _about(profile: str) -> str:
    return f"profile {profile}"


def _agreed(session: Session, plan: Plan, archive: Archive) -> Consent:
    audit.append(session.state, "bundle-agreed", f"bundle {plan.bundle_id}", f"policy, SHA-256 {archive.sha256}")
    return consent.given(archive, "policy", datetime.now(UTC))
