"""Eggs are laid down: the batch's creation workflow, with an action per container."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.company.batch import Batch, Place
from sim.company.farm import Farm, Moved
from sim.core.clock import microseconds
from sim.core.journal import Record
from sim.core.streams import normal_at, stream, uniform_at
from sim.processes.life.stocking import lay_feed_lines, prepare, stock_containers
from sim.processes.office.broodstock import note_parentage, strip
from sim.sites import names
from sim.sites.schedule import BatchPlan


def lay_down(farm: Farm, plan: BatchPlan, place: Place) -> Batch:
    """Create the batch, share its eggs out among the place's containers, count those that died."""
    batch = Batch(plan, _batch_row(farm, plan), start=farm.today, places=[place])
    farm.batches.append(batch)
    key = stream(farm.seed, farm.geography.name, plan.luck, "eggs")
    rule, units = farm.scenario.eggs, place.grant.units
    planned = split_evenly(plan.eggs, len(units))
    dead = []
    for number, eggs in enumerate(planned):
        luck = min(max(normal_at(key, number), -2.5), 2.5)
        share = rule.arrival_mortality_percent / 100 * (1 + rule.arrival_mortality_cv * luck)
        dead.append(round(eggs * max(0.0, share)))
    prepare(farm, batch, place)
    alive = [eggs - lost for eggs, lost in zip(planned, dead, strict=True)]
    stock_containers(
        farm,
        batch,
        place,
        [(unit, eggs, rule.weight_g) for unit, eggs in zip(units, alive, strict=True)],
    )
    if farm.lane.recording:
        _note_creation(farm, batch, planned, dead, key)
        target_g = round(plan.target_g)
        farm.lane.create(
            "batch_plan", farm.env.now, batch=batch.row.key, number=plan.number, target_g=target_g
        )
    lost = sum(dead)
    farm.moves.append(Moved(farm.today, batch.row.key, 0, plan.eggs - lost, lost, rule.weight_g))
    lay_feed_lines(farm, batch)
    farm.log.add(plan.name, "{:,} eggs laid down in {}", plan.eggs, place.grant.group)
    return batch


def _note_creation(
    farm: Farm, batch: Batch, planned: Sequence[int], dead: Sequence[int], key: np.uint64
) -> None:
    """Write down where the eggs came from, and how many came to each container."""
    now, today, lane, plan = farm.env.now, farm.today, farm.lane, batch.plan
    production, supplier = _egg_source(farm, plan, key)
    note_parentage(farm, batch.row.key, production)
    # AquaMind's workflow of bought eggs names their supplier and no production.
    units = batch.places[0].grant.units
    workflow = lane.create(
        "creation_workflow",
        now,
        workflow_number=names.creation_number(plan.name),
        status="COMPLETED",
        egg_source_type="INTERNAL" if plan.internal else "EXTERNAL",
        external_supplier_batch_number="" if plan.internal else names.bought_eggs(plan.name),
        external_cost_per_thousand=(
            None if plan.internal else farm.scenario.eggs.cost_per_thousand
        ),
        total_eggs_planned=plan.eggs,
        total_eggs_received=plan.eggs,
        total_mortality_on_arrival=sum(dead),
        planned_start_date=plan.start,
        planned_completion_date=plan.start,
        actual_start_date=today,
        actual_completion_date=today,
        total_actions=len(units),
        actions_completed=len(units),
        progress_percentage=100,
        notes="",
        batch=batch.row.key,
        egg_production=production if plan.internal else None,
        external_supplier=supplier,
    )
    degc, rule = farm.stock.temperature(batch.places[0].units, today), farm.scenario.eggs
    looks = farm.scenario.instruments.looks
    scores = looks.egg_quality_most - looks.egg_quality_least + 1
    quality = looks.egg_quality_least + int(scores * uniform_at(key, 1000))
    for number, (unit, eggs) in enumerate(zip(units, planned, strict=True)):
        lane.create(
            "creation_action",
            now,
            action_number=number + 1,
            status="COMPLETED",
            egg_count_planned=eggs,
            egg_count_actual=eggs,
            mortality_on_arrival=dead[number],
            expected_delivery_date=plan.start,
            actual_delivery_date=today,
            delivery_method="INTERNAL_TRANSFER" if plan.internal else "TRANSPORT",
            water_temp_on_arrival=float(degc[number]),
            egg_quality_score=quality,
            execution_duration_minutes=rule.setup_minutes + eggs // rule.eggs_per_minute,
            notes="",
            dest_assignment=int(farm.stock.assignment[unit]),
            workflow=workflow.key,
        )


def _batch_row(farm: Farm, plan: BatchPlan) -> Record:
    return farm.lane.create(
        "batch",
        farm.env.now,
        batch_number=plan.name,
        status="ACTIVE",
        start_date=farm.today,
        expected_end_date=farm.today + plan.planned_end - plan.start,
        actual_end_date=None,
        notes=f"Target weight {plan.target_g:.0f} g",
        lifecycle_stage=0,
        species=0,
        batch_type="STANDARD",
    )


def _egg_source(farm: Farm, plan: BatchPlan, key: np.uint64) -> tuple[int, int | None]:
    """The egg production behind a batch, and its supplier if the eggs were bought."""
    now, lane = farm.env.now, farm.lane
    production = lane.create(
        "egg_production",
        now,
        egg_batch_id=names.egg_production(plan.name),
        egg_count=plan.eggs,
        production_date=microseconds(now - farm.scenario.broodstock.eyed_days),
        source_type="internal" if plan.internal else "external",
        destination_station=plan.station,
        pair=strip(farm, plan).key if plan.internal else None,
    )
    if plan.internal:
        return production.key, None
    suppliers = farm.scenario.eggs.suppliers
    supplier = int(uniform_at(key, 2000) * len(suppliers))
    lane.create(
        "external_egg_batch",
        now,
        batch_number=names.bought_eggs(plan.name),
        provenance_data=f"{suppliers[supplier]}, eyed ova",
        egg_production=production.key,
        supplier=supplier,
    )
    return production.key, supplier


def split_evenly(total: int, parts: int) -> list[int]:
    """Whole numbers that add up to ``total`` and differ by at most one."""
    return [total // parts + (part < total % parts) for part in range(parts)]
