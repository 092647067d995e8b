"""Standing requests: once a day they are granted, in one array step over a company.

As long as the lot at hand, or that and the next one, cover what is asked of a store, nobody looks
at it. Otherwise it is looked at: if it has enough, its lots are shared out at once. If it has not,
or a batch's rations are cut or were, the batches are called, and ask for themselves
(:mod:`sim.processes.feeding`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.clock import month_start
from sim.company import Company
from sim.farm import Farm
from sim.processes.feeding import feed_of, hand_out, note_lots
from sim.resources.feed import FeedStore, Portion
from sim.resources.tabs import Tabs
from sim.seating import Guest, Tables

Index = NDArray[np.int64]


def serve(company: Company) -> None:
    """Grant the standing requests, look at the stores that need it, call who has to ask."""
    farms, fish, tabs = company.farms, company.fish, company.tabs
    tables = _tables(company)
    if not len(tables.rows):
        return
    today = farms[0].today
    if today == month_start(today):  # a tab is one month's
        tabs.settle()
    ration = fish.ration_dag.take(tables.rows)
    asked = np.add.reduceat(ration, tables.starts)
    total = np.bincount(tables.store, asked, len(tabs.stores)).astype(np.float64, copy=False)
    asks = total > 0
    covered, looks = _covered(company, tables, asked, total, asks)
    must_ask = _must_ask(farms, tables, looks)
    if must_ask:
        for guest in must_ask:
            covered[tables.stores_of(guest)] = False
        looks = [look for look in looks if must_ask.isdisjoint(tables.guests(look.store.place))]
    tabs.take(covered, total, float(farms[0].env.now))
    due = (covered & asks & ((tabs.spare_dag < 0) | (tabs.budget_dag < 0))).nonzero()[0].tolist()
    covered[[look.store.place for look in looks if look.is_simple]] = True
    _eat(company, tables, covered.take(tables.store) & (asked > 0), ration)
    for farm in farms:
        own = [look for look in looks if look.farm is farm]
        others = {place: int(total[place]) for place in due if company.farm_of[place] is farm}
        if own or others:
            _look_after(farm, tabs, tables, own, others)
        for key in sorted(key for geography, key in must_ask if geography == farm.index):
            called = farm.batches[key].called
            if called is not None:
                called.succeed()


def _tables(company: Company) -> Tables:
    """Who eats from which store today."""
    reseated = [farm for farm in company.farms if farm.reseated]
    if not reseated:
        return company.seating.tables
    for farm in reseated:
        farm.reseated = False
    return company.seating.lay()


def _eat(company: Company, tables: Tables, eats: NDArray[np.bool_], ration: Index) -> None:
    """What is eaten at some of the tables, all of it from the lots on the tabs of their stores."""
    fish, tabs = company.fish, company.tabs
    rows, store = tables.rows, tables.row_store
    if not eats.all():
        picked = eats.repeat(tables.sizes)
        rows, store, ration = rows[picked], store[picked], ration[picked]
    fish.eaten_dag[rows] = fish.first_dag[rows] = ration
    fish.feed[rows], fish.purchase[0][rows] = tabs.feed.take(store), tabs.purchase.take(store)
    fish.price_cents[0][rows] = tabs.price_cents.take(store)


class _Look(NamedTuple):
    """A store that has to be looked at: what each of its tables asks for, and of which feed.

    ``until_g`` is the mean weight from which one of them may want another feed; None if they do
    not all want the same.
    """

    farm: Farm
    store: FeedStore
    tables: Sequence[int]
    asked: Sequence[int]
    feeds: Sequence[int]
    until_g: float | None

    @property
    def is_simple(self) -> bool:
        """Whether one table eats from it, of one feed."""
        return self.until_g is not None and len(self.tables) == 1

    def is_short(self) -> bool:
        """Whether the store has too little of any of the feeds."""
        if self.until_g is not None:
            return self.store.stock_of(self.feeds[0]) < sum(self.asked)
        wanted: Counter[int] = Counter()
        for feed, dag in zip(self.feeds, self.asked, strict=True):
            wanted[feed] += dag
        return any(self.store.stock_of(feed) < dag for feed, dag in wanted.items())


def _look(company: Company, tables: Tables, place: int, asked: Index) -> _Look:
    farm, store = company.farm_of[place], company.tabs.stores[place]
    store.interrupt()
    own, feeds, until_g = tables.of_store(place), [], math.inf
    for table in own:
        container = tables.units.item(tables.ends[table])
        feeds.append(feed_of(farm, container))
        until_g = min(until_g, farm.outgrown_g(farm.stock.stage.item(container), feeds[-1]))
    alike = feeds.count(feeds[0]) == len(feeds)
    dag = [asked.item(table) for table in own]
    return _Look(farm, store, own, dag, feeds, until_g if alike else None)


def _grant(tabs: Tabs, look: _Look, asked_dag: float = 0.0) -> bool:
    """Let a store's tables have what they ask for, if they want one feed and there is enough."""
    if look.until_g is None:
        return False
    place, is_alone = look.store.place, len(look.tables) == 1
    return tabs.grant(place, look.feeds[0], look.until_g, is_alone=is_alone, asked_dag=asked_dag)


