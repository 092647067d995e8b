"""Deaths of a day, by inversion: one uniform gives one count, monotone in the hazard."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Floats
from sim.core.elementary import exp
from sim.core.streams import normal_quantile, normal_quantile_at

_EXACT_BELOW = 12.0
_POSSIBLE = 63
_COUNTS = np.arange(1.0, _POSSIBLE + 1)
_MEAN_STEPS, _LUCK_STEPS = 64, 1024
"""Steps of the table of small counts, per unit of the mean and of luck."""
_LAST_STEP = _EXACT_BELOW - 1 / _MEAN_STEPS
_FEW = 10
"""So many containers are dealt with faster one by one."""
_ROUNDING = 1e-12
"""More than rounding moves any sum of the probabilities of some counts."""


def deaths(population: NDArray[np.int64], hazard: Floats, luck: Floats) -> NDArray[np.int64]:
    """The ``luck``-quantile of the number of deaths in a day.

    Args:
        population: fish alive, per container.
        hazard: daily probability of death, per container.
        luck: uniforms on (0, 1).

    The count is binomial, close to Poisson for hazards this small. Below a mean of 12 the Poisson
    distribution is inverted exactly; above, the Cornish-Fisher expansion to the skewness term is
    used (error below half a fish).
    """
    if len(population) <= _FEW:
        each = zip(population.tolist(), hazard.tolist(), luck.tolist(), strict=True)
        return np.array([deaths_of_one(*one) for one in each], dtype=np.int64)
    count = _quantiles(population * hazard, hazard, luck)
    return np.minimum(count.astype(np.int64), population)


def poisson_quantile(mean: Floats, luck: Floats) -> Floats:
    """The ``luck``-quantile of Poisson counts, by the same two methods as :func:`deaths`."""
    return _quantiles(mean.ravel(), None, luck.ravel()).reshape(mean.shape)


def _quantiles(mean: Floats, hazard: Floats | None, luck: Floats) -> Floats:
    """Exact Poisson quantiles where means are small; elsewhere the expansion to the skewness.

    Args:
        mean: of each count.
        hazard: of the binomial counts that are meant; none if they are Poisson's own.
        luck: uniforms on (0, 1).
    """
    step = (np.minimum(mean, _LAST_STEP) * _MEAN_STEPS).astype(np.intp)
    step *= _LUCK_STEPS
    step += (luck * _LUCK_STEPS).astype(np.intp)
    count = _SMALL_COUNTS.take(step).astype(np.float64)
    many = (mean >= _EXACT_BELOW).nonzero()[0]
    if len(many):
        least = mean.take(many)
        variance = least if hazard is None else least * (1 - hazard.take(many))
        count[many] = _expanded(least, variance, luck.take(many))
    unsure = (count < 0).nonzero()[0]
    if len(unsure):
        few = mean.take(unsure)
        each = zip(few.tolist(), luck.take(unsure).tolist(), strict=True)
        count[unsure] = [_count_one(*one) for one in each]
    return count


def deaths_of_one(population: int, hazard: float, luck: float) -> int:
    """What :func:`deaths` gives for one container: to the same bit, without arrays."""
    mean = population * hazard
    if mean >= _EXACT_BELOW:
        z = normal_quantile_at(luck)
        spread = z * math.sqrt(mean * (1 - hazard))
        count = int(max(mean + spread + (z * z - 1) / 6 + 0.5, 0.0))
        if mean < _EXACT_BELOW + 2:
            count = max(count, int(_AT_LIMIT.searchsorted(min(luck, _AT_LIMIT[-1]))))
        return min(count, population)
    step = int(mean * _MEAN_STEPS) * _LUCK_STEPS + int(luck * _LUCK_STEPS)
    count = _SMALL_COUNTS.item(step)
    if count < 0:
        count = _count_one(mean, luck)
    return min(count, population)


def _expanded(mean: Floats, variance: Floats, luck: Floats) -> Floats:
    """Quantiles of counts with great means, from the normal distribution's and the skewness."""
    z = normal_quantile(luck)
    count = np.floor(mean + z * np.sqrt(variance) + (z * z - 1) / 6 + 0.5)
    count = np.maximum(count, 0)
    near = (mean < _EXACT_BELOW + 2).nonzero()[0]
    if len(near):  # no fewer than at the change of method: a greater hazard never saves a fish
        surely = np.minimum(luck[near], _AT_LIMIT[-1])
        count[near] = np.maximum(count[near], np.searchsorted(_AT_LIMIT, surely))
    return count


def _count_one(mean: float, luck: float) -> int:
    """Smallest k with P(X <= k) >= luck, by adding up probabilities."""
    count = 0
    term = below = exp(-mean)
    while below < luck and count < _POSSIBLE:
        count += 1
        term *= mean / count
        if below + term == below:  # rounded sums end below the greatest luck
            return count - 1
        below += term
    return count


def _count_table() -> NDArray[np.int8]:
    """Poisson counts by steps of the mean and of luck; -1 where a step has more than one.

    A quantile only grows with the mean and with luck. Where it is the same at a step's lowest and
    highest corner, it is the same in between.
    """
    means = np.arange(_EXACT_BELOW * _MEAN_STEPS + 1) / _MEAN_STEPS
    terms = np.vstack([exp(-means), means / _COUNTS[:, None]])
    below = np.cumsum(np.multiply.accumulate(terms), axis=0)
    low, high = _counts_at(below + _ROUNDING), _counts_at(below - _ROUNDING)
    sure = low[:-1, :-1] == high[1:, 1:]
    return np.where(sure, low[:-1, :-1], np.int8(-1)).ravel()


def _counts_at(below: Floats) -> NDArray[np.int8]:
    """How many of the sums of each mean the edges of luck's steps are above; (means, edges)."""
    edges, means = _LUCK_STEPS + 1, below.shape[1]
    passed = np.minimum(np.ceil(below * _LUCK_STEPS), edges).astype(np.intp)
    place = passed + np.arange(means) * (edges + 1)
    first = np.bincount(place.ravel(), minlength=means * (edges + 1)).reshape(means, edges + 1)
    return np.cumsum(first[:, :edges], axis=1, dtype=np.int8)


_AT_LIMIT = np.cumsum(np.multiply.accumulate(np.r_[exp(-_EXACT_BELOW), _EXACT_BELOW / _COUNTS]))
"""The Poisson distribution where the method changes, at 0, 1, 2 ..."""

_SMALL_COUNTS = _count_table()
