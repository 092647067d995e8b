"""The weather over a geography's areas: daily figures for decisions, hours for the record.

A state of the sky (wind, its direction, air, cloud, rain) is a standard normal series per area and
day: an AR(1) that the geography's areas mostly share, and a local one. An hour lies between the
noons of two days, with an unrest of its own. From that state follow the figures: the wind with its
season, cloud that comes with wind, rain that comes with cloud, waves that grow with the wind over
the area's open water, the air with its season, the sea's departure from its own, and the sun.

The daily wind is worked out from the same hours that are recorded, so that a storm is a storm in
the record too. Nothing depends on the day on which a simulation or a chunk starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.biology.water import persistent, seasonal_degc
from sim.biology.weather import (
    cloud_transmission,
    day_of_year,
    noon_sine,
    rain_mm,
    waves,
    wind_m_s,
)
from sim.core.arrays import Floats, Ints
from sim.core.elementary import cospi, exp, log
from sim.core.streams import noise, normal, stream, uniform
from sim.environment.water import RUN_IN_DAYS, Water
from sim.sites.layout import Layout

HOURS = 24
_STATES = ("wind", "direction", "air", "cloud", "rain")
_HOURS_PER_YEAR = 8766
_DAYS_AT_A_TIME = 200


@dataclass(frozen=True, slots=True)
class Sky:
    """The hours of some days over all areas: arrays of shape (areas, days, 24).

    Directions are those from which wind and waves come, degrees clockwise from north.
    """

    wind_m_s: Floats
    wind_degrees: Ints
    air_degc: Floats
    cloud_percent: Ints
    rain_mm: Floats
    wave_m: Floats
    wave_s: Floats
    wave_degrees: Ints


class Weather:
    """Weather over the simulated span. Of halls there is none: False and 0.

    Attributes:
        first_day: day of column 0 of the daily arrays, whose shape is (sites, days).
        storm: whether the greatest of a day's 24 winds reaches the scenario's storm wind: all that
            the model asks for. The other figures are worked out when somebody asks.
    """

    def __init__(
        self, layout: Layout, seed: int, water: Water, first_day: int, last_day: int
    ) -> None:
        self.first_day = first_day
        self._layout, self._seed, self._water = layout, seed, water
        self._knobs, self._climate = layout.scenario.weather, layout.geography.weather
        self._origin = first_day - RUN_IN_DAYS
        self._latitude = np.array([area.latitude for area in layout.areas])
        self._longitude = np.array([area.longitude for area in layout.areas])
        self._states: dict[str, Floats] = {}
        self._days = np.arange(self._origin, last_day + 2)
        self._luck = {name: self._keys(name, "hours") for name in (*_STATES, "waves")}
        self._open_degrees, self._fetch_m = self._open_water()
        self._weights = _weights_of_hours(self._knobs.ar1)
        self._span = np.arange(first_day, last_day + 1)
        self.storm: NDArray[np.bool_] = self.max_wind_m_s >= self._knobs.storm_m_s
        self._stormy: dict[int, list[int]] = {}
        for column, site in np.argwhere(self.storm.T).tolist():
            self._stormy.setdefault(first_day + column, []).append(site)

    def is_stormy(self, site: int, day: int) -> bool:
        """Whether there is a storm at a site on a day; never in a hall."""
        return bool(self.storm[site, day - self.first_day])

    def stormy_sites(self, day: int) -> Sequence[int]:
        """The sites that have a storm on a day."""
        return self._stormy.get(day, ())

    def hours(self, from_day: int, to_day: int) -> Sky:
        """The sky over all areas in every hour of the days [from_day, to_day)."""
        knobs, climate = self._knobs, self._climate
        days = np.arange(from_day, to_day)
        blow = self._state("wind", from_day, to_day)
        wind = self._wind(blow, days)
        turn = self._state("direction", from_day, to_day)
        degrees = (climate.wind_from_degrees + climate.wind_spread_degrees * turn) % 360
        cover = _together(knobs.cloud_with_wind, blow, self._state("cloud", from_day, to_day))
        wet = _together(knobs.rain_with_cloud, cover, self._state("rain", from_day, to_day))
        rain = rain_mm(climate.precipitation_mm_per_year / _HOURS_PER_YEAR, climate.wet_share, wet)
        middle = log(climate.cloud_percent / (100 - climate.cloud_percent))
        cloud = np.rint(100 / (1 + exp(-middle - knobs.cloud_spread * cover)))
        cloud = np.where(rain > 0, np.maximum(cloud, knobs.rain_cloud_percent), cloud)
        away = cospi((degrees - self._open_degrees[:, None, None]) / 180)
        least_m = 1000 * climate.shortest_fetch_km
        facing = (1 + away) / 2
        fetch = least_m + (self._fetch_m[:, None, None] - least_m) * (facing * facing)
        height, period = waves(wind, fetch)
        swerve = knobs.wave_spread_degrees * self._unrest("waves", from_day, to_day)
        return Sky(
            wind_m_s=wind,
            wind_degrees=_compass(degrees),
            air_degc=self._air(days, cloud / 100),
            cloud_percent=cloud.astype(np.int64),
            rain_mm=rain,
            wave_m=height,
            wave_s=period,
            wave_degrees=_compass(degrees + swerve),
        )

    def _keys(self, *names: object) -> NDArray[np.uint64]:
        """A stream per area."""
        name = self._layout.geography.name
        return np.array(
            [stream(self._seed, name, area.name, "weather", *names) for area in self._layout.areas],
            dtype=np.uint64,
        )

    def _daily(self, state: str) -> Floats:
        """A state of the sky per area and day, standard normal; worked out when first needed."""
        if state not in self._states:
            name, share = self._layout.geography.name, self._knobs.geography_share
            common = stream(self._seed, name, "weather", state)
            keys = np.array([common, *self._keys(state)], dtype=np.uint64)
            series = persistent(normal(keys[:, None], self._days), self._knobs.ar1)
            self._states[state] = np.sqrt(share) * series[:1] + np.sqrt(1 - share) * series[1:]
        return self._states[state]

    def _open_water(self) -> tuple[Floats, Floats]:
        """Per area the direction of its most open water, and how far that reaches, m."""
        least, most = self._climate.shortest_fetch_km, self._climate.longest_fetch_km
        name = self._layout.geography.name
        keys = np.array(
            [stream(0, name, area.name, "open water") for area in self._layout.areas],
            dtype=np.uint64,
        )
        return 360 * uniform(keys, 0), 1000 * (least + max(most - least, 0) * uniform(keys, 1))

    @property
    def max_wind_m_s(self) -> Floats:
        """Greatest of a day's 24 winds, by site and day."""
        return self._by_day(self._max_wind)

    @property
    def wind_m_s(self) -> Floats:
        """Mean of a day's 24 winds, by site and day."""
        return self._by_day(
            lambda days: self._wind(
                self._state("wind", int(days[0]), int(days[-1]) + 1), days
            ).mean(axis=2)
        )

    @property
    def air_degc(self) -> Floats:
        """Mean air temperature, by site and day."""
        return self._by_day(lambda days: self._season(days) + self._departure(days))

    def _max_wind(self, days: Ints) -> Floats:
        """The greatest wind of each day: that of the hour whose state is the greatest."""
        state = self._state("wind", int(days[0]), int(days[-1]) + 1)
        return self._wind(state.max(axis=2, keepdims=True), days)[:, :, 0]

    def _by_day(self, figure: Callable[[Ints], Floats]) -> Floats:
        """A figure of the areas over the simulated span, some days at a time; 0 in halls."""
        found = np.zeros((len(self._layout.sites), len(self._span)))
        areas = [area.index for area in self._layout.areas]
        for first in range(0, len(self._span), _DAYS_AT_A_TIME):
            part = slice(first, first + _DAYS_AT_A_TIME)
            found[areas, part] = figure(self._span[part])
        return found

    def _wind(self, state: Floats, days: Ints) -> Floats:
        """Wind at 10 m, to 0.01 m/s as it is recorded."""
        climate = self._climate
        mean, swing = climate.wind_mean_m_s, climate.wind_mean_m_s * climate.wind_winter_share
        season = seasonal_degc(day_of_year(days), mean, swing, climate.wind_peak_day)
        wind = wind_m_s(season[None, :, None], climate.wind_cv, state)
        return np.rint(100 * wind) / 100

    def _season(self, days: Ints) -> Floats:
        """Usual air temperature per area and day."""
        climate, north = self._climate, self._latitude - self._layout.geography.latitude
        curve = seasonal_degc(
            day_of_year(days),
            climate.air_mean_degc,
            climate.air_amplitude_degc,
            climate.air_peak_day,
        )
        return curve[None, :] + self._knobs.air_degc_per_degree_north * north[:, None]

    def _departure(self, days: Ints) -> Floats:
        """How much warmer than usual a day's air is, per area: with the sea, and on its own."""
        at = days - self._origin
        sea = self._water.departure_degc
        with_sea = self._knobs.air_per_sea_degc * sea[np.minimum(at, len(sea) - 1)]
        return self._climate.air_sd_degc * self._daily("air")[:, at] + with_sea

    def _air(self, days: Ints, cloud: Floats) -> Floats:
        """Air temperature by hour: between the days' means, with the sun's swing."""
        around = np.arange(days[0] - 1, days[-1] + 2)
        means = self._season(around) + self._departure(around)
        before, now, after = _shares_of_hours()
        hours = means[:, :-2, None] * before + means[:, 1:-1, None] * now
        hours += means[:, 2:, None] * after
        swing = self._knobs.sun_swing_degc * noon_sine(self._latitude[:, None], days)
        solar = np.arange(HOURS) + self._longitude[:, None] / 15
        solar -= self._knobs.warmest_hour
        course = cospi(2 * solar / HOURS)
        hours += swing[:, :, None] * course[:, None, :] * cloud_transmission(cloud)
        return np.asarray(hours)

    def _state(self, name: str, from_day: int, to_day: int) -> Floats:
        """A state by hour: standard normal, shape (areas, days, 24)."""
        first, last = from_day - self._origin, to_day - self._origin
        daily, share = self._daily(name), self._knobs.hourly_share
        before, now, after = self._weights
        hours = daily[:, first - 1 : last - 1, None] * before + daily[:, first:last, None] * now
        hours += daily[:, first + 1 : last + 1, None] * after
        hours *= np.sqrt(1 - share)
        hours += np.sqrt(share) * self._unrest(name, from_day, to_day)
        return hours

    def _unrest(self, name: str, from_day: int, to_day: int) -> Floats:
        """What moves an hour away from the day's course: nearly standard normal."""
        lasting = self._knobs.unrest_hours
        moments = np.arange(from_day * HOURS - lasting + 1, to_day * HOURS)
        draws = noise(self._luck[name][:, None], moments)
        size = (to_day - from_day) * HOURS
        total: Floats = draws[:, :size].copy()
        for late in range(1, lasting):
            total += draws[:, late : late + size]
        total /= np.sqrt(lasting)
        return total.reshape(len(draws), to_day - from_day, HOURS)


def _shares_of_hours() -> tuple[Floats, Floats, Floats]:
    """How much of an hour is of the noon before, of the day's own and of the noon after."""
    from_noon = (np.arange(HOURS) - 12) / HOURS
    return np.maximum(-from_noon, 0), 1 - np.abs(from_noon), np.maximum(from_noon, 0)


def _weights_of_hours(ar1: float) -> tuple[Floats, Floats, Floats]:
    """The same shares, such that the variance between two noons is that of the noons."""
    before, now, after = _shares_of_hours()
    other = before + after
    spread = np.sqrt(now * now + other * other + 2 * ar1 * now * other)
    return before / spread, now / spread, after / spread


def _together(correlation: float, with_this: Floats, own: Floats) -> Floats:
    """A standard normal that is so correlated with another."""
    return np.asarray(correlation * with_this + np.sqrt(1 - correlation * correlation) * own)


def _compass(degrees: Floats) -> Ints:
    return np.rint(degrees).astype(np.int64) % 360
