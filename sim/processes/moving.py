"""Putting fish into containers and taking them out: the assignments behind every move."""

from __future__ import annotations

import numpy as np

from sim.batch import Batch, Place
from sim.farm import Farm
from sim.processes.waiting import end_spell
from sim.streams import normal_at, stream


def stock_container(
    farm: Farm, batch: Batch, place: Place, container: int, count: int, weight_g: float
) -> int:
    """Put fish into a container of the batch's place; returns its assignment's key.

    The first fish open an assignment; more on top mix with those already there.
    """
    stock, order = farm.stock, place.order
    if stock.batch[container] >= 0:
        held = int(stock.count[container])
        total = held + count
        mean = (held * float(stock.weight_g[container]) + count * weight_g) / max(total, 1)
        stock.count[container], stock.weight_g[container] = total, mean
        return int(stock.assignment[container])
    slot = place.grant.units.index(container)
    names = (farm.geography.name, batch.plan.luck, order)
    stage, variation = farm.stages[order], farm.scenario.variation
    luck = stream(farm.seed, *names, slot)
    record = farm.lane.create(
        "assignment",
        farm.env.now,
        population_count=count,
        biomass_kg=count * weight_g / 1000,
        assignment_date=farm.today,
        is_active=True,
        notes="",
        batch=batch.row.key,
        container=container,
        lifecycle_stage=order,
        avg_weight_g=weight_g,
        departure_date=None,
        last_weighing_date=None,
    )
    farm.assignments[container] = record
    stock.count[container], stock.weight_g[container] = count, weight_g
    stock.batch[container], stock.assignment[container] = batch.row.key, record.key
    stock.stage[container], stock.since[container] = order, farm.today
    stock.batch_start[container] = batch.start
    stock.luck[container], stock.batch_luck[container] = luck, stream(farm.seed, *names, "batch")
    growth = 1 + variation.container_growth_sd * bounded_normal(luck, 0)
    fcr = 1 + variation.container_fcr_sd * bounded_normal(luck, 1)
    fcr *= _batch_fcr(farm, batch)
    stock.growth[container] = max(growth, 0.1)
    stock.fcr[container] = stage.fcr * max(fcr, 0.1)
    lasting = bounded_normal(stock.batch_luck[container], 0)
    stock.hazard[container] = (
        stage.daily_mortality_percent / 100 * (1 + stage.mortality_batch_sd * lasting)
    )
    stock.weighed[container], stock.load[container] = -1, 0.0
    farm.epidemics.begin(container, batch.entered.setdefault(stage.role, farm.today))
    return record.key


def _batch_fcr(farm: Farm, batch: Batch) -> float:
    """How the batch's FCR differs from its stages' figures, from its first day to its last."""
    if batch.fcr is None:
        key = stream(farm.seed, farm.geography.name, batch.plan.luck, "fcr")
        lasting = bounded_normal(key, 0)
        batch.fcr = max(1 + farm.scenario.variation.batch_fcr_sd * lasting, 0.1)
    return batch.fcr


def bounded_normal(key: np.uint64, index: int) -> float:
    """A number of a stream, standard normal, but never farther out than 2.5."""
    return min(max(normal_at(key, index), -2.5), 2.5)


def empty_container(farm: Farm, container: int) -> None:
    """Close the container's assignment today: nothing lives there any more."""
    stock = farm.stock
    record = farm.assignments.pop(container)
    live = farm.live(container)
    farm.lane.change(
        record,
        farm.env.now,
        population_count=0,
        biomass_kg=0.0,
        avg_weight_g=live["avg_weight_g"],
        last_weighing_date=live["last_weighing_date"],
        is_active=False,
        departure_date=farm.today,
    )
    farm.note_departure(record.key)
    stock.batch[container] = stock.assignment[container] = -1
    stock.count[container], stock.weight_g[container] = 0, 0.0
    stock.condition.clear(container)


def seat(farm: Farm, batch: Batch) -> None:
    """Work out anew which of the batch's containers eat from which store."""
    tables = []
    for store, _ in batch.tables:
        store.interrupt()
    for place in batch.places:
        site = farm.layout.sites[place.site]
        units = [u for u in place.grant.units if farm.stock.batch[u] == batch.row.key]
        for number, store in enumerate(place.stores):
            served = [u for u in units if farm.layout.store_of(site, u) == number]
            if served and farm.stages[place.order].feeds:
                store.interrupt()
                tables.append((store, np.array(served, dtype=np.int64)))
    batch.tables = tables
    farm.tables = None


def leave_place(farm: Farm, batch: Batch, place: Place) -> None:
    """The place is empty: it rests, and its stores expect the batch no more."""
    stage = farm.stages[place.order]
    rest = farm.geography.fallow_days if stage.role == "sea" else farm.geography.hall_rest_days
    if stage.feeds:
        for store in place.stores:
            store.leave()
    for pool in (place.grant.group, *(store.name for store in place.stores)):
        end_spell(farm, batch, pool)
    place.pool.release(batch.name, place.grant, rest)
    batch.places.remove(place)
