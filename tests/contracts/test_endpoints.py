"""The contract of every ticketing endpoint: what delivery relies on holds for each that is installed.

An endpoint joins by a factory in ``endpoint_sites.py`` that makes a *real* site of its kind, as two devices see it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.endpoints import EndpointKind, installed
from agent.errors import ClosedTicket, EndpointError, StorageError, UnknownTicket
from agent.flow import Archive, Consent, Severity, TicketDraft
from agent.volumes import volumes_of
from tests.contracts.endpoint_sites import FACTORIES, Site, marked

MAGIC = b"7z\xbc\xaf\x27\x1c"  # how every .7z begins; an endpoint may look


@pytest.fixture(scope="module", params=[marked(name) for name in sorted(installed())])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Site:
    name: str = request.param
    assert name in FACTORIES, f"the endpoint {name} joins the contract suite by a factory in endpoint_sites.py"
    return FACTORIES[name](request, tmp_path_factory.mktemp(name))


@pytest.fixture(scope="module", params=sorted(installed()))
def kind(request: pytest.FixtureRequest) -> EndpointKind:
    return installed()[request.param]


@pytest.fixture
def archive(tmp_path: Path, site: Site) -> Archive:
    if not site.takes_files:
        pytest.skip("takes links alone; its own tests hold it to the same")
    file = tmp_path / "bundle.7z"
    # 640 kB, several blocks on the wire; where bytes rot, the last becomes NUL, which a random one may be already.
    data = MAGIC + uuid.uuid4().bytes * 40_000 + b"."
    file.write_bytes(data)
    return Archive(
        bundle_id=str(uuid.uuid4()),
        file=file,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        made_at=datetime.now(UTC),
        members=(),
        skipped=(),
        facts={},
        counts={},
    )


def consent_to(archive: Archive) -> Consent:
    return Consent(archive_sha256=archive.sha256, given_by="jo", how="asked", given_at=datetime.now(UTC))


def draft(key: str | None = None, subject: str = "Cannot restore") -> TicketDraft:
    return TicketDraft(
        idempotency_key=key or str(uuid.uuid4()),
        subject=subject,
        description="It stops at 12 %.\n\nSince Monday.",
        severity=Severity.HIGH,
        product="Example Backup",
        computer_id=str(uuid.uuid4()),
        operating_system="Debian GNU/Linux 12",
        account="jo@example.org",
        version="11.2.0",
        cloud=None,
    )


def nothing(sent_bytes: int, total_bytes: int) -> None:
    pass


def test_declares_what_a_person_reads(kind: EndpointKind) -> None:
    """An endpoint has a title, and says by an example how its address is written."""
    assert kind.title
    assert kind.address_help


def test_an_opened_ticket_is_found_by_its_number(site: Site) -> None:
    """What ``open`` returned is what ``look_up`` finds, also by the number as people write it."""
    opened = site.ours.open(draft(subject="Restore stops"))
    assert site.ours.look_up(opened.number) == opened
    assert site.ours.look_up(f" #{opened.number} ") == opened
    assert opened.subject == "Restore stops"
    assert opened.severity == Severity.HIGH
    assert opened.accepts_bundles
    assert opened.number in opened.link


def test_a_number_nobody_has_is_unknown(site: Site) -> None:
    """A number that no ticket has is an unknown ticket."""
    with pytest.raises(UnknownTicket):
        site.ours.look_up(site.absent)


@pytest.mark.parametrize("typed", ["", "#", "abc", "12a", "-1", "0", "1.5", "../1", "٣", "1/../2", "1" * 40, "1\n2"])
def test_what_is_no_number_is_unknown(site: Site, typed: str) -> None:
    """Whatever is not digits is the number of no ticket, and never reaches a path or an address."""
    with pytest.raises(UnknownTicket):
        site.ours.look_up(typed)


def test_a_foreign_ticket_is_told_like_an_absent_one(site: Site) -> None:
    """Another device's ticket cannot be told from one that does not exist, but for the number in the sentence."""
    foreign = site.theirs.open(draft())
    absent = site.absent
    with pytest.raises(UnknownTicket) as told_foreign:
        site.ours.look_up(foreign.number)
    with pytest.raises(UnknownTicket) as told_absent:
        site.ours.look_up(absent)
    assert str(told_foreign.value).replace(f"ticket {foreign.number}", "it") == str(told_absent.value).replace(
        f"ticket {absent}", "it"
    )


