"""Effects, slopes and Sobol indices against models whose answers are known."""

from __future__ import annotations

from itertools import product
from math import isfinite, isnan, nan, pi

import numpy as np
import pytest
from scipy import stats

from sim.core.arrays import Floats
from sim.study.gains import gains
from sim.study.sensitivity import factorial, indices, regression, saltelli
from sim.study.statistics import mean_of

RINGS, BOATS, FEED = [16.0, 18, 20], [1.0, 2], [0.0, 1]
GRID = np.array(list(product(RINGS, BOATS, FEED)))


def with_luck(means: Floats, n: int = 8, own: float = 0.0, seed: int = 1) -> Floats:
    """Replications in which every variant meets the same luck, and some of its own."""
    luck = np.random.default_rng(seed)
    common, alone = luck.normal(size=n), luck.normal(size=(len(means), n))
    return np.asarray(means[:, None] + 10 * common + own * alone)


# Full factorials


def test_effects_of_a_two_by_two_by_hand() -> None:
    settings = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    values = np.array([[1.0, 2], [3, 4], [5, 6], [11, 12]])  # means 1.5, 3.5, 5.5, 11.5
    one, two, both = factorial(values, settings)
    assert [effect.mean for effect in one.effects] == [-3, 3]
    assert [effect.mean for effect in two.effects] == [-2, 2]
    assert [effect.mean for effect in both.effects] == [1, -1, -1, 1]
    assert (one.factors, two.factors, both.factors) == ((0,), (1,), (0, 1))
    assert both.levels == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert [term.share for term in (one, two, both)] == pytest.approx([9 / 14, 4 / 14, 1 / 14])
    assert (one.span, one.effects[0].half_width) == (6, 0)  # the luck is common to all


def test_effects_are_paired_on_the_luck_of_a_replication() -> None:
    means = 3 * GRID[:, 0] + GRID[:, 0] * GRID[:, 1]
    values = with_luck(means, own=0.1)
    terms = {term.factors: term for term in factorial(values, GRID)}
    assert [terms[factors].told_apart for factors in ((0,), (1,), (0, 1))] == [True] * 3
    assert mean_of(values[0]).half_width > 20 * terms[0,].effects[0].half_width
    for term in terms.values():
        assert sum(effect.mean for effect in term.effects) == pytest.approx(0, abs=1e-9)
    assert terms[0,].span == pytest.approx(4 * 3 + 4 * 1.5, rel=0.02)


def test_factors_that_do_nothing_are_seldom_told_to() -> None:
    trials = 200
    wrong = 0
    for seed in range(trials):
        terms = factorial(with_luck(np.zeros(len(GRID)), own=1.0, seed=seed), GRID, 0.9)
        wrong += any(term.told_apart for term in terms)
    assert wrong / trials <= 0.1 + 3 * (0.09 / trials) ** 0.5


def test_the_shares_of_an_additive_model_add_up() -> None:
    terms = factorial(with_luck(GRID[:, 0] ** 2 + 7 * GRID[:, 1]), GRID)
    assert sum(term.share for term in terms if len(term.factors) == 1) == pytest.approx(1)
    assert not any(abs(e.mean) > 1e-9 for t in terms if len(t.factors) == 2 for e in t.effects)
    assert terms[2].share == pytest.approx(0)


def test_the_order_of_the_variants_does_not_matter() -> None:
    values = with_luck(GRID @ np.array([1.0, 2, 3]), own=1.0)
    shuffled = np.random.default_rng(5).permutation(len(GRID))
    assert factorial(values, GRID) == factorial(values[shuffled], GRID[shuffled])


def test_rounds_with_a_failure_and_a_base_outside_of_the_design_are_left_out() -> None:
    values = with_luck(GRID @ np.array([1.0, 2, 3]), own=1.0)
    expected = factorial(np.delete(values, 3, axis=1), GRID)
    values[4, 3] = nan
    with_base = np.vstack([np.full(8, 1e6), values])
    settings = np.vstack([np.full(3, nan), GRID])
    assert factorial(with_base, settings) == expected


def test_a_study_whose_rounds_all_failed_knows_nothing() -> None:
    values = np.full((4, 3), nan)
    square = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    for term in factorial(values, square):
        assert (term.told_apart, term.effects[0].n) == (False, 0)
        assert isnan(term.share)
    found = regression(values, square)
    assert [slope.known for slope in found.slopes] == [False, False]
    assert isnan(found.explained)


