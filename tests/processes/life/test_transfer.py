"""Moving on: every fish is carried once, whatever the number of containers and days."""

from __future__ import annotations

from math import ceil, gcd
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.clock import MOVE
from sim.processes.life.transfer_actions import overlaps, share_out, turns
from sim.scenario import Scenario
from sim.world import World
from tests.support.small_company import STAGES, Told, company, run

JUST_AFTER = 1 / 64
SHAPES = [(10, 20, 1000), (10, 15, 3), (8, 5, 1), (8, 5, 1000), (10, 20, 4), (1, 3, 1), (3, 1, 1)]


def shaped(sources: int, dests: int, moved_per_day: int, silo_kg: float = 3000.0) -> Scenario:
    """A company whose fry live in ``sources`` tanks and whose smolt in ``dests``."""
    stages: list[dict[str, Any]] = [dict(stage) for stage in STAGES]
    stages[0] |= {"containers_per_hall": 3, "containers_per_batch": 3}
    stages[1] |= {
        "containers_per_hall": sources, "containers_per_batch": sources,
        "containers_moved_per_day": moved_per_day, "transfer_mortality_percent": 2.0,
        "silo_kg": silo_kg,
    }  # fmt: skip
    stages[2] |= {"containers_per_hall": dests, "containers_per_batch": dests}
    limits = company().container_types
    roomy = [{**kind.model_dump(), "max_biomass_kg": 60_000.0} for kind in limits]
    return company(
        stages=stages, container_types=roomy, geographies__0__wellboat_kg=60_000.0
    )  # fmt: skip


@given(st.integers(1, 60), st.integers(1, 60))
def test_overlaps_share_sources_out_exactly(sources: int, dests: int) -> None:
    table = overlaps(sources, dests)
    assert len(table) == sources
    assert all(sum(part for _, part in shares) == dests for shares in table)
    into = np.zeros(dests, dtype=int)
    for shares in table:
        for dest, part in shares:
            assert part > 0
            into[dest] += part
    assert (into == sources).all()
    order = [dest for shares in table for dest, _ in shares]
    assert order == sorted(order), "side by side, from the first to the last"
    assert len(order) == sources + dests - gcd(sources, dests)


@pytest.mark.parametrize(("sources", "dests"), [(10, 20), (3, 2), (8, 5), (3, 1)])
def test_fish_from_several_sources_settle_one_after_the_other(sources: int, dests: int) -> None:
    """What every turn mixes in, and in which order, is what mixing one by one gives."""
    actions, held, total = [], [], [0] * dests
    for source, shares in enumerate(overlaps(sources, dests)):
        actions += share_out(source, shares, (1000 + source, 7), 50.0)
    for action in actions:
        total[action.dest] += action.moved
        held.append(total[action.dest])
    states = 1.0 + np.arange(sources) ** 2
    one_by_one = np.zeros(dests)
    for action, now in zip(actions, held, strict=True):
        share = action.moved / max(now, 1)
        one_by_one[action.dest] += share * (states[action.source] - one_by_one[action.dest])
    mixed = np.zeros(dests)
    for into, came, part in turns(actions, held):
        mixed[into] += part * (states[came] - mixed[into])
    assert mixed.tolist() == one_by_one.tolist()
    assert total == [sum(a.moved for a in actions if a.dest == dest) for dest in range(dests)]


def test_everybody_who_lives_somewhere_is_on_a_feed_line_every_day() -> None:
    """Moves over several days, to halls and to sea, and harvests: who came eats, who left not."""
    world = World(shaped(8, 5, 3))
    farm, company_ = world.farms[0], world.company
    came = left = 0
    before: set[int] = set()
    for day in range(world.plan.first_day + 1, world.plan.end_day):
        world.advance(day)
        batch = company_.fish.batch
        live = (batch >= 0).nonzero()[0]
        assert company_.fish.occupants().rows.tolist() == live.tolist()
        fed = {row for row in live.tolist() if farm.stages[company_.fish.stage[row]].feeds}
        assert set((company_.fish.feed_line >= 0).nonzero()[0].tolist()) == fed
        lines = [line for each in farm.batches for line in each.feed_lines]
        assert sorted(unit for line in lines for unit in line.containers.tolist()) == sorted(fed)
        came, left, before = came + len(fed - before), left + len(before - fed), fed
    rings = farm.stages[-1].containers_per_batch
    assert came >= 8 + 5 + rings
    assert left >= 8 + 5 + rings


def test_overlaps_by_hand() -> None:
    assert overlaps(2, 4) == [[(0, 2), (1, 2)], [(2, 2), (3, 2)]]
    assert overlaps(2, 3) == [[(0, 2), (1, 1)], [(1, 1), (2, 2)]]
    assert overlaps(3, 1) == [[(0, 1)], [(0, 1)], [(0, 1)]]


