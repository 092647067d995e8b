"""Exponentials, logarithms and powers.

Sources: Tang (1989), ACM TOMS 15:144, and (1990) 16:378, for tables with short polynomials between
their entries; Dekker (1971), Numer Math 18:224, for exact products and sums.
"""

from __future__ import annotations

import math
from typing import overload

import numpy as np

from sim.core.arrays import Floats, Ints
from sim.core.elementary import tables
from sim.core.elementary.numbers import (
    LEAST,
    TO_USUAL,
    also_of_floats,
    are_usual,
    constants,
    polynomial,
)

# The exponential: x = n ln 2 / 2048 + r. By the last digits of n a power of 2 is looked up, times
# exp(r) by its series, times a whole power of 2.

_POWER_BITS = 11
_STEPS = 1 << _POWER_BITS
_MASK, _TO_EXPONENT = _STEPS - 1, 52 - _POWER_BITS
_EXACT_POWERS = tables.powers_of_two(_STEPS)
_POWERS = [tables.nearest(power) for power in _EXACT_POWERS]
_REST = [
    tables.nearest(power - int(math.ldexp(near, 52)) * (tables.ONE >> 52))
    for power, near in zip(_EXACT_POWERS, _POWERS, strict=True)
]
_POWER, _POWER_REST = np.array(_POWERS), np.array(_REST)
_LN2_HIGH, _LN2_LOW = tables.split(tables.ln2(), 42)
_STEP_HIGH, _STEP_LOW = tables.split(tables.ln2() // _STEPS, 42)
_PER_STEP = _STEPS / tables.nearest(tables.ln2())
_EXP = (1 / 24, 1 / 6, 1 / 2, 1.0)
_EXP_ARRAYS = constants(_EXP)
_FAR = 700.0
"""Up to here nothing overflows or loses digits."""


def _exp_parts(x: Floats, more: Floats | None = None) -> tuple[Ints, Floats, Ints]:
    """``place``, ``q``, ``n``: e^x is (1 + q) by the power at a place, times 2^(n / 2048).

    Args:
        x: up to 800 away from 0.
        more: a small number to be added to it.
    """
    near = x * _PER_STEP
    np.rint(near, out=near)
    n = near.astype(np.int64)
    place = n & _MASK
    n ^= place
    r = x - near * _STEP_HIGH
    near *= _STEP_LOW
    r -= near
    if more is not None:
        r += more
    q = polynomial(_EXP_ARRAYS, r)
    q *= r
    return place, q, n


def _scaled(place: Ints, q: Floats, n: Ints) -> Floats:
    """What :func:`_exp_parts` stands for; 0 or infinite where it is too small or too great."""
    power = _POWER.take(place)
    q *= power
    q += power
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(q, n >> _POWER_BITS))


def _exp_of_float(x: float) -> float:
    if not -_FAR <= x <= _FAR:
        return float(_exp_of_array(np.array([x]))[0])
    n = round(x * _PER_STEP)
    r = x - n * _STEP_HIGH - n * _STEP_LOW
    a, b, c, d = _EXP
    power = math.ldexp(_POWERS[n & _MASK], n >> _POWER_BITS)
    return (((a * r + b) * r + c) * r + d) * r * power + power


def _exp_of_array(x: Floats) -> Floats:
    if not np.abs(x).max(initial=0.0) <= _FAR:
        found = _scaled(*_exp_parts(np.clip(np.where(np.isnan(x), 0.0, x), -800, 800)))
        return np.where(np.isnan(x), x, found)
    place, q, n = _exp_parts(x)
    power = _POWER.take(place)
    n <<= _TO_EXPONENT
    bits = power.view(np.int64)
    bits += n
    q *= power
    q += power
    return q


@also_of_floats(_exp_of_float)
def exp(x: Floats) -> Floats:
    """The exponential of x."""
    return _exp_of_array(x)


