"""Goes through all knobs of a model: their types, and what these are marked with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from sim.scenario.knobs.base import Knobs
from sim.scenario.model import Scenario


@dataclass(frozen=True)
class EveryKnob:
    """A place for a single value: ``stages[].tgc``, its type, and the marks on it."""

    path: str
    kind: Any
    marks: tuple[Any, ...]

    def bounds(self) -> tuple[Any, Any]:
        """The least and the most that a number may be; None where there is none."""
        marks = [inner for mark in self.marks for inner in _single(mark)]
        low = [getattr(mark, name) for mark in marks for name in ("ge", "gt") if _has(mark, name)]
        high = [getattr(mark, name) for mark in marks for name in ("le", "lt") if _has(mark, name)]
        return max(low, default=None), min(high, default=None)


def _has(mark: Any, name: str) -> bool:
    return getattr(mark, name, None) is not None


def _single(mark: Any) -> Iterator[Any]:
    if isinstance(mark, FieldInfo):
        for inner in mark.metadata:
            yield from _single(inner)
    elif hasattr(mark, "__iter__"):
        yield from mark
    else:
        yield mark


def every_knob(model: type[Knobs] = Scenario) -> list[EveryKnob]:
    """All knobs of a model that are single values."""
    return list(_visit(model, "", ()))


def _visit(kind: Any, path: str, marks: tuple[Any, ...]) -> Iterator[EveryKnob]:
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *more = get_args(kind)
        yield from _visit(inner, path, (*marks, *more))
    elif origin in (Union, UnionType):
        for one in get_args(kind):
            if one is not type(None):
                yield from _visit(one, path, marks)
    elif isinstance(kind, type) and issubclass(kind, Knobs):
        for name, field in kind.model_fields.items():
            yield from _visit(field.annotation, f"{path}.{name}".lstrip("."), tuple(field.metadata))
    elif origin in (list, tuple, dict):
        inside = get_args(kind)[1:] if origin is dict else get_args(kind)
        for one in (*inside, *(get_args(kind)[:1] if origin is dict else ())):
            yield from _visit(one, f"{path}[]", ())
    else:
        yield EveryKnob(path, kind, marks)
