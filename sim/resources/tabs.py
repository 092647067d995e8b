"""Tabs: what the stores of a company owe their standing requests, as arrays over stores.

A step over all stores grants what is asked of them and writes it down here; a store's own books
(:mod:`sim.resources.feed`) are settled when somebody looks at them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.resources.feed import FeedStore, Portion

Amounts = NDArray[np.float64]


class Tabs:
    """What standing requests took from stores since each was last settled; arrays over stores.

    Args:
        stores: all stores that keep their tab here, in the order of their places.

    Attributes:
        budget_dag: what may still be taken of the lot at hand; ``reach_dag`` before somebody has to
            look at the lots: of the next one too, where only one table eats (``is_alone``);
            ``spare_dag`` before an order is due.
        taken_dag: what was taken; ``moment`` the sum of each taking x its time, ``last`` the time
            of the last one.
        feed, purchase, price_cents: of the lot that it is taken from.
        until_g: mean weight from which fish want another feed.
    """

    def __init__(self, stores: Sequence[FeedStore]) -> None:
        self.stores = stores
        size = len(stores)
        self.budget_dag, self.spare_dag = np.full(size, -1.0), np.full(size, math.inf)
        self.reach_dag, self.until_g = np.full(size, -1.0), np.zeros(size)
        self.is_alone = [False] * size
        self.taken_dag, self.moment, self.last = np.zeros(size), np.zeros(size), np.zeros(size)
        self.feed = np.full(size, -1, dtype=np.int64)
        self.purchase = np.full(size, -1, dtype=np.int64)
        self.price_cents = np.zeros(size)
        for place, store in enumerate(stores):
            store.open_tab(self, place)

    def settle(self) -> None:
        """Book what standing requests took, at all stores."""
        for place in np.flatnonzero(self.taken_dag).tolist():
            self.stores[place].settle()

    def take(self, stores: NDArray[np.bool_], dag: Amounts, now: float) -> None:
        """Grant requests to these stores, whose budgets cover them."""
        taken = np.where(stores, dag, 0.0)
        self.budget_dag -= taken
        self.reach_dag -= taken
        self.spare_dag -= taken
        self.taken_dag += taken
        self.moment += taken * now
        self.last[taken > 0] = now

    def grant(
        self, place: int, feed: int, until_g: float, *, is_alone: bool, asked_dag: float = 0.0
    ) -> bool:
        """From now on grant what a store is asked for, until somebody has to look again.

        The lot at hand is on the tab then, even if it has less than is asked for now.

        Returns:
            Whether it has as much.
        """
        store = self.stores[place]
        budget, lots = store.budget(feed), store.lots.get(feed)
        if lots:
            self.feed[place], self.purchase[place] = feed, lots[0].purchase.key
            self.price_cents[place] = lots[0].price_per_kg * 100
        if budget < asked_dag:
            return False
        self.budget_dag[place], self.spare_dag[place] = budget, store.spare()
        self.reach_dag[place] = budget
        if is_alone and lots is not None and len(lots) > 1:
            self.reach_dag[place] += lots[1].left_dag
        self.until_g[place], self.is_alone[place] = until_g, is_alone
        return True

    def turn(self, place: int, dag: int) -> list[Portion]:
        """Go on from a store's next lot, of which a part was taken today.

        Args:
            place: the store's.
            dag: what was taken today.

        Returns:
            What each of the two lots gave of it.
        """
        store, feed = self.stores[place], self.feed.item(place)
        lots, over = store.lots[feed], -int(self.budget_dag.item(place))
        portions = [Portion(lots[0], dag - over), Portion(lots[1], over)]
        store.settle()
        store.look()
        self.grant(place, feed, self.until_g.item(place), is_alone=True)
        return portions
