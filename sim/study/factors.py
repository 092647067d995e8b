"""What a factor's values do to the base scenario: levels, and the knobs that each of them changes.

A value replaces what the base has, is added to it, or multiplies it; where a knob is a whole
number, so is what comes out. Every change remembers where it was written, so that a value that a
scenario refuses is reported where the planner gave it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.scenario.explain import shown
from sim.scenario.overrides import knob_at
from sim.scenario.problems import KnobPath, ScenarioError, SourcePlace
from sim.scenario.tree import Node, child_of, filled_in, place_of
from sim.study.design import Axis, Coordinate, Levels, Range
from sim.study.knobs import Factor, NumberRange

MOST_LEVELS = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """One knob set to a value; where its path and its value stand in the study's file."""

    path: str
    value: Any
    path_at: SourcePlace
    value_at: SourcePlace

    @property
    def override(self) -> str:
        """The change as the scenario's loader takes it."""
        return f"{self.path}={json.dumps(self.value, ensure_ascii=False, allow_nan=False)}"


@dataclass(frozen=True, slots=True)
class Setting:
    """A factor at one level.

    Attributes:
        value: how tables call it: a number, or a text.
        changes: what it does to the base; ``place`` where it stands in the study's file.
    """

    value: Any
    changes: tuple[Change, ...]
    place: SourcePlace


@dataclass(frozen=True, slots=True)
class BaseKnobs:
    """The base scenario's knobs, defaults filled in, to be found by the paths of a study."""

    root: Node

    @classmethod
    def of(cls, resolved: Mapping[str, Any]) -> BaseKnobs:
        """The knobs of a resolved scenario."""
        return cls(filled_in(dict(resolved), SourcePlace("", 0, 0)))

    def find(self, path: str) -> KnobPath | None:
        """The knob that a path means; None if the base has nothing there."""
        return knob_at(self.root, path)

    def value(self, path: str) -> Any:
        """A knob's value in the base as it would be given; None if it has none."""
        node: Node | None = self.root
        for segment in self.find(path) or ():
            node = child_of(node, segment) if node else None
        return None if node is self.root or node is None else _plain(node)


def is_path(text: str) -> bool:
    """Tell whether a text could be a knob's path at all."""
    try:
        knob_at(_NOTHING, text)
    except ScenarioError:
        return False
    return True


_NOTHING = Node({}, SourcePlace("", 0, 0))


def axis_of(factor: Factor) -> Axis:
    """The factor as a design sees it."""
    span = factor.range
    if span is None or span.step is not None:
        return Levels(len(values_of(factor)))
    whole = isinstance(span.least, int) and isinstance(span.most, int)
    return Range(span.least, span.most, whole)


def values_of(factor: Factor) -> list[Any]:
    """The values of a factor whose values are given; a range's by its step."""
    if factor.levels is not None:
        return [level.name for level in factor.levels]
    if factor.range is not None:
        return steps(factor.range)
    return list(factor.values or [])


def steps(span: NumberRange) -> list[int | float]:
    """From the least on by steps, as far as the most."""
    step = span.step or 1
    count = min(math.floor((span.most - span.least) / step + 1e-9) + 1, MOST_LEVELS + 1)
    numbers = [span.least + number * step for number in range(count)]
    # Twelve digits: 0.1 + 2 x 0.1 is 0.3 in a table.
    return [n if isinstance(n, int) else float(f"{n:.12g}") for n in numbers]


def setting(factor: Factor, number: int, at: Coordinate, root: Node, base: BaseKnobs) -> Setting:
    """A factor at a coordinate of its axis.

    Args:
        factor: the factor.
        number: its index in the study.
        at: a level's index, or a number in the factor's range.
        root: the study's values with their places.
        base: the base scenario's knobs.
    """
    here: KnobPath = ("factors", number)
    if factor.levels is not None:
        level, path = factor.levels[int(at)], (*here, "levels", int(at), "set")
        changes = changes_of(level.set, root, path)
        return Setting(level.name, changes, place_of(root, path[:-1]))
    stepped = isinstance(axis_of(factor), Levels)
    value = values_of(factor)[int(at)] if stepped else at
    given: KnobPath = (*here, "range") if factor.range else (*here, "values", int(at))
    place = place_of(root, given)
    changes = tuple(
        Change(path, _changed(factor, base.value(path), value),
               place_of(root, (*here, "paths", order)), place)
        for order, path in enumerate(factor.paths)
    )  # fmt: skip
    return Setting(value, changes, place)


def changes_of(given: Mapping[str, Any], root: Node, here: KnobPath) -> tuple[Change, ...]:
    """The changes that a mapping of paths and values makes."""
    found = []
    for path, value in given.items():
        node = root
        for segment in (*here, path):
            node = child_of(node, segment) or node
        found.append(Change(path, value, node.heading, node.place))
    return tuple(found)


def _changed(factor: Factor, before: Any, value: Any) -> Any:
    """What a knob becomes; what cannot be calculated is left to the scenario to refuse."""
    if factor.change == "set" or not _is_number(before) or not _is_number(value):
        return value
    after = before + value if factor.change == "add" else before * value
    return math.floor(after + 0.5) if isinstance(before, int) else after


def neutral(factor: Factor, base: BaseKnobs) -> Any:
    """The factor's value in the base scenario; None if that has no single one."""
    if factor.change != "set":
        return 0 if factor.change == "add" else 1
    found = [base.value(path) for path in factor.paths]
    return found[0] if found and all(value == found[0] for value in found) else None


def cannot_calculate(factor: Factor, base: BaseKnobs) -> list[tuple[int, str]]:
    """The paths (by index) of a factor that adds or multiplies whose knobs are no numbers."""
    if factor.change == "set":
        return []
    found = []
    for order, path in enumerate(factor.paths):
        if base.find(path) is not None and not _is_number(value := base.value(path)):
            found.append((order, f"is {shown(value)} in the base: nothing to {factor.change} to"))
    return found


def not_numbers(factor: Factor) -> list[int]:
    """The values (by index) of a factor that adds or multiplies which are no numbers."""
    values: Sequence[Any] = factor.values or []
    return [i for i, v in enumerate(values) if factor.change != "set" and not _is_number(v)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {name: _plain(child) for name, child in node.value.items()}
    return [_plain(child) for child in node.value] if isinstance(node.value, list) else node.value
