"""Every way the agent can fail on purpose, each with its exit code and what to do about it.

    AgentError
    ├── UsageError            the words on the command line make no sense     exit 2
    ├── ConfigError           the configuration cannot be used                exit 3
    ├── NothingGathered       no artifact survived: nothing to send           exit 6
    ├── Withheld              ``redact`` had to keep something back           exit 7
    ├── GateRefused           the finished archive still held a find          exit 8
    ├── StorageError          disk full, read-only, no rights                 exit 9
    ├── Busy                  another run holds the lock                      exit 10
    ├── InvalidBundle         a bundle is not what its manifest says          exit 11
    ├── Unhealthy             ``doctor`` found something that will fail       exit 12
    ├── AuditBroken           the local audit is not as it was written        exit 13
    └── EndpointError         the ticketing side said no                      exit 20
        ├── UnknownTicket     no such ticket of yours                         exit 21
        ├── ClosedTicket      the ticket takes nothing more                   exit 22
        ├── NotEnrolled       this device holds no (valid) credential         exit 23
        ├── TooLarge          over the endpoint's limit                       exit 24
        ├── WrongType         it takes no file of this type                   exit 26
        └── Unreachable       try again later: goes to the outbox             exit 25
            ├── Untrusted     what answers there cannot prove who it is       exit 29
            ├── RateLimited   it asks to wait                                 exit 27
            └── Ambiguous     it may have acted: look before you repeat       exit 28

Outcomes are values, not errors, and have codes of their own: delivered 0, queued 4, declined 5. Click
ends with 2 for wrong usage; an interrupt ends with 130; anything unexpected ends with 1. The table is
repeated for users in docs/exit-codes.md, and a test holds the two together.
"""

from __future__ import annotations

from typing import ClassVar

EXIT_OK = 0
EXIT_UNEXPECTED = 1
EXIT_QUEUED = 4
EXIT_DECLINED = 5
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells count


class AgentError(Exception):
    """A failure with a sentence for a person (``str``), advice what to do, and an exit code.

    Messages never hold a secret, a token, or the content of a file.
    """

    exit_code: ClassVar[int] = EXIT_UNEXPECTED
    advice: str = ""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        if advice:
            self.advice = advice


class UsageError(AgentError):
    """The words on the command line make no sense together."""

    exit_code = 2


class ConfigError(AgentError):
    """The configuration cannot be used; the message names the file and the key as the user wrote it."""

    exit_code = 3


class NothingGathered(AgentError):
    """No artifact survived, so there is nothing to send."""

    exit_code = 6


class Withheld(AgentError):
    """``sendlogs redact`` could not redact some of its input and kept that back."""

    exit_code = 7


class GateRefused(AgentError):
    """The finished archive still held something that must not leave; it was destroyed."""

    exit_code = 8


class StorageError(AgentError):
    """The local disk is full, read-only, or not ours to write."""

    exit_code = 9


class Busy(AgentError):
    """Another run of sendlogs holds the lock."""

    exit_code = 10


class InvalidBundle(AgentError):
    """A bundle is not what its manifest says it is."""

    exit_code = 11


class Unhealthy(AgentError):
    """``sendlogs doctor`` found something that would keep a bundle from arriving."""

    exit_code = 12


class AuditBroken(AgentError):
    """``sendlogs audit --verify`` found a line that is not as it was written, or not where it was."""

    exit_code = 13


class EndpointError(AgentError):
    """The ticketing side said no, and repeating the same words will not help."""

    exit_code = 20


class UnknownTicket(EndpointError):
    """No ticket of that number that this device may add to (absent and foreign are told alike)."""

    exit_code = 21
    advice = "Check the number, or use --new SUBJECT to open a new ticket."


class ClosedTicket(EndpointError):
    """The ticket exists but is closed, and takes nothing more."""

    exit_code = 22
    advice = "Use --new SUBJECT to open a new ticket, and mention the old number in it."


class NotEnrolled(EndpointError):
    """This device holds no credential for the endpoint, or one that was revoked."""

    exit_code = 23
    advice = "Ask your administrator for an enrolment token, then run: sendlogs enroll desk:URL"


class TooLarge(EndpointError):
    """The archive is over the endpoint's limit."""

    exit_code = 24
    advice = "Take less: a shorter --since, or --exclude what is not needed."


class WrongType(EndpointError):
    """The endpoint takes no file of this type."""

    exit_code = 26
    advice = "Ask whoever keeps the ticketing system to let .7z files in."


class Unreachable(EndpointError):
    """The endpoint cannot be reached, or is not able to answer, now; worth trying again.

    ``wait_seconds`` is how long to wait before that: as the endpoint asked, or 0 for trouble that is likely over
    in a moment, such as a broken connection. ``None``: nobody knows, so that it is for the outbox to try.
    """

    exit_code = 25
    advice = "Run 'sendlogs doctor' to see what keeps this machine from reaching it."

    def __init__(self, message: str, *, advice: str = "", wait_seconds: float | None = None) -> None:
        super().__init__(message, advice=advice)
        self.wait_seconds = wait_seconds


class Untrusted(Unreachable):
    """What answers at the endpoint's address cannot prove that it is the endpoint: its certificate is not trusted.

    Time seldom mends that, so that nothing is gathered for it; a bundle that waits already goes on waiting.
    """

    exit_code = 29
    advice = "Run 'sendlogs doctor' to see what this machine gets to see there."


class RateLimited(Unreachable):
    """The endpoint takes no more requests for ``wait_seconds``."""

    exit_code = 27
    advice = "Nothing is lost: 'sendlogs outbox retry' delivers it when the wait is over."


class Ambiguous(Unreachable):
    """The answer was lost, so the endpoint may or may not have acted: look before you repeat.

    Delivery looks: a ticket and a bundle can be found by the bundle's id.
    """

    exit_code = 28
    advice = "Run 'sendlogs outbox retry': it looks first whether the bundle has arrived."
