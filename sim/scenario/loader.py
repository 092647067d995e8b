"""Loads a scenario: its file, the files that it extends, and overrides, checked as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from pydantic import BaseModel, ValidationError

from sim.scenario.explain import explain
from sim.scenario.models import Scenario
from sim.scenario.overrides import apply_overrides
from sim.scenario.problems import (
    SET,
    KnobPath,
    Place,
    Problem,
    ScenarioError,
    in_order,
    problem_at,
)
from sim.scenario.tree import Node, merged, nodes, plain
from sim.scenario.yamltext import read_file

MAX_PARENTS = 8

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Loaded(Generic[M]):
    """A scenario that was found to be in order."""

    scenario: M
    resolved: dict[str, Any]
    """All knobs as plain values, defaults filled in."""
    origins: Mapping[KnobPath, str]
    """Where each value that is not a default was given: ``file:line:column`` or ``--set``."""


@overload
def load(path: str | Path, overrides: Sequence[str] = ()) -> Loaded[Scenario]: ...


@overload
def load(path: str | Path, overrides: Sequence[str] = (), *, model: type[M]) -> Loaded[M]: ...


def load(
    path: str | Path, overrides: Sequence[str] = (), *, model: type[BaseModel] = Scenario
) -> Loaded[Any]:
    """Load a scenario.

    Args:
        path: the scenario's file.
        overrides: ``path=value`` each, applied in order.
        model: what the values are checked against.

    Raises:
        ScenarioError: with everything that is wrong, in order of position.
    """
    chain = _read_chain(Path(path))
    problems = chain.problems
    if not chain.complete:
        raise ScenarioError(in_order(problems, chain.files))
    root = reduce(merged, reversed(chain.layers))
    problems += apply_overrides(root, overrides, model)
    scenario, refusal = _validated(model, plain(root))
    problems += explain(refusal, root, model, certain_only=bool(problems))
    if scenario is None or problems:
        raise ScenarioError(in_order(problems, chain.files))
    origins = {
        path: SET if node.place.file == SET else str(node.place)
        for path, node in nodes(root)
        if path and node.given and node.value is not None
    }
    resolved = scenario.model_dump(mode="json", by_alias=True, round_trip=True)
    return Loaded(scenario, resolved, origins)


def _validated(
    model: type[BaseModel], data: dict[str, Any]
) -> tuple[BaseModel | None, ValidationError | None]:
    # Strict JSON is what a scenario means: dates are text, but no text is a number, no number is a
    # boolean, and a whole number is also a number.
    try:
        return model.model_validate_json(json.dumps(data, allow_nan=False), strict=True), None
    except ValidationError as error:
        return None, error


@dataclass
class _Chain:
    """A scenario's files, each extended by the one before."""

    layers: list[Node] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True

    def stop(self, place: Place, message: str) -> None:
        self.problems.append(problem_at(place, ("extends",), message))
        self.complete = False


def _read_chain(path: Path) -> _Chain:
    chain = _Chain()
    seen: set[Path] = set()
    current: Path | None = path
    asked_at: Place | None = None
    while current is not None:
        parsed = read_file(current, asked_at)
        chain.files.append(str(current))
        chain.problems += parsed.problems
        if parsed.root is None or not isinstance(parsed.root.value, dict):
            chain.complete = False
            break
        identity = current.resolve()
        if asked_at and identity in seen:
            chain.stop(asked_at, f"the files extend each other: {' -> '.join(chain.files)}")
            break
        if asked_at and len(chain.layers) > MAX_PARENTS:
            chain.stop(asked_at, f"more than {MAX_PARENTS} files extend each other")
            break
        seen.add(identity)
        chain.layers.append(parsed.root)
        extends = parsed.root.value.pop("extends", None)
        asked_at = extends.at if extends else None
        current = _parent(current, extends, chain)
    return chain


def _parent(child: Path, extends: Node | None, chain: _Chain) -> Path | None:
    if extends is None or extends.value is None:
        return None
    if isinstance(extends.value, str) and extends.value:
        return child.parent / extends.value
    what = "only one file can be extended" if isinstance(extends.value, list) else "expected a file"
    chain.stop(extends.place, f"{what}, given as text such as base.yaml")
    return None
