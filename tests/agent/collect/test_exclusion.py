"""What is taken out, and the patterns that took nothing out."""

import pytest

import collectors
from agent.collect import collect
from agent.collect.exclusion import Exclusion
from agent.events import NothingTakenOut
from tests.agent.collect.test_init import alpha, beta, plan_of, step


def test_a_pattern_fits_a_whole_path_or_its_last_part():
    exclusion = Exclusion(("logs/*", "a.txt", "b", "b"))
    assert [path for path in ("logs/x/y", "z/a.txt", "a.txt.gz", "c") if exclusion.takes_out(path)] == [
        *("logs/x/y", "z/a.txt")
    ]
    assert exclusion.unused() == ("b",)


@pytest.mark.parametrize(
    ("exclude", "told"),
    [
        ((), []),
        (("alpha/one.txt", "two.*"), []),
        (("beta/*",), []),  # that it is left out anyway is no slip
        (("network",), []),  # nor is a collector that this profile does without
        (("alpha/*", "logz/**", "Alpha/*"), [("logz/**", "Alpha/*")]),
    ],
)
def test_patterns_that_fit_nothing_are_told_at_the_end(monkeypatch, exclude, told):
    some = collectors.installed()["account"]
    made = {
        function.__name__: collectors.Collector(
            title="T", gathers="G.", why="W.", sensitivity=some.sensitivity, collect=function, apart=False
        )
        for function in (alpha, beta)
    }
    monkeypatch.setattr(collectors, "installed", lambda: made | {"network": some})
    events = []
    list(collect(plan_of([step(name, made[name], 9.0) for name in made], exclude=exclude), events.append))
    assert [event.patterns for event in events if isinstance(event, NothingTakenOut)] == told
    assert not told or isinstance(events[-1], NothingTakenOut)