def test_a_foreign_ticket_takes_no_bundle(site: Site, archive: Archive) -> None:
    """Attaching to another device's ticket is refused as unknown."""
    foreign = site.theirs.open(draft())
    with pytest.raises(UnknownTicket):
        site.ours.attach(foreign, archive, consent_to(archive), nothing)


def test_one_key_opens_one_ticket(site: Site) -> None:
    """Opening again under the same idempotency key gives the ticket of the first time."""
    key = str(uuid.uuid4())
    first, before = site.ours.open(draft(key)), len(site.ours.tickets())
    assert site.ours.open(draft(key)) == first
    assert len(site.ours.tickets()) == before


def test_an_attached_bundle_has_a_link(site: Site, archive: Archive) -> None:
    """``attach`` returns a link, and reports progress up to the last byte."""
    progress: list[tuple[int, int]] = []
    ticket = site.ours.open(draft())
    link = site.ours.attach(ticket, archive, consent_to(archive), lambda *told: progress.append(told))
    assert link
    assert progress[-1] == (archive.size_bytes, archive.size_bytes)
    assert [sent for sent, _ in progress] == sorted({sent for sent, _ in progress})


def test_a_bundle_attached_twice_is_there_once(site: Site, archive: Archive) -> None:
    """The same bundle again is not sent again and has the same link."""
    again: list[int] = []
    ticket = site.ours.open(draft())
    link = site.ours.attach(ticket, archive, consent_to(archive), nothing)
    assert site.ours.attach(ticket, archive, consent_to(archive), lambda sent, _: again.append(sent)) == link
    assert again == []


def test_a_closed_ticket_says_so_and_takes_nothing(site: Site, archive: Archive) -> None:
    """A closed ticket is found, does not accept bundles, and refuses one, also from a caller with old knowledge."""
    ticket = site.ours.open(draft())
    site.close(ticket.number)
    assert not site.ours.look_up(ticket.number).accepts_bundles
    for known in (ticket, site.ours.look_up(ticket.number)):
        with pytest.raises(ClosedTicket):
            site.ours.attach(known, archive, consent_to(archive), nothing)


def test_a_bundle_that_arrived_before_the_closing_is_there(site: Site, archive: Archive) -> None:
    """A repetition after the ticket was closed finds the bundle in its place: that is no error."""
    ticket = site.ours.open(draft())
    link = site.ours.attach(ticket, archive, consent_to(archive), nothing)
    site.close(ticket.number)
    assert site.ours.attach(site.ours.look_up(ticket.number), archive, consent_to(archive), nothing) == link


def test_stored_bytes_that_rotted_are_noticed(site: Site, archive: Archive) -> None:
    """The read-back looks at what is stored now: a copy with another hash is an error, not a delivery."""
    ticket = site.ours.open(draft())
    site.ours.attach(ticket, archive, consent_to(archive), nothing)
    site.damage(ticket.number, archive.bundle_id)
    with pytest.raises(EndpointError, match="SHA-256"):
        site.ours.attach(ticket, archive, consent_to(archive), nothing)


@pytest.mark.parametrize("change", ["longer", "shorter", "other"])
def test_a_file_that_is_not_the_archive_is_not_stored(site: Site, archive: Archive, change: str) -> None:
    """Bytes that differ from what was agreed to never arrive; the right ones still can."""
    right = archive.file.read_bytes()
    archive.file.write_bytes({"longer": right + b"x", "shorter": right[:-1], "other": right[:-1] + b"\x00"}[change])
    ticket = site.ours.open(draft())
    with pytest.raises(StorageError):
        site.ours.attach(ticket, archive, consent_to(archive), nothing)
    archive.file.write_bytes(right)
    assert site.ours.attach(ticket, archive, consent_to(archive), nothing)


def test_one_id_never_names_two_bundles(site: Site, archive: Archive) -> None:
    """Another archive under an id that is taken is refused, and the first one stays."""
    ticket = site.ours.open(draft())
    site.ours.attach(ticket, archive, consent_to(archive), nothing)
    other = MAGIC + b"another" * 1000
    second = dataclasses.replace(
        archive,
        file=archive.file.with_name("second.7z"),
        size_bytes=len(other),
        sha256=hashlib.sha256(other).hexdigest(),
    )
    second.file.write_bytes(other)
    with pytest.raises(EndpointError):
        site.ours.attach(ticket, second, consent_to(second), nothing)
    assert site.ours.attach(ticket, archive, consent_to(archive), nothing)


