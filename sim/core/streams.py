"""Random numbers have names.

A *stream* is a 64-bit key made from stable names: seed, geography, batch or site, purpose. The
n-th number of a stream is a hash of the key and n, so there is no generator to share, to advance or
to create: a day or a container is an index, adding a batch leaves every other number untouched, and
two scenarios meet the same luck. Counter-based generation is described by Salmon et al. (2011),
"Parallel random numbers: as easy as 1, 2, 3"; the hash is the SplitMix64 finaliser (Steele, Lea and
Flood 2014, with Stafford's variant 13). Only integer arithmetic is used up to the uniforms.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.core.elementary import log


def _word(value: int) -> NDArray[np.uint64]:
    """A constant of 64 bits: arrays without dimensions go into array steps faster than scalars."""
    return np.array(value, dtype=np.uint64)


_WEYL_INT, _MIX_1_INT, _MIX_2_INT = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_WEYL, _MIX_1, _MIX_2 = _word(_WEYL_INT), _word(_MIX_1_INT), _word(_MIX_2_INT)
_SHIFT_1, _SHIFT_2, _SHIFT_3 = _word(30), _word(27), _word(31)
_ALL_BITS = 2**64 - 1
_EVEN_LANES, _LOWER_HALF = _word(0x0000FFFF0000FFFF), _word(0x00000000FFFFFFFF)
_TWELVE, _SIXTEEN, _THIRTY_TWO = _word(12), _word(16), _word(32)
_HALF, _ULP = np.array(0.5), np.array(2.0**-52)
_IRWIN_HALL_MEAN = np.array(2.0 * 65535)
_IRWIN_HALL_SD = math.sqrt(4 / 12) * 65536
_IRWIN_HALL_SD_0D = np.array(_IRWIN_HALL_SD)
NOISE_MOST = 2 * 65535 / _IRWIN_HALL_SD
"""The greatest noise there is, 3.46."""

Keys = np.uint64 | NDArray[np.uint64]


def stream(seed: int, *names: object) -> np.uint64:
    """The key of the stream with these names.

    Args:
        seed: the scenario's seed.
        names: stable names (texts, whole numbers); their order matters.
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()))


def each_stream(seed: int, *names: object, last: Iterable[object]) -> NDArray[np.uint64]:
    """The keys of the streams that have these names and, each, one of the last ones."""
    common = hashlib.blake2b("\x1f".join([str(seed), *map(str, names), ""]).encode(), digest_size=8)
    keys = []
    for name in last:
        own = common.copy()
        own.update(str(name).encode())
        keys.append(int.from_bytes(own.digest()))
    return np.array(keys, dtype=np.uint64)


def bits(key: Keys, index: ArrayLike) -> NDArray[np.uint64]:
    """Number ``index`` of the stream, as 64 random bits; key and index broadcast."""
    z = np.asarray(index).astype(np.uint64)
    if z.ndim == 0:
        if np.ndim(key) == 0:
            return np.array(_bits_at(int(key), int(z)), dtype=np.uint64)
        z = z.reshape(1)
    z = z * _WEYL + key  # arrays wrap around without a word, scalars would warn
    shifted = z >> _SHIFT_1
    z ^= shifted
    z *= _MIX_1
    z ^= np.right_shift(z, _SHIFT_2, out=shifted)
    z *= _MIX_2
    z ^= np.right_shift(z, _SHIFT_3, out=shifted)
    return np.asarray(z, dtype=np.uint64)


def _bits_at(key: int, index: int) -> int:
    z = (index * _WEYL_INT + key) & _ALL_BITS
    z = ((z ^ (z >> 30)) * _MIX_1_INT) & _ALL_BITS
    z = ((z ^ (z >> 27)) * _MIX_2_INT) & _ALL_BITS
    return z ^ (z >> 31)


def uniform(key: Keys, index: ArrayLike) -> NDArray[np.float64]:
    """Uniform on the open interval (0, 1), 52 bits."""
    return uniform_of(bits(key, index))


def uniform_of(z: NDArray[np.uint64]) -> NDArray[np.float64]:
    """What :func:`uniform` makes of random bits."""
    luck = (z >> _TWELVE).astype(np.float64)
    luck += _HALF
    luck *= _ULP
    return luck


def uniform_at(key: np.uint64, index: int) -> float:
    """What :func:`uniform` gives for one number of one stream, without an array."""
    return ((_bits_at(int(key), index) >> 12) + 0.5) * 2.0**-52


