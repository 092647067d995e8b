"""What the elementary functions have in common: arrays and floats, bits, polynomials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Protocol, overload

import numpy as np

from sim.core.arrays import Floats, Ints

_FEW = 16
"""So many numbers are dealt with faster one by one."""


class Elementary(Protocol):
    """A function of one number, or of each of an array."""

    @overload
    def __call__(self, x: float, /) -> float: ...
    @overload
    def __call__(self, x: Floats | Ints, /) -> Floats: ...


def also_of_floats(
    of_float: Callable[[float], float] | None = None,
) -> Callable[[Callable[[Floats], Floats]], Elementary]:
    """Makes a function of arrays one of floats, too; ``of_float`` does those and few faster."""

    def made(of_array: Callable[[Floats], Floats]) -> Elementary:
        @wraps(of_array)
        def function(x: Floats | Ints | float) -> Floats | float:
            if not isinstance(x, np.ndarray):
                return of_float(float(x)) if of_float else float(of_array(np.array([float(x)]))[0])
            if of_float and x.size <= _FEW:
                each = [of_float(float(number)) for number in x.ravel().tolist()]
                return np.array(each, dtype=np.float64).reshape(x.shape)
            numbers = np.asarray(x, dtype=np.float64)
            return of_array(numbers) if x.ndim else of_array(numbers.reshape(1)).reshape(())

        return function  # type: ignore[return-value]

    return made


def constants(values: Sequence[float]) -> list[Floats]:
    """Arrays without dimensions, which NumPy need not make of floats at every step."""
    return [np.array(value, dtype=np.float64) for value in values]


def polynomial(coefficients: Sequence[Floats], x: Floats) -> Floats:
    """By Horner's rule; the coefficient of the highest power comes first."""
    first, *others, last = coefficients
    total = first * x
    for coefficient in others:
        total += coefficient
        total *= x
    total += last
    return total


LEAST = 2.0**-1022
"""The least number with all its digits; what is below gains them by ``TO_USUAL``."""
TO_USUAL = 2.0**54
_LEAST_BITS, _INFINITE_BITS = 0x0010 << 48, 0x7FF0 << 48


def are_usual(bits: Ints) -> bool:
    """Whether all numbers are positive, finite and not too small, by their bits."""
    return bool(((bits - _LEAST_BITS).view(np.uint64) < _INFINITE_BITS - _LEAST_BITS).all())
