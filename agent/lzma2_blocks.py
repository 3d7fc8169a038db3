"""LZMA2 on all cores: blocks packed side by side by threads, and joined into one stream that every 7-Zip reads.

A block begins with a reset of the dictionary, so nothing in it refers to what is before; the streams of liblzma only
lose the byte that ends them. Threads do, since liblzma works without Python's lock. Blocks are cut by their size and
leave in their order after a fixed number of others, so neither the stream nor the moment at which its parts are
written depends on how many threads there are or which is quicker.

Sizes measured: ``docs/decisions/0032-blocks-side-by-side.md``, ``0036-pack-small-or-quick.md``,
``0103-a-window-of-a-quarter-mebibyte.md`` and ``0104-memory-of-what-was-let-go.md``.
"""

from __future__ import annotations

import lzma
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from agent import memory
from agent.cores import cores
from agent.flow import Pack

BLOCK_BYTES = 2 * 2**20
_TEXT = {"id": lzma.FILTER_LZMA2, "dict_size": 2**18, "lc": 4, "lp": 0, "pb": 0}
FILTERS: list[dict[str, Any]] = [{**_TEXT, "preset": 1, "depth": 16}]
FILTERS_BY_PACK: Mapping[Pack, list[dict[str, Any]]] = {
    "auto": FILTERS,
    "small": [{**_TEXT, "preset": 4, "dict_size": 8 * 2**20}],
    "quick": [{**_TEXT, "preset": 0}],
}
MOST_THREADS = 3  # redaction, which feeds them, keeps no more busy
_AHEAD = MOST_THREADS - 1  # blocks on their way, for any number of threads; each keeps its bytes in memory
_END = b"\x00"  # the control byte that ends a stream of LZMA2


class BlockCompressor:
    """Takes bytes and gives LZMA2, as the compressors do that py7zr chains. End it with ``flush`` or ``close``."""

    def __init__(self, threads: int | None = None, block_bytes: int | None = None, pack: Pack = "auto") -> None:
        """``threads`` is how many at most, and three in all; without it, one for each core.

        A block fills the window at least.
        """
        memory.give_back_at_once()
        count = min(threads or cores(), MOST_THREADS)
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="lzma2")
        self._filters = FILTERS_BY_PACK[pack]
        self._block_bytes = block_bytes or max(BLOCK_BYTES, self._filters[0]["dict_size"])
        self._begun = bytearray()
        self._on_the_way: deque[Future[bytes]] = deque()

    def compress(self, data: bytes) -> bytes:
        """Take ``data``; return what is ready by now, often nothing."""
        self._begun += data
        while len(self._begun) >= self._block_bytes:
            block = bytes(memoryview(self._begun)[: self._block_bytes])
            del self._begun[: self._block_bytes]
            self._on_the_way.append(self._pool.submit(_packed, block, self._filters))
        return b"".join(self._on_the_way.popleft().result() for _ in range(len(self._on_the_way) - _AHEAD))

    def flush(self) -> bytes:
        """All that is left, and the end of the stream."""
        try:
            rest = [future.result() for future in self._on_the_way]
            last = _packed(bytes(self._begun), self._filters) if self._begun else b""
        finally:
            self.close()
        return b"".join([*rest, last, _END])

    def close(self) -> None:
        """Give up what is on its way, and end the threads."""
        self._on_the_way.clear()
        self._begun.clear()
        self._pool.shutdown(cancel_futures=True)


def _packed(block: bytes, filters: list[dict[str, Any]]) -> bytes:
    """One block as LZMA2 that depends on nothing before it, without the end."""
    stream = lzma.compress(block, format=lzma.FORMAT_RAW, filters=filters)
    assert stream[-1:] == _END
    return stream[:-1]
