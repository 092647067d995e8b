"""Harvest: ring by ring through the plant, so that the batch's mean meets its own target.

The batch asks the plant for all its rings at once, when the mean at the middle of the expected
harvest will be its target, counting the rings that others have asked for before; or when its last
stage is over. A ring is emptied on one day, in one event with a lot per grade.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import simpy

from sim.company.batch import Batch, Place
from sim.company.farm import Farm
from sim.core.arrays import Index
from sim.core.clock import MOVE, microseconds
from sim.core.elementary import log, log1p
from sim.master_data.activities import HARVEST
from sim.processes.life.stocking import empty_containers, lay_feed_lines, leave_place
from sim.processes.office.activities import begun, close_plan, done
from sim.processes.office.money import account_for_harvest
from sim.processes.waiting import close_wait, granted, open_wait
from sim.resources.kinds import REASONS, WITHHOLDING
from sim.resources.plant import Slaughter
from sim.scenario.knobs.supply import Grade
from sim.sites.names import harvest_document

Story = Generator[simpy.Event, Any, None]


def harvest(farm: Farm, batch: Batch, last_day: int) -> Story:
    """Wait until the batch is ready, then empty its rings."""
    place = batch.places[-1]
    yield from _grow(farm, batch, place, last_day)
    batch.harvesting = True
    farm.log.add(batch.name, "ready for harvest in {}", place.grant.group)
    yield from _withheld(farm, batch, place.units)
    requests = {
        unit: farm.resources.plant.slaughter(batch.name, partial(_biomass_kg, farm, unit))
        for unit in _stocked(farm, batch, place)
    }
    try:
        yield from _turn(farm, batch, next(iter(requests.values())))
        for unit, request in requests.items():
            yield request
            if farm.stock.batch.item(unit) == batch.row.key:  # its fish may have died meanwhile
                _empty_ring(farm, batch, unit)
                lay_feed_lines(farm, batch)
            if not _stocked(farm, batch, place):
                break
    except simpy.Interrupt:
        _withdraw(requests.values())
        raise
    _withdraw(requests.values())
    _complete(farm, batch, place)


def _withdraw(requests: Iterable[Slaughter]) -> None:
    """Nobody is left whom the plant could take."""
    for request in requests:
        request.cancel()


def _stocked(farm: Farm, batch: Batch, place: Place) -> list[int]:
    """The rings in which there are fish."""
    return [unit for unit in place.grant.units if farm.stock.batch.item(unit) == batch.row.key]


def _biomass_kg(farm: Farm, unit: int) -> float:
    stock = farm.stock
    return float(stock.count.item(unit) * stock.weight_g.item(unit) / 1000)


def _turn(farm: Farm, batch: Batch, first: Slaughter) -> Story:
    """Wait for the plant to begin; from then on it takes ring after ring at its own pace."""

    def ahead() -> Counter[str]:
        rings = Counter(request.holder for request in farm.resources.plant.get_queue)
        rings.update(farm.resources.plant.holders)
        del rings[batch.name]
        return rings

    yield from granted(
        farm,
        first,
        farm.resources.plant.name,
        farm.resources.plant.usage.pools,
        batch,
        (float(len(batch.places[-1].grant.units)), "rings"),
        f"{batch.name} is ready for harvest",
        ahead,
    )


def _grow(farm: Farm, batch: Batch, place: Place, last_day: int) -> Story:
    """Come back every morning until it is time to ask the plant; not before it can be."""
    stock, fastest = farm.stock, _fastest_growth(farm, batch, place.units)
    rings, target_g = place.span, batch.plan.target_g
    yesterday = 0.0
    while (today := farm.today) < last_day:
        count = stock.count[rings]
        grams = count * stock.weight_g[rings]
        mean = np.add.reduce(grams).item() / max(sum(count.tolist()), 1)
        growth = mean - yesterday if yesterday else 0.0
        to_middle = _days_to_middle(farm, len(place.units), max(grams.tolist()) / 1000)
        if mean + growth * to_middle >= target_g:
            break
        asleep = _too_early_days(mean, target_g, fastest, to_middle)
        yesterday = 0.0 if asleep else mean
        yield farm.at(min(today + 1 + asleep, last_day), MOVE)


def _fastest_growth(farm: Farm, batch: Batch, units: Index) -> float:
    """Share of its weight that no fish gains more of in a day.

    Fish gain at most what they may be fed in a day, at the ration's best conversion.
    """
    best_fcr = float(farm.stock.fcr[units].min()) * farm.stock.least_waste
    return farm.stages[batch.stage].max_feed_percent_per_day / 100 / best_fcr


def _too_early_days(mean_g: float, target_g: float, fastest: float, to_middle: float) -> int:
    """Days for which nobody needs to look: half of those that the fastest growth would take."""
    soon = mean_g * (1 + fastest * (1 + to_middle))
    if soon >= target_g or soon <= 0 or fastest <= 0:
        return 0
    return int(log(target_g / soon) / log1p(fastest) / 2)


def _withheld(farm: Farm, batch: Batch, units: Index) -> Story:
    """Wait until the last treatment of any ring is so long ago that its fish may be eaten."""
    condition = farm.stock.condition
    if int(condition.withheld_until[units].max()) <= farm.today:
        return
    wait = open_wait(
        farm,
        batch.places[-1].grant.group,
        REASONS[WITHHOLDING],
        batch,
        (float(len(units)), "rings"),
        f"{batch.name} was treated lately",
        {},
    )
    try:
        while (until := int(condition.withheld_until[units].max())) > farm.today:
            yield farm.at(until, MOVE)
    except simpy.Interrupt:
        close_wait(farm, wait)
        raise
    close_wait(farm, wait)


def _days_to_middle(farm: Farm, rings: int, ring_kg: float) -> float:
    """Days from asking to the middle of the batch's harvest, at the plant's pace."""
    a_day = max(1, int(farm.resources.plant.capacity // max(ring_kg, 1.0)))
    return (len(farm.resources.plant.get_queue) + (rings - 1) / 2) / a_day


def largest_remainder(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to ``shares`` that add up to ``total``."""
    whole_share = math.fsum(shares)
    exact = [total * share / whole_share for share in shares]
    whole = [int(value) for value in exact]
    above = [part - value for part, value in zip(whole, exact, strict=True)]
    order = sorted(zip(above, range(len(shares)), strict=True))
    for _, index in order[: total - sum(whole)]:
        whole[index] += 1
    return whole


