"""What an envelope says, once its signature is good: read field by field, with nothing missing and nothing besides.

A signature says that the desk made a statement, not that the desk is well: texts are shown to a person, so nothing in
them may steer a terminal, turn the reading direction, or be invisible; and no field has room for a path or a command.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.remote import strict_json
from agent.remote.refusals import Reason, Refused
from agent.signature import PublicKey

_DEPTH = 2  # the statement and its options
_TICKET = re.compile(r"[1-9][0-9]{0,17}")  # as ``Capabilities.number_pattern`` has it
_PROFILE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # as the setting ``profile`` has it; so no path, and no option
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")
_REQUESTER_CHARACTERS, _REASON_CHARACTERS = 150, 1000
_SHORTEST_SINCE_SECONDS, _LONGEST_SINCE_SECONDS = 60, 2_678_400
# Unicode 15, table 2-3 and DerivedCoreProperties.txt (Default_Ignorable_Code_Point): what is drawn as nothing although
# its category is that of a letter, a mark or a symbol. U+FE0F stays, since common signs end with it.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_INVISIBLE_CATEGORIES = ("C", "Zl", "Zp")  # control, format, surrogate, private, unassigned; ends of lines
_VARIATIONS = range(0xE0100, 0xE01F0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRequest:
    """What a champion asks for, as decision 80 has its fields; times are aware, in UTC."""

    request_id: str
    tenant: str
    device_id: str
    ticket: str
    requester: str
    reason: str
    profile: str
    since_seconds: int | None  # None: as far back as the settings say
    not_before: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySuccession:
    """The announcement of a key that follows the one which signed it."""

    tenant: str
    new_key: PublicKey
    made_at: datetime


def collection_request(payload: bytes) -> CollectionRequest:
    """The request that a payload is. Raise ``Refused`` with the field that is not as it must be."""
    texts = ("request_id", "tenant", "device_id", "ticket", "requester", "reason", "profile")
    values = _fields(payload, {*texts, "options", "not_before", "expires_at"})
    return CollectionRequest(
        request_id=_uuid(values, "request_id", version=4),
        tenant=_uuid(values, "tenant"),
        device_id=_uuid(values, "device_id"),
        ticket=_matching(values, "ticket", _TICKET),
        requester=_shown(values, "requester", _REQUESTER_CHARACTERS),
        reason=_shown(values, "reason", _REASON_CHARACTERS),
        profile=_matching(values, "profile", _PROFILE, Reason.BAD_PROFILE_NAME),
        since_seconds=_since(values["options"]),
        not_before=_time(values, "not_before"),
        expires_at=_time(values, "expires_at"),
    )


def key_succession(payload: bytes) -> KeySuccession:
    """The announcement that a payload is. Raise ``Refused`` with the field that is not as it must be."""
    values = _fields(payload, {"tenant", "new_key", "made_at"})
    try:
        key = usable_key(str(values["new_key"]))
    except ValueError:
        raise Refused(Reason.BAD_FIELD, "The field 'new_key' is no key.") from None
    return KeySuccession(tenant=_uuid(values, "tenant"), new_key=key, made_at=_time(values, "made_at"))


def usable_key(line: str) -> PublicKey:
    """The key of a line as OpenSSH writes it, in its one spelling. Raise ``ValueError``, also for one that is weak."""
    key = PublicKey.of_line(line)
    if key.line != line or key.is_weak:
        raise ValueError("no key that a signature could be believed by")
    return key


def is_uuid(text: str) -> bool:
    """Whether ``text`` is a UUID in the one spelling of RFC 9562 §4: lower case, with hyphens."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _fields(payload: bytes, names: set[str]) -> Mapping[str, object]:
    try:
        values = strict_json.parse(payload, most_deep=_DEPTH)
    except ValueError as fault:
        raise Refused(Reason.NOT_A_STATEMENT, f"The statement {fault}.") from None
    if missing := names - values.keys():
        raise Refused(Reason.MISSING_FIELD, f"The field '{min(missing)}' is missing.")
    if values.keys() - names:
        raise Refused(Reason.UNKNOWN_FIELD, "There is a field that no statement of its kind has.")
    return values


def _matching(values: Mapping[str, object], name: str, form: re.Pattern[str], reason: Reason = Reason.BAD_FIELD) -> str:
    value = values[name]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Refused(reason, f"The field '{name}' is not as it must be.")
    return value


def _uuid(values: Mapping[str, object], name: str, *, version: int | None = None) -> str:
    value = values[name]
    if not isinstance(value, str) or not is_uuid(value) or version not in (None, uuid.UUID(value).version):
        raise Refused(Reason.BAD_FIELD, f"The field '{name}' is no UUID of its kind.")
    return value


def _shown(values: Mapping[str, object], name: str, most_characters: int) -> str:
    value = values[name]
    if not isinstance(value, str) or not value.strip() or len(value) > most_characters:
        raise Refused(Reason.BAD_TEXT, f"The field '{name}' is not a text of 1 to {most_characters} characters.")
    if any(map(_is_invisible, value)):
        raise Refused(Reason.BAD_TEXT, f"The field '{name}' holds a character that steers or hides.")
    if not unicodedata.is_normalized("NFC", value):
        raise Refused(Reason.BAD_TEXT, f"The field '{name}' is not in Unicode's form NFC.")
    return value


def _is_invisible(character: str) -> bool:
    hidden = character in _INVISIBLE or ord(character) in _VARIATIONS
    return hidden or unicodedata.category(character).startswith(_INVISIBLE_CATEGORIES)


def _since(options: object) -> int | None:
    if options == {}:
        return None
    seconds = options.get("since_seconds") if isinstance(options, dict) and len(options) == 1 else None
    if type(seconds) is not int or not _SHORTEST_SINCE_SECONDS <= seconds <= _LONGEST_SINCE_SECONDS:
        raise Refused(Reason.BAD_OPTIONS, "The options hold something else than a time span of 1 minute to 31 days.")
    return seconds


def _time(values: Mapping[str, object], name: str) -> datetime:
    written = values[name]
    found = _TIME.fullmatch(written) if isinstance(written, str) else None
    try:
        year, month, day, hour, minute, second = (int(part) for part in found.groups()) if found else (0,) * 6
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise Refused(Reason.BAD_TIME, f"The field '{name}' is no time as 2026-11-26T09:00:00Z.") from None
