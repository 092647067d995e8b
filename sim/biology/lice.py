"""Lice: development with temperature, eggs, and what a count of a few fish shows."""

from __future__ import annotations

import math

import numpy as np

from sim.biology.mortality import poisson_quantile
from sim.core.arrays import Floats
from sim.core.elementary import exp, log1p
from sim.core.streams import normal_quantile


def stage_rate(degc: Floats, rate: tuple[float, float, float]) -> Floats:
    """Share of a stage that moves on to the next one in a day.

    Args:
        degc: temperature.
        rate: a, b, c of a + b T + c T^2.

    Five such stages lead from infection to the adult. Source of form and figures: Hamre et al.
    (2019), PLoS ONE 14:e0219066.
    """
    a, b, c = rate
    degc = np.maximum(degc, 0)
    return np.minimum(np.maximum(a + b * degc + c * degc * degc, 0.0), 1.0)


def eggs_per_day(degc: Floats, table: Floats) -> Floats:
    """Eggs that an adult female lays in a day, between the temperatures of a table.

    Args:
        degc: temperature.
        table: temperatures, and the eggs at each; shape (2, temperatures).
    """
    return np.asarray(np.interp(degc, *table))


def burden(fish: int, clumping: float, luck: Floats) -> Floats:
    """How many more lice than on average there are on some fish together, as a factor.

    Args:
        fish: how many fish are looked at.
        clumping: k of the negative binomial of a single fish.
        luck: uniforms on (0, 1).
    """
    variance = log1p(1 / (clumping * fish))
    return exp(math.sqrt(variance) * normal_quantile(luck) - variance / 2)


def counted(mean: Floats, fish: int, many: Floats, luck: Floats) -> Floats:
    """Lice found on some fish together.

    Args:
        mean: lice on a fish.
        fish: how many fish are looked at.
        many: how much more infested than on average these fish are.
        luck: uniforms on (0, 1) of the count.

    The sum over fish is negative binomial with k * fish; it is drawn as a Poisson count about a
    log-normal intensity of the same variance (``burden``), so that it rises with the luck.
    """
    return poisson_quantile(mean * fish * many, luck)


def swing(luck: Floats) -> Floats:
    """How far above their means the luck may raise counts together, for :func:`most_counted`."""
    above = np.maximum(normal_quantile(luck), 0)
    return np.asarray((above * above).sum(axis=-1))


def most_counted(mean: float, swing: float, counts: int) -> float:
    """No less than the sum of some counts with the same luck as :func:`counted`.

    Args:
        mean: sum of the counts' means, each with its ``many``.
        swing: of the luck of all of them.
        counts: how many there are.

    A Poisson count with mean m is below m + z sqrt(m) + z^2 / 3 + 1 with a probability of at least
    that of a standard normal number below z, for z >= 0. (Zubkov and Serov 2013, "A complete proof
    of universal inequalities for the distribution function of the binomial law", bound it by a
    normal number's at sqrt(2 H), and H, the relative entropy of m + t to m, is at least
    t^2 / (2 m + 2 t / 3).) The sum over z sqrt(m) is bounded by Cauchy and Schwarz.
    """
    return mean + math.sqrt(mean * swing) + swing / 3 + counts
