"""What is added elsewhere changes nothing here; scenarios that differ meet the same luck."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection
from copy import deepcopy
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from sim.sites.parameters import PARAMETERS
from sim.sites.schedule import make_plan
from tests.support.command_line import ROOT
from tests.support.small_company import COMPANY, SOUTH, STAGES, START, Told, company, run

NORTH = {**COMPANY["geographies"][0], "stations": 4, "areas": 4, "wellboats": 4, "stagger_days": 20}
"""Enough of everything that batches need not meet."""


ILL: dict[str, Any] = {
    "lice": {"external_per_fish_day": 0.3, "counting": {"interval_days": 3}},
    "diseases": [
        {
            "name": "Test fever", "agent": "viral", "role": "sea", "onsets_per_year": 40.0,
            "spread_per_day": 0.5, "neighbour_per_day": 0.5, "duration_days": 14.0,
            "mortality_percent": 10.0, "damage": {"gill": 0.8},
        },
    ],
}  # fmt: skip
"""Lice and a disease, so that everything that goes through the company's arrays happens."""


def roomy(**changes: object) -> Told:
    return run(company(geographies=[NORTH], **changes), days=95)


KEYS = {"assignment", "purchase", "purchase_2"}
"""Keys are given out in the order of a lane's events."""


def check_same(one: Told, other: Told, batches: int, skip: Collection[str] = KEYS) -> None:
    """The first batches lived the same days, to the last bit."""
    mine, others = (told.days()["batch"] < batches for told in (one, other))
    assert mine.sum() > 300
    for name, column in one.days().items():
        if name not in skip:
            assert np.array_equal(column[mine], other.days()[name][others]), name


def start(day: int, **given_: object) -> dict[str, Any]:
    return {"geography": "North", "start": START + timedelta(days=day), **given_}


@pytest.fixture(scope="module")
def alone() -> Told:
    return roomy(schedule__batches=2)


def test_one_more_batch_leaves_the_others_as_they_were(alone: Told) -> None:
    more = roomy(schedule__batches=4)
    assert make_plan(more.world.scenario).batches[:2] == make_plan(alone.world.scenario).batches
    check_same(alone, more, batches=2)
    assert more.farm.batches[2].stage > 1


def test_one_more_geography_leaves_the_others_as_they_were(alone: Told) -> None:
    scenario = company(geographies=[{**NORTH, "batches": 2}, {**SOUTH, "batches": 3}])
    more = run(scenario, days=95)
    north = [batch for batch in make_plan(scenario).batches if batch.geography == 0]
    assert tuple(north) == make_plan(alone.world.scenario).batches
    check_same(alone, more, batches=2, skip=())
    assert len(more.days(lane=1)["day"]) > 300
    assert [r.values for r in more.records("feed_purchase")] == [
        r.values for r in alone.records("feed_purchase")
    ]


def test_a_geography_lives_alike_alone_and_after_others() -> None:
    """Where a geography's part of the company's arrays begins makes no difference."""
    north = [start(0), start(20)]
    south = [{**start(day), "geography": "South"} for day in (3, 25)]
    both = {"geographies": [SOUTH, NORTH], "schedule__entries": [*south, *north]}
    after = run(company(**both, **ILL), days=70)
    first = run(company(geographies=[NORTH], schedule__entries=north, **ILL), days=70)
    assert len(after.days(lane=0)["day"]) > 300
    assert len(first.days()["day"]) > 300
    for name, column in first.days().items():
        assert np.array_equal(column, after.days(lane=1)[name]), name
    lost, lost_after = (told.cuts[lane].table("deaths") for told, lane in ((first, 0), (after, 1)))
    assert "Test fever" in {first.farm.stock.condition.reasons[key][1] for key in lost["reason"]}
    for name in ("day", "assignment", "count", "weight_g"):
        assert np.array_equal(lost[name], lost_after[name]), name
    one, other = first.farm, after.world.farms[1]
    for name in ("lice", "damage", "load", "scars"):
        state = getattr(one.stock.condition, name)
        assert state.any() or name in ("load", "scars")  # nobody may be ill at the end
        assert np.array_equal(state, getattr(other.stock.condition, name)), name
    for name in ("since", "exposure", "threshold"):
        assert np.array_equal(getattr(one.epidemics, name), getattr(other.epidemics, name)), name


def test_a_geography_that_is_short_of_feed_is_so_alone_and_after_others() -> None:
    """Its batches ask its stores, whatever others with the same keys ask theirs."""
    north, south = ({**one, "barge_kg": 900.0} for one in (NORTH, SOUTH))
    entries = [start(0), start(20)]
    others = [{**start(day), "geography": "South"} for day in (3, 25)]
    scarce = {
        "stages__1__silo_kg": 120.0,
        "feed_supply": {"ahead_days": 5, "silo_lead_days": 9, "barge_lead_days": 12},
    }
    both = {"geographies": [south, north], "schedule__entries": [*others, *entries]}
    after = run(company(**both, **scarce), days=70)
    first = run(company(geographies=[north], schedule__entries=entries, **scarce), days=70)
    for name, column in first.days().items():
        assert np.array_equal(column, after.days(lane=1)[name]), name
    one, other = (
        [row.values for row in farm.lane.records["wait"]]
        for farm in (first.farm, after.world.farms[1])
    )
    assert one == other
    assert any(wait["kind"] == "feed" for wait in one)
    assert after.world.farms[0].lane.records["wait"]


