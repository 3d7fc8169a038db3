"""Every way in which this computer refuses a request, each with a name of its own, for the audit and for the desk."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Which check a request did not pass, in the order of the checks."""

    OVERSIZED = "oversized"
    NOT_AN_ENVELOPE = "not-an-envelope"
    UNSIGNED = "unsigned"
    SEVERAL_SIGNATURES = "several-signatures"
    OTHER_TYPE = "other-type"
    NOT_PINNED = "not-pinned"
    GIVEN_UP_KEY = "given-up-key"
    UNKNOWN_KEY = "unknown-key"
    BAD_SIGNATURE = "bad-signature"
    NOT_A_STATEMENT = "not-a-statement"
    UNKNOWN_FIELD = "unknown-field"
    MISSING_FIELD = "missing-field"
    BAD_FIELD = "bad-field"
    BAD_TEXT = "bad-text"
    BAD_OPTIONS = "bad-options"
    BAD_PROFILE_NAME = "bad-profile-name"
    BAD_TIME = "bad-time"
    OTHER_TENANT = "other-tenant"
    OTHER_DEVICE = "other-device"
    TOO_LONG_VALID = "too-long-valid"
    NOT_YET = "not-yet"
    EXPIRED = "expired"
    CLOCK_SET_BACK = "clock-set-back"
    REPLAYED = "replayed"
    TOO_MANY_KEPT = "too-many-kept"
    TOO_SOON = "too-soon"
    TOO_MANY_TODAY = "too-many-today"
    UNKNOWN_PROFILE = "unknown-profile"
    PROFILE_NOT_ALLOWED = "profile-not-allowed"
    POLICY_OFF = "policy-off"
    STATE_UNUSABLE = "state-unusable"


class Refused(Exception):
    """A request, or an announced key, that is not believed or not allowed. Nothing was gathered.

    ``reason`` is for programs, ``sentence`` for people; neither holds anything of what was refused. ``has_line`` says
    whether the audit took it. ``asked`` is for the audit alone: who asked for what, if the pinned desk signed that.
    """

    has_line = True
    asked = ""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
