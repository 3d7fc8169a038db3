"""What can be gathered: the contract of a collector, and the list of those installed.

A collector is a module of this package with two public names: ``collect``, a generator function, and
``COLLECTOR``, a :class:`Collector` that declares it. The file's name is the collector's name. Nothing
here imports the agent: what a collector needs of the machine is handed to it as a :class:`Context`, so
that the same code runs on a real computer, under a test's fake one, and (later) in a process that can
be killed.

A collector yields, in any order:

- :class:`Artifact`: something for the bundle, opened only when its turn to be redacted comes;
- :class:`Fact`: one of the nine things a support request must carry, found on this machine;
- :class:`Skipped`: something it would have taken and could not, and why.

It never raises for what a machine may be like: a missing command, an unreadable folder or a broken
file is a ``Skipped`` (collecting fails forward).
"""

from __future__ import annotations

import enum
import importlib
import io
import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

Platform = Literal["linux", "darwin", "win32"]
ReadAs = Literal["event-log", "database"]
Cause = Literal["no-right", "over-size", "other"]
"""Why something is not in the bundle, for a program: the account lacks the right, or it is over a limit of size."""
Form = Literal["any", "path", "host", "file-pattern", "command-pattern"]
"""What each entry of a list option must be: see ``_option_checks``."""
ALL_PLATFORMS: frozenset[Platform] = frozenset({"linux", "darwin", "win32"})
_ACCESS_DENIED = 5  # the number of Windows


class Sensitivity(enum.Enum):
    """How private the raw material is, before redaction; shown in the plan and the consent text."""

    NONE = "none"  # facts about the product and the operating system
    LOW = "low"  # names of programs, sizes, states
    PERSONAL = "personal"  # names, addresses, paths of people are likely in it
    SECRET = "secret"  # noqa: S105 - a degree of privacy: credentials may stand in it


