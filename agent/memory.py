"""Memory that is given back to the system as soon as it is free.

glibc takes large blocks from the system one by one and gives each back when it is freed; but whenever one is, it raises
the size from which it does so, up to 32 MiB (mallopt(3), "dynamic mmap threshold"). The packing threads free tens of
MiB with every block, so after the first of them all that comes and goes would stay with this process to its end.
Who sets that size also ends that what is free at the end of a heap stays in step with it: it is given back from 128 KiB
on, and taken again a moment later, as fresh pages that the system has to clear. A bundle of 200 MB took some 2 of 28
processor seconds for that, so a few MiB stay.
What is small comes from one heap, of which only the end is given back by itself: a picker that was let go of, whose
automata have many small parts, leaves some twenty MiB between what is still in use.
Where another library allocates, nothing is done, and nothing fails.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_LARGE_BYTES = 2**20
_KEPT_BYTES = 4 * 2**20  # at the end of the heap, and of each thread's; with twice as much nothing is quicker
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


def give_back_at_once() -> bool:
    """From now on, in this process and its copies, a block of 1 MiB or more is the system's when it is freed.

    Return whether the allocator took that in.
    """
    mallopt = _of_the_c_library("mallopt")
    if mallopt is None or mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES) != 1:
        return False
    return bool(mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES) == 1)


def give_back_what_is_free() -> bool:
    """Give the system every whole page of the heap that is not in use (malloc_trim(3)); whether there was any."""
    trim = _of_the_c_library("malloc_trim")
    return trim is not None and trim(0) == 1


def _of_the_c_library(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
