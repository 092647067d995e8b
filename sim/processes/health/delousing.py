"""Delousing: a batch's rings are treated one after the other, as soon as there is a vessel.

A ring waits until the pause since its own last treatment is over, while others take their turn.

The policy of the scenario names the ways to treat, in order of preference, each with the conditions
under which it may be used: the water's temperature, how large and how sound the fish are, what was
used before. Some need a treatment vessel, of which there are few: while the batch waits for one,
its lice grow up. Treated fish fast, some die within days, and what was put on them may have to
leave them before they are slaughtered.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.company.log import counted, listed
from sim.core.arrays import Floats, Index
from sim.core.clock import HEALTH
from sim.core.elementary import exp, log1p
from sim.core.journal import Record
from sim.core.streams import each_stream, normal
from sim.fish.condition import HEALTH_PARAMETERS
from sim.fish.lice import ATTACHED, MOBILE
from sim.processes.health.journal import note
from sim.processes.health.treatments import Aim, record_treatment
from sim.processes.health.withholding import may_withhold
from sim.processes.office.activities import finish, treatment_begun
from sim.processes.waiting import close_wait, open_wait
from sim.resources.fleet import Trip
from sim.resources.kinds import TREATMENT_VESSELS
from sim.scenario.knobs.health import Delousing

Story = Generator[simpy.Event, Any, None]

_GILLS, _WOUNDS = HEALTH_PARAMETERS.index("gill"), HEALTH_PARAMETERS.index("wounds")
_TYPES = {
    "medicinal": "medication",
    "freshwater": "other",
    "thermal": "physical",
    "mechanical": "physical",
}


@dataclass(slots=True)
class Campaign:
    """The treatment of an area.

    Attributes:
        females: adult females found in each ring; ``mobile`` all mobile lice.
        judged: where records wait for the next count, with the count before.
    """

    females: Mapping[int, int]
    mobile: Mapping[int, int]
    judged: dict[int, tuple[Record, int]]
    over: bool = False


@dataclass(frozen=True, slots=True)
class Patients:
    """The fish that are to be treated, on average over their rings.

    Attributes:
        degc: temperature of their water.
        weight_g: their weight.
        gills, wounds: damage, 0 to 1.
        illness: how far the worst of their diseases has spread, 0 to 1.
    """

    degc: float
    weight_g: float
    gills: float
    wounds: float
    illness: float

    @classmethod
    def of(cls, farm: Farm, rings: Index) -> Patients:
        """The fish of some rings, at least one, as they are today."""
        stock, condition = farm.stock, farm.stock.condition
        return cls(
            degc=float(stock.temperature(rings, farm.today).mean()),
            weight_g=float(stock.weight_g[rings].mean()),
            gills=float(condition.damage[_GILLS, rings].mean()),
            wounds=float(condition.damage[_WOUNDS, rings].mean()),
            illness=float(condition.load[:, rings].mean(axis=1).max(initial=0.0)),
        )

    def bear(self, way: Delousing) -> bool:
        """Whether they and their water allow a way to treat them."""
        return (
            way.least_degc <= self.degc <= way.most_degc
            and way.least_weight_g <= self.weight_g <= way.most_weight_g
            and self.gills <= way.most_gill_damage
            and self.wounds <= way.most_wounds
            and self.illness <= way.most_illness
        )


def delouse(farm: Farm, batch: Batch, campaign: Campaign) -> Story:
    """Choose a way, wait for a vessel, treat ring by ring."""
    way = _choose(farm, batch)
    if way is None:
        note(
            farm, batch, None, "issue", "Lice are above the limit and no treatment may be used",
            severity="high", tags=("lice",),
        )  # fmt: skip
        farm.log.add(batch.name, "lice are above the limit and no treatment may be used")
        campaign.over = True
        return
    trip = None
    if way.vessel:
        trip = yield from _vessel(farm, batch)
    if trip is not None or not way.vessel:
        yield from _treat_all(farm, batch, campaign, way)
    if trip is not None:
        farm.resources.fleets[TREATMENT_VESSELS].come_back(trip)
    campaign.over = True


def _choose(farm: Farm, batch: Batch) -> Delousing | None:
    """The first way that may be used; of those used less often in the batch, if they rotate."""
    policy, stock = farm.scenario.delousing, farm.stock
    rings = batch.units
    rings = rings[stock.batch[rings] == batch.row.key]
    if not len(rings):
        return None
    used = [name for _, name in batch.delousings]
    last = batch.last_deloused
    fish = Patients.of(farm, rings)
    ways = [
        way
        for way in policy.methods
        if fish.bear(way)
        and used.count(way.name) < way.most_per_batch
        and (way.name not in last or farm.today - last[way.name] >= way.rest_days)
        and may_withhold(farm, batch, way.withholding_days)
    ]
    if policy.rotate:
        ways.sort(key=lambda way: used.count(way.name))
    return ways[0] if ways else None


def _vessel(farm: Farm, batch: Batch) -> Generator[simpy.Event, Any, Trip | None]:
    """A treatment vessel; None if the batch went to harvest before one was free."""
    fleet = farm.resources.fleets[TREATMENT_VESSELS]
    trip = fleet.ask(batch.name)
    if trip.triggered:
        return trip
    wait = open_wait(
        farm, fleet.name, fleet.usage.pools, batch, (1, "vessels"),
        f"{batch.name} has too many lice",
        fleet.holders(),
    )  # fmt: skip
    while not trip.triggered and not batch.leaving:
        yield trip | farm.env.timeout(1)
    close_wait(farm, wait)
    if batch.leaving:
        trip.cancel()
        return None
    return trip


def _treat_all(farm: Farm, batch: Batch, campaign: Campaign, way: Delousing) -> Story:
    """So many rings a day, the worst first; nothing is done in a storm."""
    policy = farm.scenario.delousing
    uses = sum(name == way.name for _, name in batch.delousings)
    fish = farm.lice.knobs.counting.fish if farm.lice else 1
    least = policy.ring_share * float(np.mean(list(campaign.females.values()))) / fish
    rings = sorted(
        (ring for ring, found in campaign.females.items() if found / fish >= least),
        key=lambda ring: (-campaign.females[ring], ring),
    )
    batch.delousings.append((farm.today, way.name))
    activity = treatment_begun(farm, batch)
    text = f"{way.name} against lice in {len(rings)} rings"
    farm.log.add(
        batch.name, "treatment: {} against lice in {}", way.name, counted(len(rings), "ring")
    )
    entry = note(farm, batch, None, "treatment", text, severity="medium", tags=("lice",))
    storms = farm.scenario.storms
    while rings and not batch.leaving:
        yield farm.at(farm.today + (farm.env.now % 1 > HEALTH), HEALTH)
        if batch.leaving:
            break
        area = batch.places[-1].site
        if storms and storms.stop_boats and farm.surroundings.weather.is_stormy(area, farm.today):
            yield farm.at(farm.today + 1, HEALTH)
            continue
        rings = [ring for ring in rings if farm.stock.batch[ring] == batch.row.key]
        now = _due(farm, rings)[: way.rings_per_day]
        if now:
            rings = [ring for ring in rings if ring not in now]
            _treat(farm, batch, campaign, way, uses, np.array(now), entry)
        yield farm.at(farm.today + 1, HEALTH)
    finish(farm, activity)


def _due(farm: Farm, rings: Sequence[int]) -> list[int]:
    """Those of some rings that may be treated today, so long after their own last treatment."""
    until = farm.today - farm.scenario.delousing.minimum_interval_days
    return [ring for ring in rings if farm.stock.condition.deloused.item(ring) <= until]


def _treat(
    farm: Farm,
    batch: Batch,
    campaign: Campaign,
    way: Delousing,
    uses: int,
    rings: Index,
    entry: Record,
) -> None:
    """Take the lice off some rings' fish, and hurt the fish."""
    stock, condition = farm.stock, farm.stock.condition
    degc = stock.temperature(rings, farm.today)
    warm = degc > way.warm_above_degc
    names = (farm.seed, farm.geography.name, batch.plan.luck, "delousing")
    luck = each_stream(*names, last=[farm.layout.names[ring] for ring in rings])
    number = 2 * len(batch.delousings)
    works, hurts = normal(luck, np.array([[number], [number + 1]]))
    spread = 1 + way.effect_sd * np.minimum(np.maximum(works, -2.5), 2.5)
    effect = spread * math.prod([1 - way.resistance] * uses) * np.where(warm, way.warm_effect, 1.0)
    for stages, kills in ((ATTACHED, way.kills_attached), (MOBILE, way.kills_mobile)):
        condition.lice[stages[:, None], rings] *= 1 - np.minimum(np.maximum(kills * effect, 0), 1)
    share = deadly_share(way, hurts, warm, condition.damage[_GILLS, rings])
    for parameter, level in way.damage.items():
        condition.add_damage(parameter, rings, level)
    condition.withhold(rings, farm.today + way.withholding_days)
    condition.deloused[rings] = batch.last_deloused[way.name] = farm.today
    farm.env.process(_aftermath(farm, way, rings, np.minimum(share, 0.9)))
    if farm.log.on:
        given_to = listed([farm.layout.names[ring] for ring in rings.tolist()])
        farm.log.add(batch.name, "{} given to {}", way.name, given_to, minor=True)
    for ring in rings.tolist():
        record = record_treatment(
            farm,
            batch,
            ring,
            entry,
            kind=_TYPES[way.method],
            what=Aim("delousing", "salmon lice", way.name),
            dosage=way.dosage,
            days=1,
            withheld_days=way.withholding_days,
        )
        campaign.judged[ring] = (record, campaign.mobile.get(ring, 0))


