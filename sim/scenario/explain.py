"""Turns what pydantic says about a scenario into one line per problem, with its position."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.scenario.modelwalk import fields_at, knob_places, takes_any_name
from sim.scenario.problems import KnobPath, PlanProblem, Problem, problem_at
from sim.scenario.tree import Node, heading_of, nodes, place_of, plain

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "dict": "a mapping",
    "model": "a mapping",
    "date": "a date such as 2024-01-31",
    "datetime": "a time such as 2024-01-31T06:00:00Z",
    "time": "a time of day such as 06:00",
    "time_delta": "a duration such as P3D",
}
_WRONG_KIND = re.compile(
    rf"({'|'.join(_KINDS)})_(?:type|parsing|parsing_size|from_float|from_date_parsing"
    r"|from_datetime_parsing|from_datetime_inexact)"
)
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
    "multiple_of": ("a multiple of", "multiple_of"),
}
_LENGTHS = {
    "too_short": ("at least", "min_length", "entries"),
    "too_long": ("at most", "max_length", "entries"),
    "string_too_short": ("at least", "min_length", "characters"),
    "string_too_long": ("at most", "max_length", "characters"),
}
_CHOICES = {"enum", "literal_error"}
_GIVEN_BY_VALIDATORS = {"value_error", "assertion_error"}
_MOST_PLACES = 3


def explain(
    error: ValidationError | None, root: Node, model: type[BaseModel], *, certain_only: bool
) -> list[Problem]:
    """Say in words what is wrong with a scenario's values.

    Args:
        error: what pydantic found; None if it found nothing.
        root: the values and their places.
        model: the model of the whole scenario.
        certain_only: leave out what may be wrong only because other values could not be read.
    """
    return _Explainer(root, model, certain_only=certain_only).problems(error)


def close_to(name: str, names: Iterable[str], cutoff: float = 0.65) -> str | None:
    """Return the name that was probably meant, whatever its case and its dashes."""
    folded = {known.lower().replace("-", "_"): known for known in names}
    wanted = name.lower().replace("-", "_").replace(" ", "_")
    matches = get_close_matches(wanted, folded, n=1, cutoff=cutoff)
    return folded[matches[0]] if matches else None


class _Explainer:
    def __init__(self, root: Node, model: type[BaseModel], *, certain_only: bool) -> None:
        self._root = root
        self._model = model
        self._certain_only = certain_only
        self._data = plain(root)

    def problems(self, error: ValidationError | None) -> list[Problem]:
        details = error.errors(include_url=False) if error else []
        wrong_kinds: dict[KnobPath, list[ErrorDetails]] = {}
        found: list[Problem] = list(self._unknown_nulls())
        for detail in details:
            path = self._path(detail)
            if detail["type"] in _CHOICES or _WRONG_KIND.fullmatch(detail["type"]):
                wrong_kinds.setdefault(path, []).append(detail)
            else:
                found.extend(self._other(detail, path))
        for path, alternatives in wrong_kinds.items():
            # Of a union, that alternative counts which got as far as looking inside the value.
            inside = any(
                other[: len(path)] == path and other != path
                for other in (*wrong_kinds, *(problem.path for problem in found))
            )
            # One that is of the right kind and out of bounds is told already.
            if not inside and all(problem.path != path for problem in found):
                found.append(self._wrong_kind(alternatives, path))
        meant = {(*p.path[:-1], p.suggestion) for p in found if p.suggestion}
        return [p for p in found if not (p.message == _MISSING and p.path in meant)]

    def _path(self, detail: ErrorDetails) -> KnobPath:
        """Drop from a location what is no knob: the names of a union's alternatives."""
        path: list[str | int] = []
        value = self._data
        for number, segment in enumerate(detail["loc"], 1):
            if isinstance(value, dict) and str(segment) in value:
                path.append(str(segment))
                value = value[str(segment)]
            elif isinstance(value, list) and isinstance(segment, int) and segment < len(value):
                path.append(segment)
                value = value[segment]
            elif number == len(detail["loc"]) and detail["type"] == "missing":
                path.append(segment)
        return tuple(path)

    def _other(self, detail: ErrorDetails, path: KnobPath) -> Iterator[Problem]:
        kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
        if kind == "extra_forbidden":
            yield self._unknown(path)
        elif kind in {"missing", *_GIVEN_BY_VALIDATORS}:
            if not self._certain_only:
                yield from self._incomplete(detail, path)
        elif kind in _BOUNDS:
            words, name = _BOUNDS[kind]
            yield self._at(path, f"must be {words} {_number(context[name])} (found {shown(value)})")
        elif kind in _LENGTHS:
            words, name, what = _LENGTHS[kind]
            limit = context[name]
            what = what if limit != 1 else {"entries": "entry", "characters": "character"}[what]
            yield self._at(path, f"must have {words} {limit} {what} (found {len(value)})")
        elif kind == "string_pattern_mismatch":
            yield self._at(path, f"must match {context['pattern']} (found {shown(value)})")
        elif kind != "default_factory_not_called":
            message = detail["msg"]
            yield self._at(path, f"{message[:1].lower()}{message[1:]} (found {shown(value)})")

    def _incomplete(self, detail: ErrorDetails, path: KnobPath) -> Iterator[Problem]:
        """Explain what is missing, and what the models' own validators say."""
        context = detail.get("ctx", {})
        if detail["type"] == "missing":
            yield self._at(path, _MISSING)
        elif isinstance(context.get("error"), PlanProblem):
            for inner, message in context["error"].items:
                yield self._at((*path, *inner), message)
        else:
            yield self._at(path, str(context.get("error", detail["msg"])))

    def _wrong_kind(self, alternatives: list[ErrorDetails], path: KnobPath) -> Problem:
        value = alternatives[0]["input"]
        expected: dict[str, None] = {}
        choices: list[str] = []
        reason = ""
        for detail in alternatives:
            context = detail.get("ctx", {})
            kind = _WRONG_KIND.fullmatch(detail["type"])
            expected[_KINDS[kind[1]] if kind else context["expected"]] = None
            choices += [] if kind else re.findall(r"'([^']*)'", context["expected"])
            if "outside expected range" in str(context.get("error", "")):
                reason = f" ({context['error']})"
        words = " or ".join(expected)
        only_choices = all(detail["type"] in _CHOICES for detail in alternatives)
        message = f"must be {words}" if only_choices else f"expected {words}"
        message += f", found {shown(value)}{reason}{_about_quotes(expected, value)}"
        meant = close_to(value, choices) if isinstance(value, str) else None
        return self._at(path, message, meant)

    def _unknown_nulls(self) -> Iterator[Problem]:
        """Knobs set to null are not seen by the model, which therefore misses their typos."""
        for path, node in nodes(self._root):
            if not path or node.value is not None or isinstance(path[-1], int):
                continue
            known = fields_at(self._model, path[:-1])
            if path[-1] not in known and not takes_any_name(self._model, path[:-1]):
                yield self._unknown(path)

    def _unknown(self, path: KnobPath) -> Problem:
        name = str(path[-1])
        siblings = [*fields_at(self._model, path[:-1]), *(["extends"] if len(path) == 1 else [])]
        everywhere = knob_places(self._model)
        message, meant = _UNKNOWN, close_to(name, siblings)
        places = everywhere.get(name, [])
        if not meant and not places:
            elsewhere = close_to(name, everywhere, cutoff=0.8)
            if elsewhere and len(everywhere[elsewhere]) <= _MOST_PLACES:
                meant = ".".join(filter(None, [everywhere[elsewhere][0], elsewhere]))
        elif 0 < len(places) <= _MOST_PLACES:
            listed = " or ".join(f"under {place}" if place else "at the top" for place in places)
            message += f"; '{name}' belongs {listed}"
        return problem_at(heading_of(self._root, path), path, message, meant)

    def _at(self, path: KnobPath, message: str, suggestion: str | None = None) -> Problem:
        return problem_at(place_of(self._root, path), path, message, suggestion)


_MISSING = "is missing"
_UNKNOWN = "unknown knob"


def shown(value: Any) -> str:
    """Show a value in a message, shortened."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:56]}..."


def _number(limit: Any) -> str:
    return str(int(limit)) if isinstance(limit, float) and limit.is_integer() else str(limit)


def _about_quotes(expected: Iterable[str], value: Any) -> str:
    if "text" in expected and isinstance(value, int | float):
        return "; put it in quotes"
    numeric = isinstance(value, str) and re.fullmatch(r"[-+]?[0-9.]+", value)
    if numeric and {_KINDS["int"], _KINDS["float"]} & set(expected):
        return "; leave out the quotes"
    return ""
