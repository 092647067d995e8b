"""From a study's figures to what is told of it: evidence for the answer, and its tables.

All statistics are those of :mod:`sim.study.statistics` and its neighbours; here they are brought
together with the study's factors, objective and KPIs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Floats
from sim.kpi.catalogue import Kpi, catalogue
from sim.study.answer import answer
from sim.study.evidence import Evidence, MeanLimit, Words, choose
from sim.study.gains import Gains, gains
from sim.study.knobs import Factor, Sampled, Until
from sim.study.loader import StudyPlan
from sim.study.sensitivity import Index, Slopes, Term, factorial, indices, regression
from sim.study.statistics import Difference, Mean, paired, summarise

SHOWN = (
    "harvested_t_per_year", "margin_per_year", "wait_days_per_batch", "survival_percent", "fcr",
)  # fmt: skip
"""What is shown of a study that names no KPI."""

Effects = list[Term] | Slopes | list[Index]


@dataclass(frozen=True)
class Findings:
    """What a study found.

    Attributes:
        kpis: all key figures by name; ``shown`` those that the study asks for.
        values: per KPI its figures, shape (variants, replications).
        settings: every factor's level in every variant, shape (variants, factors): a number, or the
            index of a named level; NaN where the base is at none of them.
        answer: in plain words; ``best`` the chosen variant, if there is one.
    """

    plan: StudyPlan
    kpis: Mapping[str, Kpi]
    shown: Sequence[str]
    values: Mapping[str, Floats]
    settings: Floats
    evidence: Evidence
    answer: Sequence[str]
    best: int | None

    def means(self, kpi: str) -> list[Mean]:
        """The mean of every variant with its interval."""
        return summarise(self.values[kpi], self.plan.study.confidence, self.kpis[kpi].domain)

    def varies(self, kpi: str) -> bool:
        """Whether a KPI is not the same in all variants, as far as it is known."""
        known = [mean.mean for mean in self.means(kpi) if mean.n]
        return len(set(known)) > 1

    def differences(self, kpi: str) -> list[Difference]:
        """Every variant's difference to the base on common random numbers."""
        return paired(self.values[kpi], self.plan.study.confidence)

    def gains(self, kpi: str) -> dict[str, Gains]:
        """What one more of each factor buys in a KPI."""
        return gains_of(self.plan, self.values[kpi], self.settings, self.kpis[kpi])

    def effects(self, kpi: str) -> Effects | None:
        """What the factors do to a KPI, by the study's design; None where that has no answer."""
        plan, points = self.plan, list(self.plan.points)
        values, settings = self.values[kpi][points], self.settings[points]
        design, factors = plan.study.design, len(plan.study.factors)
        confidence = plan.study.confidence
        try:
            if isinstance(design, Sampled) and design.sobol is not None:
                return indices(values, design.sobol, factors, confidence)
            if isinstance(design, Sampled):
                return regression(values, settings, confidence)
            if design == "full" and factors > 1:
                return factorial(values, settings, confidence)
        except ValueError:  # the levels that came out do not suit the analysis
            return None
        return None


def find(plan: StudyPlan, figures: Mapping[str, Floats], replications: int) -> Findings:
    """Work out what the figures of so many replications say; a KPI without any is NaN."""
    kpis = catalogue(plan.variants[0].scenario)
    nothing = np.full((len(plan.variants), replications), nan)
    values = {name: figures.get(name, nothing) for name in kpis}
    shown = shown_kpis(plan, kpis)
    settings = settings_of(plan)
    evidence = _evidence(plan, kpis, shown, values, settings)
    best = choose(evidence).best if evidence.objective is not None else None
    return Findings(plan, kpis, shown, values, settings, evidence, answer(evidence), best)


def shown_kpis(plan: StudyPlan, kpis: Mapping[str, Kpi]) -> list[str]:
    """The KPIs that a study asks for: its objective, its limits, and the others that it names."""
    study = plan.study
    names: list[str | None] = []
    if study.objective is not None:
        names += [study.objective.maximise, study.objective.minimise, *study.objective.subject_to]
    names += study.kpis
    if isinstance(study.replications, Until):
        names += study.replications.until
    found = list(dict.fromkeys(name for name in names if name is not None))
    return found or [name for name in SHOWN if name in kpis]


def words_of(kpi: Kpi) -> Words:
    """How a KPI is spoken of."""
    unit = "" if kpi.unit == "share" else kpi.unit
    return Words(kpi.text, f"{unit}/year" if kpi.per == "year" else unit, kpi.domain)


def settings_of(plan: StudyPlan) -> Floats:
    """The factors' levels as numbers, see :class:`Findings`."""
    found = [
        [_number(f, level) for f, level in zip(plan.study.factors, variant.levels, strict=True)]
        for variant in plan.variants
    ]
    return np.array(found, dtype=np.float64).reshape(len(plan.variants), len(plan.study.factors))


