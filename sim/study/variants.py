"""The variants of a study: every combination of its design as a checked scenario.

A variant that no company could live is found before anything runs. What a scenario refuses is
blamed on the factor whose value alone it refuses; if it refuses only the combination, on the last
factor, with the others named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sim.core.streams import stream
from sim.scenario import Loaded, Scenario, ScenarioError
from sim.scenario.loader import ScenarioDraft
from sim.scenario.problems import SET, Problem, SourcePlace, problem_at
from sim.scenario.tree import Node, place_of
from sim.sites.feasible import feasible_plan
from sim.study import design
from sim.study.factors import BaseKnobs, Change, Setting, axis_of, neutral, setting
from sim.study.knobs import Sampled, Study


@dataclass(frozen=True, slots=True)
class Variant:
    """The base scenario with some knobs changed.

    Attributes:
        index: its row in all tables; 0 is the base itself.
        name: what tables call it: ``areas=18, lead=3``.
        levels: the value of every factor, in their order; None where the base has no single one.
        scenario: what is simulated, but for the seed.
    """

    index: int
    name: str
    levels: tuple[Any, ...]
    scenario: Scenario


def attempt(draft: ScenarioDraft, changes: Sequence[Change]) -> Loaded[Scenario] | list[Problem]:
    """Make a scenario and its plan, or tell what is wrong with it.

    Problems are where the scenario says they are: in its files, or at the override by its ordinal.
    """
    try:
        loaded = draft.finish([change.override for change in changes], Scenario)
    except ScenarioError as error:
        return error.problems
    if loaded.scenario.schedule.end == "today":
        path = ("schedule", "end")
        return [problem_at(place_of(loaded.root, path), path, "a study needs a date, not 'today'")]
    try:
        feasible_plan(loaded)
    except ScenarioError as error:
        return error.problems
    return loaded


def moved(problem: Problem, changes: Sequence[Change], elsewhere: SourcePlace | None) -> Problem:
    """A problem as it is seen from the study's file: at the change that it is about."""
    place = elsewhere
    if problem.file == SET:
        change = changes[problem.line - 1]
        about_value = problem.column > len(change.path) + 1
        place = change.value_at if about_value else change.path_at
    if place is None:
        return problem
    return replace(problem, file=place.file, line=place.line, column=place.column)


class Builder:
    """Makes the variants of one study and collects what is wrong with them."""

    def __init__(
        self,
        study: Study,
        root: Node,
        draft: ScenarioDraft,
        changes: Sequence[Change],
        base: Loaded[Any],
    ) -> None:
        self.study, self.root, self.draft, self.base = study, root, draft, base
        self.changes = tuple(changes)
        self.knobs = BaseKnobs.of(base.resolved)
        self._found: dict[tuple[str, int, int, Any], tuple[Problem, int]] = {}
        self._alone: dict[tuple[int, Any], list[Problem]] = {}

    @property
    def problems(self) -> list[Problem]:
        """What is wrong; the same finding of many combinations once, with their number."""
        return [
            problem
            if count == 1
            else replace(
                problem, message=f"{problem.message} (and so in {count - 1} more variants)"
            )
            for problem, count in self._found.values()
        ]

    def points(self, seed: int) -> list[design.Point]:
        """The design's points."""
        axes = [axis_of(factor) for factor in self.study.factors]
        wanted = self.study.design
        if isinstance(wanted, Sampled):
            luck = int(stream(seed, "design"))
            if wanted.sobol is not None:
                return design.sobol(axes, wanted.sobol, luck)
            return design.latin_hypercube(axes, wanted.latin_hypercube or 0, luck)
        levels = [axis for axis in axes if isinstance(axis, design.Levels)]
        if not levels:
            return []
        return design.full(levels) if wanted == "full" else design.one_at_a_time(levels)

    def make(self, seed: int) -> tuple[tuple[Variant, ...], tuple[int, ...]]:
        """All variants, the base first, and which of them every point of the design is."""
        factors = self.study.factors
        here = tuple(neutral(factor, self.knobs) for factor in factors)
        variants = [Variant(0, "base", here, self.base.scenario)]
        known = {self.base.scenario.model_dump_json(): 0}
        points: list[int] = []
        for point in self.points(seed):
            settings = self._settings(point)
            scenario = self._scenario(settings)
            if scenario is None:
                continue
            text = scenario.model_dump_json()
            index = known.setdefault(text, len(variants))
            levels = tuple(
                base if one is None else one.value for one, base in zip(settings, here, strict=True)
            )
            if index == len(variants):
                variants.append(Variant(index, self._name(settings), levels, scenario))
            elif index in points and not self._may_repeat(index):
                self._refuse_repeated(settings, variants[index])
            elif index == 0 and self.study.design != "one_at_a_time":
                variants[0] = replace(variants[0], levels=levels)
            points.append(index)
        return tuple(variants), tuple(points)

    def _may_repeat(self, index: int) -> bool:
        """Sampled whole numbers may meet; one at a time, every factor has its level of the base."""
        wanted = self.study.design
        return isinstance(wanted, Sampled) or (wanted == "one_at_a_time" and index == 0)

    def _settings(self, point: design.Point) -> list[Setting | None]:
        return [
            None if at is None else setting(factor, number, at, self.root, self.knobs)
            for number, (factor, at) in enumerate(zip(self.study.factors, point, strict=True))
        ]

    def _name(self, settings: Iterable[Setting | None]) -> str:
        pairs = zip(self.study.factors, settings, strict=True)
        return ", ".join(f"{factor.name}={one.value}" for factor, one in pairs if one is not None)

    def _scenario(self, settings: Sequence[Setting | None]) -> Scenario | None:
        own = [one for one in settings if one is not None]
        changes = [*self.changes, *(change for one in own for change in one.changes)]
        made = attempt(self.draft, changes)
        if isinstance(made, Loaded):
            return made.scenario
        blamed = [problem for number, one in enumerate(settings) if one is not None
                  for problem in self._refused_alone(number, one)]  # fmt: skip
        for problem in blamed:
            self._found[_where(problem)] = problem, 1
        if not blamed:
            with_others = f" (with {self._name(settings)})" if len(own) > 1 else ""
            for problem in made:
                at = moved(problem, changes, own[-1].place)
                self._note(replace(at, message=f"{at.message}{with_others}"))
        return None

    def _refused_alone(self, number: int, one: Setting) -> list[Problem]:
        """What the scenario says against one factor's value while the others are as in the base."""
        key = number, repr(one.value)
        if key not in self._alone:
            changes = [*self.changes, *one.changes]
            made = attempt(self.draft, changes)
            found = [] if isinstance(made, Loaded) else made
            self._alone[key] = [moved(problem, changes, one.place) for problem in found]
        return self._alone[key]

    def _refuse_repeated(self, settings: Sequence[Setting | None], same: Variant) -> None:
        pairs = zip(settings, same.levels, strict=True)
        other = next((one for one, level in pairs if one and one.value != level), None)
        culprit = other or next(one for one in settings if one)
        text = f"a duplicate variant: {self._name(settings)} is the same scenario as '{same.name}'"
        self._note(problem_at(culprit.place, ("factors",), text))

    def _note(self, problem: Problem) -> None:
        first, count = self._found.get(_where(problem), (problem, 0))
        self._found[_where(problem)] = first, count + 1


def _where(problem: Problem) -> tuple[str, int, int, Any]:
    return problem.file, problem.line, problem.column, problem.path
