"""What the batches of a plan ask of every pool, if nobody has to wait.

Three kinds of demand. A *hold* keeps containers of one stage: from the day on which they are
claimed (``feed_supply.ahead_days`` before the fish come) to the day on which the last of them is
empty, and then for the days of rest. A *load* is work for a plant, boats or trucks: so many days of
one of them. A *draft* is what a silo or barge must give while an order is on its way.

All follow the rules of the processes: places are claimed all together and given back all together,
tanks go to sea by as many boat trips as they fill, a harvest takes whole rings a day and begins so
early that its middle meets the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.core.elementary import power
from sim.planner.expectation import ExpectedSurroundings, Stay, stays_of, vessel_days
from sim.resources.kinds import FEED_BOATS, FEED_TRUCKS, PLANT, TREATMENT_VESSELS, WELLBOATS
from sim.scenario import Scenario
from sim.scenario.knobs.farm import Geography
from sim.sites.schedule import BatchPlan, Plan


@dataclass(frozen=True, slots=True)
class Hold:
    """A batch's containers of one stage.

    Attributes:
        order: of the stage; ``station`` a 0-based index, None at sea.
        claimed, due, empty, free: the day on which the containers are claimed, on which the fish
            come, on which the last container is emptied, and on which others may claim them.
    """

    batch: str
    geography: int
    order: int
    station: int | None
    units: int
    claimed: int
    due: int
    empty: int
    free: int

    @property
    def days(self) -> int:
        """Days for which nobody else can claim these containers."""
        return self.free - self.claimed


@dataclass(frozen=True, slots=True)
class Load:
    """Work that a batch gives to a plant, boats or trucks: days of one of them, from a day on."""

    batch: str
    geography: int
    kind: str
    day: int
    unit_days: float


@dataclass(frozen=True, slots=True)
class StoreDemand:
    """The most that one store gives a batch between an order and its delivery, and its reserve."""

    batch: str
    geography: int
    order: int
    day: int
    kg: float
    reserve_kg: float


@dataclass(slots=True)
class Demand:
    """Everything that a plan's batches ask for.

    Attributes:
        last_day: by which the last batch is expected to be harvested.
    """

    holds: list[Hold] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    drafts: list[StoreDemand] = field(default_factory=list)
    last_day: int = 0


def demand_of(scenario: Scenario, plan: Plan) -> Demand:
    """Follow all batches of a plan through their stages, as if nobody had to wait."""
    places = [
        ExpectedSurroundings(scenario, index, plan) for index in range(len(scenario.geographies))
    ]
    demand = Demand()
    for batch in plan.batches:
        place = places[batch.geography]
        _follow(demand, place, batch, list(stays_of(place, batch)))
    demand.last_day = max(hold.empty for hold in demand.holds)
    return demand


def _follow(
    demand: Demand, place: ExpectedSurroundings, batch: BatchPlan, stays: Sequence[Stay]
) -> None:
    scenario, geography = place.scenario, place.geography
    supply = scenario.feed_supply
    before = 0
    for order, stay in enumerate(stays):
        is_sea, is_last = stay.stage.role == "sea", order == len(stays) - 1
        left = stay.first_day + stay.days
        if is_last:
            emptying = _emptying_days(geography, stay)
            early = stay.days < batch.durations[order]
            empty = left + (emptying // 2 if early else emptying)
            first = empty - emptying
            demand.loads.append(Load(batch.name, batch.geography, PLANT, first, emptying))
        elif stays[order + 1].stage.role == "sea" and not is_sea:
            boat_days, moving = _sailing(geography, stay)
            empty = left + moving
            demand.loads.append(Load(batch.name, batch.geography, WELLBOATS, left, boat_days))
        else:
            empty = left - 1 + -(-stay.stage.containers_per_batch // _moved_a_day(stay))
        rest = geography.fallow_days if is_sea else geography.hall_rest_days
        demand.holds.append(
            Hold(
                batch=batch.name,
                geography=batch.geography,
                order=order,
                station=None if is_sea else batch.station,
                units=stay.stage.containers_per_batch,
                claimed=stay.first_day - min(supply.ahead_days, before),
                due=stay.first_day,
                empty=empty,
                free=empty + rest,
            )
        )
        before = stay.days
        if stay.stage.feeds:
            _feed(demand, place, batch, order, stay)
        if is_sea and (vessels := vessel_days(place, stay)):
            load = Load(batch.name, batch.geography, TREATMENT_VESSELS, stay.first_day, vessels)
            demand.loads.append(load)


def _moved_a_day(stay: Stay) -> int:
    return stay.stage.containers_moved_per_day


def _full_container_kg(stay: Stay) -> float:
    """Biomass of one of the batch's containers on the last day."""
    alive = stay.fish * power(1 - stay.stage.daily_mortality_percent / 100, stay.days)
    return alive * float(stay.weight_g[-1]) / 1000 / stay.stage.containers_per_batch


def _emptying_days(geography: Geography, stay: Stay) -> int:
    """Days that the plant takes for a batch: whole rings, so many a day."""
    a_day = max(1, int(geography.plant_kg_per_day // max(_full_container_kg(stay), 1.0)))
    return -(-stay.stage.containers_per_batch // a_day)


def _sailing(geography: Geography, stay: Stay) -> tuple[float, int]:
    """Boat-days of a batch's way to sea, and days until its last tank is empty."""
    tank_kg = max(_full_container_kg(stay), 1e-9)
    a_trip = max(1, int(geography.wellboat_kg // tank_kg))
    trips = -(-stay.stage.containers_per_batch // a_trip)
    days = max(1, -int(-tank_kg // geography.wellboat_kg)) * geography.wellboat_trip_days
    return float(trips * days), (-(-trips // geography.wellboats) - 1) * days


def _feed(
    demand: Demand, place: ExpectedSurroundings, batch: BatchPlan, order: int, stay: Stay
) -> None:
    """What the batch's stores must give during a delivery's lead time, and their deliveries."""
    supply, geography, stage = place.scenario.feed_supply, place.geography, stay.stage
    is_sea = stage.role == "sea"
    stores = geography.barges_per_area if is_sea else 1
    capacity_kg = geography.barge_kg if is_sea else stage.silo_kg
    lead = supply.barge_lead_days if is_sea else supply.silo_lead_days
    share = 1.0
    if is_sea:  # each barge serves its part of an area's rings
        served = -(-geography.rings_per_area // stores)
        share = min(1.0, served / stage.containers_per_batch)
    alive = stay.fish * power(1 - stage.daily_mortality_percent / 100, np.arange(stay.days))
    eaten_kg = alive * np.diff(stay.weight_g, prepend=stay.weight_g[0]) * stage.fcr / 1000
    most = int(np.argmax(eaten_kg))
    demand.drafts.append(
        StoreDemand(
            batch=batch.name,
            geography=batch.geography,
            order=order,
            day=stay.first_day + most,
            kg=float(eaten_kg[most]) * share * lead,
            reserve_kg=capacity_kg * supply.reorder_share,
        )
    )
    lot_kg = min(
        supply.lot_kg, capacity_kg * supply.order_share, capacity_kg * (1 - supply.reorder_share)
    )
    trips = float(eaten_kg.sum()) / max(lot_kg, 1.0)
    boat_days = trips * min(supply.trip_days, lead)
    if boat_days:
        kind = FEED_BOATS if is_sea else FEED_TRUCKS
        demand.loads.append(Load(batch.name, batch.geography, kind, stay.first_day, boat_days))
