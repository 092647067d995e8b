"""Broodstock: parents come in before their season, and are stripped when a batch needs its eggs.

A season is a calendar year, because eggs are wanted all year round: light and water temperature
tell each group when to spawn. Its breeding plan is made when its fish come in.

A batch's eggs are pooled from many pairs, stripped on one day: a female gives what her weight
allows, and each is a breeding pair with its own progeny. AquaMind's egg production has room for one
pair, so the pool is one production that names its *lead pair*, the one with most progeny; the
pool's other pairs share its plan and its pairing date, and their progeny adds up to the
production's eggs. Whose offspring a batch is, its parentage, is the production it came from, own or
bought.

Farmed salmon are killed when they are stripped, so the group is gone then, spare fish and all.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import date

import simpy

from sim.company.farm import Farm
from sim.core.clock import DAWN, MICROSECONDS_PER_DAY, date_of, day_of, microseconds
from sim.core.journal import Record
from sim.master_data.parents import Group, group_for
from sim.sites.names import breeding_season
from sim.sites.schedule import BatchPlan


def seasons(farm: Farm, plans: Sequence[BatchPlan]) -> Generator[simpy.Event, object, None]:
    """Open season after season: its plan, and the parents of the batches planned in it.

    Eggs do not wait for them, so they are not kept where nobody records.
    """
    if not farm.lane.recording:
        return
    knobs = farm.scenario.broodstock
    wanted: dict[int, list[BatchPlan]] = {}
    for plan in plans:
        if plan.internal and plan.geography == farm.index:
            spawning = plan.start - knobs.spawned_days
            wanted.setdefault(date_of(spawning).year, []).append(plan)
    if not wanted:
        return
    for year in range(min(wanted), date_of(farm.end_day).year + 1):
        opening = day_of(date(year, 1, 1)) - knobs.recruited_days
        yield farm.at(opening, DAWN)
        farm.broodstock.seasons[year] = _breeding_plan(farm, year, opening)
        for plan in wanted.get(year, ()):
            farm.broodstock.groups[plan.name] = _recruit(farm, plan, year, opening)


def _breeding_plan(farm: Farm, year: int, opening: int) -> Record:
    return farm.lane.create(
        "breeding_plan",
        opening,
        name=breeding_season(farm.geography.name, year),
        start_date=day_of(date(year, 1, 1)) * MICROSECONDS_PER_DAY,
        end_date=day_of(date(year + 1, 1, 1)) * MICROSECONDS_PER_DAY - 1_000_000,
        objectives="Growth, resistance to lice and disease, fillet colour; little inbreeding",
        breeder_instructions=(
            f"A male for {farm.scenario.broodstock.females_per_male} females;"
            " never pair fish of one family"
        ),
        geneticist_notes="Light and temperature bring each group to spawn when its batch is due",
    )


def _recruit(farm: Farm, plan: BatchPlan, year: int, opening: int) -> Group:
    """The group of a batch comes into one of the broodstock tanks."""
    group = group_for(farm.scenario, farm.index, plan, year)
    tank = farm.layout.first_broodstock_tank + plan.number % farm.scenario.broodstock.tanks
    for parents, rows in ((group.females, group.dams), (group.males, group.sires)):
        rows += [
            farm.lane.create(
                "broodstock_fish",
                opening,
                traits=parent.traits,
                health_status="healthy",
                container=tank,
            )
            for parent in parents
        ]
    return group


def strip(farm: Farm, plan: BatchPlan) -> Record:
    """Pair the batch's group for its eggs, some weeks ago; returns the lead pair."""
    then = farm.env.now - farm.scenario.broodstock.spawned_days
    season = farm.broodstock.seasons[date_of(int(then)).year]
    group = farm.broodstock.groups.pop(plan.name)
    sires = [row for row, fish in zip(group.sires, group.males, strict=True) if not fish.lost]
    pairs: list[Record] = []
    left = plan.eggs
    for dam, fish in zip(group.dams, group.females, strict=True):
        if fish.lost or not left:
            continue
        progeny = min(fish.eggs, left)
        left -= progeny
        sire = sires[len(pairs) // farm.scenario.broodstock.females_per_male]
        pairs.append(
            farm.lane.create(
                "breeding_pair",
                then,
                pairing_date=microseconds(then),
                progeny_count=progeny,
                female_fish=dam.key,
                male_fish=sire.key,
                plan=season.key,
            )
        )
    for row in (*group.dams, *group.sires):
        farm.lane.change(row, then, health_status="deceased")
    return max(pairs, key=lambda pair: (int(pair.values["progeny_count"] or 0), -pair.key))


def note_parentage(farm: Farm, batch: int, production: int) -> None:
    """Whose offspring a batch (its key) is."""
    farm.lane.create(
        "batch_parentage",
        farm.env.now,
        assignment_date=microseconds(farm.env.now),
        batch=batch,
        egg_production=production,
    )
