"""The choice of the best variant keeps its promise, whatever the correlation."""

from __future__ import annotations

from math import inf, isnan, nan, sqrt

import numpy as np
import pytest
from scipy import stats

from sim.core.arrays import Floats
from sim.study.selection import Constraint, Selection, select

TRIALS = 1000


def figures(seed: int, means: list[float], n: int, shared: float, sd: float = 1.0) -> Floats:
    """Normal figures of which a share of the variance is luck that all variants meet."""
    luck = np.random.default_rng(seed)
    common, own = luck.normal(size=n), luck.normal(size=(len(means), n))
    return np.array(means)[:, None] + sd * (sqrt(shared) * common + sqrt(1 - shared) * own)


def promise_kept(selection: Selection, means: list[float], feasible: list[bool]) -> bool:
    """All three parts of the guarantee at once."""
    for standing in selection.standings:
        wrong = "infeasible" if feasible[standing.variant] else "feasible"
        if standing.verdict == wrong:
            return False
    able = [variant for variant, good in enumerate(feasible) if good]
    top = max(means[variant] for variant in able)
    if not any(means[v] == top for v in selection.among_best):
        return False
    for variant in able:
        others = max((means[v] for v in able if v != variant), default=-inf)
        standing = selection.standings[variant]
        if not -standing.behind - 1e-12 <= means[variant] - others <= standing.ahead + 1e-12:
            return False
    return True


@pytest.mark.parametrize("shared", [0.0, 0.5, 0.95])
@pytest.mark.parametrize(
    "means", [[0.0] * 6, [0.0, 0.1, 0.2, 0.3, 0.5], [1.0, 0, 0, 0], [0.0, 0.3]]
)
def test_the_promise_is_kept_as_often_as_stated(means: list[float], shared: float) -> None:
    kept = sum(
        promise_kept(
            select(figures(seed, means, 7, shared), confidence=0.9), means, [True] * len(means)
        )
        for seed in range(TRIALS)
    )
    assert kept / TRIALS >= 0.9 - 2.5 * sqrt(0.09 / TRIALS)


def test_without_bonferroni_it_would_not_be() -> None:
    """The promise is not kept for free: at the level of a single comparison it breaks."""
    means = [0.0] * 6
    kept = sum(
        0 in select(figures(seed, means, 7, 0.0), confidence=1 - 0.1 * 5).among_best
        for seed in range(TRIALS)
    )
    assert kept / TRIALS < 0.9 - 2.5 * sqrt(0.09 / TRIALS)


@pytest.mark.parametrize("shared", [0.0, 0.9])
def test_labels_and_choice_hold_together(shared: float) -> None:
    """The worst case: limits exactly met, or missed by a hair's breadth."""
    means, waits, bound = [0.0, 0.2, 0.4, 0.6, 0.8], [4.0, 5.0, 5.0, 5.0, 5.0001], 5.0
    kept = 0
    for seed in range(TRIALS):
        limit = Constraint("wait", figures(TRIALS + seed, waits, 6, shared), bound)
        found = select(figures(seed, means, 6, shared), constraints=[limit], confidence=0.9)
        kept += promise_kept(found, means, [wait <= bound for wait in waits])
    assert kept / TRIALS >= 0.9 - 2.5 * sqrt(0.09 / TRIALS)


def test_two_variants_are_compared_by_one_sided_paired_t() -> None:
    values = figures(1, [0.0, 0.3], 9, 0.8)
    gap = values[1] - values[0]
    allowance = stats.t.ppf(0.95, 8) * gap.std(ddof=1) / 3
    found = select(values, confidence=0.95)
    first, second = found.standings
    assert first.ahead == pytest.approx(max(0, allowance - gap.mean()))
    assert second.ahead == pytest.approx(max(0, allowance + gap.mean()))
    assert first.among_best is bool(gap.mean() <= allowance)


def test_limits_take_half_of_the_doubt() -> None:
    values = figures(1, [0.0, 0.3], 9, 0.8)
    gap = values[1] - values[0]
    limit = Constraint("wait", np.zeros((2, 9)), 5.0)
    found = select(values, constraints=[limit], confidence=0.95)
    allowance = stats.t.ppf(1 - 0.025, 8) * gap.std(ddof=1) / 3
    assert found.standings[1].ahead == pytest.approx(allowance + gap.mean())
    assert found.limit_confidence == pytest.approx(1 - 2 * 0.025 / 2)  # two labels, one-sided


def test_common_luck_tells_more_variants_apart() -> None:
    means = [0.0, 0.5, 1.0, 1.5]
    sizes = [
        np.mean([len(select(figures(s, means, 8, shared)).among_best) for s in range(50)])
        for shared in (0.0, 0.9)
    ]
    assert sizes[1] < 0.7 * sizes[0]


