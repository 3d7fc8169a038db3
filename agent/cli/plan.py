"""``sendlogs plan``: what would be gathered, from where, why, how sensitive; it gathers nothing."""

from __future__ import annotations

from agent.cli.interview import plan_lines
from agent.cli.options import RequestWords, request_options, verb
from agent.cli.output import Output
from agent.cli.request import make_request, may_ask, planned, tell_missing_profiles
from agent.cli.session import open_session
from agent.endpoints import require_place
from agent.events import Planned


@verb(example="sendlogs plan --profile crashplan-proe --since 24h")
@request_options
def command(output: Output, words: RequestWords) -> None:
    """Show what a bundle would hold, from where, why, and how sensitive it is. Nothing is gathered or sent."""
    session = open_session()
    tell_missing_profiles(output, session)
    request = make_request(words, session, asking=may_ask(output, words), purpose="look")
    plan = planned(request, session, looking=True)
    if plan.endpoint:
        require_place(session.connect(plan.endpoint))
    if output.as_json:
        output.event(Planned(plan=plan))
    output.say("\n".join(plan_lines(plan)))
