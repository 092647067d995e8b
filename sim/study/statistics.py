"""How sure a study is: means, differences to the base, and how many replications are enough.

A study's figures come as ``values`` of shape (variants, replications): one KPI, row 0 the base
variant, column r the replication of every variant that met the same luck (common random numbers,
by construction of :mod:`sim.core.streams`), NaN where a replication failed.

* A mean gets a t interval over the replications that succeeded (Law 2015, *Simulation Modeling and
  Analysis*, 5th ed., 9.4.1). Replications are whole runs, independent of each other; a KPI of a run
  sums up many events, so it is about normal. With fewer than two there is no interval: its half
  width is infinite.
* A difference to the base is taken replication by replication, so that the luck that both met
  drops out (paired t, Law 2015, 10.2.1), over the pairs in which both succeeded.
* Where several differences are looked at together, each has a second, wider interval (Bonferroni):
  with the stated confidence *all* of those hold at once, whatever their correlation.
* The stopping rule looks at complete rounds: replications are enough once the half width of every
  variant's mean is at most a share of that mean. It looks again after every round; that lowers the
  coverage a little when few replications suffice (Chow and Robbins 1965, *Annals of Mathematical
  Statistics* 36:457), which is why a study asks for a few at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from math import inf, isfinite, nan, sqrt
from typing import Any

import numpy as np

from sim.core.arrays import Floats

CONFIDENCE = 0.95
MOST_REPLICATIONS = 100_000
"""No more than this many are ever estimated to be needed."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over replications with its t interval.

    Attributes:
        n: replications that succeeded.
        mean: their mean (NaN without any).
        sd: their standard deviation (NaN with fewer than two).
        half_width: half the interval's width (infinite with fewer than two: nothing is known of
            the spread).
        domain: the least and the most that the figure can be; the interval ends there.
    """

    n: int
    mean: float
    sd: float
    half_width: float
    domain: tuple[float, float] = field(default=(-inf, inf), kw_only=True)

    @property
    def low(self) -> float:
        """The interval's lower end."""
        return max(self.mean - self.half_width, self.domain[0])

    @property
    def high(self) -> float:
        """The interval's upper end."""
        return min(self.mean + self.half_width, self.domain[1])

    @property
    def known(self) -> bool:
        """Whether there were enough replications for an interval at all."""
        return isfinite(self.half_width)


@dataclass(frozen=True, slots=True)
class Contrast(Mean):
    """A difference that is looked at together with others.

    Attributes:
        joint_half_width: half the width of the interval that holds together with those of the
            other comparisons (Bonferroni).
        comparisons: how many those are, this one included.
    """

    joint_half_width: float
    comparisons: int

    @property
    def told_apart(self) -> bool:
        """Whether the joint interval leaves zero out (a sure zero is no difference)."""
        return abs(self.mean) > self.joint_half_width


@dataclass(frozen=True, slots=True)
class Difference(Contrast):
    """A variant minus the base, on the same luck.

    Attributes:
        variance_cut: by which share common random numbers lowered the variance of the difference,
            1 - var(a - b) / (var a + var b); below 0 where they raised it, NaN where nothing
            varies.
    """

    variance_cut: float


@dataclass(frozen=True, slots=True)
class Precision:
    """Whether replications were enough for one KPI, and why.

    Attributes:
        share: the half width that is wanted, as a share of the mean.
        reached: whether every variant has it.
        rounds: replications that every variant was given.
        worst: the variant with the widest interval in relation to its mean (None if none ever
            succeeded).
        worst_share: that variant's half width as a share of its mean.
        needed: estimated replications until it is reached, from that variant's spread so far; None
            if it cannot be said (a mean of about zero has no relative precision).
    """

    share: float
    reached: bool
    rounds: int
    worst: int | None
    worst_share: float
    needed: int | None


def scipy_module(name: str) -> Any:
    """A module of scipy, which is imported when statistics are asked for.

    Raises:
        ModuleNotFoundError: scipy is not installed; the message says how to get it.
    """
    try:
        return import_module(f"scipy.{name}")
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            "the statistics of a study need scipy: pip install 'smoltflow[study]'"
        ) from missing


@lru_cache(maxsize=4096)
def t_quantile(probability: float, freedom: int) -> float:
    """Quantile of Student's t distribution with so many degrees of freedom."""
    return float(scipy_module("special").stdtrit(freedom, probability))


EVERYTHING = (-inf, inf)
"""The domain of a figure that can be any number, as a difference can."""


def mean_of(
    samples: Floats,
    confidence: float = CONFIDENCE,
    domain: tuple[float, float] = EVERYTHING,
) -> Mean:
    """Mean and two-sided t interval of one variant's replications, shape (replications,).

    The interval is cut at the ends of the figure's domain: a count is not below 0, however wide the
    interval. That takes nothing from its confidence.
    """
    known = samples[np.isfinite(samples)]
    n = len(known)
    if n < 2:
        return Mean(n, float(known[0]) if n else nan, nan, inf, domain=domain)
    sd = _sd(known)
    half_width = t_quantile((1 + confidence) / 2, n - 1) * sd / sqrt(n)
    return Mean(n, float(known.mean()), sd, half_width, domain=domain)


