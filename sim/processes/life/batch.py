"""A batch's life, from eggs to harvest, as one story; it breaks off when the last fish dies.

The batch claims the place of its next stage some days before it is due, so that feed can be
ordered there, and moves when both the day has come and the place is free. Until then it stays
where it is, eats and grows: blocking travels upstream.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import simpy

from sim.company.batch import Batch, Place
from sim.company.farm import Farm
from sim.core.clock import MOVE
from sim.processes.feeding.meals import meals
from sim.processes.health.labs import routine_samples
from sim.processes.health.lice_counts import watch_lice
from sim.processes.health.rounds import journal_rounds
from sim.processes.health.samples import health_samplings
from sim.processes.health.vaccination import vaccinations
from sim.processes.life.dying_out import clear
from sim.processes.life.eggs import lay_down
from sim.processes.life.grading import grade
from sim.processes.life.harvest import harvest
from sim.processes.life.hatching import hatch
from sim.processes.life.transfer import transfer
from sim.processes.office.activities import follow_plan
from sim.processes.office.projections import project_scenarios
from sim.processes.waiting import granted
from sim.sites.schedule import BatchPlan

Story = Generator[simpy.Event, Any, None]

Companion = Callable[[Farm, Batch], Story]

COMPANIONS: tuple[Companion, ...] = (meals, vaccinations)
"""What goes on beside a batch's life, from its first day until it is gone."""
RECORDERS: tuple[Companion, ...] = (
    hatch,
    health_samplings,
    routine_samples,
    journal_rounds,
    follow_plan,
    project_scenarios,
)
"""Companions that tell and decide nothing: they stay away where nobody records."""


def life(farm: Farm, plan: BatchPlan) -> Story:
    """Live through all stages; the batch's fish are in the arrays of ``farm.stock``."""
    yield farm.at(plan.start, MOVE)
    hatchery = yield from claim_place(farm, plan, 0, None)
    batch = lay_down(farm, plan, hatchery)
    for accompany in COMPANIONS + (RECORDERS if farm.lane.recording else ()):
        farm.env.process(accompany(farm, batch))
    batch.story = farm.env.active_process
    try:
        yield from _stages(farm, batch)
    except simpy.Interrupt:
        yield from clear(farm, batch)


def _stages(farm: Farm, batch: Batch) -> Story:
    """From stage to stage, and to the plant."""
    plan, due = batch.plan, batch.start
    for order in range(1, len(farm.stages)):
        due += plan.durations[order - 1]
        farm.env.process(grade(farm, batch, due))
        yield farm.at(due - farm.scenario.feed_supply.ahead_days, MOVE)
        place = yield from claim_place(farm, plan, order, batch)
        batch.coming = place
        announce(farm, batch, place)
        yield farm.at(due, MOVE)
        yield from _a_night(farm, batch)
        due = farm.today
        yield from transfer(farm, batch, place)
        if farm.stages[order].role == "sea" and farm.stages[order - 1].role != "sea":
            farm.env.process(watch_lice(farm, batch))
    yield from _a_night(farm, batch)
    yield from harvest(farm, batch, due + plan.durations[-1])


def _a_night(farm: Farm, batch: Batch) -> Story:
    """Nobody leaves a container on the day on which the last fish came there."""
    units = batch.units
    if int(farm.stock.since[units[farm.stock.batch[units] == batch.row.key]].max()) >= farm.today:
        yield farm.at(farm.today + 1, MOVE)


def claim_place(
    farm: Farm, plan: BatchPlan, order: int, batch: Batch | None
) -> Generator[simpy.Event, Any, Place]:
    """Claim all containers of a stage together; wait as long as it takes."""
    stage = farm.stages[order]
    if stage.role == "sea":
        pool, group = farm.resources.sea, None
    else:
        pool = farm.resources.halls[plan.station]
        group = farm.layout.halls[plan.station, order].name
    claim = pool.claim(plan.name, stage.containers_per_batch, group)
    grant = yield from granted(
        farm,
        claim,
        group or pool.name,
        pool.usage[claim.groups[0]].pools,
        batch or plan.name,
        (stage.containers_per_batch, "units"),
        f"{plan.name} claims a place for {stage.name}",
        lambda: pool.held_by(claim.groups),
        stage=order,
    )
    site = farm.layout.site_named[grant.group]
    served = farm.layout.stores_of(site, np.array(grant.units))
    return Place(
        order, pool, grant, site.index, farm.today, farm.resources.stores[site.index], served
    )


def announce(farm: Farm, batch: Batch, place: Place) -> None:
    """Tell the place's feed stores that a batch is coming, so that they order its first feed."""
    stage = farm.stages[place.order]
    if not stage.feeds:
        return
    now = batch.places[-1].units
    feed = farm.feed_for(stage, float(np.max(farm.stock.weight_g[now])))
    for store in place.stores:
        store.expect(feed)
