"""Deaths against the binomial and Poisson distributions, and what must never happen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.biology.mortality import deaths, poisson_quantile
from sim.core.elementary import exp

LUCK = (np.arange(20_000) + 0.5) / 20_000
"""Evenly spaced luck: averages over it are integrals over the distribution."""


def one(population: int, hazard: float, luck: float) -> int:
    return int(deaths(np.array([population]), np.array([hazard]), np.array([luck]))[0])


def over_luck(population: int, hazard: float) -> np.ndarray:
    return deaths(np.full(len(LUCK), population), np.full(len(LUCK), hazard), LUCK)


# Growth


@pytest.mark.parametrize(
    ("population", "hazard"),
    [
        (1000, 0.0003), (1000, 0.001), (5000, 0.001), (100_000, 0.000119),
        (100_000, 0.000121), (50_000, 0.001), (330_000, 0.006), (1_000, 0.2),
    ],
)  # fmt: skip
def test_deaths_have_the_mean_and_variance_of_the_binomial(population: int, hazard: float) -> None:
    found = over_luck(population, hazard)
    mean = population * hazard
    assert found.mean() == pytest.approx(mean, abs=max(0.02, 0.002 * mean**0.5))
    assert found.var() == pytest.approx(mean * (1 - hazard), rel=0.03)


def test_few_deaths_come_with_poissons_probabilities() -> None:
    found = np.bincount(over_luck(1000, 0.001)) / len(LUCK)
    exact = [0.367879, 0.367879, 0.183940, 0.061313, 0.015328]
    assert found[:5] == pytest.approx(exact, abs=1e-4)


def test_a_count_of_one_after_the_other_is_that_of_all_at_once() -> None:
    rng = np.random.default_rng(5)
    population = np.full(40_000, 10**6)
    hazard = rng.random(40_000) * 11.9e-6
    near_one = np.maximum(1 - 10 ** (-16 * rng.random(20_000)), 2.0**-53)
    luck = np.concatenate([rng.random(20_000), np.minimum(near_one, 1 - 2.0**-53)])
    counts = poisson_quantile(population * hazard, luck)
    assert counts.tolist() == deaths(population, hazard, luck).tolist()


def test_nobody_dies_of_nothing_and_nothing_dies_of_anything() -> None:
    assert (over_luck(100_000, 0.0) == 0).all()
    assert (over_luck(0, 0.5) == 0).all()
    assert (over_luck(0, 1.0) == 0).all()


POPULATIONS = st.integers(0, 400_000)
HAZARDS = st.floats(0, 1)
LUCKS = st.floats(2.0**-54, 1 - 2.0**-53)


@given(POPULATIONS, HAZARDS, LUCKS)
def test_no_more_die_than_there_are(population: int, hazard: float, luck: float) -> None:
    assert 0 <= one(population, hazard, luck) <= population


@given(POPULATIONS, HAZARDS, LUCKS, LUCKS)
def test_worse_luck_never_saves_a_fish(
    population: int, hazard: float, luck: float, other: float
) -> None:
    low, high = sorted((luck, other))
    assert one(population, hazard, low) <= one(population, hazard, high)


@given(
    st.integers(2_000, 400_000),
    st.sampled_from([(0.0, 11.99), (12.01, 40.0)]).flatmap(
        lambda span: st.tuples(st.floats(*span), st.floats(*span)).map(sorted)
    ),
    LUCKS,
)
@example(population=2000, means=[13.0, 14.0], luck=0.9999999999999998)
@example(population=2000, means=[11.0, 11.9], luck=0.9999999999999998)
def test_a_greater_hazard_never_saves_a_fish(
    population: int, means: list[float], luck: float
) -> None:
    low, high = (one(population, mean / population, luck) for mean in means)
    assert low <= high


def test_deaths_rise_with_the_hazard_where_the_method_changes() -> None:
    table = np.stack([over_luck(300_000, mean / 300_000) for mean in np.linspace(11, 13, 41)])
    fell = (np.diff(table, axis=0) < 0).sum()
    assert fell == 0, f"{fell} of {table.size} steps saved a fish by raising the hazard"


@given(st.lists(st.tuples(POPULATIONS, HAZARDS, LUCKS), max_size=20))
def test_a_container_dies_as_if_it_were_alone(rows: list[tuple[int, float, float]]) -> None:
    population, hazard, luck = (np.array([row[i] for row in rows]) for i in range(3))
    found = deaths(population.astype(np.int64), hazard.astype(float), luck.astype(float))
    assert found.tolist() == [one(*row) for row in rows]


def test_a_few_containers_die_as_if_they_were_among_many() -> None:
    draw = np.random.default_rng(8)
    population = draw.integers(0, 400_000, 20_000)
    hazard = np.minimum(10 ** draw.uniform(-8, 0, 20_000), 1)
    hazard[:5000] = draw.uniform(11.5, 14.5, 5000) / np.maximum(population[:5000], 15)
    luck = draw.random(20_000)
    luck[::7] = np.maximum(1 - 10 ** (-16 * draw.random(len(luck[::7]))), 0.5) * (1 - 2.0**-53)
    hazard[:1000] = 12.05 / np.maximum(population[:1000], 15)  # the method has just changed, and
    luck[:1000] = 10 ** draw.uniform(-12, -2, 1000)  # hardly anybody dies
    few = [
        dead
        for first in range(0, 20_000, 5)
        for dead in deaths(*(each[first : first + 5] for each in (population, hazard, luck)))
    ]
    assert few == deaths(population, hazard, luck).tolist()


def test_small_counts_that_are_looked_up_are_those_of_adding_up_probabilities() -> None:
    draw = np.random.default_rng(7)
    mean, luck = draw.uniform(0, 12, 20_000), draw.random(20_000)
    luck[:500] = 1 - 2.0**-53 * draw.integers(1, 5000, 500)  # out in the tail
    luck[500:1000] = 1 - 2.0**-53  # the greatest there is: rounded sums may end below it
    luck[1000:5000] = np.maximum(draw.integers(0, 1024, 4000) / 1024, 2.0**-54)  # of the table
    mean[3000:7000] = draw.integers(0, 12 * 64, 4000) / 64
    mean[7000:8000], luck[7000:8000] = 0.0, draw.random(1000)
    counts = np.arange(1, 64)
    below = np.cumsum(np.cumprod(np.vstack([exp(-mean), mean / counts[:, None]]), axis=0), axis=0)
    exact = (below < np.minimum(luck, below[-1])).sum(axis=0)
    assert np.array_equal(poisson_quantile(mean, luck), exact)
