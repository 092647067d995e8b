"""Sensor readings: the fish's own water, seen through instruments."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from sim.core.clock import MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR
from sim.scenario.knobs.instruments import SensorKnobs
from sim.sites.parameters import FRESHWATER_PARAMETERS, PARAMETERS, SEA_PARAMETERS
from tests.support.small_company import COMPANY, STAGES, Told, company, run

SENSORS = SensorKnobs()
HOURS = [6, 8, 10, 14, 16, 18]
LATE = [0, 3, 6, 18, 22, 23]
CROWDED = 15.0
"""kg/m3"""


def with_volumes(times: float, **changes: object) -> Told:
    kinds = [
        {**kind, "volume_m3": kind["volume_m3"] * times} for kind in COMPANY["container_types"]
    ]
    return run(company(container_types=kinds, **changes))


@pytest.fixture(scope="module")
def told() -> Told:
    return with_volumes(0.4)


@pytest.fixture(scope="module")
def readings(told: Told) -> dict[str, Any]:
    return told.facts()["reading"]


def grid(told: Told, readings: dict[str, Any], parameter: str, *, sea: bool = False) -> np.ndarray:
    """Values of one parameter, shape (container-days of the kind in their order, hours)."""
    chosen = readings["parameter"] == PARAMETERS.index(parameter)
    chosen &= told.farm.layout.at_sea[readings["container"]] == sea
    value = readings["value"][chosen].reshape(-1, len(HOURS)) / 10_000
    assert len(value) == len(days(told, sea=sea)["day"])
    return value


def days(told: Told, *, sea: bool = False) -> dict[str, Any]:
    columns = told.days()
    rows = told.farm.layout.at_sea[columns["container"]] == sea
    return {name: column[rows] for name, column in columns.items()}


def density(told: Told, *, sea: bool = False) -> np.ndarray:
    part = days(told, sea=sea)
    return part["count"] * part["weight_g"] / 1000 / told.farm.layout.volume_m3[part["container"]]


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.corrcoef(x, y)[0, 1])


# Which, when and how exact


def test_seven_sensors_in_halls_and_four_at_sea_report_six_times_a_day(
    told: Told, readings: dict[str, Any]
) -> None:
    in_halls, at_sea = len(days(told)["day"]), len(days(told, sea=True)["day"])
    assert len(readings["key"]) == 6 * (7 * in_halls + 4 * at_sea)
    day = readings["reading_time"] // MICROSECONDS_PER_DAY
    hour = readings["reading_time"] % MICROSECONDS_PER_DAY / MICROSECONDS_PER_HOUR
    assert sorted(set(hour.tolist())) == HOURS
    moments = np.stack([readings["sensor"], readings["reading_time"]])
    assert np.unique(moments, axis=1).shape[1] == len(day), "one value a sensor and moment"
    assert (readings["created_at"] == readings["reading_time"]).all()
    occupied = set(zip(told.days()["container"].tolist(), told.days()["day"].tolist(), strict=True))
    assert set(zip(readings["container"].tolist(), day.tolist(), strict=True)) == occupied


def test_a_reading_belongs_to_the_sensor_batch_and_assignment_of_its_place(
    told: Told, readings: dict[str, Any]
) -> None:
    layout = told.farm.layout
    place = readings["sensor"] - layout.first_sensor[readings["container"]]
    of_sea = layout.at_sea[readings["container"]]
    names = np.where(
        of_sea,
        np.array([*SEA_PARAMETERS, *[""] * 3])[place],
        np.array(FRESHWATER_PARAMETERS)[place],
    )
    assert (names == np.array(PARAMETERS)[readings["parameter"]]).all()
    stays = told.rows("assignment")
    stay = [stays[key] for key in readings["batch_container_assignment"].tolist()]
    assert [row["container"] for row in stay] == readings["container"].tolist()
    assert [row["batch"] for row in stay] == readings["batch"].tolist()


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_values_are_within_the_instruments_range_and_on_its_steps(
    readings: dict[str, Any], parameter: str
) -> None:
    instrument = SENSORS.of(parameter)
    value = readings["value"][readings["parameter"] == PARAMETERS.index(parameter)]
    assert len(value) > 900
    assert value.min() >= instrument.low * 10_000
    assert value.max() <= instrument.high * 10_000
    assert (value % round(instrument.step * 10_000) == 0).all()
    assert len(np.unique(value)) > 5


def test_extreme_water_stays_within_the_instruments_range() -> None:
    stages: list[dict[str, Any]] = deepcopy(STAGES)
    for stage in stages[1:3]:
        stage["temperature_degc"] = 0.0
    geography = {
        **COMPANY["geographies"][0],
        "sea": {
            "mean_degc": -1.0,
            "amplitude_degc": 0.5,
            "salinity_ppt": 40.0,
            "salinity_sd_ppt": 5.0,
        },
    }
    told = run(company(stages=stages, geographies=[geography]))
    readings = told.facts()["reading"]
    for index, parameter in enumerate(PARAMETERS):
        value = readings["value"][readings["parameter"] == index] / 10_000
        assert value.min() >= SENSORS.of(parameter).low, parameter
        assert value.max() <= SENSORS.of(parameter).high, parameter


# Temperature


@pytest.mark.parametrize("sea", [False, True])
def test_sensors_report_the_temperature_that_fish_felt(
    told: Told, readings: dict[str, Any], sea: bool
) -> None:
    instrument = SENSORS.of("Temperature")
    felt = days(told, sea=sea)["degc"]
    seen = grid(told, readings, "Temperature", sea=sea)
    error = seen.mean(axis=1) - felt
    worst = 3.5 * (instrument.noise + instrument.drift) + 0.12
    assert np.abs(seen - felt[:, None]).max() < worst
    assert abs(error.mean()) < instrument.drift + 0.05  # a warm afternoon is seen more often
    assert error.std() < instrument.noise + instrument.drift
    assert correlation(seen.mean(axis=1), felt) > 0.95


def test_the_water_of_a_container_is_its_sites_of_the_day(told: Told) -> None:
    columns, farm = told.days(), told.farm
    site = farm.layout.site_of[columns["container"]]
    water = farm.surroundings.water.degc[site, columns["day"] - farm.surroundings.water.first_day]
    apart = columns["degc"] - water
    assert np.array_equal(columns["degc"], water + farm.stock.offset_degc[columns["container"]])
    assert 0 < np.abs(apart).max() < 3.5 * 0.06


def test_growth_follows_the_temperature_of_the_day(told: Told) -> None:
    # Alevins eat nothing, so their growth is the temperature's alone: the third root of the weight
    # rises by the same step per degree, day by day.
    columns = told.days()
    for container in told.farm.layout.halls[0, 0].containers:
        rows = columns["container"] == container
        root = np.cbrt(np.concatenate([[0.1], columns["weight_g"][rows]]))
        per_degree = np.diff(root) / columns["degc"][rows]
        assert per_degree == pytest.approx(per_degree[0], rel=1e-9)
        assert np.ptp(columns["degc"][rows]) > 0.1


def test_well_fed_fish_at_sea_grow_as_their_sensors_degree_days_say() -> None:
    quiet = {
        "variation": {"container_growth_sd": 0.0, "container_fcr_sd": 0.0, "daily_fcr_sd": 0.0}
    }
    told = run(company(**quiet), days=65)
    part = days(told, sea=True)
    seen = grid(told, told.facts()["reading"], "Temperature", sea=True).mean(axis=1)
    for container in np.unique(part["container"]):
        rows = part["container"] == container
        root = np.cbrt(part["weight_g"][rows])
        degree_days = seen[rows][1:].sum()
        assert root[-1] - root[0] == pytest.approx(9.0 / 1000 * degree_days, rel=0.03)


# Oxygen


@pytest.mark.parametrize("sea", [False, True])
def test_oxygen_falls_after_meals(told: Told, readings: dict[str, Any], sea: bool) -> None:
    crowd = 2.0 if sea else CROWDED
    oxygen = grid(told, readings, "Dissolved Oxygen", sea=sea)[density(told, sea=sea) > crowd]
    assert len(oxygen) > 20
    at = dict(zip(HOURS, oxygen.mean(axis=0), strict=True))
    assert max(at[8], at[16]) < min(at[6], at[14]) - (0.02 if sea else 0.1)
    assert at[8] < at[10] < at[14]


def test_oxygen_falls_with_density(told: Told, readings: dict[str, Any]) -> None:
    roomy = with_volumes(4.0)
    close = grid(told, readings, "Dissolved Oxygen")
    loose = grid(roomy, roomy.facts()["reading"], "Dissolved Oxygen")
    crowded = density(told) > CROWDED
    assert (close[crowded].mean(axis=1) < loose[crowded].mean(axis=1)).mean() > 0.99
    fasting = HOURS.index(6)
    assert close[crowded, fasting].mean() < loose[crowded, fasting].mean() - 0.05
    smolt = days(told)["stage"] == 2
    assert correlation(close[smolt].mean(axis=1), density(told)[smolt]) < -0.5


def test_oxygen_is_still_low_at_midnight_after_a_late_meal() -> None:
    told = with_volumes(0.4, recording__feeding_hours=[8, 23], recording__reading_hours=LATE)
    oxygen = grid(told, told.facts()["reading"], "Dissolved Oxygen")[density(told) > CROWDED]
    at = dict(zip(LATE, oxygen.mean(axis=0), strict=True))
    assert max(at[23], at[0]) < min(at[6], at[22]) - 0.1
    assert at[0] < at[3] < at[6]


# Recirculating plants


@pytest.mark.parametrize("parameter", ["CO2", "NO2", "NO3", "NH4"])
def test_waste_rises_with_the_feed_load(
    told: Told, readings: dict[str, Any], parameter: str
) -> None:
    load = days(told)["load"]
    value = grid(told, readings, parameter).mean(axis=1)
    assert correlation(value, load) > 0.7
    assert value[load > 1.0].mean() > value[load == 0].mean() * 1.2


def test_acidity_follows_carbon_dioxide(told: Told, readings: dict[str, Any]) -> None:
    carbon = grid(told, readings, "CO2").mean(axis=1)
    assert correlation(grid(told, readings, "pH").mean(axis=1), carbon) < -0.7


def test_the_feed_load_follows_what_is_eaten_with_a_lag(told: Told) -> None:
    part = days(told)
    rows = part["container"] == told.farm.layout.halls[0, 2].containers[0]
    volume_m3 = told.farm.layout.volume_m3[told.farm.layout.halls[0, 2].containers[0]]
    fed = part["eaten_dag"][rows] / 100 / volume_m3
    expected = 0.0
    for load, today in zip(part["load"][rows], fed, strict=True):
        expected = 0.8 * expected + 0.2 * today
        assert load == pytest.approx(expected)
