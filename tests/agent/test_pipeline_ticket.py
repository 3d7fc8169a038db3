"""What the endpoint is asked about the ticket before anything is gathered, and what keeps a bundle from being made."""

import pytest

from agent import pipeline
from agent.errors import AgentError, Unreachable, Untrusted, UsageError


class Endpoint:
    """Answers with what it was told to raise."""

    def __init__(self, trouble: AgentError) -> None:
        self.trouble = trouble

    def look_up(self, number):
        raise self.trouble


def test_a_ticket_that_cannot_be_asked_about_is_not_an_error(bundle_plan):
    """Without a network the check is put off to the delivery."""
    assert pipeline.check_ticket(bundle_plan, Endpoint(Unreachable("no network"))) is None


def test_a_certificate_that_is_not_trusted_is_one(bundle_plan):
    """Waiting does not mend it."""
    with pytest.raises(Untrusted):
        pipeline.check_ticket(bundle_plan, Endpoint(Untrusted("a self-made certificate")))


def test_a_place_that_never_was_there_is_one(bundle_plan):
    class Place(Endpoint):
        def require_place(self):
            raise UsageError("There is no such folder.")

    with pytest.raises(UsageError):
        pipeline.check_ticket(bundle_plan, Place(Unreachable("not there")))
