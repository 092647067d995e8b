"""The calendar: one schedule's places counted day by day, by the planned durations.

The formula knows batches that are all alike; the calendar knows this schedule's batches, with their
dates, seasons and stations. It counts how many of them would be in a pool at a time if nobody
waited, from the day on which the fish are due to the end of the rest. It does not know luck, so a
schedule is only refused for what is *clear*: more transitions without a place, or fuller rings,
than the limits allow by a margin. Everything else is for the simulation to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.clock import date_of, month_start, next_month
from sim.planner.demand import Demand, Hold
from sim.planner.formula import PoolNeed, Verdict, number, ring_unit
from sim.planner.limits import Excess, Limits
from sim.resources.kinds import RINGS, TANKS, pools
from sim.scenario import Scenario
from sim.sites.layout import Layout

MARGIN = 0.05
"""Share by which a limit must be passed on paper for a schedule to be refused unsimulated."""

Spell = tuple[int, int, int]
"""Units from a day to a day."""


@dataclass(frozen=True, slots=True)
class CalendarOutlook:
    """What the calendar says about a schedule.

    Attributes:
        without_place: share of the transitions that find no place on the day they are due.
        fullest: share of the rings claimed in the fullest month, by geography.
        excesses: pools that would break, if only for a day, in the order of their dates.
        clear: whether this is so much that no simulation is needed.
    """

    without_place: float
    fullest: dict[str, float]
    excesses: list[Excess]
    clear: bool


def look_ahead(scenario: Scenario, demand: Demand, limits: Limits) -> CalendarOutlook:
    """Count a schedule's places by the calendar."""
    missing, excesses, fullest = 0, [], {}
    for index, geography in enumerate(scenario.geographies):
        layout = Layout(scenario, index)
        holds = [hold for hold in demand.holds if hold.geography == index]
        for (station, order), hall in layout.halls.items():
            stage = layout.stages[order]
            here = [hold for hold in holds if (hold.station, hold.order) == (station, order)]
            places = stage.containers_per_hall // stage.containers_per_batch
            lost, excess = _overlaps(_spells(here, places=True), places)
            missing += lost
            if excess:
                day, most, _ = excess
                text = f"places for {most} batches needed, {places} there"
                excesses.append(
                    Excess(pools(TANKS, stage.hall).name, f"{TANKS} of {hall.name}", day, text)
                )
        at_sea = [hold for hold in holds if hold.station is None]
        if not at_sea:
            continue
        rings = geography.areas * geography.rings_per_area
        unit, each = ring_unit(geography, [stage.containers_per_batch for stage in layout.stages
                                           if stage.role == "sea"])  # fmt: skip
        lost, excess = _overlaps(_spells(at_sea, places=False), rings)
        missing += lost
        pool = f"{RINGS} of {geography.name}"
        if excess:
            day, most, when = excess
            text = f"{number(most / each)} {unit} needed on {date_of(when)}"
            there = f"{number(rings / each)} there"
            excesses.append(Excess(RINGS, pool, day, f"{text}, {there}"))
        months = dict(_monthly(_claims(at_sea, places=False), rings))
        fullest[geography.name] = max(months.values())
        over = [month for month, share in months.items() if share > limits.saturation]
        if over and not excess:
            text = f"{fullest[geography.name]:.0%} claimed in the fullest month"
            text += f", {limits.saturation:.0%} may be"
            excesses.append(Excess("saturation", pool, over[0], text))
    without_place = missing / max(len(demand.holds), 1)
    clear = without_place > limits.late_percent / 100 + MARGIN
    clear |= max(fullest.values(), default=0.0) > limits.saturation + MARGIN
    excesses.sort(key=lambda excess: (excess.day or 0, excess.pool))
    return CalendarOutlook(without_place, fullest, excesses, clear)


def when_broken(scenario: Scenario, demand: Demand, verdict: Verdict) -> list[Excess]:
    """What the formula finds missing, with the first date on which it would be missed."""
    found = []
    for need in verdict.broken:
        index = [geography.name for geography in scenario.geographies].index(need.geography)
        day = _first_day(scenario, demand, index, need)
        wide = need.smallest_stagger
        remedy = "no stagger is wide enough" if wide is None else f"enough from {wide} days on"
        pool = f"{need.kind} of {need.geography}"
        found.append(Excess(need.kind, pool, day, need.shortage, remedy))
    return found


