"""Moving on: from hall to hall by pump, to sea by wellboat, over one day or several.

Source i of S and destination j of D are laid side by side as intervals [i/S, (i+1)/S) and
[j/D, (j+1)/D); each overlap is an action that carries its share of the source's fish. So ten tanks
fill twenty rings by twenty actions, and every fish is accounted for: moved, or dead in the move.
A source is emptied in one day; on that day only the destination has the fish.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import simpy

from sim.batch import Batch, Place
from sim.biology.mortality import deaths
from sim.biology.water import oxygen_saturation_mg_l
from sim.clock import MOVE
from sim.farm import Farm, Moved
from sim.journal import Record
from sim.planning import transfer_to
from sim.processes.money import bill_smolts
from sim.processes.moving import empty_container, leave_place, prepare, seat, stock_container
from sim.processes.planning import begun, done
from sim.processes.transition import note_transition
from sim.processes.waiting import granted
from sim.resources.fleet import Trip
from sim.stock import Index
from sim.streams import stream, uniform

Story = Generator[simpy.Event, Any, None]


@dataclass(slots=True)
class Move:
    """A transfer workflow under way, with its running totals."""

    workflow: Record
    source: Place
    dest: Place
    water: Record | None = None
    actions: int = 0
    moved: int = 0
    dead: int = 0
    biomass_kg: float = 0.0
    counted: int = 0


@cache
def overlaps(sources: int, dests: int) -> list[list[tuple[int, int]]]:
    """For each source the (destination, parts) it fills; a source has ``dests`` parts."""
    table: list[list[tuple[int, int]]] = []
    for source in range(sources):
        low, high = source * dests, (source + 1) * dests
        shares = []
        for dest in range(low // sources, -(-high // sources)):
            part = min(high, (dest + 1) * sources) - max(low, dest * sources)
            if part > 0:
                shares.append((dest, part))
        table.append(shares)
    return table


def transfer(farm: Farm, batch: Batch, dest: Place) -> Story:
    """Move the batch from its present place into ``dest``."""
    source = batch.places[-1]
    batch.places.append(dest)
    prepare(farm, batch, dest)
    by_boat = farm.stages[dest.order].role == "sea" and farm.stages[source.order].role != "sea"
    waiting = list(range(len(source.grant.units)))
    move: Move | None = None
    while waiting:
        if by_boat:
            load = yield from _board(farm, batch, source, waiting)
        else:
            load = waiting[: farm.stages[source.order].containers_moved_per_day]
        move = move or _begin(farm, batch, source, dest)
        for index, dead in zip(load, _losses(farm, batch, source, load), strict=True):
            _empty_source(farm, batch, move, index, dead)
        _progress(farm, move)
        if farm.lane.recording and farm.today == move.workflow.values["actual_start_date"]:
            move.water = note_transition(farm, move.workflow, source, dest, move.water)
        waiting = waiting[len(load) :]
        seat(farm, batch)
        if waiting and not by_boat:
            yield farm.at(farm.today + 1, MOVE)
    if move is not None:
        _finish(farm, batch, move)
    leave_place(farm, batch, source)


def _begin(farm: Farm, batch: Batch, source: Place, dest: Place) -> Move:
    old, new = farm.stages[source.order], farm.stages[dest.order]
    to_sea = new.role == "sea" and old.role != "sea"
    units = source.units
    days = _planned_days(farm, units, by_boat=to_sea, a_day=old.containers_moved_per_day)
    activity = begun(farm, batch, transfer_to(farm.scenario.stages[dest.order]))
    workflow = farm.lane.create(
        "transfer_workflow",
        farm.env.now,
        workflow_number=f"TRF-{batch.name}-D{farm.today - batch.start + 1}",
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
        total_actions_planned=sum(map(len, overlaps(len(units), len(dest.grant.units)))),
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
    batch.stage = dest.order
    farm.lane.change(batch.row, farm.env.now, lifecycle_stage=dest.order)
    return Move(workflow, source, dest)


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
    fleet, geography = farm.wellboats, farm.geography
    trip = fleet.ask(batch.name)
    yield from granted(
        farm, trip, fleet.name, "wellboat", batch.row.key, (1, "boats"),
        f"{batch.name} goes to sea",
        fleet.holders,
    )  # fmt: skip
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
    farm.wellboats.come_back(trip)


def _losses(farm: Farm, batch: Batch, source: Place, load: Sequence[int]) -> list[int]:
    """How many fish of each container of a load do not survive the move."""
    key = stream(farm.seed, farm.geography.name, batch.plan.luck, "move", source.order)
    hazard = farm.stages[source.order].transfer_mortality_percent / 100
    index = np.array(load)
    count = farm.stock.count[source.units[index]]
    dead: list[int] = deaths(count, np.full(len(index), hazard), uniform(key, index)).tolist()
    return dead


def _empty_source(farm: Farm, batch: Batch, move: Move, index: int, dead: int) -> None:
    """Carry all fish of one source container to its destinations, today; some die on the way."""
    stock, sources, dests = farm.stock, move.source.grant.units, move.dest.grant.units
    source, parts = sources[index], len(dests)
    before, weight_g = int(stock.count[source]), float(stock.weight_g[source])
    left, done, moved_in_all, died_in_all = before, 0, 0, 0
    for number, (place, part) in enumerate(overlaps(len(sources), parts)[index]):
        done += part
        leaving = before * done // parts - (before - left)
        died = dead * done // parts - dead * (done - part) // parts
        died = min(died, leaving)
        moved, dest = leaving - died, dests[place]
        held = stock_container(farm, batch, move.dest, dest, moved, weight_g)
        stock.condition.settle(dest, source, moved / max(held, 1))
        move.actions += 1
        move.biomass_kg += moved * weight_g / 1000
        if farm.lane.recording:
            _record(farm, move, (source, dest), (left, moved, died), number)
        left -= leaving
        moved_in_all += moved
        died_in_all += died
    empty_container(farm, source)
    move.counted += before
    move.moved += moved_in_all
    move.dead += died_in_all
    farm.moves.append(
        Moved(farm.today, batch.row.key, move.dest.order, moved_in_all, died_in_all, weight_g)
    )


def _record(
    farm: Farm, move: Move, way: tuple[int, int], fish: tuple[int, int, int], number: int
) -> None:
    """Write down an action: its source and destination, and fish before, moved and dead."""
    stock, (source, dest), (before, moved, died) = farm.stock, way, fish
    degc, weight_g = float(stock.temperature(source, farm.today)), float(stock.weight_g[source])
    farm.lane.create(
        "transfer_action",
        farm.env.now,
        action_number=move.actions,
        source_population_before=before,
        transferred_count=moved,
        mortality_during_transfer=died,
        transferred_biomass_kg=moved * weight_g / 1000,
        status="COMPLETED",
        planned_date=farm.today,
        actual_execution_date=farm.today,
        transfer_method="PUMP",
        water_temp_c=degc,
        oxygen_level=_oxygen(farm, move, degc),
        execution_duration_minutes=45 + (moved + died) // 2_000 + 5 * number,
        notes="",
        dest_assignment=int(stock.assignment[dest]),
        source_assignment=int(stock.assignment[source]),
        workflow=move.workflow.key,
        measured_avg_weight_g=weight_g,
        dest_container=dest,
        executed_at=int(farm.env.now * 86_400) * 1_000_000,
    )


def _oxygen(farm: Farm, move: Move, degc: float) -> float:
    """Of the water that the fish travel in, mg/l."""
    at_sea = farm.stages[move.dest.order].role == "sea"
    return 0.95 * float(oxygen_saturation_mg_l(np.array(degc), 34.0 if at_sea else 0.0))


def _progress(farm: Farm, move: Move) -> None:
    planned = int(move.workflow.values["total_actions_planned"] or 1)
    farm.lane.change(
        move.workflow,
        farm.env.now,
        total_source_count=max(move.counted, move.moved + move.dead),
        total_transferred_count=move.moved,
        total_mortality_count=move.dead,
        total_biomass_kg=move.biomass_kg,
        actions_completed=move.actions,
        completion_percentage=100 * move.actions / planned,
    )


def _finish(farm: Farm, batch: Batch, move: Move) -> None:
    farm.lane.change(
        move.workflow,
        farm.env.now,
        status="COMPLETED",
        actual_completion_date=farm.today,
        completed_by=0,
    )
    if farm.lane.recording and move.workflow.values["is_intercompany"]:
        bill_smolts(farm, move.workflow)
    done(farm, batch, transfer_to(farm.scenario.stages[move.dest.order]))
    stage, site = farm.stages[move.dest.order].name, move.dest.grant.group
    mean_g = 1000 * move.biomass_kg / max(move.moved, 1)
    farm.tell(
        batch.name,
        f"{move.moved:,} fish of {mean_g:,.1f} g moved to {stage} in {site}, {move.dead:,} died",
    )
