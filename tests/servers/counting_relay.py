"""A line that counts what a client sends, and stops at given counts until told to go on."""

import contextlib
import socket
import threading
from typing import Self

_BLOCK_BYTES = 2**16


class CountingRelay:
    """Relays connections to a port of this machine. ``stop_at`` are the counts of bytes at which it stops."""

    def __init__(self, port: int, stop_at: list[int]) -> None:
        self._target = ("127.0.0.1", port)
        self._stop_at = list(stop_at)
        self._lock = threading.Lock()
        self._go_on = threading.Event()
        self._go_on.set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.sent_bytes = 0
        self.stopped = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._go_on.set()
        self._listening.close()

    def go_on(self) -> None:
        """Let bytes pass again, up to the next count."""
        self.stopped.clear()
        self._go_on.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the end: the socket was closed
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(self._target, timeout=5) as server:
            server.settimeout(None)
            back = threading.Thread(target=self._pump, args=(server, client, False), daemon=True)
            back.start()
            self._pump(client, server, True)
            back.join()

    def _pump(self, source: socket.socket, target: socket.socket, count: bool) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(_BLOCK_BYTES):
                if count:
                    self._count(len(block))
                target.sendall(block)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _count(self, size_bytes: int) -> None:
        with self._lock:
            self.sent_bytes += size_bytes
            if self._stop_at and self.sent_bytes >= self._stop_at[0]:
                self._stop_at.pop(0)
                self._go_on.clear()
                self.stopped.set()
        self._go_on.wait()
