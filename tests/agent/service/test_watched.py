"""What tells that a file of the settings has changed."""

import json
from pathlib import Path

from agent.service.watched import signature


def test_a_file_that_appears_or_changes_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "agent.yaml"
    before = signature([str(file)])
    file.write_text("a")
    between = signature([str(file)])
    file.write_text("ab")
    after = signature([str(file)])
    assert before != between != after != before


def test_it_is_the_same_after_it_was_told(tmp_path: Path) -> None:
    found = signature([str(tmp_path), str(tmp_path / "nothing")])
    assert json.loads(json.dumps(found)) == found
