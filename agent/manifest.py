"""``manifest.json``: everything that was taken, changed, cut or left out, and for whom.

Its shape is fixed by ``config/schemas/manifest.schema.json``; the desk reads it and ``verify`` checks it. Every
text a person wrote passes redaction before it stands here; what comes from redaction already has.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, cast

from agent.flow import Answer, ExistingTicket, NewTicket, Plan, Redacted
from agent.replaced_lines import ReplacedLines
from agent.signature import BadSignature, PublicKey
from agent.signature import signer as signature_of
from collectors import Fact, RequestItem, Skipped
from config import places

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

MANIFEST_NAME = "manifest.json"
REPORT_NAME = "report.html"
SIGNATURE_NAME = "manifest.sig"  # of the manifest's bytes, which therefore cannot list it
FORMAT = 1
LIMIT_BYTES = 32 * 2**20  # the manifest of a bundle with 20,000 members stays below
_MAX_PROBLEMS = 10
_LINES_LIMIT_BYTES = 4 * 2**20  # of all lists of lines together; files behind that bound have none
_LINES_ENTRY_BYTES = 150  # the names, signs and indentation of one list
_NOT_FOUND = "not found"

RedactText = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesetInfo:
    """Which redaction rules were at work: their version and the names of their families."""

    version: int
    families: tuple[str, ...]


def head(
    plan: Plan, ruleset: RulesetInfo, facts: Mapping[RequestItem, Fact], redact_text: RedactText
) -> dict[str, object]:
    """The manifest up to its list of members."""
    return {
        "format": FORMAT,
        "bundle_id": plan.bundle_id,
        "made_at": _time(plan.made_at),
        "agent_version": plan.agent_version,
        "ruleset_version": ruleset.version,
        "product": plan.product,
        "profile": plan.request.profile,
        "platform": sys.platform,
        "computer_id": plan.computer_id,
        "request": _request(plan, redact_text),
        "items": _items(plan, facts, redact_text),
        "plan": {"steps": _steps(plan)},
        "consent": {"policy": plan.consent},
    }


def _request(plan: Plan, redact_text: RedactText) -> dict[str, object]:
    request = plan.request
    ticket: dict[str, str] | None = None
    if isinstance(request.ticket, NewTicket):
        ticket = {"subject": redact_text(request.ticket.subject)}
    elif isinstance(request.ticket, ExistingTicket):
        ticket = {"number": request.ticket.number}
    return {
        "front": request.front.value,
        "requested_by": redact_text(request.requested_by),
        "asked_at": _time(request.asked_at),
        "reason": redact_text(request.reason),
        "description": redact_text(request.description),
        "severity": int(request.severity),
        "since_seconds": request.since_seconds,
        "ticket": ticket,
    }


def _items(plan: Plan, facts: Mapping[RequestItem, Fact], redact_text: RedactText) -> list[dict[str, str | None]]:
    answers = {answer.item: answer for answer in plan.answers}
    return [_item(item, answers.get(item), facts.get(item), redact_text) for item in RequestItem]


def _item(
    item: RequestItem, answer: Answer | None, fact: Fact | None, redact_text: RedactText
) -> dict[str, str | None]:
    if fact is not None:
        return {"item": item.value, "value": fact.value, "source": fact.source}
    if answer is None:
        return {"item": item.value, "value": None, "source": _NOT_FOUND}
    value = redact_text(answer.value) if answer.value else None
    return {"item": item.value, "value": value, "source": redact_text(answer.source)}


def _steps(plan: Plan) -> list[dict[str, object]]:
    return [
        {
            "collector": step.collector,
            "title": step.title,
            "sensitivity": step.sensitivity.value,
            "limits": {"time_seconds": step.limits.time_seconds, "size_bytes": step.limits.size_bytes},
        }
        for step in plan.steps
    ]


def entries(items: Iterable[Redacted]) -> list[dict[str, object]]:
    """The lines of all gathered files, with ``replaced_lines`` as long as there is room for them."""
    left = _LINES_LIMIT_BYTES
    made = []
    for item in items:
        made.append(entry(item))
        left -= sum(_LINES_ENTRY_BYTES + len(lines.ranges) for lines in item.lines.values())
        if item.lines and left > 0:
            made[-1]["replaced_lines"] = {
                rule: {"lines": lines.ranges, "more": lines.more} for rule, lines in sorted(item.lines.items())
            }
    return made


def lines_of(entry: Mapping[str, object]) -> dict[str, ReplacedLines]:
    """The lines that the entry of a manifest lists by rule, without what no list of ours says."""
    listed = cast("Mapping[str, Mapping[str, object]]", entry.get("replaced_lines", {}))
    found = {}
    for rule, told in listed.items():
        lines = ReplacedLines(ranges=str(told["lines"]), more=cast("int", told["more"]))
        with contextlib.suppress(ValueError):
            found[rule] = ReplacedLines.of(lines.lines, lines.more)
    return found


def entry(item: Redacted) -> dict[str, object]:
    """The line of one gathered file; ``source``, ``owner`` and their like are those of the original."""
    origin = item.origin
    return {
        "path": item.path,
        "size_bytes": item.size_bytes,
        "sha256": item.sha256,
        "source": origin.source,
        "owner": origin.owner,
        "mode": origin.mode,
        "modified_at": _time(origin.modified_at) if origin.modified_at else None,
        "media_type": item.media_type,
        "truncated": item.truncated,
        "replacements": dict(sorted(item.counts.items())),
    }


def own_entry(path: str, data: bytes, media_type: str) -> dict[str, object]:
    """The line of a file that the agent itself wrote into the bundle."""
    return {
        "path": path,
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "source": "sendlogs",
        "owner": None,
        "mode": None,
        "modified_at": None,
        "media_type": media_type,
        "truncated": None,
        "replacements": {},
    }


def as_text(
    said: Mapping[str, object],
    members: Iterable[Mapping[str, object]],
    skipped: Iterable[Skipped],
    counts: Mapping[str, int],
) -> str:
    """The whole manifest as JSON. Raise ``AssertionError`` if it breaks its own schema, which is our mistake."""
    document = {
        **said,
        "members": list(members),
        "skipped": [{"path": item.path, "reason": item.reason} for item in skipped],
        "counts": dict(sorted(counts.items())),
    }
    # File names may hold bytes that are no UTF-8; JSON cannot say them, and the schema sees the text as written.
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    text = text.encode("utf-8", "replace").decode("utf-8") + "\n"
    found = problems(json.loads(text))
    if found:
        raise AssertionError(f"the manifest breaks its schema: {'; '.join(found)}")
    return text


def problems(document: object) -> list[str]:
    """How ``document`` departs from the schema: sentences that name the place but repeat no content."""
    found = []
    for error in _validator().iter_errors(document):
        place = ".".join(str(part) for part in error.absolute_path) or "the manifest"
        found.append(f"{place}: breaks '{error.validator}' of the schema")
        if len(found) == _MAX_PROBLEMS:
            break
    return found


def parsed(data: bytes | bytearray) -> tuple[Mapping[str, object] | None, list[str]]:
    """The manifest that ``data`` is, from whomever it comes; or ``None``, and why it is none, in sentences."""
    if len(data) > LIMIT_BYTES:
        return None, [f"Its {MANIFEST_NAME} is too large to be one."]
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):  # deeply nested brackets exhaust the parser's stack
        return None, [f"Its {MANIFEST_NAME} is no JSON."]
    found = problems(document)
    if found:
        return None, [f"Its {MANIFEST_NAME} breaks the schema: {problem}." for problem in found]
    return cast("Mapping[str, object]", document), []


def signer(said: Mapping[str, object], data: bytes, signature: bytes | None) -> PublicKey | None:
    """Who signed the manifest ``said``, whose bytes are ``data``; ``None`` where nobody did, as in bundles of old.

    Raise ``BadSignature``, also for a signature that is gone, or of another key than the manifest names.
    """
    named = said.get("signing_key")
    if signature is None:
        if named is not None:
            raise BadSignature(f"Its {SIGNATURE_NAME} is missing: it was signed once.")
        return None
    found = signature_of(signature, data)
    if found.fingerprint != named:
        raise BadSignature(f"Its {SIGNATURE_NAME} is of another key than its manifest names.")
    return found


def differences(said: Mapping[str, object], digests: Mapping[str, str], sizes: Mapping[str, int]) -> list[str]:
    """Where a bundle is not what its manifest says: ``digests`` (SHA-256) and ``sizes`` of its members by name."""
    return list(_differences(cast("list[Mapping[str, object]]", said["members"]), digests, sizes))


def _differences(
    listed: list[Mapping[str, object]], digests: Mapping[str, str], sizes: Mapping[str, int]
) -> Iterator[str]:
    names = [str(member["path"]) for member in listed]
    if len(set(names)) != len(names):
        yield "Its manifest lists a member twice."
    for member in listed:
        name = str(member["path"])
        if name not in sizes:
            yield f"{_printable(name)} is listed in the manifest but not there."
        elif sizes[name] != member["size_bytes"]:
            yield f"{_printable(name)} has {sizes[name]:,} bytes; the manifest says {member['size_bytes']:,}."
        elif digests.get(name, _digest_of_nothing()) != member["sha256"]:
            yield f"{_printable(name)} is not what it was: its SHA-256 differs from the manifest's."
    for name in sorted(set(sizes) - set(names) - {MANIFEST_NAME, SIGNATURE_NAME}):
        yield f"{_printable(name)} is in the bundle but not in the manifest."


def _digest_of_nothing() -> str:
    """An empty member may never reach its sink: there is nothing to write."""
    return hashlib.sha256().hexdigest()


def _printable(name: str) -> str:
    """A member's name for a terminal: a bundle from elsewhere could hold escape sequences in it."""
    return ascii(name).strip("'") if not name.isprintable() else name


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    schema = json.loads(places.data("schemas", "manifest.schema.json").read_text("utf-8"))
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
