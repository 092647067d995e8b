"""Moving on: from hall to hall by pump, to sea by wellboat, over one day or several.

A source is emptied in one day, by the actions of :mod:`sim.processes.life.transfer_actions`; on
that day only the destination has the fish.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import simpy

from sim.biology.mortality import deaths_of_one
from sim.biology.water import oxygen_saturation_mg_l
from sim.company.batch import Batch, Place
from sim.company.farm import Farm, Moved
from sim.company.log import listed
from sim.core.arrays import Index, span
from sim.core.clock import MOVE
from sim.core.journal import Record
from sim.core.streams import stream, uniform_at
from sim.master_data.activities import transfer_to
from sim.processes.life.stocking import (
    empty_containers,
    lay_feed_lines,
    leave_place,
    prepare,
    stock_containers,
)
from sim.processes.life.transfer_actions import Action, overlaps, share_out, turns
from sim.processes.life.transfer_water import note_transition
from sim.processes.office.activities import begun, done
from sim.processes.office.money import bill_smolts
from sim.processes.waiting import granted
from sim.resources.fleet import Trip
from sim.resources.kinds import WELLBOATS
from sim.scenario.knobs.transfers import Transfers
from sim.sites.names import transfer_number

Story = Generator[simpy.Event, Any, None]


@dataclass(slots=True)
class Move:
    """A transfer under way, with its running totals.

    Attributes:
        workflow: its row; None where nobody records.
        water: the row of the water's change, once there is one.
    """

    workflow: Record | None
    source: Place
    dest: Place
    water: Record | None = None
    actions: int = 0
    moved: int = 0
    dead: int = 0
    biomass_kg: float = 0.0
    counted: int = 0


def transfer(farm: Farm, batch: Batch, dest: Place) -> Story:
    """Move the batch from its present place into ``dest``."""
    source = batch.places[-1]
    batch.places.append(dest)
    prepare(farm, batch, dest)
    by_boat = farm.stages[dest.order].role == "sea" and farm.stages[source.order].role != "sea"
    batch.coming = None
    waiting = list(range(len(source.grant.units)))
    move: Move | None = None
    while waiting := _stocked(farm, batch, source, waiting):
        if by_boat:
            load = yield from _board(farm, batch, source, waiting)
            if not load:
                continue
        else:
            load = waiting[: farm.stages[source.order].containers_moved_per_day]
        if move is None:
            move = _begin(farm, batch, source, dest)
            batch.end_move = partial(_finish, farm, batch, move)
        _carry(farm, batch, move, load, _losses(farm, batch, source, load))
        if move.workflow is not None:
            _progress(farm, move, move.workflow)
            if farm.today == move.workflow.values["actual_start_date"]:
                move.water = note_transition(farm, move.workflow, source, dest, move.water)
        waiting = _stocked(farm, batch, source, waiting)
        lay_feed_lines(farm, batch)
        if waiting and not by_boat:
            yield farm.at(farm.today + 1, MOVE)
    if move is not None:
        _finish(farm, batch, move)
    leave_place(farm, batch, source)


def _stocked(farm: Farm, batch: Batch, source: Place, waiting: Sequence[int]) -> list[int]:
    """Those of the containers that wait, as places in the source, in which there are fish."""
    held, units = farm.stock.batch, source.grant.units
    return [index for index in waiting if held.item(units[index]) == batch.row.key]


def _begin(farm: Farm, batch: Batch, source: Place, dest: Place) -> Move:
    workflow = _workflow(farm, batch, source, dest) if farm.lane.recording else None
    batch.stage = dest.order
    farm.lane.change(batch.row, farm.env.now, lifecycle_stage=dest.order)
    return Move(workflow, source, dest)


def _workflow(farm: Farm, batch: Batch, source: Place, dest: Place) -> Record:
    """The row of a transfer that begins."""
    old, new = farm.stages[source.order], farm.stages[dest.order]
    to_sea = new.role == "sea" and old.role != "sea"
    units = source.units
    stocked = _stocked(farm, batch, source, range(len(units)))
    ways = overlaps(len(units), len(dest.grant.units))
    days = _planned_days(farm, units, by_boat=to_sea, a_day=old.containers_moved_per_day)
    activity = begun(farm, batch, transfer_to(farm.scenario.stages[dest.order]))
    workflow = farm.lane.create(
        "transfer_workflow",
        farm.env.now,
        workflow_number=transfer_number(batch.name, batch.age_on(farm.today)),
        workflow_type="LIFECYCLE_TRANSITION",
        status="IN_PROGRESS",
        planned_start_date=batch.start + sum(batch.plan.durations[: dest.order]),
        planned_completion_date=farm.today + days - 1,
        actual_start_date=farm.today,
        actual_completion_date=None,
        total_source_count=int(farm.stock.count[units].sum()),
        total_transferred_count=0,
        total_mortality_count=0,
        total_biomass_kg=0,
        total_actions_planned=sum(len(ways[index]) for index in stocked),
        actions_completed=0,
        completion_percentage=0,
        is_intercompany=to_sea,
        source_subsidiary="FM" if old.role == "sea" else "FW",
        dest_subsidiary="FM" if new.role == "sea" else "FW",
        notes="",
        batch=batch.row.key,
        completed_by=None,
        dest_lifecycle_stage=dest.order,
        source_lifecycle_stage=source.order,
        estimated_total_biomass_kg=float(farm.stock.biomass_kg(units).sum()),
        estimated_total_count=int(farm.stock.count[units].sum()),
        planned_activity=activity.key if activity else None,
    )
    if activity:
        farm.lane.change(activity, farm.env.now, transfer_workflow=workflow.key)
    return workflow


def _planned_days(farm: Farm, units: Index, *, by_boat: bool, a_day: int) -> int:
    """Days that a move takes if no boat is late."""
    if not by_boat:
        return -(-len(units) // a_day)
    geography = farm.geography
    a_trip = max(1.0, geography.wellboat_kg // float(farm.stock.biomass_kg(units).max()))
    trips = -(-len(units) // int(a_trip))
    return max(1, -(-trips // geography.wellboats) * geography.wellboat_trip_days)


def _board(
    farm: Farm, batch: Batch, source: Place, waiting: Sequence[int]
) -> Generator[simpy.Event, Any, list[int]]:
    """Get a wellboat and decide which tanks it takes; a tank that is too big takes more trips."""
    fleet, geography = farm.resources.fleets[WELLBOATS], farm.geography
    trip = fleet.ask(batch.name)
    yield from granted(
        farm, trip, fleet.name, fleet.usage.pools, batch, (1, "boats"),
        f"{batch.name} goes to sea",
        fleet.holders,
    )  # fmt: skip
    if not (waiting := _stocked(farm, batch, source, waiting)):  # the last died meanwhile
        fleet.come_back(trip)
        return []
    load: list[int] = []
    on_board = 0.0
    for index, tank_kg in zip(waiting, _biomass_kg(farm, source, waiting), strict=True):
        if load and on_board + tank_kg > geography.wellboat_kg:
            break
        load.append(index)
        on_board += tank_kg
    trips = max(1, int(-(-on_board // geography.wellboat_kg)))
    farm.env.process(_sail(farm, trip, trips * geography.wellboat_trip_days))
    return load


def _biomass_kg(farm: Farm, source: Place, places: Sequence[int]) -> list[float]:
    """Live weight in some containers of a place."""
    kg: list[float] = farm.stock.biomass_kg(source.units[list(places)]).tolist()
    return kg


def _sail(farm: Farm, trip: Trip, days: int) -> Story:
    yield farm.env.timeout(days)
    farm.resources.fleets[WELLBOATS].come_back(trip)


def _losses(farm: Farm, batch: Batch, source: Place, load: Sequence[int]) -> list[int]:
    """How many fish of each container of a load do not survive the move."""
    key = stream(farm.seed, farm.geography.name, batch.plan.luck, "move", source.order)
    hazard = farm.stages[source.order].transfer_mortality_percent / 100
    count, units = farm.stock.count, source.grant.units
    return [
        deaths_of_one(count.item(units[index]), hazard, uniform_at(key, index)) for index in load
    ]


def _carry(
    farm: Farm, batch: Batch, move: Move, load: Sequence[int], losses: Sequence[int]
) -> None:
    """Carry all fish of a load to their destinations, today; some die on the way.

    Args:
        farm: the geography.
        batch: whose fish they are.
        move: the transfer under way.
        load: which containers of its source.
        losses: how many fish of each die.
    """
    stock, sources, dests = farm.stock, move.source.grant.units, move.dest.grant.units
    units = [sources[index] for index in load]
    at = span(units)
    counts, weights_g = stock.count[at].tolist(), stock.weight_g[at].tolist()
    actions: list[Action] = []
    for index, before, weight_g, dead in zip(load, counts, weights_g, losses, strict=True):
        shares = [(dests[place], part) for place, part in overlaps(len(sources), len(dests))[index]]
        mine = share_out(sources[index], shares, (before, dead), weight_g)
        mine = [action for action in mine if action.moved or action.died]
        actions += mine
        moved, died = sum(action.moved for action in mine), sum(action.died for action in mine)
        move.counted += before
        move.moved += moved
        move.dead += died
        farm.moves.append(Moved(farm.today, batch.row.key, move.dest.order, moved, died, weight_g))
    held = stock_containers(
        farm, batch, move.dest, [(each.dest, each.moved, each.weight_g) for each in actions]
    )
    if farm.log.on:
        _tell_load(farm, batch, move, units, actions)
    for turn in turns(actions, held):
        stock.condition.settle(*turn)
    for action in actions:
        move.actions += 1
        move.biomass_kg += action.moved * action.weight_g / 1000
        if move.workflow is not None:
            _record(farm, move, move.workflow, action)
    empty_containers(farm, units, farm.today)


def _tell_load(
    farm: Farm, batch: Batch, move: Move, units: Sequence[int], actions: Sequence[Action]
) -> None:
    """A line about what is carried today, or by one boat."""
    names = farm.layout.names
    farm.log.add(
        batch.name,
        "on the move from {} to {}: {} emptied into {}, {:,} fish, {:,} died",
        farm.stages[move.source.order].name,
        farm.stages[move.dest.order].name,
        listed([names[unit] for unit in units]),
        listed([names[unit] for unit in dict.fromkeys(each.dest for each in actions)]),
        sum(each.moved for each in actions),
        sum(each.died for each in actions),
        minor=True,
    )


def _record(farm: Farm, move: Move, workflow: Record, action: Action) -> None:
    """Write down an action, the last one that was counted."""
    stock, source, moved = farm.stock, action.source, action.moved
    degc = float(stock.temperature(source, farm.today))
    farm.lane.create(
        "transfer_action",
        farm.env.now,
        action_number=move.actions,
        source_population_before=action.before,
        transferred_count=moved,
        mortality_during_transfer=action.died,
        transferred_biomass_kg=moved * action.weight_g / 1000,
        status="COMPLETED",
        planned_date=farm.today,
        actual_execution_date=farm.today,
        transfer_method="PUMP",
        water_temp_c=degc,
        oxygen_level=_oxygen(farm, move, degc),
        execution_duration_minutes=minutes(
            farm.scenario.transfers, moved + action.died, action.number
        ),
        notes="",
        dest_assignment=int(stock.assignment[action.dest]),
        source_assignment=int(stock.assignment[source]),
        workflow=workflow.key,
        measured_avg_weight_g=action.weight_g,
        dest_container=action.dest,
        executed_at=int(farm.env.now * 86_400) * 1_000_000,
    )


def minutes(knobs: Transfers, fish: int, before: int) -> int:
    """How long an action takes whose source has filled so many containers ``before``."""
    pumped = fish // knobs.fish_per_minute
    return knobs.setup_minutes + pumped + knobs.next_container_minutes * before


def _oxygen(farm: Farm, move: Move, degc: float) -> float:
    """Of the water that the fish travel in, mg/l."""
    at_sea = farm.stages[move.dest.order].role == "sea"
    salinity = farm.geography.sea.wellboat_salinity_ppt if at_sea else 0.0
    full = float(oxygen_saturation_mg_l(np.array(degc), salinity))
    return farm.scenario.transfers.oxygen_share * full


def _progress(farm: Farm, move: Move, workflow: Record) -> None:
    planned = int(workflow.values["total_actions_planned"] or 1)
    farm.lane.change(
        workflow,
        farm.env.now,
        total_source_count=max(move.counted, move.moved + move.dead),
        total_transferred_count=move.moved,
        total_mortality_count=move.dead,
        total_biomass_kg=move.biomass_kg,
        actions_completed=move.actions,
        completion_percentage=100 * move.actions / planned,
    )


def _finish(farm: Farm, batch: Batch, move: Move) -> None:
    batch.end_move = None
    if move.workflow is not None:
        farm.lane.change(
            move.workflow,
            farm.env.now,
            status="COMPLETED",
            total_actions_planned=move.actions,  # of fish that died before there is none
            completion_percentage=100,
            actual_completion_date=farm.today,
            completed_by=0,
        )
        if move.workflow.values["is_intercompany"]:
            bill_smolts(farm, move.workflow)
    done(farm, batch, transfer_to(farm.scenario.stages[move.dest.order]))
    stage, site = farm.stages[move.dest.order].name, move.dest.grant.group
    mean_g = 1000 * move.biomass_kg / max(move.moved, 1)
    text = "{:,} fish of {:,.1f} g moved to {} in {}, {:,} died"
    farm.log.add(batch.name, text, move.moved, mean_g, stage, site, move.dead)
