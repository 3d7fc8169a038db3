"""What the background service costs while nothing happens: memory, processor seconds an hour, wake-ups a second.

    python tests/bench/idle_service.py --minutes 30

The real service, with the profiles that ship watched for crashes and a poll over TLS open (a real desk behind nginx);
then a champion asks for a bundle, and what the service costs afterwards is told as well. Linux only (it reads /proc);
needs nginx and openssl. Bounds: 25 MB, 2 processor seconds an hour, and within 10 % after the bundle.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.servers.test_tus_peers import answers, free_port
from tests.system.champion import Champion
from tests.system.conftest import PROGRAMS, Computer, Desk
from tests.system.running_service import Running, wait_for

MOST_MB, MOST_CPU_SECONDS, MOST_GROWTH = 25.0, 2.0, 0.10
SETTLE_SECONDS = 30
NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/temp; client_max_body_size 0;
    proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
        location / {{
            proxy_pass http://127.0.0.1:{behind}; proxy_buffering off; proxy_request_buffering off;
            proxy_read_timeout 300; proxy_set_header Host $host:{behind};
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Cost:
    """What a process has used so far, and holds now (MB are 1,000,000 bytes)."""

    at: float
    cpu_seconds: float
    switches: int
    resident_mb: float
    own_mb: float  # not of files, which other processes may share

    @classmethod
    def of(cls, pid: int) -> Cost:
        lines = (line.split(":") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        status = {name: value.split() for name, value in lines if value.strip()}
        # The clock of the process (clock_getcpuclockid(3)): the ticks of /proc/PID/stat are too few in minutes.
        cpu_seconds = time.clock_gettime((~pid << 3) | 2)
        switches = [
            int(line.split()[1])
            for task in Path(f"/proc/{pid}/task").iterdir()
            for line in (task / "status").read_text().splitlines()
            if "ctxt_switches" in line
        ]
        mb = {name: int(status[name][0]) * 1024 / 1e6 for name in ("VmRSS", "RssAnon")}
        return cls(time.monotonic(), cpu_seconds, sum(switches), mb["VmRSS"], mb["RssAnon"])


@contextmanager
def tls_front(folder: Path, behind: int) -> Iterator[int]:
    """An nginx that speaks TLS for the desk; its port."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert program, "nginx is not on this machine"
    folder.mkdir()
    words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    subprocess.run(["openssl", "req", "-x509", *words], check=True, capture_output=True)
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, behind=behind))
    argv = [program, "-e", f"{folder}/error.log", "-p", str(folder), "-c", f"{folder}/nginx.conf"]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: answers(port), "nginx does not answer")
            yield port
        finally:
            process.terminate()


@contextmanager
def idle_service(folder: Path) -> Iterator[tuple[Running, Champion]]:
    """A service that runs, with its poll open, and who asks it for bundles."""
    desk, computer = Desk(folder / "desk"), Computer(folder / "computer")
    (computer.folder / "config").mkdir(parents=True)
    try:
        desk.start()
        with tls_front(folder / "front", desk.port) as port:
            address = f"desk:https://127.0.0.1:{port}"
            (computer.folder / "config" / "agent.yaml").write_text(
                f'endpoint: "{address}"\nca_file: {folder}/front/cert.pem\nremote: "allow"\n'
            )
            command = [str(PROGRAMS / "sendlogs-desk"), "enrollment-token", "--state", str(desk.state)]
            token = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            ran = computer.sendlogs("enroll", address, given=token)
            assert ran.code == 0, ran
            sent = computer.send("--new", "It stopped", "--severity", "2")
            assert sent.code == 0, sent
            service = Running(computer, folder / "service.log")
            service.start()
            try:
                wait_for(lambda: (service.status() or {})["desk_reached_at"], "the desk is not heard")
                yield service, Champion(desk.state, sent.event("delivered")["receipt"]["ticket"])
            finally:
                service.kill()
    finally:
        desk.stop()


def pause(seconds: float) -> None:
    """Let that time pass."""
    threading.Event().wait(seconds)


def main() -> int:
    """The program; 1 when a bound is passed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30.0)
    seconds = 60 * parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as name, idle_service(Path(name)) as (service, champion):
        pid, watched = service.process.pid, service.status()["crashes"]["watched"]
        pause(SETTLE_SECONDS)
        first = Cost.of(pid)
        pause(seconds)
        last = Cost.of(pid)
        hours = (last.at - first.at) / 3600
        cpu_seconds = (last.cpu_seconds - first.cpu_seconds) / hours
        print(f"{hours * 60:.1f} minutes idle, a poll over TLS open, {len(watched)} profiles watched")
        print(
            f"resident          {last.resident_mb:6.1f} MB, {last.own_mb:.1f} of them its own (at most {MOST_MB:.0f})"
        )
        print(f"processor         {cpu_seconds:6.2f} seconds an hour (at most {MOST_CPU_SECONDS:.0f})")
        print(f"context switches  {(last.switches - first.switches) / (last.at - first.at):6.2f} a second")
        request_id = champion.ask()
        wait_for(lambda: champion.look(request_id)["state"] == "done", "the bundle does not come")
        pause(SETTLE_SECONDS)
        after = Cost.of(pid)
        growth = after.resident_mb / last.resident_mb - 1
        print(f"after one bundle  {after.resident_mb:6.1f} MB, {growth:+.1%} (at most {MOST_GROWTH:+.0%})")
    is_within = last.resident_mb <= MOST_MB and cpu_seconds <= MOST_CPU_SECONDS and growth <= MOST_GROWTH
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