def _expm1_of_float(x: float) -> float:
    if not -_FAR <= x <= _FAR:
        return float(_expm1_of_array(np.array([x]))[0])
    n = round(x * _PER_STEP)
    r = x - n * _STEP_HIGH - n * _STEP_LOW
    a, b, c, d = _EXP
    place, whole = n & _MASK, math.ldexp(1.0, n >> _POWER_BITS)
    power = _POWERS[place] * whole
    return (((a * r + b) * r + c) * r + d) * r * power + _REST[place] * whole + (power - 1)


def _expm1_of_array(x: Floats) -> Floats:
    some = np.where(np.isnan(x), 0.0, np.clip(x, -_FAR, _FAR))
    place, q, n = _exp_parts(some)
    whole = np.ldexp(1.0, n >> _POWER_BITS)
    power = _POWER.take(place) * whole
    q *= power
    q += _POWER_REST.take(place) * whole
    q += power - 1
    far = np.where(x < 0, -1.0, _exp_of_array(x))
    return np.where(x == some, q, far)


@also_of_floats(_expm1_of_float)
def expm1(x: Floats) -> Floats:
    """The exponential of x, less 1; of small x it keeps all digits."""
    return _expm1_of_array(x)


# The logarithm: x = 2^k m with m between 11/16 and 11/8. With f the multiple of 1/1024 next to m,
# ln x = k ln 2 + ln f + ln(1 + r), r = (m - f) / f, of which the last has a short series.

_GRID = 1024
_FIRST, _LAST = 704, 1408
_MIDDLE = _FIRST / _GRID
_MIDDLE_BITS = 0x3FE6 << 48
_GRID_LOGS = [tables.split(log, 42) for log in tables.logarithms(_FIRST, _LAST, _GRID)]
_LOGS_HIGH, _LOGS_LOW = ([0.0] * _FIRST + [log[part] for log in _GRID_LOGS] for part in (0, 1))
_LOG_HIGH, _LOG_LOW = np.array(_LOGS_HIGH), np.array(_LOGS_LOW)
_LOG = (-1 / 6, 1 / 5, -1 / 4, 1 / 3, -1 / 2)
_LOG_ARRAYS = constants(_LOG)


def _log_parts(x: Floats) -> tuple[Floats, Ints, Floats, Floats]:
    """``k``, the place of ``f`` in the tables, ``f`` and m - f, which is exact."""
    bits = x.view(np.int64)
    k = bits - _MIDDLE_BITS
    k >>= 52
    m = (bits - (k << 52)).view(np.float64)
    f = m * _GRID
    np.rint(f, out=f)
    place = f.astype(np.int64)
    f /= _GRID
    m -= f
    return k.astype(np.float64), place, f, m


def _log_of_usual(x: Floats, shift: Floats | None = None) -> Floats:
    k, place, f, r = _log_parts(x)
    if shift is not None:
        k += shift
    r /= f
    found = polynomial(_LOG_ARRAYS, r)
    found *= r
    found *= r
    found += _LOG_LOW.take(place)
    found += k * _LN2_LOW
    found += r
    k *= _LN2_HIGH
    k += _LOG_HIGH.take(place)
    found += k
    return found


def _log_of_float(x: float) -> float:
    if not LEAST <= x < math.inf:
        return float(_log_of_array(np.array([x]))[0])
    m, k = math.frexp(x)
    if m < _MIDDLE:
        m, k = m * 2, k - 1
    place = round(m * _GRID)
    f = place / _GRID
    r = (m - f) / f
    a, b, c, d, e = _LOG
    found = ((((a * r + b) * r + c) * r + d) * r + e) * r * r
    return found + _LOGS_LOW[place] + k * _LN2_LOW + r + (k * _LN2_HIGH + _LOGS_HIGH[place])


def _log_of_array(x: Floats) -> Floats:
    if are_usual(x.view(np.int64)):
        return _log_of_usual(x)
    small = (x > 0) & (x < LEAST)
    finite = (x > 0) & (x < np.inf)
    usual = np.where(finite, x, 1.0) * np.where(small, TO_USUAL, 1.0)
    limits = np.where(x == 0, -np.inf, np.where(x > 0, x, np.nan))
    return np.where(finite, _log_of_usual(usual, np.where(small, -54.0, 0.0)), limits)


