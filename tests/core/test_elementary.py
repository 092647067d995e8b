"""Elementary functions: within 2 ulp of the truth, and floats and arrays of the same bits."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import special

from sim.core import elementary
from sim.core.arrays import Floats
from sim.core.elementary import (
    arccos,
    cbrt,
    cospi,
    exp,
    expm1,
    log,
    log1p,
    power,
    sinpi,
    sinpi_up_to_1,
)
from sim.core.elementary.numbers import Elementary
from sim.core.streams import stream, uniform

INF, NAN, LEAST = math.inf, math.nan, 5e-324
MOST_ULP = 2.0
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")
MANY = 250


def spread(low: float, high: float, name: str = "") -> Floats:
    """Numbers between two bounds, the same at every run."""
    return low + (high - low) * uniform(stream(1, "elementary", low, high, name), np.arange(MANY))


def tens(low: float, high: float) -> Floats:
    """Numbers of many sizes: powers of ten between two exponents."""
    return np.array([10.0**exponent for exponent in spread(low, high).tolist()])


SMALL = np.concatenate([tens(-12, -1), -tens(-12, -1)])
SIZES = np.concatenate([tens(-300, 300), tens(-3, 4), 1 + SMALL, spread(0.5, 2), [LEAST, 3e-310]])


def sine(x: Decimal) -> Decimal:
    """Sine of pi x, by its series."""
    angle = (x % 2) * PI
    term = total = angle
    order = 1
    while abs(term) > Decimal(10) ** -70:
        order += 2
        term = -term * angle * angle / (order * (order - 1))
        total += term
    return total


def cosine(x: Decimal) -> Decimal:
    return sine(x + Decimal("0.5"))


def angle(x: Decimal) -> Decimal:
    """The arc cosine, by Newton's method."""
    found = Decimal(math.acos(x))
    for _ in range(4):
        slope = sine(found / PI)
        found += (cosine(found / PI) - x) / slope if slope else 0
    return found


def third(x: Decimal) -> Decimal:
    return (abs(x).ln() / 3).exp().copy_sign(x)


CASES: dict[str, tuple[Elementary, Callable[[Decimal], Decimal], Floats]] = {
    "exp": (exp, Decimal.exp, np.concatenate([spread(-745, 709), spread(-3, 3), SMALL])),
    "expm1": (
        expm1,
        lambda x: x.exp() - 1,
        np.concatenate([spread(-745, 709), spread(-3, 3), spread(-0.01, 0.01), SMALL]),
    ),
    "log": (log, Decimal.ln, SIZES),
    "log1p": (
        log1p,
        lambda x: (1 + x).ln(),
        np.concatenate([tens(-3, 300), spread(-0.999, 3), spread(-0.01, 0.01), SMALL]),
    ),
    "cbrt": (cbrt, third, np.concatenate([SIZES, -SIZES])),
    "sinpi": (sinpi, sine, np.concatenate([spread(-2, 2), spread(-1e4, 1e4), SMALL])),
    "cospi": (cospi, cosine, np.concatenate([spread(-2, 2), spread(-1e4, 1e4), SMALL])),
    "arccos": (arccos, angle, np.concatenate([spread(-1, 1), SMALL, 1 - abs(SMALL)])),
}


def ulps(found: float, exact: Decimal) -> float:
    """How far a float is from the truth, in units of the truth's last place."""
    return float(abs(Decimal(found) - exact) / Decimal(math.ulp(float(exact))))


@pytest.mark.parametrize("name", CASES)
def test_results_are_within_two_units_of_the_last_place(name: str) -> None:
    function, truth, numbers = CASES[name]
    with localcontext() as context:
        context.prec = 60
        worst = max(
            ulps(found, truth(Decimal(x)))
            for x, found in zip(numbers.tolist(), function(numbers).tolist(), strict=True)
        )
    assert worst <= MOST_ULP


@pytest.mark.parametrize(
    ("bases", "exponents"),
    [
        (tens(-3, 3), spread(-4, 4)),
        (1 + SMALL[:MANY] / 100, spread(-1e5, 1e5)),
        (spread(0.3, 1), spread(0, 500)),
        (tens(-300, 300), spread(-1, 1)),
        (1 + tens(-12, -9), spread(-1e11, 1e11)),
    ],
    ids=["ordinary", "near one", "survival", "huge", "very near one"],
)
def test_powers_are_within_two_units_of_the_last_place(bases: Floats, exponents: Floats) -> None:
    found = power(bases, exponents).tolist()
    with localcontext() as context:
        context.prec = 60
        assert (
            max(
                ulps(value, (Decimal(y) * Decimal(x).ln()).exp())
                for value, x, y in zip(found, bases.tolist(), exponents.tolist(), strict=True)
            )
            <= MOST_ULP
        )


def test_scipy_agrees() -> None:
    x = spread(-3, 3)
    for function, reference in (
        (expm1, special.expm1),
        (cbrt, special.cbrt),
        (sinpi, lambda x: special.sindg(180 * x)),
        (cospi, lambda x: special.cosdg(180 * x)),
    ):
        assert function(x) == pytest.approx(reference(x), rel=1e-13, abs=1e-15)
    assert log1p(abs(x)) == pytest.approx(special.log1p(abs(x)), rel=1e-14)
    assert power(abs(x), 2.5) == pytest.approx(special.exp2(2.5 * np.log2(abs(x))), rel=1e-13)