class RequestItem(enum.Enum):
    """The nine things a support request must carry, in the order support asks for them."""

    PRODUCT = "product"
    OPERATING_SYSTEM = "operating_system"
    DESCRIPTION = "description"
    SCREENSHOTS = "screenshots"
    COMPUTER_ID = "computer_id"
    LOGS = "logs"
    ACCOUNT = "account"
    VERSION = "version"
    CLOUD = "cloud"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an artifact came from on this machine; every part may be unknown (``None``)."""

    source: str  # a path or a command line, as a person would write it
    owner: str | None = None
    mode: str | None = None  # octal permission bits, e.g. "0640"
    size_bytes: int | None = None
    modified_at: datetime | None = None  # aware, UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Something for the bundle. ``open`` gives a fresh binary stream of the raw bytes each time.

    ``path`` is relative, POSIX, without ``..``, and begins with the collector's name or ``logs/``.
    ``truncated`` says, in a sentence, what of the source is *not* in the stream, or is ``None``.
    ``read_as``: the stream is a Windows event log or an SQLite database, of which a reader makes text, one JSON
    object a line; ``path`` and ``media_type`` are those of that text.
    ``expected_bytes`` is what its collector expects to give in all, where it knows: much of it is prepared for.
    """

    path: str
    open: Callable[[], BinaryIO]
    origin: Origin
    media_type: str = "text/plain"
    truncated: str | None = None
    read_as: ReadAs | None = None
    expected_bytes: int = 0

    @classmethod
    def of_text(cls, path: str, text: str, *, source: str, media_type: str = "text/plain") -> Artifact:
        """An artifact whose UTF-8 text is already in hand; ``source`` says what produced it."""
        data = text.encode("utf-8", "surrogateescape")
        origin = Origin(source=source, size_bytes=len(data))
        return cls(path=path, open=lambda: io.BytesIO(data), origin=origin, media_type=media_type)

    @classmethod
    def of_json(cls, path: str, value: object, *, source: str) -> Artifact:
        """An artifact that is ``value`` as indented JSON with sorted keys."""
        text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=str) + "\n"
        return cls.of_text(path, text, source=source, media_type="application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Something that is not in the bundle: its path or name, and why, in a sentence and for a program."""

    path: str
    reason: str
    cause: Cause = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What a search for files met and did not give, and why in a few words.

    ``is_folder``: the reason is about a folder and all that is below it, whatever their names.
    """

    path: Path
    reason: str
    is_folder: bool = False
    cause: Cause = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """An answer to one of the nine items of a support request; ``source`` says where it was found."""

    item: RequestItem
    value: str
    source: str


class CommandError(Exception):
    """A command could not be used; the message is the sentence for the manifest."""


class CommandMissing(CommandError):
    """The command is not on this machine."""


class CommandFailed(CommandError):
    """The command ended with an error, or did not end in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one collector may use: wall-clock seconds, and bytes of raw material over all artifacts.

    ``memory_bytes``: what it and the commands it runs may hold in memory, where it runs apart.
    """

    time_seconds: float = 20.0
    size_bytes: int = 64 * 2**20
    memory_bytes: int = 512 * 2**20


class Context(Protocol):
    """What a collector sees of the machine and of the plan. Every path in and out is absolute.

    ``run``, ``files`` and ``open`` keep the collector's limits; a collector that loops by itself asks
    ``remaining_seconds``.
    """

    @property
    def platform(self) -> Platform:
        """The platform to answer for, as ``sys.platform`` names it."""

    @property
    def now(self) -> datetime:
        """The bundle's one clock reading, aware, UTC."""

    @property
    def not_before(self) -> datetime | None:
        """Older log material is not wanted (``--since``); ``None`` for no bound."""

    @property
    def options(self) -> Mapping[str, object]:
        """This collector's options, defaults filled in, validated against its declaration."""

    @property
    def limits(self) -> Limits:
        """This collector's limits, as the plan set them."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables of the process that asks."""

    def remaining_seconds(self) -> float:
        """Time left to this collector; 0 or less means: say what is missing, and end."""

    def run(self, *argv: str, timeout_seconds: float = 10.0, input_text: str = "") -> str:
        """The standard output of a command, decoded (UTF-8, bad bytes escaped), at most 8 MiB of it.

        A command that succeeds and prints nothing there is answered by its standard error (``nginx -v``).
        The command gets a C locale, no terminal, and is killed with its children when the time is up.
        Raise ``CommandMissing`` when it does not exist, ``CommandFailed`` when it fails or is too slow.
        """

    def expand(self, pattern: str) -> str:
        """``pattern`` with ``~``, ``$NAME``, ``${NAME}`` and ``%NAME%`` filled in; unknown names stay."""

    def files(self, pattern: str, *, left_out: Callable[[LeftOut], object] | None = None) -> Iterator[Path]:
        """Regular files that match an expanded glob (``**`` allowed), sorted by name. Never raises.

        ``left_out`` is told of every match that is no such file, and of every folder that was not looked into.
        """

    def read_text(self, path: str, *, limit_bytes: int = 2**20) -> str:
        """The head of a small file as text. Raise ``OSError`` as reading does."""

    def open_tail(self, path: Path, *, limit_bytes: int) -> BinaryIO:
        """The last ``limit_bytes`` of a file, from the first whole line on. Raise ``OSError``."""

    def origin(self, path: Path) -> Origin:
        """Owner, mode, size and time of a file, as far as they can be read. Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a collector, settable in a profile: its JSON type, default, and what it means."""

    name: str
    kind: Literal["string", "integer", "number", "boolean", "strings", "object", "objects"]
    default: object
    help: str
    form: Form = "any"  # what each entry of a list is
    for_watching: bool = False  # read by the service, which notices crashes; the collector itself does without


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """The declaration of a collector: data that plan, consent text and documentation are made from."""

    title: str  # for a person: "Application logs"
    gathers: str  # one sentence: what, for the consent text
    why: str  # one sentence: what support does with it
    sensitivity: Sensitivity
    collect: Callable[[Context], Iterator[Artifact | Fact | Skipped]]
    platforms: frozenset[Platform] = ALL_PLATFORMS
    options: tuple[Option, ...] = ()
    items: tuple[RequestItem, ...] = ()  # which of the nine items it answers
    limits: Limits = field(default_factory=Limits)
    # In a process that is killed when it does not end. False only for one that runs no command and asks nothing of
    # the operating system but by the context's ``files``, ``open_tail`` and ``origin``, which see to that themselves.
    apart: bool = True


def cause_of(error: Exception) -> Cause:
    """``no-right`` if the system said so. On Windows Python takes more for that, as a device that is not ready."""
    says_so = isinstance(error, PermissionError) and getattr(error, "winerror", None) in (None, _ACCESS_DENIED)
    return "no-right" if says_so else "other"


def size_text(size_bytes: int) -> str:
    """A size for a person, in decimal units: ``3.4 MB``."""
    if size_bytes < 1000:
        return "1 byte" if size_bytes == 1 else f"{size_bytes} bytes"
    size, unit = size_bytes / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if size < 999.95:
            break
        size, unit = size / 1000, larger
    return f"{size:.1f} {unit}"


def installed() -> dict[str, Collector]:
    """Every collector of this package by name, sorted; found by scanning the folder.

    A frozen build must be told to take these modules along (they are imported by name only).
    """
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    found: dict[str, Collector] = {}
    for name in names:
        declared = importlib.import_module(f"{__name__}.{name}").COLLECTOR
        assert isinstance(declared, Collector), name
        found[name] = declared
    return found
