"""Reads bundles in a process of its own: ``python -m desk.contents.archive_reader VERB FILE …``.

    contents FILE             the list of members and the manifest, as JSON
    whole FILE INDEX          a small member, as it is
    text FILE INDEX OFFSET    one page of a text, as UTF-8

A bundle comes from a computer that anyone may own, and a few kilobytes of ``.7z`` can ask for gigabytes of memory
or hours of work. So the reader is a program that holds nothing, may write nothing, gets bounded memory and time
from the operating system (on Windows time alone, from the parent), and tells every failure in one sentence.

Standard output is the answer: JSON, or the text itself. Exit code 3 with a sentence on standard error is a refusal,
which holds for good. Any other code is a failure of the moment.
"""

from __future__ import annotations

import errno
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desk.contents import manifest_signature

if TYPE_CHECKING:
    from py7zr import FileInfo, SevenZipFile

EXIT_REFUSED = 3
EXIT_FAILED = 4
MOST_MEMBERS = 5000  # more than any honest bundle has, few enough for one page
MANIFEST_LIMIT_BYTES = 8 << 20
WHOLE_LIMIT_BYTES = 16 << 20  # of a report
TEXT_WINDOW_BYTES = 1 << 20  # one page of a text
LONGEST_LINE_BYTES = 64 << 10  # a page begins and ends at a line's end, where there is one within this
_LONGEST_PATH = 500  # characters shown
_MEMORY_BYTES = 1 << 30  # LZMA at its strongest usual setting takes 64 MiB, 7-Zip's ultra some hundred
_PROCESSOR_SECONDS = 30
# Others come of archives too: EINVAL of a place before the file's begin, for one.
_OF_THE_DISK = {errno.ENOENT, errno.EACCES, errno.EIO}
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}  # by byte order mark


class Refused(Exception):
    """A sentence that says why the archive, or this part of it, is not shown."""


@dataclass(frozen=True, slots=True)
class ListedMember:
    """One entry of the archive's own list; ``readable`` where it is a plain file whose name is unambiguous."""

    index: int
    path: str
    size_bytes: int
    kind: str  # "file", "folder" or "link"
    readable: bool


def main(words: list[str]) -> int:
    """Do what ``words`` ask; see the module's text."""
    _bound_this_process()
    try:
        if words[0] == "contents":
            answer = _contents(Path(words[1]))
        elif words[0] == "whole":
            answer = _whole(Path(words[1]), int(words[2]))
        else:
            answer = _text(Path(words[1]), int(words[2]), int(words[3]))
    except Refused as refused:
        sys.stderr.write(str(refused))
        return EXIT_REFUSED
    except MemoryError:
        sys.stderr.write("It asks for more memory than a bundle may.")
        return EXIT_REFUSED
    except Exception as error:  # whatever a hostile archive provokes in the library ends here, as a refusal
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
            return EXIT_FAILED
        sys.stderr.write("The archive is broken.")
        return EXIT_REFUSED
    sys.stdout.buffer.write(answer)
    return 0


def _bound_this_process() -> None:
    if sys.platform != "win32":
        import resource  # exists on POSIX only

        resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        if sys.platform == "linux":  # macOS refuses to bound the address space
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


def _contents(file: Path) -> bytes:
    from py7zr import SevenZipFile  # only after the bounds are set

    # A file object, not a path: with a path the library would decompress in threads, beyond our exceptions.
    with file.open("rb") as raw, SevenZipFile(raw) as archive:
        infos = archive.list()
        members = _listed(infos)
        answer = {
            "members": [asdict(member) for member in members[:MOST_MEMBERS]],
            "members_in_all": len(members),
            **_manifest(archive, members),
        }
    return json.dumps(answer).encode()


def _listed(infos: list[FileInfo]) -> list[ListedMember]:
    names = [info.filename for info in infos]
    twice = {name for name in names if names.count(name) > 1} if len(names) <= MOST_MEMBERS else set(names)
    return [
        ListedMember(
            index=index,
            path=_shown(info.filename),
            size_bytes=int(info.uncompressed),
            kind="folder" if info.is_directory else "link" if info.is_symlink else "file",
            readable=info.is_file and not info.is_symlink and info.filename not in twice and _is_inside(info.filename),
        )
        for index, info in enumerate(infos)
    ]


