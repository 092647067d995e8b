"""Weather in formulae: wind, waves, rain, the sun. Pure functions with their sources."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Floats
from sim.core.streams import normal_quantile

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
    return np.asarray(np.maximum(root, 0) ** 2)


def waves(wind: Floats, fetch_m: Floats) -> tuple[Floats, Floats]:
    """Significant height (m) and peak period (s) of deep-water waves that a fetch lets grow.

    Source: US Army CERC (1984), Shore Protection Manual, equations 3-28, 3-33 and 3-34, with the
    fully developed sea (3-36, 3-37) as their limit.
    """
    stress = 0.71 * wind**1.23  # the manual's adjusted wind speed
    safe = np.maximum(stress, 1e-6)
    reach = GRAVITY_M_S2 * fetch_m / (safe * safe)
    height = np.minimum(1.6e-3 * np.sqrt(reach), 0.2433) * stress * stress / GRAVITY_M_S2
    period = np.minimum(0.2857 * np.cbrt(reach), 8.134) * stress / GRAVITY_M_S2
    return np.asarray(height), np.asarray(period)


def rain_mm(mean_mm: float, wet_share: float, z: Floats) -> Floats:
    """Precipitation of which ``wet_share`` of the hours have any, from standard normals.

    What exceeds a threshold falls, scaled so that the mean is ``mean_mm``: the mean excess of a
    standard normal over t is pdf(t) - t P(z > t).
    """
    threshold = float(normal_quantile(np.array(1 - wet_share)))
    density = np.exp(-threshold * threshold / 2) / np.sqrt(2 * np.pi)
    excess = density - threshold * wet_share
    return np.asarray(mean_mm / excess * np.maximum(z - threshold, 0))


def declination(day: NDArray[np.int64] | Floats) -> Floats:
    """The sun's declination at noon UTC, radians, to 0.01 degrees.

    Source: the Astronomical Almanac's low-precision formula, see Michalsky (1988), Solar Energy
    40:227. ``day`` counts from 1970-01-01.
    """
    n = np.asarray(day) + 0.5 - _J2000_DAY
    anomaly = np.radians((357.528 + 0.9856003 * n) % 360)
    longitude = 280.460 + 0.9856474 * n + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly)
    obliquity = np.radians(23.439 - 0.0000004 * n)
    return np.asarray(np.arcsin(np.sin(obliquity) * np.sin(np.radians(longitude % 360))))


def day_length_hours(latitude: Floats, day: NDArray[np.int64]) -> Floats:
    """Time from sunrise to sunset, hours: the sunrise equation, with refraction.

    0 in the polar night, 24 in the polar day. Arguments broadcast; latitude in degrees.
    """
    latitude, sun = np.radians(latitude), declination(day)
    level = np.sin(np.radians(SUNRISE_DEGREES)) - np.sin(latitude) * np.sin(sun)
    half_day = np.arccos(np.clip(level / (np.cos(latitude) * np.cos(sun)), -1, 1))
    return np.asarray(24 / np.pi * half_day)


def noon_sine(latitude: Floats, day: NDArray[np.int64]) -> Floats:
    """Sine of the sun's height at solar noon, 0 if it does not rise; latitude in degrees."""
    return np.asarray(np.maximum(np.cos(np.radians(latitude) - declination(day)), 0))


def clear_sky_w_m2(sine: Floats) -> Floats:
    """Global radiation under a clear sky by the sine of the sun's height.

    Source: Haurwitz (1945), J Meteorol 2:154.
    """
    return np.asarray(np.where(sine > 0, 1098 * sine * np.exp(-0.057 / np.maximum(sine, 1e-4)), 0))


def cloud_transmission(cloud_share: Floats) -> Floats:
    """Share of the clear sky's radiation that clouds let through.

    Source: Kasten and Czeplak (1980), Solar Energy 24:177.
    """
    return np.asarray(1 - 0.75 * cloud_share**3.4)
