"""As many cores as this process may use, which may be fewer than the computer has."""

import os

from agent.cores import cores


def test_a_process_that_is_held_to_some_cores_knows(monkeypatch):
    assert 1 <= cores() <= (os.cpu_count() or 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    assert cores() == 2
    monkeypatch.delattr(os, "sched_getaffinity")  # as on Windows and macOS
    assert cores() == os.cpu_count()
