"""The events are a closed union of frozen values."""

import dataclasses
import typing

from agent import events


def test_every_event_is_a_frozen_value_and_a_member_of_the_union():
    """A front that matches on the union meets nothing else, and no front can change what another sees."""
    members = typing.get_args(events.Event)
    own = [kind for kind in vars(events).values() if isinstance(kind, type) and kind.__module__ == events.__name__]
    assert set(own) <= set(members)
    assert all(kind.__dataclass_params__.frozen for kind in members)


def test_no_event_has_room_for_content():
    """Progress goes to terminals and logs; bytes of a file have no place in it."""
    for kind in typing.get_args(events.Event):
        assert not [field.name for field in dataclasses.fields(kind) if field.type == "bytes" or field.name == "data"]
