"""Batches and containers whose last fish die."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np
import pytest
import simpy

from sim.company.farm import Farm
from sim.core.clock import HARM
from sim.resources.fleet import Fleet
from sim.scenario import Scenario
from sim.world import World
from tests.support.small_company import CLOSE_TOGETHER, Told, company

Doomed = Callable[[Farm], Sequence[int]]
LIFE = 90  # days, with the harvest


def doom(scenario: Scenario, *deaths: tuple[int, Doomed]) -> Told:
    """Run a company in which all fish of some containers die on a day of the simulation."""
    world = World(scenario)
    farm, first = world.farms[0], world.plan.first_day

    def kill(day: int, of: Doomed) -> Generator[simpy.Event, object, None]:
        yield farm.at(first + day, HARM)
        condition, units = farm.stock.condition, np.array(of(farm), dtype=np.int64)
        reason = condition.reason("ENVIRONMENTAL", "the end")
        condition.add_hazard("environment", units, 1.0, reason)

    for day, of in deaths:
        world.env.process(kill(day, of))
    world.advance(world.plan.end_day)
    end = world.plan.end_day
    return Told(world, [farm.records.cut(first, end) for farm in world.farms])


def all_of(number: int) -> Doomed:
    """All fish of a batch, by its number from 0."""
    return lambda farm: np.flatnonzero(farm.stock.batch == farm.batches[number].row.key).tolist()


def one_of(number: int) -> Doomed:
    return lambda farm: all_of(number)(farm)[:1]


def ended(told: Told, number: int = 0) -> tuple[str, int | None]:
    """How a batch ended, and on which day of the simulation."""
    row = told.rows("batch")[number]
    end = row["actual_end_date"]
    return row["status"], None if end is None else end - told.world.plan.first_day


def holders(farm: Farm) -> set[str]:
    """Who still holds or waits for anything."""
    pools = list(farm.resources.pools())
    fleets: list[Fleet] = list(farm.resources.fleets.values())
    plant = farm.resources.plant
    found = {holder for pool in pools for holder in pool.holders.values()}
    found |= {claim.holder for pool in pools for claim in pool.get_queue}
    found |= {name for fleet in fleets for name in fleet.holders()}
    found |= {trip.holder for fleet in fleets for trip in fleet.queue}  # type: ignore[attr-defined]
    return found | {request.holder for request in plant.get_queue}


@pytest.mark.parametrize(
    ("day", "scene"),
    [
        (5, "eggs"), (24, "fry, whose next tanks are claimed already"), (30, "smolts"),
        (60, "at sea"),
    ],
)  # fmt: skip
def test_a_batch_whose_last_fish_die_ends_that_day_and_gives_everything_back(
    day: int, scene: str
) -> None:
    told = doom(company(), (day, all_of(0)))
    farm, first = told.farm, told.world.plan.first_day
    assert ended(told) == ("TERMINATED", day), scene
    (batch,) = farm.batches
    assert batch.died_out
    assert not batch.alive
    assert not batch.is_harvested
    assert holders(farm) == set()
    assert all(store._eaters == 0 for store in farm.resources.every_store)
    assert told.days()["day"].max() == first + day, "nobody is counted, fed or measured after"
    assert told.rows("harvest_event") == []
    left = [row["departure_date"] for row in told.rows("assignment")]
    assert max(left) == first + day + 1
    assert {row["status"] for row in told.rows("planned_activity")} <= {"COMPLETED", "CANCELLED"}
    assert all(row["until"] is not None for row in told.rows("wait"))


def test_a_ring_whose_last_fish_die_ends_and_the_others_are_harvested() -> None:
    told = doom(company(), (60, one_of(0)))
    first, rows = told.world.plan.first_day, told.rows("assignment")
    assert ended(told)[0] == "COMPLETED"
    rings = [row for row in rows if row["lifecycle_stage"] == 3]
    alone = [row for row in rings if row["departure_date"] == first + 61]
    assert len(rings) == 6
    assert len(alone) == 1
    assert len(told.rows("harvest_event")) == 5
    harvested = {row["assignment"] for row in told.rows("harvest_event")}
    assert alone[0]["key"] not in harvested
    days = told.days()
    assert days["day"][days["assignment"] == alone[0]["key"]].max() == first + 60


def test_a_move_that_nobody_is_left_for_is_over() -> None:
    slow = company(stages__1__containers_moved_per_day=1)
    told = doom(slow, (26, all_of(0)))  # two of four tanks are empty
    moves = told.rows("transfer_workflow")
    assert [row["status"] for row in moves] == ["COMPLETED", "COMPLETED"]
    assert [row["actions_completed"] for row in moves] == [
        row["total_actions_planned"] for row in moves
    ]
    assert moves[-1]["actual_completion_date"] == told.world.plan.first_day + 26
    assert ended(told) == ("TERMINATED", 26)
    assert holders(told.farm) == set()


def test_a_tank_whose_fish_died_before_its_turn_is_not_moved() -> None:
    slow = company(stages__1__containers_moved_per_day=1)
    last = doom(slow, (26, lambda farm: [max(all_of(0)(farm)[:2])]))
    assert ended(last)[0] == "COMPLETED"
    assert all(
        row["transferred_count"] + row["mortality_during_transfer"] > 0
        for row in last.rows("transfer_action")
    )
    for row in last.rows("transfer_workflow"):
        assert row["total_actions_planned"] == row["actions_completed"]


def waiting_for(scene: str, **changes: Any) -> tuple[Scenario, Told, dict[str, Any]]:
    """A company in which somebody waits, and the first wait of the kind."""
    scenario = company(**changes)
    told = doom(scenario)
    found = [row for row in told.rows("wait") if row["kind"] == scene and row["batch"] is not None]
    return scenario, told, max(found, key=lambda row: (row["until"] or 2**62) - row["since"])


@pytest.mark.parametrize(
    ("scene", "changes"),
    [
        ("rings", {"schedule__batches": 3, "schedule__stagger_days": 20,
                   "schedule__tail_days": 200, "geographies__0__fallow_days": 40}),
        ("wellboat", CLOSE_TOGETHER | {"geographies__0__wellboat_trip_days": 9,
                                       "schedule__tail_days": 160}),
        ("plant", {"schedule__batches": 2, "schedule__stagger_days": 1,
                   "geographies__0__stations": 2, "geographies__0__areas": 2,
                   "geographies__0__plant_kg_per_day": 4000.0}),
    ],
)  # fmt: skip
def test_who_dies_out_while_it_waits_is_not_waited_for(scene: str, changes: dict[str, Any]) -> None:
    scenario, before, wait = waiting_for(scene, **changes)
    first, number = before.world.plan.first_day, int(wait["batch"])
    day = int(wait["since"]) // 86_400_000_000 + 1 - first
    told = doom(scenario, (day, all_of(number)))
    assert ended(told, number) == ("TERMINATED", day)
    batch = told.farm.batches[number]
    assert batch.name not in holders(told.farm)
    assert not batch.places
    own = [row for row in told.rows("wait") if row["batch"] == number]
    assert all(row["until"] is not None for row in own)
    assert max(row["until"] for row in own) <= (first + day + 2) * 86_400_000_000
    assert all(other.is_harvested for other in told.farm.batches if other is not batch)
    for ledger in told.farm.resources.ledgers():
        assert ledger.queued == 0, ledger.pool


def test_the_last_ring_that_the_plant_takes_ends_the_harvest_though_others_died() -> None:
    scenario, before, _ = waiting_for(
        "plant", schedule__batches=2, schedule__stagger_days=1, geographies__0__stations=2,
        geographies__0__areas=2, geographies__0__plant_kg_per_day=4000.0,
    )  # fmt: skip
    first = before.world.plan.first_day
    days = [row["event_date"] // 86_400_000_000 - first for row in before.rows("harvest_event")]
    told = doom(scenario, (min(days) + 1, lambda farm: all_of(0)(farm)[-2:]))
    assert ended(told)[0] == "COMPLETED"
    assert len([row for row in told.rows("harvest_event") if row["batch"] == 0]) == 4
    assert told.farm.batches[0].is_harvested
    assert told.farm.resources.plant.usage.queued == 0
