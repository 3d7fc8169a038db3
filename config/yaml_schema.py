"""A flat JSON Schema as the source of keys, defaults and checks, with errors in the words of the person's file."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from config import ConfigurationProblem, places
from config.yaml_files import Written

_TYPE_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "null": "null",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The properties of one schema file, by key."""

    properties: Mapping[str, Mapping[str, object]]

    def defaults(self) -> dict[str, object]:
        """Every key with its default."""
        return {key: entry["default"] for key, entry in self.properties.items()}

    def format(self, key: str) -> str:
        """The key's ``format`` (``path``, ``paths``, ``duration``), or an empty text."""
        return str(self.properties[key].get("format", ""))

    def check(self, key: str, written: Written) -> None:
        """Raise ``ConfigurationProblem`` for an unknown key (with the nearest known) or a value that does not fit."""
        from jsonschema import Draft202012Validator

        if key not in self.properties:
            near = difflib.get_close_matches(key, self.properties, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigurationProblem(f"{written.place}: {key}: there is no such setting{hint}")
        for error in Draft202012Validator(dict(self.properties[key])).iter_errors(written.value):
            where = "".join(f"[{part}]" for part in error.absolute_path)
            fault = _fault(str(error.validator), error.validator_value, self.properties[key])
            raise ConfigurationProblem(f"{written.place}: {key}{where}: {fault}")

    def from_text(self, key: str, text: str) -> object:
        """A variable's text as the type the key wants; text that does not fit is left for ``check`` to refuse."""
        named = self.properties.get(key, {}).get("type")
        kinds = named if isinstance(named, list) else [named]
        if "array" in kinds:
            return [part for part in text.split(os.pathsep) if part]
        if not text and "null" in kinds:
            return None
        if not {"integer", "number", "boolean"}.isdisjoint(kinds):
            try:
                return json.loads(text.lower())
            except ValueError:
                return text
        return text


def _fault(rule: str, wanted: object, entry: Mapping[str, object]) -> str:
    """What is wrong, never repeating the value (see ``ConfigurationProblem``)."""
    match rule, wanted:
        case "type", _:
            names = wanted if isinstance(wanted, list) else [wanted]
            return "must be " + " or ".join(_TYPE_WORDS[str(name)] for name in names)
        case "enum", list():
            return "must be one of " + ", ".join(map(str, wanted))
        case "minimum", _:
            return f"must be {wanted} or more"
        case "exclusiveMinimum", _:
            return f"must be more than {wanted}"
        case "maximum", _:
            return f"must be {wanted} or less"
    examples = entry.get("examples")
    example = examples[0] if isinstance(examples, list) else ""
    return f"is not written as it must be; an example: {example}"


def load_schema(name: str) -> Schema:
    """A schema of this package."""
    found = json.loads(places.data("schemas", name).read_text("utf-8"))
    return Schema(properties=found["properties"])
