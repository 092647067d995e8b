"""A scenario that comes from Python: its values stand in a mapping instead of a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from math import isfinite
from typing import Any

from sim.scenario.problems import KnobPath, Problem, SourcePlace, problem_at
from sim.scenario.tree import Node, Scalar

MAPPING = "<mapping>"
"""Stands for a file's name where a value was given by a mapping."""

_PLACE = SourcePlace(MAPPING, 1, 1)


def given(values: Mapping[str, Any]) -> tuple[Node, list[Problem]]:
    """Make the tree of a mapping's values, and tell which of them cannot stand in a scenario."""
    problems: list[Problem] = []
    return _node(values, (), problems), problems


def as_overrides(changes: Mapping[str, Any] | Iterable[str]) -> list[str]:
    """Write changes as ``path=value``, whether they are written so or stand in a mapping.

    Raises:
        TypeError: a value of the mapping cannot stand in a scenario.
    """
    if not isinstance(changes, Mapping):
        return list(changes)
    return [
        f"{path}={json.dumps(value, default=_plain, ensure_ascii=False)}"
        for path, value in changes.items()
    ]


def _node(value: Any, path: KnobPath, problems: list[Problem]) -> Node:
    tree: dict[str, Node] | list[Node] | Scalar
    if isinstance(value, Mapping):
        tree = {str(n): _node(child, (*path, str(n)), problems) for n, child in value.items()}
    elif isinstance(value, list | tuple):
        tree = [_node(child, (*path, n), problems) for n, child in enumerate(value)]
    elif isinstance(value, float) and not isfinite(value):
        problems.append(problem_at(_PLACE, path, f"{value} is not a number"))
        tree = None
    elif value is None or isinstance(value, str | int | float | bool):
        tree = value
    else:
        try:
            return _node(_plain(value), path, problems)
        except TypeError as error:
            problems.append(problem_at(_PLACE, path, str(error)))
            tree = None
    return Node(tree, _PLACE)


def _plain(value: Any) -> Any:
    """A date as text, and what NumPy has as Python has it."""
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} cannot stand in a scenario")
