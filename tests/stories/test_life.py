"""Whole lives of small companies: every egg is accounted for, and who is blocked waits."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.core.clock import CLOSE, MICROSECONDS_PER_DAY, MOVE, microseconds
from sim.scenario import Scenario
from tests.support.small_company import COMPANY, SOUTH, STAGES, START, Told, company, run

NORTH = COMPANY["geographies"][0]


def entries(*starts: int, **given_: object) -> list[dict[str, Any]]:
    return [
        {"geography": "North", "start": START + timedelta(days=start), **given_} for start in starts
    ]


def dead_of(told: Told, lane: int, batch: int) -> int:
    """Everything that died of a batch, from the records alone."""
    columns = told.days(lane)
    background = int(columns["dead"][columns["batch"] == batch].sum())
    workflows = {r["key"] for r in told.rows("transfer_workflow", lane) if r["batch"] == batch}
    moves = sum(
        row["mortality_during_transfer"]
        for row in told.rows("transfer_action", lane)
        if row["workflow"] in workflows
    )
    creation = {r["key"] for r in told.rows("creation_workflow", lane) if r["batch"] == batch}
    arrival = sum(
        row["mortality_on_arrival"]
        for row in told.rows("creation_action", lane)
        if row["workflow"] in creation
    )
    return background + moves + arrival


def check_every_egg(told: Told) -> None:
    """Eggs = alive + dead + harvested, for every batch of every lane."""
    for lane, farm in enumerate(told.world.farms):
        events = {r["key"]: r["batch"] for r in told.rows("harvest_event", lane)}
        for batch in farm.batches:
            key = batch.row.key
            alive = int(farm.stock.count[farm.stock.batch == key].sum())
            harvested = sum(
                lot["unit_count"]
                for lot in told.rows("harvest_lot", lane)
                if events[lot["event"]] == key
            )
            assert batch.plan.eggs == alive + dead_of(told, lane, key) + harvested
            assert harvested == batch.harvested
            assert alive == 0 or batch.alive


def check_containers(told: Told) -> None:
    """One batch at a time in a container, within its limit; an assignment from stay to stay."""
    for lane, farm in enumerate(told.world.farms):
        columns = told.days(lane)
        places = columns["day"] * farm.layout.holding + columns["container"]
        assert len(np.unique(places)) == len(places)
        biomass = columns["count"] * columns["weight_g"] / 1000
        assert (biomass <= farm.layout.limit_kg[columns["container"]] * (1 + 1e-9)).all()
        stays: dict[int, list[tuple[int, int]]] = {}
        for row in told.rows("assignment", lane):
            until = row["departure_date"]
            assert row["is_active"] is (until is None)
            stay = (row["assignment_date"], farm.end_day if until is None else until)
            stays.setdefault(row["container"], []).append(stay)
        for container, periods in stays.items():
            periods.sort()
            for (_, left), (came, _) in pairwise(periods):
                rest = NORTH["fallow_days" if farm.layout.at_sea[container] else "hall_rest_days"]
                assert came >= left + rest


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=5),
    st.integers(1, 3),
    st.integers(1, 12),
    st.integers(0, 10**9),
)
@settings(
    deadline=None,
    max_examples=15,
    derandomize=True,
    phases=[Phase.generate],  # a run is a tenth of a second: shrinking would take minutes
    suppress_health_check=[HealthCheck.too_slow],
)
def test_every_egg_is_accounted_for(
    starts: list[int], areas: int, moved_per_day: int, seed: int
) -> None:
    scenario = company(
        seed=seed,
        schedule__entries=entries(*sorted(starts)),
        schedule__tail_days=150,
        geographies__0__areas=areas,
        geographies__0__stations=2,
        stages__1__containers_moved_per_day=moved_per_day,
        stages__2__transfer_mortality_percent=8.0,
    )
    told = run(scenario)
    assert told.farm.batches
    check_every_egg(told)
    check_containers(told)


def test_a_whole_life_leaves_empty_arrays_and_closed_records() -> None:
    told = run(company())
    check_every_egg(told)
    (batch,) = told.rows("batch")
    assert batch["status"] == "COMPLETED"
    assert batch["actual_end_date"] > batch["start_date"] + 50
    assert told.farm.stock.count.sum() == 0
    assert (told.farm.stock.batch == -1).all()
    assert not any(row["is_active"] for row in told.rows("assignment"))
    assert [len(pool.holders) for pool in told.farm.resources.pools()] == [0, 0]
    assert all(row["status"] == "COMPLETED" for row in told.rows("transfer_workflow"))


# A batch whose next hall is occupied: the first is in hall B from day 10 to 25, which rests two
# days more; the second is due there on day 22.
BLOCKED = {"schedule__entries": entries(0, 12), "geographies__0__wellboat_kg": 10_000.0}


def waits_for(told: Told, pool: str) -> list[dict[str, Any]]:
    return [row for row in told.rows("wait") if row["pool"] == pool]


def test_a_blocked_batch_waits_where_it_is_and_grows_until_its_yolk_is_used_up() -> None:
    told = run(company(**BLOCKED), days=50)
    columns, first = told.days(), told.world.plan.first_day
    second = columns["batch"] == 1
    lived = {
        int(day) - first: int(stage)
        for day, stage in zip(columns["day"][second], columns["stage"][second], strict=True)
    }
    assert [lived[day] for day in (21, 22, 26, 27, 41, 42)] == [0, 0, 0, 1, 1, 2]
    container = columns["container"] == columns["container"][second][0]
    weight = columns["weight_g"][second & container & (columns["stage"] == 0)]
    assert len(weight) == 15  # five days longer than the ten of the stage
    assert (np.diff(weight)[:10] > 0.001).all()
    assert (np.diff(weight)[-3:] == 0).all()
    check_every_egg(told)
    check_containers(told)


def test_a_blocked_batch_that_is_fed_keeps_growing() -> None:
    told = run(company(schedule__entries=entries(0, 12), geographies__0__areas=1), days=75)
    assert waits_for(told, "N sea areas")
    columns = told.days()
    (container, *_) = columns["container"][(columns["batch"] == 1) & (columns["stage"] == 2)]
    there = (columns["container"] == container) & (columns["batch"] == 1)
    weight = columns["weight_g"][there]
    assert len(weight) > told.farm.stages[2].duration_days
    assert (np.diff(weight) > 0).all()


def test_a_stage_lasts_as_long_when_it_began_late() -> None:
    told = run(company(**BLOCKED, stages__2__duration_days=5), days=50)
    columns, first = told.days(), told.world.plan.first_day
    as_fry = (columns["batch"] == 1) & (columns["stage"] == 1)
    assert columns["day"][as_fry].min() == first + 27
    assert columns["day"][as_fry].max() == first + 27 + 15 - 1


def test_a_wait_tells_who_waited_for_what_since_when_and_who_held_it() -> None:
    told = run(company(**BLOCKED), days=50)
    first = told.world.plan.first_day
    (wait,) = waits_for(told, "N-FW-01-Hall-B")
    asked = first + 22 - told.farm.scenario.feed_supply.ahead_days
    assert wait["batch"] == 1
    assert wait["kind"] == "tanks"
    assert (wait["asked"], wait["unit"]) == (4, "units")
    assert wait["since"] == microseconds(asked + MOVE)
    assert wait["until"] == microseconds(first + 27 + MOVE)
    assert told.holders(wait) == {"NOR-2020-001": 4}
    assert (wait["waiter"], wait["stage"]) == ("NOR-2020-002", 1)
    assert (wait["pool_kind"], wait["hall"]) == ("tanks", "B")
    assert wait["cause"] == "NOR-2020-002 claims a place for Fry"


def test_a_wait_that_is_not_over_stays_open() -> None:
    told = run(company(**BLOCKED), days=24)
    (wait,) = waits_for(told, "N-FW-01-Hall-B")
    assert wait["until"] is None


def test_blocking_travels_upstream_to_the_eggs() -> None:
    # One area, a fallow of 60 days: the second batch cannot go to sea, the third not to hall C.
    knobs = {
        "geographies__0__fallow_days": 60,
        "schedule__tail_days": 100,
        "schedule__entries": entries(0, 17, 34, 51),
    }
    told = run(company(**knobs), days=134)
    check_every_egg(told)
    check_containers(told)
    stages = {b.plan.number: b.stage for b in told.farm.batches if b.alive}
    assert stages == {2: 2, 3: 1, 4: 0}
    weight = [row["avg_weight_g"] for row in told.rows("assignment") if row["is_active"]]
    assert len(weight) == 12
    pools = ("N sea areas", "N-FW-01-Hall-C", "N-FW-01-Hall-B")
    claims = [row for pool in pools for row in waits_for(told, pool) if row["unit"] == "units"]
    assert {row["batch"]: row["pool"] for row in claims if row["until"] is None} == {
        1: "N sea areas",
        2: "N-FW-01-Hall-C",
        3: "N-FW-01-Hall-B",
    }


def test_batches_alive_at_the_end_stay_active_with_their_true_state() -> None:
    told = run(company(schedule__batches=3), days=60)
    stock, first = told.farm.stock, told.world.plan.first_day
    rows = told.rows("batch")
    assert [(row["status"], row["actual_end_date"]) for row in rows] == [("ACTIVE", None)] * 3
    assert [row["lifecycle_stage"] for row in rows] == [3, 2, 1]
    columns = told.days()
    last = columns["day"] == first + 59
    active = {row["container"]: row for row in told.rows("assignment") if row["is_active"]}
    assert sorted(active) == sorted(columns["container"][last].tolist())
    for index in np.flatnonzero(last):
        row = active[int(columns["container"][index])]
        assert row["population_count"] == columns["count"][index] == stock.count[row["container"]]
        assert row["avg_weight_g"] == columns["weight_g"][index]
        assert row["biomass_kg"] == pytest.approx(
            row["population_count"] * row["avg_weight_g"] / 1e3
        )
        assert row["updated_at"] == (first + 59) * MICROSECONDS_PER_DAY + microseconds(CLOSE)


def own_stages() -> Scenario:
    stages = [{**stage, "duration_days": 8, "tgc": 9.0} for stage in STAGES[:3]]
    south = {**SOUTH, "stages": [*stages, {**STAGES[3], "name": "Ongrowing"}]}
    return company(geographies=[NORTH, south], schedule__batches=2, schedule__stagger_days=1)


def test_a_geography_with_its_own_stages_lives_by_them() -> None:
    told = run(own_stages(), days=35)
    check_every_egg(told)
    north, south = told.world.farms
    assert [stage.name for stage in south.stages] == ["Eggs", "Fry", "Smolt", "Ongrowing"]
    assert (north.batches[0].stage, south.batches[0].stage) == (2, 3)
    assert north.batches[0].plan.durations[:3] == (10, 15, 15)
    assert south.batches[0].plan.durations[:3] == (8, 8, 8)
    assert len(told.records("transfer_workflow", lane=1)) == 3
