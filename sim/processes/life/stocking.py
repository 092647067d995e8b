"""Putting fish into containers and taking them out: the assignments behind every move."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate

import numpy as np

from sim.company.batch import Batch, FeedLine, Place, Traits
from sim.company.farm import Farm
from sim.core.arrays import span
from sim.core.journal import Record
from sim.core.streams import each_stream, normal, normal_at, stream
from sim.processes.waiting import end_spell

_FARTHEST = 2.5
"""So many standard deviations a container or a batch differs from the others at most."""


def prepare(farm: Farm, batch: Batch, place: Place) -> None:
    """Set what stays the same in a place's containers for as long as the batch lives there."""
    stock, stage, units = farm.stock, farm.stages[place.order], place.span
    if not batch.traits:
        batch.traits = _traits(farm, batch)
    luck, stock.growth[units], stock.fcr[units] = batch.traits[place.order]
    batch_luck = stream(farm.seed, farm.geography.name, batch.plan.luck, place.order, "batch")
    stock.luck[units], stock.batch_luck[units] = luck, batch_luck
    stock.stage[units], stock.batch_start[units] = place.order, batch.start
    stock.hazard[units] = (
        stage.daily_mortality_percent / 100
        * (1 + stage.mortality_batch_sd * _lasting(batch_luck))
    )  # fmt: skip


def _traits(farm: Farm, batch: Batch) -> list[Traits]:
    """How the containers of each stage differ from the others, drawn for all stages at once."""
    variation = farm.scenario.variation
    counts = [stage.containers_per_batch for stage in farm.stages]
    names = (farm.seed, farm.geography.name, batch.plan.luck)
    lucks = [each_stream(*names, order, last=range(count)) for order, count in enumerate(counts)]
    differs = normal(np.concatenate(lucks), np.array([[0], [1]]))
    differs = np.minimum(np.maximum(differs, -_FARTHEST), _FARTHEST)
    growth = np.maximum(1 + variation.container_growth_sd * differs[0], 0.1)
    fcr = (1 + variation.container_fcr_sd * differs[1]) * _batch_fcr(farm, batch)
    fcr = np.repeat([stage.fcr for stage in farm.stages], counts) * np.maximum(fcr, 0.1)
    ends = accumulate(counts)
    return [
        Traits(luck, growth[end - len(luck) : end], fcr[end - len(luck) : end])
        for luck, end in zip(lucks, ends, strict=True)
    ]


def stock_containers(
    farm: Farm, batch: Batch, place: Place, fish: Sequence[tuple[int, int, float]]
) -> list[int]:
    """Put fish into containers of the batch's place, which is prepared, one after the other.

    The first fish in a container open an assignment; more on top mix with those already there.

    Args:
        farm: the geography.
        batch: whose fish they are.
        place: where they come to.
        fish: into which container how many come, and how heavy they are.

    Returns:
        How many the container holds each time.
    """
    stock = farm.stock
    live = _present(farm, {container for container, _, _ in fish})
    opened: dict[int, int] = {}
    totals = []
    for container, count, weight_g in fish:
        if container in live:
            held, held_g = live[container]
            total = held + count
            mean_g = (held * held_g + count * weight_g) / max(total, 1)
        else:
            total, mean_g = count, weight_g
            record = _open_assignment(farm, batch, place, container, count, weight_g)
            opened[container] = record.key
        live[container] = (total, mean_g)
        totals.append(total)
    units = span(list(live))
    stock.count[units], stock.weight_g[units] = zip(*live.values(), strict=True)
    if opened:
        _begin_lives(farm, batch, place, opened)
    return totals


def _present(farm: Farm, containers: Collection[int]) -> dict[int, tuple[int, float]]:
    """Fish and weight of those of some containers where fish live."""
    stock = farm.stock
    return {
        container: (stock.count.item(container), stock.weight_g.item(container))
        for container in containers
        if stock.batch.item(container) >= 0
    }


def _open_assignment(
    farm: Farm, batch: Batch, place: Place, container: int, count: int, weight_g: float
) -> Record:
    """From now on a container has fish of the batch."""
    record = farm.records.assignments[container] = farm.lane.create(
        "assignment",
        farm.env.now,
        population_count=count,
        biomass_kg=count * weight_g / 1000,
        assignment_date=farm.today,
        is_active=True,
        notes="",
        batch=batch.row.key,
        container=container,
        lifecycle_stage=place.order,
        avg_weight_g=weight_g,
        departure_date=None,
        last_weighing_date=None,
    )
    return record


def _begin_lives(farm: Farm, batch: Batch, place: Place, opened: Mapping[int, int]) -> None:
    """The first fish have come into containers, whose new assignments' keys are given."""
    stock, containers = farm.stock, list(opened)
    new = span(containers)
    stock.batch[new], stock.assignment[new] = batch.row.key, list(opened.values())
    stock.turnover += 1
    stock.since[new], stock.weighed[new], stock.load[new] = farm.today, -1, 0.0
    role = farm.stages[place.order].role
    farm.epidemics.begin(containers, batch.entered.setdefault(role, farm.today))


def _batch_fcr(farm: Farm, batch: Batch) -> float:
    """How the batch's FCR differs from its stages' figures, from its first day to its last."""
    if batch.fcr is None:
        key = stream(farm.seed, farm.geography.name, batch.plan.luck, "fcr")
        batch.fcr = max(1 + farm.scenario.variation.batch_fcr_sd * _lasting(key), 0.1)
    return batch.fcr


def _lasting(key: np.uint64) -> float:
    """How a batch differs from the others: normal, but never farther out."""
    return min(max(normal_at(key, 0), -_FARTHEST), _FARTHEST)


def empty_containers(farm: Farm, containers: Sequence[int], departure: int) -> None:
    """Close the assignments of some containers: nothing lives there from the departure day on."""
    stock, now = farm.stock, farm.env.now
    for container in containers:
        weighed = stock.weighed.item(container)
        record = farm.records.assignments.pop(container)
        farm.lane.change(
            record,
            now,
            population_count=0,
            biomass_kg=0.0,
            avg_weight_g=stock.weight_g.item(container),
            last_weighing_date=weighed if weighed >= 0 else None,
            is_active=False,
            departure_date=departure,
        )
        farm.records.note_departure(record.key, departure)
    units = span(containers)
    stock.batch[units] = stock.assignment[units] = stock.feed_line[units] = -1
    stock.turnover += 1
    stock.count[units], stock.weight_g[units] = 0, 0.0
    stock.condition.clear(units)


def lay_feed_lines(farm: Farm, batch: Batch) -> None:
    """Work out anew which of the batch's containers eat from which store."""
    stock = farm.stock
    batch.feed_lines = []
    for place in batch.places:
        if not farm.stages[place.order].feeds:
            continue
        for store, units in place.seats:
            eaters = units[stock.batch.take(units) == batch.row.key]
            if len(eaters):
                head = eaters.item(0)
                batch.feed_lines.append(FeedLine(store, place.order, eaters, head))
                stock.feed_line[eaters] = stock.arrays.first + head


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
    if place in batch.places:
        batch.places.remove(place)