def _number(factor: Factor, level: Any) -> float:
    if is_numeric(factor):
        known = isinstance(level, int | float) and not isinstance(level, bool)
        return float(level) if known else nan
    names = [one.name for one in factor.levels] if factor.levels else list(factor.values or [])
    return float(names.index(level)) if level in names else nan


def is_numeric(factor: Factor) -> bool:
    """Whether a factor's levels are numbers, so that there can be one more of it."""
    return factor.range is not None or all(
        isinstance(value, int | float) and not isinstance(value, bool)
        for value in factor.values or [None]
    )


def gains_of(plan: StudyPlan, values: Floats, settings: Floats, kpi: Kpi) -> dict[str, Gains]:
    """What one more of each factor buys in a KPI; only for factors that are numbers."""
    if isinstance(plan.study.design, Sampled):
        return {}
    better: Literal[1, -1] = -1 if kpi.better == "less" else 1
    found = {
        factor.name: gains(values, settings, number, better, plan.study.confidence)
        for number, factor in enumerate(plan.study.factors)
        if is_numeric(factor)
    }
    return {name: own for name, own in found.items() if own.steps}


def _evidence(
    plan: StudyPlan,
    kpis: Mapping[str, Kpi],
    shown: Sequence[str],
    values: Mapping[str, Floats],
    settings: NDArray[np.float64],
) -> Evidence:
    study, objective = plan.study, plan.study.objective
    rule = study.replications
    name = None if objective is None else objective.maximise or objective.minimise
    found: dict[str, Gains] = {}
    harvested = values["harvested_fish_per_year"]
    # What one more buys is told of a KPI of which more, or less, is better.
    if name is not None and kpis[name].better is not None:
        found = gains_of(plan, values[name], settings, kpis[name])
    return Evidence(
        variants=[variant.name for variant in plan.variants],
        values={kpi: values[kpi] for kpi in shown},
        words={kpi: words_of(kpis[kpi]) for kpi in shown},
        objective=name,
        maximise=objective is None or objective.maximise is not None,
        limits=list(_limits(plan)),
        until=rule.until if isinstance(rule, Until) else {},
        gains=found,
        confidence=study.confidence,
        ran=np.any([np.isfinite(figures) for figures in values.values()], axis=0),
        harvests=bool((np.nan_to_num(harvested) > 0).any()),
    )


def _limits(plan: StudyPlan) -> Iterator[MeanLimit]:
    objective = plan.study.objective
    for kpi, limit in objective.subject_to.items() if objective else ():
        if limit.at_most is not None:
            yield MeanLimit(kpi, limit.at_most, at_most=True)
        if limit.at_least is not None:
            yield MeanLimit(kpi, limit.at_least, at_most=False)


def gain_rows(findings: Findings) -> list[tuple[Any, ...]]:
    """A row for every factor that is a number, every step of it, and every shown KPI."""
    rows: list[tuple[Any, ...]] = []
    for name in findings.shown:
        kpi = findings.kpis[name]
        for factor, own in findings.gains(name).items():
            for step in own.steps:
                gain = step.per_unit
                figures = (gain.mean, gain.half_width, gain.joint_half_width)
                told = [figure if isfinite(figure) else None for figure in figures]
                rows.append((factor, step.low, step.high, name, kpi.unit, gain.n, *told))
    return rows


GAINS = (
    "factor", "from", "to", "kpi", "unit", "replications", "per_unit", "half_width",
    "joint_half_width",
)  # fmt: skip
"""Columns of the marginal gains: the change of a KPI per unit of a factor, with intervals."""

SUMMARY = (
    "variant", "name", "kpi", "unit", "replications", "mean", "sd", "half_width", "difference",
    "difference_half_width", "difference_joint_half_width",
)  # fmt: skip
"""Columns of the summary: means with t intervals, paired differences to the base."""


def summary_rows(findings: Findings) -> list[tuple[Any, ...]]:
    """A row for every variant and every KPI."""
    rows: list[tuple[Any, ...]] = []
    for name, kpi in findings.kpis.items():
        pairs = zip(findings.means(name), findings.differences(name), strict=True)
        for variant, (mean, gap) in zip(findings.plan.variants, pairs, strict=True):
            figures = (
                mean.mean, mean.sd, mean.half_width, gap.mean, gap.half_width, gap.joint_half_width,
            )  # fmt: skip
            told = [figure if isfinite(figure) else None for figure in figures]
            rows.append((variant.index, variant.name, name, kpi.unit, mean.n, *told))
    return sorted(rows, key=lambda row: row[0])
