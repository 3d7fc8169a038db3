"""Memory that is given back to the system as soon as it is free.

glibc takes large blocks from the system one by one and gives each back when it is freed; but whenever one is, it raises
the size from which it does so, up to 32 MiB (mallopt(3), "dynamic mmap threshold"). The packing threads free tens of
MiB with every block, so after the first of them all that comes and goes would stay with this process to its end.
Where another library allocates, nothing is done, and nothing fails.
"""

from __future__ import annotations

import ctypes
import sys

_LARGE_BYTES = 2**20
_M_MMAP_THRESHOLD = -3  # malloc.h


def give_back_at_once() -> bool:
    """From now on, in this process and its copies, a block of 1 MiB or more is the system's when it is freed.

    Return whether the allocator took that in.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES) == 1
