"""Everything scarce of a geography: its halls, its sea, its feed stores, fleets and plant."""

from __future__ import annotations

from collections.abc import Iterator

import simpy

from sim.resources.containers import ContainerPool
from sim.resources.feed import FeedStore
from sim.resources.fleet import Fleet
from sim.resources.kinds import BARGES, RINGS, SILOS, TANKS, Pools, fleets, pools
from sim.resources.plant import HarvestPlant
from sim.resources.usage import UsageLedger
from sim.resources.watchdog import alarms
from sim.sites.layout import Layout, Site


class Resources:
    """What a geography's batches and stores wait for.

    Attributes:
        halls: a pool per station whose groups are its halls; ``sea`` one whose groups are areas.
        stores: feed stores per site index; ``every_store`` all of them, site after site.
        fleets: boats and trucks by their kind.
    """

    def __init__(self, env: simpy.Environment, layout: Layout) -> None:
        geography = layout.geography
        self._env, self._layout = env, layout
        self.halls = [self._station_pool(station) for station in range(geography.stations)]
        self.sea = ContainerPool(
            env,
            f"{geography.prefix} sea areas",
            {site.name: site.containers for site in layout.areas},
            {site.name: pools(RINGS) for site in layout.areas},
        )
        self.stores = {site.index: self._feed_stores(site) for site in layout.sites}
        self.every_store = [store for stores in self.stores.values() for store in stores]
        self.fleets = {
            kind.name: Fleet(
                env, f"{geography.prefix} {kind.name}", Pools(kind), kind.vehicles(geography)
            )
            for kind in fleets()
        }
        self.plant = HarvestPlant(
            env, f"{geography.prefix} harvest plant", geography.plant_kg_per_day
        )

    def _station_pool(self, station: int) -> ContainerPool:
        layout = self._layout
        halls = [site for site in layout.sites if site.station == station]
        return ContainerPool(
            self._env,
            layout.station_name(station),
            {site.name: site.containers for site in halls},
            {site.name: pools(TANKS, layout.stages[site.stage or 0].hall) for site in halls},
        )

    def _feed_stores(self, site: Site) -> list[FeedStore]:
        layout, supply = self._layout, self._layout.scenario.feed_supply
        at_sea = site.stage is None
        own = pools(BARGES) if at_sea else pools(SILOS, layout.stages[site.stage or 0].hall)
        return [
            FeedStore(
                self._env, name, own, site.store_kg, supply.reorder_share,
                by_feed=supply.order_by_feed,
            )
            for name in site.stores
        ]  # fmt: skip

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

    def look_at_stores(self) -> None:
        """In the evening somebody looks, store after store, which of those in use need an order."""
        for store in self.every_store:
            if store.asked:
                store.look()

    def watchdog(self) -> list[str]:
        """Claims that wait longer than the scenario allows, with who holds what."""
        return alarms(list(self.pools()), self._layout.scenario.watchdog_days)
