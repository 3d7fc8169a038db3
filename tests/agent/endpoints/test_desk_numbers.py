"""A desk's ticket number as its pages show it: with the queue before it, which must then be the ticket's."""

from __future__ import annotations

import dataclasses
import re

import pytest
import responses

from agent import pipeline
from agent.endpoints.desk import ENDPOINT, DeskEndpoint
from agent.errors import UnknownTicket
from agent.flow import ExistingTicket, Plan
from tests.agent.endpoints.test_desk import TICKET, TOLD, URL, connection, desk, endpoint

__all__ = ["connection", "desk", "endpoint"]  # fixtures


def test_a_number_is_taken_as_the_desks_pages_show_it() -> None:
    found = re.fullmatch(ENDPOINT.capabilities.number_pattern, "support-17")
    assert found is not None
    assert (found["queue"], found["number"]) == ("support", "17")
    for wrong in ("-17", "1-17", "support-", "support-017", "#support-17", "../-17"):
        assert re.fullmatch(ENDPOINT.capabilities.number_pattern, wrong) is None


def asked_for(plan: Plan, queue: str) -> Plan:
    ticket = ExistingTicket(number="7", queue=queue)
    return dataclasses.replace(plan, request=dataclasses.replace(plan.request, ticket=ticket))


def test_a_ticket_of_another_queue_is_refused(
    desk: responses.RequestsMock, endpoint: DeskEndpoint, bundle_plan: Plan
) -> None:
    desk.get(f"{URL}/tickets/7", json={**TOLD, "queue": "support"})
    assert pipeline.check_ticket(asked_for(bundle_plan, "support"), endpoint) == dataclasses.replace(
        TICKET, queue="support"
    )
    assert pipeline.check_ticket(asked_for(bundle_plan, ""), endpoint) is not None
    with pytest.raises(UnknownTicket, match="no ticket bugs-7: it is support-7"):
        pipeline.check_ticket(asked_for(bundle_plan, "bugs"), endpoint)


def test_a_desk_of_before_tells_no_queue(
    desk: responses.RequestsMock, endpoint: DeskEndpoint, bundle_plan: Plan
) -> None:
    desk.get(f"{URL}/tickets/7", json=TOLD)
    assert pipeline.check_ticket(asked_for(bundle_plan, "support"), endpoint) == TICKET
