"""Sensor readings: what the sensors of an occupied container reported, several times a day.

Every value is worked out from the container's true day (temperature, density, feed load), the
hour, and the sensor's own noise and drift since its calibration; it is rounded to the sensor's
resolution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.biology.water import TIDE_HOURS, oxygen_saturation_mg_l
from sim.clock import MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR
from sim.facts import Block
from sim.farm import Farm
from sim.journal import Columns
from sim.layout import FRESHWATER_PARAMETERS, PARAMETERS, SEA_PARAMETERS
from sim.streams import noise, stream

Floats = NDArray[np.float64]
_SCALE = 10_000
_CALIBRATION_DAYS = 180
_SWING_HOURS = 5.0
"""How long oxygen stays down after a meal."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A sensor's noise (SD), drift until the next calibration (SD), step and range."""

    noise: float
    drift: float
    step: float
    low: float
    high: float


INSTRUMENTS: Mapping[str, Instrument] = {
    "Temperature": Instrument(0.05, 0.05, 0.01, -2, 30),
    "Dissolved Oxygen": Instrument(0.10, 0.12, 0.01, 0, 20),
    "pH": Instrument(0.03, 0.05, 0.01, 4, 10),
    "CO2": Instrument(0.4, 0.3, 0.1, 0, 40),
    "NO2": Instrument(0.01, 0.005, 0.001, 0, 5),
    "NO3": Instrument(1.5, 1.0, 0.1, 0, 300),
    "NH4": Instrument(0.03, 0.02, 0.001, 0, 10),
    "Salinity": Instrument(0.05, 0.08, 0.01, 0, 40),
}


@dataclass(frozen=True, slots=True)
class _Days:
    """The container-days of one kind of site, as columns of shape (rows, 1)."""

    degc: Floats
    salinity_ppt: Floats
    saturation_mg_l: Floats
    density: Floats
    load: Floats
    tide: Floats
    hours: Floats
    after_meal: Floats


def _temperature(days: _Days, daily_swing: float) -> Floats:
    return days.degc + daily_swing * np.sin(2 * np.pi * (days.hours - 9) / 24)


def _sea_oxygen(days: _Days, share: float, tide_share: float) -> Floats:
    crowd = np.minimum(days.density / 20, 1.5)
    used = 0.03 * crowd + 0.08 * crowd * days.after_meal
    return days.saturation_mg_l * (share + tide_share * days.tide - used)


def _hall_oxygen(days: _Days) -> Floats:
    crowd = np.minimum(days.density / 60, 1.5)
    return days.saturation_mg_l * (0.97 - 0.05 * crowd - 0.06 * crowd * days.after_meal)


def _carbon_dioxide(days: _Days) -> Floats:
    return 4 + 9 * days.load * (0.9 + 0.3 * days.after_meal)


