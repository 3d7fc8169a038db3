"""``sendlogs id``"""

import uuid


def test_the_guid_is_made_once_and_stays(run):
    first, second = run("id"), run("id", "--json")
    assert uuid.UUID(first.out.strip())
    assert second.events == [{"event": "id", "computer_id": first.out.strip()}]


def test_the_key_is_shown_as_openssh_shows_it(run, machine):
    told = run("id", "--key", "--json").events
    assert len(told) == 1
    assert told[0]["public_key"].startswith("ssh-ed25519 AAAA")
    shown = run("id", "--key").out.splitlines()
    assert shown == [f"{told[0]['public_key']} {told[0]['computer_id']}", told[0]["fingerprint"]]
    (machine / "state" / "signing-key").write_bytes(b"cut short")
    assert run("id", "--key").code == 9
    assert run("id").code == 0