def normal_at(key: np.uint64, index: int) -> float:
    """What :func:`normal` gives for one number of one stream, without an array."""
    return normal_quantile_at(uniform_at(key, index))


def normal(key: Keys, index: ArrayLike) -> NDArray[np.float64]:
    """Standard normal by inversion: monotone in the uniform, so common luck stays common."""
    return normal_quantile(uniform(key, index))


def noise(key: Keys, index: ArrayLike) -> NDArray[np.float64]:
    """Nearly normal with mean 0 and SD 1, bounded by +-3.5: the sum of four 16-bit uniforms.

    For sensor noise, where cost matters and tails do not.
    """
    return noise_of(bits(key, index))


def noise_at(key: np.uint64, index: int) -> float:
    """What :func:`noise` gives for one number of one stream, without an array."""
    z = _bits_at(int(key), index)
    quarters = [z >> shift & 0xFFFF for shift in (0, 16, 32, 48)]
    return (sum(quarters) - 2 * 65535) / _IRWIN_HALL_SD


def noise_of(z: NDArray[np.uint64]) -> NDArray[np.float64]:
    """What :func:`noise` makes of random bits."""
    pairs = z >> _SIXTEEN
    pairs &= _EVEN_LANES
    pairs += z & _EVEN_LANES
    total = pairs & _LOWER_HALF
    pairs >>= _THIRTY_TWO
    total += pairs
    found = total.astype(np.float64)
    found -= _IRWIN_HALL_MEAN
    found /= _IRWIN_HALL_SD_0D
    return found


def normal_quantile(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of the standard normal distribution, relative error below 1.2e-9.

    Rational approximation by P. J. Acklam (2003), "An algorithm for computing the inverse normal
    cumulative distribution function".
    """
    p = np.asarray(p, dtype=np.float64)
    if p.ndim == 0:
        return np.asarray(normal_quantile_at(float(p)))
    flat = p.ravel()
    q = flat - 0.5
    z = _ratio(_CENTRAL_0D, q * q, q)
    tail = np.minimum(flat, 1 - flat)
    outer = (tail < _TAIL).nonzero()[0]
    if len(outer):
        far = _ratio(_OUTER_0D, np.sqrt(-2 * log(tail.take(outer))), -1.0)
        z[outer] = np.copysign(far, q.take(outer))
    return z.reshape(p.shape)


def normal_quantile_at(p: float) -> float:
    """What :func:`normal_quantile` gives for one number, without an array."""
    q = p - 0.5
    tail = min(p, 1 - p)
    if tail >= _TAIL:
        return _ratio(_CENTRAL, q * q, q)
    return math.copysign(_ratio(_OUTER, math.sqrt(-2 * log(tail)), -1.0), q)


_TAIL = 0.02425
_Real = TypeVar("_Real", float, NDArray[np.float64])


def _ratio(of: Sequence[Sequence[_Real]], t: _Real, times: _Real | float) -> _Real:
    """The first of two polynomials, some times, over the second."""
    above, below = of
    top = _polynomial(above, t)
    top *= times
    top /= _polynomial(below, t)
    return top


def _polynomial(coefficients: Sequence[_Real], t: _Real) -> _Real:
    """Of the fifth degree, by Horner's rule; arrays in place."""
    a, b, c, d, e, f = coefficients
    total = a * t
    total += b
    total *= t
    total += c
    total *= t
    total += d
    total *= t
    total += e
    total *= t
    total += f
    return total


_CENTRAL = (
    (-3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2,
     1.383577518672690e2, -3.066479806614716e1, 2.506628277459239),
    (-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2,
     6.680131188771972e1, -1.328068155288572e1, 1.0),
)  # fmt: skip
"""Of q^2: the quantile of 0.5 + q, away from the tails, is q times the first over the second."""
_OUTER = (
    (-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838,
     -2.549732539343734, 4.374664141464968, 2.938163982698783),
    (0.0, 7.784695709041462e-3, 3.224671290700398e-1,
     2.445134137142996, 3.754408661907416, 1.0),
)  # fmt: skip
"""Of t = sqrt(-2 log p): how far out the quantile of a tail's probability p is."""
_CENTRAL_0D, _OUTER_0D = (
    tuple(tuple(np.array(each) for each in polynomial) for polynomial in both)
    for both in (_CENTRAL, _OUTER)
)
"""The same as arrays without dimensions, which NumPy need not make of floats at every step."""
