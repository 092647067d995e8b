"""Vaccination: on some days of its life a batch's fish are all vaccinated, container by container.

The fish are handled, so they get no feed that day, some die in the days after and others have a
sore; nothing may be slaughtered before the withholding period is over. Every round adds to the
protection that outbreaks meet.

A round waits while any of the fish are in a stage in which they are not vaccinated yet, because it
lasts longer than usual or the next one has no place for them, or while they are too small. It falls
away when the batch goes to sea before. Rounds that wait do not bunch: the next one keeps its
distance (knob ``vaccination_interval_days``), unless it was planned to be nearer.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import simpy

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.company.log import counted
from sim.core.arrays import Index
from sim.core.clock import HEALTH
from sim.core.journal import Record
from sim.master_data.activities import vaccination_due, vaccination_on
from sim.master_data.health import VACCINATION_LOSSES
from sim.processes.health.journal import note, resolve
from sim.processes.health.treatments import record_treatment
from sim.processes.office.activities import done, dropped

Story = Generator[simpy.Event, Any, None]


def vaccinations(farm: Farm, batch: Batch) -> Story:
    """Vaccinate the batch on its days, or as soon as its fish may be vaccinated."""
    care, given = farm.scenario.care, 0
    last: tuple[int, int] | None = None
    for planned in sorted(set(care.vaccination_days)):
        yield farm.at(batch.day_at(vaccination_due(care, planned, last)), HEALTH)
        while batch.alive and not _may_be_vaccinated(farm, batch) and _may_later(farm, batch):
            yield farm.at(farm.today + 1, HEALTH)
        if not batch.alive:
            return
        if not _may_be_vaccinated(farm, batch):
            dropped(farm, batch, vaccination_on(planned))
            farm.log.add(batch.name, "the vaccination of day {} falls away", planned, minor=True)
            continue
        done(farm, batch, vaccination_on(planned))
        farm.env.process(_round(farm, batch, containers_of(farm, batch), given))
        given += 1
        last = planned, batch.age_on(farm.today)


def containers_of(farm: Farm, batch: Batch) -> Index:
    """The containers with fish of a batch, in the order of their places."""
    stock, key = farm.stock, batch.row.key
    if len(batch.places) == 1:  # nearly always, with fish in all of them
        place = batch.places[0]
        keys, counts = stock.batch[place.span].tolist(), stock.count[place.span].tolist()
        if min(counts) > 0 and keys.count(key) == len(keys):
            return place.units
    units = batch.units
    return np.asarray(units[(stock.batch[units] == key) & (stock.count[units] > 0)])


def mean_weight_g(farm: Farm, units: Index) -> float:
    """Mean weight of the fish in some containers; 0 without fish."""
    count = farm.stock.count[units]
    return float((count * farm.stock.weight_g[units]).sum() / max(int(count.sum()), 1))


def _may_be_vaccinated(farm: Farm, batch: Batch) -> bool:
    """Whether all fish of a batch are where they may be vaccinated, and big enough."""
    units = containers_of(farm, batch)
    orders = set(farm.stock.stage[units].tolist())
    if not orders or not all(farm.stages[order].vaccinates for order in orders):
        return False
    return mean_weight_g(farm, units) >= farm.scenario.care.vaccination_least_weight_g


def _may_later(farm: Farm, batch: Batch) -> bool:
    """Whether there is a stage ahead, or now, in which its fish may be vaccinated."""
    return any(stage.vaccinates for stage in farm.stages[batch.stage :])


def _round(farm: Farm, batch: Batch, units: Index, number: int) -> Story:
    """A round of all containers in one day, and the days after it."""
    care, condition = farm.scenario.care, farm.stock.condition
    vaccine = min(number, len(care.vaccines) - 1)
    treatments, entry = _record(farm, batch, units, vaccine, number)
    batch.protection += (1 - batch.protection) * care.vaccination_protection
    condition.reduce_appetite(units, care.vaccination_appetite)
    condition.withhold(units, farm.today + care.vaccination_withholding_days)
    for parameter, level in care.vaccination_damage.items():
        condition.add_damage(parameter, units, level)
    if care.vaccination_weighing:
        farm.stock.vaccinated[units] = farm.today
    reason = condition.reason("HANDLING", VACCINATION_LOSSES)
    hazard = care.vaccination_mortality_percent / 100 / care.vaccination_mortality_days
    before = int(farm.stock.count[units].sum())
    first = farm.today
    for day in range(first, first + care.vaccination_mortality_days):
        yield farm.at(day, HEALTH)
        if not batch.alive:
            resolve(farm, entry, batch.ending)
            return
        condition.add_hazard("treatment", containers_of(farm, batch), hazard, reason)
    if not farm.lane.recording:
        return
    yield farm.at(first + care.vaccination_mortality_days, HEALTH)
    if not batch.alive:
        resolve(farm, entry, batch.ending)
        return
    for treatment in treatments:
        farm.lane.change(treatment, farm.env.now, outcome="successful")
    lost = before - batch.harvested - int(farm.stock.count[containers_of(farm, batch)].sum())
    days = care.vaccination_mortality_days
    followed = f"Followed up for {days} days: {lost:,} of {before:,} fish died"
    resolve(farm, entry, followed)
    farm.log.add(batch.name, "vaccination, round {}. {}", number + 1, followed, minor=True)


def _record(
    farm: Farm, batch: Batch, units: Index, vaccine: int, number: int
) -> tuple[Sequence[Record], Record]:
    """A journal entry about the round, and a treatment per container."""
    care, stock = farm.scenario.care, farm.stock
    kind = care.vaccines[vaccine]
    fish, mean_g = int(stock.count[units].sum()), mean_weight_g(farm, units)
    what = f"Vaccination, round {number + 1}: {kind.name}"
    entry = note(
        farm,
        batch,
        None,
        "vaccination",
        f"{what}. {fish:,} fish of {mean_g:,.0f} g; tanks: {len(units)}",
        tags=("vaccination",),
        open_until_resolved=True,
    )
    treatments = [
        record_treatment(
            farm,
            batch,
            unit,
            entry,
            kind="vaccination",
            what=f"{what}, {int(stock.count[unit]):,} fish",
            dosage=kind.dosage,
            days=1,
            withheld_days=care.vaccination_withholding_days,
            vaccine=vaccine,
            weighed=care.vaccination_weighing,
        )
        for unit in units.tolist()
    ]
    if farm.log.on:
        text, tanks = "vaccination, round {}: {:,} fish of {:,.1f} g in {}, {}", len(units)
        held = counted(tanks, "container")
        farm.log.add(batch.name, text, number + 1, fish, mean_g, held, kind.name)
    return treatments, entry
