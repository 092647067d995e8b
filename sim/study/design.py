"""Designs: which combinations of the factors' levels a study looks at.

A factor is an *axis*: some levels, or a range of numbers. A full design takes every combination;
one at a time changes one factor while the others stay as in the base; a Latin hypercube spreads a
given number of points over the box of all axes; a Sobol design has the points from which the share
of every factor in the variance is computed. Points are in a fixed order and depend on nothing but
the axes, the number and the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sim.study.sensitivity import saltelli
from sim.study.statistics import scipy_module

Coordinate = int | float
Point = tuple[Coordinate | None, ...]
"""Per axis the index of a level, or a number in the range; None: as in the base."""


@dataclass(frozen=True, slots=True)
class Levels:
    """An axis with so many levels."""

    count: int


@dataclass(frozen=True, slots=True)
class Range:
    """An axis of numbers from ``least`` to ``most``, both included; ``whole`` numbers only."""

    least: float
    most: float
    whole: bool


Axis = Levels | Range


def full(axes: Sequence[Levels]) -> list[Point]:
    """Every combination of levels; the last axis changes fastest."""
    return list(product(*(range(axis.count) for axis in axes)))


def one_at_a_time(axes: Sequence[Levels]) -> list[Point]:
    """Every level of every axis, with the other axes as in the base."""
    count = len(axes)
    return [
        (*[None] * number, level, *[None] * (count - number - 1))
        for number, axis in enumerate(axes)
        for level in range(axis.count)
    ]


def latin_hypercube(axes: Sequence[Axis], points: int, seed: int) -> list[Point]:
    """Points of which each of ``points`` equal strata of every axis has exactly one."""
    qmc = scipy_module("stats.qmc")
    return _scaled(axes, qmc.LatinHypercube(d=len(axes), rng=seed).random(points))


def sobol(axes: Sequence[Axis], samples: int, seed: int) -> list[Point]:
    """The design of Saltelli et al. (2010), from which Sobol indices are computed.

    ``samples``, a power of two, of a scrambled Sobol sequence give samples x (axes + 2) points.
    """
    return _scaled(axes, saltelli(samples, len(axes), seed))


def is_power_of_two(number: int) -> bool:
    """Tell whether a Sobol sequence of so many points is balanced."""
    return number > 0 and number & (number - 1) == 0


def _scaled(axes: Sequence[Axis], unit: NDArray[np.float64]) -> list[Point]:
    """Map points of the unit cube, shape (points, axes), to the axes."""
    return [
        tuple(_coordinate(axis, float(share)) for axis, share in zip(axes, row, strict=True))
        for row in unit
    ]


def _coordinate(axis: Axis, share: float) -> Coordinate:
    """Where a share of an axis lies; equally wide shares for all levels and whole numbers."""
    if isinstance(axis, Levels):
        return min(int(share * axis.count), axis.count - 1)
    if axis.whole:
        count = int(axis.most) - int(axis.least) + 1
        return int(axis.least) + min(int(share * count), count - 1)
    # Six digits: what stands in a table is what was simulated.
    return float(f"{axis.least + share * (axis.most - axis.least):.6g}")