def graded(count: int, grades: Sequence[Grade], scars: float) -> list[int]:
    """Fish per grade: the shares, but scars bring that share of the first grade into the last.

    The last grade for people, that is: scarred fish are no rejects.
    """
    counts = largest_remainder(count, [grade.share for grade in grades])
    if not scars:
        return counts
    last = max(number for number, grade in enumerate(grades) if number == 0 or not grade.by_product)
    scarred = int(counts[0] * scars)
    counts[0] -= scarred
    counts[last] += scarred
    return counts


def _empty_ring(farm: Farm, batch: Batch, unit: int) -> None:
    """Harvest everything in a ring: an event, and a lot per grade whose sums are the ring's."""
    stock, lane, now = farm.stock, farm.lane, farm.env.now
    begun(farm, batch, HARVEST)
    count, live_g = stock.count.item(unit), round(1000 * _biomass_kg(farm, unit))
    event = lane.create(
        "harvest_event",
        now,
        event_date=microseconds(now),
        dest_subsidiary="LG",
        document_ref=harvest_document(batch.name, farm.layout.names[unit]),
        assignment=stock.assignment.item(unit),
        batch=batch.row.key,
        dest_geography=farm.index,
    )
    rule = farm.scenario.harvest
    counts = graded(count, rule.grades, stock.condition.scars.item(unit))
    factors = [n * grade.weight_factor for n, grade in zip(counts, rule.grades, strict=True)]
    weights_g = largest_remainder(live_g, factors) if count else [0] * len(counts)
    lots = [
        lane.create(
            "harvest_lot",
            now,
            live_weight_kg=weight_g / 1000,
            gutted_weight_kg=weight_g * rule.gutted_share / 1000,
            fillet_weight_kg=weight_g * rule.fillet_share / 1000,
            unit_count=fish,
            event=event.key,
            product_grade=grade,
        )
        for grade, (fish, weight_g) in enumerate(zip(counts, weights_g, strict=True))
        if fish
    ]
    if lane.recording:
        account_for_harvest(farm, event, unit, lots)
    batch.harvested += count
    batch.harvested_kg += live_g / 1000
    name = farm.layout.names[unit]
    farm.log.add(
        batch.name, "{} harvested: {:,} fish, {:,.1f} t", name, count, live_g / 1e6, minor=True
    )
    empty_containers(farm, [unit], farm.today)


def _complete(farm: Farm, batch: Batch, place: Place) -> None:
    batch.alive = False
    done(farm, batch, HARVEST)
    close_plan(farm, batch)
    farm.records.note_end(batch.row.key, farm.today)
    text = "harvest complete: {:,} fish, {:,.1f} t"
    farm.log.add(batch.name, text, batch.harvested, batch.harvested_kg / 1000)
    leave_place(farm, batch, place)
    farm.lane.change(batch.row, farm.env.now, status="COMPLETED", actual_end_date=farm.today)
