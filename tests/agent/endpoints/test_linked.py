"""A tracker that takes links alone, with a folder beside it: whatever fails, one issue, one bundle, one link."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from agent.endpoints import Connection, Endpoint, installed
from agent.endpoints._linked import LinkedEndpoint
from agent.errors import Unreachable
from tests.vendors.faults import FAULTS, Told, device
from tests.vendors.github_issues import OURS, GithubIssues


def linked(vendor: GithubIssues, folder: Path) -> Endpoint:
    share = folder / "share"
    share.mkdir(exist_ok=True)
    store = installed()["folder"].connect(Connection(address=str(share), credential_file=folder / "none"))
    return LinkedEndpoint(device("github_issues", vendor, folder, OURS, timeout_seconds=0.5), store)


def deliver(endpoint: Endpoint, told: Told) -> str:
    return endpoint.attach(endpoint.open(told[0]), told[1], told[2], lambda sent, total: None)


def test_the_issue_tells_where_the_bundle_lies_and_what_it_is(tmp_path: Path, told: Told) -> None:
    vendor = GithubIssues()
    with vendor.server.running():
        endpoint = linked(vendor, tmp_path)
        where = deliver(endpoint, told)
        (comment,), (bundle,) = vendor.comments, (tmp_path / "share").glob("ticket-*/*.7z")
        lines = comment["body"].splitlines()
        assert where == comment["html_url"]
        assert bundle.read_bytes() == told[1].file.read_bytes()
        assert f"SHA-256: {told[1].sha256}" in lines
        assert lines[-1].startswith("Link: ")
        assert bundle.name in lines[-1]
        (ticket,) = endpoint.tickets()
        assert ticket == endpoint.look_up(ticket.number)
        shelf = (bundle.parent / "ticket.json").read_text()
        assert f"Bundle for ticket {ticket.number}" in shelf
        assert ticket.link in shelf
        assert "GitHub" in endpoint.check()
        assert str(tmp_path / "share") in endpoint.check()


@pytest.mark.parametrize("fault", ["cut after", "cut before", "503"])
def test_whatever_fails_there_is_one_bundle_and_one_link(tmp_path: Path, told: Told, fault: str) -> None:
    hurt, calm = 0, False
    while not calm:
        vendor, folder = GithubIssues(), tmp_path / str(hurt)
        folder.mkdir()
        with vendor.server.running():
            vendor.server.troubles = [*[None] * hurt, FAULTS[fault]]
            endpoint = linked(vendor, folder)
            try:
                deliver(endpoint, told)
                calm = bool(vendor.server.troubles)
            except Unreachable:
                deliver(endpoint, told)
            assert vendor.kept() == (1, 1)
            assert len(list(folder.glob("share/ticket-*/*.7z"))) == 1
        hurt += not calm
    assert hurt >= 8


def test_a_long_subject_and_no_severity_are_no_trouble(tmp_path: Path, told: Told) -> None:
    vendor = GithubIssues()
    with vendor.server.running():
        endpoint = linked(vendor, tmp_path)
        ticket = dataclasses.replace(endpoint.open(told[0]), subject="x" * 250, severity=None)
        assert endpoint.attach(ticket, told[1], told[2], lambda sent, total: None)