def test_a_clear_best_stands_alone() -> None:
    found = select(figures(2, [0.0, 9.0, 1.0], 6, 0.5))
    assert (found.best, found.among_best, found.shortfall) == (1, (1,), 0)
    assert found.standings[0].behind > 8
    assert found.standings[0].ahead == 0


def test_minimising_is_maximising_the_opposite() -> None:
    values = figures(3, [0.0, 0.4, 0.6], 8, 0.5)
    up, down = select(values), select(-values, maximise=False)
    assert up.among_best == down.among_best
    for one, other in zip(up.standings, down.standings, strict=True):
        assert one.mean == -other.mean
        assert (one.behind, one.ahead) == (other.behind, other.ahead)


def test_a_limit_excludes_the_best_mean() -> None:
    values = figures(4, [0.0, 5.0, 9.0], 8, 0.5, sd=0.1)
    waits = Constraint("wait", figures(5, [2.0, 5.0, 8.0], 8, 0.0, sd=0.5), 6.5)
    found = select(values, constraints=[waits])
    assert [s.verdict for s in found.standings] == ["feasible", "feasible", "infeasible"]
    assert found.best == 1
    assert found.among_best == (1,)
    assert isnan(found.standings[2].behind)


def test_a_doubtful_variant_is_not_chosen_but_stays_in_the_running() -> None:
    values = figures(6, [0.0, 9.0], 8, 0.5, sd=0.1)
    waits = Constraint("wait", np.array([[2.0, 3.0] * 4, [6.0, 6.8] * 4]), 6.5)
    found = select(values, constraints=[waits])
    assert [s.verdict for s in found.standings] == ["feasible", "doubtful"]
    assert found.best == 0
    assert found.among_best == (0, 1)
    assert found.shortfall > 8.9


def test_at_least_is_at_most_the_other_way_round() -> None:
    values, waits = figures(8, [0.0, 1.0], 8, 0.5), figures(9, [2.0, 9.0], 8, 0.0)
    up = select(values, constraints=[Constraint("wait", waits, 5.0)])
    down = select(values, constraints=[Constraint("wait", -waits, -5.0, at_most=False)])
    assert up == down
    assert [s.verdict for s in up.standings] == ["feasible", "infeasible"]


def test_with_several_limits_each_has_its_own_label() -> None:
    values = figures(10, [0.0, 1.0], 8, 0.5)
    limits = [
        Constraint("wait", figures(11, [1.0, 9.0], 8, 0.0), 5.0),
        Constraint("late", figures(12, [1.0, 5.0], 8, 0.0), 5.0),
    ]
    found = select(values, constraints=limits)
    assert [s.by_limit for s in found.standings] == [
        ("feasible", "feasible"), ("infeasible", "doubtful"),
    ]  # fmt: skip


def test_nothing_is_chosen_if_nothing_is_surely_feasible() -> None:
    limit = Constraint("wait", figures(13, [9.0, 5.0], 8, 0.0), 5.0)
    found = select(figures(14, [0.0, 1.0], 8, 0.5), constraints=[limit])
    assert found.best is None
    assert found.among_best == (1,)
    assert found.shortfall == inf


def test_failures_leave_pairs_out_and_failed_variants_aside() -> None:
    values = figures(15, [0.0, 9.0, 5.0, 0.0], 8, 0.5, sd=0.1)
    values[0, 2] = values[1, 5] = nan
    values[2] = nan
    found = select(values)
    assert found.standings[2].verdict == "failed"
    assert (found.best, found.among_best) == (1, (1,))


def test_one_success_is_too_few_to_rule_a_variant_out() -> None:
    values = figures(16, [0.0, 9.0], 8, 0.5)
    values[0, 1:] = nan
    found = select(values)
    assert found.among_best == (0, 1)
    assert found.shortfall == inf


def test_equal_variants_without_luck_are_all_best() -> None:
    found = select(np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]))
    assert (found.best, found.among_best, found.shortfall) == (0, (0, 1), 0)


def test_a_single_variant_is_the_best() -> None:
    found = select(np.array([[1.0, 2.0]]))
    assert (found.best, found.among_best, found.shortfall) == (0, (0,), 0)


def test_the_replications_to_tell_two_apart_do_tell_them_apart() -> None:
    means = [0.0, 0.4]
    few = select(figures(17, means, 6, 0.5))
    (to_tell,) = [s.to_tell for s in few.standings if s.to_tell]
    gap = np.diff(figures(17, means, 6, 0.5), axis=0)[0]
    again = abs(gap.mean()) * sqrt(to_tell) / gap.std(ddof=1)
    assert again >= stats.t.ppf(0.95, to_tell - 1)
    assert to_tell > 6
