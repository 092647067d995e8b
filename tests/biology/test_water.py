"""Water against published tables and its own distributions."""

from __future__ import annotations

import numpy as np
import pytest

from sim.biology.water import (
    DAYS_PER_YEAR,
    oxygen_saturation_mg_l,
    persistent,
    seasonal_degc,
)
from sim.core.streams import normal, stream

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
