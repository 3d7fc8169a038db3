"""A real nginx and a real PostgreSQL, whose logs fill with planted secrets, and the program that bundles them."""

import base64
import http.client
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import py7zr
import pytest

START_SECONDS, BUNDLE_SECONDS = 60, 300
SENDLOGS = Path(sys.executable).with_name("sendlogs")
POSTGRESQL_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
MAIL = "ada.lovelace@planted.example.org"
# Put together here, so that no scanner of sources takes them for real ones.
SECRETS = {
    "token in a query": "tok" + "Zq7Rw3Lm9Xv2" * 2,
    "api key in a query": "k3y" + "Hn5Tg8Bp4Yd6" * 2,
    "password in a URL": "pl4nted" + "Uu6Jj2Ss",
    "bearer token": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJwbGFudGVkIn0." + "QmFzZTY0cGxhbnRlZHNpZ25hdHVyZTEyMw",
    "basic credentials": base64.b64encode(b"grace:pl4ntedBasicPw").decode(),
    "session cookie": "s3ss10n" + "Kc9Vf1Mx7Wz5" * 2,
    "role's password": "R0le" + "pl4ntedCorrectHorse",
    "password in a connection string": "C0nn" + "pl4ntedBatteryStaple",
    "GitHub token": "ghp_" + "A1b2C3d4E5f6" * 3,
    "AWS key": "AKIA" + "QX7PLANTED4ZK2MN",
    "mail address": MAIL,
}


@dataclass(frozen=True)
class Server:
    """A running server: its logs, how to make it log ``count`` things, and the secrets it then has in its logs."""

    logs: Path
    log: Path
    use: Callable[[int], None]
    planted: frozenset[str]  # keys of SECRETS

    @contextmanager
    def traffic(self) -> Iterator[None]:
        """In use until the block ends."""
        stop = threading.Event()

        def keep_on() -> None:
            while not stop.wait(0.2):  # about 50 requests a second: busy, and no test of how fast we are
                self.use(10)

        thread = threading.Thread(target=keep_on)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def needed(present: object, what: str) -> None:
    """Skip without the server, but never on the build machine, where it must be."""
    if not present:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{what} is not on this machine")


@contextmanager
def running(argv: list[str], is_up: Callable[[], bool]) -> Iterator[None]:
    """The server as a process, from when it answers until the block ends."""
    deadline = time.monotonic() + START_SECONDS
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not is_up():
                assert time.monotonic() < deadline, f"{argv[0]} does not answer"
                try:
                    process.wait(0.05)
                except subprocess.TimeoutExpired:
                    continue
                pytest.fail(f"{argv[0]} ended: {process.stderr.read()}")
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


NGINX_SECRETS = (
    *("token in a query", "api key in a query", "password in a URL", "bearer token"),
    *("basic credentials", "session cookie", "mail address"),
)
NGINX_CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/logs/planted-error.log info; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    log_format planted '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
        '"$http_referer" "authorization: $http_authorization" "cookie: $http_cookie"';
    access_log {folder}/logs/planted-access.log planted;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200 "ok"; }}
        location /gone {{ return 404; }}
        location /behind {{ proxy_pass http://127.0.0.1:{dead_port}; }}
    }}
}}
"""


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Server]:
    """A real nginx with its own configuration; every second request fails, every third reaches a dead upstream."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    needed(program, "nginx")
    folder = tmp_path / "nginx"
    (folder / "logs").mkdir(parents=True)
    port, dead_port = free_port(), free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX_CONFIGURATION.format(folder=folder, port=port, dead_port=dead_port))
    headers = {
        "Referer": f"http://grace:{SECRETS['password in a URL']}@proxy.example:3128/",
        "Cookie": f"session={SECRETS['session cookie']}",
    }
    authorizations = itertools.cycle([f"Bearer {SECRETS['bearer token']}", f"Basic {SECRETS['basic credentials']}"])
    paths = itertools.cycle(["/page", "/gone", "/behind"])

    def use(count: int) -> None:
        for number in range(count):
            query = f"n={number}&token={SECRETS['token in a query']}&api_key={SECRETS['api key in a query']}"
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            request_headers = headers | {"Authorization": next(authorizations)}
            connection.request("GET", f"{next(paths)}?{query}&mail={MAIL}", headers=request_headers)
            connection.getresponse().read()
            connection.close()

    argv = [program, "-e", str(folder / "logs" / "planted-error.log"), "-p", str(folder), "-c", str(configuration)]
    with running(argv, lambda: answers(port)):
        planted = frozenset(NGINX_SECRETS)
        yield Server(logs=folder / "logs", log=folder / "logs" / "planted-access.log", use=use, planted=planted)


