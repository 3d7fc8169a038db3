"""The floors: how much of the corpus redaction must find, and leave. Raise them when the rules become better."""

import pytest

from agent.redact import LocalFacts, Redactor, load_rules, redact_tree
from tests.corpus.corpus import ROWS, rows, write
from tests.corpus.score import score_folder

ROWS_IN_ALL = 1600
FLOORS_PERCENT = {"secret": 94, "personal": 82, "clean": 94}


@pytest.fixture(scope="module", params=[1, 2])
def scored(request, tmp_path_factory):
    """The product's score over the first rows of a seed, as ``sendlogs redact`` would come by it."""
    folder = tmp_path_factory.mktemp("corpus")
    chosen = list(rows(request.param, ROWS_IN_ALL // 2))
    write(chosen, folder)
    redactor = Redactor(load_rules(), b"k" * 32, LocalFacts())
    report = redact_tree(folder / ROWS, folder / "redacted", redactor)
    assert report.withheld == ()
    return score_folder(chosen, folder / "redacted")


@pytest.mark.parametrize("family", FLOORS_PERCENT)
def test_redaction_keeps_above_its_floor(family, scored):
    missed = [f"{row.kind} in {row.context}: {output}" for row, output in scored.failed if row.family == family]
    assert scored.by_family[family].percent >= FLOORS_PERCENT[family], "\n".join(missed)
