"""Intervals, paired differences, and when replications are enough."""

from __future__ import annotations

import sys
from math import inf, isnan, nan, sqrt

import numpy as np
import pytest
from scipy import stats

from sim.core.arrays import Floats
from sim.study import statistics
from sim.study.statistics import (
    Mean,
    enough,
    mean_of,
    paired,
    precision,
    replications_needed,
    summarise,
    variance_cut,
)

CALM = np.array([[10.0, 12, 14, 13, 11], [11, 13, 15.5, 14, 12]])


def draws(seed: int, *shape: int) -> Floats:
    return np.random.default_rng(seed).normal(size=shape)


def test_an_interval_is_that_of_scipys_t_test() -> None:
    mean = mean_of(CALM[0], 0.9)
    expected = stats.ttest_1samp(CALM[0], 0).confidence_interval(0.9)
    assert (mean.n, mean.mean) == (5, 12)
    assert mean.sd == pytest.approx(sqrt(2.5))
    assert (mean.low, mean.high) == pytest.approx((expected.low, expected.high))


def test_a_difference_is_that_of_scipys_paired_t_test() -> None:
    base, other = paired(CALM, 0.95)
    expected = stats.ttest_rel(CALM[1], CALM[0]).confidence_interval(0.95)
    assert (other.low, other.high) == pytest.approx((expected.low, expected.high))
    assert other.told_apart
    assert (base.mean, base.sd, base.half_width, base.told_apart) == (0, 0, 0, False)


def test_a_failed_replication_is_left_out_and_its_pair_with_it() -> None:
    values = np.array([[1.0, nan, 3, 5], [2.0, 100, 4.5, nan]])
    assert [mean.n for mean in summarise(values)] == [3, 3]
    difference = paired(values)[1]
    assert (difference.n, difference.mean) == (2, 1.25)


@pytest.mark.parametrize(("samples", "n"), [([], 0), ([nan, nan], 0), ([4.0, nan], 1)])
def test_fewer_than_two_replications_know_nothing_of_the_spread(
    samples: list[float], n: int
) -> None:
    mean = mean_of(np.array(samples))
    assert mean.n == n
    assert mean.half_width == inf
    assert not mean.known
    assert isnan(mean.sd)
    assert isnan(mean.mean) is (n == 0)


def test_equal_figures_are_sure_to_the_last_digit() -> None:
    mean = mean_of(np.full(7, 0.1))
    assert (mean.sd, mean.half_width) == (0, 0)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    found = [mean_of(samples, 0.9) for samples in 5 + 2 * draws(1, 4000, 6)]
    covered = np.mean([mean.low <= 5 <= mean.high for mean in found])
    assert covered == pytest.approx(0.9, abs=3.5 * sqrt(0.09 / 4000))


def test_joint_intervals_hold_together() -> None:
    """Ten variants without a difference: single intervals often show one, joint ones seldom."""
    single = joint = 0
    trials = 600
    for trial in range(trials):
        variants = paired(draws(trial, 11, 8), 0.9)[1:]
        single += any(abs(d.mean) > d.half_width for d in variants)
        joint += any(d.told_apart for d in variants)
    assert variants[0].comparisons == 10
    assert single / trials > 0.3
    assert joint / trials <= 0.1 + 3 * sqrt(0.09 / trials)


@pytest.mark.parametrize("shared", [0.0, 0.5, 0.9])
def test_common_luck_cuts_the_variance_by_the_correlation(shared: float) -> None:
    own = draws(3, 2, 20_000)
    common = draws(4, 20_000)
    values = sqrt(shared) * common + sqrt(1 - shared) * own
    assert paired(values)[1].variance_cut == pytest.approx(shared, abs=0.03)
    assert variance_cut(values) == pytest.approx(shared, abs=0.03)


def test_luck_that_works_the_other_way_round_raises_the_variance() -> None:
    luck = draws(5, 50)
    assert paired(np.stack([luck, -luck]))[1].variance_cut == pytest.approx(-1)


def test_without_any_variance_there_is_nothing_to_cut() -> None:
    assert isnan(variance_cut(np.ones((3, 4))))
    assert isnan(variance_cut(np.ones((1, 4))))
    assert isnan(paired(np.ones((3, 4)))[1].variance_cut)


@pytest.mark.parametrize("ratio", [0.05, 0.3, 1.0, 5.0])
def test_needed_replications_are_the_fewest_that_do(ratio: float) -> None:
    def half_width(n: int) -> float:
        return float(stats.t.ppf(0.975, n - 1)) / sqrt(n)

    needed = replications_needed(1.0, ratio, 0.975)
    assert needed is not None
    assert half_width(needed) <= ratio
    assert needed == 2 or half_width(needed - 1) > ratio


def test_what_cannot_be_reached_needs_no_number() -> None:
    assert replications_needed(1.0, 0.0, 0.975) is None
    assert replications_needed(nan, 1.0, 0.975) is None
    assert replications_needed(0.0, 0.0, 0.975) == 2


def test_enough_is_when_the_widest_interval_is_narrow_enough() -> None:
    values = np.stack([100 + draws(6, 8), 100 + 5 * draws(7, 8)])
    found = precision(values, 0.02)
    mean = mean_of(values[1])
    assert (found.worst, found.rounds) == (1, 8)
    assert found.worst_share == pytest.approx(mean.half_width / mean.mean)
    assert not found.reached
    assert found.needed is not None
    assert found.needed > 8
    assert not enough(values, 0.02)
    assert enough(values, found.worst_share)
    assert enough(values[:1], 0.02)


def test_replications_that_were_estimated_come_true() -> None:
    values = 100 + 5 * draws(8, 1, 400)
    needed = precision(values[:, :30], 0.01).needed
    assert needed is not None
    shares = [precision(values[:, :n], 0.01).worst_share for n in (needed // 2, needed * 3 // 2)]
    assert shares[0] > 0.01 > shares[1]


def test_a_variant_that_never_succeeds_does_not_keep_the_study_going() -> None:
    values = np.stack([np.array([100.0, 101, 100]), np.full(3, nan)])
    assert enough(values, 0.05)
    assert precision(values[1:], 0.05).worst is None
    assert not enough(values[1:], 0.05)


def test_one_replication_is_never_enough() -> None:
    assert not enough(np.array([[5.0]]), 0.5)


def test_a_mean_of_zero_is_enough_only_if_it_is_sure() -> None:
    assert enough(np.zeros((1, 3)), 0.01)
    found = precision(np.array([[-1.0, 0.0, 1.0]]), 0.01)
    assert (found.reached, found.needed, found.worst_share) == (False, None, inf)


def test_without_scipy_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    statistics.t_quantile.cache_clear()
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'smoltflow\[study\]'"):
        mean_of(CALM[0])


def test_a_mean_knows_its_ends() -> None:
    assert (Mean(3, 10.0, 1.0, 2.0).low, Mean(3, 10.0, 1.0, 2.0).high) == (8, 12)


def test_an_interval_ends_where_its_figure_does() -> None:
    wide = mean_of(np.array([0.0, 11.0]), domain=(0.0, 100.0))
    assert (wide.low, wide.mean) == (0.0, 5.5)
    assert wide.high == pytest.approx(5.5 + wide.half_width)
    sure = mean_of(np.array([99.0, 99.9]), domain=(0.0, 100.0))
    assert sure.high == 100.0
    assert mean_of(np.array([0.0, 11.0])).low < 0