def test_more_stations_and_areas_leave_a_batch_as_it_was(alone: Told) -> None:
    more = run(
        company(geographies=[{**NORTH, "stations": 5, "areas": 6}], schedule__batches=2), days=95
    )
    check_same(alone, more, batches=2, skip={*KEYS, "container"})


def test_one_more_station_leaves_the_readings_at_sea_as_they_were(alone: Told) -> None:
    more = run(company(geographies=[{**NORTH, "stations": 5}], schedule__batches=2), days=95)
    seen = []
    for told in (alone, more):
        readings = told.facts()["reading"]
        at_sea = told.farm.layout.at_sea[readings["container"]]
        seen.append([readings[name][at_sea] for name in ("parameter", "reading_time", "value")])
    for parameter in range(len(PARAMETERS)):
        one, other = (columns[2][columns[0] == parameter] for columns in seen)
        assert np.array_equal(one, other), PARAMETERS[parameter]


@pytest.mark.parametrize(
    "knob",
    [
        {"harvest__gutted_share": 0.9},
        {"recording__growth_sample_fish": 5},
        {"recording__reading_hours": [12]},
        {"writing__buffer_rows": 1000},
        {"feed_supply__price_sd": 0.2},
        {"eggs__internal_share": 0.0},
        {"watchdog_days": 3},
        {"description": "other"},
    ],
    ids=lambda knob: next(iter(knob)),
)
def test_an_unrelated_knob_leaves_every_draw_as_it_was(
    alone: Told, knob: dict[str, object]
) -> None:
    other = roomy(schedule__batches=2, **knob)
    check_same(alone, other, batches=2, skip={"price_cents", "price_2_cents"})


def test_an_earlier_entry_leaves_later_ones_as_they_were() -> None:
    later = start(30, batch_number="LATER", station=2)
    plans = [
        next(batch for batch in make_plan(company(
            geographies=[NORTH], eggs__count_max=200_000, schedule__entries=some
        )).batches if batch.name == "LATER")
        for some in ([later], [start(0, batch_number="EARLIER", station=1), later])
    ]  # fmt: skip
    drawn = [(plan.eggs, plan.target_g, plan.durations) for plan in plans]
    assert drawn[0] == drawn[1]


def test_an_earlier_first_day_leaves_the_water_as_it_was() -> None:
    seas = []
    for first in (0, 60):
        told = run(company(geographies=[NORTH], schedule__entries=[start(first)]), days=1)
        water, area = told.farm.surroundings.water, told.farm.layout.areas[0].index
        today = told.world.plan.first_day + 60 - first - water.first_day
        seas.append((water.degc[area, today : today + 30], water.salinity_ppt[area, today]))
    assert seas[0][0].tolist() == seas[1][0].tolist()
    assert seas[0][1] == seas[1][1]


def test_two_scenarios_meet_the_same_luck(alone: Told) -> None:
    stages = deepcopy(STAGES)
    for stage in stages:
        stage["daily_mortality_percent"] *= 1.5
    harsher = roomy(schedule__batches=2, stages=stages)
    one, other = alone.days(), harsher.days()
    eggs = [told["stage"] == 0 for told in (one, other)]
    dead = [told["dead"][rows] for told, rows in zip((one, other), eggs, strict=True)]
    assert (dead[1] >= dead[0]).all()  # day by day and tray by tray
    assert np.corrcoef(dead[0], dead[1])[0, 1] > 0.95
    weights = [told["weight_g"][rows] for told, rows in zip((one, other), eggs, strict=True)]
    assert weights[0] == pytest.approx(weights[1], rel=1e-9)
    plans = [make_plan(told.world.scenario).batches for told in (alone, harsher)]
    assert plans[0] == plans[1]


def test_a_later_start_is_the_same_luck(alone: Told) -> None:
    later = roomy(schedule__batches=2, schedule__start=START + timedelta(days=3))
    dead = [told.days()["dead"][told.days()["stage"] == 0] for told in (alone, later)]
    assert dead[0].tolist() == dead[1].tolist()


def test_geographies_do_not_share_their_luck() -> None:
    told = run(company(geographies=[NORTH, SOUTH], schedule__batches=2), days=30)
    one, other = (told.days(lane)["dead"][:40] for lane in (0, 1))
    assert one.sum() > 1000
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.5


def test_another_seed_is_other_luck(alone: Told) -> None:
    other = roomy(schedule__batches=2, seed=2)
    some = slice(0, 40)
    assert not np.array_equal(alone.days()["dead"][some], other.days()["dead"][some])


HASH = """
import hashlib
import numpy as np
from tests.support.small_company import COMPANY, SOUTH, company, run
from sim.facts import Text
north = {**COMPANY["geographies"][0], "stations": 2}
told = run(company(geographies=[north, SOUTH], schedule__batches=5))
digest = hashlib.blake2b()
for lane, farm in enumerate(told.world.farms):
    for kind, columns in told.facts(lane).items():
        for name, column in columns.items():
            digest.update(f"{kind} {name} {column.tolist()}".encode())
    for kind in farm.lane.records:
        digest.update(repr([row for row in told.rows(kind, lane)]).encode())
print(digest.hexdigest())
"""


def test_lanes_hold_the_same_under_another_hash_seed() -> None:
    path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    digests = {
        subprocess.run(
            [sys.executable, "-c", HASH],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
            capture_output=True, text=True, check=True,
        ).stdout
        for hash_seed in ("1", "99")
    }  # fmt: skip
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 128
