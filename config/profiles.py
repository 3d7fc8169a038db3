"""Application profiles: which collectors run for an application, and with which options.

A profile is a YAML file; its file name is its name, and two that claim one name in one folder are refused.
Those of the package come first, then the folders of the administrator and of the person: a later folder
replaces a profile of the same name as a whole, because a mixture of two is what nobody has written.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

import yaml

from config import ConfigurationProblem, own_folders
from config.places import data

ALL_PLATFORMS = ("linux", "darwin", "win32")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Far above any real profile (the largest built-in one has 8 KiB); keeps a wrong file from filling the memory.
_LIMIT_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a bundle of one application holds on one platform.

    ``collectors`` is merged for that platform. ``platforms`` are those the profile was written for, and
    ``file`` is where it was read from, for messages.
    """

    name: str
    product: str
    title: str
    supported_majors: tuple[int, ...] | None
    cloud: bool | None
    keep_hosts: tuple[str, ...]
    unconfirmed: tuple[str, ...]
    collectors: Mapping[str, Mapping[str, object]]
    platforms: tuple[str, ...]
    file: str


def available(folders: Sequence[Path] = ()) -> dict[str, Path | Traversable]:
    """The file of every profile by name, sorted; a later folder wins, and each wins over the built-in ones.

    Folders that are missing or cannot be read hold no profile; neither does a file with another kind of name.
    """
    found: dict[str, Path | Traversable] = {}
    for place in (data("profiles"), *folders):
        for file in _files_in(place):
            if name := _name_of(file):
                found[name] = file
    return dict(sorted(found.items()))


def missing(folders: Sequence[Path]) -> Iterator[str]:
    """A sentence for each of ``folders`` that cannot be read: its profiles are none of the ``available`` ones."""
    return own_folders.faults(folders, "profiles", "profile_folders")


def _name_of(file: Path | Traversable) -> str:
    """The name of the profile that is in ``file``, or "" for another kind of file."""
    for suffix in own_folders.SUFFIXES:
        name = file.name.removesuffix(suffix)
        if name != file.name and _NAME.fullmatch(name):
            return name
    return ""


def load(name: str, platform: str, folders: Sequence[Path] = ()) -> Profile:
    """The profile of that name, merged for a platform (``sys.platform``'s name).

    Raise ``ConfigurationProblem`` for a name that is no profile's, a file that cannot be read, and content that
    the schema refuses; the message names the file, the key, and what is expected there.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationProblem(f"{name!r} is no name of a profile: lower-case letters, digits and dashes only")
    files = available(folders)
    if name not in files:
        raise ConfigurationProblem(f"there is no profile {name!r}; there are: {', '.join(files)}")
    _refuse_twins(name, files[name])
    file = str(files[name])
    document = _parsed(files[name], file)
    if files[name] not in _files_in(data("profiles")):  # those of the package are checked by its tests
        _check(document, file)
    return _profile(name, document, platform, file)


def _refuse_twins(name: str, file: Path | Traversable) -> None:
    """Two files of one folder may not be one profile: who changes the one would believe that it counts."""
    if isinstance(file, Path):
        twins = sorted(other.name for other in _files_in(file.parent) if _name_of(other) == name)
        if len(twins) > 1:
            raise ConfigurationProblem(f"{file}: both {' and '.join(twins)} are the profile {name!r}: remove one")


def _files_in(place: Path | Traversable) -> Iterable[Path | Traversable]:
    try:
        return [file for file in place.iterdir() if file.is_file()]
    except OSError:
        return []


def _parsed(source: Path | Traversable, file: str) -> dict[str, object]:
    try:
        with source.open("rb") as stream:
            raw = stream.read(_LIMIT_BYTES + 1)
        if len(raw) > _LIMIT_BYTES:
            raise ConfigurationProblem(f"{file}: larger than {_LIMIT_BYTES} bytes, which no profile is")
        _refuse_keys_written_twice(yaml.compose(raw, Loader=yaml.SafeLoader), file)
        document = yaml.safe_load(raw)
    except OSError as error:
        raise ConfigurationProblem(f"{file}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationProblem(f"{file}: is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise ConfigurationProblem(f"{file}: expected keys and values, as in 'product: Example'")
    return document


def _refuse_keys_written_twice(root: yaml.Node | None, file: str) -> None:
    """YAML would silently take the last, and half of what the person wrote would be gone."""
    seen: set[yaml.Node] = set()  # an alias may lead back to where it stands
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(node)
        if not isinstance(node, yaml.MappingNode):
            waiting.extend(node.value)
            continue
        keys: set[str] = set()
        for key, value in node.value:
            if str(key.value) in keys:
                raise ConfigurationProblem(f"{file}, line {key.start_mark.line + 1}: {key.value}: is written twice")
            keys.add(str(key.value))
            waiting.append(value)


@functools.cache
def _schema() -> dict[str, object]:
    return _mapping(json.loads(data("schemas", "profile.schema.json").read_text("utf-8")))


def _check(document: Mapping[str, object], file: str) -> None:
    import jsonschema  # takes half a tenth of a second, and most have no profiles of their own

    problem = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(_schema()).iter_errors(document))
    if problem is None:
        return
    # Only these name keys and nothing else; any other message of jsonschema would repeat the value.
    names_keys = problem.validator in ("required", "additionalProperties", "enum") or not problem.absolute_path
    fault = problem.message if names_keys else f"does not keep the rule {problem.validator}: {problem.validator_value}"
    raise ConfigurationProblem(f"{file}: {_key(problem.absolute_path)}: {fault}{_expected(problem.absolute_path)}")


def _expected(path: Sequence[str | int]) -> str:
    """What the schema says of the top-level key on the way to a fault."""
    entry = _mapping(_mapping(_schema()["properties"]).get(str(path[0]))) if path else {}
    examples = entry.get("examples")
    example = f" Example: {json.dumps(examples[0])}" if isinstance(examples, list) else ""
    return f". Expected: {entry['description']}{example}" if entry else ""


def _key(path: Iterable[str | int]) -> str:
    """A place in the document as a person would write it: ``collectors.network.hosts[0]``."""
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return key.removeprefix(".") or "the whole file"


def _profile(name: str, document: Mapping[str, object], platform: str, file: str) -> Profile:
    platforms = _mapping(document.get("platforms"))
    special = _mapping(_mapping(platforms.get(platform)).get("collectors"))
    common = _mapping(document["collectors"])
    majors = document.get("supported_majors")
    cloud = document.get("cloud")
    return Profile(
        name=name,
        product=str(document["product"]),
        title=str(document["title"]),
        supported_majors=tuple(majors) if isinstance(majors, list) else None,
        cloud=cloud if isinstance(cloud, bool) else None,
        keep_hosts=_sentences(document.get("keep_hosts")),
        unconfirmed=_sentences(document.get("unconfirmed")),
        collectors={key: {**_mapping(common.get(key)), **_mapping(special.get(key))} for key in {**common, **special}},
        platforms=tuple(each for each in ALL_PLATFORMS if not platforms or each in platforms),
        file=file,
    )


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _sentences(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()
