"""Silos and barges: stores of feed in lots, first in, first out, a queue of lots per feed.

Feed is counted in whole 10 g (``dag``), so that lots close to the last gram. A draw is answered at
once, since fish cannot be fed yesterday: when the store is short it gives what there is, and the
difference is a short ration. Draws are served in the order in which they were made, each from one
feed: the wanted one if its lots suffice, else another that suffices, else whichever has most.

Somebody looks at a store's stock every evening, and when a batch is expected. The store then asks
for feed by an event (``low``) if anybody eats from it and its stock, with what is on its way, is at
the reorder point. If it orders by feed, only stock of the feeds that are eaten now counts: what the
fish have outgrown waits for those that come after them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import simpy
from simpy.resources import base

from sim.core.journal import Record
from sim.resources.kinds import Pools
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


class Portion(NamedTuple):
    """A part of a draw that came from one lot."""

    lot: Lot
    dag: int


class Draw(base.Get["FeedStore"]):
    """A batch's ration from one store; its value is the list of :class:`Portion` it got.

    Made a hundred times a day, so it is lean: unlike other requests of SimPy it does not look, once
    it is served, for deliveries that it made room for, since none ever waits for room.
    """

    def __init__(self, store: FeedStore, wanted_feed: int, dag: int) -> None:
        self.env, self.callbacks = store.env, []
        self.resource = store
        self.wanted_feed = wanted_feed
        self.dag = dag
        store.get_queue.append(self)
        store.serve()


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
        pools: what sort of store it is, for totals.
        capacity_kg: what it holds.
        reorder_share: below this share of the capacity an order goes out.
        by_feed: whether only stock of the feeds that are eaten now counts for that.

    Attributes:
        lots: those with anything left, by feed, the oldest first.
        wanted_feed: the feed that is ordered next; None until somebody is expected.
        asked: feeds that were asked for since somebody looked at the stock, in order.
    """

    def __init__(
        self,
        env: simpy.Environment,
        name: str,
        pools: Pools,
        capacity_kg: float,
        reorder_share: float,
        *,
        by_feed: bool = False,
    ) -> None:
        super().__init__(env, capacity=int(capacity_kg * DAG_PER_KG))
        self.env = env
        self.name = name
        self.lots: dict[int, deque[Lot]] = {}
        self._stock_dag: dict[int, int] = {}
        self.level_dag = 0
        self.on_order_dag = 0
        self.reorder_dag = int(capacity_kg * reorder_share * DAG_PER_KG)
        self.by_feed = by_feed
        self.wanted_feed: int | None = None
        size = float(self.capacity)  # counted in dag, so that sums are exact in any order
        self.usage = UsageLedger(name, pools, size, env.now, size=size)
        self.asked: dict[int, None] = {}
        self._eaters = 0
        self._low: simpy.Event | None = None

    def draw(self, wanted_feed: int, dag: int) -> Draw:
        """Ask for a ration, which is answered at once.

        Args:
            wanted_feed: number of the feed that is preferred.
            dag: how much, in whole 10 g.

        Returns:
            An event that has happened; its value is a list of portions, each with its ``lot`` and
            its ``dag``, together as much as was asked for, or all that there is of one feed.
        """
        return Draw(self, wanted_feed, dag)

    def serve(self) -> None:
        """Answer the draws that wait, in their order; each is answered with what there is."""
        while self.get_queue:
            draw = self.get_queue.pop(0)
            self._do_get(draw)

    def _trigger_get(self, put_event: Delivery | None) -> None:  # noqa: ARG002
        self.serve()

    def look(self) -> None:
        """Order if what counts is at the reorder point, somebody eats here and there is room."""
        asked, self.asked = self.asked, {}
        event = self._low
        if event is None or self._eaters <= 0 or self.room_dag <= 0:
            return
        feed = self._due(asked)
        if feed is not None:
            self.wanted_feed, self._low = feed, None
            event.succeed()

    def _due(self, asked: Collection[int]) -> int | None:
        """The feed to order now; of several, the first that was asked for since the last look."""
        level_dag, wanted = self.reorder_dag - self.on_order_dag, self.wanted_feed
        if not self.by_feed:
            return wanted if self.level_dag <= level_dag else None
        feeds = asked or ([] if wanted is None else [wanted])
        return next((feed for feed in feeds if self.stock_of(feed) <= level_dag), None)

    def deliver(self, lot: Lot) -> Delivery:
        """Unload a lot that was ordered."""
        return Delivery(self, lot)

    def fill(self, feed: int, kg: float, price_per_kg: float = 0.0) -> Delivery:
        """Unload feed that nobody ordered, for a store that is looked at by itself.

        Args:
            feed: its number.
            kg: how much, to 10 g.
            price_per_kg: what it cost.
        """
        dag = round(kg * DAG_PER_KG)
        rows = Record("feed_purchase", -1, {}), Record("feed_stock", -1, {})
        self.ordered(dag)
        return self.deliver(Lot(feed, *rows, price_per_kg, dag))

    @property
    def room_dag(self) -> int:
        """What could still be ordered without the store running over."""
        return int(self.capacity) - self.level_dag - self.on_order_dag

    def expect(self, feed: int) -> None:
        """A batch will eat ``feed`` from this store soon."""
        self._eaters += 1
        self.wanted_feed = feed
        self.look()

    def leave(self) -> None:
        """A batch that was expected will not eat from this store any more."""
        self._eaters -= 1

    def low(self) -> simpy.Event:
        """An event that happens once the store needs an order (at once if it does already)."""
        event = self._low = self._env.event()
        self.look()
        return event

    def ordered(self, dag: int) -> None:
        """An order is on its way."""
        self.on_order_dag += dag

    def stock_of(self, feed: int) -> int:
        """Feed of one kind in the store, dag."""
        return self._stock_dag.get(feed, 0)

    def _do_put(self, event: Delivery) -> None:
        lot = event.lot
        self.lots.setdefault(lot.feed, deque()).append(lot)
        self.on_order_dag -= lot.left_dag
        self._change(lot.feed, lot.left_dag)
        event.succeed()

    def _do_get(self, event: Draw) -> None:
        wanted, dag = event.wanted_feed, event.dag
        self.wanted_feed = wanted
        self.asked[wanted] = None
        queue = self.lots.get(wanted)
        if queue and queue[0].left_dag > dag:  # nearly always
            lot = queue[0]
            lot.left_dag -= dag
            portions = [Portion(lot, dag)]
            self._change(wanted, -dag)
        else:
            portions = self._take(self._feed_for(wanted, dag), dag)
        event.succeed(portions)

    def _take(self, feed: int, dag: int) -> list[Portion]:
        """Give out of the lots of one feed, the oldest first, as much as there is."""
        portions: list[Portion] = []
        missing = dag
        queue = self.lots.get(feed)
        while queue and missing:
            lot = queue[0]
            part = min(missing, lot.left_dag)
            lot.left_dag -= part
            missing -= part
            portions.append(Portion(lot, part))
            if lot.left_dag == 0:
                queue.popleft()
        self._change(feed, missing - dag)
        return portions

    def _feed_for(self, wanted: int, dag: int) -> int:
        stocks = {feed: dag for feed, dag in self._stock_dag.items() if dag}
        enough = [feed for feed, stock in stocks.items() if stock >= dag]
        if wanted in enough or not stocks:
            return wanted
        return min(enough) if enough else max(stocks, key=lambda feed: (stocks[feed], -feed))

    def _change(self, feed: int, dag: int) -> None:
        self._stock_dag[feed] = self._stock_dag.get(feed, 0) + dag
        self.level_dag += dag
        usage = self.usage
        usage.advance(self.env.now)
        usage.busy += dag