class ReadingExpander:
    """Turns container-days into readings; holds what is constant about a geography's sensors."""

    def __init__(self, farm: Farm) -> None:
        self.farm = farm
        layout, name = farm.layout, farm.geography.name
        self.sensor_luck = np.array(
            [
                stream(farm.seed, name, container, parameter)
                for index, container in enumerate(layout.names)
                for parameter in (SEA_PARAMETERS if layout.at_sea[index] else FRESHWATER_PARAMETERS)
            ],
            dtype=np.uint64,
        )
        self.drift = noise(self.sensor_luck, 0)
        self.hours = np.array(farm.scenario.recording.reading_hours, dtype=np.int64)
        meals = np.array(farm.scenario.recording.feeding_hours, dtype=np.float64)
        since = (self.hours[:, None] - meals[None, :]).astype(float)
        since %= 24
        self.after_meal = np.clip(1 - since.min(axis=1) / _SWING_HOURS, 0, 1)
        self.tide_phase = 2 * np.pi * (np.array([site.key for site in layout.sites]) * 0.137 % 1)
        self.first_key = 0

    def expand(self, columns: Columns) -> Iterator[Block]:
        """Readings of some container-days, in blocks for halls and for rings."""
        at_sea = self.farm.layout.at_sea[columns["container"]]
        for sea, parameters in ((False, FRESHWATER_PARAMETERS), (True, SEA_PARAMETERS)):
            rows = np.flatnonzero(at_sea == sea)
            if len(rows):
                part = {name: column[rows] for name, column in columns.items()}
                yield self._block(part, parameters, sea=sea)

    def _days(self, columns: Columns) -> _Days:
        farm = self.farm
        container, day = columns["container"], columns["day"].astype(np.int64)
        site = farm.layout.site_of[container]
        degc = columns["degc"].astype(np.float64)
        salinity = farm.water.salinity_ppt[site, day - farm.water.first_day]
        clock_hours = day[:, None] * 24.0 + self.hours[None, :]
        biomass = columns["count"] * columns["weight_g"] / 1000
        return _Days(
            degc=degc[:, None],
            salinity_ppt=salinity[:, None],
            saturation_mg_l=oxygen_saturation_mg_l(degc, salinity)[:, None],
            density=(biomass / farm.layout.volume_m3[container])[:, None],
            load=columns["load"].astype(np.float64)[:, None],
            tide=np.sin(2 * np.pi * clock_hours / TIDE_HOURS + self.tide_phase[site][:, None]),
            hours=self.hours[None, :].astype(np.float64),
            after_meal=self.after_meal[None, :],
        )

    def _truth(self, days: _Days, *, sea: bool) -> Mapping[str, Callable[[], Floats]]:
        water = self.farm.geography.sea
        if sea:
            return {
                "Temperature": lambda: _temperature(days, 0.12),
                "Dissolved Oxygen": lambda: _sea_oxygen(
                    days, water.oxygen_share, water.oxygen_tide_share
                ),
                "pH": lambda: 8.05 - 0.004 * days.density + 0 * days.hours,
                "Salinity": lambda: days.salinity_ppt + 0.1 * days.tide,
            }
        return {
            "Temperature": lambda: _temperature(days, 0.04),
            "Dissolved Oxygen": lambda: _hall_oxygen(days),
            "pH": lambda: 7.35 - 0.03 * (_carbon_dioxide(days) - 4),
            "CO2": lambda: _carbon_dioxide(days),
            "NO2": lambda: 0.05 + 0.15 * days.load + 0 * days.hours,
            "NO3": lambda: 15 + 60 * days.load + 0 * days.hours,
            "NH4": lambda: 0.1 + 0.9 * days.load * (0.9 + 0.3 * days.after_meal),
        }

    def _block(self, columns: Columns, parameters: tuple[str, ...], *, sea: bool) -> Block:
        days = self._days(columns)
        truth = self._truth(days, sea=sea)
        first_sensor = self.farm.layout.first_sensor[columns["container"]]
        day = columns["day"].astype(np.int64)
        moment = day[:, None] * 24 + self.hours[None, :]
        aged = (day % _CALIBRATION_DAYS)[:, None] / _CALIBRATION_DAYS
        shape = (len(day), len(parameters), len(self.hours))
        value = np.empty(shape, dtype=np.int64)
        for place, parameter in enumerate(parameters):
            sensor = first_sensor + place
            instrument = INSTRUMENTS[parameter]
            seen = truth[parameter]()
            seen = seen + instrument.noise * noise(self.sensor_luck[sensor][:, None], moment)
            seen += instrument.drift * self.drift[sensor][:, None] * aged
            np.clip(seen, instrument.low, instrument.high, out=seen)
            steps = np.rint(seen / instrument.step).astype(np.int64)
            value[:, place, :] = steps * round(instrument.step * _SCALE)
        total = value.size
        time = day[:, None] * MICROSECONDS_PER_DAY + self.hours * MICROSECONDS_PER_HOUR
        times = np.broadcast_to(time[:, None, :], shape).reshape(total)
        sensors = first_sensor[:, None] + np.arange(len(parameters))
        parameter_key = np.array([PARAMETERS.index(name) for name in parameters])
        each = len(parameters) * len(self.hours)

        def per_row(name: str) -> NDArray[np.int64]:
            return np.repeat(columns[name].astype(np.int64), each)

        keys = np.arange(self.first_key, self.first_key + total, dtype=np.int64)
        self.first_key += total
        return Block(
            "reading",
            total,
            {
                "key": keys,
                "value": value.reshape(total),
                "reading_time": times,
                "created_at": times,
                "batch": per_row("batch"),
                "container": per_row("container"),
                "parameter": np.broadcast_to(parameter_key[None, :, None], shape).reshape(total),
                "sensor": np.repeat(sensors.reshape(-1), len(self.hours)),
                "batch_container_assignment": per_row("assignment"),
            },
        )
