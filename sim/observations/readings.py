"""Sensor readings: what the sensors of an occupied container reported, several times a day.

Every value is worked out from the container's true day (temperature, density, feed load), the
hour, and the sensor's own noise and drift since its calibration; it is rounded to the sensor's
resolution.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.biology.water import oxygen_saturation_mg_l
from sim.company.farm import Farm
from sim.core.clock import MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR
from sim.core.journal import Columns
from sim.core.streams import noise, stream
from sim.environment import water_quality
from sim.environment.water_quality import Truth, Waters
from sim.facts import Block
from sim.sites.parameters import FRESHWATER_PARAMETERS, PARAMETERS, SEA_PARAMETERS
from sim.sites.sensors import Calibrations

_SCALE = 10_000


class ReadingExpander:
    """Turns container-days into readings; holds what is constant about a geography's sensors."""

    def __init__(self, farm: Farm, calibrations: Calibrations) -> None:
        self.farm, self.calibrations = farm, calibrations
        layout, name = farm.layout, farm.geography.name
        self.sensor_luck = np.array(
            [
                stream(farm.seed, name, container, parameter)
                for index, container in enumerate(layout.names)
                for parameter in layout.parameters_of(index)
            ],
            dtype=np.uint64,
        )
        self.drift = noise(self.sensor_luck, 0)
        self.hours = np.array(farm.scenario.recording.reading_hours, dtype=np.int64)
        self.knobs = farm.scenario.instruments
        self.instruments = {name: self.knobs.sensors.of(name) for name in PARAMETERS}
        self.after_meal = water_quality.after_meal(
            self.hours, farm.scenario.recording.feeding_hours, self.knobs.course.meal_hours
        )
        self.number = np.array([site.key for site in layout.sites])
        self.first_key = 0

    def expand(self, columns: Columns) -> Iterator[Block]:
        """Readings of some container-days, in blocks for halls and for rings."""
        at_sea = self.farm.layout.at_sea[columns["container"]]
        for sea, parameters in ((False, FRESHWATER_PARAMETERS), (True, SEA_PARAMETERS)):
            rows = np.flatnonzero(at_sea == sea)
            if len(rows):
                part = {name: column[rows] for name, column in columns.items()}
                yield self._block(part, parameters, sea=sea)

    def _waters(self, columns: Columns) -> Waters:
        farm = self.farm
        container, day = columns["container"], columns["day"].astype(np.int64)
        site = farm.layout.site_of[container]
        degc = columns["degc"].astype(np.float64)
        salinity = farm.surroundings.water.salinity_ppt[
            site, day - farm.surroundings.water.first_day
        ]
        biomass = columns["count"] * columns["weight_g"] / 1000
        return Waters(
            degc=degc[:, None],
            salinity_ppt=salinity[:, None],
            saturation_mg_l=oxygen_saturation_mg_l(degc, salinity)[:, None],
            density=(biomass / farm.layout.volume_m3[container])[:, None],
            load=columns["load"].astype(np.float64)[:, None],
            tide=water_quality.tide(day, self.hours, self.number[site]),
            hours=self.hours[None, :].astype(np.float64),
            after_meal=self.after_meal[None, :],
            oxygen_loss=columns["oxygen_loss"][:, None],
        )

    def _truth(self, waters: Waters, *, sea: bool) -> Truth:
        if sea:
            return water_quality.at_sea(waters, self.knobs, self.farm.geography.sea)
        return water_quality.in_halls(waters, self.knobs)

    def _block(self, columns: Columns, parameters: tuple[str, ...], *, sea: bool) -> Block:
        truth = self._truth(self._waters(columns), sea=sea)
        first_sensor = self.farm.layout.first_sensor[columns["container"]]
        day = columns["day"].astype(np.int64)
        moment = day[:, None] * 24 + self.hours[None, :]
        since = day - self.calibrations.last(columns["container"], day)
        aged = since[:, None] / self.calibrations.every_days
        shape = (len(day), len(parameters), len(self.hours))
        value = np.empty(shape, dtype=np.int64)
        for place, parameter in enumerate(parameters):
            sensor = first_sensor + place
            instrument = self.instruments[parameter]
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
