"""Designs: what is sampled is spread as it should be, whole numbers stay whole, order is fixed."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from sim.study.design import Levels, Range, full, latin_hypercube, one_at_a_time, sobol
from sim.study.factors import axis_of, values_of
from sim.study.knobs import Factor, NumberRange

NUMBERS = Range(10.0, 20.0, whole=False)
WHOLE = Range(1, 8, whole=True)


def test_a_full_design_has_every_combination_once_the_last_axis_fastest():
    points = full([Levels(2), Levels(3)])
    assert points == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]


def test_one_at_a_time_leaves_the_others_as_in_the_base():
    assert one_at_a_time([Levels(2), Levels(1)]) == [(0, None), (1, None), (None, 0)]


def test_a_latin_hypercube_hits_every_stratum_of_every_axis_once():
    points = latin_hypercube([NUMBERS, NUMBERS, WHOLE, Levels(4)], 32, seed=5)
    for axis in (0, 1):
        strata = [int((point[axis] - 10) / 10 * 32) for point in points]
        assert sorted(strata) == list(range(32))
    assert Counter(point[2] for point in points) == dict.fromkeys(range(1, 9), 4)
    assert Counter(point[3] for point in points) == dict.fromkeys(range(4), 8)
    assert all(isinstance(point[2], int) for point in points)


def test_a_sobol_design_is_balanced_and_has_the_matrices_of_saltelli():
    samples, axes = 16, 3
    points = np.array(sobol([NUMBERS] * axes, samples, seed=5))
    a, b, *mixed = np.split(points, axes + 2)
    for matrix in (a, b):
        for column in matrix.T:  # a power of two of Sobol points: one in every stratum
            assert sorted(((column - 10) / 10 * samples).astype(int)) == list(range(samples))
    for axis, matrix in enumerate(mixed):
        own = np.zeros(axes, dtype=bool)
        own[axis] = True
        assert (matrix[:, own] == b[:, own]).all()
        assert (matrix[:, ~own] == a[:, ~own]).all()


@pytest.mark.parametrize("design", [latin_hypercube, sobol])
def test_points_depend_on_nothing_but_axes_number_and_seed(design):
    axes = [NUMBERS, WHOLE]
    assert design(axes, 8, 5) == design(axes, 8, 5)
    assert design(axes, 8, 5) != design(axes, 8, 6)
    # Seeds of replications and designs come from 64-bit hashes.
    assert design(axes, 8, 2**64 - 1) == design(axes, 8, 2**64 - 1)


@pytest.mark.parametrize("design", [latin_hypercube, sobol])
def test_the_ends_of_whole_ranges_are_as_likely_as_the_others(design):
    points = design([WHOLE, WHOLE], 1024, 1)
    counts = Counter(point[0] for point in points)
    assert set(counts) == set(range(1, 9))
    assert max(counts.values()) < 1.1 * min(counts.values())


def test_a_range_has_both_its_ends():
    def values(**span: float) -> list[float]:
        return values_of(Factor(name="x", paths=["seed"], range=NumberRange(**span)))

    assert values(least=1, most=7, step=2) == [1, 3, 5, 7]
    assert all(isinstance(value, int) for value in values(least=1, most=7, step=2))
    assert values(least=1, most=6, step=2) == [1, 3, 5]
    assert values(least=0.1, most=0.5, step=0.1) == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_range_is_whole_only_with_whole_ends():
    def whole(least: float, most: float) -> bool:
        axis = axis_of(Factor(name="x", paths=["seed"], range=NumberRange(least=least, most=most)))
        assert isinstance(axis, Range)
        return axis.whole

    assert whole(1, 3)
    assert not whole(1.0, 3)
