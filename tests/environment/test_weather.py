"""Weather and light: astronomy, persistence, storms in winter, what comes with what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from sim.biology.weather import (
    clear_sky_w_m2,
    cloud_transmission,
    day_length_hours,
    noon_sine,
    rain_mm,
    waves,
    wind_m_s,
)
from sim.company.farm import Farm
from sim.core.clock import MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR, day_of
from sim.core.journal import Cut
from sim.core.streams import normal, stream
from sim.environment.water import Water
from sim.environment.weather import Sky, Weather
from sim.observations.weather import WeatherWatcher
from sim.scenario import Scenario
from sim.sites.layout import Layout
from sim.sites.parameters import PARAMETERS
from sim.world import World
from tests.support.small_company import COMPANY, SOUTH, Told, company, joined, run

FIRST, LAST = day_of(date(2004, 1, 1)), day_of(date(2024, 1, 1))
YEARS = 20
NORTH = {**COMPANY["geographies"][0], "areas": 4}
DAYS = np.arange(FIRST, LAST)
MONTH = DAYS.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12 + 1


def weather_of(
    scenario: Scenario, index: int = 0, first: int = FIRST, last: int = LAST - 1
) -> tuple[Layout, Water, Weather]:
    layout = Layout(scenario, index)
    water = Water(layout, scenario.seed, first, last)
    return layout, water, Weather(layout, scenario.seed, water, first, last)


def farm_of(**changes: object) -> Farm:
    return World(company(geographies=[NORTH], **changes)).farms[0]


def noted(farm: Farm, cuts: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """All that the watcher of a farm tells of some spans of days."""
    watcher = WeatherWatcher(farm)
    return joined([block for span in cuts for block in watcher.facts(Cut(*span, {}, (), ()))])


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.corrcoef(np.ravel(x), np.ravel(y))[0, 1])


@pytest.fixture(scope="module")
def state() -> tuple[Layout, Water, Weather]:
    return weather_of(company(geographies=[NORTH]))


@pytest.fixture(scope="module")
def wind(state: tuple[Layout, Water, Weather]) -> np.ndarray:
    """Daily means, shape (areas, days)."""
    layout, _, weather = state
    return weather.wind_m_s[[area.index for area in layout.areas]]


@pytest.fixture(scope="module")
def sky(state: tuple[Layout, Water, Weather]) -> Sky:
    return state[2].hours(FIRST, FIRST + 4 * 365)


# The sun


def forsythe(latitude: float, day_of_year: int) -> float:
    """The CBM model: Forsythe et al. (1995), Ecol Model 80:87, sunrise as it is seen."""
    turn = 0.2163108 + 2 * np.arctan(0.9671396 * np.tan(0.00860 * (day_of_year - 186)))
    sun, here = np.arcsin(0.39795 * np.cos(turn)), np.radians(latitude)
    level = (np.sin(np.radians(0.8333)) + np.sin(here) * np.sin(sun)) / (np.cos(here) * np.cos(sun))
    return float(24 - 24 / np.pi * np.arccos(np.clip(level, -1, 1)))


def length(latitude: float, year: int, month: int, day: int) -> float:
    return float(day_length_hours(np.array(latitude), np.array(day_of(date(year, month, day)))))


@pytest.mark.parametrize("latitude", [-40.0, 0.0, 30.0, 56.8, 62.0])
def test_days_are_as_long_as_another_model_says(latitude: float) -> None:
    first = day_of(date(2023, 1, 1))
    ours = day_length_hours(np.array(latitude), np.arange(first, first + 365))
    theirs = [forsythe(latitude, number + 1) for number in range(365)]
    assert np.abs(ours - theirs).max() < 0.15


@pytest.mark.parametrize("latitude", [0.0, 35.0, 56.8, 62.0, 65.0])
def test_day_and_night_are_equal_at_the_equinox_but_for_refraction(latitude: float) -> None:
    # The sun's edge is seen 0.83 degrees early and late, on a path that is steep at the equator.
    refraction = 2 * 0.8333 / 15 / np.cos(np.radians(latitude))
    for year in (2019, 2020, 2025):
        for month, day in ((3, 20), (9, 22)):
            assert length(latitude, year, month, day) == pytest.approx(12 + refraction, abs=0.13)


@pytest.mark.parametrize("latitude", [56.8, 62.0])
@pytest.mark.parametrize("year", [2020, 2023, 2025])
def test_the_longest_and_the_shortest_day_are_the_solstices(latitude: float, year: int) -> None:
    first = day_of(date(year, 1, 1))
    lengths = day_length_hours(np.array(latitude), np.arange(first, first + 365))
    assert abs(int(lengths.argmax()) - (day_of(date(year, 6, 21)) - first)) <= 1
    assert abs(int(lengths.argmin()) - (day_of(date(year, 12, 21)) - first)) <= 1
    assert lengths.max() + lengths.min() == pytest.approx(24, abs=0.9)


def test_beyond_the_polar_circle_the_sun_stays_up_or_down() -> None:
    assert length(70.0, 2024, 6, 21) == 24
    assert length(70.0, 2024, 12, 21) == 0
    assert noon_sine(np.array(70.0), np.array(day_of(date(2024, 12, 21)))) == 0
    assert length(-70.0, 2024, 12, 21) == 24


def test_noon_is_as_high_as_latitude_and_season_say() -> None:
    summer, winter = (np.array(day_of(date(2024, month, 21))) for month in (6, 12))
    assert noon_sine(np.array(62.0), summer) == pytest.approx(
        np.sin(np.radians(90 - 62 + 23.44)), abs=1e-3
    )
    assert noon_sine(np.array(62.0), winter) == pytest.approx(
        np.sin(np.radians(90 - 62 - 23.44)), abs=1e-3
    )
    assert clear_sky_w_m2(np.array([0.0, 0.5, 1.0])) == pytest.approx([0, 489.8, 1037], abs=0.5)
    assert cloud_transmission(np.array([0.0, 1.0])).tolist() == [1.0, 0.25]


# Formulae


def test_wind_has_its_mean_and_spread() -> None:
    z = normal(stream(1, "test"), np.arange(400_000))
    drawn = wind_m_s(np.array(8.0), 0.5, z)
    assert drawn.min() >= 0
    assert drawn.mean() == pytest.approx(8, rel=0.005)
    assert drawn.std() / drawn.mean() == pytest.approx(0.5, rel=0.01)


def test_rain_has_its_mean_and_share_of_hours() -> None:
    z = normal(stream(1, "test"), np.arange(400_000))
    drawn = rain_mm(0.15, 0.3, z)
    assert drawn.mean() == pytest.approx(0.15, rel=0.01)
    assert (drawn > 0).mean() == pytest.approx(0.3, abs=0.003)


def test_waves_grow_with_wind_and_fetch_until_the_sea_is_fully_developed() -> None:
    height, period = waves(np.array([10.0, 20.0, 10.0]), np.array([10e3, 10e3, 40e3]))
    stress = 0.71 * 20**1.23
    assert height[1] == pytest.approx(1.6e-3 * stress * np.sqrt(10e3 / 9.81))
    assert height[1] / height[0] == pytest.approx(2**1.23)
    assert height[2] / height[0] == pytest.approx(2), "four times the fetch, twice the height"
    assert period[2] / period[0] == pytest.approx(4 ** (1 / 3))
    far, long = waves(np.array(10.0), np.array(1e9))
    stress = 0.71 * 10**1.23
    assert far == pytest.approx(0.2433 * stress**2 / 9.81)
    assert long == pytest.approx(8.134 * stress / 9.81)
    assert waves(np.array(0.0), np.array(1e4)) == (0, 0)


# Wind and storms


def test_wind_is_strong_in_winter(wind: np.ndarray) -> None:
    winter = wind[:, np.isin(MONTH, (12, 1, 2))].mean()
    summer = wind[:, np.isin(MONTH, (6, 7, 8))].mean()
    assert wind.mean() == pytest.approx(8.2, rel=0.05)
    assert winter / summer == pytest.approx(1.26 / 0.74, rel=0.1)


def test_wind_persists_for_days_and_not_for_weeks(wind: np.ndarray) -> None:
    of_season = (
        wind / np.array([wind[:, month == MONTH].mean() for month in range(1, 13)])[MONTH - 1]
    )
    assert 0.6 < correlation(of_season[:, 1:], of_season[:, :-1]) < 0.9
    assert abs(correlation(of_season[:, 14:], of_season[:, :-14])) < 0.1


def test_areas_share_most_of_their_wind_and_geographies_none(wind: np.ndarray) -> None:
    together = correlation(wind[0], wind[1])
    assert 0.8 < together < 0.97
    layout, _, south = weather_of(company(geographies=[NORTH, SOUTH]), 1)
    apart = south.wind_m_s[layout.areas[0].index]
    both = [np.array([x[month == MONTH].mean() for month in range(1, 13)])[MONTH - 1]
            for x in (wind[0], apart)]  # fmt: skip
    assert abs(correlation(wind[0] - both[0], apart - both[1])) < 0.06


def test_storms_are_of_winter_and_neither_rare_nor_common(
    state: tuple[Layout, Water, Weather],
) -> None:
    layout, _, weather = state
    storm = weather.storm[[area.index for area in layout.areas]]
    a_year = storm.sum(axis=1) / YEARS
    assert (a_year > 10).all()
    assert (a_year < 25).all()
    assert storm[:, np.isin(MONTH, (10, 11, 12, 1, 2, 3))].sum() > 0.85 * storm.sum()
    after = storm[:, 1:][storm[:, :-1]].mean()
    assert after > 4 * storm.mean(), "storms come in clusters"


def test_a_calmer_climate_has_fewer_storms() -> None:
    calm = {**NORTH, "weather": {"wind_mean_m_s": 7.1}}
    layout, _, weather = weather_of(company(geographies=[calm]))
    a_year = weather.storm[[area.index for area in layout.areas]].sum(axis=1) / YEARS
    assert (a_year < 8).all()
    assert (a_year > 2).all()


def test_a_stormy_day_is_one_whose_hours_reach_the_storm_wind(
    state: tuple[Layout, Water, Weather], sky: Sky
) -> None:
    layout, _, weather = state
    areas = [area.index for area in layout.areas]
    days = sky.wind_m_s.shape[1]
    assert np.array_equal(weather.storm[areas, :days], (sky.wind_m_s >= 20.8).any(axis=2))
    assert np.array_equal(weather.max_wind_m_s[areas, :days], sky.wind_m_s.max(axis=2))
    assert weather.wind_m_s[areas, :days] == pytest.approx(sky.wind_m_s.mean(axis=2))
    area, day = np.argwhere(weather.storm)[0]
    assert weather.is_stormy(int(area), FIRST + int(day))
    halls = [site.index for site in layout.sites if site.stage is not None]
    assert not weather.storm[halls].any()
    assert not weather.is_stormy(halls[0], FIRST + int(day))


def test_what_counts_as_a_storm_is_a_knob() -> None:
    seen = [
        weather_of(company(weather={"storm_m_s": limit}), last=FIRST + 365)[2].storm.sum()
        for limit in (12.0, 20.8, 99.0)
    ]
    assert seen[0] > 5 * seen[1] > 0
    assert seen[2] == 0


# Air, cloud, rain, waves


def test_air_follows_season_latitude_and_the_sea(state: tuple[Layout, Water, Weather]) -> None:
    layout, water, weather = state
    air = weather.air_degc[[area.index for area in layout.areas]]
    by_month = np.array([air[:, month == MONTH].mean() for month in range(1, 13)])
    assert by_month.argmax() + 1 in (7, 8)
    assert by_month.argmin() + 1 in (1, 2)
    assert np.ptp(by_month) == pytest.approx(2 * 3.7, abs=0.8)
    departure = (air - by_month[MONTH - 1]).mean(axis=0)
    sea = water.departure_degc[-len(DAYS) :]
    assert 0.2 < correlation(departure, sea) < 0.7
    monthly = [np.array([x[start : start + 30].mean() for start in range(0, len(DAYS), 30)])
               for x in (departure, sea)]  # fmt: skip
    assert correlation(*monthly) > 0.35, "over a month the sea is felt more"
    north = np.argsort([area.latitude for area in layout.areas])
    assert air[north[0]].mean() > air[north[-1]].mean()


def test_afternoons_are_warm_most_in_summer_and_under_a_clear_sky(sky: Sky) -> None:
    month = MONTH[: sky.air_degc.shape[1]]
    swing = sky.air_degc[:, :, 15] - sky.air_degc[:, :, 3]
    summer = np.isin(month, (5, 6, 7))
    assert swing[:, summer].mean() > 2
    assert abs(swing[:, np.isin(month, (12, 1))].mean()) < 1
    cloudy = sky.cloud_percent.mean(axis=2) > 85
    assert (
        swing[:, summer][~cloudy[:, summer]].mean() > swing[:, summer][cloudy[:, summer]].mean() + 1
    )


def test_rain_falls_from_clouds_and_more_when_it_blows(sky: Sky) -> None:
    wet = sky.rain_mm > 0
    assert sky.cloud_percent[wet].min() >= 60
    assert sky.cloud_percent[~wet].min() < 10
    assert sky.cloud_percent.max() == 100
    assert sky.wind_m_s[wet].mean() > sky.wind_m_s[~wet].mean() + 1
    assert wet.mean() == pytest.approx(0.4, abs=0.04)
    assert sky.rain_mm.sum() / 4 / len(sky.rain_mm) == pytest.approx(1300, rel=0.15)


def test_waves_follow_the_wind_over_the_areas_open_water(sky: Sky) -> None:
    turn = np.abs((sky.wave_degrees - sky.wind_degrees + 180) % 360 - 180)
    assert turn.max() <= 7 * 8 + 1
    assert 3 < turn.mean() < 8
    highest, longest = waves(sky.wind_m_s, np.full(sky.wind_m_s.shape, 18e3))
    lowest, _ = waves(sky.wind_m_s, np.full(sky.wind_m_s.shape, 1.5e3))
    assert (sky.wave_m <= highest + 1e-9).all()
    assert (sky.wave_m >= lowest - 1e-9).all()
    assert (sky.wave_s <= longest + 1e-9).all()
    by_area = sky.wave_m.mean(axis=(1, 2))
    assert by_area.max() > 1.2 * by_area.min(), "areas are not equally open"


def test_hours_follow_one_another(sky: Sky) -> None:
    blow = sky.wind_m_s.reshape(len(sky.wind_m_s), -1)
    step = np.abs(np.diff(blow, axis=1))
    midnight = step[:, 23::24].mean()
    assert midnight == pytest.approx(step.mean(), rel=0.15), "no jump from day to day"
    assert correlation(blow[:, 1:], blow[:, :-1]) > 0.95


# Isolation


def test_one_more_area_leaves_the_weather_of_the_others_as_it_was(sky: Sky) -> None:
    more = {**NORTH, "areas": 5, "stations": 3}
    _, _, weather = weather_of(company(geographies=[more]), last=FIRST + 60)
    other = weather.hours(FIRST, FIRST + 50)
    for name in Sky.__slots__:
        assert np.array_equal(getattr(other, name)[:4], getattr(sky, name)[:, :50]), name


def test_one_more_geography_leaves_the_weather_of_the_others_as_it_was(sky: Sky) -> None:
    _, _, weather = weather_of(company(geographies=[NORTH, SOUTH]), last=FIRST + 60)
    assert np.array_equal(weather.hours(FIRST, FIRST + 9).wind_m_s, sky.wind_m_s[:, :9])


def test_an_earlier_first_day_leaves_the_weather_as_it_was(sky: Sky) -> None:
    _, _, weather = weather_of(company(geographies=[NORTH]), first=FIRST - 60, last=FIRST + 30)
    other = weather.hours(FIRST, FIRST + 20)
    for name in Sky.__slots__:
        assert getattr(other, name) == pytest.approx(getattr(sky, name)[:, :20], abs=1e-6), name


def test_any_span_of_hours_is_a_part_of_any_other(
    state: tuple[Layout, Water, Weather], sky: Sky
) -> None:
    part = state[2].hours(FIRST + 17, FIRST + 31)
    for name in Sky.__slots__:
        assert np.array_equal(getattr(part, name), getattr(sky, name)[:, 17:31]), name


# What is written down


def test_every_area_is_noted_at_every_hour_in_order_of_time() -> None:
    farm = farm_of()
    first = farm.first_day
    told = noted(farm, [(first, first + 3)])
    notes = told["weather"]
    assert notes["key"].tolist() == list(range(3 * 24 * 4))
    assert (np.diff(notes["timestamp"]) >= 0).all()
    assert set(zip(notes["timestamp"].tolist(), notes["area"].tolist(), strict=True)) == {
        (day * MICROSECONDS_PER_DAY + hour * MICROSECONDS_PER_HOUR, area)
        for day in range(first, first + 3) for hour in range(24) for area in range(4)
    }  # fmt: skip
    sky = farm.surroundings.weather.hours(first, first + 3)
    row = np.flatnonzero((notes["area"] == 2) & (notes["timestamp"] == notes["timestamp"][-1]))
    assert notes["wind_speed"][row] == round(100 * sky.wind_m_s[2, 2, 23])
    assert notes["temperature"][row] == pytest.approx(100 * sky.air_degc[2, 2, 23], abs=0.51)
    assert notes["cloud_cover"][row] == sky.cloud_percent[2, 2, 23]
    assert notes["wave_direction"][row] == sky.wave_degrees[2, 2, 23]
    assert told["photoperiod"]["date"].tolist() == sorted([*range(first, first + 3)] * 4)


@pytest.mark.parametrize("cuts", [[(0, 31), (31, 60)], [(0, 1), (1, 59), (59, 60)]])
@pytest.mark.parametrize("hours", [list(range(24)), [5, 17]])
def test_notes_do_not_depend_on_chunks_and_buffers(
    cuts: list[tuple[int, int]], hours: list[int]
) -> None:
    farm = farm_of(weather={"hours": hours})
    small = farm_of(weather={"hours": hours}, writing={"buffer_rows": 1000})
    first = farm.first_day
    whole = noted(farm, [(first, first + 60)])
    parts = noted(small, [(first + start, first + end) for start, end in cuts])
    for kind, columns in whole.items():
        for name, column in columns.items():
            assert np.array_equal(column, parts[kind][name]), (kind, name)


def test_blocks_are_no_larger_than_the_buffer() -> None:
    farm = farm_of(writing={"buffer_rows": 1000})
    blocks = list(WeatherWatcher(farm).facts(Cut(farm.first_day, farm.first_day + 60, {}, (), ())))
    assert max(block.rows for block in blocks) <= 1000
    assert sum(block.rows for block in blocks if block.kind == "weather") == 60 * 24 * 4


def test_fewer_notes_tell_of_the_same_rain() -> None:
    first = farm_of().first_day
    each = {}
    for hours in (list(range(24)), [2, 6, 10, 14, 18, 22], [23]):
        notes = noted(farm_of(weather={"hours": hours}), [(first, first + 90)])["weather"]
        assert len(notes["key"]) == 90 * len(hours) * 4
        assert (notes["precipitation"] % 10 == 0).all(), "to 0.1 mm"
        each[len(hours)] = notes["precipitation"].sum() / 100
    assert each[1] > 400
    assert each[24] == pytest.approx(each[1], rel=0.03)
    assert each[6] == pytest.approx(each[1], rel=0.03)


def test_light_is_that_of_the_season_dimmed_by_the_noted_clouds() -> None:
    farm = farm_of()
    first = farm.first_day
    told = noted(farm, [(first, first + 90)])
    light, notes = told["photoperiod"], told["weather"]
    cloud = notes["cloud_cover"].reshape(90, 24, 4).mean(axis=1).reshape(-1) / 100
    latitude = np.array([area.latitude for area in farm.layout.areas])[light["area"]]
    clear = 110 * clear_sky_w_m2(noon_sine(latitude, light["date"]))
    dimmed = light["light_intensity"] / 100 / clear
    assert dimmed == pytest.approx(1 - 0.75 * cloud**3.4, abs=1e-4)
    assert light["day_length_hours"] == pytest.approx(
        100 * day_length_hours(latitude, light["date"]), abs=0.51
    )
    assert not light["is_interpolated"].any()


def test_hours_must_ascend() -> None:
    with pytest.raises(ValidationError, match="hours must ascend"):
        company(weather={"hours": [12, 6]})
    with pytest.raises(ValidationError, match="hours must ascend"):
        company(weather={"hours": [6, 6]})


def test_a_company_without_areas_has_no_weather() -> None:
    layout, _, weather = weather_of(company(), last=FIRST + 9)
    stages = COMPANY["stages"][:3]
    inland = Layout(company(geographies=[{**NORTH, "areas": 0}], stages=stages), 0)
    water = Water(inland, 1, FIRST, FIRST + 9)
    none = Weather(inland, 1, water, FIRST, FIRST + 9)
    assert weather.storm.shape == (len(layout.sites), 10)
    assert none.storm.shape == (len(inland.sites), 10)
    assert none.hours(FIRST, FIRST + 2).wind_m_s.shape == (0, 2, 24)


# Entering a stage


@pytest.fixture(scope="module")
def told() -> Told:
    stages = [dict(stage) for stage in COMPANY["stages"]]
    stages[1]["containers_moved_per_day"] = 1
    return run(company(stages=stages, schedule__batches=2, geographies=[NORTH]))


def test_every_transfer_notes_the_water_that_it_leads_to_once(told: Told) -> None:
    noted_of = [row["batch_transfer_workflow"] for row in told.rows("stage_environment")]
    assert sorted(noted_of) == [row["key"] for row in told.rows("transfer_workflow")]
    assert len(noted_of) == 6


def test_the_noted_water_is_what_the_sensors_of_the_new_containers_report(told: Told) -> None:
    readings = told.facts()["reading"]
    actions = told.rows("transfer_action")
    sensors = told.world.scenario.instruments.sensors
    columns = {
        "Temperature": "temperature", "Dissolved Oxygen": "oxygen", "pH": "ph",
        "Salinity": "salinity",
    }  # fmt: skip
    for note in told.rows("stage_environment"):
        workflow = told.rows("transfer_workflow")[note["batch_transfer_workflow"]]
        day, sea = workflow["actual_start_date"], workflow["dest_lifecycle_stage"] == 3
        stocked = {
            row["dest_container"] for row in actions
            if row["workflow"] == workflow["key"] and row["actual_execution_date"] == day
        }  # fmt: skip
        here = np.isin(readings["container"], list(stocked))
        here &= readings["reading_time"] // MICROSECONDS_PER_DAY == day
        assert note["created_at"] // MICROSECONDS_PER_DAY == day
        for parameter, column in columns.items():
            which = here & (readings["parameter"] == PARAMETERS.index(parameter))
            if parameter == "Salinity" and not sea:
                assert note[column] == 0
                continue
            seen = readings["value"][which].mean() / 10_000
            sensor = sensors.of(parameter)
            # Fish grow in the day and eat for the first time: oxygen and acidity fall a little.
            more = {"Dissolved Oxygen": 0.3, "pH": 0.1, "Temperature": 0.06}.get(parameter, 0)
            assert abs(note[column] - seen) < 3 * sensor.drift + sensor.noise + more, parameter


def test_the_noted_water_is_within_what_sensors_show() -> None:
    sensor = {"noise": 0.0, "drift": 0.0, "step": 0.01, "low": 0.0}
    narrow = {"ph": {**sensor, "high": 6.6}, "oxygen": {**sensor, "high": 5.0}}
    told = run(company(instruments={"sensors": narrow}, geographies=[NORTH]))
    notes = told.rows("stage_environment")
    assert {round(note["ph"], 6) for note in notes} == {6.6}
    assert {round(note["oxygen"], 6) for note in notes} == {5.0}


def test_the_note_says_where_the_fish_come_from(told: Told) -> None:
    stock = told.farm.stock
    for note in told.rows("stage_environment"):
        more = json.loads(str(note["additional_parameters"]))
        workflow = told.rows("transfer_workflow")[note["batch_transfer_workflow"]]
        left = {
            assignment["container"]
            for assignment in told.rows("assignment")
            if assignment["batch"] == workflow["batch"]
            and assignment["lifecycle_stage"] == workflow["source_lifecycle_stage"]
        }
        source = stock.temperature(np.array(sorted(left)), workflow["actual_start_date"]).mean()
        assert more["source_temperature"] == pytest.approx(source, abs=0.0051)
        assert more["temperature_difference"] == pytest.approx(
            note["temperature"] - more["source_temperature"], abs=1e-9
        )
        stage = told.farm.stages[workflow["dest_lifecycle_stage"]]
        assert 1 <= more["containers"] <= (stage.containers_per_batch or 0)


def test_all_boats_of_the_first_day_count() -> None:
    fleet = {**NORTH, "wellboats": 3, "wellboat_kg": 1000.0, "wellboat_trip_days": 2}
    told = run(company(geographies=[fleet]))
    days, actions = told.days(), told.rows("transfer_action")
    loads = []
    for note in told.rows("stage_environment"):
        workflow = told.rows("transfer_workflow")[note["batch_transfer_workflow"]]
        first = workflow["actual_start_date"]
        mine = [row for row in actions if row["workflow"] == workflow["key"]]
        stocked = {row["dest_container"] for row in mine if row["actual_execution_date"] == first}
        here = (days["day"] == first) & np.isin(days["container"], list(stocked))
        assert here.sum() == len(stocked)
        assert note["temperature"] == pytest.approx(days["degc"][here].mean(), abs=0.0051)
        assert json.loads(str(note["additional_parameters"]))["containers"] == len(stocked)
        loads.append({row["actual_execution_date"] - first for row in mine})
    assert loads[-1] > {0}, "and some came later"
