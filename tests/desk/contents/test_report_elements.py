"""What a report may hold; that those of the agent hold no more is tested beside the agent's report."""

import pytest

from desk.contents.report_elements import foreign_elements


@pytest.mark.parametrize(
    ("report", "foreign"),
    [
        ("<!doctype html><HTML><p class=x>a < b <br/></p><svg><rect/></svg>", set()),
        ("<p>&lt;iframe&gt; < iframe</p></iframe>", set()),
        ("<IFrame src=x>", {"IFrame"}),
        ("<iframe\nsrc=x>", {"iframe"}),
        ("<iframe/src=x>", {"iframe"}),
        ("<p<iframe>", {"p<iframe"}),
        ("<svg><a href=x><foreignObject>", {"a", "foreignObject"}),
        ("<li\x00nk>", {"li\x00nk"}),
        ("<style><!--<iframe>", {"iframe"}),
        ("<link", {"link"}),
        ("<x-element>", {"x-element"}),
    ],
)
def test_every_element_that_html_would_see_is_seen(report, foreign):
    assert foreign_elements(report) == foreign
