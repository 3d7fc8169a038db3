"""Running other programs, with real ones."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from agent.collect import commands
from agent.collect.commands import decoded, run_command
from collectors import CommandFailed, CommandMissing

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and sessions")
ENVIRONMENT = dict(os.environ)


def python(code: str, *, seconds: float = 20.0, input_text: str = "", **variables: str) -> str:
    return run_command(
        [sys.executable, "-c", code],
        timeout_seconds=seconds,
        input_text=input_text,
        environment=ENVIRONMENT | variables,
    )


def gone(pid: int) -> bool:
    """The process ends within a moment (a zombie has ended)."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
    return False


def test_the_answer_is_the_standard_output() -> None:
    assert python("print('1.2.3')").strip() == "1.2.3"


def test_a_command_that_answers_on_standard_error_alone_is_heard() -> None:
    assert python("import sys; sys.stderr.write('nginx version: 1.2')") == "nginx version: 1.2"


def test_the_locale_is_c() -> None:
    assert python("import os; print(os.environ['LC_ALL'])", LC_ALL="de_DE.UTF-8").strip() == "C"


def test_the_standard_input_is_the_given_text_or_ends_at_once() -> None:
    assert python("import sys; print(sys.stdin.read())", input_text="héllo").strip() == "héllo"
    assert python("import sys; print(len(sys.stdin.read()))").strip() == "0"


def test_a_program_that_never_reads_its_input_is_no_obstacle() -> None:
    assert python("print('done')", input_text="x" * 2**20).strip() == "done"


@POSIX
def test_the_program_has_no_terminal_and_a_session_of_its_own() -> None:
    code = (
        "import os\n"
        "print(os.getsid(0) == os.getpid())\n"
        "try: os.open('/dev/tty', os.O_RDWR)\n"
        "except OSError: print('no tty')"
    )
    assert python(code).split("\n")[:2] == ["True", "no tty"]


def test_a_missing_command_is_told_by_name() -> None:
    with pytest.raises(CommandMissing, match="'no-such-program'"):
        run_command(["no-such-program"], timeout_seconds=5, environment=ENVIRONMENT)


def test_the_current_folder_is_never_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder in PATH, or an empty one, would run whatever lies where the agent happens to stand."""
    program = tmp_path / "planted"
    program.write_text("#!/bin/sh\necho planted\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandMissing):
        run_command(["planted"], timeout_seconds=5, environment={"PATH": f".{os.pathsep}{os.pathsep}"})


def test_a_batch_file_is_never_run(tmp_path: Path) -> None:
    program = tmp_path / "tool.cmd"
    program.write_text("echo")
    program.chmod(0o755)
    with pytest.raises(CommandFailed, match="batch file"):
        run_command(["tool.cmd"], timeout_seconds=5, environment={"PATH": str(tmp_path)})


def test_a_failure_tells_the_status_and_the_last_line_of_the_error() -> None:
    with pytest.raises(CommandFailed, match="status 3: no such unit"):
        python("import sys; sys.stderr.write('first\\nno such unit\\n'); sys.exit(3)")


def test_arguments_reach_the_program_as_they_are() -> None:
    """No shell stands between."""
    answer = run_command(
        [sys.executable, "-c", "import sys; print(sys.argv[1:])", "a b", "$(id)", "*"],
        timeout_seconds=20,
        environment=ENVIRONMENT,
    )
    assert answer.strip() == "['a b', '$(id)', '*']"


def test_a_nul_in_an_argument_is_a_failure_to_start() -> None:
    with pytest.raises(CommandFailed, match="could not be started"):
        run_command([sys.executable, "a\0b"], timeout_seconds=5, environment=ENVIRONMENT)


def test_a_program_that_is_too_slow_is_killed_with_its_children(tmp_path: Path) -> None:
    """Also with a child that made a session of its own."""
    seconds = 6.0 if sys.platform == "win32" else 1.0  # to start three programs
    written = tmp_path / "pids"
    code = (
        "import os, subprocess, sys, time\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "pids = [subprocess.Popen(sleep, start_new_session=own).pid for own in (False, True)]\n"
        f"open({str(written)!r}, 'w').write(' '.join(map(str, [os.getpid(), *pids])))\n"
        "time.sleep(60)"
    )
    started = time.monotonic()
    with pytest.raises(CommandFailed, match=f"did not end within {seconds:g} seconds"):
        python(code, seconds=seconds)
    assert time.monotonic() - started < seconds + 4
    assert all(gone(int(pid)) for pid in written.read_text().split())


def test_an_endless_answer_is_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "OUTPUT_LIMIT_BYTES", 100_000)
    assert len(python("while True: print('x' * 1000)")) == 100_000


@POSIX
def test_libraries_of_a_frozen_build_are_not_put_on_other_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen build's own path is dropped, and the user's is put back where it was kept."""
    tell = "import os; print(os.environ.get('LD_LIBRARY_PATH'))"
    assert python(tell, LD_LIBRARY_PATH="/ours", LD_LIBRARY_PATH_ORIG="/theirs").strip() == "/theirs"
    assert python(tell, LD_LIBRARY_PATH="/theirs").strip() == "/theirs"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert python(tell, LD_LIBRARY_PATH="/ours").strip() == "None"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        ("ü".encode(), "ü"),
        (b"\xef\xbb\xbfmarked", "marked"),
        ("wide".encode("utf-16"), "wide"),
        (b"\xfe\xff\x00w", "w"),
        (b"", ""),
    ],
)
def test_answers_are_decoded_by_what_they_hold(data: bytes, text: str) -> None:
    assert decoded(data) == text