@pytest.mark.parametrize("name", CASES)
def test_a_float_few_and_many_have_the_same_bits(name: str) -> None:
    function, _, numbers = CASES[name]
    special_numbers = [0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, LEAST, 1e308, -1e308, 0.5, -700.5, 710]
    numbers = np.concatenate([numbers, special_numbers])
    many = function(numbers)
    assert_array_equal(many, [function(x) for x in numbers.tolist()], strict=False)
    assert_array_equal(many[-5:], function(numbers[-5:]))
    assert_array_equal(many[::2].reshape(-1, 1), function(numbers[::2].reshape(-1, 1)))
    assert_array_equal(many[:100].reshape(10, 10).T, function(numbers[:100].reshape(10, 10).T))
    assert function(np.array(0.5)).shape == ()
    assert isinstance(function(0.5), float)
    assert isinstance(function(np.float64(0.5)), float)
    assert function(np.empty((0, 3))).shape == (0, 3)
    whole = np.arange(40) % 2
    assert_array_equal(function(whole), function(whole.astype(np.float64)))


def test_powers_of_floats_and_arrays_have_the_same_bits() -> None:
    x, y = tens(-3, 3), spread(-4, 4)
    many = power(x, y)
    assert_array_equal(many, [power(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])
    assert_array_equal(power(x[:, None], y[None, :])[7], power(float(x[7]), y))
    assert_array_equal(power(x, 1.5), power(x, np.full(len(x), 1.5)))
    assert isinstance(power(0.5, 2), float)
    assert power(np.array(0.5), 2.0).shape == ()


@pytest.mark.parametrize(
    ("function", "numbers", "expected"),
    [
        (exp, [0.0, INF, -INF, NAN, 1e308, 710.0, -746.0, LEAST], [1, INF, 0, NAN, INF, INF, 0, 1]),
        (expm1, [0.0, INF, -INF, NAN, 1e308, -1e308, LEAST], [0, INF, -1, NAN, INF, -1, LEAST]),
        (log, [0.0, -0.0, 1.0, INF, -INF, NAN, -1.0], [-INF, -INF, 0, INF, NAN, NAN, NAN]),
        (log1p, [0.0, -1.0, INF, -INF, NAN, -2.0, LEAST], [0, -INF, INF, NAN, NAN, NAN, LEAST]),
        (cbrt, [0.0, INF, -INF, NAN, 27.0, -27.0], [0, INF, -INF, NAN, 3, -3]),
        (sinpi, [0.0, 0.5, 1.0, 1.5, 1e308, INF, NAN], [0, 1, 0, -1, 0, NAN, NAN]),
        (cospi, [0.0, 0.5, 1.0, 1.5, 1e308, INF, NAN], [1, 0, -1, 0, 1, NAN, NAN]),
        (arccos, [1.0, -1.0, 0.0, 1.1, INF, NAN], [0, math.pi, math.pi / 2, NAN, NAN, NAN]),
    ],
    ids=["exp", "expm1", "log", "log1p", "cbrt", "sinpi", "cospi", "arccos"],
)  # fmt: skip
def test_limits_are_what_they_should_be_without_a_warning(
    function: Elementary, numbers: list[float], expected: list[float]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = function(np.array(numbers * 3))
        assert_array_equal(found, expected * 3)
        assert_array_equal([function(x) for x in numbers], expected)


@pytest.mark.parametrize(
    ("base", "by_exponent"),
    [
        (0.0, [1, 0, INF, 0, 0, INF, NAN]),
        (1.0, [1, 1, 1, 1, 1, 1, NAN]),
        (0.25, [1, 0.25, 4, 0.5, 0, INF, NAN]),
        (4.0, [1, 4, 0.25, 2, INF, 0, NAN]),
        (INF, [1, INF, 0, INF, INF, 0, NAN]),
        (NAN, [1, NAN, NAN, NAN, NAN, NAN, NAN]),
        (-1.0, [1, NAN, NAN, NAN, NAN, NAN, NAN]),
        (LEAST, [1, LEAST, INF, 2.0**-537, 0, INF, NAN]),
        (2.0**1000, [1, 2.0**1000, 2.0**-1000, 2.0**500, INF, 0, NAN]),
    ],
)
def test_limits_of_powers(base: float, by_exponent: list[float]) -> None:
    exponents = [0.0, 1.0, -1.0, 0.5, INF, -INF, NAN]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_array_equal(power(np.full(7, base), np.array(exponents)), by_exponent)
        assert_array_equal([power(base, exponent) for exponent in exponents], by_exponent)


def test_functions_rise_where_they_should() -> None:
    """Across the places of their tables, too."""
    steps = np.nextafter(np.repeat(np.arange(-50, 50) / 2048 * math.log(2), 2), [-1, 1] * 100)
    for function in (exp, expm1):
        assert (np.diff(function(np.sort(steps))) >= 0).all()
    grid = (np.arange(700, 1500)[:, None] + 0.5) / 1024 * (1 + np.array([-1, 0, 1]) * 2.0**-40)
    for function in (log, cbrt):
        assert (np.diff(function(grid.ravel())) >= 0).all()


def test_the_short_sine_is_that_of_half_a_turn() -> None:
    x = np.linspace(0, 1, 1001)
    assert np.abs(sinpi_up_to_1(x) - sinpi(x)).max() <= 2.0**-51


def test_every_function_is_looked_at() -> None:
    assert set(elementary.__all__) == {*CASES, "power", "sinpi_up_to_1"}
