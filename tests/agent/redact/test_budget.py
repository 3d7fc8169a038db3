import io

import pytest

from agent.redact import CannotRedact, budget
from agent.redact.budget import Budget, Counted, Metered, copy


def test_what_comes_out_is_bounded_by_what_went_in():
    spent = Budget(compressed_bytes=2**20)
    spent.expand(2**20 * budget.RATIO_LIMIT)
    with pytest.raises(CannotRedact, match="more than is allowed"):
        spent.expand(1)


def test_a_small_file_may_become_larger_by_any_ratio_but_not_large():
    spent = Budget(compressed_bytes=1)
    spent.expand(2**24)
    with pytest.raises(CannotRedact):
        spent.expand(2**25)


def test_it_tells_when_the_whole_is_over_a_bound():
    spent = Budget(compressed_bytes=2**40, members=budget.MEMBERS_LIMIT, expanded_bytes=budget.EXPANDED_LIMIT_BYTES)
    assert not spent.is_spent
    with pytest.raises(CannotRedact, match="more than 10000 members"):
        spent.member()
    assert spent.is_spent


def test_a_counted_stream_tells_the_budget_what_was_read():
    spent = Budget(compressed_bytes=9)
    counted = Counted(io.BytesIO(b"0123456789"), spent)
    assert counted.read(3) + counted.read() == b"0123456789"
    assert spent.expanded_bytes == 10


@pytest.mark.parametrize("asked", [-1, 2**40])
def test_a_metered_stream_gives_no_more_than_it_may(asked):
    metered = Metered(io.BytesIO(b"x" * (budget.INDEX_LIMIT_BYTES + 1)))
    with pytest.raises(CannotRedact, match="list of members"):
        metered.read(asked)


def test_a_metered_stream_gives_all_that_is_there_when_that_is_little():
    metered = Metered(io.BytesIO(b"0123456789"))
    assert metered.read(2**40) == b"0123456789"
    metered.seek(1)
    metered.allowance_bytes = None
    assert metered.read() == b"123456789"
    assert metered.tell() == 10


def test_a_copy_is_whole():
    target = io.BytesIO()
    copy(io.BytesIO(b"ab" * 300_000), target)
    assert target.getvalue() == b"ab" * 300_000
