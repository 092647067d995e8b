"""Growth, water and deaths against closed forms, published tables and their distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.biology.growth import grown_weight_g, length_cm
from sim.biology.mortality import deaths, poisson_quantile
from sim.biology.water import (
    DAYS_PER_YEAR,
    oxygen_saturation_mg_l,
    persistent,
    seasonal_degc,
)
from sim.core.streams import normal, stream

LUCK = (np.arange(20_000) + 0.5) / 20_000
"""Evenly spaced luck: averages over it are integrals over the distribution."""


def one(population: int, hazard: float, luck: float) -> int:
    return int(deaths(np.array([population]), np.array([hazard]), np.array([luck]))[0])


def over_luck(population: int, hazard: float) -> np.ndarray:
    return deaths(np.full(len(LUCK), population), np.full(len(LUCK), hazard), LUCK)


# Growth


def test_growth_by_hand() -> None:
    # (8^(1/3) + 2.5/1000 x 10 degrees x 100 days)^3 = 4.5^3
    assert grown_weight_g(8.0, 2.5, 10.0 * 100) == pytest.approx(91.125)
    assert grown_weight_g(8.0, 2.5, 0.0) == pytest.approx(8.0)


@given(
    st.floats(0.05, 5000),
    st.floats(0, 5),
    st.lists(st.floats(0, 25), min_size=1, max_size=60),
)
def test_growth_day_by_day_is_growth_over_the_degree_days(
    start_g: float, tgc: float, degc: list[float]
) -> None:
    weight = start_g
    for temperature in degc:
        weight = grown_weight_g(weight, tgc, temperature)
    assert weight == pytest.approx(grown_weight_g(start_g, tgc, sum(degc)), rel=1e-9)


def test_growth_over_many_days_in_a_seasonal_sea() -> None:
    degc = seasonal_degc(np.arange(1.0, 451.0), 9.5, 1.4, 237)
    weight = np.array([475.0])
    for temperature in degc:
        weight = grown_weight_g(weight, np.array([2.92]), np.array([temperature]))
    assert weight[0] == pytest.approx(float(grown_weight_g(475.0, 2.92, float(degc.sum()))))


def test_degree_days_of_a_warming_week_by_hand() -> None:
    degc = np.array([6.0, 6.5, 7.0, 7.5, 8.0, 8.5, 9.0])
    assert degc.sum() == 52.5
    weight = 1.0
    for temperature in degc:
        weight = grown_weight_g(weight, 2.0, float(temperature))
    assert weight == pytest.approx((1 + 0.105) ** 3)


def test_length_by_hand() -> None:
    # K = 100 W / L^3: 800 g at K = 1.0 are 43.09 cm; 1,000 g at K = 1.25 are exactly 43.09 too
    assert length_cm(np.array([800.0, 1000.0]), np.array([1.0, 1.25])) == pytest.approx(
        [80_000 ** (1 / 3)] * 2
    )


# Water

FRESH = {8: 11.83, 10: 11.28, 12: 10.77, 14: 10.29}
SALT = {6: 9.89, 8: 9.44, 10: 9.03, 12: 8.65, 14: 8.30}


@pytest.mark.parametrize(
    ("degc", "salinity", "expected"),
    [
        *((degc, 0.0, mg_l) for degc, mg_l in FRESH.items()),
        *((degc, 35.0, mg_l) for degc, mg_l in SALT.items()),
    ],
)
def test_oxygen_saturation_is_that_of_weiss(degc: float, salinity: float, expected: float) -> None:
    found = oxygen_saturation_mg_l(np.array([float(degc)]), salinity)
    assert found[0] == pytest.approx(expected, abs=0.02)


def test_sea_is_warmest_on_its_peak_day_and_coldest_half_a_year_later() -> None:
    days = np.arange(1.0, 366.0)
    degc = seasonal_degc(days, 9.8, 3.2, 233)
    assert days[degc.argmax()] == 233
    assert degc.max() == pytest.approx(13.0)
    assert abs(days[degc.argmin()] - (233 - DAYS_PER_YEAR / 2)) <= 1
    assert degc.min() == pytest.approx(6.6, abs=0.001)


def test_degree_days_of_the_seasonal_curve_by_hand() -> None:
    # a whole cycle holds the mean, the warm half 2/pi of the amplitude more
    four_years = seasonal_degc(np.arange(1461.0), 9.0, 3.0, 230)
    assert four_years.sum() == pytest.approx(1461 * 9.0, abs=0.5)
    quarter = DAYS_PER_YEAR / 4
    warm = np.arange(np.ceil(230 - quarter), 230 + quarter)
    degree_days = seasonal_degc(warm, 9.0, 3.0, 230).sum()
    assert degree_days == pytest.approx(len(warm) * (9 + 3 * 2 / np.pi), rel=2e-3)


@pytest.mark.parametrize("ar1", [0.0, 0.8, 0.96])
def test_anomalies_are_stationary_and_persist(ar1: float) -> None:
    shocks = normal(stream(1, "shocks"), np.arange(3000 * 200)).reshape(3000, 200)
    series = persistent(shocks, ar1)
    assert np.abs(series.var(axis=0) - 1).max() < 0.14  # the first day as much as the last
    assert np.abs(series.mean(axis=0)).max() < 0.08
    for lag in (1, 5, 20):
        found = (series[:, :-lag] * series[:, lag:]).mean()
        assert found == pytest.approx(ar1**lag, abs=0.02)


def test_each_row_of_anomalies_follows_its_own_shocks() -> None:
    shocks = normal(stream(1, "rows"), np.arange(20)).reshape(2, 10)
    assert (persistent(shocks, 0.9)[1] == persistent(shocks[1], 0.9)).all()
    assert (persistent(shocks, 0.0) == shocks).all()


# Deaths


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
    below = np.cumsum(
        np.cumprod(np.vstack([np.exp(-mean), mean / counts[:, None]]), axis=0), axis=0
    )
    exact = (below < np.minimum(luck, below[-1])).sum(axis=0)
    assert np.array_equal(poisson_quantile(mean, luck), exact)
