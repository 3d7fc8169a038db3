"""A desk as an administrator runs it, for benchmarks: one process on SQLite, or several behind nginx on PostgreSQL.

Linux only: what a process costs is read from /proc.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.test_tus_peers import Process, answers, free_port

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
START_SECONDS = 90
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# The part that docs/administrators.md tells, and what a server on its own needs around it.
NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 2; user {user};
worker_rlimit_nofile {files}; events {{ worker_connections {files}; }}
http {{
    access_log off; client_body_temp_path {folder}/temp; client_max_body_size 0;
    proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream desk {{ least_conn; {servers} keepalive 64; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://desk; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_buffering off; proxy_request_buffering off; proxy_read_timeout 600s;
        }}
    }}
}}
"""


@dataclass
class Desk:
    """A desk that runs: where it answers, how to log in, and its processes."""

    state: Path
    environment: dict[str, str]
    url: str = ""
    password: str = ""
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    ended_seconds: float = 0.0  # of CPU, of processes that were killed
    others: dict[str, int] = field(default_factory=dict)  # nginx and PostgreSQL, by the id of the process in front

    def start_process(self, port: int = 0) -> None:
        """One more, or once more on the port of one that ended."""
        argv = [sys.executable, "-m", "desk", "serve", "--state", str(self.state), "--port", str(port)]
        argv += ["--url", self.url] if self.url else []
        env = os.environ | self.environment | {"PYTHONUNBUFFERED": "1"}
        with (self.state.parent / "desk.log").open("a") as log:
            process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=log, env=env, text=True)
        self.processes.append(process)
        for line in process.stdout:
            if found := re.search(r"password (\S+)$", line):
                self.password = found[1]
            if found := re.match(r"Listening on http://\S+:(\d+)$", line):
                self.ports.append(int(found[1]))
                return
        raise SystemExit(f"The desk ended: {self.log()}")

    def kill_first(self) -> int:
        """End a process as a crash would; return its port."""
        self.ended_seconds += cpu_seconds([self.processes[0].pid])
        self.processes[0].kill()
        self.processes.pop(0).wait()
        return self.ports.pop(0)

    def log(self) -> str:
        return (self.state.parent / "desk.log").read_text()

    def ids(self, name: str) -> list[int]:
        """Of the processes of ``desk``, ``nginx`` or ``PostgreSQL``."""
        if name == "desk":
            return [process.pid for process in self.processes]
        return [self.others[name], *children_of(self.others[name])] if name in self.others else []

    def cpu_seconds(self, name: str) -> float:
        """What the processes of that name used so far; of those that ended by themselves nothing is known."""
        return cpu_seconds(self.ids(name)) + (self.ended_seconds if name == "desk" else 0.0)

    def child(self, verb: str) -> tuple[list[str], dict[str, str]]:
        """The command that does a verb of ``desk_children.py`` inside this desk, and its environment."""
        inside = {"DJANGO_SETTINGS_MODULE": "desk.settings", "SENDLOGS_DESK_STATE": str(self.state)}
        argv = [sys.executable, str(Path(__file__).with_name("desk_children.py")), verb]
        return argv, os.environ | self.environment | inside

    def told(self, verb: str, words: dict[str, Any]) -> Any:
        """What such a child tells."""
        argv, env = self.child(verb)
        done = subprocess.run(argv, env=env, input=json.dumps(words), stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)


@contextmanager
def running_desk(
    folder: Path, *, processes: int, files: int, on_postgresql: bool, environment: dict[str, str]
) -> Iterator[Desk]:
    """It, from when it answers until the block ends."""
    with ExitStack() as stack:
        desk = Desk(folder / "state", dict(environment))
        stack.callback(lambda: [(each.kill(), each.wait()) for each in desk.processes])
        if not on_postgresql:
            desk.start_process()
            desk.url = f"http://127.0.0.1:{desk.ports[0]}"
            yield desk
            return
        server, address = stack.enter_context(postgresql(folder / "postgresql"))
        port = free_port()
        desk.environment["SENDLOGS_DESK_DATABASE"] = address
        desk.url = f"http://127.0.0.1:{port}"
        for _ in range(processes):
            desk.start_process()
        front = stack.enter_context(nginx(folder / "nginx", port, desk.ports, files))
        desk.others |= {"nginx": front, "PostgreSQL": server}
        yield desk


@contextmanager
def postgresql(folder: Path) -> Iterator[tuple[int, str]]:
    """Its process id and the address of a database; with the settings that it comes with."""
    folder.mkdir()
    is_root = os.geteuid() == 0  # whom PostgreSQL refuses to serve
    leading = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if is_root else []
    if is_root:
        shutil.chown(folder, "postgres", "postgres")
        folder.parent.chmod(0o711)
    data = str(folder / "data")
    making = [*leading, str(PROGRAMS[0] / "initdb"), "-D", data, "-U", "desk", "-A", "trust"]
    subprocess.run(making, check=True, stdout=subprocess.DEVNULL, cwd="/")
    serving = [*leading, str(PROGRAMS[0] / "postgres"), "-D", data, "-k", str(folder), "-c", "listen_addresses="]
    with (folder.parent / "postgresql.log").open("w") as log, subprocess.Popen(serving, cwd="/", stderr=log) as server:
        try:
            asking = [str(PROGRAMS[0] / "psql"), "-h", str(folder), "-U", "desk", "-c", "SELECT 1", "postgres"]
            deadline = time.monotonic() + START_SECONDS
            while subprocess.run(asking, capture_output=True, check=False).returncode:
                assert time.monotonic() < deadline, "PostgreSQL does not answer"
            yield server.pid, f"postgresql://desk@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)  # at SIGTERM it would wait for the desks to let go of it
            server.wait(30)


@contextmanager
def nginx(folder: Path, port: int, behind: Iterable[int], files: int) -> Iterator[int]:
    """Its process id, in front of these ports."""
    folder.mkdir()
    servers = " ".join(f"server 127.0.0.1:{each};" for each in behind)
    user = "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
    written = NGINX.format(folder=folder, port=port, servers=servers, files=files, user=user)
    (folder / "nginx.conf").write_text(written)
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
    front = Process([program, "-c", str(folder / "nginx.conf"), "-p", str(folder)], lambda: answers(port))
    try:
        front.start()
        yield front.running.pid
    finally:
        front.kill()


def children_of(parent: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def resident_bytes(ids: Iterable[int]) -> int:
    return sum(int(re.search(r"VmRSS:\s+(\d+) kB", status(each))[1]) * 1024 for each in ids)


def status(process: int) -> str:
    return Path(f"/proc/{process}/status").read_text()


def cpu_seconds(ids: Iterable[int]) -> float:
    """Of user and system together, so far; https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html."""
    ticks = 0
    for each in ids:
        with suppress(FileNotFoundError):  # one that ended meanwhile
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND


def open_files(ids: Iterable[int]) -> int:
    return sum(len(list(Path(f"/proc/{each}/fd").iterdir())) for each in ids)
