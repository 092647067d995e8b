"""Live forecasts: from what is in every container now, day by day to the harvest.

They are made some evenings, counted back from the plan's last day so that the last day has one. A
forecast goes on from a container's weight and fish with the growth and mortality that its stages
are planned with, in the water of the batch's profile, shifted by how much warmer the container was
than the profile over the last days. A batch leaves a stage when its planned days in it are over,
tomorrow at the earliest; the forecast ends on the evening when the fish reach the target weight, or
with the last stage.

Each container has one summary. A container that was emptied keeps its last one, whose
``state_date`` says how old it is; only what no longer needs planning says so. (AquaMind leaves it
where it is, too.) Thresholds are the batch's own: its target weight, and the weight that its
baseline has on the eve of the sea.
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from sim.biology.projection import reached
from sim.company.batch import Baseline, Batch
from sim.company.farm import Farm
from sim.core.arrays import Floats, Ints
from sim.core.clock import FIRST_DAY_NUMBER, REVIEW, microseconds
from sim.core.journal import Columns, Record, Value
from sim.facts import quantise
from sim.processes.office.projection_models import geography_models
from sim.processes.office.projections import Outlook, outlook

_OPEN = ("PENDING", "IN_PROGRESS")


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast of the containers of a batch that are in one stage.

    Attributes:
        order: of that stage; ``units`` the containers.
        bias_degc: how much warmer each was than the profile, over ``window`` days.
        first_number: the batch's day number on the first of the days ahead.
        degc, weight_cg, population: of these days, shape (containers, days); weights are in units
            of 0.01 g, as they are recorded.
        harvest: the last day of each container's forecast, from 0; ``transfer`` the day that ends
            at the weight planned for the sea, -1 for none.
    """

    batch: Batch
    baseline: Baseline
    order: int
    units: Ints
    bias_degc: Floats
    window: Ints
    ahead: Outlook
    first_number: int
    degc: Floats
    weight_cg: Ints
    population: Floats
    harvest: Ints
    transfer: Ints