@pytest.mark.parametrize("spoil", [lambda g: g[:-1], lambda g: np.vstack([g, g[:1]])])
def test_what_is_no_full_factorial_is_refused(spoil: object) -> None:
    settings = spoil(GRID)  # type: ignore[operator]
    with pytest.raises(ValueError, match="full factorial"):
        factorial(np.zeros((len(settings), 3)), settings)


# Regression


def test_slopes_of_a_linear_model() -> None:
    settings = stats.qmc.LatinHypercube(2, rng=1).random(16) * [10, 2]
    values = with_luck(5 + 3 * settings[:, 0] - 4 * settings[:, 1], own=0.01)
    found = regression(values, settings)
    ranges = np.ptp(settings, axis=0)
    assert [slope.mean for slope in found.slopes] == pytest.approx([3, -4] * ranges, rel=0.01)
    assert all(slope.told_apart for slope in found.slopes)
    assert found.explained == pytest.approx(1, abs=1e-3)


def test_a_curve_is_told_to_be_no_line() -> None:
    settings = np.linspace(-1, 1, 21)[:, None]
    found = regression(with_luck(settings[:, 0] ** 2), settings)
    assert found.explained == pytest.approx(0, abs=1e-9)


def test_factors_that_move_together_are_refused() -> None:
    settings = np.repeat(np.arange(5.0)[:, None], 2, axis=1)
    with pytest.raises(ValueError, match="cannot tell its factors apart"):
        regression(np.zeros((5, 3)), settings)


# Sobol indices


def ishigami(x: Floats) -> Floats:
    return np.asarray(np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2
                      + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))  # fmt: skip


def known_indices() -> tuple[list[float], list[float]]:
    """Ishigami and Homma (1990), *ISUMA*: first order and total, for a = 7, b = 0.1."""
    a, b = 7, 0.1
    parts = [(1 + b * pi**4 / 5) ** 2 / 2, a**2 / 8, b**2 * pi**8 * (1 / 18 - 1 / 50)]
    total = sum(parts)
    return ([parts[0] / total, parts[1] / total, 0.0],
            [(parts[0] + parts[2]) / total, parts[1] / total, parts[2] / total])  # fmt: skip


def test_the_indices_of_the_ishigami_function() -> None:
    n = 2048
    values = 1000 + ishigami(2 * pi * saltelli(n, 3, seed=4) - pi)  # a large mean does no harm
    found = indices(values, n, 3)
    first, total = known_indices()
    assert [index.first for index in found] == pytest.approx(first, abs=0.02)
    assert [index.total for index in found] == pytest.approx(total, abs=0.02)
    for index, one, all_orders in zip(found, first, total, strict=True):
        assert index.first_low < one < index.first_high
        assert index.total_low < all_orders < index.total_high
        assert index.first_high - index.first_low < 0.2


def test_the_indices_are_those_of_scipy_on_centred_figures() -> None:
    n, d = 64, 3
    values = ishigami(2 * pi * saltelli(n, d, seed=5) - pi)
    pages = (values - values[: 2 * n].mean()).reshape(d + 2, n)
    expected = stats.sobol_indices(
        func={"f_A": pages[:1], "f_B": pages[1:2], "f_AB": pages[2:, None]}, n=n
    )
    found = indices(values, n, d)
    assert [index.first for index in found] == pytest.approx(expected.first_order.tolist())
    assert [index.total for index in found] == pytest.approx(expected.total_order.tolist())


def test_luck_that_all_variants_meet_leaves_the_indices_alone() -> None:
    n = 256
    means = ishigami(2 * pi * saltelli(n, 3, seed=6) - pi)
    alone, lucky = indices(means, n, 3), indices(with_luck(means), n, 3)
    for one, other in zip(alone, lucky, strict=True):
        assert (one.first, one.total) == pytest.approx((other.first, other.total))


def test_rows_of_the_design_that_failed_are_left_out() -> None:
    n = 512
    values = with_luck(ishigami(2 * pi * saltelli(n, 3, seed=7) - pi), n=3)
    values[5] = nan  # of matrix A
    values[4 * n + 9] = nan  # of an AB
    values[7, 1] = nan  # only one replication
    found = indices(values, n, 3)
    for index, first in zip(found, known_indices()[0], strict=True):
        assert index.first_low < first < index.first_high


