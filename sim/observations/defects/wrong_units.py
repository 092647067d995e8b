"""What instruments tell when they are set to another unit than their parameter's.

Values come and go as readings have them: whole numbers of 0.0001.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sim.biology.water import oxygen_saturation_mg_l
from sim.facts import Ints

SCALE = 10_000

_NITROGEN = 14.0067  # g/mol, as the weights of the ions below: IUPAC 2021
_ION = {"NO2": 46.0055, "NO3": 62.0049, "NH4": 18.0385}


def fahrenheit(value: Ints) -> Ints:
    """Degrees Celsius told as Fahrenheit."""
    told: Ints = np.rint(value * 1.8).astype(np.int64) + 32 * SCALE
    return told


def percent_of_saturation(value: Ints, temperature: Ints, salinity: Ints | int) -> Ints:
    """Oxygen in mg/L told in percent of what the water could hold, to 0.1 percent."""
    full = oxygen_saturation_mg_l(temperature / SCALE, np.asarray(salinity) / SCALE)
    return np.rint(value / SCALE / full * 1000).astype(np.int64) * (SCALE // 10)


def _as_ion(name: str) -> Callable[[Ints], Ints]:
    """Mg/L of nitrogen told as mg/L of the ion that holds it."""
    factor = _ION[name] / _NITROGEN
    return lambda value: np.rint(value * factor).astype(np.int64)


ALONE: Mapping[str, Callable[[Ints], Ints]] = {
    "Temperature": fahrenheit,
    **{name: _as_ion(name) for name in _ION},
}
"""The conversions that ask for nothing but the value; oxygen's asks for the water."""
