"""YAML files read so that an error can name the file, the line and the key as they were written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from config import ConfigurationProblem

_LARGEST_FILE_BYTES = 2**20  # settings are a page; more is a mistake, or meant to fill the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A value and where it was written: ``place`` for an error, ``origin`` for a person who asks whence."""

    value: object
    place: str  # "/etc/sendlogs/agent.yaml, line 3" or "environment variable SENDLOGS_SINCE"
    origin: str
    file: Path | None = None

    @classmethod
    def of_variable(cls, name: str, value: object) -> Written:
        """A value that stands in an environment variable."""
        return cls(value=value, place=f"environment variable {name}", origin=f"environment variable {name}")


def read_mapping(file: Path, *, prefix: str = "") -> dict[str, Written]:
    """The top-level keys of a YAML file with their values. An empty file is an empty mapping.

    Raise ``ConfigurationProblem`` for a file that cannot be read, is not YAML, is no mapping, or says a key twice
    (YAML would silently take the last).
    """
    try:
        root, values = _parsed(file)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationProblem(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigurationProblem(_syntax(file, error)) from error
    if values is None:
        return {}
    if not isinstance(root, yaml.MappingNode) or not isinstance(values, dict):
        raise ConfigurationProblem(f"{file}: must be lines of 'key: value'")
    found: dict[str, Written] = {}
    for key_node, _ in root.value:
        key, place = str(key_node.value), f"{file}, line {key_node.start_mark.line + 1}"
        if key in found:
            raise ConfigurationProblem(f"{place}: {key}: is written twice")
        found[key] = Written(value=values.get(key), place=place, origin=f"{prefix}{file}", file=file)
    return found


def _parsed(file: Path) -> tuple[yaml.Node | None, object]:
    with file.open("rb") as stream:
        raw = stream.read(_LARGEST_FILE_BYTES + 1)
    if len(raw) > _LARGEST_FILE_BYTES:
        raise ConfigurationProblem(f"{file}: is larger than {_LARGEST_FILE_BYTES} bytes")
    text = raw.decode("utf-8-sig")  # Windows editors put a mark in front
    return yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)


def _syntax(file: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    line = f", line {mark.line + 1}" if mark is not None else ""
    return f"{file}{line}: is not YAML: {getattr(error, 'problem', None) or 'cannot be understood'}"
