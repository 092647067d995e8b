"""Loads a scenario: its file, the files that it extends, and overrides, checked as a whole."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from pydantic import BaseModel, ValidationError

from sim.scenario.explain import explain
from sim.scenario.layers import (
    Layers,
    change_defaults,
    change_taken,
    laid_over,
    layers_of,
    read_layers,
)
from sim.scenario.mapping import given
from sim.scenario.model import Scenario
from sim.scenario.overrides import apply_overrides
from sim.scenario.problems import SET, KnobPath, Problem, ScenarioError, in_order
from sim.scenario.texts import unfit_texts
from sim.scenario.tree import Node, nodes, plain

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Loaded(Generic[M]):
    """A scenario that was found to be in order."""

    scenario: M
    resolved: dict[str, Any]
    """All knobs as plain values, defaults filled in."""
    origins: Mapping[KnobPath, str]
    """Where each value that is not a default was given: ``file:line:column`` or ``--set``."""
    root: Node
    """The given values with their places."""


@dataclass(frozen=True)
class ScenarioDraft:
    """A scenario's files, read and laid over each other: what many variants start from."""

    root: Node
    files: Sequence[str]
    problems: Sequence[Problem]

    def finish(self, overrides: Sequence[str], model: type[M]) -> Loaded[M]:
        """Apply overrides and check the scenario as a whole; raises :class:`ScenarioError`."""
        root, problems = copy.deepcopy(self.root), list(self.problems)
        change_defaults(root, model, problems)
        problems += apply_overrides(root, overrides, model)
        change_taken(root, model, problems)
        told = {(each.file, each.line, each.column) for each in problems}
        problems += [each for each in unfit_texts(root)
                     if (each.file, each.line, each.column) not in told]  # fmt: skip
        scenario, refusal = _validated(model, plain(root))
        problems += explain(refusal, root, model, certain_only=bool(problems))
        if scenario is None or problems:
            raise ScenarioError(in_order(problems, self.files))
        origins = {
            path: SET if node.place.file == SET else str(node.place)
            for path, node in nodes(root)
            if path and node.given and node.value is not None
        }
        resolved = scenario.model_dump(mode="json", by_alias=True, round_trip=True)
        return Loaded(scenario, resolved, origins, root)


def draft(path: str | Path) -> ScenarioDraft:
    """Read a scenario's file and those that it extends; raises :class:`ScenarioError`."""
    return _laid_down(read_layers(Path(path)))


def draft_of(values: Mapping[str, Any], folder: Path | None = None) -> ScenarioDraft:
    """Take a scenario's values as a file would give them; raises :class:`ScenarioError`.

    Args:
        values: knobs by name; dates may be dates, and numbers NumPy's.
        folder: from where what they extend is seen; default: the working folder.
    """
    root, problems = given(values)
    if problems:
        raise ScenarioError(problems)
    return _laid_down(layers_of(root, folder or Path()))


def _laid_down(layers: Layers) -> ScenarioDraft:
    if not layers.complete:
        raise ScenarioError(in_order(layers.problems, layers.files))
    problems = layers.problems
    root = reduce(lambda below, above: laid_over(below, above, problems), layers.roots)
    return ScenarioDraft(root, layers.files, problems)


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
    return draft(path).finish(overrides, model)


def _validated(model: type[M], data: dict[str, Any]) -> tuple[M | None, ValidationError | None]:
    # Strict JSON is what a scenario means: dates are text, but no text is a number, no number is a
    # boolean, and a whole number is also a number.
    try:
        return model.model_validate_json(json.dumps(data, allow_nan=False), strict=True), None
    except ValidationError as error:
        return None, error
