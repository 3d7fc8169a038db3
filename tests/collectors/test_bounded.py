"""A call that hangs is left behind; one that ends gives what it gave."""

import threading
import time

import pytest

from collectors._bounded import call


def test_it_returns_what_the_function_returns():
    assert call(lambda: 42, timeout_seconds=5) == 42


def test_it_raises_what_the_function_raises():
    with pytest.raises(KeyError, match="missing"):
        call(lambda: {}["missing"], timeout_seconds=5)


def test_it_ends_when_the_function_does_not():
    release, started = threading.Event(), time.monotonic()
    with pytest.raises(TimeoutError, match=r"0\.1 s"):
        call(lambda: release.wait(60), timeout_seconds=0.1)
    assert time.monotonic() - started < 5
    release.set()