def _is_inside(name: str) -> bool:
    """Whether a name stays in the folder it would be unpacked in; the library refuses to read others."""
    parts = name.replace("\\", "/").split("/")
    return bool(name) and ".." not in parts and parts[0] != "" and ":" not in parts[0] and "\0" not in name


def _shown(name: str) -> str:
    """A name fit for any encoder: 7z stores UTF-16, in which halves of characters can stand alone."""
    return name.encode("utf-8", "replace").decode()[:_LONGEST_PATH]


def _manifest(archive: SevenZipFile, members: list[ListedMember]) -> dict[str, object]:
    by_path = {member.path: member for member in members if member.readable}
    found, signature = by_path.get("manifest.json"), by_path.get(manifest_signature.NAME)
    if found is None:
        return {"manifest": None, "manifest_problem": "The bundle holds no manifest."}
    if found.size_bytes > MANIFEST_LIMIT_BYTES:
        return {"manifest": None, "manifest_problem": "The manifest is too large to be shown."}
    from desk.contents.member_window import read_beginnings

    limits_bytes = {found.path: MANIFEST_LIMIT_BYTES}
    if signature is not None and signature.size_bytes <= manifest_signature.LIMIT_BYTES:
        limits_bytes[signature.path] = manifest_signature.LIMIT_BYTES
    try:
        read = read_beginnings(archive, limits_bytes)
        manifest = json.loads(read[found.path])
        json.dumps(manifest, ensure_ascii=False, allow_nan=False).encode()  # neither NaN nor half characters
    except (ValueError, RecursionError):
        return {"manifest": None, "manifest_problem": "The manifest is not JSON."}
    named = manifest.get("signing_key") if isinstance(manifest, dict) else None
    unread = None if signature is None else b""  # one that is too large to be one
    signed = manifest_signature.checked(read[found.path], named, read.get(manifest_signature.NAME, unread))
    return {"manifest": manifest, "manifest_problem": "", "signature": signed}


def _whole(file: Path, index: int) -> bytes:
    whole, _ = _member_window(file, index, 0, WHOLE_LIMIT_BYTES + 1)
    if len(whole) > WHOLE_LIMIT_BYTES:
        raise Refused("It is too large to be shown.")
    return whole


def _text(file: Path, index: int, offset: int) -> bytes:
    before = 1 if offset else 0  # to see whether a line ended just before the page
    wanted = before + TEXT_WINDOW_BYTES + LONGEST_LINE_BYTES
    window, begin = _member_window(file, index, offset - before, wanted)
    if begin in _UTF_16:
        # Its line ends are two bytes; such a page is cut at its border, which is even, and not at a line's end.
        return window[before : before + TEXT_WINDOW_BYTES].decode(_UTF_16[begin], "replace").encode()
    return _whole_lines(window, begins_file=offset == 0)


def _member_window(file: Path, index: int, offset: int, limit_bytes: int) -> tuple[bytes, bytes]:
    from py7zr import SevenZipFile  # only after the bounds are set

    from desk.contents.member_window import read_window

    with file.open("rb") as raw, SevenZipFile(raw) as archive:
        infos = archive.list()
        members = _listed(infos)
        if not 0 <= index < len(members):
            raise Refused("The bundle has no such file.")
        if not members[index].readable:
            raise Refused("This is not a plain file with a name of its own.")
        return read_window(archive, infos[index].filename, offset, limit_bytes)


def _whole_lines(window: bytes, *, begins_file: bool) -> bytes:
    """The lines that begin in the page: each line of a text is on exactly one page, whole.

    ``window`` is the page, the byte before it (but at the begin of the file) and ``LONGEST_LINE_BYTES`` after it.
    A line that runs further than those is cut hard, at the page's border.
    """
    start = 0 if begins_file else _next_line(window, 0, otherwise=1)
    border = TEXT_WINDOW_BYTES - (1 if begins_file else 0)
    end = _next_line(window, border, otherwise=border + 1)
    return window[start:end]


def _next_line(window: bytes, position: int, *, otherwise: int) -> int:
    """Where the line after the one that the byte at ``position`` belongs to begins; ``otherwise`` if that is far."""
    if position >= len(window):
        return len(window)
    found = window.find(b"\n", position, position + LONGEST_LINE_BYTES)
    if found >= 0:
        return found + 1
    return len(window) if len(window) - position < LONGEST_LINE_BYTES else otherwise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
