"""The service's door on Linux and macOS: a Unix socket in an owner-only folder.

    STATE/service/channel

Only the service's own account and root are served, by what the kernel says of the other side (``SO_PEERCRED``; on
macOS ``LOCAL_PEERCRED``).
"""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import struct
import sys
from pathlib import Path

from agent.service.loop import Loop
from agent.service.question import LONGEST_LINE_BYTES, MOST_PEERS, PATIENCE_SECONDS, Answer, PathTooLong, answered

assert sys.platform != "win32"

_ROOT_UID = 0
_LONGEST_PATH_BYTES = 103 if sys.platform == "darwin" else 107  # ``sun_path`` of <sys/un.h>, without its last NUL
# ``struct xucred`` of <sys/ucred.h> on macOS: version, user, number of groups, groups; what <sys/un.h> calls the two.
_MACOS_LEVEL, _MACOS_PEERCRED, _MACOS_XUCRED, _MACOS_XUCRED_VERSION = 0, 1, "=IIh2x16I", 0


class _Peer:
    def __init__(self, connection: socket.socket, uid: int) -> None:
        self.connection, self.uid = connection, uid
        self.received, self.to_send = b"", b""

    @property
    def name(self) -> str:
        return f"peer {id(self)}"


def socket_path(state: Path) -> Path:
    """Where the socket of a state folder lies. Raise ``PathTooLong``."""
    path = state / "service" / "channel"
    if (over := len(os.fsencode(path)) - _LONGEST_PATH_BYTES) > 0:
        most = len(os.fsencode(state)) - over
        raise PathTooLong(f"its path is too long; set state_folder to one of at most {most} bytes")
    return path


def is_supported() -> bool:
    """Whether this system tells who is at the other side of a socket."""
    return hasattr(socket, "SO_PEERCRED") or sys.platform == "darwin"


class SocketDoor:
    """The open door. Raise ``OSError`` when it cannot be opened."""

    def __init__(self, state: Path, loop: Loop, answer: Answer) -> None:
        self._loop, self._answer = loop, answer
        self._path = socket_path(state)
        self._peers: dict[str, _Peer] = {}
        self._path.unlink(missing_ok=True)  # a killed service's; whoever holds the lock is alone here
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._door.bind(str(self._path))
        except OSError:
            self._door.close()
            raise
        self._path.chmod(0o600)
        self._door.listen(MOST_PEERS)
        self._door.settimeout(0)
        loop.watch(self._door, self._come_in)

    def close(self) -> None:
        """Close the door."""
        for peer in list(self._peers.values()):
            self._hang_up(peer)
        self._loop.unwatch(self._door)
        self._door.close()
        self._path.unlink(missing_ok=True)

    def _come_in(self) -> None:
        with contextlib.suppress(OSError):  # gone again
            connection, _ = self._door.accept()
            uid = _uid_of(connection)
            if uid not in (os.geteuid(), _ROOT_UID) or len(self._peers) >= MOST_PEERS:
                connection.close()
                return
            connection.settimeout(0)
            peer = _Peer(connection, uid)
            self._peers[peer.name] = peer
            self._loop.watch(connection, lambda: self._read(peer))
            self._loop.at(peer.name, PATIENCE_SECONDS, lambda: self._hang_up(peer))

    def _read(self, peer: _Peer) -> None:
        try:
            data = peer.connection.recv(LONGEST_LINE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        peer.received += data
        line, end, _ = peer.received.partition(b"\n")
        if end:
            peer.to_send = answered(line, _name(peer.uid), self._answer)
            self._loop.unwatch(peer.connection)
            self._loop.watch(peer.connection, lambda: self._write(peer), writing=True)
        elif not data or len(peer.received) > LONGEST_LINE_BYTES:
            self._hang_up(peer)

    def _write(self, peer: _Peer) -> None:
        try:
            peer.to_send = peer.to_send[peer.connection.send(peer.to_send) :]
        except BlockingIOError:
            return
        except OSError:
            peer.to_send = b""
        if not peer.to_send:
            self._hang_up(peer)

    def _hang_up(self, peer: _Peer) -> None:
        if self._peers.pop(peer.name, None) is not None:
            self._loop.forget(peer.name)
            self._loop.unwatch(peer.connection)
            peer.connection.close()


def exchange(state: Path, line: bytes, timeout_seconds: float) -> bytes:
    """What the service of that state folder answers to ``line``. Raise ``OSError``."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_seconds)
        connection.connect(str(socket_path(state)))
        connection.sendall(line)
        received = b""
        while not received.endswith(b"\n"):
            if not (data := connection.recv(LONGEST_LINE_BYTES)):
                raise ConnectionError("the service hung up")
            received += data
    return received


def _uid_of(connection: socket.socket) -> int:
    """Whose process is at the other side, as the kernel knows it (on Linux ``struct ucred`` of unix(7))."""
    if sys.platform == "darwin":
        size_bytes = struct.calcsize(_MACOS_XUCRED)
        found = connection.getsockopt(_MACOS_LEVEL, _MACOS_PEERCRED, size_bytes).ljust(size_bytes, b"\0")
        version, uid, *_ = struct.unpack(_MACOS_XUCRED, found)
        if version != _MACOS_XUCRED_VERSION:
            raise OSError("this system tells of the other side of a socket in a way that is not known here")
        return int(uid)
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container under any number
        return f"user {uid}"
