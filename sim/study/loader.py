"""Loads a study: its file, its base scenario, and every variant, checked before anything runs.

All that is wrong is reported at once, each finding where the planner wrote what causes it: an
unknown knob at the factor's path, a value that a scenario refuses at the value, even where the rule
it breaks (a plan that cannot work) is about other knobs of the base.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core.clock import date_of
from sim.core.streams import stream
from sim.core.version import __version__
from sim.kpi.figures import month_from
from sim.scenario import Loaded, Scenario, ScenarioError
from sim.scenario.loader import ScenarioDraft, draft, draft_of
from sim.scenario.problems import SET, Problem, in_order, problem_at
from sim.scenario.shipped import NotThere, referred
from sim.scenario.tree import Node, place_of
from sim.sites.schedule import make_plan
from sim.study.checks import check_study
from sim.study.factors import BaseKnobs, Change, changes_of, is_path
from sim.study.knobs import Study
from sim.study.variants import Builder, Variant, attempt, moved

Catalogue = Callable[[Scenario], Collection[str]]
"""Tells the names of the KPIs that a scenario has."""


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A study that was found to be in order, with all its variants.

    Attributes:
        study: what its file says; ``resolved`` the same as plain values.
        file: the study's file.
        variants: what is simulated; the base itself first.
        points: the design's points, as indices of variants; a point that equals another, or the
            base, is not a second variant.
        seed: root of all luck.
    """

    study: Study
    resolved: Mapping[str, Any]
    file: Path
    variants: tuple[Variant, ...]
    points: tuple[int, ...]
    seed: int

    @property
    def identity(self) -> str:
        """Names everything on which a replication's numbers depend, but not how many there are.

        So a study with more replications, or with another objective, continues the earlier one.
        """
        parts = [__version__, self.seed, self.study.warmup_days]
        parts += [(v.name, v.scenario.model_dump(mode="json")) for v in self.variants]
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    @property
    def replications(self) -> tuple[int, int]:
        """Replications of every variant: at least and at most."""
        wanted = self.study.replications
        return (wanted, wanted) if isinstance(wanted, int) else (wanted.at_least, wanted.at_most)

    def seed_of(self, replication: int) -> int:
        """The scenario seed of a replication, the same for all variants."""
        return int(stream(self.seed, "replication", replication)) >> 1


def load_study(
    source: str | Path | Mapping[str, Any],
    overrides: Sequence[str] = (),
    *,
    catalogue: Catalogue | None = None,
) -> StudyPlan:
    """Load a study.

    Args:
        source: the study's file, or what would stand in it; then its base is seen from the working
            folder.
        overrides: ``path=value`` each, which change knobs of the study.
        catalogue: tells a scenario's KPIs; default: those of the model.

    Raises:
        ScenarioError: with everything that is wrong, in order of position.
    """
    file = draft_of(source) if isinstance(source, Mapping) else draft(source)
    given = file.finish(overrides, Study)
    study, root = given.scenario, given.root
    base_draft, problems = _base_draft(study, root)
    base = None
    given_to_all = {path: value for path, value in study.set.items() if is_path(path)}
    changes = changes_of(given_to_all, root, ("set",))
    if base_draft is not None:
        base, found = _base(base_draft, changes)
        problems += found
    kpis = (catalogue or _catalogue)(base.scenario) if base else None
    knobs = BaseKnobs.of(base.resolved) if base else None
    checks = check_study(study, root, knobs, kpis)
    problems += checks
    variants: tuple[Variant, ...] = ()
    points: tuple[int, ...] = ()
    seed = study.seed or 0
    if base_draft and base and not any(p.path[:1] in _OF_VARIANTS for p in checks):
        seed = base.scenario.seed if study.seed is None else study.seed
        builder = Builder(study, root, base_draft, changes, base)
        variants, points = builder.make(seed)
        problems += builder.problems
        problems += _nothing_counted(study, root, variants)
    if problems:
        files = [*file.files, *(base_draft.files if base_draft else ())]
        raise ScenarioError(in_order(problems, files))
    return StudyPlan(study, given.resolved, Path(file.files[0]), variants, points, seed)


def _nothing_counted(study: Study, root: Node, variants: Sequence[Variant]) -> list[Problem]:
    """A warm-up must leave days that count in every variant."""
    warmup_days = study.warmup_days
    for variant in variants if warmup_days is not None else ():
        plan = make_plan(variant.scenario)
        first = month_from(plan.first_day, plan.first_day + (warmup_days or 0))
        if first >= plan.end_day:
            text = (
                f"{warmup_days} days leave none to count: the run of '{variant.name}' lasts"
                f" {plan.end_day - plan.first_day} days and ends on {date_of(plan.end_day)}; the"
                f" days that count would begin with a month, on {date_of(first)}"
            )
            return [problem_at(place_of(root, ("warmup_days",)), ("warmup_days",), text)]
    return []


_OF_VARIANTS = (("factors",), ("design",), ("set",))
"""Knobs that must be in order before variants can be made."""


def _base_draft(study: Study, root: Node) -> tuple[ScenarioDraft | None, list[Problem]]:
    """Read the base scenario, which is named as seen from the file that names it."""
    place = place_of(root, ("base",))
    folder = Path.cwd() if place.file == SET else Path(place.file).parent
    try:
        return draft(referred(study.base, folder)), []
    except NotThere as error:
        return None, [problem_at(place, ("base",), str(error), error.suggestion)]
    except ScenarioError as error:
        return None, error.problems


def _base(
    base: ScenarioDraft, changes: Sequence[Change]
) -> tuple[Loaded[Scenario] | None, list[Problem]]:
    """The base scenario with what the study changes in every variant."""
    made = attempt(base, changes)
    if isinstance(made, Loaded):
        return made, []
    if not changes:
        return None, made
    as_it_is = attempt(base, ())
    if not isinstance(as_it_is, Loaded):
        return None, as_it_is
    return None, [moved(problem, changes, changes[0].path_at) for problem in made]


def _catalogue(scenario: Scenario) -> Collection[str]:
    from sim.kpi.catalogue import catalogue

    return catalogue(scenario)
