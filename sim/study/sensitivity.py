"""Which factors matter: effects and interactions, slopes, and Sobol indices.

* A full factorial has *effects*: how far the mean at a factor's level (all others averaged) lies
  from the grand mean, and for two factors how far a cell lies from what their main effects add up
  to (Montgomery 2017, *Design and Analysis of Experiments*, ch. 5). They are computed within every
  replication and then averaged, so common random numbers make them sharp and their t intervals need
  no assumption on how variants correlate.
* A Latin hypercube has *slopes*: the change of the KPI while one factor goes over its whole range,
  from a linear regression within every replication, with the share of the variance between variants
  that a linear model explains (Kleijnen 2015, *Design and Analysis of Simulation Experiments*,
  ch. 2). A small share says that slopes do not tell the story.
* A Sobol design has *indices*: which share of the variance between variants a factor explains alone
  (first order) and with all its interactions (total), from the matrices A, B and AB of Saltelli et
  al. (2010), *Computer Physics Communications* 181:259; first order by their estimator (b), on
  centred figures, total by Jansen's. They are of the mean over replications: what luck is left in
  that mean looks like an interaction of all factors. Intervals come from a percentile bootstrap
  over the design's rows (Archer, Saltelli and Sobol 1997, *Journal of Statistical Computation and
  Simulation* 58:99), drawn by hashing, so that the same study gives the same intervals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import nan, prod

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Floats
from sim.core.streams import stream, uniform
from sim.study.statistics import CONFIDENCE, Contrast, complete_rounds, contrast
from sim.study.statistics import scipy_module as scipy

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Term:
    """The effects of a factor, or of two factors' interaction.

    Attributes:
        factors: their columns in the settings: one or two.
        levels: the settings of every effect, a value per factor.
        effects: the effect at each of those, which add up to zero, with joint intervals over the
            whole analysis.
        share: share of the variance between the variants' means.
    """

    factors: tuple[int, ...]
    levels: tuple[tuple[float, ...], ...]
    effects: tuple[Contrast, ...]
    share: float

    @property
    def told_apart(self) -> bool:
        """Whether any effect is told from zero."""
        return any(effect.told_apart for effect in self.effects)

    @property
    def span(self) -> float:
        """The largest effect minus the smallest: what the factor can move."""
        means = [effect.mean for effect in self.effects]
        return max(means) - min(means)


@dataclass(frozen=True, slots=True)
class Slopes:
    """A linear model of the KPI.

    Attributes:
        slopes: per factor the change of the KPI from its lowest setting to its highest.
        explained: share of the variance between the variants' means that the model explains.
    """

    slopes: tuple[Contrast, ...]
    explained: float


@dataclass(frozen=True, slots=True)
class Index:
    """Sobol indices of one factor and the ends of their bootstrap intervals (NaN: no variance)."""

    first: float
    first_low: float
    first_high: float
    total: float
    total_low: float
    total_high: float


def factorial(values: Floats, settings: Floats, confidence: float = CONFIDENCE) -> list[Term]:
    """Main effects, then two-factor interactions, of a full factorial.

    Args:
        values: shape (variants, replications); rounds with a failure are left out.
        settings: level of every factor in every variant (numbers, or indices of named levels),
            shape (variants, factors); variants with a NaN (the base, if it is none of the
            combinations) are left out.
        confidence: of each interval, and of all joint ones together.

    Raises:
        ValueError: the variants are not every combination of levels exactly once.
    """
    values, settings = _placed(values, settings)
    axes = [np.unique(settings[:, factor]) for factor in range(settings.shape[1])]
    shape = tuple(map(len, axes))
    place = tuple(np.searchsorted(axis, settings[:, n]) for n, axis in enumerate(axes))
    if len({*zip(*(column.tolist() for column in place), strict=True)}) != prod(shape) or (
        len(settings) != prod(shape)
    ):
        raise ValueError("not a full factorial: some combinations are missing or repeated")
    rounds = _rounds(values)
    cube = np.empty((*shape, rounds.shape[1]))
    cube[place] = rounds
    cube -= cube.mean(axis=tuple(range(len(axes))), keepdims=True)

    parts = list(_effects(cube, shape))
    comparisons = sum(effects.size // rounds.shape[1] for _, effects in parts)
    variance = float((cube.mean(axis=-1) ** 2).mean())
    found = []
    for factors, effects in parts:
        flat = effects.reshape(-1, rounds.shape[1])
        grid = np.meshgrid(*(axes[factor] for factor in factors), indexing="ij")
        levels = tuple(zip(*(axis.ravel().tolist() for axis in grid), strict=True))
        own = float((flat.mean(axis=1) ** 2).mean())
        found.append(
            Term(
                factors,
                levels,
                tuple(contrast(row, comparisons, confidence) for row in flat),
                own / variance if variance > 0 else nan,
            )
        )
    return found


def _effects(cube: Floats, shape: Sequence[int]) -> Iterator[tuple[tuple[int, ...], Floats]]:
    """Effects per replication, of a cube whose grand means are zero; varied factors only."""
    everything = set(range(len(shape)))
    varied = [factor for factor, levels in enumerate(shape) if levels > 1]
    main = {f: cube.mean(axis=tuple(everything - {f})) for f in varied}
    for factor, effects in main.items():
        yield (factor,), effects
    for one, two in combinations(varied, 2):
        cell = cube.mean(axis=tuple(everything - {one, two}))
        yield (one, two), cell - main[one][:, None] - main[two][None]


def regression(values: Floats, settings: Floats, confidence: float = CONFIDENCE) -> Slopes:
    """Slopes of a linear model in all factors, from any design with more variants than factors.

    Args:
        values: shape (variants, replications); rounds with a failure are left out.
        settings: shape (variants, factors); variants with a NaN are left out.
        confidence: of each interval, and of all joint ones together.

    Raises:
        ValueError: the design cannot tell its factors apart.
    """
    values, settings = _placed(values, settings)
    low, high = settings.min(axis=0), settings.max(axis=0)
    scaled = (settings - low) / np.where(high > low, high - low, 1.0)
    design = np.column_stack([np.ones(len(settings)), scaled])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError("the design cannot tell its factors apart: too few or aligned variants")
    rounds = _rounds(values)
    weights = np.linalg.pinv(design) @ rounds
    means = rounds.mean(axis=1)
    left = means - design @ weights.mean(axis=1)
    total = float(means.var())
    count = settings.shape[1]
    return Slopes(
        tuple(contrast(row, count, confidence) for row in weights[1:]),
        1 - float(left.var()) / total if total > 0 else nan,
    )


def _placed(values: Floats, settings: Floats) -> tuple[Floats, Floats]:
    """The variants that belong to the design."""
    inside = np.isfinite(settings).all(axis=1)
    return values[inside], settings[inside]


def _rounds(values: Floats) -> Floats:
    """The complete rounds; if there is none, one of which nothing is known."""
    rounds = complete_rounds(values)
    return rounds if rounds.size else np.full((len(values), 1), nan)


def saltelli(n: int, d: int, seed: int) -> Floats:
    """The design from which :func:`indices` are computed.

    Args:
        n: base samples, a power of two.
        d: factors.
        seed: of the scrambling of the Sobol sequence.

    Returns:
        Samples in [0, 1), shape (n * (d + 2), d): the matrices A, B, then per factor A with that
        factor's column from B.

    Raises:
        ValueError: n is not a power of two, without which a Sobol sequence is out of balance.
    """
    if n < 2 or n & (n - 1):
        raise ValueError(f"a Sobol design takes a power of two base samples, not {n}")
    both = scipy("stats.qmc").Sobol(2 * d, scramble=True, rng=seed).random(n)
    a, b = both[:, :d], both[:, d:]
    mixed = np.repeat(a[None], d, axis=0)
    for factor in range(d):
        mixed[factor, :, factor] = b[:, factor]
    return np.concatenate([a, b, mixed.reshape(-1, d)])


def indices(values: Floats, n: int, d: int, confidence: float = CONFIDENCE) -> list[Index]:
    """Sobol indices of every factor from a Saltelli design's figures.

    Args:
        values: shape (n * (d + 2), replications) or (n * (d + 2),), in the design's order. Rows in
            which any of the d + 2 variants has no successful replication are left out.
        n: base samples.
        d: factors.
        confidence: of each interval.
    """
    means = _means(values).reshape(d + 2, n)
    kept = means[:, np.isfinite(means).all(axis=0)]
    first, total = _indices(kept)
    rows = kept.shape[1]
    draws = np.arange(RESAMPLES * rows).reshape(RESAMPLES, rows)
    resampled = (uniform(stream(0, "bootstrap", n, d), draws) * rows).astype(np.intp)
    spread = np.array([_indices(kept[:, chosen]) for chosen in resampled])
    tail = 50 * (1 - confidence)
    varied = spread[np.isfinite(spread).all(axis=(1, 2))]  # a draw may be all of one figure
    low, high = np.percentile(varied if len(varied) else spread, [tail, 100 - tail], axis=0)
    return [
        Index(*map(float, (first[f], low[0, f], high[0, f], total[f], low[1, f], high[1, f])))
        for f in range(d)
    ]


def _means(values: Floats) -> Floats:
    """Means over the replications that succeeded; NaN without any."""
    if values.ndim == 1:
        return values
    known = np.isfinite(values)
    counts = known.sum(axis=1)
    sums = np.where(known, values, 0.0).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), nan)


def _indices(means: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First-order and total indices of figures of shape (d + 2, rows)."""
    a, b, mixed = means[0], means[1], means[2:]
    variance = means[:2].var() if means.size else 0.0
    if variance == 0 or means[:2].min() == means[:2].max():
        return np.full(len(mixed), nan), np.full(len(mixed), nan)
    centre = means[:2].mean()
    first = ((b - centre) * (mixed - a)).mean(axis=1) / variance
    total = 0.5 * ((a - mixed) ** 2).mean(axis=1) / variance
    return first, total
