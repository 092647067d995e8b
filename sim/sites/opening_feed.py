"""The feed that stands in silos and barges before the first day.

A company does not begin with empty stores. How much there is at the start is a knob, in tonnes;
where it stands, and which feed it is, follows from the plan: it goes where batches will eat it
soonest, and no more of it than they will eat before it expires. What a batch is sure to eat is
worked out by its planned stages and their thermal growth, with a share and days to spare for luck:
illness, deaths, cold water. Only batches that find their place free are counted, since nobody knows
how long the others wait; so at sea, where a batch takes the first area with room, its area is known
too.

Without that knob the silos of those halls are full in which a batch is due within some days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim.biology.growth import cubed
from sim.biology.water import seasonal_degc
from sim.core.arrays import Floats, Index
from sim.core.clock import date_of
from sim.core.elementary import cbrt
from sim.resources.feed import DAG_PER_KG
from sim.scenario import Scenario
from sim.scenario.knobs.farm import Stage
from sim.scenario.problems import PlanProblem
from sim.sites.layout import Layout, Site
from sim.sites.schedule import BatchPlan, Plan

DAG_PER_T = 1000 * DAG_PER_KG


class OpeningStore(NamedTuple):
    """A silo or barge: its geography, its site there, and its place among the site's stores."""

    geography: int
    site: int
    number: int


class Supply(NamedTuple):
    """Feed of one kind that stands in a store."""

    feed: int
    dag: int


OpeningFeed = Mapping[OpeningStore, Sequence[Supply]]
"""What stands in each store on the first day, what is eaten first first; not the empty ones."""


def opening_feed(scenario: Scenario, plan: Plan) -> OpeningFeed:
    """Share out the feed that is in stock on the first day.

    Raises:
        PlanProblem: ``feed_supply.opening_t`` is more than the batches eat in time.
    """
    layouts = [Layout(scenario, index) for index in range(len(scenario.geographies))]
    wanted_t = scenario.feed_supply.opening_t
    if wanted_t is None:
        return _full_silos(scenario, plan, layouts)
    demand = _Demand(scenario, plan, layouts)
    wanted_dag, most_dag = round(wanted_t * DAG_PER_T), demand.total_dag
    if wanted_dag > most_dag:
        problem = (
            f"{wanted_t:,.10g} t of feed do not fit: the batches are sure to eat"
            f" {most_dag // DAG_PER_KG / 1000:,.10g} t, of what their silos and barges hold,"
            f" {scenario.feed_supply.opening_spare_days} days before it expires"
        )
        raise PlanProblem([(("feed_supply", "opening_t"), problem)])
    return demand.soonest(wanted_dag)


def _full_silos(scenario: Scenario, plan: Plan, layouts: Sequence[Layout]) -> OpeningFeed:
    """The silos of halls where a batch is due within ``opening_days``, full of its first feed."""
    found: dict[OpeningStore, list[Supply]] = {}
    horizon = plan.first_day + scenario.feed_supply.opening_days
    feeds = {feed.name: key for key, feed in enumerate(scenario.feeds)}
    for batch in plan.batches:
        layout, due = layouts[batch.geography], batch.start
        for order, (stage, days) in enumerate(zip(layout.stages, batch.durations, strict=True)):
            if stage.hall is not None and stage.feeds and due < horizon:
                hall = layout.halls[batch.station, order]
                store = OpeningStore(batch.geography, hall.index, 0)
                full = Supply(feeds[stage.feeds[0].feed], capacity_dag(hall))
                found.setdefault(store, [full])
            due += days
    return found


def capacity_dag(site: Site) -> int:
    """What each store of a site holds, in whole 10 g."""
    return int(site.store_kg * DAG_PER_KG)


@dataclass(frozen=True, slots=True)
class _Stay:
    """A batch in a stage, as planned; arrays over its days there.

    Attributes:
        claimed: the day on which its containers are claimed.
        first_day: the day on which the fish come; ``left`` that on which they may leave at first.
        feed: what they eat, by day; ``kg`` how much of it.
    """

    order: int
    stage: Stage
    claimed: int
    first_day: int
    left: int
    feed: Index
    kg: Floats


