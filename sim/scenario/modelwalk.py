"""Finds out from the models alone which knobs there are and what stands where by default."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from sim.scenario.problems import KnobPath

_LISTS = (list, tuple, set, frozenset)


def _alternatives(annotation: Any) -> Iterator[Any]:
    """Unwrap a type into those that a value may have, without None."""
    if get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from _alternatives(one)
    elif annotation is not type(None):
        yield annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _under(annotation: Any, segment: str | int) -> Iterator[Any]:
    """Tell the types of what a value of a type has under a name or an index."""
    if _is_model(annotation):
        field = fields_of(annotation).get(str(segment))
        if field is not None:
            yield from _alternatives(field.annotation)
        return
    arguments = get_args(annotation)
    if get_origin(annotation) is dict and len(arguments) == 2:
        yield from _alternatives(arguments[1])
    elif get_origin(annotation) in _LISTS:
        for one in arguments:
            if one is not Ellipsis:
                yield from _alternatives(one)


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return a model's fields by the names that a scenario uses."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def types_at(model: type[BaseModel], path: KnobPath) -> list[Any]:
    """Tell which types the value at a path may have; none if the path is unknown."""
    found: list[Any] = [model]
    for segment in path:
        found = [inner for outer in found for inner in _under(outer, segment)]
    return found


def fields_at(model: type[BaseModel], path: KnobPath) -> dict[str, FieldInfo]:
    """Return the knobs of the mapping at a path, in order."""
    fields: dict[str, FieldInfo] = {}
    for kind in types_at(model, path):
        if _is_model(kind):
            fields |= fields_of(kind)
    return fields


def is_list(kind: Any) -> bool:
    """Tell whether a type is one of lists."""
    return kind in _LISTS or get_origin(kind) in _LISTS


def takes_any_name(model: type[BaseModel], path: KnobPath) -> bool:
    """Tell whether nothing is known against any name in the mapping at a path."""
    kinds = types_at(model, path)
    return not any(map(_is_model, kinds)) or any(get_origin(kind) is dict for kind in kinds)


def default_at(model: type[BaseModel], path: KnobPath) -> Any:
    """Return a knob's default as plain values; None if it has none."""
    field = fields_at(model, path[:-1]).get(str(path[-1]))
    if field is None or field.is_required():
        return None
    try:
        default = field.get_default(call_default_factory=True)
    except ValueError:  # the factory wants to see the other knobs
        return None
    return to_jsonable_python(default, by_alias=True, round_trip=True)


def taken_from(model: type[BaseModel], path: KnobPath) -> str | None:
    """Tell from which knob at the top a list is taken that is not given."""
    field = fields_at(model, path[:-1]).get(str(path[-1])) if path else None
    extra = field.json_schema_extra if field else None
    return str(extra["taken_from"]) if isinstance(extra, dict) and "taken_from" in extra else None


def knob_places(model: type[BaseModel]) -> dict[str, list[str]]:
    """List under which mappings each knob's name occurs: ``tgc`` under ``stages[]``."""
    places: dict[str, list[str]] = {}

    def visit(kind: Any, where: str, around: tuple[Any, ...]) -> None:
        if _is_model(kind):
            if kind in around:
                return
            for name, field in fields_of(kind).items():
                places.setdefault(name, []).append(where)
                inner = f"{where}.{name}" if where else name
                for alternative in _alternatives(field.annotation):
                    visit(alternative, inner, (*around, kind))
            return
        mark = "[]" if is_list(kind) else ".*"
        for alternative in dict.fromkeys(_under(kind, 0)):
            visit(alternative, where + mark, around)

    visit(model, "", ())
    return places
