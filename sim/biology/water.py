"""Water: seasonal temperature, anomalies that persist, oxygen at saturation."""

from __future__ import annotations

import numpy as np

from sim.core.arrays import Floats
from sim.core.elementary import cospi, exp, log

DAYS_PER_YEAR = 365.2425
TIDE_HOURS = 12.42
"""Period of the principal lunar tide M2."""
FREEZING_DEGC = -1.5
"""The sea is never colder: sea water of farms begins to freeze."""


def seasonal_degc(day_of_year: Floats, mean: float, amplitude: float, peak_day: int) -> Floats:
    """Harmonic seasonal curve of the sea's temperature, degrees C."""
    return mean + amplitude * cospi(2 * (day_of_year - peak_day) / DAYS_PER_YEAR)


def persistent(shocks: Floats, ar1: Floats | float) -> Floats:
    """Stationary AR(1) series of unit variance along the last axis, from normal shocks.

    Args:
        shocks: standard normal.
        ar1: how much of a value persists; one for all series, or one for each.
    """
    series = np.ascontiguousarray(np.moveaxis(shocks, -1, 0)) * np.sqrt(1 - ar1 * ar1)
    series[0] = shocks[..., 0]
    for step in range(1, len(series)):
        series[step] += ar1 * series[step - 1]
    return np.ascontiguousarray(np.moveaxis(series, 0, -1))


def oxygen_saturation_mg_l(degc: Floats, salinity_ppt: Floats | float) -> Floats:
    """Dissolved oxygen in equilibrium with moist air at one atmosphere, mg/L.

    Source: Weiss (1970), Deep-Sea Res 17:721, equation 4; 1.42903 mg per ml of oxygen.
    """
    t = (degc + 273.15) / 100
    fresh = -173.4292 + 249.6339 / t + 143.3483 * log(t) - 21.8492 * t
    salt = salinity_ppt * (-0.033096 + 0.014259 * t - 0.0017000 * t * t)
    return 1.42903 * exp(fresh + salt)
