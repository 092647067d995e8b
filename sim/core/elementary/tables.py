"""Constants and tables for the elementary functions, worked out in whole numbers.

Numbers are whole multiples of 2^-140, so that nothing is rounded before it becomes a float.
"""

from __future__ import annotations

from functools import cache
from math import isqrt

_BITS = 140
ONE = 1 << _BITS
PI = 314159265358979323846264338327950288419716939937510582097494 * ONE // 10**59


def nearest(value: int) -> float:
    """The float next to a number."""
    return value / ONE


def split(value: int, places: int) -> tuple[float, float]:
    """A number as two floats: the first is a whole multiple of 2^-places."""
    unit = _BITS - places
    high = (value + (1 << unit - 1)) >> unit
    return high / (1 << places), nearest(value - (high << unit))


@cache
def _artanh_of_inverse(n: int) -> int:
    """artanh(1/n), by its series."""
    term = total = ONE // n
    order = 1
    while term:
        term //= n * n
        order += 2
        total += term // order
    return total


def ln2() -> int:
    """The natural logarithm of 2."""
    return 2 * _artanh_of_inverse(3)


def powers_of_two(steps: int) -> list[int]:
    """2^(j / steps) for j from 0 to steps - 1; ``steps`` is a power of two."""
    root = 2 * ONE
    for _ in range(steps.bit_length() - 1):
        root = isqrt(root << _BITS)
    found = [ONE]
    for _ in range(steps - 1):
        found.append(found[-1] * root >> _BITS)
    return found


def logarithms(first: int, last: int, steps: int) -> list[int]:
    """ln(j / steps) for j from ``first`` to ``last``, which have ``steps`` between them."""
    found = {steps: 0}
    for j in range(steps, last):  # the logarithm of (j + 1) / j is 2 artanh(1 / (2 j + 1))
        found[j + 1] = found[j] + 2 * _artanh_of_inverse(2 * j + 1)
    for j in range(steps - 1, first - 1, -1):
        found[j] = found[j + 1] - 2 * _artanh_of_inverse(2 * j + 1)
    return [found[j] for j in range(first, last + 1)]


def sine_series(terms: int) -> list[int]:
    """Coefficients of x, x^2, x^3 ... of sin(pi x) (the odd ones) and cos(pi x) (the even)."""
    found, power = [], ONE
    for order in range(1, terms + 1):
        power = power * PI // (order * ONE)
        found.append(-power if order % 4 in (2, 3) else power)
    return found
