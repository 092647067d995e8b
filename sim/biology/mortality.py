"""Deaths of a day, by inversion: one uniform gives one count, monotone in the hazard."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.streams import normal_quantile

_EXACT_BELOW = 12.0


def deaths(
    population: NDArray[np.int64], hazard: NDArray[np.float64], luck: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The ``luck``-quantile of the number of deaths in a day.

    Args:
        population: fish alive, per container.
        hazard: daily probability of death, per container.
        luck: uniforms on (0, 1).

    The count is binomial, close to Poisson for hazards this small. Below a mean of 12 the Poisson
    distribution is inverted exactly; above, the Cornish-Fisher expansion to the skewness term is
    used (error below half a fish).
    """
    mean = population * hazard
    z = normal_quantile(luck)
    count = _skewed(mean, np.sqrt(mean * (1 - hazard)), z)
    _exact_where_small(count, mean, luck)
    return np.clip(count.astype(np.int64), 0, population)


def poisson_quantile(mean: NDArray[np.float64], luck: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ``luck``-quantile of Poisson counts, by the same two methods as :func:`deaths`."""
    count = np.maximum(_skewed(mean, np.sqrt(mean), normal_quantile(luck)), 0)
    _exact_where_small(count, mean, luck)
    return count


def _skewed(
    mean: NDArray[np.float64], sd: NDArray[np.float64], z: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Cornish-Fisher expansion of a count to the skewness term."""
    return np.asarray(np.floor(mean + z * sd + (z * z - 1) / 6 + 0.5))


def _exact_where_small(
    count: NDArray[np.float64], mean: NDArray[np.float64], luck: NDArray[np.float64]
) -> None:
    """Put exact Poisson quantiles where means are small."""
    small = mean < _EXACT_BELOW
    if small.any():
        count[small] = _poisson_quantile(mean[small], luck[small])
    near = ~small & (mean < _EXACT_BELOW + 2)
    if near.any():  # no fewer than at the change of method: a greater hazard never saves a fish
        least = _poisson_quantile(np.full(near.sum(), _EXACT_BELOW), luck[near])
        count[near] = np.maximum(count[near], least)


def _poisson_quantile(mean: NDArray[np.float64], luck: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smallest k with P(X <= k) >= luck, by adding up the probabilities."""
    term = np.exp(-mean)
    below = term.copy()
    count = np.zeros_like(mean)
    for k in range(1, 64):
        more = below < luck
        if not more.any():
            break
        count += more
        term = term * mean / k
        below += term
    return count
