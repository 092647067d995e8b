"""Feed supply: a store at its reorder point orders, a truck or boat brings the lot.

An order is placed when the store's reorder event happens, is delivered at dawn after the lead
time, and needs a vehicle for the last days of it; without a free vehicle it comes later.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from sim.company.farm import Farm
from sim.core.clock import DAWN, microseconds
from sim.core.streams import normal, stream, uniform_at
from sim.processes.waiting import close_wait, granted, open_wait
from sim.resources.feed import DAG_PER_KG, FeedStore, Lot
from sim.resources.fleet import Fleet
from sim.resources.kinds import REASONS, WEATHER

Story = Generator[simpy.Event, Any, None]

_AHEAD = 40
"""Prices that are drawn at once: about what a store's lots are in five years."""


class LotBook:
    """Numbers the lots of a store, and draws their price and supplier by that number."""

    def __init__(self, farm: Farm, store: FeedStore, key: int) -> None:
        self.farm, self.store, self.key = farm, store, key
        self.stream = stream(farm.seed, farm.geography.name, store.name, "lots")
        self.delivered = 0
        self._price_luck: list[float] = []

    def new_lot(self, feed: int, dag: int) -> Lot:
        """The rows of a lot that arrives now: its purchase and its stock."""
        farm = self.farm
        number = self.delivered
        self.delivered += 1
        if number == len(self._price_luck):
            self._price_luck += normal(self.stream, np.arange(number, number + _AHEAD)).tolist()
        luck = farm.scenario.feed_supply.price_sd * self._price_luck[number]
        price = farm.scenario.feeds[feed].price_per_kg * (1 + luck)
        cents = max(1, round(100 * price))
        now, lane = farm.env.now, farm.lane
        if not lane.recording:  # a lot needs its key and its price, its rows nothing else
            purchase, stock = lane.keyed("feed_purchase"), lane.keyed("feed_stock")
            return Lot(feed, purchase, stock, cents / 100, dag)
        kg = dag / DAG_PER_KG
        purchase = lane.create(
            "feed_purchase",
            now,
            purchase_date=farm.today,
            quantity_kg=kg,
            cost_per_kg=cents / 100,
            supplier=self._supplier(number),
            batch_number=f"{self.store.name}-{number + 1:04d}",
            expiry_date=farm.today + farm.scenario.feeds[feed].shelf_life_days,
            notes="",
            feed=feed,
        )
        stock = lane.create(
            "feed_stock",
            now,
            quantity_kg=kg,
            entry_date=microseconds(now),
            feed_container=self.key,
            feed_purchase=purchase.key,
        )
        return Lot(feed, purchase, stock, cents / 100, dag)

    def _supplier(self, number: int) -> str:
        suppliers = self.farm.scenario.feed_supply.suppliers
        luck = uniform_at(self.stream, 1_000_000 + number)
        return suppliers[int(luck * len(suppliers))]


def restock(
    farm: Farm, store: FeedStore, site: int, book: LotBook, fleet: Fleet, lead_days: int
) -> Story:
    """Keep a site's store supplied for as long as somebody eats from it."""
    supply = farm.scenario.feed_supply
    trip = min(supply.trip_days, lead_days)
    # an order is a lot, or what there is room for
    most_dag = min(int(supply.lot_kg * DAG_PER_KG), int(store.capacity * supply.order_share))
    while True:
        yield store.low()
        feed = store.wanted_feed
        if feed is None:  # nobody can be expected without a feed
            raise RuntimeError(f"{store.name} wants feed but nobody eats there")
        dag = max(1, min(most_dag, store.room_dag))
        store.ordered(dag)
        yield farm.at(farm.today + lead_days - trip, DAWN)
        yield from _calm(farm, store, site)
        vehicle = fleet.ask(store.name)
        yield from granted(
            farm, vehicle, fleet.name, fleet.usage.pools, store.name, (dag / DAG_PER_KG, "kg"),
            f"{store.name} waits for a delivery",
            fleet.holders,
        )  # fmt: skip
        yield farm.at(farm.today + trip, DAWN)
        store.deliver(book.new_lot(feed, dag))
        fleet.come_back(vehicle)


def _calm(farm: Farm, store: FeedStore, site: int) -> Story:
    """Boats do not leave for an area in a storm."""
    storms = farm.scenario.storms
    if (
        storms is None
        or not storms.stop_boats
        or not farm.surroundings.weather.is_stormy(site, farm.today)
    ):
        return
    cause = f"{store.name} waits for the storm to pass"
    wait = open_wait(farm, store.name, REASONS[WEATHER], store.name, (1, "boats"), cause, {})
    while farm.surroundings.weather.is_stormy(site, farm.today):
        yield farm.at(farm.today + 1, DAWN)
    close_wait(farm, wait)


def opening_stock(store: FeedStore, book: LotBook, feed: int, dag: int) -> None:
    """Put a lot into a store before the first day."""
    store.ordered(dag)
    store.deliver(book.new_lot(feed, dag))
