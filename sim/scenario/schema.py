"""Describes scenarios: a JSON schema for editors, and a resolved scenario with its sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from sim.scenario.loader import Loaded
from sim.scenario.model import Scenario
from sim.scenario.modelwalk import fields_at
from sim.scenario.problems import SET, KnobPath
from sim.scenario.yamltext import is_text

_WIDTH = 100
_LONGEST_DESCRIPTION = 80
_NAMES = {"name", "code"}
_ANNOTATIONS = ("title", "description", "default", "examples", "deprecated")
_PLAIN_WORD = re.compile(r"\w(?:[\w ./()+-]*[\w./()+-])?\Z")


def json_schema(model: type[BaseModel] = Scenario) -> dict[str, Any]:
    """Return the JSON schema of a scenario file.

    It takes what the loader takes: a file that extends another one may leave out what it needs,
    null stands for the default, and a mapping may change the named entries of a list. What only
    the loader can check, it leaves to the loader.
    """
    schema = model.model_json_schema()
    kinds = schema.get("$defs", {})
    changes = {
        name: kind for name, kind in kinds.items() if _NAMES & kind.get("properties", {}).keys()
    }
    for part in (schema, *kinds.values()):
        needed = part.get("required", [])
        for name, knob in part.get("properties", {}).items():
            either = _or_changes(knob, changes)
            part["properties"][name] = either if name in needed else _or_null(either)
    for name, kind in changes.items():
        kinds[f"{name}Change"] = {key: rule for key, rule in kind.items() if key != "required"}
    file = {"type": "string", "minLength": 1}
    extends = {
        "anyOf": [file, {"type": "array", "items": file, "minItems": 1}, {"type": "null"}],
        "title": "Extends",
        "description": "scenario files, relative to this one, whose values this one changes; of"
        " several, the later ones win",
    }
    needed = schema.pop("required", [])
    schema["properties"] = {"extends": extends, **schema.get("properties", {})}
    if needed:
        given = {"type": ["string", "array"]}
        schema["if"] = {"properties": {"extends": given}, "required": ["extends"]}
        schema["else"] = {"required": needed}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": f"Smoltflow {model.__name__.lower()}",
    }


def _or_changes(knob: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A list of named entries may be given as a mapping, which changes the entries it names."""
    kind = knob.get("items", {}).get("$ref", "").removeprefix("#/$defs/")
    if knob.get("type") != "array" or kind not in changes:
        return knob
    about = {name: knob[name] for name in _ANNOTATIONS if name in knob}
    entries = {name: rule for name, rule in knob.items() if name not in about}
    change = {"anyOf": [{"$ref": f"#/$defs/{kind}Change"}, {"type": "null"}]}
    return {"anyOf": [entries, {"type": "object", "additionalProperties": change}], **about}


def _or_null(knob: dict[str, Any]) -> dict[str, Any]:
    null = {"type": "null"}
    if "anyOf" in knob:
        one_of = knob["anyOf"] if null in knob["anyOf"] else [*knob["anyOf"], null]
        return {**knob, "anyOf": one_of}
    if isinstance(knob.get("type"), str) and not {"enum", "const"} & knob.keys():
        return {**knob, "type": [knob["type"], "null"]}
    about = {name: knob[name] for name in _ANNOTATIONS if name in knob}
    value = {name: rule for name, rule in knob.items() if name not in about}
    return {"anyOf": [value, null], **about}


def show(loaded: Loaded[Any]) -> str:
    """Write a scenario out in full, with where each value comes from and what it means.

    What it writes can be loaded again and gives the same scenario.
    """
    writer = _Writer(loaded)
    return "".join(f"{line}\n" for line in writer.mapping(loaded.resolved, (), "")) or "{}\n"


class _Writer:
    def __init__(self, loaded: Loaded[Any]) -> None:
        self._model: type[BaseModel] = type(loaded.scenario)
        self._origins = loaded.origins

    def mapping(self, values: dict[str, Any], path: KnobPath, indent: str) -> Iterator[str]:
        fields = fields_at(self._model, path)
        for name, value in values.items():
            here = (*path, name)
            field = fields.get(name)
            about = self._comment(here, field.description if field else None)
            yield from self._entry(f"{indent}{_text(name)}:", value, here, f"{indent}  ", about)

    def _entry(
        self, start: str, value: Any, path: KnobPath, indent: str, about: str
    ) -> Iterator[str]:
        """Write a value after its name, or after the dash of a list."""
        if isinstance(value, dict) and value:
            yield start + about
            yield from self.mapping(value, path, indent)
        elif isinstance(value, list) and value and not self._fits(start, value, path):
            yield start + about
            for index, item in enumerate(value):
                yield from self._item(item, (*path, index), indent)
        else:
            yield f"{start} {_flow(value)}{about}"

    def _item(self, value: Any, path: KnobPath, indent: str) -> Iterator[str]:
        if isinstance(value, dict) and value:
            # The first knob stands on the dash's line.
            for number, line in enumerate(self.mapping(value, path, f"{indent}  ")):
                yield line if number else f"{indent}- {line.lstrip()}"
        else:
            yield from self._entry(f"{indent}-", value, path, f"{indent}  ", self._comment(path))

    def _fits(self, start: str, values: list[Any], path: KnobPath) -> bool:
        """Tell whether a list fits on its line and came from one source."""
        if any(isinstance(value, dict | list) and value for value in values):
            return False
        own = self._origins.get(path) == SET
        sources = {self._origins.get((*path, i)) == SET for i in range(len(values))}
        return sources <= {own} and len(start) + len(_flow(values)) < _WIDTH

    def _comment(self, path: KnobPath, description: str | None = None) -> str:
        origin = "".join(c if c.isprintable() else "?" for c in self._origin(path))
        known = f" - {description}" if description and _short(description) else ""
        return f"  # {origin}{known}"

    def _origin(self, path: KnobPath) -> str:
        return self._origins.get(path, "default")


def _short(description: str) -> bool:
    return len(description) <= _LONGEST_DESCRIPTION and description.isprintable()


def _flow(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_text(k)}: {_flow(v)}' for k, v in value.items())}}}"
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def _text(text: str) -> str:
    """Write text so that YAML reads it as text again."""
    if _PLAIN_WORD.match(text) and is_text(text):
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return "\\n" if character == "\n" else f"\\u{code:04x}" if code < 2**16 else f"\\U{code:08x}"
