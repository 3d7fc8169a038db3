"""A finding says how bad it is."""

from agent.doctor.findings import Finding, ok, problem, warning


def test_each_level_has_its_maker():
    assert ok("disk", "There is room.") == Finding(name="disk", level="ok", message="There is room.")
    assert warning("disk", "Scarce.", "Free some.").level == "warning"
    assert problem("disk", "Full.", "Free some.") == Finding(
        name="disk", level="problem", message="Full.", advice="Free some."
    )
