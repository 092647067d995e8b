"""Instruments are knobs: what they do to readings, to weighed fish and to the score of eggs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.master_data.master import master_blocks
from sim.scenario.agreement import disagreements
from sim.scenario.knobs.instruments import Instrument, Instruments, SensorKnobs
from sim.sites.parameters import PARAMETERS
from sim.sites.sensors import Calibrations
from tests.support.small_company import Told, company, run

NAMES = {
    "Temperature": "temperature", "Dissolved Oxygen": "oxygen", "pH": "ph", "CO2": "co2",
    "NO2": "no2", "NO3": "no3", "NH4": "nh4", "Salinity": "salinity",
}  # fmt: skip
HOURS = [6, 8, 10, 14, 16, 18]


def sensors(**changed: float) -> dict[str, Any]:
    """All sensors with some of their figures changed."""
    usual = SensorKnobs()
    return {name: usual.of(parameter).model_dump() | changed for parameter, name in NAMES.items()}


EXACT = sensors(noise=0.0, drift=0.0, step=0.0001)


def told_with(**instruments: Any) -> Told:
    return run(company(instruments=instruments))


@pytest.fixture(scope="module")
def usual() -> Told:
    return run(company())


@pytest.fixture(scope="module")
def exact() -> Told:
    return told_with(sensors=EXACT)


def grid(told: Told, parameter: str, *, sea: bool = False) -> np.ndarray:
    """Values of one parameter, shape (container-days of the kind in their order, hours)."""
    readings = told.facts()["reading"]
    chosen = readings["parameter"] == PARAMETERS.index(parameter)
    chosen &= told.farm.layout.at_sea[readings["container"]] == sea
    return np.asarray(readings["value"][chosen].reshape(-1, len(HOURS)) / 10_000)


def days(told: Told, *, sea: bool = False) -> dict[str, Any]:
    columns = told.days()
    rows = told.farm.layout.at_sea[columns["container"]] == sea
    return {name: column[rows] for name, column in columns.items()}


def density(told: Told, *, sea: bool = False) -> np.ndarray:
    part = days(told, sea=sea)
    volume_m3 = told.farm.layout.volume_m3[part["container"]]
    return np.asarray(part["count"] * part["weight_g"] / 1000 / volume_m3)[:, None]


def test_every_parameter_has_its_own_sensor() -> None:
    assert set(NAMES) == set(PARAMETERS)
    given = {
        name: {"noise": 0.1, "drift": 0.1, "step": 0.1, "low": float(place), "high": 100.0}
        for place, name in enumerate(NAMES.values())
    }
    own = SensorKnobs.model_validate(given)
    assert [own.of(parameter).low for parameter in NAMES] == list(range(8))


# The water itself, worked out by hand from the figures that were in the code before


@pytest.mark.parametrize(("sea", "swing"), [(False, 0.04), (True, 0.12)])
def test_an_exact_thermometer_shows_the_days_course(exact: Told, sea: bool, swing: float) -> None:
    course = swing * np.sin(2 * np.pi * (np.array(HOURS) - 9) / 24)
    felt = days(exact, sea=sea)["degc"][:, None]
    assert grid(exact, "Temperature", sea=sea) == pytest.approx(felt + course, abs=6e-5)


def test_exact_probes_show_the_chemistry_of_the_feed_load(exact: Told) -> None:
    load = days(exact)["load"][:, None]
    meal = np.clip(1 - np.array([14, 0, 2, 6, 0, 2]) / 5, 0, 1)
    carbon = 4 + 9 * load * (0.9 + 0.3 * meal)
    expected = {
        "CO2": carbon,
        "pH": 7.35 - 0.03 * (carbon - 4),
        "NO2": 0.05 + 0.15 * load + 0 * meal,
        "NO3": 15 + 60 * load + 0 * meal,
        "NH4": 0.1 + 0.9 * load * (0.9 + 0.3 * meal),
    }
    assert load.max() > 0.5
    for parameter, value in expected.items():
        sensor = SensorKnobs().of(parameter)
        shown = np.clip(value, sensor.low, sensor.high)
        assert grid(exact, parameter) == pytest.approx(shown, abs=6e-5), parameter


def test_an_exact_probe_at_sea_shows_the_acidity_of_crowded_water(exact: Told) -> None:
    crowd = density(exact, sea=True)
    assert crowd.max() > 1
    assert grid(exact, "pH", sea=True) == pytest.approx(
        np.broadcast_to(8.05 - 0.004 * crowd, (len(crowd), len(HOURS))), abs=6e-5
    )


def test_chemistry_is_a_knob() -> None:
    tanks = Instruments().tanks.model_dump() | {"co2_mg_l": 6.0, "ph": 7.0, "no3_mg_l": 20.0}
    told = told_with(sensors=EXACT, tanks=tanks, rings={"ph": 7.9})
    fasting = days(told)["load"] == 0
    assert fasting.any()
    assert grid(told, "CO2")[fasting] == pytest.approx(6.0)
    assert grid(told, "pH")[fasting] == pytest.approx(7.0)
    assert grid(told, "NO3")[fasting] == pytest.approx(20.0)
    assert grid(told, "pH", sea=True).max() < 7.9


def test_fish_that_digest_longer_leave_less_oxygen(exact: Told) -> None:
    slow = told_with(sensors=EXACT, course={"meal_hours": 10.0})
    before, after = grid(exact, "Dissolved Oxygen"), grid(slow, "Dissolved Oxygen")
    crowded = density(exact)[:, 0] > 3
    at = {hour: place for place, hour in enumerate(HOURS)}
    assert crowded.sum() > 20
    assert (after[crowded, at[14]] < before[crowded, at[14]]).all()
    assert after[:, at[8]] == pytest.approx(before[:, at[8]]), "right after a meal all is the same"


# Sensors


def test_noise_is_a_knob(exact: Told) -> None:
    spread = {}
    for noise in (0.2, 0.4):
        noisy = told_with(sensors=sensors(drift=0.0, step=0.0001) | {
            "temperature": Instrument(noise=noise, drift=0, step=0.0001, low=-2, high=30)
            .model_dump()
        })  # fmt: skip
        error = grid(noisy, "Temperature") - grid(exact, "Temperature")
        assert abs(error.mean()) < 0.02
        spread[noise] = error.std()
    assert spread[0.2] == pytest.approx(0.2, rel=0.05)
    assert spread[0.4] == pytest.approx(2 * spread[0.2], rel=0.01), "the same luck, twice as strong"


def test_a_sensor_drifts_until_its_calibration(exact: Told) -> None:
    drifting = sensors(noise=0.0, step=0.0001) | {"calibration_days": 30}
    drifting["temperature"] = {
        "noise": 0.0,
        "drift": 1.0,
        "step": 0.0001,
        "low": -2.0,
        "high": 30.0,
    }
    told = told_with(sensors=drifting)
    part = days(told)
    off = (grid(told, "Temperature") - grid(exact, "Temperature"))[:, 0]
    calibrations = Calibrations(told.farm.layout, told.farm.first_day)
    aged = part["day"] - calibrations.last(part["container"], part["day"])
    assert off[aged == 0] == pytest.approx(0, abs=2e-4)
    for container in np.unique(part["container"]):
        mine = (part["container"] == container) & (aged > 0)
        if mine.sum() > 5:
            a_day = off[mine] / aged[mine]
            assert a_day == pytest.approx(a_day[0], abs=2e-4), "in proportion to its age"
    assert np.abs(off).max() > 0.2


def test_steps_and_ranges_are_knobs() -> None:
    coarse = sensors() | {
        "temperature": {"noise": 0.05, "drift": 0.05, "step": 0.5, "low": 9.0, "high": 12.0}
    }
    scenario = company(instruments={"sensors": coarse})
    told = run(scenario)
    for sea in (False, True):
        value = grid(told, "Temperature", sea=sea)
        assert ((2 * value) % 1 == 0).all()
        assert value.min() >= 9
        assert value.max() <= 12
    master = {block.kind: block for block in master_blocks(scenario, told.world.plan.first_day)}
    low, high = (master["parameter"].columns[name] for name in ("min_value", "max_value"))
    assert isinstance(low, np.ndarray)
    assert isinstance(high, np.ndarray)
    at = PARAMETERS.index("Temperature")
    assert (low[at], high[at]) == (900, 1200), "and the parameter's range is the sensor's"


def test_a_sensor_needs_a_range() -> None:
    (found,) = disagreements(Instrument(noise=0, drift=0, step=0.1, low=5, high=5))
    assert found == (("low",), "low must be below high (both are 5.0)")


def test_instruments_change_nothing_but_what_is_seen(usual: Told, exact: Told) -> None:
    for name, column in usual.days().items():
        assert np.array_equal(column, exact.days()[name]), name
    assert not np.array_equal(grid(usual, "Temperature"), grid(exact, "Temperature"))


# People


def test_fish_of_one_shape_differ_in_weight_only() -> None:
    fish = told_with(looks={"shape_cv": 0.0}).facts()["fish"]
    stout = fish["weight_g"] / (fish["length_cm"] / 100.0) ** 3
    for sample in np.unique(fish["growth_sample"])[-5:]:
        mine = fish["growth_sample"] == sample
        assert np.ptp(fish["weight_g"][mine]) > 100
        assert np.ptp(stout[mine]) < 0.02 * stout[mine].mean()


def test_fish_vary_in_shape_as_the_knob_says(usual: Told) -> None:
    fish = usual.facts()["fish"]
    large = fish["weight_g"] > 10_000
    stout = fish["weight_g"][large] / (fish["length_cm"][large] / 100.0) ** 3
    assert large.sum() > 300
    assert stout.std() / stout.mean() == pytest.approx(0.06, rel=0.12)


def test_eggs_are_judged_within_the_knobs(usual: Told) -> None:
    usual_scores = {row["egg_quality_score"] for row in usual.rows("creation_action")}
    assert usual_scores <= {3, 4, 5}
    other = told_with(looks={"egg_quality_least": 2, "egg_quality_most": 2})
    assert {row["egg_quality_score"] for row in other.rows("creation_action")} == {2}
