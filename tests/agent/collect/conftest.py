"""Tables of mounts, made up and real."""

from collections.abc import Callable
from types import SimpleNamespace

import psutil
import pytest


@pytest.fixture
def mount_table(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretend that the machine has these mounts: place → type."""

    def pretend(**types: str) -> None:
        rows = [SimpleNamespace(mountpoint=place, fstype=kind, opts="", device="") for place, kind in types.items()]
        monkeypatch.setattr(psutil, "disk_partitions", lambda **_: rows)

    return pretend
