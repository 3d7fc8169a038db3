"""For all tests: an example may take as long as the machine is busy. What is slow is a benchmark's to find.

What Windows has not is not tested there: such tests are marked `posix`.
"""

import sys

import pytest
from hypothesis import settings

settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if sys.platform == "win32":
        for item in items:
            if item.get_closest_marker("posix") is not None:
                item.add_marker(pytest.mark.skip(reason="Windows has no permission bits, signals or FIFOs"))
