"""Scenarios: what planners expect of a batch, on its first day and again when it is parr.

A planner knows the eggs that arrived, the planned days in each stage, the target weight, the set
points of the halls and the sea's climate; neither the weather to come nor the batch's hidden luck.
The projection is what comes of these with the stages' growth, feed and mortality. Its day n is the
batch's day n, so the two can be laid side by side.

What AquaMind's engine reads is the scenario, its TGC model and that one's profile by day number,
which goes on for some spare days, for batches that wait for a place
(:mod:`sim.processes.office.projection_models`).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from sim.biology.projection import Course, project, reached
from sim.company.batch import Baseline, Batch
from sim.company.farm import Farm
from sim.core.arrays import Floats, Ints
from sim.core.clock import FIRST_DAY_NUMBER, RATION, microseconds
from sim.core.journal import Record
from sim.facts import canonical_json, quantise
from sim.master_data.growth_models import sea_climate
from sim.processes.office.projection_models import constraint_set, temperature_profile, tgc_model
from sim.sites import names

Spell = tuple[int, int]
"""The order of a stage, and days in it."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The days ahead as planners see them, from their stages.

    Attributes:
        stage: order of the stage of each day; ``last_from`` the first day (0-based) of the last.
        tgc, fcr, hazard, lost: what :func:`sim.biology.projection.project` asks for.
    """

    stage: Ints
    tgc: Floats
    fcr: Floats
    hazard: Floats
    lost: Floats
    last_from: int

    def course(self, weight_g: Floats | float, population: Floats | float, degc: Floats) -> Course:
        """Expect the days of groups of fish in the water of these days."""
        return project(
            weight_g,
            population,
            degc=degc,
            tgc=self.tgc,
            fcr=self.fcr,
            hazard=self.hazard,
            lost=self.lost,
        )


def outlook(farm: Farm, spells: Sequence[Spell]) -> Outlook:
    """Lay out the days of some spells in stages; who moves on has lost some by the morning."""
    stages = farm.stages
    days = np.array([days for _, days in spells])
    stage = np.repeat([order for order, _ in spells], days)
    lost = np.zeros(len(stage))
    first = np.cumsum(days) - days
    for (source, _), day in zip(spells[:-1], first[1:], strict=True):
        lost[day] = stages[source].lost_on_leaving
    fcr = np.array([stage.fcr if stage.feeds else 0.0 for stage in stages])
    hazard = np.array([stage.daily_mortality_percent / 100 for stage in stages])
    tgc = np.array([stage.tgc for stage in stages])
    return Outlook(stage, tgc[stage], fcr[stage], hazard[stage], lost, int(first[-1]))


def expected_degc(farm: Farm, first_day: int, stage: Ints) -> Floats:
    """The water that is expected: set points in the halls, the climate at sea."""
    set_point = np.array([stage.temperature_degc for stage in farm.stages])
    at_sea = np.array([stage.role == "sea" for stage in farm.stages])
    sea = sea_climate(farm.geography.sea, np.arange(first_day, first_day + len(stage)))
    degc: Floats = np.where(at_sea[stage], sea, set_point[stage])
    return degc.round(6)


def project_scenarios(farm: Farm, batch: Batch) -> Generator[simpy.Event, Any, None]:
    """Make the batch's scenarios: the baseline now, another when the stage after the fry begins."""
    name = names.baseline_of(batch.name)
    run, baseline = _scenario(farm, batch, name, "Baseline", 0)
    batch.baseline = baseline
    farm.lane.change(batch.row, farm.env.now, pinned_projection_run=run.key)
    again = _parr(farm)
    if again is None:
        return
    yield farm.at(batch.day_at(sum(batch.plan.durations[:again])), RATION)
    while batch.stage < again and batch.alive:
        yield farm.at(farm.today + 1, RATION)
    if not batch.alive:
        return
    stage = farm.stages[again].name
    name, label = names.scenario_from(stage, batch.name), names.seen_from(stage)
    _scenario(farm, batch, name, label, again)


def _parr(farm: Farm) -> int | None:
    """Order of the stage after the one in which fish are first fed, if there is one."""
    fed = [order for order, stage in enumerate(farm.stages) if stage.feeds]
    return fed[0] + 1 if fed and fed[0] + 1 < len(farm.stages) else None


