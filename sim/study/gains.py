"""What one more unit buys: the slope of a KPI from one level of a factor to the next.

Only variants that agree in every other factor are compared (a full factorial has many such rows, a
one-at-a-time design has one, a Latin hypercube none), within every replication, so luck and the
other factors drop out. The slopes of all rows are averaged within a replication, then over
replications with a t interval (see :mod:`sim.study.statistics`); the joint intervals hold for all
steps of the factor at once (Bonferroni).

Returns *diminish* when the last step buys surely less a unit than the first one (paired, on the
same luck), the planner's sign that the bottleneck has moved elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isnan
from typing import Literal

import numpy as np

from sim.core.arrays import Floats
from sim.study.statistics import CONFIDENCE, Contrast, contrast

Returns = Literal["diminishing", "growing", "not told"]


@dataclass(frozen=True, slots=True)
class LevelStep:
    """From one level to the next.

    Attributes:
        low: the level before, in units.
        high: the level after.
        per_unit: change of the KPI per unit.
    """

    low: float
    high: float
    per_unit: Contrast


@dataclass(frozen=True, slots=True)
class Gains:
    """The marginal gains of one factor.

    Attributes:
        steps: from the lowest level to the highest.
        bend: the last step's gain a unit minus the first one's; None with fewer than two steps.
        better: 1 if more of the KPI is better, -1 if less is.
    """

    steps: tuple[LevelStep, ...]
    bend: Contrast | None
    better: Literal[1, -1]

    @property
    def returns(self) -> Returns:
        """Whether one more unit buys less and less."""
        if self.bend is None or not self.bend.told_apart:
            return "not told"
        return "diminishing" if self.bend.mean * self.better < 0 else "growing"

    @property
    def helps_up_to(self) -> float | None:
        """The level up to which a step surely helped; None if none did."""
        helped = [step.high for step in self.steps if self.helps(step)]
        return helped[-1] if helped else None

    def helps(self, step: LevelStep) -> bool:
        """Whether a step is surely for the better, together with all others."""
        return step.per_unit.told_apart and step.per_unit.mean * self.better > 0

    def from_level(self, level: float) -> LevelStep | None:
        """The step that starts at a level: what one more unit buys there."""
        return next((step for step in self.steps if step.low == level), None)


def gains(
    values: Floats,
    settings: Floats,
    factor: int,
    better: Literal[1, -1] = 1,
    confidence: float = CONFIDENCE,
) -> Gains:
    """Marginal gains of one factor, per unit of it.

    Args:
        values: shape (variants, replications), NaN = failed.
        settings: units of every factor in every variant, shape (variants, factors); NaN where a
            factor is as in the base and its units there are not known.
        factor: its column in the settings.
        better: 1 if more of the KPI is better, -1 if less is.
        confidence: of each interval, and of all joint ones together.
    """
    rows = _rows(settings, factor)
    levels = sorted({float(settings[variant, factor]) for row in rows for variant in row})
    slopes: list[tuple[float, float, Floats]] = []
    for low, high in pairwise(levels):
        pairs = [
            (at[low], at[high])
            for row in rows
            if {low, high} <= (at := {float(settings[v, factor]): v for v in row}).keys()
        ]
        if pairs:
            before, after = map(list, zip(*pairs, strict=True))
            slope = (values[after] - values[before]).mean(axis=0) / (high - low)
            slopes.append((low, high, slope))
    steps = tuple(
        LevelStep(low, high, contrast(slope, len(slopes), confidence))
        for low, high, slope in slopes
    )
    bend = contrast(slopes[-1][2] - slopes[0][2], 1, confidence) if len(slopes) > 1 else None
    return Gains(steps, bend, better)


def _rows(settings: Floats, factor: int) -> list[list[int]]:
    """Variants that agree in every other factor, where there are at least two."""
    others = np.delete(settings, factor, axis=1)
    rows: dict[tuple[float | None, ...], list[int]] = {}
    for variant in np.flatnonzero(np.isfinite(settings[:, factor])).tolist():
        key = tuple(None if isnan(other) else other for other in others[variant].tolist())
        rows.setdefault(key, []).append(variant)
    return [row for row in rows.values() if len(row) > 1]
