"""The bar shows what is being gathered, then what has gone out."""

import pytest

from agent.cli.progress_bar import ProgressBar
from agent.events import Collected, Collecting, Uploading


@pytest.fixture
def bar():
    made = ProgressBar()
    yield made
    made.stop()


def shown(bar):
    return bar._progress.tasks[0]


def test_it_names_the_collector_and_counts_files(bar):
    bar.show(Collecting(collector="network", title="Network [x]\x1b[2J", index=2, total=4))
    assert (shown(bar).completed, shown(bar).total) == (1, 4)
    assert "\x1b" not in shown(bar).description
    bar.show(Collected(path="a", size_bytes=1, replacements=0))
    bar.show(Collected(path="b", size_bytes=1, replacements=0))
    assert shown(bar).description.endswith("2 files ready")


def test_it_moves_with_the_upload_even_of_nothing(bar):
    bar.show(Uploading(sent_bytes=1_500_000, total_bytes=3_000_000))
    assert (shown(bar).completed, shown(bar).total) == (1_500_000, 3_000_000)
    assert shown(bar).description == "Sending 1.5 MB of 3.0 MB"
    bar.show(Uploading(sent_bytes=0, total_bytes=0))
    assert shown(bar).total == 1
