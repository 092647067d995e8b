"""The water that fish live in: one temperature and salinity per site and day.

Growth and sensors use the same numbers, so what the sensors report is what the fish felt. At sea:
a seasonal curve, an offset per year that glides from midsummer to midsummer, an anomaly that
persists for weeks, and a lasting difference per area. In halls: the stage's set point with the
small swings of a recirculating plant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.biology.water import DAYS_PER_YEAR, FREEZING_DEGC, persistent, seasonal_degc
from sim.biology.weather import day_of_year
from sim.core.streams import normal, stream
from sim.sites.layout import Layout

RUN_IN_DAYS = 400
"""So that a day's anomaly does not depend on the day on which the simulation starts."""


class Water:
    """Daily means over the simulated span.

    Attributes:
        first_day: day of column 0.
        degc: temperature, shape (sites, days), rounded to 0.0001 degrees.
        departure_degc: how much warmer than its season the sea is that a geography's areas
            share, by day since ``RUN_IN_DAYS`` before the first.
    """

    def __init__(self, layout: Layout, seed: int, first_day: int, last_day: int) -> None:
        self.first_day, self._last_day = first_day, last_day
        self._layout, self._seed = layout, seed
        days = np.arange(first_day - RUN_IN_DAYS, last_day + 1)
        name, sea = layout.geography.name, layout.geography.sea
        variation = layout.scenario.variation
        areas = [site for site in layout.sites if site.stage is None]
        halls = [site for site in layout.sites if site.stage is not None]
        persistence = {"anomaly": (sea.anomaly_ar1, [stream(seed, name, "anomaly")])}
        for what, sites, purpose, ar1 in (
            ("areas", areas, "temperature", sea.anomaly_ar1),
            ("halls", halls, "temperature", variation.hall_temperature_ar1),
        ):
            keys = [stream(seed, name, site.name, purpose) for site in sites]
            persistence[what] = (ar1, keys)
        swings = _swings(persistence, days)
        common = self._sea(layout, seed, days, swings["anomaly"][0])
        own = sea.anomaly_sd_degc * np.sqrt(1 - sea.geography_share)
        keys = [stream(seed, site.name, "site") for site in areas]
        lasting = sea.site_sd_degc * normal(np.array(keys, dtype=np.uint64), 0)
        hall_sd = variation.hall_temperature_sd_degc
        set_points = [layout.stages[site.stage or 0].temperature_degc for site in halls]
        degc: NDArray[np.float64] = np.empty((len(layout.sites), len(days)))
        at_sea, ashore = ([site.index for site in sites] for sites in (areas, halls))
        degc[at_sea] = common + own * swings["areas"] + lasting[:, None]
        degc[ashore] = np.array(set_points)[:, None] + hall_sd * swings["halls"]
        self.degc: NDArray[np.float64] = np.maximum(degc, FREEZING_DEGC)[:, RUN_IN_DAYS:].round(4)

    @cached_property
    def salinity_ppt(self) -> NDArray[np.float64]:
        """Salinity, of the same shape (0 in halls); nobody decides by it, so few ask."""
        layout, sea = self._layout, self._layout.geography.sea
        days = np.arange(self.first_day - RUN_IN_DAYS, self._last_day + 1)
        areas = [site for site in layout.sites if site.stage is None]
        name = layout.geography.name
        keys = [stream(self._seed, name, site.name, "salinity") for site in areas]
        salt = sea.salinity_sd_ppt * _swings({"salt": (sea.salinity_ar1, keys)}, days)["salt"]
        found = np.zeros((len(layout.sites), len(days)))
        found[[site.index for site in areas]] = np.clip(sea.salinity_ppt + salt, 0, 40)
        return np.asarray(np.round(found, 6)[:, RUN_IN_DAYS:])

    def _sea(
        self, layout: Layout, seed: int, days: NDArray[np.int64], anomaly: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """What all areas of the geography share."""
        sea, name = layout.geography.sea, layout.geography.name
        curve = seasonal_degc(day_of_year(days), sea.mean_degc, sea.amplitude_degc, sea.peak_day)
        year = days / DAYS_PER_YEAR
        offset_of = np.arange(int(year[0]) - 1, int(year[-1]) + 3)
        offsets = sea.yearly_sd_degc * normal(stream(seed, name, "year"), offset_of)
        glide = np.interp(year, offset_of + 0.5, offsets)
        anomaly = anomaly * np.sqrt(sea.geography_share)
        self.departure_degc: NDArray[np.float64] = glide + sea.anomaly_sd_degc * anomaly
        return np.asarray(curve + glide + sea.anomaly_sd_degc * anomaly)


def _swings(
    persistence: Mapping[str, tuple[float, Sequence[np.uint64]]], days: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Series that persist, by name: each so much, one per stream."""
    keys = [key for _, streams in persistence.values() for key in streams]
    ar1 = [ar1 for ar1, streams in persistence.values() for _ in streams]
    series = persistent(normal(np.array(keys, dtype=np.uint64)[:, None], days), np.array(ar1))
    ends = np.cumsum([len(streams) for _, streams in persistence.values()])
    return dict(zip(persistence, np.split(series, ends[:-1]), strict=True))
