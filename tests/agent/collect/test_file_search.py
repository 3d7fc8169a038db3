"""Finding files by a profile's glob, in a real tree."""

import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from agent.collect import file_search, safe_open
from agent.collect.file_search import expand, expand_glob, pure, search, split
from collectors import LeftOut

LINKS = pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
VARIABLES = {"HOME": "/home/ada", "NAME": "value", "EMPTY": "", "NESTED": "$NAME", "ODD": "a[1]*"}
WINDOWS = {"USERPROFILE": r"C:\Users\ada", "ProgramFiles(x86)": r"C:\Program Files (x86)"}


@pytest.mark.parametrize(
    ("pattern", "expanded"),
    [
        ("~/log", "/home/ada/log"),
        ("~", "/home/ada"),
        ("~bob/log", "~bob/log"),
        ("/x/~/y", "/x/~/y"),
        ("$NAME/x", "value/x"),
        ("a${NAME}b", "avalueb"),
        ("%NAME%/x", "value/x"),
        ("$UNKNOWN/${UNKNOWN}/%UNKNOWN%", "$UNKNOWN/${UNKNOWN}/%UNKNOWN%"),
        ("x$EMPTY", "x"),
        ("$NESTED", "$NAME"),
        ("100%", "100%"),
        ("$", "$"),
    ],
)
def test_variables_are_filled_in_once_and_unknown_ones_stay(pattern: str, expanded: str) -> None:
    assert expand(pattern, VARIABLES, "linux") == expanded


def test_windows_names_may_hold_parentheses_and_any_case() -> None:
    assert expand(r"%PROGRAMFILES(X86)%\App", WINDOWS, "win32") == r"C:\Program Files (x86)\App"
    assert expand(r"~\App", WINDOWS, "win32") == r"C:\Users\ada\App"


def test_the_tilde_stays_when_nobody_has_a_home() -> None:
    assert expand("~/x", {}, "linux") == "~/x"


def test_a_wildcard_inside_a_value_is_no_wildcard() -> None:
    assert expand_glob("/$ODD/*", VARIABLES, "linux") == "/a[[]1][*]/*"
    assert split(pure("/a[[]1][*]/*", "linux")) == (pure("/a[1]*", "linux"), ("*",))


@pytest.mark.parametrize(
    ("pattern", "folder", "parts"),
    [
        ("/var/log/*.log", "/var/log", ("*.log",)),
        ("/var/*/x/y.log", "/var", ("*", "x", "y.log")),
        ("/var/log/app.log", "/var/log", ("app.log",)),
        ("/app.log", "/", ("app.log",)),
    ],
)
def test_the_fixed_folder_is_what_stands_before_the_first_wildcard(
    pattern: str, folder: str, parts: tuple[str, ...]
) -> None:
    assert split(pure(pattern, "linux")) == (pure(folder, "linux"), parts)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.log", "b.LOG", "sub/c.log", "sub/deep/d.log", ".hidden/e.log", "sub/f.txt"):
        place = tmp_path / "tree" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(name)
    return tmp_path / "tree"


def found(folder: Path, *parts: str, ignore_case: bool = False) -> list[str]:
    matches = search(folder, parts, ignore_case=ignore_case, may_go_on=lambda: True, left_out=lambda _: None)
    return [match.path.as_posix() for match in matches]


def left_out(folder: Path, *parts: str, may_go_on: bool = True) -> dict[str, str]:
    told: list[LeftOut] = []
    list(search(folder, parts, ignore_case=False, may_go_on=lambda: may_go_on, left_out=told.append))
    return {item.path.as_posix(): item.reason for item in told}


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        (("*.log",), ["a.log"]),
        (("a.log",), ["a.log"]),
        (("absent.log",), []),
        (("*", "*.log"), [".hidden/e.log", "sub/c.log"]),
        (("sub", "*", "d.log"), ["sub/deep/d.log"]),
        (("**", "*.log"), [".hidden/e.log", "a.log", "sub/c.log", "sub/deep/d.log"]),
        (("**", "**", "d.log"), ["sub/deep/d.log"]),
        (("sub", "**"), ["sub/c.log", "sub/deep/d.log", "sub/f.txt"]),
        (("[ab].*",), ["a.log", "b.LOG"]),
        (("*", "*", "*", "*"), []),
    ],
)
def test_a_glob_gives_each_file_once_in_order(tree: Path, parts: tuple[str, ...], names: list[str]) -> None:
    assert found(tree, *parts) == names


def test_case_counts_only_where_the_platform_says_so(tree: Path) -> None:
    assert found(tree, "*.log", ignore_case=True) == ["a.log", "b.LOG"]


def test_an_absent_folder_gives_nothing(tmp_path: Path) -> None:
    assert found(tmp_path / "absent", "**", "*") == []


