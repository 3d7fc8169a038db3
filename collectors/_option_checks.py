"""What is wrong with the value of an option, by the option's own declaration: the one place that says so.

Whoever plans and whoever checks a profile asks here, so that what is refused when a bundle is to be made was told
before. A wrong entry would else be a ``Skipped`` among many: a log that is missing when it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from collectors import Form, Option
from collectors._found_value import compiled
from collectors._reachability import InvalidTarget, Target

# What of a glob is filled in; ``Context.expand`` says how.
VARIABLE = re.compile(r"\$\{(?P<braced>[^{}]+)\}|\$(?P<bare>[A-Za-z_]\w*)|%(?P<percent>[A-Za-z_][\w()]*)%")
# On whichever platform: one profile may name the places of several. A path behind a variable is whole by its value.
_WHOLE = re.compile(rf"/|\\\\|[A-Za-z]:[\\/]|~(?:[\\/]|$)|(?:{VARIABLE.pattern})")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "strings": (list, tuple),
    "object": (dict,),
    "objects": (list, tuple),
}


def faults(option: Option, value: object) -> Iterator[str]:
    """What ``value`` has wrong, each as it goes on behind the option's name; none quotes a value of the profile."""
    if not _is_of_kind(option, value):
        yield f" must be of the kind '{option.kind}'"
    elif isinstance(value, list | tuple):
        check = _CHECKS.get(option.form)
        for index, entry in enumerate(value if check else ()):
            assert check is not None
            yield from (f"[{index}]{fault}" for fault in check(entry))


def _is_of_kind(option: Option, value: object) -> bool:
    if isinstance(value, bool) and option.kind != "boolean":  # a bool is an int in Python, not in YAML
        return False
    if not isinstance(value, _TYPES[option.kind]):
        return False
    return option.kind != "strings" or (isinstance(value, list | tuple) and all(isinstance(v, str) for v in value))


def _path(entry: object) -> Iterator[str]:
    if not _WHOLE.match(str(entry)):
        yield " must be a whole path: begin it with /, a drive, ~/ or a variable such as $HOME or %ProgramData%"


def _host(entry: object) -> Iterator[str]:
    try:
        Target.parse(str(entry))
    except InvalidTarget as wrong:
        yield f" names no host: {wrong}"


def _file_pattern(entry: object) -> Iterator[str]:
    yield from _pattern_beside("file", entry)
    if isinstance(entry, Mapping) and "file" in entry:
        yield from (f".file{fault}" for fault in _path(entry["file"]))


def _command_pattern(entry: object) -> Iterator[str]:
    yield from _pattern_beside("argv", entry)
    argv = entry.get("argv", [""]) if isinstance(entry, Mapping) else [""]
    if not isinstance(argv, list | tuple) or not argv:
        yield ".argv must be a list: the program, then each argument"


def _pattern_beside(key: str, entry: object) -> Iterator[str]:
    if not isinstance(entry, Mapping) or set(entry) != {key, "pattern"}:
        yield f" must have the keys '{key}' and 'pattern', and no others"
    if isinstance(entry, Mapping) and "pattern" in entry:
        try:
            compiled(str(entry["pattern"]))
        except ValueError as wrong:
            yield f".pattern is no expression that RE2 takes ({wrong}): github.com/google/re2/wiki/Syntax"


_CHECKS: Mapping[Form, Callable[[object], Iterator[str]]] = {
    "path": _path,
    "host": _host,
    "file-pattern": _file_pattern,
    "command-pattern": _command_pattern,
}