def contrast(samples: Floats, comparisons: int, confidence: float = CONFIDENCE) -> Contrast:
    """A difference, one value a replication, that is one of several looked at together."""
    own = mean_of(samples, confidence)
    joint = mean_of(samples, 1 - (1 - confidence) / max(comparisons, 1))
    return Contrast(own.n, own.mean, own.sd, own.half_width, joint.half_width, comparisons)


def summarise(
    values: Floats,
    confidence: float = CONFIDENCE,
    domain: tuple[float, float] = EVERYTHING,
) -> list[Mean]:
    """The mean of every variant with its own interval, shape (variants, replications)."""
    return [mean_of(samples, confidence, domain) for samples in values]


def paired(values: Floats, confidence: float = CONFIDENCE) -> list[Difference]:
    """Every variant's difference to the base (row 0), the base's own being a sure zero.

    The joint intervals are those of all variants but the base.
    """
    found = []
    for samples in values:
        together = contrast(samples - values[0], len(values) - 1, confidence)
        both = np.isfinite(samples) & np.isfinite(values[0])
        apart = _sd(samples[both]) ** 2 + _sd(values[0][both]) ** 2
        cut = 1 - together.sd**2 / apart if apart > 0 else nan
        found.append(
            Difference(
                together.n, together.mean, together.sd, together.half_width,
                together.joint_half_width, together.comparisons, cut,
            )
        )  # fmt: skip
    return found


def variance_cut(values: Floats) -> float:
    """By which share common random numbers lowered the variances of all differences to the base.

    NaN if nothing varies.
    """
    together = apart = 0.0
    for samples in values[1:]:
        both = np.isfinite(samples) & np.isfinite(values[0])
        if both.sum() >= 2:
            together += _sd(samples[both] - values[0][both]) ** 2
            apart += _sd(samples[both]) ** 2 + _sd(values[0][both]) ** 2
    return 1 - together / apart if apart > 0 else nan


def replications_needed(sd: float, half_width: float, probability: float) -> int | None:
    """The fewest replications for a half width, if the spread stays as it is.

    Args:
        sd: standard deviation over replications.
        half_width: what is wanted, same unit.
        probability: of the t quantile: (1 + confidence) / 2 for a two-sided interval.

    Returns:
        At least 2; None if it would take more than :data:`MOST_REPLICATIONS`.
    """

    def reached(n: int) -> bool:
        return t_quantile(probability, n - 1) * sd / sqrt(n) <= half_width

    if not isfinite(sd) or not reached(MOST_REPLICATIONS):
        return None
    few, many = 1, MOST_REPLICATIONS  # the half width falls with n: few is not enough, many is
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if reached(middle) else (middle, many)
    return many


def precision(values: Floats, share: float, confidence: float = CONFIDENCE) -> Precision:
    """How near one KPI is to intervals of a share of the mean, over complete rounds.

    A variant that never succeeded is left out: no number of replications would help it.
    """
    shares = {
        variant: _relative(mean)
        for variant, mean in enumerate(summarise(values, confidence))
        if mean.n
    }
    if not shares:
        return Precision(share, False, values.shape[1], None, inf, None)
    worst = max(shares, key=lambda variant: shares[variant])
    mean = mean_of(values[worst], confidence)
    wanted = share * abs(mean.mean)
    return Precision(
        share=share,
        reached=shares[worst] <= share,
        rounds=values.shape[1],
        worst=worst,
        worst_share=shares[worst],
        needed=replications_needed(mean.sd, wanted, (1 + confidence) / 2),
    )


def enough(values: Floats, share: float, confidence: float = CONFIDENCE) -> bool:
    """Whether the half width of every variant's mean is at most a share of that mean."""
    return precision(values, share, confidence).reached


def complete_rounds(values: Floats, variants: Sequence[int] | slice = slice(None)) -> Floats:
    """The replications in which all (these) variants succeeded."""
    chosen = values[variants]
    return np.asarray(chosen[:, np.isfinite(chosen).all(axis=0)])


def _sd(samples: Floats) -> float:
    """Standard deviation; exactly 0 where all are equal, NaN for fewer than two."""
    if len(samples) < 2:
        return nan
    if (samples == samples[0]).all():  # the mean may be off by a last digit, and so would this
        return 0.0
    return float(samples.std(ddof=1))


def _relative(mean: Mean) -> float:
    """Half width as a share of the mean; a sure zero has none to speak of."""
    if mean.half_width == 0:
        return 0.0
    return mean.half_width / abs(mean.mean) if mean.mean else inf
