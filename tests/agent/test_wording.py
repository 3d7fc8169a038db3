"""Numbers are told as people do."""

import pytest

from agent.wording import counted


@pytest.mark.parametrize(("number", "told"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (2000, "2,000 files")])
def test_things_are_counted_as_people_do(number, told):
    assert counted(number, "file") == told
