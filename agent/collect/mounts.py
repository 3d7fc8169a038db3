"""Which paths lead over what is mounted from elsewhere, where a call may never end: network folders and FUSE."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import psutil

# What the kernel serves from disks and memory of its own, as /proc/mounts and getfsstat name it.
_LOCAL = frozenset(
    {"apfs", "btrfs", "cgroup", "cgroup2", "devfs", "devpts", "devtmpfs", "erofs", "exfat", "ext2", "ext3", "ext4"}
    | {"f2fs", "hfs", "iso9660", "jfs", "msdos", "ntfs3", "overlay", "proc", "ramfs", "rootfs", "securityfs"}
    | {"squashfs", "sysfs", "tmpfs", "udf", "ufs", "vfat", "xfs", "zfs"}
)


if sys.platform == "win32":

    def may_hang(path: Path) -> bool:
        """Whether ``path`` is on another computer, by its name or its drive."""
        remote = {each.device.casefold() for each in psutil.disk_partitions(all=True) if "remote" in each.opts}
        return path.drive.startswith("\\\\") or f"{path.drive}\\".casefold() in remote

else:

    def may_hang(path: Path) -> bool:
        """Whether the way to ``path`` leads over what is mounted from elsewhere. Looks at nothing that could hang."""
        foreign = {each.mountpoint for each in psutil.disk_partitions(all=True) if each.fstype not in _LOCAL}
        place, left, steps = "/", str(path).split("/")[::-1], 0
        while left and steps < os.pathconf("/", "PC_PATH_MAX"):
            steps += 1
            part = left.pop()
            if part in {"", "."}:
                continue
            place = os.path.normpath(os.path.join(place, part))  # noqa: PTH118 - names may hold any byte
            if place in foreign:
                return True
            with contextlib.suppress(OSError, ValueError):  # ValueError: a NUL in the name
                target = os.readlink(place)  # noqa: PTH115 - names may hold any byte
                left += target.split("/")[::-1]
                place = "/" if target.startswith("/") else os.path.dirname(place)  # noqa: PTH120 - as above
        return False
