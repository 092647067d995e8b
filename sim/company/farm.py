"""One geography at run time: its clock, lane, water, fish and everything that is scarce there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.company.batch import Batch
from sim.company.log import LogLine
from sim.core.arrays import ArrayPart
from sim.core.clock import CLOSE, MICROSECONDS_PER_DAY, microseconds, month_start
from sim.core.journal import Cut, Lane, Record, Value
from sim.environment.sea_events import SeaEvents
from sim.environment.water import Water
from sim.environment.weather import Weather
from sim.fish.diseases import Epidemics
from sim.fish.lice import LicePopulation
from sim.fish.stock import FishStock
from sim.master_data.parents import Broodstock
from sim.resources.containers import ContainerPool
from sim.resources.feed import DAG_PER_KG, FeedStore, Lot
from sim.resources.fleet import Fleet
from sim.resources.kinds import BARGES, RINGS, SILOS, TANKS, Pools, fleets, pools
from sim.resources.plant import HarvestPlant
from sim.resources.usage import UsageLedger
from sim.resources.watchdog import alarms
from sim.scenario.knobs.farm import Stage
from sim.sites.layout import Layout, Site
from sim.sites.schedule import Plan


@dataclass(frozen=True, slots=True)
class Moved:
    """Fish of a batch that came into a stage on a day, from one container or from outside.

    Attributes:
        order: of the stage that they came into (0: eggs that were laid down).
        fish: those that arrived alive; ``died`` on the way; ``weight_g`` of each.
    """

    day: int
    batch: int
    order: int
    fish: int
    died: int
    weight_g: float


class Farm:
    """A geography's resources and state; processes get it and nothing else.

    Attributes:
        halls: a pool per station whose groups are its halls; ``sea`` one whose groups are areas.
        stores: feed stores per site index; ``every_store`` all of them, site after site.
        fleets: boats and trucks by their kind.
        batches: every batch that has started.
        broodstock: the parents that are kept, and the seasons that have begun.
        moves: every container's worth of fish that came into a stage.
        logging: whether anybody listens to the batches' stories; ``log_lines`` their latest lines.
    """

    def __init__(
        self,
        env: simpy.Environment,
        layout: Layout,
        plan: Plan,
        arrays: ArrayPart | None = None,
        *,
        recording: bool,
    ) -> None:
        self.env, self.layout = env, layout
        self.index, self.geography = layout.geography_key, layout.geography
        scenario = self.scenario = layout.scenario
        self.stages: list[Stage] = scenario.stages_in(self.geography)
        self.seed = scenario.seed
        self.first_day, self.end_day = plan.first_day, plan.end_day
        self.lane = Lane(self.geography.name, self.index, recording)
        self.water = Water(self.layout, self.seed, plan.first_day, plan.end_day)
        self.weather = Weather(self.layout, self.seed, self.water, plan.first_day, plan.end_day)
        self.stock = FishStock(self.layout, self.water, self.seed, arrays)
        self.epidemics = Epidemics(self.stock, scenario.diseases, self.seed, self._protections)
        self.stock.condition.followers.append(self.epidemics)
        self.lice: LicePopulation | None = None
        if scenario.lice is not None:
            self.lice = LicePopulation(self.stock, scenario.lice, self.seed)
        self.sea_events = SeaEvents(self.layout, self.water, scenario.sea_events, self.seed)
        self.feed_keys = {feed.name: key for key, feed in enumerate(scenario.feeds)}
        self.assignments: dict[int, Record] = {}
        self.batches: list[Batch] = []
        self.broodstock = Broodstock()
        self.moves: list[Moved] = []
        self.logging = False
        self.log_lines: list[LogLine] = []
        self._departed: dict[int, int] = {}
        self._ended: dict[int, int] = {}
        self._usage_from = month_start(plan.first_day)
        self._usage_rows: dict[tuple[str, int], Record] = {}
        self.halls = [self._station_pool(station) for station in range(self.geography.stations)]
        self.sea = ContainerPool(
            env,
            f"{self.geography.prefix} sea areas",
            {site.name: site.containers for site in self.layout.areas},
            {site.name: pools(RINGS) for site in self.layout.areas},
        )
        self.site_named = {site.name: site for site in self.layout.sites}
        self.stores = {site.index: self._feed_stores(site) for site in self.layout.sites}
        self.every_store = [store for stores in self.stores.values() for store in stores]
        prefix = self.geography.prefix
        self.fleets = {
            kind.name: Fleet(
                env, f"{prefix} {kind.name}", Pools(kind), kind.vehicles(self.geography)
            )
            for kind in fleets()
        }
        self.plant = HarvestPlant(env, f"{prefix} harvest plant", self.geography.plant_kg_per_day)

    def look_at_stores(self) -> None:
        """In the evening somebody looks, store after store, which of those in use need an order."""
        for store in self.every_store:
            if store.asked:
                store.look()

    def note_lot(self, lot: Lot) -> None:
        """Write down what is left of a lot of feed."""
        self.lane.change(lot.stock, self.env.now, quantity_kg=lot.left_dag / DAG_PER_KG)

    def _protections(self) -> NDArray[np.float64]:
        """How well vaccination protects each batch."""
        return np.array([batch.protection for batch in self.batches])

    def _station_pool(self, station: int) -> ContainerPool:
        halls = [site for site in self.layout.sites if site.station == station]
        return ContainerPool(
            self.env,
            self.layout.station_name(station),
            {site.name: site.containers for site in halls},
            {site.name: pools(TANKS, self.stages[site.stage or 0].hall) for site in halls},
        )

    def _feed_stores(self, site: Site) -> list[FeedStore]:
        at_sea = site.stage is None
        own = pools(BARGES) if at_sea else pools(SILOS, self.stages[site.stage or 0].hall)
        supply = self.scenario.feed_supply
        return [
            FeedStore(
                self.env, name, own, site.store_kg, supply.reorder_share,
                by_feed=supply.order_by_feed,
            )
            for name in site.stores
        ]  # fmt: skip

    @property
    def today(self) -> int:
        """The present day."""
        return int(self.env.now)

    def at(self, day: int, phase: float) -> simpy.Timeout:
        """An event at a phase of a day that is not over yet (at once if it has passed)."""
        delay = day + phase - self.env.now
        return self.env.timeout(delay if delay > 0 else 0.0)

    def pools(self) -> Iterator[ContainerPool]:
        """All pools of containers."""
        yield from self.halls
        yield self.sea

    def ledgers(self) -> Iterator[UsageLedger]:
        """The usage ledgers of everything scarce, in a fixed order."""
        for pool in self.pools():
            yield from pool.usage.values()
        for store in self.every_store:
            yield store.usage
        for fleet in self.fleets.values():
            yield fleet.usage
        yield self.plant.usage

    def feed_for(self, stage: Stage, weight_g: float) -> int:
        """Key of the feed that fish of a weight get in a stage."""
        name = stage.feeds[0].feed
        for entry in stage.feeds:
            if weight_g >= entry.from_weight_g:
                name = entry.feed
        return self.feed_keys[name]

    def cut(self, from_day: int, to_day: int) -> Cut:
        """Bring the entities that change every day up to date, then cut the lane at a midnight.

        Active assignments carry their live count, weight and biomass; usage figures those up to
        that midnight.
        """
        now = float(to_day)
        for container, record in self.assignments.items():
            self.lane.change(record, now - 1 + CLOSE, **self.live(container))
        self._usage(now)
        return self.lane.cut(from_day, to_day)

    def live(self, container: int) -> dict[str, int | float | None]:
        """What an active assignment's row says about a container now."""
        stock = self.stock
        weighed = int(stock.weighed[container])
        return {
            "population_count": int(stock.count[container]),
            "biomass_kg": float(stock.biomass_kg(container)),
            "avg_weight_g": float(stock.weight_g[container]),
            "last_weighing_date": weighed if weighed >= 0 else None,
        }

    def _usage(self, now: float) -> None:
        """Upsert the monthly usage rows since the last cut."""
        first, self._usage_from = self._usage_from, month_start(int(now) - 1)
        for ledger in self.ledgers():
            for month, usage in ledger.seen(first, now).items():
                values = {
                    "capacity_days": usage.capacity_days,
                    "busy_days": usage.busy_days,
                    "resting_days": usage.resting_days,
                    "queue_days": usage.queue_days,
                }
                record = self._usage_rows.get((ledger.pool, month))
                if record is not None:
                    self.lane.change(record, now, **values)
                else:
                    self._usage_rows[ledger.pool, month] = self.lane.create(
                        "usage",
                        now,
                        geography=self.geography.name,
                        pool=ledger.pool,
                        kind=ledger.pools.kind.name,
                        hall=ledger.pools.hall or None,
                        month=month,
                        **values,
                    )
        for pool, month in [place for place in self._usage_rows if place[1] < self._usage_from]:
            del self._usage_rows[pool, month]

    def note_departure(self, assignment: int) -> None:
        """An assignment was closed today."""
        self._departed[assignment] = self.today

    def note_end(self, batch: int) -> None:
        """A batch was harvested completely today."""
        self._ended[batch] = self.today

    def take_departures(self) -> tuple[dict[int, int], dict[int, int]]:
        """Days by key of the assignments, and of the batches, that ended since the last time."""
        departed, self._departed = self._departed, {}
        ended, self._ended = self._ended, {}
        return departed, ended

    def log(self, batch: str, text: str, *values: object, minor: bool = False) -> None:
        """Tell what happens to a batch today, if anybody listens; only then are words made of it.

        Args:
            batch: the batch's number.
            text: a format, as of ``str.format``, of the values; who has to work these out asks
                ``logging`` first.
            values: what the format is of.
            minor: whether it is of the everyday kind.
        """
        if self.logging:
            self.log_lines.append(LogLine(batch, self.today, text.format(*values), minor))

    def take_log_lines(self) -> list[LogLine]:
        """The lines that were told since the last time."""
        log_lines, self.log_lines = self.log_lines, []
        return log_lines

    def active_by_stage(self) -> list[int]:
        """Number of active batches by their present stage."""
        orders = [batch.stage for batch in self.batches if batch.alive]
        return [orders.count(order) for order in range(len(self.stages))]

    def open_waits(self) -> list[tuple[str, str, int]]:
        """Who waits for what, since which day."""
        return [
            (str(wait.values["cause"]), str(wait.values["pool"]), _day(wait.values["since"]))
            for wait in self.lane.records.get("wait", ())
            if wait.values["until"] is None
        ]

    def wait_figures(self, now: float) -> Iterator[tuple[str, float, float]]:
        """(kind, days, kilograms missed) of every wait, open ones up to ``now``."""
        for wait in self.lane.records.get("wait", ()):
            values = wait.values
            until = microseconds(now) if values["until"] is None else int(values["until"])
            days = (until - int(values["since"] or 0)) / MICROSECONDS_PER_DAY
            yield str(values["kind"]), days, float(values["short_kg"] or 0)

    def watchdog(self) -> list[str]:
        """Claims that wait longer than the scenario allows, with who holds what."""
        return alarms(list(self.pools()), self.scenario.watchdog_days)


def _day(microseconds_since: Value) -> int:
    return int(microseconds_since or 0) // MICROSECONDS_PER_DAY
