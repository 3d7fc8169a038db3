"""``sendlogs receipts``"""

import dataclasses

from agent.cli.session import open_session


def test_what_has_left_is_told_with_its_hash_and_who_agreed(run, machine, make_archive, agree, draft_for):
    archive = make_archive()
    (machine / "share").mkdir()
    open_session().outbox.put(archive, draft_for(archive), agree(archive), f"folder:{machine / 'share'}", "scope")
    assert run("receipts").out == ""
    run("outbox", "retry")
    (told,) = run("receipts", "--json").events
    assert (told["bundle_id"], told["sha256"]) == (archive.bundle_id, archive.sha256)
    assert told["consent"]["given_by"] == "jo"
    out = run("receipts").out
    assert f"SHA-256 {archive.sha256}" in out
    assert "agreed by jo (asked, after seeing it)" in out


def test_a_receipt_that_cannot_be_read_is_told_and_not_passed_over(run, machine, make_archive, agree, draft_for):
    """Whoever asks what has left must not be shown less than that."""
    archive = make_archive()
    (machine / "share").mkdir()
    open_session().outbox.put(archive, draft_for(archive), agree(archive), f"folder:{machine / 'share'}", "scope")
    run("outbox", "retry")
    (file,) = (machine / "state" / "receipts").glob("*.json")
    file.write_bytes(b"?")
    (told,) = run("receipts", "--json").events
    assert told["event"] == "damaged"
    assert archive.bundle_id in told["bundle_id"]


def test_what_is_kept_without_a_ticket_has_left_as_well(run, machine, make_archive, agree, draft_for):
    archive = make_archive()
    box = open_session().outbox
    entry = box.put(archive, draft_for(archive), agree(archive), f"folder:{machine / 'share'}", "scope")
    box.update(dataclasses.replace(entry, ticket="777", quarantined="It is gone.", kept_until="2026-12-26"))
    (told,) = run("receipts", "--json").events
    assert (told["event"], told["sha256"], told["kept_until"]) == ("kept", archive.sha256, "2026-12-26")
    dropped = run("outbox", "drop", archive.bundle_id).out
    assert "it has left, and is kept without a ticket until 2026-12-26" in dropped
    out = run("receipts").out
    assert "kept without a ticket until 2026-12-26  meant for ticket 777" in out
    assert archive.sha256 in out
    assert "without a ticket until 2026-12-26" in run("outbox", "dropped").out
