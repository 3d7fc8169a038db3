"""The background service on Windows from outside: a champion asks, the person answers, Windows starts and stops it."""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.system.champion import Champion, come_to
from tests.system.running_service import wait_for
from tests.windows.conftest import WINDOWS, running_after
from tests.windows.python_on_wine import command, environment

pytestmark = pytest.mark.wine
EXIT_USAGE, EXIT_STORAGE, EXIT_BUSY = 2, 9, 10
STOP_SECONDS = 10.0  # of which starting a Windows program to say so takes the most
END_SECONDS = 30.0

# ``sendlogs service install`` on a Wine that has one account, who owns everything and may write everywhere, and knows
# two of four extras. The folder of the computer's settings would there be one that the agent does not believe.
INSTALL = """
import win32service
from agent.service import windows_list
kept = (win32service.SERVICE_CONFIG_DESCRIPTION, win32service.SERVICE_CONFIG_FAILURE_ACTIONS)
windows_list.windows_access.who_else_writes = windows_list.windows_access.who_else_replaces = lambda path: []
windows_list._all_in = lambda folder: []  # a checkout has links of this system, which Wine shows as folders
windows_list._make_settings_folder = lambda folder: None
windows_list._EXTRAS = [extra for extra in windows_list._EXTRAS if extra[0] in kept]
windows_list.install()
"""


@pytest.fixture
def policy(computer, desk):
    """Sets what a champion may have without being allowed it by the person."""

    def set_to(remote: str) -> None:
        (computer.folder / "config").mkdir(exist_ok=True)
        text = f"endpoint: {desk.address}\nremote: {remote}\nremote_every_seconds: 0\nremote_per_day: 1000\n"
        (computer.folder / "config" / "agent.yaml").write_text(text)

    return set_to


@pytest.fixture(scope="module")
def champion(computer, desk) -> Champion:
    sent = computer.send("--new", "It stopped", "--to", desk.address)
    assert sent.code == 0, sent
    return Champion(desk.state, sent.event("delivered")["receipt"]["ticket"])


def status(computer) -> dict | None:
    told = computer.sendlogs("service", "status", "--json")
    return told.event("status") if told.code == 0 else None


def requests(computer) -> dict[str, dict]:
    told = computer.sendlogs("requests", "list", "--json")
    return {event["request_id"]: event for event in told.events if event["event"] == "request"}


@pytest.fixture
def service(computer) -> Iterator[subprocess.Popen]:
    """Starts it in the foreground; nothing of it is left at the end."""
    started: list[subprocess.Popen] = []

    def start() -> None:
        started.append(computer.start("service"))
        wait_for(lambda: status(computer), "it does not come up")

    yield start
    for each in started:
        each.kill()
        each.communicate(timeout=30)
    assert running_after(END_SECONDS) == []


def test_what_the_settings_allow_is_on_the_ticket_soon(champion, service, policy, desk, computer) -> None:
    policy("allow")
    service()
    request_id = champion.ask()
    done = come_to(champion, request_id, "done")
    assert done["bundle"] == request_id
    assert done["states"][-3:] == ["gathering", "uploading", "done"]
    assert request_id in desk.bundles
    assert requests(computer)[request_id]["outcome"] == "done"


def test_the_person_answers_both_ways(champion, service, policy, desk, computer) -> None:
    policy("ask")
    service()
    yes, no = champion.ask(), champion.ask()
    wait_for(
        lambda: {yes, no} <= {i for i, r in requests(computer).items() if r["step"] == "asking"}, "nobody is asked"
    )
    assert computer.sendlogs("requests", "decline", no, "--words", "Not here.").code == 0
    seen = computer.sendlogs("requests", "preview", yes, "--json")
    assert seen.code == 0, seen
    assert computer.sendlogs("requests", "allow", yes).code == 0
    assert come_to(champion, no, "declined")["words"] == "Not here."
    assert come_to(champion, yes, "done")["bundle"] == yes
    assert hashlib.sha256(desk.bundles[yes].read_bytes()).hexdigest() == seen.event("preview")["sha256"]
    assert not list((computer.folder / "state").glob("previews/*"))
    assert no not in desk.bundles
    told = computer.sendlogs("audit", "--verify")
    assert told.code == 0, told


def test_a_second_service_says_that_there_is_one(service, policy, computer) -> None:
    policy("off")
    service()
    second = computer.sendlogs("service", "--json")
    assert second.code == EXIT_BUSY
    assert "already runs" in second.event("error")["message"]
    assert status(computer)


def test_where_none_runs_nobody_answers(computer) -> None:
    told = computer.sendlogs("service", "status")
    assert (told.code, told.err.splitlines()[0]) == (
        EXIT_BUSY,
        f"sendlogs: No sendlogs service answers for {computer.path('state')}.",
    )


def test_a_program_that_others_may_change_is_not_installed(computer) -> None:
    """Everything here belongs to one account that is not an administrator's."""
    told = computer.sendlogs("service", "install")
    assert told.code == EXIT_STORAGE
    assert "sendlogs: The system would run what " in told.err
    assert computer.sendlogs("service", "remove").code == EXIT_USAGE


def python(*words: str) -> subprocess.Popen[bytes]:
    """Python for Windows with these words, as the account itself has its folders."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command(WINDOWS, words), env=environment(WINDOWS), stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT
    )


def said(*words: str) -> str:
    """What Python for Windows prints with these words; it must succeed."""
    with python(*words) as running:
        printed = running.communicate(timeout=120)[0].decode("cp1252")
    assert running.returncode == 0, printed
    return printed


def sc(*words: str) -> str:
    """What Windows' own ``sc`` says of the service."""
    return said("-c", "import subprocess, sys; subprocess.run(['sc', *sys.argv[1:], 'sendlogs'])", *words)


def answers() -> bool:
    with python("-m", "agent", "service", "status") as asks:
        return "Up since" in asks.communicate(timeout=120)[0].decode("cp1252")


def test_windows_starts_and_stops_it(windows) -> None:
    """With the state folder of the account that it runs as; Wine has one account alone."""
    try:
        said("-c", INSTALL)
        for _ in range(2):
            sc("start")
            wait_for(answers, "it does not come up")
            assert "RUNNING" in sc("query")
            began = time.monotonic()
            sc("stop")
            wait_for(lambda: "STOPPED" in sc("query"), "it does not stop")
            assert time.monotonic() - began < STOP_SECONDS
            assert not answers()
    finally:
        with python("-m", "agent", "service", "remove") as removes:
            removed = removes.communicate(timeout=120)[0].decode("cp1252")
    assert removed.strip() == "Removed."
    assert running_after(END_SECONDS) == []
