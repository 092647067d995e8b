"""Measuring a simulated world: a replication without a database.

Nobody records, so the journal holds no rows but the entities that processes need; what happens day
by day is added up in :mod:`.book` as soon as a month is over, so that memory stays flat.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.company.farm import Farm, Moved
from sim.core.clock import MICROSECONDS_PER_DAY, month_start, next_month
from sim.core.journal import Record, Value
from sim.facts import quantise
from sim.kpi.book import Book
from sim.kpi.compose import compose
from sim.kpi.measures import Measures, Rows
from sim.master_data.finance import Policy, policies
from sim.scenario import Scenario
from sim.world import World, undisturbed


@undisturbed()  # all of a world is garbage at once, when its measures are read
def measure(
    scenario: Scenario,
    *,
    until: int | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> Measures:
    """Simulate a company and measure it; see :func:`sim.kpi.measure`."""
    world = World(scenario, recording=())
    end = world.plan.end_day if until is None else min(until, world.plan.end_day)
    book = Book(world.company, len(world.plan.batches))
    day = world.plan.first_day
    while day < end:
        month, day = month_start(day), min(next_month(day), end)
        world.advance(day)
        book.close(month)
        if watch is not None:
            watch(day, end)
    measures = read(world, book, end)
    for farm in world.farms:  # most of what a world holds is in no cycle, but for this
        farm.lane.forget(())
    return measures


def read(world: World, book: Book, end: int) -> Measures:
    """The measures of a world that was advanced to the midnight of ``end``."""
    scenario, farms = world.scenario, world.farms
    header = {
        "scenario": scenario.name,
        "seed": scenario.seed,
        "currency": scenario.finance.currency,
        "first_day": world.plan.first_day,
        "end_day": end,
        "geographies": tuple(geography.name for geography in scenario.geographies),
        "stages": tuple(stage.name for stage in scenario.stages),
        "sea_order": _sea_order(world.farms[0]),
        "egg_g": scenario.eggs.weight_g,
    }
    rows: dict[str, Rows] = {
        "batches": [row for farm in farms for row in _batches(farm)],
        "transitions": [row for farm in farms for row in _transitions(farm)],
        "harvests": [row for farm in farms for row in _harvests(farm)],
        "deaths": book.deaths + [row for farm in farms for row in _deaths_on_the_way(farm)],
        "feed": book.feed,
        "treatments": [row for farm in farms for row in _treated(farm)],
        "waits": [row for farm in farms for row in _waits(farm)],
        "usage": [row for farm in farms for row in _usage(farm, end)],
        "stays": [row for farm in farms for row in _stays(farm)],
    }
    every = [ledger.pools for farm in world.farms for ledger in farm.resources.ledgers()]
    return compose(header, rows, [(pools.kind.name, pools.hall) for pools in every])


def _sea_order(farm: Farm) -> int:
    sea = farm.layout.sea_stage
    return len(farm.stages) if sea is None else sea


def _batches(farm: Farm) -> Iterator[tuple[Any, ...]]:
    stock = farm.stock
    held = stock.batch >= 0
    alive = np.bincount(stock.batch[held], stock.count[held], minlength=len(farm.batches))
    grams = stock.count[held] * stock.weight_g[held]
    alive_g = np.bincount(stock.batch[held], grams, minlength=len(farm.batches))
    for key, batch in enumerate(farm.batches):
        plan, end = batch.plan, batch.row.values.get("actual_end_date")
        ended = -1 if end is None else int(end)
        price = 0.0 if plan.internal else farm.scenario.eggs.cost_per_thousand
        yield (
            farm.index, key, batch.name, plan.number, plan.start, batch.start, plan.eggs,
            round(plan.target_g), batch.start + sum(plan.durations),
            -1 if batch.died_out else ended, ended if batch.died_out else -1,
            int(alive[key]), alive_g[key] / 1000, plan.eggs / 1000 * price,
        )  # fmt: skip


def _arrivals(farm: Farm) -> dict[tuple[int, int], list[Moved]]:
    """Who came into a stage, by batch and stage."""
    found: dict[tuple[int, int], list[Moved]] = {}
    for moved in farm.moves:
        found.setdefault((moved.batch, moved.order), []).append(moved)
    return found


def _transitions(farm: Farm) -> Iterator[tuple[Any, ...]]:
    arrivals, sea = _arrivals(farm), _sea_order(farm)
    price = next((p for p in policies(farm.scenario, farm.geography) if p.stage is not None), None)
    for key, batch in enumerate(farm.batches):
        due = batch.start
        for order in range(len(farm.stages)):
            moves = arrivals.get((key, order), [])
            under_way = len(batch.places) > 1 and order == batch.stage and batch.alive
            kg = math.fsum(moved.fish * moved.weight_g for moved in moves) / 1000
            sold = price if order == sea and moves and not under_way else None
            yield (
                farm.index, key, order, due if order else batch.plan.start,
                moves[0].day if moves else -1,
                moves[-1].day if moves and not under_way else -1,
                sum(moved.fish for moved in moves), sum(moved.died for moved in moves), kg,
                float(_charged(farm, sold, np.array([kg]), 2)[0]) if sold else 0.0,
            )  # fmt: skip
            due += batch.plan.durations[order]


def _charged(
    farm: Farm, policy: Policy, kg: NDArray[np.float64], scale: int
) -> NDArray[np.float64]:
    """What a policy charges for weights as they are recorded, in the reference currency."""
    cents = [policy.charge(quantity, scale) for quantity in quantise(kg, scale).tolist()]
    return np.array(cents) / 100 / farm.geography.money.exchange_rate


def _deaths_on_the_way(farm: Farm) -> Iterator[tuple[Any, ...]]:
    on_the_way: dict[tuple[int, int, int, str], tuple[int, float]] = {}
    for moved in farm.moves:
        if moved.died:
            cause, order = ("TRANSFER", moved.order - 1) if moved.order else ("ARRIVAL", 0)
            place = (moved.batch, month_start(moved.day), order, cause)
            fish, kg = on_the_way.get(place, (0, 0.0))
            on_the_way[place] = (fish + moved.died, kg + moved.died * moved.weight_g / 1000)
    for place, dead in on_the_way.items():
        yield (farm.index, *place, *dead)


def _harvests(farm: Farm) -> Iterator[tuple[Any, ...]]:
    lots: Sequence[Record] = farm.lane.records.get("harvest_lot", [])
    events = farm.lane.records.get("harvest_event", [])
    if not lots:
        return
    weight = f"{farm.scenario.finance.priced_weight}_weight_kg"
    grades = np.array([lot.values["product_grade"] for lot in lots], dtype=np.int64)
    priced = np.array([lot.values[weight] for lot in lots], dtype=np.float64)
    revenue = np.zeros(len(lots))
    for grade, policy in enumerate(policies(farm.scenario, farm.geography)):
        if policy.grade is not None:
            of_grade = grades == grade
            revenue[of_grade] = _charged(farm, policy, priced[of_grade], 3)
    for lot, worth in zip(lots, revenue.tolist(), strict=True):
        event = events[int(lot.values["event"] or 0)].values
        yield (
            farm.index, lot.values["event"], lot.values["product_grade"], event["batch"],
            int(event["event_date"] or 0) // MICROSECONDS_PER_DAY, lot.values["unit_count"],
            lot.values["live_weight_kg"], worth,
        )  # fmt: skip


def _treated(farm: Farm) -> Iterator[tuple[Any, ...]]:
    vaccines = farm.scenario.care.vaccines
    for record in farm.lane.records.get("treatment", []):
        values = record.values
        day = int(values["treatment_date"] or 0) // MICROSECONDS_PER_DAY
        vaccine = values["vaccination_type"]
        what = values["description"] if vaccine is None else vaccines[int(vaccine)].name
        yield farm.index, values["batch"], day, values["treatment_type"], what


def _waits(farm: Farm) -> Iterator[tuple[Any, ...]]:
    holders: dict[Value, list[tuple[Value, Value]]] = {}
    for record in farm.lane.records.get("wait_holder", []):
        values = record.values
        holders.setdefault(values["wait"], []).append((values["holder"], values["units"]))
    for record in farm.lane.records.get("wait", []):
        values = record.values
        since, until = values["since"], values["until"]
        yield (
            farm.index, values["pool"], values["kind"], values["pool_kind"], values["hall"],
            -1 if values["batch"] is None else values["batch"], values["waiter"],
            int(since or 0) / MICROSECONDS_PER_DAY,
            None if until is None else int(until) / MICROSECONDS_PER_DAY,
            values["short_kg"], values["cause"], holders.get(record.key, ()),
        )  # fmt: skip


def _usage(farm: Farm, end: int) -> Iterator[tuple[Any, ...]]:
    for ledger in sorted(farm.resources.ledgers(), key=lambda ledger: ledger.pool):
        ledger.advance(float(end))
        size, pools = ledger.size, ledger.pools
        for month, use in ledger.months.items():
            yield (
                farm.index, ledger.pool, pools.kind.name, pools.hall, month,
                use.capacity_days / size, use.busy_days / size, use.resting_days / size,
                use.queue_days / size,
            )  # fmt: skip


def _stays(farm: Farm) -> Iterator[tuple[Any, ...]]:
    places: dict[tuple[int, int, int], list[Record]] = {}
    for record in farm.lane.records.get("assignment", []):
        values = record.values
        site = int(farm.layout.site_of[int(values["container"] or 0)])
        key = (int(values["batch"] or 0), int(values["lifecycle_stage"] or 0), site)
        places.setdefault(key, []).append(record)
    for (batch, order, site), records in places.items():
        came = [int(record.values["assignment_date"] or 0) for record in records]
        left = [record.values["departure_date"] for record in records]
        gone = [int(day) for day in left if day is not None]
        to = max(gone) if len(gone) == len(left) else -1
        name = farm.layout.sites[site].name
        yield farm.index, batch, order, name, min(came), to, len(records)