def _stays(scenario: Scenario, batch: BatchPlan) -> Iterator[_Stay]:
    """A batch's stages one after the other, if it never waits."""
    geography, eggs = scenario.geographies[batch.geography], scenario.eggs
    keys = {feed.name: key for key, feed in enumerate(scenario.feeds)}
    stages = scenario.stages_in(geography)
    fish = batch.eggs * (1 - eggs.arrival_mortality_percent / 100)
    root, day, before = cbrt(eggs.weight_g), batch.start, batch.start
    for order, (stage, days) in enumerate(zip(stages, batch.durations, strict=True)):
        degc = np.full(days, stage.temperature_degc)
        if stage.role == "sea":
            sea, calendar = geography.sea, (date_of(day + n).timetuple() for n in range(days))
            of_year = np.array([when.tm_yday for when in calendar], dtype=float)
            degc = seasonal_degc(of_year, sea.mean_degc, sea.amplitude_degc, sea.peak_day)
        roots = root + np.cumsum(stage.tgc / 1000 * np.maximum(degc, 0))
        weight_g = cubed(np.concatenate([[root], roots[:-1]]))
        if order == len(stages) - 1:
            days = min(days, int(np.searchsorted(roots, cbrt(batch.target_g))) + 1)
        survive = np.full(len(roots), 1 - stage.daily_mortality_percent / 100)
        survive[0] = 1.0
        alive = fish * np.cumprod(survive)
        most_g = weight_g * stage.max_feed_percent_per_day / 100
        kg = alive * np.minimum((cubed(roots) - weight_g) * stage.fcr, most_g) / 1000
        feed = np.full(len(roots), -1)
        for entry in stage.feeds:
            feed[weight_g >= entry.from_weight_g] = keys[entry.feed]
        if stage.feeds:
            feed[feed < 0] = keys[stage.feeds[0].feed]
        claimed = max(before, day - scenario.feed_supply.ahead_days)
        yield _Stay(order, stage, claimed, day, day + days, feed[:days], kg[:days])
        fish = float(alive[days - 1]) * (1 - stage.daily_mortality_percent / 100)
        fish *= 1 - stage.lost_on_leaving
        root, before, day = float(roots[days - 1]), day, day + days


@dataclass(slots=True)
class _Ground:
    """Who finds a place of a geography free, by the rules of its pools, from the first day on.

    Attributes:
        taken: containers of a site that batches have claimed so far.
        late: batches that may have had to wait.
        sea_until: the first day from which on it is not known any more which area is taken.
    """

    layout: Layout
    spare_days: int
    taken: Counter[int] = field(default_factory=Counter)
    late: set[str] = field(default_factory=set)
    sea_until: float = np.inf

    def take(self, batch: BatchPlan, stay: _Stay) -> Mapping[OpeningStore, float]:
        """Claim a stage's containers; the shares of the batch that stores serve, if it is sure."""
        units, at_sea = stay.stage.containers_per_batch, stay.stage.role == "sea"
        sites = self.layout.areas if at_sea else [self.layout.halls[batch.station, stay.order]]
        free = [site for site in sites if len(site.containers) - self.taken[site.index] >= units]
        lost = at_sea and stay.claimed >= self.sea_until
        if batch.name in self.late or not free or lost:
            self.late.add(batch.name)
            if at_sea:  # whoever comes to sea after it may find its area taken, or free
                self.sea_until = min(self.sea_until, stay.claimed)
            else:
                self.taken[sites[0].index] += units
            return {}
        site = free[0]
        first = self.taken[site.index]
        self.taken[site.index] += units
        if at_sea:
            again = stay.left + self.layout.geography.fallow_days - self.spare_days
            self.sea_until = min(self.sea_until, again)
        containers = np.array(site.containers[first : first + units])
        served = Counter(self.layout.stores_of(site, containers).tolist())
        index = self.layout.geography_key
        return {
            OpeningStore(index, site.index, store): n / units for store, n in sorted(served.items())
        }