def _scenario(
    farm: Farm, batch: Batch, name: str, label: str, from_stage: int
) -> tuple[Record, Baseline]:
    """Write a scenario of the batch as it is now, and its one projection run."""
    lane, now, today = farm.lane, farm.env.now, farm.today
    held = np.flatnonzero(farm.stock.batch == batch.row.key)
    count = int(farm.stock.count[held].sum())
    mean_g = float((farm.stock.count[held] * farm.stock.weight_g[held]).sum() / max(count, 1))
    mean_g = round(mean_g, 6)
    spells = list(enumerate(batch.plan.durations))[from_stage:]
    spare = farm.scenario.projections.spare_days
    longer = outlook(farm, [*spells[:-1], (spells[-1][0], spells[-1][1] + spare)])
    degc = expected_degc(farm, today, longer.stage)
    days = sum(days for _, days in spells)
    ahead = outlook(farm, spells)
    course = ahead.course(mean_g, count, degc[:days])
    last = int(reached(course.weight_g, batch.plan.target_g, ahead.last_from))
    profile = temperature_profile(farm, names.profile_of(name), degc)
    growth = tgc_model(farm, names.growth_of(name), profile, today)
    to_sea = [farm.stages[order].role == "sea" for order, _ in spells]
    sea_from = sum(days for _, days in spells[: to_sea.index(True)]) if any(to_sea) else 0
    transfer_g = float(course.weight_g[sea_from - 1]) if sea_from else None
    before = batch.baseline
    constraints = before.constraints if before else _constraints(farm, batch, transfer_g)
    scenario = lane.create(
        "scenario",
        now,
        name=name,
        start_date=today,
        duration_days=last + 1,
        initial_count=count,
        genotype="Atlantic salmon",
        supplier=_supplier(farm, batch),
        initial_weight=mean_g,
        batch=batch.row.key,
        fcr_model=0,
        mortality_model=0,
        tgc_model=growth,
        biological_constraints=constraints,
    )
    # As the last day's row is rounded: a fish more or less in the sixth decimal is grams.
    final_g = float(quantise(course.weight_g[last], 6)) / 1e6
    final_n = float(quantise(course.population[last], 6)) / 1e6
    run = lane.create(
        "projection_run",
        now,
        run_date=microseconds(now),
        run_number=1,
        label=label,
        parameters_snapshot=_snapshot(farm, batch, spells, mean_g, count),
        notes="",
        total_projections=last + 1,
        final_weight_g=final_g,
        final_biomass_kg=final_g * final_n / 1000,
        scenario=scenario.key,
    )
    _tell_days(farm, run, ahead, course, degc, last + 1)
    return run, Baseline(
        scenario=scenario.key,
        profile=profile,
        profile_name=names.profile_of(name),
        degc=degc,
        constraints=constraints,
        harvest_day=today + last,
        transfer_g=transfer_g,
    )


def _constraints(farm: Farm, batch: Batch, transfer_g: float | None) -> int:
    """The constraints of all scenarios of a batch, with what its baseline has for thresholds."""
    return constraint_set(
        farm,
        names.batch_constraints(batch.name),
        f"Usual temperatures and durations, and the weights at which {batch.name} is moved to sea"
        " and harvested",
        batch.plan.target_g,
        transfer_g,
    )


def _supplier(farm: Farm, batch: Batch) -> str:
    """Who the batch's eggs came from, as its creation says."""
    for creation in reversed(farm.lane.records["creation_workflow"]):
        if creation.values["batch"] == batch.row.key:
            supplier = creation.values["external_supplier"]
            if supplier is not None:
                return farm.scenario.eggs.suppliers[int(supplier)]
            break
    return "Own broodstock"


def _snapshot(farm: Farm, batch: Batch, spells: Sequence[Spell], mean_g: float, count: int) -> str:
    """What the projection was worked out from, as JSON."""
    stages = [
        {
            "stage": farm.stages[order].name,
            "days": days,
            "tgc": _plain(farm.stages[order].tgc),
            "fcr": _plain(farm.stages[order].fcr if farm.stages[order].feeds else 0.0),
            "daily_mortality_percent": _plain(farm.stages[order].daily_mortality_percent),
            "transfer_mortality_percent": _plain(farm.stages[order].transfer_mortality_percent),
            "graded_out_percent": _plain(farm.stages[order].graded_out_percent),
        }
        for order, days in spells
    ]
    start = {"count": count, "weight_g": _plain(mean_g)}
    target = {"weight_g": _plain(batch.plan.target_g)}
    return canonical_json({"start": start, "target": target, "stages": stages})


def _plain(value: float) -> float:
    """A number that JSON writes without an exponent."""
    value = round(value, 4)
    return int(value) if value == int(value) else value


def _tell_days(
    farm: Farm, run: Record, ahead: Outlook, course: Course, degc: Floats, days: int
) -> None:
    """The projection's days, for their rows. Feed is rounded before it is added up."""
    feed = quantise(course.feed_kg[:days], 6)
    farm.lane.table(
        "projections",
        {
            "run": np.full(days, run.key, dtype=np.int64),
            "day": np.arange(farm.today, farm.today + days),
            "day_number": np.arange(days) + FIRST_DAY_NUMBER,
            "weight_g": course.weight_g[:days],
            "population": course.population[:days],
            "feed": feed,
            "fed": np.cumsum(feed),
            "degc": degc[:days],
            "stage": ahead.stage[:days],
            "at": np.full(days, microseconds(farm.env.now), dtype=np.int64),
        },
    )
