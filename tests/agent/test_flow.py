"""The values that flow between the stages: all of one kind, and all of them listed."""

import dataclasses
import inspect

import pytest

from agent import flow

OWN = {name: value for name, value in vars(flow).items() if getattr(value, "__module__", "") == flow.__name__}
VALUES = {name: value for name, value in OWN.items() if dataclasses.is_dataclass(value)}


@pytest.mark.parametrize("name", VALUES)
def test_what_flows_cannot_be_changed_on_the_way(name: str) -> None:
    """Frozen, so that a stage cannot alter what another holds; keyword-only; and with its docstring."""
    value = VALUES[name]
    assert value.__dataclass_params__.frozen
    assert "__slots__" in vars(value)
    assert all(field.kw_only for field in dataclasses.fields(value))
    assert not (inspect.getdoc(value) or "").startswith(f"{name}("), "a docstring of its own"


@pytest.mark.parametrize("name", VALUES)
def test_sizes_and_durations_tell_their_unit(name: str) -> None:
    for field in dataclasses.fields(VALUES[name]):
        if "size" in field.name or field.name.startswith(("sent_", "scanned_", "limit_")):
            assert field.name.endswith("_bytes")
        if "float" in str(field.type):
            assert field.name.endswith("_seconds")


def test_severities_are_numbered_as_the_desk_numbers_them() -> None:
    """1 is the worst, and each has the sentence by which a person picks it."""
    assert [(severity.value, severity.name) for severity in flow.Severity] == [
        (1, "CRITICAL"),
        (2, "HIGH"),
        (3, "MEDIUM"),
        (4, "LOW"),
    ]
    assert len({severity.meaning for severity in flow.Severity}) == len(flow.Severity)