class _Demand:
    """What stores may hold on the first day, as all batches are sure to eat it in time.

    Attributes:
        total_dag: all of it.
    """

    def __init__(self, scenario: Scenario, plan: Plan, layouts: Sequence[Layout]) -> None:
        supply = scenario.feed_supply
        keeps = np.array([feed.shelf_life_days for feed in scenario.feeds])
        until = plan.first_day + keeps - supply.opening_spare_days
        self._capacity = {
            OpeningStore(layout.geography_key, site.index, number): capacity_dag(site)
            for layout in layouts
            for site in layout.sites
            for number in range(len(site.stores))
        }
        meals: dict[OpeningStore, list[tuple[Index, Index, Index]]] = {}
        for store, stay, share in _eaters(scenario, plan, layouts, int(until.max())):
            dag = (stay.kg * (share * supply.opening_share * DAG_PER_KG)).astype(np.int64)
            days = np.arange(stay.first_day, stay.first_day + len(dag))
            meals.setdefault(store, []).append((days, stay.feed, dag))
        self._stores = sorted(meals)
        rows = [
            self._held(number, until, by_feed=supply.order_by_feed, meals=meals[store])
            for number, store in enumerate(self._stores)
        ]
        found = np.concatenate([np.empty((4, 0), dtype=np.int64), *rows], axis=1)
        self._store, self._day, self._feed, self._dag = found
        self.total_dag = int(self._dag.sum())

    def _held(
        self,
        number: int,
        until: Index,
        *,
        by_feed: bool,
        meals: Sequence[tuple[Index, Index, Index]],
    ) -> Index:
        """What one store holds of its meals: shape (4, meals); store, day, feed, dag.

        Where leftovers count as stock (not ``by_feed``), a store would order nothing else until the
        feed that is eaten later is nearly gone too: it holds only what is eaten first.
        """
        day, feed, dag = (np.concatenate(column) for column in zip(*meals, strict=True))
        order = day.argsort(kind="stable")
        day, feed, dag = day[order], feed[order], dag[order]
        good = day < until[feed]
        if not by_feed:
            good &= np.logical_and.accumulate(feed == feed[0])
        day, feed, dag = day[good], feed[good], dag[good]
        dag = _up_to(dag, self._capacity[self._stores[number]])
        return np.stack([np.full(len(dag), number), day, feed, dag])

    def soonest(self, dag: int) -> OpeningFeed:
        """Share out so much: what is eaten soonest first."""
        order = np.lexsort((self._store, self._day))
        store, feed, parts = self._store[order], self._feed[order], self._dag[order]
        parts = _up_to(parts, dag)
        found: dict[OpeningStore, dict[int, int]] = {}
        for number, key, part in zip(store.tolist(), feed.tolist(), parts.tolist(), strict=True):
            if part:
                here = found.setdefault(self._stores[number], {})
                here[key] = here.get(key, 0) + part
        return {store: [Supply(*item) for item in kinds.items()] for store, kinds in found.items()}


def _up_to(parts: Index, most: int) -> Index:
    """The first of some amounts, up to so much in all."""
    return np.diff(np.minimum(np.cumsum(parts), most), prepend=0)


def _eaters(
    scenario: Scenario, plan: Plan, layouts: Sequence[Layout], until: int
) -> Iterator[tuple[OpeningStore, _Stay, float]]:
    """Which store serves which share of a batch in a stage, where both are sure."""
    grounds = [_Ground(layout, scenario.feed_supply.opening_spare_days) for layout in layouts]
    stays = [
        (stay.claimed, number, stay)
        for number, batch in enumerate(plan.batches)
        if batch.start < until
        for stay in _stays(scenario, batch)
    ]
    for _, number, stay in sorted(stays, key=lambda found: (*found[:2], found[2].order)):
        batch = plan.batches[number]
        for store, share in grounds[batch.geography].take(batch, stay).items():
            if stay.stage.feeds:
                yield store, stay, share
