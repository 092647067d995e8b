"""Harvest: ring by ring, near the batch's target, into lots that add up to the ring."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.clock import MOVE, microseconds
from sim.processes.life.harvest import _days_to_middle, _fastest_growth, largest_remainder
from sim.world import World
from tests.support.small_company import COMPANY, FINISHER, SOUTH, START, Told, company, run

NORTH = COMPANY["geographies"][0]


def lots_by_event(told: Told, lane: int = 0) -> dict[int, list[dict[str, Any]]]:
    lots: dict[int, list[dict[str, Any]]] = {}
    for lot in told.rows("harvest_lot", lane):
        lots.setdefault(lot["event"], []).append(lot)
    return lots


def evening_before(told: Told, event: dict[str, Any]) -> tuple[int, float]:
    """Count and live weight (kg) of an event's ring in the evening before."""
    columns = told.days()
    day = event["event_date"] // 86_400_000_000 - 1
    row = (columns["assignment"] == event["assignment"]) & (columns["day"] == day)
    count, weight = columns["count"][row], columns["weight_g"][row]
    return int(count[0]), float(count[0] * weight[0] / 1000)


@pytest.fixture(scope="module")
def told() -> Told:
    return run(company())


def test_lots_add_up_to_their_ring_to_the_gram(told: Told) -> None:
    lots = lots_by_event(told)
    events = told.rows("harvest_event")
    assert len(events) == 6
    for event in events:
        count, live_kg = evening_before(told, event)
        of_ring = lots[event["key"]]
        assert sum(lot["unit_count"] for lot in of_ring) == count
        grams = [round(1000 * lot["live_weight_kg"]) for lot in of_ring]
        assert sum(grams) == round(1000 * live_kg)


def test_grades_have_their_shares_and_relative_weights(told: Told) -> None:
    rules = told.world.scenario.harvest.grades
    for of_ring in lots_by_event(told).values():
        fish = sum(lot["unit_count"] for lot in of_ring)
        live_kg = sum(lot["live_weight_kg"] for lot in of_ring)
        norm = sum(rule.share * rule.weight_factor for rule in rules)
        assert [lot["product_grade"] for lot in of_ring] == [0, 1, 2, 3, 4]
        for lot, rule in zip(of_ring, rules, strict=True):
            assert abs(lot["unit_count"] - rule.share * fish) < 1
            mean = lot["live_weight_kg"] / lot["unit_count"]
            assert mean == pytest.approx(live_kg / fish * rule.weight_factor / norm, rel=1e-3)
            assert lot["gutted_weight_kg"] == pytest.approx(0.85 * lot["live_weight_kg"])
            assert lot["fillet_weight_kg"] == pytest.approx(0.55 * lot["live_weight_kg"])


