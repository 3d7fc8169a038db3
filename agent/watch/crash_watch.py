"""Notice a crash when its report or its dump appears, at the cost of nothing while there is none.

The operating system tells of changes in the folders where crashes show (watchdog: inotify, FSEvents,
ReadDirectoryChangesW). A folder that holds logs is never watched, since each line that is written there would wake
us: what shows there is seen by ``look``, which the owner calls once a minute, as it does for folders that did not
exist before.

A change is only a hint: then the patterns are looked up, and what they match is compared with what is known. So an
event that was lost, doubled or forged does no harm. Nothing is opened here; a link or a folder is no crash.
"""

from __future__ import annotations

import glob
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from watchdog.events import DirCreatedEvent, FileCreatedEvent, FileModifiedEvent, FileMovedEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

from agent.watch.known_crashes import KnownCrashes

OnCrash = Callable[[str, Path, datetime], None]
_SETTLE_SECONDS = 0.2  # a dump is written in many pieces: look once for those of a moment
_MOST_FOLDERS = 64  # that are watched; the others are looked at
_MOST_FILES = 2000  # that are looked at of one pattern
_HINTS = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    DirCreatedEvent,
]  # not "opened": we open folders ourselves


class CrashWatch:
    """Watches the crashes of applications, each by the name of its profile and patterns of whole paths.

    ``on_crash(profile, path, at)`` is called once for each crash that is to be told, from a thread of the watch or from
    ``look``, never from two at once. ``log_patterns`` say which folders are not to be watched.
    """

    def __init__(
        self,
        crash_patterns: Mapping[str, Sequence[str]],
        on_crash: OnCrash,
        *,
        state: Path,
        log_patterns: Collection[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._patterns, self._logs, self._on_crash, self._clock = crash_patterns, log_patterns, on_crash, clock
        self._known = KnownCrashes(state)
        self._looking = threading.Lock()
        self._hint, self._ended = threading.Event(), threading.Event()
        self._watched: dict[str, tuple[ObservedWatch, tuple[int, int]]] = {}
        self._observer = Observer()
        self._thread = threading.Thread(target=self._follow, name="crash-watch", daemon=True)

    def start(self) -> None:
        """Look once, so that what crashed meanwhile is told, and watch from now on."""
        self._observer.start()
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """End the watch; nothing is called after this returns."""
        self._ended.set()
        self._hint.set()
        self._observer.stop()
        for thread in (self._observer, self._thread):
            if thread.is_alive():
                thread.join()

    def look(self) -> None:
        """Look at every place now, and watch folders that are new. To be called once a minute or so."""
        with self._looking:
            self._watch_folders()
            for profile, patterns in self._patterns.items():
                found = {path: at for pattern in patterns for path, at in _files(pattern)}
                with suppress(OSError):  # a disk that is full: the next look tells it
                    told = self._known.note(profile, found, self._clock())
                    if told is not None and not self._ended.is_set():
                        self._on_crash(profile, Path(told), datetime.fromtimestamp(found[told], UTC))

    @property
    def watched_folders(self) -> frozenset[str]:
        """The folders of which the operating system tells changes."""
        return frozenset(self._watched)

    def _follow(self) -> None:
        while self._hint.wait() and not self._ended.wait(_SETTLE_SECONDS):
            self._hint.clear()
            self.look()

    def _watch_folders(self) -> None:
        busy = {folder for pattern in self._logs for folder in _folders(pattern)} | _never()
        wanted = {folder for patterns in self._patterns.values() for each in patterns for folder in _folders(each)}
        for folder, (watch, number) in list(self._watched.items()):
            if _number(folder) != number:  # gone, or another folder of that name
                with suppress(OSError, KeyError):
                    self._observer.unschedule(watch)
                del self._watched[folder]
        for folder in sorted(wanted - busy - self._watched.keys())[: _MOST_FOLDERS - len(self._watched)]:
            with suppress(OSError):  # no right, or no more watches: it is looked at all the same
                watch = self._observer.schedule(_Hints(self._hint), folder, recursive=False, event_filter=_HINTS)
                self._watched[folder] = (watch, _number(folder))


class _Hints(FileSystemEventHandler):
    def __init__(self, hint: threading.Event) -> None:
        self._hint = hint

    def on_any_event(self, event: object) -> None:  # noqa: ARG002 - watchdog's signature; which it was does not matter
        self._hint.set()


def _folders(pattern: str) -> set[str]:
    """The existing folders in which a pattern's files may appear, and the one above its first wildcard."""
    above = Path(pattern).parent
    if not above.is_absolute():
        return set()
    fixed = above
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    found = [fixed, *map(Path, islice(glob.iglob(str(above)), _MOST_FOLDERS))]  # noqa: PTH207 - a whole path's pattern
    return {str(folder.resolve()) for folder in found if folder.is_dir()}


def _never() -> set[str]:
    """Folders in which something is always written, whatever a profile's pattern says."""
    return {str(folder.resolve()) for folder in (Path("/"), Path("/var/log"), Path(tempfile.gettempdir()), Path.home())}


def _number(folder: str) -> tuple[int, int]:
    try:
        found = Path(folder).stat()
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def _files(pattern: str) -> Iterator[tuple[str, float]]:
    """Each regular file that matches, and when it was changed last."""
    if not Path(pattern).is_absolute():
        return
    for path in islice(glob.iglob(pattern), _MOST_FILES):  # noqa: PTH207 - a whole path's pattern
        with suppress(OSError):
            found = Path(path).lstat()
            if stat.S_ISREG(found.st_mode):
                yield path, found.st_mtime