@pytest.fixture
def in_volumes(site: Site, archive: Archive) -> Archive:
    """The archive, as it goes to a place that takes no file so large: three volumes, the last the smallest."""
    if not site.takes_volumes:
        pytest.skip("takes a bundle as one file alone")
    return dataclasses.replace(archive, volume_bytes=archive.size_bytes // 5 * 2)


def held(site: Site, number: str, name: str) -> list[str]:
    """The SHA-256 of each file of that name on the ticket, as the tracker gives it back."""
    tracker: Any = site.ours
    return [tracker._sha256(found) for found in tracker._held(number, name)]


def test_a_bundle_over_the_limit_of_a_file_is_there_as_volumes(site: Site, in_volumes: Archive) -> None:
    """Each volume is one attachment with its own bytes, once; the link leads to the first, the progress to the end."""
    progress: list[tuple[int, int]] = []
    ticket, parts = site.ours.open(draft()), volumes_of(in_volumes)
    link = site.ours.attach(ticket, in_volumes, consent_to(in_volumes), lambda *told: progress.append(told))
    assert len(parts) == 3
    for number, part in enumerate(parts, 1):
        assert held(site, ticket.number, f"{in_volumes.bundle_id}.7z.{number:03d}") == [part.sha256]
    assert held(site, ticket.number, f"{in_volumes.bundle_id}.7z") == []
    assert progress[-1] == (in_volumes.size_bytes, in_volumes.size_bytes)
    assert [sent for sent, _ in progress] == sorted({sent for sent, _ in progress})
    again: list[int] = []
    assert site.ours.attach(ticket, in_volumes, consent_to(in_volumes), lambda sent, _: again.append(sent)) == link
    assert again == []


def test_volumes_that_are_there_already_are_not_sent_again(site: Site, in_volumes: Archive) -> None:
    """A delivery that ended after some volumes goes on with the others."""
    ticket, sent = site.ours.open(draft()), list[int]()

    def cut_off(sent_bytes: int, total_bytes: int) -> None:
        if sent_bytes > volumes_of(in_volumes)[0].size_bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        site.ours.attach(ticket, in_volumes, consent_to(in_volumes), cut_off)
    site.ours.attach(ticket, in_volumes, consent_to(in_volumes), lambda so_far, _: sent.append(so_far))
    assert min(sent) > volumes_of(in_volumes)[0].size_bytes
    for number, part in enumerate(volumes_of(in_volumes), 1):
        assert held(site, ticket.number, f"{in_volumes.bundle_id}.7z.{number:03d}") == [part.sha256]


def test_a_closed_ticket_takes_no_volume(site: Site, in_volumes: Archive) -> None:
    """It refuses volumes as it refuses a whole bundle."""
    ticket = site.ours.open(draft())
    site.close(ticket.number)
    with pytest.raises(ClosedTicket):
        site.ours.attach(ticket, in_volumes, consent_to(in_volumes), nothing)


def test_a_file_that_is_not_the_archive_goes_in_no_volume(site: Site, in_volumes: Archive) -> None:
    """Bytes that differ from what was agreed to never arrive, not even the volumes before them."""
    in_volumes.file.write_bytes(in_volumes.file.read_bytes()[:-1] + b"\x00")
    ticket = site.ours.open(draft())
    with pytest.raises(StorageError):
        site.ours.attach(ticket, in_volumes, consent_to(in_volumes), nothing)
    assert held(site, ticket.number, f"{in_volumes.bundle_id}.7z.001") == []


def test_lists_this_devices_tickets_newest_first(site: Site) -> None:
    """The list holds one's own tickets alone, the newest first."""
    older, newer = site.ours.open(draft()), site.ours.open(draft())
    foreign = site.theirs.open(draft())
    numbers = [ticket.number for ticket in site.ours.tickets()]
    assert numbers[:2] == [newer.number, older.number]
    assert foreign.number not in numbers


def test_check_says_that_all_is_well(site: Site) -> None:
    """``check`` answers with a sentence."""
    assert site.ours.check().endswith(".")
