"""The rules as data: families of YAML files, checked and compiled.

A rule finds by a *pattern* (stdlib ``re`` over the bytes of one line) and is asked only about lines that its
*trigger* matches. The trigger is part of the rule's definition, a small regular expression without
look-around, so that any engine (``picker.py``) can evaluate it and the result is the same. The version of a
rule set is the highest ``since`` of its rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from agent.redact.patterns import check_pattern, check_trigger
from agent.redact.validators import VALIDATORS, Validator
from config import ConfigurationProblem, places

_FRAGMENT = re.compile(r"%\{([A-Z][A-Z0-9_]*)\}")
_LARGEST_FILE_BYTES = 2**20  # a family is some pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An example that the rule must find, and what is left of it (``user-…`` for any pseudonym of a user)."""

    text: str
    leaves: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. ``kind`` is the kind of pseudonym, or ``None`` for a value that is masked."""

    name: str
    family: str
    why: str
    source: str
    since: int
    kind: str | None
    trigger: str
    pattern: re.Pattern[bytes]
    ignore_case: bool = False  # search the line in lower case; what is replaced is taken from the line as it is
    validator: Validator | None = None
    opens: str | None = None  # what begins below a line that the pattern matches: see blocks.py
    hits: tuple[Hit, ...] = ()
    misses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Every rule in the order of precedence (by family file, then as written)."""

    version: int
    families: tuple[str, ...]
    rules: tuple[Rule, ...]


def load_rules(extra_folders: Sequence[Path] = ()) -> RuleSet:
    """The built-in families, and those of ``extra_folders`` behind them: they add, and can take nothing away.

    Raise ``ConfigurationProblem`` naming the file and the rule for anything that cannot be used.
    """
    folders: Sequence[Traversable] = (places.data("redaction"), *extra_folders)
    return _load(tuple(file for folder in folders for file in _family_files(folder)))


def _family_files(folder: Traversable) -> Iterator[Traversable]:
    if folder.is_dir():
        files = (file for file in folder.iterdir() if file.name.endswith(".yaml"))
        yield from sorted(files, key=lambda file: file.name)


@cache
def _load(files: tuple[Traversable, ...]) -> RuleSet:
    rules: list[Rule] = []
    families: list[str] = []
    for file in files:
        document = _checked_document(file)
        families.append(document["family"])
        rules.extend(_rules_of(document, str(file)))
    _refuse_double_names(rules)
    version = max((rule.since for rule in rules), default=0)
    return RuleSet(version=version, families=tuple(dict.fromkeys(families)), rules=tuple(rules))


def _refuse_double_names(rules: Sequence[Rule]) -> None:
    seen: dict[str, str] = {}
    for rule in rules:
        if rule.name in seen:
            raise ConfigurationProblem(f"redaction rule {rule.name}: in {seen[rule.name]} and again in {rule.family}")
        seen[rule.name] = rule.family


@cache
def _schema() -> Mapping[str, Any]:
    text = places.data("schemas", "redaction.schema.json").read_text("utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema


def _checked_document(file: Traversable) -> dict[str, Any]:
    raw = file.read_bytes()
    if len(raw) > _LARGEST_FILE_BYTES:
        raise ConfigurationProblem(f"{file}: is larger than {_LARGEST_FILE_BYTES} bytes")
    # The C loader reads the families in a fifth of the time; same safe subset of YAML.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document: dict[str, Any] = yaml.load(raw, Loader=loader)  # noqa: S506 - both loaders are the safe ones
        jsonschema.validate(document, _schema())
    except yaml.YAMLError as error:
        raise ConfigurationProblem(f"{file}: is not YAML: {error}") from error
    except jsonschema.ValidationError as error:
        raise ConfigurationProblem(f"{file}: {error.json_path}: {error.message}") from error
    return document


def _rules_of(document: Mapping[str, Any], file: str) -> Iterator[Rule]:
    fragments: dict[str, str] = {}
    for name, text in document.get("definitions", {}).items():
        fragments[name] = _filled(text, fragments, file)
    for written in document["rules"]:
        place = f"{file}: rule {written['name']}"
        yield Rule(
            name=written["name"],
            family=document["family"],
            why=written["why"],
            source=written["source"],
            since=written["since"],
            kind=None if written["replace"] == "mask" else written["replace"],
            trigger=check_trigger(_filled(written["trigger"], fragments, place), place),
            pattern=check_pattern(_filled(written["pattern"], fragments, place), place),
            validator=_validator(written.get("validator"), place),
            ignore_case=written.get("ignore_case", False),
            opens=written.get("opens"),
            hits=tuple(Hit(text=hit["text"], leaves=hit["leaves"]) for hit in written["hits"]),
            misses=tuple(written["misses"]),
        )


def _filled(text: str, fragments: Mapping[str, str], place: str) -> str:
    def fragment(found: re.Match[str]) -> str:
        if found[1] not in fragments:
            raise ConfigurationProblem(f"{place}: %{{{found[1]}}} is not defined above it")
        return f"(?:{fragments[found[1]]})"

    return _FRAGMENT.sub(fragment, text)


def _validator(name: str | None, place: str) -> Validator | None:
    if name is None:
        return None
    if name not in VALIDATORS:
        raise ConfigurationProblem(f"{place}: validator: '{name}' is none of {', '.join(sorted(VALIDATORS))}")
    return VALIDATORS[name]
