"""What is shipped, with a line on each; and whether a file is a scenario or a study."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sim.scenario.layers import read_layers
from sim.scenario.model import Scenario
from sim.scenario.problems import Problem, ScenarioError
from sim.scenario.shipped import PROFILES, SCHEME, STUDIES, files, name_of, names
from sim.scenario.yamltext import read_file

Kind = Literal["scenario", "study", "profile"]

_OF_STUDIES = {"base", "factors"}
_OF_SCENARIOS = set(Scenario.model_fields) - {"name", "seed"}
_COMMENT = re.compile(r"^#(?! yaml-language-server:) ?(.*)$")


@dataclass(frozen=True, slots=True)
class Shipped:
    """A file that is shipped: what one types for it, what it is, and a line on it."""

    name: str
    kind: Kind
    description: str
    path: Path


def shipped() -> list[Shipped]:
    """The shipped scenarios, studies, and profiles to extend, each in order of their names."""
    found = []
    for name, path in names().items():
        kind: Kind = "study" if path.parent.name == STUDIES else "scenario"
        found.append(Shipped(name, kind, _described(path), path))
    for place, path in files().items():
        if place.startswith(f"{PROFILES}/"):
            found.append(Shipped(f"{SCHEME}{place}", "profile", _described(path), path))
    return found


def _described(path: Path) -> str:
    """A line on a file: its description or question, or the first sentence of its comment."""
    root = read_file(path).root
    knobs = root.value if root is not None and isinstance(root.value, dict) else {}
    for knob in ("description", "question"):
        if knob in knobs:
            return str(knobs[knob].value)
    comment = []
    for line in path.read_text(encoding="utf-8").splitlines():
        told = _COMMENT.match(line)
        if told is None:
            break
        comment.append(told[1])
    return " ".join(comment).partition(". ")[0].removesuffix(".")


def kind_of(path: Path) -> Kind | None:
    """Tell by its knobs whether a file is a scenario or a study; None if neither is sure."""
    layers = read_layers(path)
    knobs = {name for root in layers.roots if isinstance(root.value, dict) for name in root.value}
    if knobs & _OF_STUDIES and not knobs & {"stages", "geographies"}:
        return "study"
    return "scenario" if knobs & _OF_SCENARIOS and not knobs & _OF_STUDIES else None


def of_kind(error: ScenarioError, path: Path, kind: Kind, instead: str) -> ScenarioError:
    """The error of a file that was read as a ``kind``, or that it is of the other kind.

    Args:
        error: what was found wrong.
        path: the file.
        kind: what it should be.
        instead: the command for files of the other kind.
    """
    found = kind_of(path)
    if found is None or found == kind:
        return error
    typed = name_of(path)
    message = f"this is a {found}, not a {kind}; type: {instead} {typed}"
    return ScenarioError([Problem(typed, 0, 0, (), message)])
