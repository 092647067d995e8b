"""What a study found, as its answer needs it, and the choice of the best variant from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Floats
from sim.study.gains import Gains
from sim.study.selection import Constraint, Selection, select
from sim.study.statistics import CONFIDENCE, EVERYTHING, Mean, mean_of


@dataclass(frozen=True, slots=True)
class Words:
    """How a KPI is spoken of: ``harvested`` in ``t a year``, and what it can be at all."""

    label: str
    unit: str = ""
    domain: tuple[float, float] = EVERYTHING


@dataclass(frozen=True, slots=True)
class MeanLimit:
    """What the mean of a KPI must keep to."""

    kpi: str
    bound: float
    at_most: bool = True


@dataclass(frozen=True)
class Evidence:
    """What a study found.

    Attributes:
        variants: names, the base first.
        values: figures by KPI, shape (variants, replications), NaN = failed.
        words: how KPIs are spoken of (default: by their names).
        objective: the KPI that decides; None: nothing is chosen.
        maximise: whether more of it is better.
        limits: what other KPIs must keep to.
        until: half widths that were wanted, as shares of the mean, by KPI; empty if the study
            asked for a number of replications.
        gains: marginal gains in the objective, by factor.
        confidence: of everything that is said.
        ran: which replications came to an end, shape (variants, replications); None: those that
            have a figure.
        harvests: whether anything is harvested in the days that count, in any of them.
    """

    variants: Sequence[str]
    values: Mapping[str, Floats]
    words: Mapping[str, Words] = field(default_factory=dict)
    objective: str | None = None
    maximise: bool = True
    limits: Sequence[MeanLimit] = ()
    until: Mapping[str, float] = field(default_factory=dict)
    gains: Mapping[str, Gains] = field(default_factory=dict)
    confidence: float = CONFIDENCE
    ran: NDArray[np.bool_] | None = None
    harvests: bool = True

    @property
    def failed(self) -> NDArray[np.bool_]:
        """The replications that did not come to an end, shape (variants, replications)."""
        if self.ran is not None:
            return np.asarray(~self.ran)
        return np.asarray(~np.any(list(map(np.isfinite, self.values.values())), axis=0))

    def equals(self, kpi: str, variant: int, other: int) -> bool:
        """Whether two variants have the same figure in every run."""
        values = self.values[kpi]
        return bool(np.array_equal(values[variant], values[other], equal_nan=True))

    def alike(self, kpi: str) -> bool:
        """Whether all variants have the same figures, run by run; there are several of them."""
        count = len(self.variants)
        return count > 1 and all(self.equals(kpi, variant, 0) for variant in range(1, count))

    def mean(self, kpi: str, variant: int, confidence: float | None = None) -> Mean:
        """The mean of a KPI in a variant; its interval ends where the KPI does."""
        sure = self.confidence if confidence is None else confidence
        return mean_of(self.values[kpi][variant], sure, self.spoken(kpi).domain)

    def spoken(self, kpi: str) -> Words:
        """How to speak of a KPI."""
        return self.words.get(kpi, Words(kpi))


def choose(evidence: Evidence) -> Selection:
    """The best variant of a study that has an objective."""
    if evidence.objective is None:
        raise ValueError("the study has no objective, so nothing is best")
    limits = [
        Constraint(limit.kpi, evidence.values[limit.kpi], limit.bound, limit.at_most)
        for limit in evidence.limits
    ]
    return select(
        evidence.values[evidence.objective],
        maximise=evidence.maximise,
        constraints=limits,
        confidence=evidence.confidence,
    )