def _first_day(scenario: Scenario, demand: Demand, index: int, need: PoolNeed) -> int | None:
    """The first day on which there is less of a pool than the planned batches ask for.

    If these batches would just about pass each other (they are not all alike), it is the day on
    which one more batch than there are places for claims its place.
    """
    geography = scenario.geographies[index]
    holds = [hold for hold in demand.holds if hold.geography == index]
    groups: list[list[Hold]] = []
    each = 1
    if need.kind == RINGS:
        stages = scenario.stages_in(geography)
        rings = [stage.containers_per_batch for stage in stages if stage.role == "sea"]
        each = ring_unit(geography, rings)[1]
        groups = [[hold for hold in holds if hold.station is None]]
    for order, stage in enumerate(scenario.stages_in(geography)):
        if stage.hall and pools(TANKS, stage.hall).name == need.kind:
            groups += [
                [hold for hold in holds if (hold.station, hold.order) == (station, order)]
                for station in range(geography.stations)
            ]
    if not groups:
        return _first_queue(demand, index, need)
    there = int(need.there * each)
    exact = [_overlaps(_claims(group, places=need.kind != RINGS), there)[1] for group in groups]
    days = [excess[0] for excess in exact if excess]
    return min(days) if days else _one_too_many(groups, there, places=need.kind != RINGS)


def _one_too_many(groups: Sequence[Sequence[Hold]], there: int, *, places: bool) -> int | None:
    days = []
    for group in groups:
        asked = 0
        for hold in sorted(group, key=lambda hold: hold.claimed):
            asked += 1 if places else hold.units
            if asked > there:
                days.append(hold.claimed)
                break
    return min(days, default=None)


def _first_queue(demand: Demand, index: int, need: PoolNeed) -> int | None:
    """The first day on which somebody asks for a plant or boat that is still busy with others."""
    free = np.zeros(max(int(need.there), 1))
    loads = [ld for ld in demand.loads if (ld.geography, ld.kind) == (index, need.kind)]
    for load in sorted(loads, key=lambda load: (load.day, load.batch)):
        if free.min() > load.day:
            return load.day
        spread = load.unit_days / len(free)  # its boats sail side by side
        free = np.maximum(free, load.day) + spread
    return None


def _spells(holds: Iterable[Hold], *, places: bool) -> list[Spell]:
    """From the day on which the fish are due: who claims ahead can wait until then.

    In containers, or in ``places`` for a batch.
    """
    return [(1 if places else hold.units, hold.due, hold.free) for hold in holds]


def _claims(holds: Iterable[Hold], *, places: bool) -> list[Spell]:
    """From the day of the claim."""
    return [(1 if places else hold.units, hold.claimed, hold.free) for hold in holds]


def _levels(spells: Sequence[Spell]) -> tuple[int, NDArray[np.int64]]:
    """The first day, and the units in use on every day from there."""
    first = min(since for _, since, _ in spells)
    steps = np.zeros(max(until for _, _, until in spells) - first + 1, dtype=np.int64)
    for units, since, until in spells:
        steps[since - first] += units
        steps[until - first] -= units
    return first, np.cumsum(steps)


def _overlaps(spells: Sequence[Spell], there: int) -> tuple[int, tuple[int, int, int] | None]:
    """How many spells begin without room, and (first day, most units, its day), if any does."""
    if not spells:
        return 0, None
    first, level = _levels(spells)
    over = np.flatnonzero(level > there)
    if not len(over):
        return 0, None
    lost = sum(level[since - first] > there for _, since, _ in spells)
    most = int(np.argmax(level))
    return int(lost), (first + int(over[0]), int(level[most]), first + most)


def _monthly(spells: Sequence[Spell], there: int) -> Iterator[tuple[int, float]]:
    """Share of the units in use by month; the first month and the last count whole."""
    first, level = _levels(spells)
    month, end = month_start(first), first + len(level)
    while month < end:
        after = next_month(month)
        used = level[max(month - first, 0) : max(after - first, 0)]
        yield month, float(used.sum()) / max(there * (after - month), 1)
        month = after
