"""What is in the water of a container at an hour, before any instrument looks at it.

Oxygen is used by the fish, most after a meal; carbon dioxide and the nitrogen wastes of a
recirculating plant follow the feed load. Recorded readings and the figures of a stage transition
both come from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.biology.water import TIDE_HOURS
from sim.core.arrays import Floats
from sim.core.elementary import sinpi
from sim.scenario.knobs.farm import SeaWater
from sim.scenario.knobs.instruments import Instruments


@dataclass(frozen=True, slots=True)
class Waters:
    """Containers at hours, as columns that broadcast to (rows, hours).

    Attributes:
        density: kg of fish per m3; ``load`` kg of feed per m3 and day, as the biofilter remembers.
        tide: -1 at low water to 1 at high water.
        after_meal: 1 right after a meal, falling to 0.
        oxygen_loss: share of the oxygen that is missing, as in a bloom.
    """

    degc: Floats
    salinity_ppt: Floats
    saturation_mg_l: Floats
    density: Floats
    load: Floats
    tide: Floats
    hours: Floats
    after_meal: Floats
    oxygen_loss: Floats


Truth = Mapping[str, Callable[[], Floats]]
"""True values by parameter, worked out when they are asked for."""


def tide(day: NDArray[np.int64], hours: NDArray[np.int64], area: NDArray[np.int64]) -> Floats:
    """The tide at hours of days (rows) in areas, by their number: shape (rows, hours)."""
    phase = 2 * (area * 0.137 % 1)
    clock_hours = day[:, None] * 24.0 + hours[None, :]
    return sinpi(2 * clock_hours / TIDE_HOURS + phase[:, None])


def after_meal(hours: NDArray[np.int64], meals: Sequence[int], meal_hours: float) -> Floats:
    """How much of a meal's effect is left at each hour of a day."""
    since = (hours[:, None] - np.array(meals, dtype=np.float64)[None, :]).astype(float)
    since %= 24
    return np.asarray(np.clip(1 - since.min(axis=1) / meal_hours, 0, 1))


def at_sea(waters: Waters, knobs: Instruments, sea: SeaWater) -> Truth:
    """What is in the water of rings."""
    rings = knobs.rings

    def oxygen() -> Floats:
        crowd = np.minimum(waters.density / rings.crowded_kg_m3, rings.most_crowding)
        used = rings.oxygen_per_crowding * crowd
        used = used + rings.oxygen_after_meal * crowd * waters.after_meal
        share = sea.oxygen_share + sea.oxygen_tide_share * waters.tide - used
        return waters.saturation_mg_l * share * (1 - waters.oxygen_loss)

    return {
        "Temperature": lambda: _temperature(waters, knobs, knobs.course.sea_swing_degc),
        "Dissolved Oxygen": oxygen,
        "pH": lambda: rings.ph - rings.ph_per_kg_m3 * waters.density + 0 * waters.hours,
        "Salinity": lambda: waters.salinity_ppt + rings.salinity_tide_ppt * waters.tide,
    }


def in_halls(waters: Waters, knobs: Instruments) -> Truth:
    """What is in the water of tanks."""
    tanks = knobs.tanks

    def oxygen() -> Floats:
        crowd = np.minimum(waters.density / tanks.crowded_kg_m3, tanks.most_crowding)
        share = tanks.oxygen_share - tanks.oxygen_per_crowding * crowd
        share = share - tanks.oxygen_after_meal * crowd * waters.after_meal
        return waters.saturation_mg_l * share * (1 - waters.oxygen_loss)

    def waste(without: float, per_load: float) -> Floats:
        of_load = tanks.fasting_share + tanks.meal_share * waters.after_meal
        return without + per_load * waters.load * of_load

    def carbon() -> Floats:
        return waste(tanks.co2_mg_l, tanks.co2_per_load_mg_l)

    return {
        "Temperature": lambda: _temperature(waters, knobs, knobs.course.hall_swing_degc),
        "Dissolved Oxygen": oxygen,
        "pH": lambda: tanks.ph - tanks.ph_per_co2 * (carbon() - tanks.co2_mg_l),
        "CO2": carbon,
        "NO2": lambda: tanks.no2_mg_l + tanks.no2_per_load_mg_l * waters.load + 0 * waters.hours,
        "NO3": lambda: tanks.no3_mg_l + tanks.no3_per_load_mg_l * waters.load + 0 * waters.hours,
        "NH4": lambda: waste(tanks.nh4_mg_l, tanks.nh4_per_load_mg_l),
    }


def _temperature(waters: Waters, knobs: Instruments, swing_degc: float) -> Floats:
    rising = knobs.course.warmest_hour - 6
    return waters.degc + swing_degc * sinpi(2 * (waters.hours - rising) / 24)
