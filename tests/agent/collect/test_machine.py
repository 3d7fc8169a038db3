"""The context of a collector, on real files."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.collect.machine import MachineContext, this_platform
from collectors import CommandFailed, Context, Limits

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")


def context(**changes: Any) -> MachineContext:
    values: dict[str, Any] = {
        "platform": this_platform(),
        "now": datetime(2026, 3, 14, tzinfo=UTC),
        "not_before": None,
        "options": {},
        "limits": Limits(),
        "environment": dict(os.environ),
        "time_left": lambda: 20.0,
    }
    return MachineContext(**(values | changes))


def test_it_is_what_a_collector_is_promised() -> None:
    promised: Context = context()
    assert {name for name in vars(Context) if not name.startswith("_")} <= set(dir(promised))


def test_a_command_runs_for_real() -> None:
    assert context().run(sys.executable, "-c", "print(1)", timeout_seconds=20).strip() == "1"


def test_a_command_gets_no_more_time_than_the_collector_has() -> None:
    asked: list[float] = []

    def runner(argv: object, *, timeout_seconds: float, **_: object) -> str:
        asked.append(timeout_seconds)
        return ""

    context(time_left=lambda: 3.0, runner=runner).run("x")
    context(time_left=lambda: 30.0, runner=runner).run("x")
    assert asked == [3.0, 10.0]
    with pytest.raises(CommandFailed, match="no time was left"):
        context(time_left=lambda: 0.0, runner=runner).run("x")


def test_files_are_found_by_absolute_patterns_alone(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x")
    machine = context(environment={"PLACE": str(tmp_path)})
    assert list(machine.files("$PLACE/*.log")) == [tmp_path / "a.log"]
    assert list(machine.files(str(tmp_path / "*.log"))) == [tmp_path / "a.log"]
    for pattern in ("*.log", "$UNKNOWN/*.log", "", "/", "\0", "/\0/*"):
        assert list(machine.files(pattern)) == []


def test_a_root_stands_for_the_file_system(tmp_path: Path) -> None:
    """Paths in and out are without it; a drive is a folder in it."""
    (tmp_path / "C" / "Users" / "ada").mkdir(parents=True)
    (tmp_path / "C" / "Users" / "ada" / "App.LOG").write_text("text")
    machine = context(platform="win32", root=tmp_path, environment={"USERPROFILE": r"C:\Users\ada"})
    found = list(machine.files(r"%userprofile%\*.log"))
    assert [path.as_posix() for path in found] == ["C:/Users/ada/App.LOG"]
    assert machine.read_text(str(found[0])) == "text"
    assert machine.read_text("C:\\Users\\ada\\App.LOG") == "text"
    assert machine.origin(found[0]).size_bytes == 4
    assert machine.expand("~") == r"C:\Users\ada"


def test_the_head_of_a_file_is_read_as_text(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"\xff\xfe" + "hello".encode("utf-16-le"))
    assert context().read_text(str(file)) == "hello"
    file.write_text("hello")
    assert context().read_text(str(file), limit_bytes=2) == "he"
    with pytest.raises(OSError, match=r"absent|No such file"):
        context().read_text(str(tmp_path / "absent"))
    with pytest.raises(OSError, match=r".+"):
        context().read_text("a\0b")


@POSIX
@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "link"])
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "x"
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    elif kind == "device":
        place = Path("/dev/zero")
    else:
        (tmp_path / "target").write_text("x")
        place.symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match=r".+"):
        context().open_tail(place, limit_bytes=10)


def tail(file: Path, limit_bytes: int) -> bytes:
    with context().open_tail(file, limit_bytes=limit_bytes) as stream:
        return stream.read()


def test_a_short_file_is_given_whole(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no line end")
    assert tail(tmp_path / "x", 11) == b"no line end"


@pytest.mark.parametrize(
    ("limit_bytes", "expected"),
    [
        (9, b"bb\nccc\n"),  # from the middle of the first line
        (7, b"bb\nccc\n"),  # exactly from the start of a line: it is whole
        (6, b"ccc\n"),
        (3, b""),  # only a part of the last line fits
        (1, b""),
    ],
)
def test_the_partial_first_line_of_a_tail_is_dropped(tmp_path: Path, limit_bytes: int, expected: bytes) -> None:
    (tmp_path / "x").write_bytes(b"aaaa\nbb\nccc\n")
    assert tail(tmp_path / "x", limit_bytes) == expected


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_the_tail_of_utf_16_stays_utf_16(tmp_path: Path, encoding: str) -> None:
    """It keeps its mark, starts at a whole character, and a line feed is told from its look-alikes."""
    mark = "\ufeff".encode(encoding)
    (tmp_path / "x").write_bytes(mark + "first\nsecond \u0a00\u0a0a\u000b third\nfourth\n".encode(encoding))
    for limit_bytes in range(16, 40):
        assert tail(tmp_path / "x", limit_bytes) == mark + "fourth\n".encode(encoding)


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\xff", b"\n").replace(b"\xfe", b"x")), st.integers(1, 60))
def test_a_tail_is_whole_lines_of_the_end(tmp_path_factory: pytest.TempPathFactory, data: bytes, limit: int) -> None:
    file = tmp_path_factory.getbasetemp() / "tail"
    file.write_bytes(data)
    given_back = tail(file, limit)
    assert data.endswith(given_back)
    assert len(given_back) <= limit
    before = data[: len(data) - len(given_back)]
    assert before == b"" or before.endswith(b"\n") or given_back == b""


def test_a_file_that_grows_is_bounded_to_its_size_when_opened(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"one\n")
    with context().open_tail(file, limit_bytes=100) as stream, file.open("ab") as writer:
        writer.write(b"two\n")
        writer.flush()
        assert stream.read() == b"one\n"


def test_a_file_that_shrinks_ends_early(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"x" * 100_000)
    with context().open_tail(file, limit_bytes=200_000) as stream:
        file.write_bytes(b"")
        assert stream.read() == b""


@POSIX
def test_an_origin_tells_owner_mode_size_and_time(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("abc")
    file.chmod(0o640)
    os.utime(file, (1_000_000_000, 1_000_000_000))
    origin = context().origin(file)
    assert (origin.mode, origin.size_bytes) == ("0640", 3)
    assert origin.modified_at == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
    assert origin.owner


def test_the_origin_of_an_absent_file_is_its_name_alone(tmp_path: Path) -> None:
    origin = context().origin(tmp_path / "absent")
    assert (origin.source, origin.size_bytes) == (str(tmp_path / "absent"), None)
