"""Silos and barges: stores of feed in lots, first in, first out, a queue of lots per feed.

Feed is counted in whole 10 g (``dag``), so that lots close to the last gram. A draw is answered at
once, since fish cannot be fed yesterday: when the store is short it gives what there is, and the
difference is a short ration. A draw is served from one feed: the wanted one if its lots suffice,
else another that suffices, else whichever has most.

As long as the lot at hand and the next one cover it, what the same fish take every day is a
standing request: it is only written on a tab (:mod:`sim.resources.tabs`), and settled when anybody
looks at the store, its next lot is broached or an order is due. Feed is counted in whole dag and
time in binary fractions of a day, so that it makes no difference, to the last bit, when that is.

A store asks for feed by an event (``low``): as soon as somebody is expected to eat from it and its
stock, with what is on its way, is below the reorder point. If it orders by feed, only stock of the
feed that is eaten now counts: what the fish have outgrown waits for those that come after them.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import simpy
from simpy.resources import base

from sim.journal import Record
from sim.resources.usage import UsageLedger

if TYPE_CHECKING:
    from sim.resources.tabs import Tabs

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
        tell: who is told what standing requests left of a lot, and since when.

    Attributes:
        place: its place on the tab of standing requests, once that is open.
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
        tell: Callable[[Lot, float], None] | None = None,
    ) -> None:
        super().__init__(env, capacity=int(capacity_kg * DAG_PER_KG))
        self.name = name
        self.lots: dict[int, deque[Lot]] = {}
        self.level_dag = 0
        self.on_order_dag = 0
        self.reorder_dag = int(capacity_kg * reorder_share * DAG_PER_KG)
        self.by_feed = by_feed
        self.wanted_feed: int | None = None
        size = float(self.capacity)  # counted in dag, so that sums are exact in any order
        self.usage = UsageLedger(name, kind, size, env.now, size=size)
        self._tell = tell
        self._tabs: Tabs | None = None
        self.place = 0
        self._eaters = 0
        self._low: simpy.Event | None = None

    def draw(self, wanted_feed: int, dag: int) -> Draw:
        """Ask for a ration, preferably of one feed."""
        return Draw(self, wanted_feed, dag)

    def settle(self) -> None:
        """Book what standing requests took."""
        tabs, place = self._tabs, self.place
        if tabs is None:
            return
        dag = int(tabs.taken_dag.item(place))
        if dag and self.wanted_feed is not None:
            last = tabs.last.item(place)
            queue = self.lots[self.wanted_feed]
            self.level_dag -= dag
            self.usage.took(last, dag, tabs.moment.item(place))
            tabs.taken_dag[place] = tabs.moment[place] = 0
            while dag:
                lot = queue[0]
                part = min(dag, lot.left_dag)
                lot.left_dag -= part
                dag -= part
                if lot.left_dag == 0:
                    queue.popleft()
                if self._tell is not None:
                    self._tell(lot, last)

    def interrupt(self) -> None:
        """Book what standing requests took; the next one has to be looked at."""
        self.settle()
        if self._tabs is not None:
            self._tabs.budget_dag[self.place] = -1

    def open_tab(self, tabs: Tabs, place: int) -> None:
        """From now on standing requests of this store are kept in ``tabs``."""
        self._tabs, self.place = tabs, place

    def budget(self, feed: int) -> int:
        """How much of a feed can be taken before anybody has to look at the lots, dag."""
        queue = self.lots.get(feed)
        if not queue:
            return -1
        self.wanted_feed = feed
        return queue[0].left_dag

    def spare(self) -> float:
        """How much can be taken before an order is due, dag."""
        return math.inf if self._low is None else self._counted() - self.reorder_dag - 1

    def look(self) -> None:
        """Order if what counts is at the reorder point, somebody eats here and there is room."""
        event = self._low
        if event is None or self._eaters <= 0 or self.room_dag <= 0:
            return
        if self._counted() <= self.reorder_dag:
            self._low = None
            event.succeed()

    def order_if_due(self) -> None:
        """Look whether what standing requests took makes an order due."""
        self.settle()
        self.look()
        if self._tabs is not None:
            self._tabs.spare_dag[self.place] = self.spare()

    def take(self, feed: int, dag: int) -> list[Portion]:
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
        self._change(missing - dag)
        self.look()
        return portions

    def deliver(self, lot: Lot) -> Delivery:
        """Unload a lot that was ordered."""
        return Delivery(self, lot)

    @property
    def room_dag(self) -> int:
        """What could still be ordered without the store running over."""
        return int(self.capacity) - self.level_dag - self.on_order_dag

    def expect(self, feed: int) -> None:
        """A batch will eat ``feed`` from this store soon."""
        self.interrupt()
        self._eaters += 1
        self.wanted_feed = feed
        self.look()

    def leave(self) -> None:
        """A batch that was expected will not eat from this store any more."""
        self._eaters -= 1

    def low(self) -> simpy.Event:
        """An event that happens once the store needs an order (at once if it does already)."""
        event = self._low = self._env.event()
        self.order_if_due()
        return event

    def ordered(self, dag: int) -> None:
        """An order is on its way."""
        self.on_order_dag += dag

    def stock_of(self, feed: int) -> int:
        """Feed of one kind in the store, dag."""
        dag = 0
        for lot in self.lots.get(feed, ()):
            dag += lot.left_dag
        return dag

    def _counted(self) -> int:
        """What counts against the reorder point: what is here and what is on its way."""
        feed = self.wanted_feed
        here = self.stock_of(feed) if self.by_feed and feed is not None else self.level_dag
        return here + self.on_order_dag

    def _do_put(self, event: Delivery) -> None:
        lot = event.lot
        if lot.feed == self.wanted_feed:  # what counts is the same here as on its way
            self.settle()
        else:
            self.interrupt()
        lots, tabs = self.lots.setdefault(lot.feed, deque()), self._tabs
        lots.append(lot)
        if len(lots) == 2 and tabs is not None and tabs.is_alone[self.place]:
            tabs.reach_dag[self.place] += lot.left_dag
        self.on_order_dag -= lot.left_dag
        self._change(lot.left_dag)
        event.succeed()

    def _do_get(self, event: Draw) -> None:
        self.interrupt()
        event.succeed(self.take(self._feed_for(event.wanted_feed, event.dag), event.dag))

    def _feed_for(self, wanted: int, dag: int) -> int:
        self.wanted_feed = wanted
        queue = self.lots.get(wanted)
        if queue and queue[0].left_dag >= dag:
            return wanted
        stocks = {feed: self.stock_of(feed) for feed in self.lots}
        enough = [feed for feed, stock in stocks.items() if stock >= dag]
        if wanted in enough or not stocks:
            return wanted
        return min(enough) if enough else max(stocks, key=lambda feed: (stocks[feed], -feed))

    def _change(self, dag: int) -> None:
        self.level_dag += dag
        self.usage.change(float(self._env.now), busy=dag)
