"""What fish look like that were taken out of a container: weight, length, and scores of health.

A score is how many of three steps towards the worst a fish has taken. Each step is taken with the
same chance q, so that scores are binomial with mean 3 q, and

    1 - q = (1 - background) (1 - damage) ^ frailty

where the frailty of a fish (mean 1) is the same for all its parameters: a fish that bears one thing
badly bears all badly, and thins. Frailty as in survival analysis: Vaupel, Manton and Stallard
(1979), Demography 16:439.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.biology.growth import length_cm
from sim.core.arrays import Floats, Ints
from sim.core.elementary import exp, power

STEPS = 3
"""The worst score."""


class Build(NamedTuple):
    """How the fish of a container differ from each other.

    Attributes:
        weight_cv: spread of weights / mean.
        condition_factor: of healthy fish, 100 g / cm3; ``shape_cv`` its spread / mean.
        weight_range: bounds of a fish's weight / mean weight.
    """

    weight_cv: float
    condition_factor: float
    shape_cv: float
    weight_range: tuple[float, float]


def frailty(z: Floats, sd: float) -> Floats:
    """How badly fish bear damage: log-normal with mean 1, from standard normal draws."""
    return exp(sd * z - sd * sd / 2)


def step_chance(damage: Floats, background: float, frail: Floats) -> Floats:
    """Chance of each step towards the worst score, shape (fish, parameters)."""
    whole = power((1 - np.clip(damage, 0, 1))[None, :], frail[:, None])
    return np.asarray(1 - (1 - background) * whole)


def scores(chance: Floats, luck: Floats) -> Ints:
    """Scores 0 to 3 by inversion of the binomial distribution: they rise with chance and luck."""
    spared = 1 - chance
    none = spared * spared * spared
    one = none + 3 * chance * (spared * spared)
    two = 1 - chance * chance * chance
    return np.asarray((luck > none).astype(np.int64) + (luck > one) + (luck > two))


def sizes(
    mean_g: float, build: Build, thin: Floats, z: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Weights (g) and lengths (cm) of fish.

    Args:
        mean_g: mean weight of their container.
        build: how they differ.
        thin: share of its condition factor that each fish has lost.
        z: standard normal draws for weight and shape.
    """
    weight = mean_g * np.clip(1 + build.weight_cv * z[0], *build.weight_range)
    shape = build.condition_factor * np.maximum(1 + build.shape_cv * z[1], 0.5) * (1 - thin)
    return weight, length_cm(weight, shape)


def damaged_by_lice(damage: Floats, lice: float, per_louse: float) -> Floats:
    """Damage of skin or mucus when lice are on top: each leaves a share of what is whole."""
    return np.asarray(1 - (1 - damage) * power(1 - per_louse, lice))
