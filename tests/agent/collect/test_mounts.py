"""Which paths may hang, by a made-up table of mounts."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.collect.mounts import may_hang


@pytest.mark.skipif(sys.platform != "linux", reason="a table of mounts, as Linux has it")
def test_only_what_is_mounted_from_elsewhere_may_hang(tmp_path: Path, mount_table: Callable[..., None]) -> None:
    """Also by way of a link; and nothing there is looked at to find that out."""
    (tmp_path / "link").symlink_to("net/logs")
    (tmp_path / "loop").symlink_to("loop")
    mount_table(**{str(tmp_path / "net"): "nfs4", "/": "ext4", str(tmp_path / "disk"): "xfs"})
    for name, hangs in {"net": True, "net/a/b": True, "link/x": True, "disk/x": False, "network": False}.items():
        assert may_hang(tmp_path / name) == hangs, name
    assert not may_hang(tmp_path / "loop/x")
