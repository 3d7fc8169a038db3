"""From the words on the command line to a request and its plan, with a person's answers where there is one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from agent import consent, identity
from agent.cli import interview
from agent.cli.options import RequestWords
from agent.cli.output import Output
from agent.cli.session import Session
from agent.collect.machine import this_platform
from agent.errors import UsageError
from agent.events import Event, NothingTakenOut, Progress
from agent.flow import ExistingTicket, Front, NewTicket, Plan, Request, Severity
from agent.plan import make_plan
from config import profiles

Purpose = Literal["send", "keep", "look"]


def may_ask(output: Output, words: RequestWords) -> bool:
    """Whether somebody sits at a terminal who wants to be asked."""
    return not words.yes and output.somebody_is_here()


def tell_missing_profiles(output: Output, session: Session) -> None:
    """Name the folders of profiles that cannot be read: a built-in profile of the same name may be taken instead."""
    for sentence in profiles.missing(session.settings.needed_profile_folders):
        output.warning(sentence)


def progress_of(output: Output, words: RequestWords) -> Progress:
    """What shows how the bundle of ``words`` comes along.

    With ``--yes`` nobody looks, so that it raises ``UsageError`` for an ``--exclude`` that took nothing out.
    """

    def progress(event: Event) -> None:
        if words.yes and isinstance(event, NothingTakenOut):
            quoted = ", ".join(f"'{pattern}'" for pattern in event.patterns)
            advice = (
                "Nothing was sent or kept. A pattern is of paths in the bundle, such as 'logs/*'; mend it, leave it "
                "out, or look at the bundle yourself, without --yes."
            )
            raise UsageError(f"Nothing that was gathered fits --exclude {quoted}.", advice=advice)
        output.event(event)

    return progress


def make_request(words: RequestWords, session: Session, *, asking: bool, purpose: Purpose) -> Request:
    """The request that ``words`` and the person's answers make.

    To ``send``, a ticket is needed; a bundle to ``keep``, or a plan to ``look`` at, has one only if named. Raise
    ``UsageError`` for what is missing and may not be asked.
    """
    folders = session.settings.profile_folders
    known = profiles.available(folders)
    titles = (
        {name: profiles.load(name, this_platform(), folders).title for name in known}
        if asking
        else dict.fromkeys(known, "")
    )
    if words.profile is not None and words.profile not in known:
        raise UsageError(f"There is no profile '{words.profile}'.", advice=f"There are: {', '.join(known)}.")
    profile = interview.choose_profile(words.profile, session.settings.profile, titles, may_ask=asking)
    ticket = _ticket(words, session, asking=asking, purpose=purpose)
    opening = asking and isinstance(ticket, NewTicket)
    description = words.description if words.description is not None else ""
    severity = words.severity
    if opening:
        description = description or interview.ask_description()
        severity = severity or interview.ask_severity()
    return Request(
        front=Front.CLI,
        profile=profile,
        ticket=ticket,
        requested_by=consent.person(),
        asked_at=datetime.now(UTC),
        description=description,
        severity=severity or Severity.LOW,
        account=words.account or "",
        cloud=words.cloud,
        since_seconds=words.since_seconds if words.since_seconds is not None else session.settings.since_seconds,
        log_folders=words.log_folders,
        exclude=words.exclude,
        limit_bytes=words.limit_bytes,
        pack=words.pack,
        endpoint=words.to or session.settings.endpoint,
    )


def _ticket(
    words: RequestWords, session: Session, *, asking: bool, purpose: Purpose
) -> NewTicket | ExistingTicket | None:
    if purpose != "send" and words.ticket is None and words.new is None:
        return None
    endpoint = words.to or session.settings.endpoint
    pattern = session.number_pattern(endpoint)
    return interview.choose_ticket(words.ticket, words.new, pattern, may_ask=asking)


def planned(request: Request, session: Session, *, looking: bool = False) -> Plan:
    """The plan for ``request`` on this machine, now; one who is just ``looking`` makes nothing on the disk.

    Raise ``ConfigurationProblem``, ``ConfigError``, ``StorageError``, ``OSError``.
    """
    platform = this_platform()
    profile = profiles.load(request.profile, platform, session.settings.profile_folders)
    return make_plan(
        request,
        profile,
        session.settings,
        platform=platform,
        computer_id=_computer_id(session, looking=looking),
        now=request.asked_at,
        endpoint_limit_bytes=session.largest_bundle_bytes(request.endpoint),
        takes_volumes=session.takes_volumes(request.endpoint),
    )


def _computer_id(session: Session, *, looking: bool) -> str:
    state = session.settings.state_folder
    if looking and not identity.has_computer_id(state):
        return "made when first needed"
    return identity.computer_id(session.state)
