"""The desk's vocabulary holds together."""

from desk.support_rules import ENDED, QUEUE_OF_NEW_TICKETS, QUEUES, SEVERITY_MEANINGS, STATUS_FLOW, Severity, Status


def test_every_status_says_what_may_follow():
    assert set(STATUS_FLOW) == set(Status)
    assert all(status in following for status, following in STATUS_FLOW.items())


def test_what_has_ended_stays_ended():
    assert all(STATUS_FLOW[status] == (status,) for status in ENDED)


def test_every_severity_has_a_meaning():
    assert set(SEVERITY_MEANINGS) == set(Severity)


def test_new_tickets_have_a_queue():
    assert QUEUE_OF_NEW_TICKETS in dict(QUEUES)
