"""``sendlogs id``"""

import uuid


def test_the_guid_is_made_once_and_stays(run):
    first, second = run("id"), run("id", "--json")
    assert uuid.UUID(first.out.strip())
    assert second.events == [{"event": "id", "computer_id": first.out.strip()}]
