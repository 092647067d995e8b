"""Knobs of the weather: a geography's climate, and how weather behaves everywhere."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from sim.scenario.knobs.base import Knobs, Share


class Climate(Knobs):
    """What weather a geography's areas have on average."""

    wind_mean_m_s: float = Field(8.2, ge=0, le=30, description="wind at 10 m, mean over the year")
    wind_winter_share: Share = Field(
        0.28, description="how far the season's mean wind lies above the year's at its peak"
    )
    wind_peak_day: int = Field(15, ge=1, le=366, description="windiest day of the year")
    wind_cv: Share = Field(0.47, description="spread of the wind / the season's mean")
    wind_from_degrees: int = Field(
        230, ge=0, le=359, description="usual direction of the wind: it comes from there"
    )
    wind_spread_degrees: float = Field(
        80.0, ge=0, le=360, description="spread of the wind's direction"
    )
    air_mean_degc: float = Field(7.0, ge=-20, le=30, description="mean over the year")
    air_amplitude_degc: float = Field(
        3.7, ge=0, le=20, description="half of summer minus winter; a maritime climate has little"
    )
    air_peak_day: int = Field(212, ge=1, le=366, description="warmest day of the year")
    air_sd_degc: float = Field(2.0, ge=0, le=10, description="spread of daily means, own part")
    cloud_percent: float = Field(85.0, gt=0, lt=100, description="middle cloud cover")
    precipitation_mm_per_year: float = Field(1300.0, ge=0, le=10_000, description="mean of a year")
    wet_share: float = Field(0.4, gt=0, lt=1, description="share of the hours in which it rains")
    shortest_fetch_km: float = Field(
        1.5, gt=0, le=1000, description="open water to windward of an area in its lee"
    )
    longest_fetch_km: float = Field(
        18.0, gt=0, le=1000, description="the same where the most open area is most open"
    )


class WeatherKnobs(Knobs):
    """How weather persists, what its parts have to do with each other, how often it is noted."""

    hours: list[Annotated[int, Field(ge=0, le=23)]] = Field(
        list(range(24)), min_length=1, description="hours (UTC) at which an area's weather is noted"
    )
    storm_m_s: float = Field(
        20.8, gt=0, le=100, description="a day with such a wind at some hour is stormy (Beaufort 9)"
    )
    geography_share: Share = Field(
        0.88, description="share of the variance that a geography's areas have in common"
    )
    ar1: float = Field(0.6, ge=0, le=0.95, description="how weather persists, per day")
    hourly_share: Share = Field(0.12, description="share of the variance from hour to hour")
    unrest_hours: int = Field(
        4, ge=1, le=24, description="how long that persists: it is the mean of so many draws"
    )
    air_per_sea_degc: float = Field(
        1.5, ge=0, le=10, description="degrees that the air departs from its season with one of sea"
    )
    air_degc_per_degree_north: float = Field(
        -0.7, ge=-5, le=5, description="change of air temperature with latitude"
    )
    sun_swing_degc: float = Field(
        4.0, ge=0, le=30, description="half the day's swing under a clear sky, sun in the zenith"
    )
    warmest_hour: float = Field(
        15.0, ge=0, lt=24, description="solar hour of the warmest air: after noon"
    )
    cloud_spread: float = Field(1.6, ge=0, le=10, description="spread of cloud cover, in logits")
    cloud_with_wind: Share = Field(0.5, description="correlation of cloud with wind")
    rain_with_cloud: Share = Field(0.75, description="correlation of precipitation with cloud")
    rain_cloud_percent: int = Field(
        60, ge=0, le=100, description="least cloud cover in an hour of precipitation"
    )
    wave_spread_degrees: float = Field(
        8.0, ge=0, le=60, description="spread of the waves' direction about the wind's"
    )
    lumens_per_watt: float = Field(110.0, gt=0, le=700, description="luminous efficacy of daylight")

    @field_validator("hours")
    @classmethod
    def _each_once(cls, hours: list[int]) -> list[int]:
        if sorted(set(hours)) != hours:
            raise ValueError("hours must ascend, each once")
        return hours