@LINKS
def test_a_link_out_of_the_folder_is_not_followed(tree: Path, tmp_path: Path) -> None:
    """Neither a file, nor a folder, nor one that leads out by way of another."""
    (tmp_path / "secret.log").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.log").write_text("secret")
    (tree / "z.log").symlink_to(tmp_path / "secret.log")
    (tree / "y.log").symlink_to(tree / "z.log")
    (tree / "out").symlink_to(tmp_path / "elsewhere")
    assert found(tree, "*.log") == ["a.log"]
    assert found(tree, "*", "x.log") == []
    assert found(tree, "out", "x.log") == []


@LINKS
def test_a_link_inside_the_folder_is_its_target_once(tree: Path) -> None:
    (tree / "current.log").symlink_to("a.log")
    assert found(tree, "*.log") == ["a.log"]
    assert found(tree, "current.log") == ["a.log"]


@LINKS
def test_the_fixed_folder_may_be_a_link_itself(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(tree)
    assert found(tmp_path / "alias", "*.log") == ["a.log"]


@LINKS
def test_a_loop_of_links_ends(tree: Path) -> None:
    (tree / "sub" / "again").symlink_to(tree)
    (tree / "self").symlink_to("self")
    assert found(tree, "**", "d.log") == ["sub/deep/d.log"]


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs there")
def test_only_regular_files_are_given(tree: Path) -> None:
    os.mkfifo(tree / "pipe.log")
    (tree / "folder.log").mkdir()
    assert found(tree, "*.log") == ["a.log"]


def test_a_search_ends_when_it_may_not_go_on(tree: Path) -> None:
    matches = search(tree, ("**", "*"), ignore_case=False, may_go_on=lambda: False, left_out=lambda _: None)
    assert list(matches) == []
    stopped = {".": "no time was left to look further; stopped there"}
    assert left_out(tree, "**", "*", may_go_on=False) == stopped


def test_a_search_looks_at_so_many_names_and_no_more(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_search, "_ENTRY_LIMIT", 3)
    assert len(found(tree, "**", "*")) < 6
    assert list(left_out(tree, "**", "*").values()) == ["more than 3 names; stopped there"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_of_any_bytes_are_found(tree: Path) -> None:
    """Invalid UTF-8, spaces and line ends."""
    for name in (b"bad\xff.log", b"two words.log", b"two\nlines.log"):
        Path(os.fsdecode(os.fsencode(tree) + b"/" + name)).write_text("x")
    assert found(tree, "*.log") == ["a.log", "bad\udcff.log", "two\nlines.log", "two words.log"]


def test_what_is_whole_and_what_is_absent_is_not_told(tree: Path) -> None:
    assert left_out(tree, "**", "*") == left_out(tree, "absent", "**") == left_out(tree, "a.log", "**") == {}


@LINKS
def test_links_are_told(tree: Path, tmp_path: Path) -> None:
    """Each by where it leads, which is not told when it is outside."""
    (tmp_path / "secret.log").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.log").write_text("secret")
    for name, target in {
        "out.log": "../secret.log",
        "in.log": "sub/c.log",
        "dir": "../elsewhere",
        "no": "absent",
    }.items():
        (tree / name).symlink_to(target)
    (tree / "self").symlink_to("self")
    told = {
        "out.log": "a link that leads elsewhere",
        "in.log": "a link to c.log, which is looked at itself",
        "dir": "a link to a folder",
        "no": "a link that leads nowhere",
        "self": "a link that leads nowhere",
    }
    assert left_out(tree, "*") == left_out(tree, "**") == told
    assert left_out(tree, "**", "*.LOG") == {"dir": "a link to a folder"}
    assert left_out(tree, "*", "x.log") == {"dir": "a link to a folder"}


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs there")
def test_what_is_no_regular_file_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tree / "pipe.log")
    monkeypatch.chdir(tree)  # the name of a socket may have about 100 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.log")
    assert left_out(tree, "*.log") == {
        "pipe.log": "not a regular file (FIFO)",
        "socket.log": "not a regular file (socket)",
    }
    assert left_out(Path("/dev"), "null") == {"null": "not a regular file (character device)"}


def test_a_folder_that_cannot_be_listed_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By any user: the administrator, who may be running this, has the right to all."""
    listed = safe_open.listed

    def refused(folder: Path, root: Path) -> object:
        if folder == tree / "sub":
            raise PermissionError(13, "Permission denied")
        return listed(folder, root)

    monkeypatch.setattr(safe_open, "listed", refused)
    assert left_out(tree, "**") == {"sub": "no right to read this folder"}
    assert left_out(tree / "sub", "*.log") == {".": "no right to read this folder"}
    told: list[LeftOut] = []
    list(search(tree, ("**",), ignore_case=False, may_go_on=lambda: True, left_out=told.append))
    assert [item.cause for item in told] == ["no-right"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user without all rights")
def test_a_folder_of_somebody_else_is_told(tree: Path) -> None:
    (tree / "sub").chmod(0)
    try:
        assert left_out(tree, "**") == {"sub": "no right to read this folder"}
        assert left_out(tree / "sub", "c.log") == {"c.log": "no right to look at it"}
    finally:
        (tree / "sub").chmod(stat.S_IRWXU)
