"""Many devices wait at a desk, and a champion asks some: seconds from the press to the device, memory, CPU, files.

    python tests/bench/waiting_devices.py --devices 1000
    python tests/bench/waiting_devices.py --devices 10000 --postgres --uploads 50 --store --kill

Every process runs on this machine and is asked by loopback: the figures hold what the devices themselves cost, one
process that is told apart. ``--kill`` ends a process of the desk in the middle of the presses, as a crash would, and
starts it anew; every request that the desk keeps must reach its device. With ``--uploads`` as many devices send a
bundle at once while the others wait, and the kill comes when half of the bundles are there; every SHA-256 is read back
from where its bundle lies, with ``--store`` in SeaweedFS. Linux only; ``--postgres`` needs nginx too.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.desk_servers import Desk, open_files, resident_bytes, running_desk
from tests.bench.desk_uploads import sent_by_all, stored_digests, told_of
from tests.servers.s3_server import RunningStore, running_store

WAIT_SECONDS = 55
MOST_DEVICES = 10_000
FILES_BESIDE = 200  # of the benchmark itself
STORE_OVER_BYTES = 8 * 2**20  # no smaller bundle goes past a desk
CALLS_PER_SECOND = 150  # the first ones; nobody turns ten thousand computers on within a second
LATE_SECONDS = 60.0
PARTS = ("desk", "nginx", "PostgreSQL")


class Devices:
    """All of them: each holds one call open, and calls again as soon as it is answered."""

    def __init__(self, url: str, credentials: list[str]) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self.credentials = credentials
        self.waiting: set[int] = set()
        self.answers: Counter[str] = Counter()
        self.lost_connections = 0
        self.received_at: dict[int, float] = {}  # by the device's number: its first request
        self.received: set[str] = set()  # ids of requests

    async def call(self, number: int) -> None:
        """Be one device, for ever."""
        await asyncio.sleep(number / CALLS_PER_SECOND)
        position = 0
        while True:
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port)
            except OSError:
                self.lost_connections += 1
            else:
                try:
                    while True:
                        position = await self._poll(number, position, reader, writer)
                except (OSError, asyncio.IncompleteReadError):
                    self.lost_connections += 1
                finally:
                    self.waiting.discard(number)
                    writer.close()
            await asyncio.sleep(random.uniform(0.5, 3))

    async def _poll(
        self, number: int, position: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> int:
        """One call; the position that it tells. Raise ``OSError`` for an answer that is no answer."""
        writer.write(
            f"GET /api/v1/requests?position={position}&wait_seconds={WAIT_SECONDS} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {self.credentials[number]}\r\n\r\n".encode()
        )
        self.waiting.add(number)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        self.waiting.discard(number)
        length = head.partition("content-length: ")[2].partition("\r")[0]
        body = await reader.readexactly(int(length)) if length else b""
        now, code = time.monotonic(), head[9:12]
        self.answers[code] += 1
        if code != "200":
            raise ConnectionError(code)
        told = json.loads(body)
        if told["requests"]:
            self.received_at.setdefault(number, now)
            self.received.update(each["request_id"] for each in told["requests"])
        return told["position"]


class Measured:
    """What the processes of each part used since this was made."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._began = desk, time.monotonic()
        self._before = {part: desk.cpu_seconds(part) for part in PARTS if desk.ids(part)}
        self._own = time.process_time()

    def tell(self, during: str) -> None:
        """Print the seconds of CPU per minute."""
        minutes = (time.monotonic() - self._began) / 60
        used = {part: self._desk.cpu_seconds(part) - before for part, before in self._before.items()}
        used["all devices"] = time.process_time() - self._own
        words = ", ".join(f"{part} {seconds / minutes:.1f}" for part, seconds in used.items())
        print(f"CPU seconds per minute {during}: {words} (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")


async def measure(desk: Desk, store: RunningStore | None, rows: list[list[Any]], options: argparse.Namespace) -> bool:
    """The whole of it; whether nothing was lost."""
    devices = Devices(desk.url, [row[0] for row in rows])
    before = resident_bytes(desk.ids("desk"))
    calling = [asyncio.create_task(devices.call(number)) for number in range(len(rows))]
    await until_waiting(devices, len(rows) / CALLS_PER_SECOND + LATE_SECONDS)
    rest = Measured(desk)
    await asyncio.sleep(options.seconds)
    rest.tell("while they wait")
    grown = resident_bytes(desk.ids("desk")) - before
    for part in PARTS:
        if ids := desk.ids(part):
            memory_mb = resident_bytes(ids) / 2**20
            print(f"{part}: {len(ids)} processes, {memory_mb:.0f} MiB resident, {open_files(ids)} open files")
    print(f"memory of the desk per waiting device: {grown / len(rows) / 1024:.1f} KiB; {len(devices.waiting)} wait")
    pressing = Measured(desk)
    pressed = await press(desk, devices, rows, options)
    if options.uploads or not options.kill:
        pressing.tell("while a champion presses")
    nothing_lost = await told(desk, devices, rows, pressed)
    if options.uploads:
        nothing_lost &= await upload(desk, store, devices, rows, options)
    for each in calling:
        each.cancel()
    await asyncio.gather(*calling, return_exceptions=True)
    return nothing_lost


async def until_waiting(devices: Devices, most_seconds: float) -> None:
    """Until all wait, but those that were answered at this moment."""
    deadline = time.monotonic() + most_seconds
    while len(devices.waiting) < len(devices.credentials) * 0.99 and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
    print(f"{len(devices.waiting)} of {len(devices.credentials)} devices wait; answers so far {dict(devices.answers)}")


