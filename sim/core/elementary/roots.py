"""Roots, by a guess from the exponent; the cube root is FreeBSD's."""

from __future__ import annotations

import math
from struct import Struct

import numpy as np

from sim.core.arrays import Floats, Ints
from sim.core.elementary.numbers import (
    LEAST,
    TO_USUAL,
    also_of_floats,
    are_usual,
    constants,
    polynomial,
)

_CBRT = (0.145996192886612446982, -0.758397934778766047437, 1.621429720105354466140,
                    -1.88497979543377169875, 1.87595182427177009643)  # fmt: skip
_CBRT_ARRAYS = constants(_CBRT)
_REAL, _WHOLE = Struct("<d"), Struct("<q")
_CBRT_BITS = 715094163 << 32
_HALF_DIGIT, _FEW_DIGITS = 1 << 31, -1 << 30


def _cbrt_of_float(x: float) -> float:
    if not LEAST <= x < math.inf:
        return float(_cbrt_of_array(np.array([x]))[0])
    (bits,) = _WHOLE.unpack(_REAL.pack(x))
    guess = bits // 3 + _CBRT_BITS
    (t,) = _REAL.unpack(_WHOLE.pack(guess))
    r = t / x * t * t
    a, b, c, d, e = _CBRT
    t *= (((a * r + b) * r + c) * r + d) * r + e
    (bits,) = _WHOLE.unpack(_REAL.pack(t))
    (t,) = _REAL.unpack(_WHOLE.pack(bits + _HALF_DIGIT & _FEW_DIGITS))
    r = x / (t * t)
    return float((r - t) / (t + t + r) * t + t)


def _cbrt_of_array(x: Floats) -> Floats:
    bits = x.view(np.int64)
    if are_usual(bits):
        return _cbrt_of_usual(x, bits)
    size = np.abs(x)
    small, finite = size < LEAST, (size > 0) & (size < np.inf)
    usual = np.where(finite, size, 1.0) * np.where(small, TO_USUAL, 1.0)
    root = _cbrt_of_usual(usual, usual.view(np.int64)) * np.where(small, 2.0**-18, 1.0)
    return np.where(finite, np.copysign(root, x), x)


@also_of_floats(_cbrt_of_float)
def cbrt(x: Floats) -> Floats:
    """The cube root of x."""
    return _cbrt_of_array(x)


def _cbrt_of_usual(x: Floats, bits: Ints) -> Floats:
    """A guess by the exponent, bettered by a polynomial, and a step of Newton's method."""
    guess = bits // 3
    guess += _CBRT_BITS
    t = guess.view(np.float64)
    r = t / x
    r *= t
    r *= t
    t *= polynomial(_CBRT_ARRAYS, r)
    guess += _HALF_DIGIT
    guess &= _FEW_DIGITS  # so that its square is exact
    r = x / (t * t)
    w = t + t
    w += r
    r -= t
    r /= w
    r *= t
    r += t
    return r
