"""On Windows, what others may have made a link of, or swap while it is opened, is not read."""

import io
import sys
from pathlib import Path

import pytest

from agent.collect import safe_open

if sys.platform != "win32":
    pytest.skip("files of Windows", allow_module_level=True)

import pywintypes
import win32file

from agent.collect import windows_files


def read(path: Path, root: Path | None) -> bytes:
    with io.FileIO(safe_open.open_file(path, root), "rb") as file:
        return file.read()


@pytest.mark.parametrize("others", [[], ["BUILTIN\\Users"]])
def test_a_link_is_followed_only_where_nobody_else_can_have_led_it_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: list[str]
) -> None:
    """Whose it is proves nothing. Wine makes no junctions, so a folder is taken for one."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text("text")
    asked: list[str] = []
    monkeypatch.setattr(windows_files, "is_link", lambda place: place == tmp_path / "logs")
    monkeypatch.setattr(windows_files, "others_behind_link", lambda link: asked.append(str(link)) or others)
    for root in (tmp_path / "logs", None):
        if others:
            with pytest.raises(OSError, match="others may have put there"):
                read(tmp_path / "logs" / "a.log", root)
        else:
            assert read(tmp_path / "logs" / "a.log", root) == b"text"
    assert set(asked) == {windows_files.literal(tmp_path / "logs")}


@pytest.mark.parametrize("root_is_given", [True, False])
def test_the_folder_stays_where_it_is_from_the_look_at_its_path_until_the_file_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root_is_given: bool
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.log").write_text("text")
    told: list[type[Exception]] = []

    def swap(_path: Path, _root: Path | None) -> None:
        try:
            logs.rename(tmp_path / "moved")
        except PermissionError as error:
            told.append(type(error))

    monkeypatch.setattr(windows_files, "refuse_links", swap)
    with io.FileIO(windows_files.open_regular(logs / "a.log", logs if root_is_given else None), "rb") as file:
        assert file.read() == b"text"
        assert told == [PermissionError]
    logs.rename(tmp_path / "moved")  # nothing holds it any more


def test_what_a_swapped_path_led_to_is_not_read_without_a_root_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder was opened where it was; the file is opened by a path that leads elsewhere by then."""
    for name in ("logs", "secret"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.log").write_text(name)
    kept = windows_files._kept_in_place
    monkeypatch.setattr(windows_files, "_kept_in_place", lambda _: kept(tmp_path / "logs"))
    assert read(tmp_path / "logs" / "a.log", None) == b"logs"
    with pytest.raises(OSError, match="a link"):
        read(tmp_path / "secret" / "a.log", None)


@pytest.fixture(params=[1, 50, 87], ids=["invalid-function", "not-supported", "invalid-parameter"])
def unknowing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> pywintypes.error:
    """A file system that has no reparse points and tells no names."""
    error = pywintypes.error(request.param, "asked", "The parameter is incorrect.")

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(win32file, "GetFileInformationByHandleEx", refuse)
    monkeypatch.setattr(win32file, "GetFinalPathNameByHandle", refuse)
    return error


@pytest.mark.usefixtures("unknowing")
@pytest.mark.parametrize("root_is_given", [True, False])
def test_a_file_system_that_tells_no_place_is_read_without_an_administrators_rights_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root_is_given: bool
) -> None:
    (tmp_path / "a.log").write_text("text")
    root = tmp_path if root_is_given else None
    monkeypatch.setattr(windows_files, "is_elevated", lambda: False)
    assert read(tmp_path / "a.log", root) == b"text"
    monkeypatch.setattr(windows_files, "is_elevated", lambda: True)
    with pytest.raises(OSError, match="does not tell where it lies"):
        read(tmp_path / "a.log", root)


def test_a_name_is_asked_for_as_it_was_opened_where_none_else_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unknowing: pywintypes.error
) -> None:
    (tmp_path / "root").mkdir()
    for folder in (tmp_path, tmp_path / "root"):
        (folder / "a.log").write_text("text")
    monkeypatch.undo()
    ask = win32file.GetFinalPathNameByHandle

    def told(handle: int, form: int) -> str:
        if form != 0x8:
            raise unknowing
        return ask(handle, form)

    monkeypatch.setattr(win32file, "GetFinalPathNameByHandle", told)
    assert read(tmp_path / "root" / "a.log", tmp_path / "root") == b"text"
    with pytest.raises(OSError, match="a link"):
        windows_files.open_regular(tmp_path / "a.log", tmp_path / "root")


def test_another_failure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise pywintypes.error(1117, "asked", "The request could not be performed.")

    (tmp_path / "a.log").write_text("text")
    for name in ("GetFileInformationByHandleEx", "GetFinalPathNameByHandle"):
        with monkeypatch.context() as patch:
            patch.setattr(win32file, name, refuse)
            with pytest.raises(OSError, match="could not be performed"):
                read(tmp_path / "a.log", tmp_path)
