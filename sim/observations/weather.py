"""Weather and daylight of the areas, written down at the scenario's hours and every day.

Precipitation is what fell since the note before, so that a day's notes add up to its rain whatever
the hours. The light of a day is that of its noon, dimmed by the mean of its notes of cloud.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.biology.weather import (
    clear_sky_w_m2,
    cloud_transmission,
    day_length_hours,
    noon_sine,
)
from sim.company.farm import Farm
from sim.core.arrays import Floats, Ints
from sim.core.clock import MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR
from sim.core.journal import Cut
from sim.environment.weather import HOURS, Sky
from sim.facts import Block, quantise
from sim.observations.days import evening


class WeatherWatcher:
    """Turns days into the areas' notes of weather and light, day by day and hour by hour."""

    def __init__(self, farm: Farm) -> None:
        self.farm = farm
        self.knobs = farm.scenario.weather
        self.hours: Ints = np.array(self.knobs.hours, dtype=np.int64)
        self.since = (np.diff(self.hours, prepend=self.hours[-1] - HOURS)).tolist()
        self.areas: Ints = np.array([area.key for area in farm.layout.areas], dtype=np.int64)
        self.latitude = np.array([area.latitude for area in farm.layout.areas])
        rows_a_day = max(1, len(self.areas) * len(self.hours))
        self.days_per_buffer = max(1, farm.scenario.writing.buffer_rows // rows_a_day)
        self.first_note = self.first_day = 0

    def facts(self, cut: Cut) -> Iterator[Block]:
        """The notes of a chunk's days."""
        if not len(self.areas):
            return
        for first in range(cut.from_day, cut.to_day, self.days_per_buffer):
            last = min(first + self.days_per_buffer, cut.to_day)
            sky = self.farm.surroundings.weather.hours(first - 1, last)
            cloud: Ints = sky.cloud_percent[:, 1:, self.hours]
            yield self._notes(sky, cloud, first, last)
            yield self._light(cloud.mean(axis=2) / 100, first, last)

    def _notes(self, sky: Sky, cloud: Ints, first: int, last: int) -> Block:
        shape = (last - first, len(self.hours), len(self.areas))
        rows = int(np.prod(shape))

        def noted(hours: NDArray[np.generic]) -> Ints:
            chosen = hours[:, 1:, self.hours].transpose(1, 2, 0)
            if chosen.dtype == np.int64:
                return np.ascontiguousarray(chosen, dtype=np.int64).reshape(rows)
            return quantise(chosen.astype(np.float64), 2).reshape(rows)

        day = np.arange(first, last)
        time = day[:, None] * MICROSECONDS_PER_DAY + self.hours * MICROSECONDS_PER_HOUR
        times = np.broadcast_to(time[:, :, None], shape).reshape(rows)
        block = Block(
            "weather",
            rows,
            {
                "key": np.arange(self.first_note, self.first_note + rows, dtype=np.int64),
                "timestamp": times,
                "temperature": noted(sky.air_degc),
                "wind_speed": noted(sky.wind_m_s),
                "wind_direction": noted(sky.wind_degrees),
                "precipitation": 10 * quantise(self._fallen(sky), 1).reshape(rows),
                "wave_height": noted(sky.wave_m),
                "wave_period": noted(sky.wave_s),
                "wave_direction": noted(sky.wave_degrees),
                "cloud_cover": np.ascontiguousarray(cloud.transpose(1, 2, 0)).reshape(rows),
                "created_at": times,
                "area": np.broadcast_to(self.areas, shape).reshape(rows),
            },
        )
        self.first_note += rows
        return block

    def _fallen(self, sky: Sky) -> Floats:
        """Precipitation since the note before, mm: shape (days, hours noted, areas)."""
        rain = sky.rain_mm.reshape(len(self.areas), -1)
        fallen = np.zeros((rain.shape[1] // HOURS - 1, len(self.hours), len(self.areas)))
        for place, (hour, hours) in enumerate(zip(self.hours.tolist(), self.since, strict=True)):
            for back in range(hours):
                start = HOURS + hour - back
                fallen[:, place] += rain[:, start::HOURS].T[: len(fallen)]
        return fallen

    def _light(self, cloud_share: Floats, first: int, last: int) -> Block:
        """Day length, and the light of noon under the day's clouds, lux."""
        day = np.arange(first, last)
        rows = len(day) * len(self.areas)
        clear = clear_sky_w_m2(noon_sine(self.latitude, day[:, None]))
        lux = self.knobs.lumens_per_watt * clear * cloud_transmission(cloud_share.T)
        days = np.repeat(day, len(self.areas))
        block = Block(
            "photoperiod",
            rows,
            {
                "key": np.arange(self.first_day, self.first_day + rows, dtype=np.int64),
                "date": days,
                "day_length_hours": quantise(
                    day_length_hours(self.latitude, day[:, None]), 2
                ).reshape(rows),
                "light_intensity": quantise(lux, 2).reshape(rows),
                "is_interpolated": 0,
                "area": np.tile(self.areas, len(day)),
                "created_at": evening(days),
                "updated_at": evening(days),
            },
        )
        self.first_day += rows
        return block
