"""Names in the bundle for any file name there may be."""

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors._bundle_paths import BundlePaths


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("/var/log/app.log", "logs/var/log/app.log"),
        (r"C:\ProgramData\App\log\a.log", "logs/ProgramData/App/log/a.log"),
        ("C:/ProgramData/a.log", "logs/ProgramData/a.log"),
        (r"\\server\share\a.log", "logs/server/share/a.log"),
        ("\\\\?\\C:\\a.log", "logs/a.log"),
        ("/x/two words.log", "logs/x/two words.log"),
        ("/x/../y", "logs/x/__/y"),
        ("/x/./y", "logs/x/y"),
        ("/x/a\nb\x1b.log", "logs/x/a_b_.log"),
        ("/x/bad\udcff.log", "logs/x/bad_.log"),
        ("/x/a\\b:c.log", "logs/x/a_b_c.log"),
        ("/x/right\u202eleft", "logs/x/right_left"),
        ("/x/con.log", "logs/x/_con.log"),
        ("/x/console.log", "logs/x/console.log"),
        ("/x/ends. ", "logs/x/ends__"),
        ("/x/größe.log", "logs/x/größe.log"),
        ("/", "logs/_"),
        ("", "logs/_"),
    ],
)
def test_a_path_stays_as_readable_as_it_may(source: str, path: str) -> None:
    assert BundlePaths("logs").of(source) == path


def test_sources_that_would_share_a_name_get_numbers() -> None:
    """By case too, and by how an accent is written: on Windows and macOS these are one name."""
    paths = BundlePaths("logs")
    given_back = [paths.of(source) for source in ("C:/a.log.gz", "D:/a.log.gz", "E:/A.log.gz", "/é", "/e\u0301")]
    assert given_back == ["logs/a.log.gz", "logs/a~2.log.gz", "logs/A~3.log.gz", "logs/é", "logs/e\u0301~2"]


def test_the_same_source_gets_the_same_path_again() -> None:
    paths = BundlePaths("logs")
    assert [paths.of("/b\n"), paths.of("/b_"), paths.of("/b\n")] == ["logs/b_", "logs/b_~2", "logs/b_"]


file_names = st.text(st.characters(), max_size=300) | st.binary(max_size=300).map(
    lambda data: data.decode("utf-8", "surrogateescape")
)
sources = file_names | st.lists(file_names, max_size=30).map("/".join) | st.text("aA./\\:~2", max_size=12)


@given(st.lists(sources, max_size=20, unique=True))
def test_any_names_become_valid_and_distinct_paths(names: list[str]) -> None:
    """Relative, POSIX, printable, encodable, short enough for Windows, and told apart by every file system."""
    paths = BundlePaths("logs")
    given_back = [paths.of(name) for name in names]
    for path in given_back:
        pure = PurePosixPath(path)
        assert str(pure) == path
        assert path.isprintable()
        assert pure.parts[0] == "logs"
        assert len(pure.parts) > 1
        assert not {".", ".."} & set(pure.parts)
        assert not PureWindowsPath(path).drive
        assert not set('<>:"|?*\\') & set(path)
        assert all(part == part.rstrip(". ") and len(part.encode()) <= 255 for part in pure.parts)
        assert len(path) < 240
    assert len({unicodedata.normalize("NFC", path).casefold() for path in given_back}) == len(names)
