"""Silos and barges: stores of feed in lots, first in, first out, a queue of lots per feed.

Feed is counted in whole 10 g (``dag``), so that lots close to the last gram. A draw is answered at
once, since fish cannot be fed yesterday: when the store is short it gives what there is, and the
difference is a short ration. A draw is served from one feed: the wanted one if its lots suffice,
else another that suffices, else whichever has most.

A store asks for feed by an event (``low``): as soon as somebody is expected to eat from it and its
stock, with what is on its way, is below the reorder point. If it orders by feed, only stock of the
feed that is eaten now counts: what the fish have outgrown waits for those that come after them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import simpy
from simpy.resources import base

from sim.journal import Record
from sim.resources.usage import UsageLedger

DAG_PER_KG = 100


@dataclass(slots=True)
class Lot:
    """A delivered lot: its purchase and stock rows, its price and what is left of it."""

    feed: int
    purchase: Record
    stock: Record
    price_per_kg: float
    left_dag: int


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of a draw that came from one lot."""

    lot: Lot
    dag: int


class Draw(base.Get["FeedStore"]):
    """A batch's ration from one store; its value is the list of :class:`Portion` it got."""

    def __init__(self, store: FeedStore, wanted_feed: int, dag: int) -> None:
        self.wanted_feed = wanted_feed
        self.dag = dag
        super().__init__(store)


class Delivery(base.Put["FeedStore"]):
    """A lot that is unloaded into a store."""

    def __init__(self, store: FeedStore, lot: Lot) -> None:
        self.lot = lot
        super().__init__(store)


class FeedStore(base.BaseResource[Delivery, Draw]):
    """A silo or barge.

    Args:
        env: the shared clock.
        name: the site's name, such as ``S-FW-01-A-Silo``.
        kind: what sort of store it is, for totals.
        capacity_kg: what it holds.
        reorder_share: below this share of the capacity an order goes out.
        by_feed: whether only stock of the feed that is eaten now counts for that.
    """

    def __init__(
        self,
        env: simpy.Environment,
        name: str,
        kind: str,
        capacity_kg: float,
        reorder_share: float,
        *,
        by_feed: bool = False,
    ) -> None:
        super().__init__(env, capacity=int(capacity_kg * DAG_PER_KG))
        self.name = name
        self.lots: dict[int, deque[Lot]] = {}
        self.level_dag = 0
        self.on_order_dag = 0
        self.reorder_dag = int(capacity_kg * reorder_share * DAG_PER_KG)
        self.by_feed = by_feed
        self.wanted_feed: int | None = None
        self.usage = UsageLedger(name, kind, 1.0, env.now)
        self._eaters = 0
        self._low: simpy.Event | None = None

    def draw(self, wanted_feed: int, dag: int) -> Draw:
        """Ask for a ration, preferably of one feed."""
        return Draw(self, wanted_feed, dag)

    def deliver(self, lot: Lot) -> Delivery:
        """Unload a lot that was ordered."""
        return Delivery(self, lot)

    @property
    def room_dag(self) -> int:
        """What could still be ordered without the store running over."""
        return int(self.capacity) - self.level_dag - self.on_order_dag

    def expect(self, feed: int) -> None:
        """A batch will eat ``feed`` from this store soon."""
        self._eaters += 1
        self.wanted_feed = feed
        self._look()

    def leave(self) -> None:
        """A batch that was expected will not eat from this store any more."""
        self._eaters -= 1

    def low(self) -> simpy.Event:
        """An event that happens once the store needs an order (at once if it does already)."""
        event = self._low = self._env.event()
        self._look()
        return event

    def ordered(self, dag: int) -> None:
        """An order is on its way."""
        self.on_order_dag += dag

    def stock_of(self, feed: int) -> int:
        """Feed of one kind in the store, dag."""
        return sum(lot.left_dag for lot in self.lots.get(feed, ()))

    def _look(self) -> None:
        feed = self.wanted_feed
        here = self.stock_of(feed) if self.by_feed and feed is not None else self.level_dag
        stock = here + self.on_order_dag
        needs = self._eaters > 0 and self.room_dag > 0 and stock <= self.reorder_dag
        if self._low is not None and needs:
            event, self._low = self._low, None
            event.succeed()

    def _do_put(self, event: Delivery) -> None:
        lot = event.lot
        self.lots.setdefault(lot.feed, deque()).append(lot)
        self.on_order_dag -= lot.left_dag
        self._change(lot.left_dag)
        event.succeed()

    def _do_get(self, event: Draw) -> None:
        feed = self._feed_for(event)
        portions: list[Portion] = []
        missing = event.dag
        queue = self.lots.get(feed)
        while queue and missing:
            lot = queue[0]
            dag = min(missing, lot.left_dag)
            lot.left_dag -= dag
            missing -= dag
            portions.append(Portion(lot, dag))
            if lot.left_dag == 0:
                queue.popleft()
        self._change(missing - event.dag)
        self._look()
        event.succeed(portions)

    def _feed_for(self, event: Draw) -> int:
        self.wanted_feed = event.wanted_feed
        queue = self.lots.get(event.wanted_feed)
        if queue and queue[0].left_dag >= event.dag:
            return event.wanted_feed
        stocks = {feed: self.stock_of(feed) for feed in self.lots}
        enough = [feed for feed, dag in stocks.items() if dag >= event.dag]
        if event.wanted_feed in enough or not stocks:
            return event.wanted_feed
        return min(enough) if enough else max(stocks, key=lambda feed: (stocks[feed], -feed))

    def _change(self, dag: int) -> None:
        self.level_dag += dag
        self.usage.change(float(self._env.now), busy=dag / self.capacity)
