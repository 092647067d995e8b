"""Putting fish into containers and taking them out: the assignments behind every move."""

from __future__ import annotations

import numpy as np

from sim.batch import Batch, Place
from sim.farm import Farm
from sim.processes.waiting import end_spell
from sim.streams import each_stream, normal, normal_at, stream

_FARTHEST = 2.5
"""So many standard deviations a container or a batch differs from the others at most."""


def prepare(farm: Farm, batch: Batch, place: Place) -> None:
    """Set what stays the same in a place's containers for as long as the batch lives there."""
    stock, stage, units = farm.stock, farm.stages[place.order], place.units
    variation = farm.scenario.variation
    names = (farm.seed, farm.geography.name, batch.plan.luck, place.order)
    luck, batch_luck = each_stream(*names, last=range(len(units))), stream(*names, "batch")
    stock.luck[units], stock.batch_luck[units] = luck, batch_luck
    stock.stage[units], stock.batch_start[units] = place.order, batch.start
    differs = np.minimum(np.maximum(normal(luck, np.array([[0], [1]])), -_FARTHEST), _FARTHEST)
    growth = 1 + variation.container_growth_sd * differs[0]
    fcr = (1 + variation.container_fcr_sd * differs[1]) * _batch_fcr(farm, batch)
    stock.growth[units] = np.maximum(growth, 0.1)
    stock.fcr[units] = stage.fcr * np.maximum(fcr, 0.1)
    stock.hazard[units] = (
        stage.daily_mortality_percent / 100
        * (1 + stage.mortality_batch_sd * _lasting(batch_luck))
    )  # fmt: skip


def stock_container(
    farm: Farm, batch: Batch, place: Place, container: int, count: int, weight_g: float
) -> int:
    """Put fish into a container of the batch's place, which is prepared; tells how many it holds.

    The first fish open an assignment; more on top mix with those already there.
    """
    stock, today = farm.stock, farm.today
    if stock.batch[container] >= 0:
        held = int(stock.count[container])
        total = held + count
        mean = (held * float(stock.weight_g[container]) + count * weight_g) / max(total, 1)
        stock.count[container], stock.weight_g[container] = total, mean
        return total
    record = farm.lane.create(
        "assignment",
        farm.env.now,
        population_count=count,
        biomass_kg=count * weight_g / 1000,
        assignment_date=today,
        is_active=True,
        notes="",
        batch=batch.row.key,
        container=container,
        lifecycle_stage=place.order,
        avg_weight_g=weight_g,
        departure_date=None,
        last_weighing_date=None,
    )
    farm.assignments[container] = record
    stock.count[container], stock.weight_g[container] = count, weight_g
    stock.batch[container], stock.assignment[container] = batch.row.key, record.key
    stock.turnover += 1
    stock.since[container], stock.weighed[container] = today, -1
    stock.load[container] = 0.0
    role = farm.stages[place.order].role
    farm.epidemics.begin(container, batch.entered.setdefault(role, today))
    return count


def _batch_fcr(farm: Farm, batch: Batch) -> float:
    """How the batch's FCR differs from its stages' figures, from its first day to its last."""
    if batch.fcr is None:
        key = stream(farm.seed, farm.geography.name, batch.plan.luck, "fcr")
        batch.fcr = max(1 + farm.scenario.variation.batch_fcr_sd * _lasting(key), 0.1)
    return batch.fcr


def _lasting(key: np.uint64) -> float:
    """How a batch differs from the others: normal, but never farther out."""
    return min(max(normal_at(key, 0), -_FARTHEST), _FARTHEST)


def empty_container(farm: Farm, container: int) -> None:
    """Close the container's assignment today: nothing lives there any more."""
    stock = farm.stock
    record = farm.assignments.pop(container)
    weighed = int(stock.weighed[container])
    farm.lane.change(
        record,
        farm.env.now,
        population_count=0,
        biomass_kg=0.0,
        avg_weight_g=float(stock.weight_g[container]),
        last_weighing_date=weighed if weighed >= 0 else None,
        is_active=False,
        departure_date=farm.today,
    )
    farm.note_departure(record.key)
    stock.batch[container] = stock.assignment[container] = -1
    stock.turnover += 1
    stock.count[container], stock.weight_g[container] = 0, 0.0
    stock.condition.clear(container)


def seat(farm: Farm, batch: Batch) -> None:
    """Work out anew which of the batch's containers eat from which store.

    Stores whose eaters stay the same need not be looked at again, unless so many small fish came on
    top that they want another feed.
    """
    before = {store: eaters.tobytes() for store, eaters in batch.tables}
    batch.tables = []
    for place in batch.places:
        stage = farm.stages[place.order]
        if not stage.feeds:
            continue
        here = farm.stock.batch[place.units] == batch.row.key
        for number, store in enumerate(place.stores):
            eaters = place.units[here & (place.served == number)]
            if len(eaters):
                batch.tables.append((store, eaters))
                weight_g = float(farm.stock.weight_g[eaters[0]])
                if (
                    before.pop(store, None) != eaters.tobytes()
                    or farm.feed_for(stage, weight_g) != store.wanted_feed
                ):
                    store.interrupt()
    for store in before:
        store.interrupt()
    farm.reseated = True


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