def _covered(
    company: Company,
    tables: Tables,
    asked: Index,
    total: NDArray[np.float64],
    asks: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], list[_Look]]:
    """Which stores' tabs cover what they are asked for, and those that have to be looked at."""
    tabs = company.tabs
    covered = (total <= tabs.reach_dag) & (tabs.budget_dag > 0)
    weight_g = company.fish.weight_g.take(tables.first)
    covered[tables.store[weight_g >= tabs.until_g.take(tables.store)]] = False
    looks = []
    for place in (asks & ~covered).nonzero()[0].tolist():
        look = _look(company, tables, place, asked)
        if _grant(tabs, look, total.item(place)):
            covered[place] = True
        else:
            looks.append(look)
    return covered, looks


def _must_ask(farms: Sequence[Farm], tables: Tables, looks: Sequence[_Look]) -> set[Guest]:
    """The batches that have to ask themselves.

    These are batches whose rations are cut or were, and those at a store that has too little. Who
    asks at one store asks at all of his, and so do the others there.
    """
    found = {
        Guest(farm.index, key)
        for farm in farms
        for key in farm.short | farm.stock.crowded
        if farm.batches[key].alive
    }
    for look in looks:
        if look.is_short():
            found |= tables.guests(look.store.place)
    new = found
    while new:
        stores = {place for guest in new for place in tables.stores_of(guest)}
        new = {guest for place in stores for guest in tables.guests(place)} - found
        found = found | new
    return found


def _look_after(
    farm: Farm, tabs: Tabs, tables: Tables, looks: Sequence[_Look], others: Mapping[int, int]
) -> None:
    """Take from a geography's stores that have enough, and share out what was taken.

    Of what a store's only table gets, the first lot was on the store's tab: the array step shared
    it out. Stores that gave what they were asked for, but out of the next lot too, or so much that
    an order is due, are seen to in their turn; ``others`` tells what each of them gave, in dag.
    """
    taken: list[tuple[_Look, list[Portion]]] = []
    look_at = {look.store.place: look for look in looks}
    for place in sorted((*look_at, *others)):
        look = look_at.get(place)
        if look is None and tabs.budget_dag[place] < 0:
            (table,) = tables.of_store(place)
            note_lots(farm, tables.containers(table), tabs.turn(place, others[place]))
        elif look is None:
            tabs.stores[place].order_if_due()
        elif look.is_simple:
            taken.append((look, look.store.take(look.feeds[0], look.asked[0])))
        else:
            for table, dag, feed in zip(look.tables, look.asked, look.feeds, strict=True):
                if dag:
                    look.store.wanted_feed = feed
                    portions = look.store.take(feed, dag)
                    hand_out(farm, tables.containers(table), portions, dag)
            _grant(tabs, look)
    for look, portions in taken:
        note_lots(farm, tables.containers(look.tables[0]), portions)
        _grant(tabs, look)
