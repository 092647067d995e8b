"""Vaccination: on some days of its life a batch's fish are all vaccinated, container by container.

The fish are handled, so they get no feed that day, some die in the days after and others have a
sore; nothing may be slaughtered before the withholding period is over. Every round adds to the
protection that outbreaks meet. A round falls away when the fish are not in a fed freshwater stage
that day, or still too small.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import simpy

from sim.batch import Batch
from sim.clock import HEALTH
from sim.farm import Farm
from sim.health_master import VACCINATION_LOSSES
from sim.journal import Record
from sim.planning import vaccination_on
from sim.processes.journal import note, resolve
from sim.processes.planning import done, dropped
from sim.processes.treating import record_treatment
from sim.stock import Index
from sim.tales import counted

Story = Generator[simpy.Event, Any, None]


def vaccinations(farm: Farm, batch: Batch) -> Story:
    """Vaccinate the batch on its days."""
    given = 0
    for day in sorted(set(farm.scenario.care.vaccination_days)):
        yield farm.at(batch.start + day - 1, HEALTH)
        if not batch.alive:
            return
        units = containers_of(farm, batch)
        if may_be_vaccinated(farm, batch, units):
            done(farm, batch, vaccination_on(day))
            farm.env.process(_round(farm, batch, units, given))
            given += 1
        else:
            dropped(farm, batch, vaccination_on(day))
            farm.tell(batch.name, "the vaccination of day {} falls away", day, minor=True)


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


def may_be_vaccinated(farm: Farm, batch: Batch, units: Index) -> bool:
    """Whether the batch is in fed freshwater stages and its fish are big enough."""
    stage = farm.stages[batch.stage]
    least_g = farm.scenario.care.vaccination_least_weight_g
    ashore = stage.role != "sea" and bool(stage.feeds)
    return bool(len(units)) and ashore and mean_weight_g(farm, units) >= least_g


def _round(farm: Farm, batch: Batch, units: Index, number: int) -> Story:
    """A round of all containers in one day, and the days after it."""
    care, condition = farm.scenario.care, farm.stock.condition
    vaccine = min(number, len(care.vaccines) - 1)
    treatments, entry = _record(farm, batch, units, vaccine, number)
    batch.protection += (1 - batch.protection) * care.vaccination_protection
    condition.curb(units, care.vaccination_appetite)
    condition.withhold(units, farm.today + care.vaccination_withholding_days)
    for parameter, level in care.vaccination_damage.items():
        condition.hurt(parameter, units, level)
    if care.vaccination_weighing:
        farm.stock.vaccinated[units] = farm.today
    reason = condition.reason("HANDLING", VACCINATION_LOSSES)
    hazard = care.vaccination_mortality_percent / 100 / care.vaccination_mortality_days
    before = int(farm.stock.count[units].sum())
    first = farm.today
    for day in range(first, first + care.vaccination_mortality_days):
        yield farm.at(day, HEALTH)
        if not batch.alive:
            return
        condition.harm("treatment", containers_of(farm, batch), hazard, reason)
    if not farm.lane.recording:
        return
    yield farm.at(first + care.vaccination_mortality_days, HEALTH)
    if not batch.alive:
        return
    for treatment in treatments:
        farm.lane.change(treatment, farm.env.now, outcome="successful")
    lost = before - batch.harvested - int(farm.stock.count[containers_of(farm, batch)].sum())
    days = care.vaccination_mortality_days
    followed = f"Followed up for {days} days: {lost:,} of {before:,} fish died"
    resolve(farm, entry, followed)
    farm.tell(batch.name, "vaccination, round {}. {}", number + 1, followed, minor=True)


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
            description=f"{what}, {int(stock.count[unit]):,} fish",
            dosage=kind.dosage,
            days=1,
            withheld_days=care.vaccination_withholding_days,
            vaccine=vaccine,
            weighed=care.vaccination_weighing,
        )
        for unit in units.tolist()
    ]
    if farm.telling:
        text, tanks = "vaccination, round {}: {:,} fish of {:,.1f} g in {}, {}", len(units)
        held = counted(tanks, "container")
        farm.tell(batch.name, text, number + 1, fish, mean_g, held, kind.name)
    return treatments, entry
