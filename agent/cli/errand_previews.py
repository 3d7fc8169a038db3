"""The errand that gathers the bundle of a champion's request for the person to look at, and keeps it unsent."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from agent import audit, pipeline, previews
from agent.cli.errand_requests import is_late, one_at_a_time, request_of, require_allowed_still
from agent.cli.request import planned
from agent.cli.session import held_session
from agent.errors import UsageError
from agent.events import ignore_progress
from agent.previews import Preview


def preview(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Gather, redact, pack and scan the bundle of a request, and keep it in place of one that was kept before."""
    session, request_id = held_session(told), str(told["request_id"])
    session.step_aside()
    with one_at_a_time(session):
        if is_late(told):
            raise UsageError("The request has expired.")
        require_allowed_still(session, told)
        previews.remove(session.state, request_id)  # first: there is never room taken for two
        request = request_of(told, session)
        plan = dataclasses.replace(planned(request, session), bundle_id=request_id, consent=told["policy"])
        assert plan.endpoint is not None
        pipeline.check_ticket(plan, session.connect(plan.endpoint))
        with pipeline.made(
            plan, session.rules, state=session.state, outbox=session.outbox, progress=ignore_progress
        ) as (bundle, scope):
            found = Preview(
                archive=bundle.archive, endpoint=plan.endpoint, ticket=str(told["ticket"]), pseudonym_scope=scope
            )
            kept = previews.keep(session.state, found).archive
        detail = f"SHA-256 {kept.sha256}, {kept.size_bytes} bytes; unsent"
        audit.append(session.state, "bundle-previewed", f"request {request_id}", detail, at=datetime.now(UTC))
        return {"file": str(kept.file), "sha256": kept.sha256, "size_bytes": kept.size_bytes}
