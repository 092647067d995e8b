"""Sine and cosine of half turns, and the arc cosine.

Angles are told in half turns (pi radians): those lose no digits when whole turns are taken off.
The arc cosine is fdlibm's (Sun Microsystems 1993).
"""

from __future__ import annotations

import numpy as np

from sim.core.arrays import Floats
from sim.core.elementary import tables
from sim.core.elementary.numbers import also_of_floats, constants, polynomial

_PI_HIGH, _PI_LOW = tables.split(tables.PI, 50)
_SERIES = [tables.nearest(term) for term in tables.sine_series(22)]
_SINE = constants([*_SERIES[16:0:-2], _PI_LOW])
_COSINE = constants(_SERIES[15::-2])
_HALF_TURN = constants([*_SERIES[21::-2], 1.0])


def _quarter_turns(x: Floats, later: int) -> Floats:
    """Sine of pi x and so many quarter turns."""
    with np.errstate(invalid="ignore"):
        x = x - 2 * np.rint(x / 2)
        quarters = np.rint(2 * x)
        x -= quarters / 2
        turns = (np.where(np.isnan(x), 0.0, quarters).astype(np.int64) + later) & 3
    square = x * x
    sine = x * _PI_HIGH + x * polynomial(_SINE, square)
    cosine = 1 + square * polynomial(_COSINE, square)
    found = np.where(turns & 1, cosine, sine)
    return np.where(turns & 2, -found, found)


@also_of_floats()
def sinpi(x: Floats) -> Floats:
    """The sine of pi x."""
    return _quarter_turns(x, 0)


@also_of_floats()
def cospi(x: Floats) -> Floats:
    """The cosine of pi x."""
    return _quarter_turns(x, 1)


def sinpi_up_to_1(x: Floats) -> Floats:
    """The sine of pi x for x from 0 to 1, within 2^-51: a quarter of the work of :func:`sinpi`."""
    from_middle = x - 0.5
    from_middle *= from_middle
    return polynomial(_HALF_TURN, from_middle)


_ABOVE = constants((3.47933107596021167570e-05, 7.91534994289814532176e-04,
                    -4.00555345006794114027e-02, 2.01212532134862925881e-01,
                    -3.25565818622400915405e-01, 1.66666666666666657415e-01))  # fmt: skip
_BELOW = constants((7.70381505559019352791e-02, -6.88283971605453293030e-01,
                    2.02094576023350569471, -2.40339491173441421878, 1.0))  # fmt: skip
_QUARTER_HIGH, _QUARTER_LOW = tables.split(tables.PI // 2, 50)


@also_of_floats()
def arccos(x: Floats) -> Floats:
    """The angle, radians from 0 to pi, whose cosine is x."""
    inside = np.abs(x) <= 1
    x = np.where(inside, x, 0.0)
    middle = np.abs(x) < 0.5
    z = np.where(middle, x * x, (1 - np.abs(x)) / 2)
    root = np.sqrt(z)
    ratio = z * polynomial(_ABOVE, z) / polynomial(_BELOW, z)
    between = _QUARTER_HIGH - (x - (_QUARTER_LOW - x * ratio))
    below = 2 * (_QUARTER_HIGH - (root + (ratio * root - _QUARTER_LOW)))
    high = (root.view(np.int64) & (-1 << 32)).view(np.float64)
    rest = (z - high * high) / np.where(root > 0, root + high, 1.0)
    above = 2 * (high + (ratio * root + rest))
    found = np.where(middle, between, np.where(x < 0, below, above))
    return np.where(inside, found, np.nan)