def test_what_never_varies_has_no_indices() -> None:
    (index,) = indices(np.ones(8 * 3), 8, 1)
    assert isnan(index.first)
    assert isnan(index.total)
    (failed,) = indices(np.full(8 * 3, nan), 8, 1)
    assert isnan(failed.total)


def test_the_design_has_the_matrices_in_their_order() -> None:
    n, d = 16, 3
    design = saltelli(n, d, seed=8)
    a, b, *mixed = design.reshape(d + 2, n, d)
    assert ((design >= 0) & (design < 1)).all()
    assert (design == saltelli(n, d, seed=8)).all()
    assert (design != saltelli(n, d, seed=9)).any()
    for factor, page in enumerate(mixed):
        assert (page[:, factor] == b[:, factor]).all()
        assert (np.delete(page, factor, 1) == np.delete(a, factor, 1)).all()
    strata = np.sort((np.hstack([a, b]) * n).astype(int), axis=0)
    assert (strata == np.arange(n)[:, None]).all()  # balanced: every stratum once


@pytest.mark.parametrize("n", [0, 1, 3, 12])
def test_a_sobol_design_takes_a_power_of_two(n: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        saltelli(n, 2, seed=1)


# Marginal gains

ONE_FACTOR = np.array([[16.0], [18], [20], [24]])


def test_gains_are_slopes_between_successive_levels() -> None:
    found = gains(with_luck(np.array([100.0, 110, 114, 114])), ONE_FACTOR, 0)
    assert [(step.low, step.high) for step in found.steps] == [(16, 18), (18, 20), (20, 24)]
    assert [step.per_unit.mean for step in found.steps] == pytest.approx([5, 2, 0])
    assert found.returns == "diminishing"
    assert found.helps_up_to == 20
    assert {step.per_unit.comparisons for step in found.steps} == {3}
    step = found.from_level(18)
    assert step is not None
    assert step.per_unit.mean == pytest.approx(2)
    assert found.from_level(24) is None


def test_less_of_a_bad_thing_is_a_gain() -> None:
    found = gains(with_luck(np.array([9.0, 3, 1, 1])), ONE_FACTOR, 0, better=-1)
    assert [found.helps(step) for step in found.steps] == [True, True, False]
    assert found.returns == "diminishing"
    assert found.helps_up_to == 20


def test_growing_and_unclear_returns_are_told_so() -> None:
    assert gains(with_luck(np.array([1.0, 2, 9, 40])), ONE_FACTOR, 0).returns == "growing"
    unclear = gains(with_luck(np.array([1.0, 2, 3, 5]), own=5.0), ONE_FACTOR, 0)
    assert unclear.returns == "not told"
    assert unclear.helps_up_to is None
    assert gains(with_luck(np.array([1.0, 2])), ONE_FACTOR[:2], 0).returns == "not told"


def test_other_factors_are_averaged_within_a_replication() -> None:
    means = 5 * GRID[:, 0] + 100 * GRID[:, 1] + 1000 * GRID[:, 2]
    found = gains(with_luck(means, own=0.1), GRID, 0)
    assert [step.per_unit.mean for step in found.steps] == pytest.approx([5, 5], abs=0.1)
    assert all(step.per_unit.half_width < 0.2 for step in found.steps)


def test_one_at_a_time_compares_where_the_others_are_as_in_the_base() -> None:
    settings = np.array([[nan, nan], [1.0, nan], [2, nan], [nan, 5], [nan, 7]])
    values = with_luck(np.array([0.0, 10, 13, 100, 120]))
    assert [s.per_unit.mean for s in gains(values, settings, 0).steps] == pytest.approx([3])
    assert [s.per_unit.mean for s in gains(values, settings, 1).steps] == pytest.approx([10])


def test_a_latin_hypercube_has_no_two_variants_to_compare() -> None:
    settings = np.array([[1.0, 2], [2, 3], [3, 1]])
    found = gains(np.zeros((3, 4)), settings, 0)
    assert (found.steps, found.bend, found.returns) == ((), None, "not told")


def test_a_constant_has_no_indices_and_says_so_by_nan() -> None:
    values = np.full((4 * 3, 2), 0.1 + 0.2)
    (index,) = indices(values, 4, 1)
    assert isnan(index.first)
    assert isnan(index.total)


def test_draws_of_one_figure_only_leave_the_others_interval() -> None:
    values = np.array([1.0, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1])
    (index,) = indices(values, 4, 1)
    assert isfinite(index.total_low)
    assert isfinite(index.total_high)
