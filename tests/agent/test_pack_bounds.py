"""The bounds of packing: those of the plan, and one volume more at a time as far as it allows."""

import dataclasses

from agent.flow import Plan
from agent.pack_bounds import PackBounds


def test_they_are_the_plans(bundle_plan: Plan) -> None:
    plan = dataclasses.replace(bundle_plan, volume_bytes=7, volumes_bytes=20)
    bounds = PackBounds.of(plan, None, 3)
    for name in ("made_at", "limit_bytes", "volume_bytes", "volumes_bytes", "pack"):
        assert getattr(bounds, name) == getattr(plan, name)
    assert (bounds.signing_key, bounds.threads) == (None, 3)


def test_a_volume_more_is_allowed_up_to_all_of_them(bundle_plan: Plan) -> None:
    plan = dataclasses.replace(bundle_plan, limit_bytes=7, volume_bytes=7, volumes_bytes=20)
    seen, bounds = list[int](), PackBounds.of(plan, None, None)
    while more := bounds.with_one_volume_more():
        bounds = more
        seen.append(bounds.limit_bytes)
    assert seen == [14, 20]
    assert PackBounds.of(bundle_plan, None, None).with_one_volume_more() is None
