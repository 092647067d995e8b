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
    count = _quantiles(mean, mean * (1 - hazard), luck)
    return np.minimum(count.astype(np.int64), population)


def poisson_quantile(mean: NDArray[np.float64], luck: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ``luck``-quantile of Poisson counts, by the same two methods as :func:`deaths`."""
    flat = mean.ravel()
    return _quantiles(flat, flat, luck.ravel()).reshape(mean.shape)


def _quantiles(
    mean: NDArray[np.float64], variance: NDArray[np.float64], luck: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Exact Poisson quantiles where means are small; elsewhere the expansion to the skewness."""
    small = mean < _EXACT_BELOW
    few = np.flatnonzero(small)
    if len(few) == len(mean):
        return _poisson_quantile(mean, luck)
    count = np.empty(len(mean))
    if len(few):
        count[few] = _poisson_quantile(mean[few], luck[few])
    many = np.flatnonzero(~small)
    mean, luck = mean[many], luck[many]
    z = normal_quantile(luck)
    found = np.floor(mean + z * np.sqrt(variance[many]) + (z * z - 1) / 6 + 0.5)
    found = np.maximum(found, 0)
    near = np.flatnonzero(mean < _EXACT_BELOW + 2)
    if len(near):  # no fewer than at the change of method: a greater hazard never saves a fish
        surely = np.minimum(luck[near], _AT_LIMIT[-1])
        found[near] = np.maximum(found[near], np.searchsorted(_AT_LIMIT, surely))
    count[many] = found
    return count


def _poisson_quantile(mean: NDArray[np.float64], luck: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smallest k with P(X <= k) >= luck, by adding up the probabilities of all k that may be."""
    count = np.zeros(len(mean))
    none = np.exp(-mean)
    some = np.flatnonzero(luck > none)  # often none: a small mean, an ordinary day
    if not len(some):
        return count
    mean, none, luck = mean[some], none[some], luck[some]
    if len(some) < _FEW:  # one after the other is faster, and gives the same bits
        each = zip(mean.tolist(), none.tolist(), luck.tolist(), strict=True)
        count[some] = [_count_one(*one) for one in each]
        return count
    for most in (_LIKELY, _POSSIBLE):
        terms = np.empty((most + 1, len(mean)))
        terms[0] = none
        np.divide(mean, _COUNTS[:most, None], out=terms[1:])
        below = _accumulate(np.add, _accumulate(np.multiply, terms))
        if most == _POSSIBLE or not (below[-1] < luck).any():
            break
    # Rounded sums may end below the greatest luck: then as many as still added something.
    count[some] = (below < np.minimum(luck, below[-1])).sum(axis=0)
    return count


def _count_one(mean: float, none: float, luck: float) -> int:
    """What :func:`_poisson_quantile` gives for one number; ``none`` is P(0)."""
    count, term, below = 0, none, none
    while below < luck and count < _POSSIBLE:
        count += 1
        term *= mean / count
        if below + term == below:  # rounded sums end below the greatest luck
            return count - 1
        below += term
    return count


def _accumulate(step: np.ufunc, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Accumulate row upon row; long rows one by one, which is faster and gives the same bits."""
    if rows.shape[1] < _LONG:
        return np.asarray(step.accumulate(rows, axis=0))
    for number in range(1, len(rows)):
        step(rows[number - 1], rows[number], out=rows[number])
    return rows


_FEW, _LONG = 40, 100
_LIKELY, _POSSIBLE = 23, 63
_COUNTS = np.arange(1.0, _POSSIBLE + 1)
_AT_LIMIT = np.cumsum(np.multiply.accumulate(np.r_[np.exp(-_EXACT_BELOW), _EXACT_BELOW / _COUNTS]))
"""The Poisson distribution where the method changes, at 0, 1, 2 ..."""
