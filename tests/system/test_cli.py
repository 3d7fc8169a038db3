"""The program as a process: how it ends, what it prints where, and what it leaves behind."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.migrated_desk import migrated
from tests.system.program import PROGRAM


@pytest.fixture
def environment(tmp_path):
    folders = {f"SENDLOGS_{name}_FOLDER": str(tmp_path / name.lower()) for name in ("STATE", "CONFIG", "SYSTEM")}
    return {**os.environ, **folders, "HOME": str(tmp_path)}


@pytest.fixture
def run(environment, tmp_path):
    def ended(*words, **more):
        return subprocess.run(
            [*PROGRAM, *words],
            env={**environment, **more},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )

    return ended


def test_a_wrong_word_ends_with_2_and_says_where_help_is(run):
    done = run("verify")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "sendlogs: Missing argument 'FILE.7z'.\n  See: sendlogs verify --help\n"


def test_a_configuration_that_cannot_be_used_ends_with_3_and_names_file_and_line(run, tmp_path):
    file = tmp_path / "config" / "agent.yaml"
    file.parent.mkdir()
    file.write_text("# mine\nendpiont: desk:https://desk.example\n")
    done = run("id", "--json")
    assert done.returncode == 3
    told = json.loads(done.stdout)
    assert told["message"] == f"{file}, line 2: endpiont: there is no such setting; did you mean endpoint?"


def test_a_state_folder_that_cannot_be_made_ends_with_9_and_no_traceback(run, tmp_path):
    (tmp_path / "file").write_text("")
    done = run("id", SENDLOGS_STATE_FOLDER=str(tmp_path / "file" / "state"))
    assert done.returncode == 9
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "file") in done.stderr


@pytest.mark.parametrize("words", [("id",), ("plan", "--profile", "sendlogs")])
@pytest.mark.parametrize("variable", ["SENDLOGS_STATE_FOLDER", "SENDLOGS_CONFIG_FOLDER"])
def test_a_folder_that_is_no_whole_path_ends_with_3_and_makes_nothing(run, tmp_path, words, variable):
    done = run(*words, **{variable: "here"})
    assert (done.returncode, done.stdout) == (3, "")
    assert "must be a whole path, from the " in done.stderr
    assert not (tmp_path / "here").exists()


def test_what_is_made_is_for_its_owner_alone(run, tmp_path):
    assert run("id").returncode == 0
    made = [tmp_path / "state", *(tmp_path / "state").rglob("*")]
    assert len(made) > 1
    if sys.platform != "win32":
        assert [path for path in made if path.stat().st_mode & 0o077] == []


@pytest.mark.posix
def test_a_reader_who_leaves_early_meets_no_traceback(environment):
    """As in ``sendlogs collectors | head -1``."""
    process = subprocess.Popen(
        [*PROGRAM, "collectors"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    process.stdout.close()
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (0, "")


@pytest.mark.posix
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_desk_ends_with_130_and_leaves_no_process(environment, tmp_path, tmp_path_factory, by):
    """The program ends the desk that it started, in order, before it ends itself."""
    (tmp_path / "state").mkdir(mode=0o700)
    migrated(tmp_path / "state" / "desk", tmp_path_factory)
    process = subprocess.Popen(
        [*PROGRAM, "desk", "--port", "0", "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        for line in process.stdout:
            if json.loads(line)["event"] == "listening":
                break
        process.send_signal(by)
        last = process.stdout.read().splitlines()[-1]
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.stdout.close()
    assert json.loads(last) == {"event": "error", "exit_code": 130, "message": "Interrupted.", "advice": ""}
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.posix
def test_ctrl_c_ends_all_that_redact_and_leaves_no_half_file(environment, tmp_path):
    """The key goes to every process of the terminal, as to a group of processes here."""
    (tmp_path / "logs").mkdir()
    for name in ("a.log", "b.log"):
        (tmp_path / "logs" / name).write_bytes(b"peer 203.0.113.9 up\n" * 1_250_000)
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [*PROGRAM, "redact", "--workers", "2", str(tmp_path / "logs"), str(out)],
        env=environment | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("*.log")):
        assert time.monotonic() < deadline
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"ended with {process.wait(0.05)}")
    os.killpg(process.pid, signal.SIGINT)
    told, _ = process.communicate(timeout=60)  # every process that holds the pipe has ended then
    assert (process.returncode, told.strip()) == (130, "sendlogs: Interrupted.")
    assert list(out.iterdir()) == []
    assert list(temporary.iterdir()) == []


def test_completion_offers_the_verbs(run):
    done = run(_SENDLOGS_COMPLETE="bash_complete", COMP_WORDS="sendlogs re", COMP_CWORD="1")
    assert done.stdout.split() == ["plain,receipts", "plain,redact", "plain,relay", "plain,requests"]


def in_shell(environment, line):
    """Run a line of a shell that may close streams of the program, which is ``$0`` there."""
    return subprocess.run(
        ["/bin/sh", "-c", line, *PROGRAM], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.posix
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("profiles >&-", 0),
        ("profiles 2>&-", 0),
        ("plan --profile sendlogs <&-", 0),
        ("profiles <&- >&- 2>&-", 0),
        ("redact nowhere.log out >&- 2>&-", 2),
    ],
)
def test_standard_streams_that_are_closed_lead_nowhere(environment, tmp_path, words, code):
    done = in_shell(environment, f'"$0" {words}')
    assert (done.returncode, done.stderr) == (code, "")
    assert not (tmp_path / "state" / "crashes").exists()


@pytest.mark.posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("words", ["profiles", "profiles --json", "profiles --help", "--version"])
def test_an_output_that_is_full_ends_with_9_and_a_sentence(environment, words):
    done = in_shell(environment, f'"$0" {words} >/dev/full')
    assert done.returncode == 9
    assert done.stderr.startswith("sendlogs: The ")
    assert "the disk is full" in done.stderr
    assert len([line for line in done.stderr.splitlines() if not line.startswith("  ")]) == 1


@pytest.mark.posix
@pytest.mark.parametrize("program", ["sendlogs", "sendlogs-desk"])
def test_ctrl_c_while_the_program_is_still_imported_ends_with_130_and_no_traceback(environment, tmp_path, program):
    """Held up in an import by a module of a name that the programs import early, found first."""
    (tmp_path / "argparse.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nsignal.pause()\n")
    shadow = str(tmp_path / "click.py")
    Path(shadow).write_text((tmp_path / "argparse.py").read_text())
    done = subprocess.run(
        [sys.executable, str(Path(PROGRAM[0]).with_name(program)), "--help"],
        env=environment | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


CLOSED_EYES = ["setpriv", *(f"--{of}=-dac_override,-dac_read_search" for of in ("bounding-set", "inh-caps"))]


LINUX = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("setpriv"), reason="modes and capabilities are Linux's"
)


def without_rights(environment, *words):
    """The program as somebody who may not look everywhere."""
    command = [*(CLOSED_EYES if os.geteuid() == 0 else []), *PROGRAM, *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


@LINUX
def test_a_folder_that_may_not_be_read_is_named_by_redact_and_ends_with_7(environment, tmp_path):
    shut = tmp_path / "logs" / "shut"
    shut.mkdir(parents=True)
    (tmp_path / "logs" / "a.log").write_text("fine\n")
    (shut / "b.log").write_text("unseen\n")
    shut.chmod(0)
    done = without_rights(environment, "redact", tmp_path / "logs", tmp_path / "out")
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith("Kept back shut: Permission denied\n1 file written, ")
    assert "1 of 2 files was kept back." in done.stderr


@LINUX
@pytest.mark.parametrize("mode", [0, 0o500])
def test_a_folder_for_tickets_without_rights_is_named_before_anything_is_gathered(environment, tmp_path, mode):
    share = tmp_path / "share"
    share.mkdir(mode=mode)
    words = ("send", "--profile", "system", "--new", "Broken", "--to", f"folder:{share}", "--yes")
    for _ in range(2):
        done = without_rights(environment, *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"sendlogs: Your account may not read and write in the folder {share}.\n")


@LINUX
def test_what_lacks_rights_is_named_by_bundle_on_the_terminal(environment, tmp_path):
    shut = tmp_path / "logs" / "shut"
    shut.mkdir(parents=True)
    shut.chmod(0)
    words = ("--profile", "system", "--logs", tmp_path / "logs", "--output", tmp_path / "b.7z")
    done = without_rights(environment, "bundle", *words)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("Your account lacks the right: ")]
    assert any(line.endswith("/logs/shut: no right to read this folder") for line in told)
