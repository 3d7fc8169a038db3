"""A TCP proxy on loopback that does to HTTP what networks, proxies and dying servers do to it.

Each connection meets at most one fault, drawn from a seed, at one of its first requests: cut on the way out (also at
the borders of the blocks that bodies are sent in), lost before or *after* the server has acted, an answer that never
comes, is cut, is a storm of 429 and 503, a web page, or a redirect to another host; or a line of 64 kbit/s.
"""

from __future__ import annotations

import contextlib
import random
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

BLOCK_BYTES = 2**16  # what bodies are sent in
_REQUESTS = 4  # at one of so many first requests of a connection the fault happens
_SLOW_BYTES_PER_SECOND = 8_000  # 64 kbit/s
_PATIENCE_SECONDS = 20.0  # a connection that nobody ends

# Weights: of a hundred connections about 45 are spared. Stalls and slow lines cost the most time.
_FAULTS = {
    "none": 45,
    "cut request": 12,
    "cut request at a block": 5,
    "lost before": 10,
    "lost after": 10,
    "cut answer": 7,
    "storm": 5,
    "web page": 2,
    "redirect": 2,
    "stall": 1,
    "slow": 1,
}


class Fault(NamedTuple):
    """What happens to a connection, at which of its requests (from 0), and after how many bytes."""

    kind: str
    request: int
    after_bytes: int


class ChaosProxy:
    """Listens on ``port`` of 127.0.0.1 and passes connections on to ``upstream_port`` there; ``faults`` counts."""

    def __init__(self, upstream_port: int, *, seed: int, stall_seconds: float) -> None:
        self.faults: Counter[str] = Counter()
        self.strangers_met = 0  # connections to the host that redirects point to: there must be none
        self._chance = random.Random(seed)
        self._upstream_port = upstream_port
        self._stall_seconds = stall_seconds
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._stranger = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open = True
        self._threads = [threading.Thread(target=self._accept), threading.Thread(target=self._stand_by)]

    def __enter__(self) -> ChaosProxy:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        for listening in (self._listening, self._stranger):
            with contextlib.suppress(OSError):  # closing does not wake who accepts; a caller does
                socket.create_connection(listening.getsockname(), 1).close()
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)
        self._listening.close()
        self._stranger.close()

    def _accept(self) -> None:
        while self._open:
            client, _ = self._listening.accept()
            if not self._open:
                client.close()
                return
            fault = self._drawn()
            thread = threading.Thread(target=self._serve, args=(client, fault), daemon=True)
            thread.start()

    def _stand_by(self) -> None:
        while True:
            caller, _ = self._stranger.accept()
            caller.close()
            if not self._open:
                return
            self.strangers_met += 1

    def _drawn(self) -> Fault:
        kind = self._chance.choices(list(_FAULTS), list(_FAULTS.values()))[0]
        after_bytes = self._chance.randrange(1, self._chance.choice((400, 2_000, 200_000)))
        if kind == "cut request at a block":
            after_bytes = self._chance.randrange(1, 4) * BLOCK_BYTES
        return Fault(kind, self._chance.randrange(_REQUESTS), after_bytes)

    def _serve(self, client: socket.socket, fault: Fault) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(_PATIENCE_SECONDS)
            with socket.create_connection(("127.0.0.1", self._upstream_port), _PATIENCE_SECONDS) as upstream:
                _Connection(self, client, upstream, fault).run()

    def happened(self, fault: Fault) -> None:
        """Count a fault that has really befallen a request."""
        self.faults[fault.kind] += 1

    def answer(self, kind: str) -> bytes:
        """An answer that does not come from the server."""
        if kind == "storm":
            status = self._chance.choice((b"429 Too Many Requests", b"503 Service Unavailable"))
            head, body = b"HTTP/1.1 " + status + b"\r\nRetry-After: 0\r\nContent-Type: text/plain\r\n", b"busy"
        elif kind == "web page":
            head, body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", b"<html><body>Please log in</body></html>"
        else:
            where = b"http://127.0.0.1:%d/elsewhere" % self._stranger.getsockname()[1]
            head, body = b"HTTP/1.1 302 Found\r\nLocation: " + where + b"\r\n", b""
        return head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body

    @property
    def stall_seconds(self) -> float:
        """Longer than any client waits."""
        return self._stall_seconds


class _Connection:
    """Bytes to and fro between a client and the server, until the fault or the end."""

    def __init__(self, proxy: ChaosProxy, client: socket.socket, upstream: socket.socket, fault: Fault) -> None:
        self._proxy = proxy
        self._client = client
        self._upstream = upstream
        self._fault = fault
        self._request = -1  # the number of the request that is under way
        self._answering = True  # whether the last bytes came from the server
        self._sent_bytes = 0  # of the request under way

    def run(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self._client, self._upstream], [], [], 1.0)
            for side in ready:
                data = side.recv(BLOCK_BYTES)
                if not data or not (self._outward(data) if side is self._client else self._inward(data)):
                    return

    def _is_due(self, *kinds: str) -> bool:
        return self._request == self._fault.request and self._fault.kind in kinds

    def _outward(self, data: bytes) -> bool:
        """Pass on what the client sent; false ends the connection."""
        if self._answering:
            self._answering, self._request, self._sent_bytes = False, self._request + 1, 0
        if self._is_due("lost before"):
            self._proxy.happened(self._fault)
            return False
        if self._is_due("storm", "web page", "redirect"):
            self._proxy.happened(self._fault)
            self._client.sendall(self._proxy.answer(self._fault.kind))
            self._drained()
            return False
        if self._is_due("cut request", "cut request at a block"):
            left = self._fault.after_bytes - self._sent_bytes
            if len(data) >= left:
                self._upstream.sendall(data[:left])
                self._proxy.happened(self._fault)
                return False
        for piece in self._paced(data):
            self._upstream.sendall(piece)
        self._sent_bytes += len(data)
        return True

    def _inward(self, data: bytes) -> bool:
        """Pass on what the server answered; false ends the connection."""
        self._answering = True
        if self._is_due("lost after"):
            self._proxy.happened(self._fault)
            return False
        if self._is_due("cut answer"):
            self._proxy.happened(self._fault)
            self._client.sendall(data[: self._fault.after_bytes % len(data)])
            return False
        if self._is_due("stall"):
            self._proxy.happened(self._fault)
            self._client.settimeout(self._proxy.stall_seconds)
            with contextlib.suppress(TimeoutError):
                self._client.recv(1)  # until the client gives up
            return False
        self._client.sendall(data)
        return True

    def _paced(self, data: bytes) -> Iterator[bytes]:
        if not self._is_due("slow"):
            yield data
            return
        self._proxy.happened(self._fault)
        tick = threading.Event()
        for first in range(0, len(data), _SLOW_BYTES_PER_SECOND // 10):
            yield data[first : first + _SLOW_BYTES_PER_SECOND // 10]
            tick.wait(0.1)

    def _drained(self) -> None:
        """Take what the client still sends, so that its kernel does not throw our answer away."""
        self._client.shutdown(socket.SHUT_WR)
        self._client.settimeout(2.0)
        while self._client.recv(BLOCK_BYTES):
            pass
