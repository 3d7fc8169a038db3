"""Options come out as the types they were declared with."""

import pytest

from collectors import _options


def test_each_kind_is_read_as_its_type(machine) -> None:
    context = machine(options={"a": "x", "b": 1.5, "c": 2, "d": ["x", "y"], "e": [{"k": 1}, "no object"], "f": 3})
    assert _options.text(context, "a") == "x"
    assert (_options.number(context, "b"), _options.number(context, "c")) == (1.5, 2.0)
    assert _options.integer(context, "c") == 2
    assert _options.texts(context, "d") == ("x", "y")
    assert _options.objects(context, "e") == ({"k": 1},)
    assert _options.entries(context, "e") == ({"k": 1}, "no object")


@pytest.mark.parametrize("read", [_options.number, _options.integer, _options.texts])
def test_a_value_of_another_kind_is_a_broken_promise_of_the_plan(machine, read) -> None:
    with pytest.raises(AssertionError):
        read(machine(options={"a": "x"}), "a")
