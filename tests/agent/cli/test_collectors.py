"""``sendlogs collectors``"""

import collectors


def test_every_collector_is_told_with_what_why_and_how_private(run):
    told = {event["name"]: event for event in run("collectors", "--json").events}
    assert list(told) == list(collectors.installed())
    for name, declared in collectors.installed().items():
        assert told[name]["sensitivity"] == declared.sensitivity.value
        assert (told[name]["gathers"], told[name]["why"]) == (declared.gathers, declared.why)
        assert [option["name"] for option in told[name]["options"]] == [option.name for option in declared.options]


def test_a_person_reads_one_paragraph_for_each(run):
    out = run("collectors").out
    assert [line.split()[0] for line in out.splitlines() if not line.startswith(" ")] == list(collectors.installed())
