"""What is expected of fish whose water, growth and hazards are known day by day.

The closed form of the thermal growth model: cube roots of weights add up, so a course of days is
one cumulative sum, for one group of fish or for many beside each other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.biology.growth import cubed
from sim.core.arrays import Floats
from sim.core.elementary import cbrt


class Course(NamedTuple):
    """Expected days, along the last axis.

    Attributes:
        weight_g: mean weight in the evening.
        population: fish alive in the evening; an expectation, so not whole.
        feed_kg: fed during the day.
    """

    weight_g: Floats
    population: Floats
    feed_kg: Floats


def project(
    weight_g: ArrayLike,
    population: ArrayLike,
    *,
    degc: Floats,
    tgc: Floats,
    fcr: Floats,
    hazard: Floats,
    lost: Floats,
) -> Course:
    """Expect the days ahead of groups of fish.

    Args:
        weight_g: mean weight before the first day, per group.
        population: fish before the first day, per group.
        degc: temperature, shape (days,) or (groups, days).
        tgc: thermal growth coefficient x 1000 of each day.
        fcr: kg of feed per kg of growth; 0 where fish live on their yolk.
        hazard: daily probability of death.
        lost: share that dies in a move in the morning of a day.

    Growth is that of :func:`sim.biology.growth.grown_weight_g`, day after day; water below zero
    makes nobody shrink.
    """
    first_g = np.asarray(weight_g, dtype=np.float64)[..., None]
    first_n = np.asarray(population, dtype=np.float64)[..., None]
    root = cbrt(first_g) + np.cumsum(tgc / 1000 * np.maximum(degc, 0), axis=-1)
    weight = cubed(root)
    survive = np.cumprod((1 - hazard) * (1 - lost))
    alive = first_n * survive
    before_n = np.concatenate([first_n, alive[..., :-1]], axis=-1) * (1 - lost)
    before_g = np.concatenate([first_g, weight[..., :-1]], axis=-1)
    feed = before_n * (weight - before_g) / 1000 * fcr
    return Course(weight, alive, feed)


def reached(weight: NDArray[Any], target: ArrayLike, not_before: int = 0) -> NDArray[np.int64]:
    """The first day (0-based, along the last axis) that ends at a weight or above, else the last.

    Args:
        weight: weights that never fall.
        target: weight to reach, per group, in the same unit.
        not_before: no day before this one counts.
    """
    last = weight.shape[-1] - 1
    below = (weight < np.asarray(target)[..., None]).sum(axis=-1)
    return np.asarray(np.clip(below, min(not_before, last), last), dtype=np.int64)
