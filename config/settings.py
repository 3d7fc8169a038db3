"""The settings: what may be set is in ``schemas/settings.schema.json``; here the layers are laid over it.

Later wins: the schema's defaults, the administrator's ``agent.yaml``, ``conf.d/*.yaml`` by name, the person's
``agent.yaml``, the environment (``SENDLOGS_`` and the key in capitals, a dot as ``__``), the administrator's
``policy.yaml``. The policy comes last so that no user can undo it, and is believed only from an administrator.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from config import ConfigurationProblem, own_folders, places
from config.durations import parse_duration
from config.yaml_files import Written, read_mapping
from config.yaml_schema import Schema, load_schema

if sys.platform == "win32":
    from config import windows_access

_PREFIX = "SENDLOGS_"
_NOT_KEYS = (places.SYSTEM_VARIABLE, places.CONFIG_VARIABLE)
_DESK_PREFIX = "SENDLOGS_DESK_"  # the desk's own settings, which the agent may start it with
_ADMINISTRATOR_UID = 0
_USUAL_FOLDERS = 2  # the administrator's and the person's, which stand before those that a setting names


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its final value; descriptions are in the schema and in docs/settings.md."""

    endpoint: str | None
    link_store: str | None
    profile: str | None
    consent: Literal["ask", "notify", "allow"]
    since: str
    limit_bytes: int
    largest_file_bytes: int | None
    deadline_seconds: float
    low_priority: bool
    state_folder: Path
    outbox_limit_bytes: int
    outbox_keep: str
    outbox_drop_oldest: bool
    profile_folders: tuple[Path, ...]
    redaction_folders: tuple[Path, ...]
    proxy: str | None
    ca_file: Path | None
    network_timeout_seconds: float
    retry_seconds: float
    upload_bytes_per_second: int | None
    remote: Literal["off", "ask", "notify", "allow"]
    remote_profiles: tuple[str, ...] | None
    remote_per_day: int
    remote_every_seconds: int
    remote_tells_host: bool
    crashes: Literal["offer", "send"]

    @property
    def since_seconds(self) -> float:
        """``since`` in seconds."""
        return parse_duration(self.since)

    @property
    def outbox_keep_seconds(self) -> float:
        """``outbox_keep`` in seconds."""
        return parse_duration(self.outbox_keep)

    @property
    def needed_profile_folders(self) -> tuple[Path, ...]:
        """``profile_folders`` that must be there: all but the usual ones, which only count where they are."""
        return own_folders.needed(self.profile_folders, _USUAL_FOLDERS)

    @property
    def needed_redaction_folders(self) -> tuple[Path, ...]:
        """``redaction_folders`` that must be there, likewise."""
        return own_folders.needed(self.redaction_folders, _USUAL_FOLDERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The settings, for each key the words for where its value comes from, and the files that were read."""

    settings: Settings
    origins: Mapping[str, str]
    files: tuple[Path, ...]
    values: Mapping[str, object]  # the settings once more, as JSON has them: for ``load_or_hold`` of another process


def load(environment: Mapping[str, str]) -> Loaded:
    """The settings of this machine for a process with ``environment``.

    Raise ``ConfigurationProblem`` for what cannot be read, is not valid, or is a policy not to be believed.
    """
    schema = load_schema("settings.schema.json")
    values: dict[str, object] = schema.defaults()
    origins = dict.fromkeys(values, "built-in")
    files: list[Path] = []
    for layer in _layers(environment, schema):
        for key, said in layer.items():
            values[key] = _checked(schema, key, said, environment)
            origins[key] = said.origin
            if said.file is not None and said.file not in files:
                files.append(said.file)
    return _loaded(values, origins, files, environment)


def load_or_hold(environment: Mapping[str, str], held: Mapping[str, object]) -> Loaded:
    """The settings as ``load`` has them, but with the state folder of ``held``: another process's ``Loaded.values``.

    Where they cannot be used it is those ``held`` that go on, under each line of the policy that can be: what an
    administrator forbids holds at once, whatever else is broken.
    """
    try:
        now = load(environment)
    except ConfigurationProblem:
        values, origins = dict(held), dict.fromkeys(held, "held")
    else:
        return _loaded({**now.values, "state_folder": held["state_folder"]}, now.origins, now.files, environment)
    schema = load_schema("settings.schema.json")
    for policy in _policies(environment):
        with suppress(ConfigurationProblem):
            for key, said in _policy(policy).items():
                with suppress(ConfigurationProblem):
                    values[key] = _checked(schema, key, said, environment)
                    origins[key] = said.origin
    return _loaded({**values, "state_folder": held["state_folder"]}, origins, [], environment)


def _loaded(
    values: Mapping[str, object], origins: Mapping[str, str], files: Sequence[Path], environment: Mapping[str, str]
) -> Loaded:
    settings = _settings(values, environment)
    kept = {**values, "state_folder": str(settings.state_folder)}
    return Loaded(settings=settings, origins=origins, files=tuple(files), values=kept)


def _checked(schema: Schema, key: str, said: Written, environment: Mapping[str, str]) -> object:
    written = _as_policy(said) if key == "remote" else said
    schema.check(key, written)
    return _with_paths(schema, key, written, environment)


def _layers(environment: Mapping[str, str], schema: Schema) -> Iterator[dict[str, Written]]:
    system, person = places.system_config_folder(environment), places.user_config_folder(environment)
    if sys.platform == "win32" and system == places.machine_config_folder() and os.path.lexists(system):
        _believe(f"{system}: not believed as the administrator's", system)  # any user may make a folder of that name
    yield _file(system / "agent.yaml")
    for part in sorted((system / "conf.d").glob("*.yaml")):
        yield _file(part)
    yield _file(person / "agent.yaml")
    yield _variables(environment, schema)
    for policy in _policies(environment):
        yield _policy(policy)


def _policies(environment: Mapping[str, str]) -> list[Path]:
    """Where a policy may be: the machine's own counts even where a variable moved the administrator's folder."""
    folders = (places.system_config_folder(environment), places.machine_config_folder())
    return [folder / "policy.yaml" for folder in dict.fromkeys(folders)]


def _policy(policy: Path) -> dict[str, Written]:
    if not _is_there(policy):
        return {}
    _believe(f"{policy}: not believed as a policy", policy.parent, policy)
    return _file(policy, prefix="policy ")


def _file(file: Path, prefix: str = "") -> dict[str, Written]:
    return read_mapping(file, prefix=prefix) if _is_there(file) else {}


def _is_there(file: Path) -> bool:
    """Whether there is such a file, or a link that leads nowhere. Raise ``ConfigurationProblem`` if that is not known.

    What cannot be looked at may say what the administrator demands, so it does not count as missing.
    """
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        sentence = f"{file}: cannot be looked at ({error.strerror}): let this account enter its folder"
        raise ConfigurationProblem(sentence) from error
    return True


def _variables(environment: Mapping[str, str], schema: Schema) -> dict[str, Written]:
    found: dict[str, Written] = {}
    for name in sorted(environment):
        if not name.startswith(_PREFIX) or name.startswith(_DESK_PREFIX) or name in _NOT_KEYS:
            continue
        key = name.removeprefix(_PREFIX).lower().replace("__", ".")
        found[key] = Written.of_variable(name, schema.from_text(key, environment[name]))
    return found


def _as_policy(written: Written) -> Written:
    """What was meant by a word without quotation marks, which YAML 1.1 reads as false (off) or true (on).

    https://yaml.org/type/bool.html
    """
    if written.value is False:
        return replace(written, value="off")
    if written.value is True:
        raise ConfigurationProblem(f"{written.place}: remote: on does not say how: write ask, notify or allow")
    return written


def _believe(what: str, *parts: Path) -> None:
    """Raise unless each of ``parts``, which make up ``what``, is there for administrators alone to write."""
    for place in parts:
        if others := _who_else_writes(place):
            raise ConfigurationProblem(
                f"{what}, since {place} is not the administrator's alone to write ({others}, closed to others)"
            )


def _who_else_writes(place: Path) -> str:
    if sys.platform == "win32":
        try:
            if windows_access.is_link(place.lstat()):  # which any user may have planted
                return "it is a link; must be of Administrators"
            others = windows_access.who_else_writes(place)
        except OSError:  # whoever planted it can also hide its list
            others = ["somebody unknown"]
        return f"{', '.join(others)} may; must be of Administrators" if others else ""
    else:  # noqa: RET505 - mypy follows what is of one platform by the branch
        try:
            found = place.stat()
        except OSError as error:  # a link that leads nowhere, or to itself
            return f"which cannot be told: {error.strerror}; must be root"
        is_his = found.st_uid == _ADMINISTRATOR_UID and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        return "" if is_his else f"owner {found.st_uid}, mode {stat.S_IMODE(found.st_mode):04o}; must be root"


def _with_paths(schema: Schema, key: str, written: Written, environment: Mapping[str, str]) -> object:
    """The value, with ``~`` filled in where it is a path; none may depend on the working folder."""
    texts = {"path": [written.value], "paths": written.value}.get(schema.format(key))
    if not isinstance(texts, list) or texts == [None]:
        return written.value
    paths = [_home(cast("str", text), environment) for text in texts]
    if not all(path.is_absolute() for path in paths):
        raise ConfigurationProblem(f"{written.place}: {key}: must be {places.A_WHOLE_PATH}")
    whole = [str(path) for path in paths]
    return whole if schema.format(key) == "paths" else whole[0]


def _home(text: str, environment: Mapping[str, str]) -> Path:
    home = environment.get("USERPROFILE" if sys.platform == "win32" else "HOME")
    if home and (text == "~" or text.startswith(("~/", f"~{os.sep}"))):
        return Path(home + text[1:])
    return Path(text).expanduser()


def _settings(values: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """``values``, which the schema has checked, as the types that the program works with."""
    folders = [places.system_config_folder(environment), places.user_config_folder(environment)]
    final = dict(values)
    state, trusted = values["state_folder"], values["ca_file"]
    final["state_folder"] = Path(str(state)) if state else places.default_state_folder(environment)
    final["ca_file"] = Path(str(trusted)) if trusted else None
    final["profile_folders"] = (*(f / "profiles" for f in folders), *_paths(values["profile_folders"]))
    final["redaction_folders"] = (*(f / "redaction" for f in folders), *_paths(values["redaction_folders"]))
    asked_for = cast("list[str] | None", values["remote_profiles"])
    final["remote_profiles"] = None if asked_for is None else tuple(asked_for)
    return Settings(**final)  # type: ignore[arg-type]  # the schema has checked each value's type


def _paths(texts: object) -> tuple[Path, ...]:
    return tuple(Path(text) for text in cast("list[str]", texts))