@POSIX
def test_bytes_of_no_encoding_are_escaped() -> None:
    assert decoded(b"caf\xe9") == "caf\\xe9"


@pytest.mark.skipif(sys.platform != "win32", reason="looks for programs as Windows does")
def test_the_systems_program_comes_before_one_of_the_path_or_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("reg.exe", "planted.exe"):
        (tmp_path / name).write_bytes(b"no program")
    monkeypatch.chdir(tmp_path)
    answer = run_command(
        ["reg", "query", r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion", "/v", "CurrentVersion"],
        timeout_seconds=20,
        environment=ENVIRONMENT | {"PATH": str(tmp_path)},
    )
    assert "CurrentVersion" in answer
    with pytest.raises(CommandMissing):
        run_command(["planted"], timeout_seconds=5, environment=ENVIRONMENT | {"PATH": f".{os.pathsep}"})


@pytest.mark.skipif(sys.platform != "win32", reason="the lists are Windows' own")
@pytest.mark.parametrize("is_elevated", [True, False])
def test_with_an_administrators_rights_nothing_is_run_that_others_may_have_put_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_elevated: bool
) -> None:
    """As ``C:\\nginx\\nginx.exe``, where every account may make that folder."""
    asked: list[Path] = []

    def others(program: Path) -> list[str]:
        asked.append(program)
        return ["BUILTIN\\Users"]

    monkeypatch.setattr(commands, "is_elevated", lambda: is_elevated)
    monkeypatch.setattr(commands, "others_behind_program", others)
    (tmp_path / "nginx.exe").write_bytes(b"no program")
    reason = r"not run with an administrator's rights: BUILTIN\\Users may" if is_elevated else "could not be started"
    for name, folders in ((str(tmp_path / "nginx.exe"), ""), ("nginx", str(tmp_path))):
        with pytest.raises(CommandFailed, match=reason):
            run_command([name], timeout_seconds=5, environment=ENVIRONMENT | {"PATH": folders})
    assert asked == [(tmp_path / "nginx.exe").resolve()] * (2 if is_elevated else 0)


@pytest.mark.skipif(sys.platform != "win32", reason="the lists are Windows' own")
def test_with_an_administrators_rights_a_trusted_program_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "is_elevated", lambda: True)
    monkeypatch.setattr(commands, "others_behind_program", lambda _: [])
    assert python("print('run')").strip() == "run"

    def refuse(program: Path) -> list[str]:
        raise PermissionError(13, "Access is denied", str(program))

    monkeypatch.setattr(commands, "others_behind_program", refuse)
    with pytest.raises(CommandFailed, match=r"who may change it cannot be read: .*Access is denied"):
        python("print('run')")
