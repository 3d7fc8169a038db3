"""What the background service sends children on: ``python -m agent.cli.errands NAME``, for the service alone.

An errand reads one JSON object from standard input and writes JSON objects to standard output, the last of which has
the ``event`` ``result`` or ``failed``. The end of standard input says that the service is gone, and ends the errand
as well. Whatever else is printed goes to standard error. ``errand_requests`` holds those about champions' requests.

Each is told the settings that the service holds as well (``held``): those count where a file was broken since, and
their state folder always does, since the service that sends the errand works in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from agent import __version__
from agent.cli.edge import failure_of
from agent.cli.session import (
    Session,
    connection,
    held_session,
    open_session,
    require_usable_endpoints,
    typed_command,
)
from agent.errors import UsageError
from config import places

Said = Callable[[Mapping[str, Any]], None]
"""Tells the service an event."""

Run = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Does an errand, with what it was told; returns what it came to. Raise ``AgentError``, ``OSError`` and their kin."""

_END_SECONDS = 10.0  # what was begun is removed in a moment; what hangs is killed
_LONGEST_TOLD_BYTES = 2**20
_MOST_PROFILES = 200  # as many as a desk takes


def settings(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings as far as the process that stays needs them; values, addresses and profiles were checked.

    ``wanted_state_folder`` is that of the files, ``state_folder`` the one that is used.
    """
    from config import profiles

    wanted, watched, seen = _read_when_seen()
    require_usable_endpoints(wanted)
    session = held_session(told)
    known = sorted(profiles.available(session.settings.profile_folders))
    for name in known:
        profiles.load(name, sys.platform, session.settings.profile_folders)
    allowed = session.settings.remote_profiles
    return {
        "held": dict(session.loaded.values),
        "state_folder": str(session.state),
        "wanted_state_folder": str(wanted.settings.state_folder),
        "command": typed_command(os.environ),
        "watched": watched,
        "signature": seen,
        "applications": _applications(session, known),
        "sends_crashes": session.settings.crashes == "send",
        "desk": _desk(session),
        "me": {
            "host": platform.node()[:200] if session.settings.remote_tells_host else "",
            "operating_system": _operating_system()[:200],
            "agent_version": __version__,
            "remote_policy": session.settings.remote,
            "remote_profiles": [name for name in known if allowed is None or name in allowed][:_MOST_PROFILES],
        },
    }


def outbox(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Deliver what is due; tell what became of the bundles of these ``requests``, and when something is due again.

    The bundles of ``withdrawn`` requests are removed first: a champion took them back, or they failed.
    """
    from agent import delivery, workspace
    from agent.delivery_times import due_at
    from agent.errors import Busy
    from agent.events import ignore_progress

    session = held_session(told)
    session.step_aside()
    workspace.sweep(session.state)
    trouble = ""
    try:
        for request_id in told.get("withdrawn", ()):
            with contextlib.suppress(UsageError):  # nothing of it waits
                session.outbox.drop(str(request_id))
        delivery.retry(session.outbox, session.connect, ignore_progress, due_only=True)
    except Busy as busy:
        trouble = str(busy)
    now, entries = datetime.now(UTC), session.outbox.entries()
    waits = [(due_at(entry, now) - now).total_seconds() for entry in entries]
    last = next((entry.last_error for entry in entries if entry.last_error), None)
    asked = [str(request_id) for request_id in told.get("requests", ())]
    return {
        "next_seconds": min(waits, default=None),
        "trouble": trouble or last or "",
        **_became(session, asked),
    }


def _became(session: Session, request_ids: list[str]) -> dict[str, Any]:
    from agent import audit

    delivered = [request_id for request_id in request_ids if session.outbox.receipt(request_id)]
    waiting = {entry.bundle_id: entry.quarantined for entry in session.outbox.entries()}
    dropped = {record.bundle_id: record.reason for record in session.outbox.dropped()}
    lost = {i: reason for i in request_ids if i not in delivered and (reason := waiting.get(i) or dropped.get(i))}
    lost |= {i: "Its bundle is gone." for i in request_ids if i not in {*delivered, *waiting, *dropped}}
    head = ""
    for request_id in delivered:
        head = audit.append(session.state, "bundle-delivered", f"request {request_id}", "from the outbox")
    return {"delivered": delivered, "lost": lost, "audit_head": head}


def note(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write a line into the local audit, of what happened ``at`` that time."""
    from agent import audit

    state, at = held_session(told).state, datetime.fromisoformat(told["at"])
    return {"audit_head": audit.append(state, str(told["what"]), str(told["about"]), str(told["detail"]), at=at)}


def _applications(session: Session, names: list[str]) -> dict[str, dict[str, list[str]]]:
    """Where each application's crashes show, of those that have such a place."""
    from agent.collect.machine import this_platform
    from agent.watch import places
    from config import profiles

    found = {}
    for name in names:
        profile = profiles.load(name, this_platform(), session.settings.profile_folders)
        watched = places.of_profile(profile, this_platform(), os.environ)
        if watched.crashes or watched.telling_logs or watched.units:
            kinds = ("crashes", "logs", "telling_logs", "phrases", "units")
            found[name] = {kind: list(getattr(watched, kind)) for kind in kinds}
    return found


def _desk(session: Session) -> dict[str, Any] | None:
    """How to reach the desk, or ``None`` where the endpoint is none."""
    endpoint = session.settings.endpoint or ""
    if not endpoint.startswith("desk:"):
        return None
    from agent.endpoints._proxy import proxy_for
    from agent.identity import normalised_url

    link = connection(endpoint, session.settings)
    url = normalised_url(link.address)
    return {
        "url": url,
        "credential_file": str(link.credential_file),
        "proxy": proxy_for(url, link.proxy),
        "ca_file": str(link.ca_file) if link.ca_file else None,
        "timeout_seconds": link.timeout_seconds,
    }


def _read_when_seen() -> tuple[Session, list[str], list[list[int] | None]]:
    """The settings, the files that they come from, and these as they were before they were read.

    So a change in the middle of it is noticed at the next look. Raise as ``open_session``.
    """
    from agent.service.watched import signature

    session, watched, seen = open_session(), list[str](), signature(())
    while watched != (now := _watched(session)):  # which files there are is among what they say
        watched, seen = now, signature(now)
        session = open_session()
    return session, watched, seen


def _watched(session: Session) -> list[str]:
    """The files that settings and profiles come from, and those that would be if they were there."""
    system, person, machine = places.system_config_folder(), places.user_config_folder(), places.machine_config_folder()
    folders = [system / "conf.d", *session.settings.profile_folders]
    files = [system / "agent.yaml", person / "agent.yaml", system / "policy.yaml", machine / "policy.yaml"]
    inside = [file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.y*ml"))]
    return [str(path) for path in dict.fromkeys([*files, *folders, *inside])]


def _operating_system() -> str:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return f"{platform.system()} {platform.release()}"


def installed(said: Said) -> dict[str, Run]:
    """Every errand by its name; those that have something to say meanwhile say it to ``said``."""
    from agent.cli import errand_crashes, errand_previews, errand_requests

    return {
        "settings": settings,
        "outbox": outbox,
        "note": note,
        "clock": errand_requests.see_the_clock,
        "admit": errand_requests.admit,
        "preview": errand_previews.preview,
        "gather": lambda told: errand_requests.gather(told, said),
        "forget": errand_requests.forget,
        "crash": errand_crashes.send,
    }


def run(errand: Run, told: Mapping[str, Any], said: Said) -> int:
    """Do the errand and tell what it came to; return the exit code."""
    try:
        said({**errand(told), "event": "result"})
    except (Exception, KeyboardInterrupt) as error:  # the edge, as that of every command
        failure = failure_of(error)
        said(
            {"event": "failed", "exit_code": failure.exit_code, "sentence": failure.sentence, "advice": failure.advice}
        )
        return failure.exit_code
    return 0


def _end_with_the_service(pipe: int) -> None:
    """Wait until the service's end of the pipe is gone; then end in order, or else by force."""
    while os.read(pipe, 2**12):
        pass
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)  # "kill" would end it at once, in no order; all it started is in its job
        threading.Event().wait(_END_SECONDS)
        os._exit(1)
    else:
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(_END_SECONDS)
        os.killpg(0, signal.SIGKILL)


def _standard_input() -> int:
    """Standard input for this process alone; what it starts gets an empty one.

    A process of Windows that looks at the pipe in which another one waits for bytes waits as well (cpython#78961).
    """
    own, empty = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return own


def _first_line(pipe: int) -> bytes:
    """The line on standard input, and no byte beyond it: what comes then is another thread's."""
    line = b""
    while not line.endswith(b"\n") and len(line) < _LONGEST_TOLD_BYTES:
        if not (data := os.read(pipe, 2**16)):
            break
        line += data
    return line


def main() -> int:
    """Do the errand that the arguments name."""
    for name in ("SIGTERM", "SIGHUP", "SIGINT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    pipe = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)

    def said(event: Mapping[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):
            pipe.write(json.dumps(dict(event)) + "\n")
            pipe.flush()

    service = _standard_input()
    told = json.loads(_first_line(service))

    def errand(told: Mapping[str, Any]) -> Mapping[str, Any]:
        threading.Thread(target=_end_with_the_service, args=(service,), daemon=True).start()
        return installed(said)[sys.argv[1]](told)

    return run(errand, told, said)


if __name__ == "__main__":
    sys.exit(main())
