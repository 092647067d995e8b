"""Growth against its closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.biology.growth import grown_weight_g, length_cm
from sim.biology.water import (
    seasonal_degc,
)


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