def test_events_name_their_ring_and_close_its_assignment(told: Told) -> None:
    assignments = told.rows("assignment")
    for number, event in enumerate(told.rows("harvest_event")):
        stay = assignments[event["assignment"]]
        ring = f"N-SEA-01-Ring-{number + 1:02d}"
        assert event["document_ref"] == f"HRV-NOR-2020-001-{ring}"
        assert told.farm.layout.names[stay["container"]] == ring
        assert event["event_date"] == microseconds(stay["departure_date"] + MOVE)
        assert (stay["is_active"], stay["population_count"]) == (False, 0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("plant_kg", [15_000.0, 7_000.0, 100_000.0])
def test_the_batchs_mean_meets_its_target(seed: int, plant_kg: float) -> None:
    told = run(company(seed=seed, geographies__0__plant_kg_per_day=plant_kg))
    lots = told.rows("harvest_lot")
    mean_g = (
        1000 * sum(lot["live_weight_kg"] for lot in lots) / sum(lot["unit_count"] for lot in lots)
    )
    (batch,) = told.farm.batches
    a_day = 0.04  # how fast they grow just then; they are looked at once a day
    assert -0.5 * a_day < mean_g / batch.plan.target_g - 1 < 1.1 * a_day


def test_the_middle_of_the_harvest_is_by_the_plants_pace_and_who_asked_before() -> None:
    def days(rings: int, ring_kg: float, ahead: int = 0) -> float:
        plant = SimpleNamespace(capacity=10_000.0, get_queue=[None] * ahead)
        farm = SimpleNamespace(resources=SimpleNamespace(plant=plant))
        return _days_to_middle(cast("Any", farm), rings, ring_kg)

    assert days(6, 9000.0) == 2.5  # one a day: on days 0 to 5
    assert days(6, 5000.0) == 1.25
    assert days(1, 5000.0) == 0
    assert days(6, 5000.0, ahead=4) == 3.25  # four rings of others come first
    assert days(6, 20_000.0) == 2.5  # a ring that is too big for a day takes its turn all the same


def test_the_plant_is_asked_when_the_middle_of_the_harvest_will_meet_the_target() -> None:
    """One ring a day, six of them: growth of two days and a half is counted, and no more."""
    told = run(company(geographies__0__plant_kg_per_day=4000.0))
    events = [event["event_date"] // 86_400_000_000 for event in told.rows("harvest_event")]
    asked = events[0]
    assert events == list(range(asked, asked + 6))
    columns, (batch,) = told.days(), told.farm.batches

    def mean_g(day: int) -> float:
        rows = columns["day"] == day
        count = columns["count"][rows]
        return float((count * columns["weight_g"][rows]).sum() / count.sum())

    def at_the_middle(morning: int) -> float:
        return mean_g(morning - 1) + 2.5 * (mean_g(morning - 1) - mean_g(morning - 2))

    assert at_the_middle(asked - 1) < batch.plan.target_g <= at_the_middle(asked)


def test_no_ring_grows_faster_than_the_one_that_nobody_looks_at_for() -> None:
    """Rings differ in how well they use their feed; the best of them decides when to look."""
    knobs = {
        "seed": 3, "variation__container_fcr_sd": 0.15, "variation__container_growth_sd": 0.0,
        "stages__3__max_feed_percent_per_day": 3.0, "stages__3__feeds": [{"feed": FINISHER}],
    }  # fmt: skip
    world = World(company(**knobs))
    farm, fastest, grown = world.farms[0], 0.0, 0.0
    before: dict[int, float] = {}
    for day in range(world.plan.first_day + 42, world.plan.first_day + 60):
        world.advance(day)
        rings = farm.batches[0].places[-1].units
        assert len(rings) == 6
        assert farm.stock.fcr[rings].argmin() not in (0, 5)
        fastest = _fastest_growth(farm, farm.batches[0], rings)
        weights = dict(zip(rings.tolist(), farm.stock.weight_g[rings].tolist(), strict=True))
        grown = max([grown, *(now / before.get(ring, now) - 1 for ring, now in weights.items())])
        before = weights
    assert 0.9 * fastest < grown <= fastest


def test_fish_that_miss_their_target_are_harvested_when_the_stage_ends() -> None:
    told = run(company(stages__3__duration_days=20))
    first = told.world.plan.first_day
    (batch,) = told.rows("batch")
    assert batch["actual_end_date"] == first + 10 + 15 + 15 + 20
    count, live_kg = evening_before(told, told.rows("harvest_event")[0])
    assert 1000 * live_kg / count < 100


def test_a_slow_plant_takes_a_batch_over_days_and_another_batch_waits_for_its_turn() -> None:
    knobs = {
        "geographies__0__plant_kg_per_day": 4000.0, "geographies__0__areas": 2,
        "geographies__0__stations": 2, "geographies__0__wellboats": 2,
        "schedule__entries": [{"geography": "North", "start": START}] * 2,
    }  # fmt: skip
    told = run(company(**knobs))
    events = told.rows("harvest_event")
    per_day: dict[int, float] = {}
    for event in events:
        day = event["event_date"] // 86_400_000_000
        per_day[day] = per_day.get(day, 0) + evening_before(told, event)[1]
    assert len(events) == 12
    assert len(per_day) == 12
    assert max(per_day.values()) <= 4000
    order = [event["batch"] for event in events]
    assert order in ([0] * 6 + [1] * 6, [1] * 6 + [0] * 6), "in the order in which they asked"
    (wait,) = [r for r in told.rows("wait") if r["kind"] == "plant" and r["batch"] == order[-1]]
    ahead = told.farm.batches[order[0]].name
    assert next(iter(told.holders(wait))) == ahead
    (plant,) = [
        ledger for ledger in told.farm.resources.ledgers() if ledger.pools.name == "harvest plant"
    ]
    assert plant.total().queue_days > 30


def test_rings_rest_only_when_all_of_the_batch_is_out() -> None:
    told = run(company(geographies__0__plant_kg_per_day=4000.0), days=80)
    events = told.rows("harvest_event")
    out = events[-1]["event_date"] // 86_400_000_000
    months = told.farm.resources.sea.usage["N-SEA-01"].seen(0, told.world.env.now)
    rested = sum(month.resting_days for month in months.values())
    assert rested == pytest.approx(6 * min(5, told.world.env.now - out - MOVE))


def test_geographies_harvest_in_their_own_plants() -> None:
    geographies = [{**NORTH, "plant_kg_per_day": 4000.0}, {**SOUTH, "plant_kg_per_day": 40_000.0}]
    told = run(company(geographies=geographies, schedule__batches=2, schedule__stagger_days=1))
    days = [
        len({event["event_date"] for event in told.rows("harvest_event", lane)}) for lane in (0, 1)
    ]
    assert days == [6, 1]
    assert all(row["dest_geography"] == 1 for row in told.rows("harvest_event", lane=1))


SHARES = st.lists(
    st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=12
).filter(lambda shares: sum(shares) > 1e-6)  # fmt: skip


@given(st.integers(0, 1_500_000_000), SHARES)
def test_largest_remainder_adds_up_and_is_fair(total: int, shares: list[float]) -> None:
    parts = largest_remainder(total, shares)
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        exact = total * share / sum(shares)
        assert np.floor(exact) - 1e-6 <= part <= np.ceil(exact + 1e-6)
    for part, share in zip(parts, shares, strict=True):
        if share == 0:
            assert part == 0


def test_largest_remainder_by_hand() -> None:
    assert largest_remainder(10, [1, 1, 1]) == [4, 3, 3]
    assert largest_remainder(7, [0.1, 0.4, 0.35, 0.12, 0.03]) == [1, 3, 2, 1, 0]
    assert largest_remainder(0, [1, 2]) == [0, 0]