def deadly_share(way: Delousing, luck: Floats, warm: NDArray[np.bool_], gills: Floats) -> Floats:
    """Share of each ring's fish that a treatment kills.

    Args:
        way: how they are treated.
        luck: standard normals.
        warm: whether their water is warmer than the way bears well.
        gills: damage to their gills, 0 to 1.
    """
    sd = way.mortality_sd
    share = way.mortality_percent / 100 * exp(sd * luck - sd * sd / 2)
    share *= np.where(warm, way.warm_mortality_factor, 1.0) * (
        1 + way.gill_mortality_factor * gills
    )
    return np.asarray(share)


def _aftermath(
    farm: Farm,
    way: Delousing,
    rings: Index,
    share: Floats,
) -> Story:
    """Some die in the days that follow; for the first of them nobody is fed."""
    stock, days = farm.stock, way.mortality_days
    treated = stock.assignment[rings].copy()
    reason = stock.condition.reason("HANDLING", way.name)
    daily = -log1p(-share) / days
    for day in range(max(days, way.fasting_days)):
        same = stock.assignment[rings] == treated
        if day < days:
            stock.condition.add_hazard("treatment", rings[same], daily[same], reason)
        if day < way.fasting_days:
            stock.condition.reduce_appetite(rings[same], 0.0)
        yield farm.at(farm.today + 1, HEALTH)
