"""The water that fish live in: one temperature and salinity per site and day.

Growth and sensors use the same numbers, so what the sensors report is what the fish felt. At sea:
a seasonal curve, an offset per year that glides from midsummer to midsummer, an anomaly that
persists for weeks, and a lasting difference per area. In halls: the stage's set point with the
small swings of a recirculating plant.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.biology.water import DAYS_PER_YEAR, persistent, seasonal_degc
from sim.clock import date_of, day_of
from sim.layout import Layout
from sim.streams import normal, stream

_HALL_AR1, _SALINITY_AR1 = 0.8, 0.9
RUN_IN_DAYS = 400
"""So that a day's anomaly does not depend on the day on which the simulation starts."""
_GEOGRAPHY_SHARE = 0.8
"""Share of the anomaly's variance that a geography's areas have in common."""


class Water:
    """Daily means over the simulated span.

    Attributes:
        first_day: day of column 0.
        degc: temperature, shape (sites, days), rounded to 0.0001 degrees.
        salinity_ppt: salinity, same shape (0 in halls).
        departure_degc: how much warmer than its season the sea is that a geography's areas
            share, by day since ``RUN_IN_DAYS`` before the first.
    """

    def __init__(self, layout: Layout, seed: int, first_day: int, last_day: int) -> None:
        self.first_day = first_day
        days = np.arange(first_day - RUN_IN_DAYS, last_day + 1)
        name = layout.geography.name
        self.degc: NDArray[np.float64] = np.empty((len(layout.sites), len(days)))
        self.salinity_ppt: NDArray[np.float64] = np.zeros_like(self.degc)
        common = self._sea(layout, seed, days)
        sea = layout.geography.sea
        hall_sd = layout.scenario.variation.hall_temperature_sd_degc
        areas = [site.index for site in layout.sites if site.stage is None]
        halls = [site.index for site in layout.sites if site.stage is not None]
        names = [site.name for site in layout.sites]

        def shocks(sites: list[int], purpose: str) -> NDArray[np.float64]:
            keys = [stream(seed, name, names[site], purpose) for site in sites]
            return normal(np.array(keys, dtype=np.uint64)[:, None], days)

        if areas:
            own = sea.anomaly_sd_degc * np.sqrt(1 - _GEOGRAPHY_SHARE)
            keys = [stream(seed, names[site], "site") for site in areas]
            lasting = sea.site_sd_degc * normal(np.array(keys, dtype=np.uint64), 0)
            anomalies = own * persistent(shocks(areas, "temperature"), sea.anomaly_ar1)
            self.degc[areas] = common + anomalies + lasting[:, None]
            salt = sea.salinity_sd_ppt * persistent(shocks(areas, "salinity"), _SALINITY_AR1)
            self.salinity_ppt[areas] = np.clip(sea.salinity_ppt + salt, 0, 40)
        if halls:
            set_points = [layout.stages[layout.sites[site].stage or 0].temperature_degc
                          for site in halls]  # fmt: skip
            swings = hall_sd * persistent(shocks(halls, "temperature"), _HALL_AR1)
            self.degc[halls] = np.array(set_points)[:, None] + swings
        degc: NDArray[np.float64] = np.maximum(self.degc, -1.5)[:, RUN_IN_DAYS:]
        self.degc = degc.round(4)
        self.salinity_ppt = np.round(self.salinity_ppt, 6)[:, RUN_IN_DAYS:]

    def _sea(self, layout: Layout, seed: int, days: NDArray[np.int64]) -> NDArray[np.float64]:
        """What all areas of the geography share."""
        sea, name = layout.geography.sea, layout.geography.name
        new_year = np.array([day_of(date_of(int(day)).replace(month=1, day=1)) for day in days])
        curve = seasonal_degc(
            (days - new_year + 1).astype(float), sea.mean_degc, sea.amplitude_degc, sea.peak_day
        )
        year = days / DAYS_PER_YEAR
        offset_of = np.arange(int(year[0]) - 1, int(year[-1]) + 3)
        offsets = sea.yearly_sd_degc * normal(stream(seed, name, "year"), offset_of)
        glide = np.interp(year, offset_of + 0.5, offsets)
        shocks = normal(stream(seed, name, "anomaly"), days)
        anomaly = persistent(shocks, sea.anomaly_ar1) * np.sqrt(_GEOGRAPHY_SHARE)
        self.departure_degc: NDArray[np.float64] = glide + sea.anomaly_sd_degc * anomaly
        return np.asarray(curve + glide + sea.anomaly_sd_degc * anomaly)
