"""Weather in formulae: wind, waves, rain, the sun. Pure functions with their sources."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Floats
from sim.core.elementary import arccos, cbrt, cospi, exp, power, sinpi
from sim.core.streams import normal_quantile_at

GRAVITY_M_S2 = 9.81
SUNRISE_DEGREES = -0.8333
"""Height of the sun's centre when its upper edge is seen at the horizon: radius and refraction."""
_J2000_DAY = 10957.5
"""Noon of 2000-01-01 in days since 1970-01-01."""


def day_of_year(day: NDArray[np.int64]) -> Floats:
    """Day of the calendar year, 1 on 1 January; ``day`` counts from 1970-01-01."""
    dates = np.asarray(day).astype("datetime64[D]")
    new_year = dates.astype("datetime64[Y]").astype("datetime64[D]")
    return np.asarray((dates - new_year).astype(np.int64) + 1.0)


def wind_m_s(mean_m_s: Floats, cv: float, z: Floats) -> Floats:
    """Wind whose square root is normal, with a mean and a spread, from standard normals.

    Source: Widger (1977), J Appl Meteorol 16:244; the square root and an autoregression are how
    Brown, Katz and Murphy (1984), J Climate Appl Meteorol 23:1184, simulate wind.
    """
    ratio = np.sqrt(2 / (2 - cv * cv)) - 1  # variance / squared mean of the root
    root = np.sqrt(mean_m_s / (1 + ratio)) * (1 + np.sqrt(ratio) * z)
    root = np.maximum(root, 0)
    return np.asarray(root * root)


def waves(wind: Floats, fetch_m: Floats) -> tuple[Floats, Floats]:
    """Significant height (m) and peak period (s) of deep-water waves that a fetch lets grow.

    Source: US Army CERC (1984), Shore Protection Manual, equations 3-28, 3-33 and 3-34, with the
    fully developed sea (3-36, 3-37) as their limit.
    """
    stress = 0.71 * power(wind, 1.23)  # the manual's adjusted wind speed
    safe = np.maximum(stress, 1e-6)
    reach = GRAVITY_M_S2 * fetch_m / (safe * safe)
    height = np.minimum(1.6e-3 * np.sqrt(reach), 0.2433) * stress * stress / GRAVITY_M_S2
    period = np.minimum(0.2857 * cbrt(reach), 8.134) * stress / GRAVITY_M_S2
    return np.asarray(height), np.asarray(period)


def rain_mm(mean_mm: float, wet_share: float, z: Floats) -> Floats:
    """Precipitation of which ``wet_share`` of the hours have any, from standard normals.

    What exceeds a threshold falls, scaled so that the mean is ``mean_mm``: the mean excess of a
    standard normal over t is pdf(t) - t P(z > t).
    """
    threshold = normal_quantile_at(1 - wet_share)
    density = exp(-threshold * threshold / 2) / math.sqrt(2 * math.pi)
    excess = density - threshold * wet_share
    return np.asarray(mean_mm / excess * np.maximum(z - threshold, 0))


def declination(day: NDArray[np.int64] | Floats) -> tuple[Floats, Floats]:
    """Sine and cosine of the sun's declination at noon UTC, which is known to 0.01 degrees.

    Source: the Astronomical Almanac's low-precision formula, see Michalsky (1988), Solar Energy
    40:227. ``day`` counts from 1970-01-01.
    """
    n: Floats = np.asarray(day, dtype=np.float64) + 0.5 - _J2000_DAY
    anomaly = (357.528 + 0.9856003 * n) / 180
    longitude = 280.460 + 0.9856474 * n + 1.915 * sinpi(anomaly) + 0.020 * sinpi(2 * anomaly)
    sine = sinpi((23.439 - 0.0000004 * n) / 180) * sinpi(longitude / 180)
    return sine, np.sqrt(1 - sine * sine)


def day_length_hours(latitude: Floats, day: NDArray[np.int64]) -> Floats:
    """Time from sunrise to sunset, hours: the sunrise equation, with refraction.

    0 in the polar night, 24 in the polar day. Arguments broadcast; latitude in degrees.
    """
    sine, cosine = declination(day)
    level = sinpi(SUNRISE_DEGREES / 180) - sinpi(latitude / 180) * sine
    across = np.maximum(cospi(latitude / 180) * cosine, 1e-12)
    half_day = arccos(np.clip(level / across, -1, 1))
    return np.asarray(24 / math.pi * half_day)


def noon_sine(latitude: Floats, day: NDArray[np.int64]) -> Floats:
    """Sine of the sun's height at solar noon, 0 if it does not rise; latitude in degrees."""
    sine, cosine = declination(day)
    height = sinpi(latitude / 180) * sine + cospi(latitude / 180) * cosine
    return np.asarray(np.maximum(height, 0))


def clear_sky_w_m2(sine: Floats) -> Floats:
    """Global radiation under a clear sky by the sine of the sun's height.

    Source: Haurwitz (1945), J Meteorol 2:154.
    """
    return np.asarray(np.where(sine > 0, 1098 * sine * exp(-0.057 / np.maximum(sine, 1e-4)), 0))


def cloud_transmission(cloud_share: Floats) -> Floats:
    """Share of the clear sky's radiation that clouds let through.

    Source: Kasten and Czeplak (1980), Solar Energy 24:177.
    """
    return np.asarray(1 - 0.75 * power(cloud_share, 3.4))
