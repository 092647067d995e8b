"""Sensors are calibrated on their site's own days; their rows and their drift tell the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.core.journal import Cut
from sim.facts import Block
from sim.master_data.site_rows import sensor_block, site_blocks
from sim.observations.calibrations import CalibrationNotes
from sim.sites.layout import Layout
from sim.sites.sensors import Calibrations
from sim.world import World
from tests.support.small_company import company

FIRST = 20_000
DAYS = np.arange(FIRST, FIRST + 100)


def every(days: int, **changes: Any) -> Layout:
    sensors = {"calibration_days": days}
    return Layout(company(instruments={"sensors": sensors}, **changes), 0)


def days_of(calibrations: Calibrations, container: int) -> np.ndarray:
    return DAYS[calibrations.last(np.full(len(DAYS), container), DAYS) == DAYS]


def test_a_container_is_calibrated_at_the_interval_with_its_site_and_not_with_others() -> None:
    layout = every(30)
    calibrations = Calibrations(layout, FIRST)
    found = {}
    for site in layout.sites:
        each = {tuple(days_of(calibrations, container)) for container in site.containers}
        assert len(each) == 1
        found[site.name] = days = each.pop()
        assert set(np.diff(days)) == {30}
    assert len(set(found.values())) > 2


def test_between_two_calibrations_it_is_the_last_that_counts() -> None:
    calibrations = Calibrations(every(30), FIRST)
    last = calibrations.last(np.zeros(len(DAYS), np.int64), DAYS)
    assert (last <= DAYS).all()
    assert (DAYS - last).max() == 29
    assert set(last[last >= FIRST]) == set(days_of(calibrations, 0))


def test_a_new_sensor_comes_calibrated() -> None:
    layout = every(10_000, schedule__built_days_before=20)
    calibrations = Calibrations(layout, FIRST)
    containers = np.arange(layout.holding)
    assert (calibrations.installed >= FIRST - 20).all()
    assert (calibrations.installed <= FIRST).all(), "nothing is measured without a sensor"
    assert (calibrations.last(containers, FIRST) >= calibrations.installed).all()


def test_one_more_site_leaves_the_others_days_as_they_were() -> None:
    one, more = (Calibrations(every(30, geographies__0__areas=n), FIRST) for n in (1, 3))
    for container in range(len(one.installed)):
        assert np.array_equal(days_of(one, container), days_of(more, container))


def columns(block: Block) -> dict[str, np.ndarray]:
    names = ("key", "container", "installation_date", "last_calibration_date", "updated_at")
    return {name: np.asarray(block.columns[name]) for name in names}


@pytest.mark.parametrize("days", [7, 30, 95])
def test_rows_say_after_every_chunk_when_drift_began(days: int) -> None:
    """However long chunks are, and if several calibrations fall into one."""
    scenario = company(instruments={"sensors": {"calibration_days": 20}})
    farm = World(scenario).farms[0]
    calibrations = Calibrations(farm.layout, farm.first_day)
    notes = CalibrationNotes(farm, calibrations)
    (placed,) = (b for b in site_blocks(farm.layout, farm.first_day) if b.kind == "sensor")
    stands = columns(placed)
    changes = 0
    for start in range(farm.first_day, farm.end_day, days):
        end = min(start + days, farm.end_day)
        told = columns(notes.entity(Cut(start, end, {}, [], [])))
        for name, values in told.items():
            stands[name][told["key"]] = values
        changes += len(told["key"])
        last = calibrations.last(stands["container"], end - 1)
        assert np.array_equal(stands["last_calibration_date"], last)
        assert np.array_equal(stands["updated_at"], last * 86_400_000_000)
        assert (stands["installation_date"] <= last).all()
        assert len(told["key"]) == (last >= start).sum(), "only who was calibrated has a new row"
    assert changes >= len(placed.columns["key"])  # type: ignore[arg-type]


def test_rows_before_the_first_day_are_those_of_the_last_calibration_before_it() -> None:
    layout = every(180)
    rows = columns(sensor_block(layout, FIRST))
    last = Calibrations(layout, FIRST).last(rows["container"], FIRST - 1)
    assert np.array_equal(rows["last_calibration_date"], last)
    assert (FIRST - last <= 180).all()