@pytest.mark.parametrize(("sources", "dests", "a_day"), SHAPES)
def test_fish_and_weight_are_conserved_in_a_move(sources: int, dests: int, a_day: int) -> None:
    world = World(shaped(sources, dests, a_day))
    farm, env = world.farms[0], world.env
    stock = farm.stock
    fry = np.array(farm.layout.halls[0, 1].containers)
    smolt = np.array(farm.layout.halls[0, 2].containers)
    first, days = world.plan.first_day + 25, -(-sources // a_day)
    moved_of: list[dict[str, Any]] = []
    for day in range(first, first + days):
        env.run(until=day + MOVE - JUST_AFTER)
        count, weight = stock.count.copy(), stock.weight_g.copy()
        env.run(until=day + MOVE + JUST_AFTER)
        emptied = fry[(stock.count[fry] == 0) & (count[fry] > 0)]
        assert len(emptied) == min(a_day, sources - (day - first) * a_day)
        actions = farm.lane.records["transfer_action"]
        moved_of = [a.values for a in actions if a.values["workflow"] == 1]
        today = [a for a in moved_of if a["actual_execution_date"] == day]
        died = sum(a["mortality_during_transfer"] for a in today)
        assert died > 0
        assert stock.count[[*fry, *smolt]].sum() == count[[*fry, *smolt]].sum() - died
        assert sum(a["transferred_count"] for a in today) + died == count[emptied].sum()
        before_kg = (count * weight)[[*fry, *smolt]].sum() / 1000
        lost_kg = sum(a["mortality_during_transfer"] * a["measured_avg_weight_g"] for a in today)
        after_kg = (stock.count * stock.weight_g)[[*fry, *smolt]].sum() / 1000
        assert after_kg == pytest.approx(before_kg - lost_kg / 1000, rel=1e-12)
        others = np.setdiff1d(np.arange(len(count)), [*fry, *smolt])
        assert (stock.count[others] == count[others]).all()
    assert stock.count[fry].sum() == 0
    assert (stock.count[smolt] > 0).all()
    shares = stock.count[smolt] / stock.count[smolt].sum()
    assert shares == pytest.approx(1 / dests, rel=0.12)
    workflow = farm.lane.records["transfer_workflow"][1].values
    assert workflow["status"] == "COMPLETED"
    assert workflow["actions_completed"] == workflow["total_actions_planned"] == len(moved_of)
    assert len(moved_of) == sources + dests - gcd(sources, dests)
    assert workflow["total_transferred_count"] == sum(a["transferred_count"] for a in moved_of)
    assert workflow["actual_completion_date"] == first + days - 1


@pytest.mark.parametrize(("sources", "dests", "a_day"), SHAPES)
def test_a_population_never_grows(sources: int, dests: int, a_day: int) -> None:
    told = run(shaped(sources, dests, a_day), days=60)
    columns = told.days()
    first = told.world.plan.first_day
    totals = np.bincount(columns["day"] - first, weights=columns["count"])
    assert totals[0] > 99_000
    assert (np.diff(totals) <= 0).all()
    assert (totals > 80_000).all()


def test_every_evening_is_the_evening_before_less_the_dead() -> None:
    told = run(shaped(8, 5, 2), days=60)
    columns, first = told.days(), told.world.plan.first_day
    day = columns["day"] - first
    alive, dead = (np.bincount(day, weights=columns[name]) for name in ("count", "dead"))
    in_moves = np.zeros(60)
    for action in told.rows("transfer_action"):
        in_moves[action["actual_execution_date"] - first] += action["mortality_during_transfer"]
    arrival = told.rows("creation_workflow")[0]["total_mortality_on_arrival"]
    expected = 100_000 - arrival - np.cumsum(dead + in_moves)
    assert alive.tolist() == expected.tolist()


def test_a_transfers_number_says_how_many_days_old_the_batch_is() -> None:
    """Counted from 0 like the knobs' days of a batch's life; ``day_number`` counts from 1."""
    told = run(company())
    batch = told.farm.batches[0]
    numbers = [row["workflow_number"] for row in told.rows("transfer_workflow")]
    assert numbers == [f"TRF-{batch.name}-D{age}" for age in (10, 25, 40)]
    state = told.facts()["daily_state"]
    assert (state["day_number"] - (state["date"] - batch.start) == 1).all()


def test_in_the_middle_of_a_move_the_batch_lives_in_both_places() -> None:
    told = run(shaped(8, 5, 2), days=27)
    columns, first = told.days(), told.world.plan.first_day
    evening = columns["day"] == first + 26
    assert set(columns["stage"][evening].tolist()) == {1, 2}
    assert len(set(columns["container"][evening].tolist())) == evening.sum()
    workflow = told.rows("transfer_workflow")[1]
    assert workflow["status"] == "IN_PROGRESS"
    assert (workflow["actions_completed"], workflow["total_actions_planned"]) == (6, 12)
    active = [row for row in told.rows("assignment") if row["is_active"]]
    assert {row["lifecycle_stage"] for row in active} == {1, 2}
    assert sum(row["population_count"] for row in active) == told.farm.stock.count.sum()


def test_mixing_keeps_the_mean_of_what_is_mixed() -> None:
    world = World(shaped(8, 5, 1000))
    farm = world.farms[0]
    world.env.run(until=world.plan.first_day + 25 + MOVE + JUST_AFTER)
    actions = [a.values for a in farm.lane.records["transfer_action"] if a.values["workflow"] == 1]
    for container in farm.layout.halls[0, 2].containers:
        into = [a for a in actions if a["dest_container"] == container]
        assert len(into) >= 2
        kg = sum(a["transferred_biomass_kg"] for a in into)
        assert sum(a["transferred_count"] for a in into) == farm.stock.count[container]
        assert farm.stock.biomass_kg(container) == pytest.approx(kg)


def test_a_hall_buys_feed_of_its_own_stage_while_it_is_emptied() -> None:
    told = run(shaped(10, 10, 1, silo_kg=150.0))  # so small that it orders during the move
    lots = {row["key"]: row for row in told.rows("feed_purchase")}
    fry, smolt = (told.farm.feed_keys[stage.feeds[0].feed] for stage in told.farm.stages[1:3])
    bought: dict[str, set[int]] = {}
    for lot in lots.values():
        store = lot["batch_number"].rpartition("-")[0]
        bought.setdefault(store, set()).add(lot["feed"])
    assert bought["N-FW-01-B-Silo"] == {fry}
    assert bought["N-FW-01-C-Silo"] == {smolt}


def test_to_sea_by_boat_a_boatload_at_a_time() -> None:
    told = run(company(), days=46)
    boat_kg = told.farm.geography.wellboat_kg
    moved: dict[int, list[dict[str, Any]]] = {}
    for action in told.rows("transfer_action"):
        if action["workflow"] == 2:
            moved.setdefault(action["actual_execution_date"], []).append(action)
    assert len(moved) == 2
    for actions in moved.values():
        assert sum(a["transferred_biomass_kg"] for a in actions) <= boat_kg
    days = sorted(day - told.world.plan.first_day for day in moved)
    assert days == [40, 41]
    assert told.rows("transfer_workflow")[2]["is_intercompany"]
    (usage,) = [
        ledger for ledger in told.farm.resources.ledgers() if ledger.pools.name == "wellboats"
    ]
    assert usage.total().busy_days == 2


def test_a_boat_sails_as_often_as_a_tank_needs_before_it_takes_the_next_one() -> None:
    boat_kg, trip_days = 700.0, 2
    knobs = {
        "geographies__0__wellboat_kg": boat_kg, "geographies__0__wellboat_trip_days": trip_days,
    }  # fmt: skip
    told = run(company(**knobs), days=80)
    columns = told.days()
    left: dict[int, int] = {}
    for action in told.rows("transfer_action"):
        if action["workflow"] == 2:
            left[action["source_assignment"]] = action["actual_execution_date"]
    away = []
    for assignment, day in left.items():
        row = (columns["assignment"] == assignment) & (columns["day"] == day - 1)
        tank_kg = float((columns["count"] * columns["weight_g"])[row][0]) / 1000
        away.append(trip_days * ceil(tank_kg / boat_kg))
    assert len(away) == 4
    assert {days // trip_days for days in away} == {1, 2, 3}
    assert np.diff(list(left.values())).tolist() == away[:-1]
    (usage,) = [
        ledger for ledger in told.farm.resources.ledgers() if ledger.pools.name == "wellboats"
    ]
    assert usage.total().busy_days == sum(away)


def evening(told: Told, day: int, name: str) -> np.ndarray:
    columns = told.days()
    return columns[name][columns["day"] == told.world.plan.first_day + day]


def test_fish_eat_and_grow_on_the_day_of_their_move() -> None:
    told = run(shaped(10, 20, 1000), days=27)
    assert (evening(told, 25, "eaten_dag") > 0).all()
    assert evening(told, 25, "weight_g").mean() > 1.1 * evening(told, 24, "weight_g").mean()