async def press(
    desk: Desk, devices: Devices, rows: list[list[Any]], options: argparse.Namespace
) -> dict[str, dict[str, Any]]:
    """Ask the devices that have a ticket; what was told of each press, by the device's id."""
    asked = [row[1:] for row in rows[: options.presses] if row[2] is not None]
    random.Random(1).shuffle(asked)
    url = None if options.by_command else desk.url
    words = {"asked": asked, "every_seconds": options.every, "url": url, "password": desk.password}
    argv, env = desk.child("press")
    child = await asyncio.create_subprocess_exec(*argv, env=env, stdin=-1, stdout=-1)
    child.stdin.write(json.dumps(words).encode())
    child.stdin.close()
    pressed = {}
    async for line in child.stdout:
        each = json.loads(line)
        pressed[each["device_id"]] = each
        if options.kill and not options.uploads and len(pressed) == len(asked) // 2:
            await kill_one(desk, devices)
    await child.wait()
    return pressed


async def upload(
    desk: Desk, store: RunningStore | None, devices: Devices, rows: list[list[Any]], options: argparse.Namespace
) -> bool:
    """Let devices send a bundle each while the others wait; whether all are kept."""

    async def at_half() -> None:
        if options.kill:
            await kill_one(desk, devices)

    uploading, began = Measured(desk), time.monotonic()
    sending = [row for row in rows if row[2] is not None][-options.uploads :]
    uploads = await sent_by_all(desk, sending, options.upload_mb, at_half)
    seconds = time.monotonic() - began
    uploading.tell("while bundles are sent")
    all_kept = told_of(uploads, await asyncio.to_thread(stored_digests, desk, store), seconds)
    await until_waiting(devices, LATE_SECONDS)
    print(f"desk's log: {len(desk.log())} bytes")
    return all_kept


async def kill_one(desk: Desk, devices: Devices) -> None:
    """End a process of the desk, and start it again."""
    before = devices.lost_connections
    began, port = time.monotonic(), desk.kill_first()
    await asyncio.to_thread(desk.start_process, port)
    started = time.monotonic() - began
    await until_waiting(devices, LATE_SECONDS)
    print(
        f"one process killed, started again after {started:.1f} s; {time.monotonic() - began:.1f} s after the kill all "
        f"wait again; {devices.lost_connections - before} connections of devices were lost"
    )


async def told(desk: Desk, devices: Devices, rows: list[list[Any]], pressed: dict[str, dict[str, Any]]) -> bool:
    """Print how long the presses took to reach their devices; whether all did."""
    made = set(await asyncio.to_thread(desk.told, "made", {}))
    deadline = time.monotonic() + LATE_SECONDS
    while made - devices.received and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    numbers = {row[1]: number for number, row in enumerate(rows)}
    delays = sorted(
        devices.received_at[numbers[device_id]] - each["at"]
        for device_id, each in pressed.items()
        if numbers[device_id] in devices.received_at and not each["again"]
    )
    if delays:
        p50, p99 = (delays[int(len(delays) * share)] for share in (0.5, 0.99))
        print(f"from the press to the device: p50 {p50:.3f} s, p99 {p99:.3f} s, longest {delays[-1]:.3f} s")
    again = sum(bool(each["again"]) for each in pressed.values())
    print(f"{len(pressed)} presses, {again} of them more than once; {len(made)} requests at the desk, ", end="")
    print(f"{len(made - devices.received)} lost; answers {dict(devices.answers)}; desk's log: {len(desk.log())} bytes")
    return not made - devices.received


def raise_limit(devices: int) -> int:
    """How many devices fit into the open files that this process, and each that it starts, may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    fit = min(devices, MOST_DEVICES, soft - FILES_BESIDE)
    if fit < devices:
        print(f"{devices} devices do not fit: at most {MOST_DEVICES}, and this process may open {soft} files")
    return fit


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(description="Many devices wait at a desk, and a champion asks some.")
    parser.add_argument("--devices", type=int, default=1000, help=f"at most {MOST_DEVICES}")
    parser.add_argument("--postgres", action="store_true", help="several processes behind nginx, on PostgreSQL")
    parser.add_argument("--processes", type=int, default=4, help="of the desk on PostgreSQL")
    parser.add_argument("--seconds", type=int, default=60, help="of waiting before the presses")
    parser.add_argument("--presses", type=int, default=200)
    parser.add_argument("--every", type=float, default=0.2, metavar="SECONDS", help="between two presses")
    parser.add_argument("--by-command", action="store_true", help="ask in another process, not on the desk's page")
    parser.add_argument("--uploads", type=int, default=0, help="bundles, sent at once by as many devices")
    parser.add_argument("--upload-mb", type=int, default=20)
    parser.add_argument("--store", action="store_true", help="bundles go to SeaweedFS")
    parser.add_argument("--kill", action="store_true", help="end a process of the desk in the middle")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is ended too
    count = raise_limit(options.devices)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sendlogs-bench-")))
        store = stack.enter_context(running_store()) if options.store else None
        serving = {
            "processes": options.processes,
            "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            "on_postgresql": options.postgres,
            "environment": store.desk_settings(over_bytes=STORE_OVER_BYTES) if store else {},
        }
        desk = stack.enter_context(running_desk(folder, **serving))
        rows = desk.told("enrol", {"devices": count, "tickets": min(options.presses + options.uploads, count)})
        nothing_lost = asyncio.run(measure(desk, store, rows, options))
        sys.stderr.write(desk.log()[-2000:])
    return 0 if nothing_lost else 1


if __name__ == "__main__":
    sys.exit(main())
