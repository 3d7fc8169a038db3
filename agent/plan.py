"""What a request comes to on this machine: which collectors run, with which options, under which limits.

Settings and profiles stop here. ``make_plan`` reads them once, checks everything that can be wrong with
them, and returns a ``Plan`` that holds all the later stages need; the same object is printed by
``sendlogs plan``, shown before consent, and written into the manifest.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import collectors
from agent import __version__, profile_faults
from agent.flow import Answer, Plan, Request, Step
from agent.volumes import MOST_VOLUMES
from collectors import Platform, RequestItem, Skipped
from config.profiles import Profile
from config.settings import Settings

ITEM_TITLES = {
    RequestItem.PRODUCT: "Product name",
    RequestItem.OPERATING_SYSTEM: "Operating system and version",
    RequestItem.DESCRIPTION: "Description of the problem",
    RequestItem.SCREENSHOTS: "Screenshots",
    RequestItem.COMPUTER_ID: "Computer ID (GUID)",
    RequestItem.LOGS: "Logs",
    RequestItem.ACCOUNT: "User name or e-mail of the account",
    RequestItem.VERSION: "Version of the software",
    RequestItem.CLOUD: "Uses the vendor's cloud services",
}


def make_plan(
    request: Request,
    profile: Profile,
    settings: Settings,
    *,
    platform: Platform,
    computer_id: str,
    now: datetime,
    endpoint_limit_bytes: int | None = None,
    takes_volumes: bool = False,
) -> Plan:
    """The plan for ``request`` with ``profile`` on ``platform``, for an endpoint that takes files up to its limit.

    ``computer_id`` is this agent's own GUID, ``now`` the one clock reading of the bundle (aware, UTC).
    Raise ``ConfigError`` when the profile asks of the collectors what they do not have or take.
    """
    filled = _filled_by_us(request, profile, settings, computer_id)
    steps, skipped = _steps(request, profile, platform, filled)
    sizes = _sizes(request.limit_bytes, settings.limit_bytes, endpoint_limit_bytes, takes_volumes=takes_volumes)
    return Plan(
        bundle_id=str(uuid.uuid4()),
        made_at=now,
        request=request,
        product=profile.product,
        steps=steps,
        skipped=skipped,
        answers=_answers(request, profile, steps, computer_id),
        computer_id=computer_id,
        not_before=None if request.since_seconds is None else now - timedelta(seconds=request.since_seconds),
        deadline_seconds=settings.deadline_seconds,
        limit_bytes=sizes[0],
        volume_bytes=sizes[1],
        volumes_bytes=sizes[2],
        pack=request.pack,
        keep_hosts=profile.keep_hosts,
        endpoint=request.endpoint or settings.endpoint,
        consent=settings.consent,
        agent_version=__version__,
    )


def _sizes(
    asked_bytes: int | None, allowed_bytes: int, file_bytes: int | None, *, takes_volumes: bool
) -> tuple[int, int | None, int | None]:
    """The plan's ``limit_bytes``, ``volume_bytes`` and ``volumes_bytes``: see decision 59.

    It is to fit one file of the endpoint. Who asks for more than that, by --limit, gets it in volumes, and so does
    what must be kept.
    """
    largest_bytes = min(asked_bytes or allowed_bytes, allowed_bytes)
    if not takes_volumes or file_bytes is None or file_bytes >= largest_bytes:
        return min(largest_bytes, file_bytes or largest_bytes), None, None
    volumes_bytes = min(largest_bytes, MOST_VOLUMES * file_bytes)
    return volumes_bytes if asked_bytes else file_bytes, file_bytes, volumes_bytes


def log_folder(state: Path) -> Path:
    """Where the agent's own log files lie inside its state folder."""
    return state / "logs"


def _filled_by_us(
    request: Request, profile: Profile, settings: Settings, computer_id: str
) -> dict[str, dict[str, object]]:
    """Options that no profile can know, by collector."""
    filled: dict[str, dict[str, object]] = {
        "computer_id": {"own": computer_id},
        "account": {"given": request.account},
        "agent_log": {"folder": str(log_folder(settings.state_folder))},
    }
    if request.log_folders:
        filled["application_logs"] = {"folders": [str(folder) for folder in request.log_folders]}
    if profile.supported_majors:
        filled["application_version"] = {"supported_majors": list(profile.supported_majors)}
    return filled


def _steps(
    request: Request, profile: Profile, platform: Platform, filled: Mapping[str, Mapping[str, object]]
) -> tuple[tuple[Step, ...], tuple[Skipped, ...]]:
    for fault in profile_faults.faults(profile, platform):
        raise fault
    wanted = dict(profile.collectors)
    if request.log_folders:
        wanted.setdefault("application_logs", {})
    if request.account:
        wanted.setdefault("account", {})
    known = collectors.installed()
    steps: list[Step] = []
    skipped: list[Skipped] = []
    for name in sorted(wanted):
        declared = known[name]
        if platform not in declared.platforms:
            skipped.append(Skipped(path=name, reason=f"this collector does not run on {platform}"))
            continue
        defaults = {option.name: option.default for option in declared.options}
        steps.append(
            Step(
                collector=name,
                title=declared.title,
                gathers=declared.gathers,
                sensitivity=declared.sensitivity,
                options={**defaults, **wanted[name], **filled.get(name, {})},
                limits=declared.limits,
            )
        )
    return tuple(steps), tuple(skipped)


def _answers(request: Request, profile: Profile, steps: tuple[Step, ...], computer_id: str) -> tuple[Answer, ...]:
    """The nine items in support's order: what is known, and else where it will come from."""
    known = collectors.installed()
    by_item = {item: step for step in steps for item in known[step.collector].items}
    cloud = request.cloud if request.cloud is not None else profile.cloud
    typed = {
        RequestItem.PRODUCT: (profile.product, f"the profile '{profile.name}'"),
        RequestItem.DESCRIPTION: (request.description or None, "--description, or asked of the person"),
        RequestItem.SCREENSHOTS: (None, "none are taken; the description says in words what the screen shows"),
        RequestItem.ACCOUNT: (request.account or None, "--account"),
        RequestItem.CLOUD: (
            None if cloud is None else ("yes" if cloud else "no"),
            "--cloud yes|no" if request.cloud is not None or cloud is None else f"the profile '{profile.name}'",
        ),
    }
    answers = []
    for item, title in ITEM_TITLES.items():
        value, source = typed.get(item, (None, "not gathered by this profile"))
        if value is None and item in by_item:
            source = _places(by_item[item], computer_id)
        answers.append(Answer(item=item, title=title, source=source, value=value))
    return tuple(answers)


_PLACES = ("globs", "folders", "event_logs", "databases")  # options whose every match is taken


def _places(step: Step, computer_id: str) -> str:
    """Where one collector will look, in words: all its places, or the first that answers, or else what it does."""
    places = [str(place) for key in _PLACES for place in _listed(step.options.get(key))]
    for key in ("files", "commands"):
        for entry in _listed(step.options.get(key)):
            if isinstance(entry, Mapping):
                argv = _listed(entry.get("argv"))
                places.append(" ".join(map(str, argv)) if argv else str(entry.get("file", "")))
    if step.collector == "computer_id":
        places.append(f"sendlogs' own ({computer_id})")
    if step.collector == "account":
        places.append("--account, or asked of the person")
    takes_the_first = "globs" not in step.options
    return f"{step.collector}: " + ((", else " if takes_the_first else ", ").join(places) or step.gathers)


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