STATEMENTS = [
    "SELECT 1/(1-1)",
    "ALTER ROLE app PASSWORD '{role's password}'",
    "CREATE SUBSCRIPTION s CONNECTION 'host=db user=repl password={password in a connection string}' PUBLICATION p",
    "INSERT INTO accounts VALUES ('{mail address}', 'token={token in a query}', '{GitHub token}')",
    "SELECT 'postgresql://grace:{password in a URL}@db.example:5432/app', '{AWS key}'",
]


@pytest.fixture
def postgresql() -> Iterator[Server]:
    """A real PostgreSQL that logs every statement."""
    needed(POSTGRESQL_PROGRAMS and shutil.which("setpriv"), "PostgreSQL (with setpriv)")
    is_root = os.geteuid() == 0  # whom PostgreSQL refuses to serve
    leading = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if is_root else []
    # Not under pytest's own folder, into which the user postgres cannot look.
    with tempfile.TemporaryDirectory(prefix="sendlogs-postgresql-") as name:
        if is_root:
            shutil.chown(name, "postgres", "postgres")
        client = [str(POSTGRESQL_PROGRAMS[0] / "psql"), "-h", name, "-U", "postgres", "-q", "-X"]
        statements = [statement.format_map(SECRETS) for statement in STATEMENTS]

        def use(count: int) -> None:
            text = "".join(f"{each};\n" for each in itertools.islice(itertools.cycle(statements), count))
            subprocess.run(client, input=text, text=True, check=True, capture_output=True, timeout=60)

        def is_up() -> bool:
            return subprocess.run([*client, "-c", "SELECT 1"], check=False, capture_output=True).returncode == 0

        logs = Path(name) / "logs"
        with running([*leading, *postgresql_command(leading, Path(name), logs)], is_up):
            planted = frozenset(key for key in SECRETS if f"{{{key}}}" in "".join(STATEMENTS))
            yield Server(logs=logs, log=logs / "planted-postgresql.log", use=use, planted=planted)


def postgresql_command(leading: list[str], folder: Path, logs: Path) -> list[str]:
    """What starts a server with a new, empty cluster in the folder."""
    data, programs = folder / "data", POSTGRESQL_PROGRAMS[0]
    initialise = [*leading, str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync"]
    subprocess.run(initialise, check=True, capture_output=True, cwd="/")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "logging_collector": "on",
        "log_directory": str(logs),
        "log_filename": "planted-postgresql.log",
        "log_statement": "all",
        "log_connections": "on",
        "log_line_prefix": "%m [%p] %u@%d ",
    }
    arguments = [argument for key, value in settings.items() for argument in ("-c", f"{key}={value}")]
    return [str(programs / "postgres"), "-D", str(data), *arguments]


@dataclass(frozen=True)
class Bundle:
    """A finished bundle: its bytes, and its members by name."""

    raw: bytes
    members: dict[str, bytes]

    @property
    def manifest(self) -> dict:
        return json.loads(self.members["manifest.json"])

    def log(self, name: str) -> list[str]:
        """The lines of the log of that name, which must be there once."""
        (path,) = (path for path in self.members if path.startswith("logs/") and path.endswith(f"/{name}"))
        return self.members[path].decode().splitlines()

    def secrets(self) -> list[str]:
        """Which planted secret stands where: in the archive's bytes, in a name, in a member, in either encoding."""
        places = {"the bytes": self.raw, "the names": "\n".join(self.members).encode(), **self.members}
        return [
            f"{name} in {place}"
            for name, secret in SECRETS.items()
            for place, content in places.items()
            if secret.encode() in content or secret.encode("utf-16-le") in content
        ]


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[[str, Path], Bundle]:
    """Make a bundle as a new user would, and open it."""

    def make(profile: str, logs: Path) -> Bundle:
        file, opened = tmp_path / "bundle.7z", tmp_path / "opened"
        folders = {f"SENDLOGS_{each}_FOLDER": str(tmp_path / each.lower()) for each in ("STATE", "CONFIG", "SYSTEM")}
        argv = [SENDLOGS, "bundle", "--profile", profile, "--logs", logs, "--output", file, "--yes"]
        done = subprocess.run(
            list(map(str, argv)),
            env=os.environ | folders | {"SENDLOGS_LOW_PRIORITY": "false"},  # or it waits for every other test
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=BUNDLE_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for name, secret in SECRETS.items():
            assert secret not in done.stdout + done.stderr, name
        with py7zr.SevenZipFile(file) as archive:
            archive.extractall(opened)
        members = {
            path.relative_to(opened).as_posix(): path.read_bytes() for path in opened.rglob("*") if path.is_file()
        }
        return Bundle(raw=file.read_bytes(), members=members)

    return make


@pytest.fixture
def planted_in() -> Callable[[Path], frozenset[str]]:
    """Which of the planted secrets stand in the files of a folder."""

    def look(folder: Path) -> frozenset[str]:
        content = b"".join(file.read_bytes() for file in folder.iterdir())
        return frozenset(name for name, secret in SECRETS.items() if secret.encode() in content)

    return look
