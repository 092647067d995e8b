"""What must hold between the knobs of any block, told from their names and types alone.

* A knob named ``min``, ``least``, ``low``, ``lightest``, ``shortest``, ``from`` has a partner named
  ``max``, ``most``, ``high``, ... with otherwise the same name; two numbers in brackets are the
  first and the last of a range. The first must not be above the second.
* Entries of a list that have a name, a code, a prefix or a batch number have it for themselves. So
  have the words of a list. Names that differ in case or blanks only count as the same: nobody could
  tell them apart, and AquaMind's forms do not keep blanks at the ends.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

from sim.scenario.knobs.base import Knobs
from sim.scenario.problems import KnobPath

Finding = tuple[KnobPath, str]

_LARGEST = {
    "min": "max",
    "least": "most",
    "low": "high",
    "lightest": "heaviest",
    "shortest": "longest",
    "from": "until",
}
_NAMES = ("name", "code", "prefix", "batch_number")


def disagreements(knobs: Knobs, path: KnobPath = ()) -> Iterator[Finding]:
    """What is wrong between the knobs of a block, and of all blocks in it.

    Args:
        knobs: the block.
        path: where it stands.
    """
    for inner, message in (*_out_of_order(knobs), *_given_twice(knobs)):
        yield (*path, *inner), message
    for name, field in type(knobs).model_fields.items():
        yield from _inside(getattr(knobs, name), (*path, field.alias or name))


def _inside(value: Any, path: KnobPath) -> Iterator[Finding]:
    if isinstance(value, Knobs):
        yield from disagreements(value, path)
    elif isinstance(value, list) and value and isinstance(value[0], Knobs):
        for place, entry in enumerate(value):
            yield from disagreements(entry, (*path, place))
    elif isinstance(value, dict):
        for name, entry in value.items():
            yield from _inside(entry, (*path, name))


@cache
def _pairs(model: type[Knobs]) -> tuple[tuple[str, str], ...]:
    """The pairs of a model's fields of which the first must not be above the second."""
    found = list(model.RISING)
    for field in model.model_fields:
        words = field.split("_")
        for place, word in enumerate(words):
            partner = "_".join([*words[:place], _LARGEST.get(word, ""), *words[place + 1 :]])
            if partner in model.model_fields:
                found.append((field, partner))
    return tuple(found)


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """The types that a knob may have."""
    return get_args(annotation) if get_origin(annotation) is UnionType else (annotation,)


@cache
def _ranges(model: type[Knobs]) -> tuple[str, ...]:
    """The fields of a model that are two numbers in brackets."""
    return tuple(
        name
        for name, field in model.model_fields.items()
        if any(
            get_origin(kind) is tuple and len(get_args(kind)) == 2
            for kind in _kinds(field.annotation)
        )
    )


def _out_of_order(knobs: Knobs) -> Iterator[Finding]:
    """The ranges of a block that end before they begin."""
    model = type(knobs)
    for low, high in _pairs(model):
        least, most = getattr(knobs, low), getattr(knobs, high)
        if least is None or most is None:
            continue
        name, other = (model.model_fields[field].alias or field for field in (low, high))
        only_high = high in knobs.model_fields_set and low not in knobs.model_fields_set
        if least > most and only_high:
            yield (other,), f"{other} {most} is below {name} ({least})"
        elif least > most:
            yield (name,), f"{name} {least} is above {other} ({most})"
        elif least == most and model.MUST_DIFFER:
            yield (name,), f"{name} must be below {other} (both are {least})"
    for name in _ranges(model):
        if getattr(knobs, name) is None:
            continue
        first, second = getattr(knobs, name)
        if first > second:
            yield (name,), f"the first value, {first}, is above the second, {second}"
        elif first == second and model.MUST_DIFFER:
            yield (name,), f"the first value must be below the second (both are {first})"


@cache
def _lists(model: type[Knobs]) -> tuple[tuple[str, str, str], ...]:
    """The lists of a model that have names: (knob, what is named, by which knob of an entry)."""
    found = []
    for knob, field in model.model_fields.items():
        (entry,) = next(
            (get_args(kind) for kind in _kinds(field.annotation) if get_origin(kind) is list),
            (None,),
        )
        while get_origin(entry) is Annotated:
            entry = get_args(entry)[0]
        if entry is str or get_origin(entry) is Literal:
            found.append((knob, "", ""))
        elif isinstance(entry, type) and issubclass(entry, Knobs):
            for name in _NAMES:
                if name in entry.model_fields:
                    what = entry.__name__ if name == "name" else name
                    found.append((knob, _words(what), name))
    return tuple(found)


def _given_twice(knobs: Knobs) -> Iterator[Finding]:
    """The names in the lists of a block that another entry has already."""
    for knob, what, by in _lists(type(knobs)):
        seen: dict[str, int] = {}
        names = [getattr(entry, by) if by else entry for entry in getattr(knobs, knob) or ()]
        for place, name in enumerate(names):
            if name is None:
                continue
            path: KnobPath = (knob, place, by) if by else (knob, place)
            called = f"{what} '{name}'".lstrip()
            first = seen.setdefault(same(name), place)
            if not name.strip():
                yield path, "is blank"
            elif first != place and names[first] == name:
                yield path, f"{called} is given twice"
            elif first != place:
                yield path, f"{called} differs from '{names[first]}' in case or blanks only"


def same(name: str) -> str:
    """What a name is compared by: neither case nor blanks tell names apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _words(name: str) -> str:
    """``SeaEvent``: ``sea event``; ``batch_number``: ``batch number``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