def reviews(farm: Farm) -> Generator[simpy.Event, Any, None]:
    """Make the live forecasts, on their days; the geography's models are there from the start.

    Nobody decides by them, so they are not made where nobody records them.
    """
    if not farm.lane.recording:
        return
    geography_models(farm)
    summaries: dict[int, Record] = {}
    every = farm.scenario.projections.forward_every_days
    last = farm.end_day - 1
    for day in range(last - (last - farm.first_day) // every * every, farm.end_day, every):
        yield farm.at(day, REVIEW)
        _review(farm, summaries)


def _review(farm: Farm, summaries: dict[int, Record]) -> None:
    """Forecast every container with fish, and bring the summaries up to date."""
    planned = _planned(farm)
    active = set(farm.stock.assignment.tolist())
    for assignment in [one for one in summaries if one not in active]:
        record = summaries.pop(assignment)
        if record.values["needs_planning_attention"]:
            farm.lane.change(record, farm.env.now, needs_planning_attention=False)
    for batch in farm.batches:
        if not batch.alive or batch.baseline is None:
            continue
        held = (farm.stock.batch == batch.row.key) & (farm.stock.count > 0)
        for order in np.unique(farm.stock.stage[held]).tolist():
            units = np.flatnonzero(held & (farm.stock.stage == order))
            forecast = _forecast(farm, batch, batch.baseline, int(order), units)
            farm.lane.table("forward", _days(farm, forecast))
            for place in range(len(units)):
                _summarise(farm, forecast, place, planned, summaries)


def _forecast(farm: Farm, batch: Batch, baseline: Baseline, order: int, units: Ints) -> Forecast:
    """Look ahead from this evening."""
    stock, today = farm.stock, farm.today
    durations = batch.plan.durations
    left = 0
    if order == batch.stage:
        left = int(stock.since[units].min()) + durations[order] - 1 - today
    left = max(left, 1 if order == len(durations) - 1 else 0)
    ahead = outlook(farm, [(order, left), *list(enumerate(durations))[order + 1 :]])
    first_number = batch.day_number(today + 1)
    bias, window = _bias(farm, batch, baseline, units)
    number = np.arange(first_number, first_number + len(ahead.stage))
    degc = baseline.degc[np.minimum(number, len(baseline.degc)) - FIRST_DAY_NUMBER] + bias[:, None]
    course = ahead.course(stock.weight_g[units], stock.count[units].astype(np.float64), degc)
    weight_cg = quantise(course.weight_g, 2)
    target_cg = quantise(np.array(batch.plan.target_g), 2)
    harvest = reached(weight_cg, target_cg, ahead.last_from)
    return Forecast(
        batch,
        baseline,
        order,
        units,
        bias,
        window,
        ahead,
        first_number,
        degc,
        weight_cg,
        course.population,
        harvest,
        _transfers(farm, baseline, order, weight_cg, harvest),
    )


def _transfers(farm: Farm, baseline: Baseline, order: int, weight_cg: Ints, harvest: Ints) -> Ints:
    """The day (from 0) that ends at the weight planned for the sea; -1 at sea, or if never."""
    if baseline.transfer_g is None or farm.stages[order].role == "sea":
        return np.full(len(harvest), -1)
    planned_cg = quantise(np.array(baseline.transfer_g), 2)
    day = reached(weight_cg, planned_cg)
    enough = weight_cg[np.arange(len(day)), day] >= planned_cg
    return np.where(enough & (day <= harvest), day, -1)


def _bias(farm: Farm, batch: Batch, baseline: Baseline, units: Ints) -> tuple[Floats, Ints]:
    """How much warmer containers were than the profile, and over how many days; both recorded."""
    knobs, stock = farm.scenario.projections, farm.stock
    first = max(farm.today - knobs.bias_window_days + 1, batch.start)
    days = np.arange(first, min(farm.today + 1, batch.start + len(baseline.degc)))
    sites, water = farm.layout.site_of[units], farm.surroundings.water
    degc = water.degc[sites[:, None], days - water.first_day] + stock.offset_degc[units, None]
    recorded = quantise(degc, 2) / 100
    lived = stock.since[units][:, None] <= days
    warmer = np.where(lived, recorded - baseline.degc[days - batch.start], 0.0).sum(axis=1)
    window = lived.sum(axis=1)
    bias = np.clip(warmer / np.maximum(window, 1), knobs.bias_min_degc, knobs.bias_max_degc)
    return quantise(bias, 2) / 100, window


def _days(farm: Farm, forecast: Forecast) -> Columns:
    """The forecast's days, container by container, for their rows."""
    days = np.arange(len(forecast.ahead.stage))
    place, day = np.nonzero(days <= forecast.harvest[:, None])
    stock, rows = farm.stock, len(place)
    return {
        "computed": np.full(rows, farm.today, dtype=np.int64),
        "day": farm.today + 1 + day,
        "day_number": forecast.first_number + day,
        "weight_cg": forecast.weight_cg[place, day],
        "population": forecast.population[place, day],
        "degc": forecast.degc[place, day],
        "tgc": forecast.ahead.tgc[day],
        "profile": np.full(rows, forecast.baseline.profile, dtype=np.int64),
        "bias_degc": forecast.bias_degc[place],
        "window": forecast.window[place],
        "assignment": stock.assignment[forecast.units][place],
        "batch": np.full(rows, forecast.batch.row.key, dtype=np.int64),
        "container": forecast.units[place],
    }


def _summarise(
    farm: Farm,
    forecast: Forecast,
    place: int,
    planned: Collection[tuple[int, str]],
    summaries: dict[int, Record],
) -> None:
    """Bring a container's summary up to date."""
    stock, today, batch = farm.stock, farm.today, forecast.batch
    unit, baseline = int(forecast.units[place]), forecast.baseline
    assignment = int(stock.assignment[unit])
    harvest = int(forecast.harvest[place])
    transfer = int(forecast.transfer[place])
    moves, in_fresh = transfer >= 0, farm.stages[forecast.order].role != "sea"
    has_harvest = (batch.row.key, "HARVEST") in planned
    has_transfer = (batch.row.key, "TRANSFER") in planned
    soon = farm.scenario.projections.attention_days
    values: dict[str, Value] = {
        "current_weight_g": float(stock.weight_g[unit]),
        "current_population": int(stock.count[unit]),
        "current_biomass_kg": float(stock.biomass_kg(unit)),
        "state_date": today,
        "state_day_number": batch.day_number(today),
        "state_confidence": _confidence(farm, unit),
        "projected_harvest_date": today + 1 + harvest,
        "projected_harvest_weight_g": forecast.weight_cg[place, harvest] / 100,
        "days_to_harvest": 1 + harvest,
        "harvest_threshold_g": batch.plan.target_g,
        "projected_transfer_date": today + 1 + transfer if moves else None,
        "projected_transfer_weight_g": (
            forecast.weight_cg[place, transfer] / 100 if moves else None
        ),
        "days_to_transfer": 1 + transfer if moves else None,
        "transfer_threshold_g": baseline.transfer_g if in_fresh else None,
        "original_harvest_date": baseline.harvest_day,
        "harvest_variance_days": today + 1 + harvest - baseline.harvest_day,
        "has_planned_harvest": has_harvest,
        "has_planned_transfer": has_transfer,
        "needs_planning_attention": (not has_harvest and 1 + harvest <= soon)
        or (moves and not has_transfer and 1 + transfer <= soon),
        "temp_profile_name": baseline.profile_name,
        "temp_bias_c": float(forecast.bias_degc[place]),
        "temp_bias_window_days": int(forecast.window[place]),
        "last_computed": microseconds(farm.env.now),
        "computed_date": today,
    }
    if assignment in summaries:
        farm.lane.change(summaries[assignment], farm.env.now, **values)
    else:
        summaries[assignment] = farm.lane.create(
            "forecast_summary", farm.env.now, assignment=assignment, **values
        )


def _confidence(farm: Farm, unit: int) -> float:
    """The least of the confidence scores that the day's state has: that of its weight."""
    stock, today, recording = farm.stock, farm.today, farm.scenario.recording
    if today in (int(stock.weighed[unit]), int(stock.vaccinated[unit])):
        return 1.0
    if stock.since[unit] == today and stock.stage[unit] > 0:
        return recording.moved_weight_confidence
    return recording.computed_weight_confidence


def _planned(farm: Farm) -> set[tuple[int, str]]:
    """(batch, type) of the planned activities that are still ahead."""
    return {
        (int(activity.values["batch"] or 0), str(activity.values["activity_type"]))
        for activity in farm.lane.records.get("planned_activity", ())
        if activity.values["status"] in _OPEN
    }