@also_of_floats(_log_of_float)
def log(x: Floats) -> Floats:
    """The natural logarithm of x; minus infinity for 0."""
    return _log_of_array(x)


def _log1p_of_float(x: float) -> float:
    u = 1 + x
    if not 0 < u < math.inf:
        return float(_log1p_of_array(np.array([x]))[0])
    return _log_of_float(u) + ((1 - (u - (u - 1))) + (x - (u - 1))) / u


def _log1p_of_array(x: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        u = 1 + x
        rounded_off = (1 - (u - (u - 1))) + (x - (u - 1))
        rest = np.where((u > 0) & (u < np.inf), rounded_off / u, 0.0)
    return _log_of_array(u) + rest


@also_of_floats(_log1p_of_float)
def log1p(x: Floats) -> Floats:
    """The natural logarithm of 1 + x; of small x it keeps all digits."""
    return _log1p_of_array(x)


# Powers: x^y = exp(y ln x), with the logarithm and its product as sums of two floats.

_SPLIT = 2.0**27 + 1


def _halves(x: Floats) -> tuple[Floats, Floats]:
    """Two floats of 26 digits whose sum is x: their products are exact."""
    far = _SPLIT * x
    high = far - (far - x)
    return high, x - high


def _log_in_two(x: Floats) -> tuple[Floats, Floats]:
    """The logarithm of usual numbers as a float and what is missing from it."""
    k, place, f, d = _log_parts(x)
    r = d / f
    high, low = _halves(r)
    rest = ((d - high * f) - low * f) / f
    rest += polynomial(_LOG_ARRAYS, r) * r * r + _LOG_LOW.take(place) + k * _LN2_LOW
    whole = k * _LN2_HIGH + _LOG_HIGH.take(place)
    rough = whole + r
    rest += r - (rough - whole)
    found = rough + rest
    return found, rest - (found - rough)


@overload
def power(x: float, y: float, /) -> float: ...
@overload
def power(x: Floats, y: Floats | Ints | float, /) -> Floats: ...
@overload
def power(x: float, y: Floats | Ints, /) -> Floats: ...
def power(x: Floats | float, y: Floats | Ints | float, /) -> Floats | float:
    """The power of x that y tells, for x that are not negative; arrays broadcast."""
    bases, exponents = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    found = _power(np.atleast_1d(bases), exponents)
    if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):
        return found.reshape(np.broadcast_shapes(bases.shape, exponents.shape))
    return float(found[0])


def _power(x: Floats, y: Floats) -> Floats:
    small = (x > 0) & (x < LEAST)
    finite = (x > 0) & (x < np.inf)
    usual = np.where(finite, x, 1.0) * np.where(small, TO_USUAL, 1.0)
    log_x, rest = _log_in_two(usual)
    if small.any():
        exact = log_x - 54 * _LN2_HIGH
        rest = rest - 54 * _LN2_LOW + ((log_x - exact) - 54 * _LN2_HIGH)
        log_x = np.where(small, exact, log_x)
    limited = np.where(np.isnan(y), 0.0, np.clip(y, -(2.0**64), 2.0**64))
    (y_high, y_low), (high, low) = _halves(limited), _halves(log_x)
    product = limited * log_x
    lost = y_high * high - product + y_high * low + y_low * high + y_low * low + limited * rest
    near = np.abs(product) < 800
    found = _scaled(*_exp_parts(np.clip(product, -800, 800), np.where(near, lost, 0.0)))
    with np.errstate(invalid="ignore"):
        above = np.where(y > 0, x, np.where(y < 0, np.where(x > 0, 0.0, np.inf), 1.0))
        found = np.where(finite, found, np.where((x >= 0) | (y == 0), above, np.nan))
    return np.where(np.isnan(y), np.nan, found)
