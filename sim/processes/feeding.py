"""Meals: once a day a batch draws its rations from the silo or barges that serve it.

A batch has a standing request for its rations. As long as the lot at hand covers what is asked of a
store, ``serve`` grants it in one array step over a geography. Otherwise the store is looked at: if
it has enough, its lots are shared out at once. If it has not, or a batch's rations are cut or were,
the batches are called: they ask for themselves, store after store, in the order in which they
started, and nobody overtakes.

When a store is short, the containers that eat from it share what there is in proportion to what
they asked for; grams left over by rounding go to the first containers. A spell of short rations is
one wait record, from the first short day to the first full one, with the kilograms missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.batch import Batch
from sim.clock import month_start
from sim.farm import Farm
from sim.processes.waiting import end_spell, open_wait
from sim.resources.feed import DAG_PER_KG, FeedStore, Portion
from sim.seating import Tables, lay_tables

Index = NDArray[np.int64]


def meals(farm: Farm, batch: Batch) -> Generator[simpy.Event, Any, None]:
    """Ask the stores on every day on which the batch is called."""
    stock = farm.stock
    while batch.alive:
        batch.called = farm.env.event()
        yield batch.called
        for store, containers in batch.tables:
            asked = int(stock.ration_dag[containers].sum())
            if not asked:
                continue
            feed = _wanted(farm, int(containers[0]))
            portions: list[Portion] = yield store.draw(feed, asked)
            got = _serve(farm, containers, portions, asked)
            _note_short(farm, batch, store.name, "feed", asked - got, store)
        _note_crowding(farm, batch)


def _wanted(farm: Farm, container: int) -> int:
    stage = farm.stages[farm.stock.stage[container]]
    return farm.feed_for(stage, float(farm.stock.weight_g[container]))


def serve(farm: Farm) -> None:
    """Grant the standing requests, look at the stores that need it, call who has to ask."""
    stock, tabs = farm.stock, farm.tabs
    if farm.tables is None:
        farm.tables = lay_tables(farm.stock, farm.is_fed, farm.store_at)
    tables = farm.tables
    if not len(tables.rows):
        return
    if farm.today == month_start(farm.today):  # a tab is one month's
        tabs.settle()
    ration = stock.ration_dag[tables.rows]
    asked = np.add.reduceat(ration, tables.starts)
    total = np.bincount(tables.store, asked, len(tabs.stores)).astype(np.float64, copy=False)
    covered, looks = _covered(farm, tables, asked, total)
    must_ask = _must_ask(farm, tables, looks)
    if must_ask:
        for number in must_ask:
            covered[tables.stores_of(number)] = False
        looks = [look for look in looks if must_ask.isdisjoint(tables.guests(look.store.place))]
    tabs.take(covered, total, float(farm.env.now))
    low = np.flatnonzero(covered & (total > 0) & (tabs.spare_dag < 0)).tolist()
    taken = _look_after(farm, tables, looks, low)
    covered[[look.store.place for look, _ in taken]] = True
    picked = (covered[tables.store] & (asked > 0))[tables.table]
    rows, store = tables.rows[picked], tables.store[tables.table[picked]]
    stock.eaten_dag[rows] = stock.first_dag[rows] = ration[picked]
    stock.feed[rows], stock.purchase[0][rows] = tabs.feed[store], tabs.purchase[store]
    stock.price_cents[0][rows] = tabs.price_cents[store]
    for look, portions in taken:
        _note_lots(farm, tables.containers(look.tables[0]), portions)
        _grant(farm, look)
    for number in sorted(must_ask):
        called = farm.batches[number].called
        if called is not None:
            called.succeed()


class _Look(NamedTuple):
    """A store that has to be looked at: what each of its tables asks for, and of which feed.

    ``until_g`` is the mean weight from which one of them may want another feed; None if they do
    not all want the same.
    """

    store: FeedStore
    tables: Sequence[int]
    asked: Sequence[int]
    feeds: Sequence[int]
    until_g: float | None

    def is_short(self) -> bool:
        """Whether the store has too little of any of the feeds."""
        if self.until_g is not None:
            return self.store.stock_of(self.feeds[0]) < sum(self.asked)
        wanted: Counter[int] = Counter()
        for feed, dag in zip(self.feeds, self.asked, strict=True):
            wanted[feed] += dag
        return any(self.store.stock_of(feed) < dag for feed, dag in wanted.items())


def _look(farm: Farm, tables: Tables, place: int, asked: Index) -> _Look:
    own, store = tables.store_tables[place], farm.tabs.stores[place]
    store.interrupt()
    fish = [int(tables.first[table]) for table in own]
    feeds = [_wanted(farm, container) for container in fish]
    until_g = None
    if feeds.count(feeds[0]) == len(feeds):
        stages = [int(farm.stock.stage[container]) for container in fish]
        until_g = min(farm.outgrown_g(stage, feeds[0]) for stage in stages)
    return _Look(store, own, [int(asked[table]) for table in own], feeds, until_g)


def _grant(farm: Farm, look: _Look) -> int:
    """Let a store's tables have what they ask for, if they want one feed; how much, dag."""
    if look.until_g is None:
        return -1
    return farm.tabs.grant(look.store.place, look.feeds[0], look.until_g)


def _covered(
    farm: Farm, tables: Tables, asked: Index, total: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], list[_Look]]:
    """Which stores' tabs cover what they are asked for, and those that have to be looked at."""
    tabs = farm.tabs
    covered = total <= tabs.budget_dag
    outgrown = farm.stock.weight_g[tables.first] >= tabs.until_g[tables.store]
    covered[tables.store[outgrown]] = False
    looks = []
    for place in np.flatnonzero(~covered & (total > 0)).tolist():
        look = _look(farm, tables, place, asked)
        if _grant(farm, look) >= total[place]:
            covered[place] = True
        else:
            looks.append(look)
    return covered, looks


def _must_ask(farm: Farm, tables: Tables, looks: Sequence[_Look]) -> set[int]:
    """Keys of the batches that have to ask themselves.

    These are batches whose rations are cut or were, and those at a store that has too little. Who
    asks at one store asks at all of his, and so do the others there.
    """
    found = {number for number in farm.short | farm.stock.crowded if farm.batches[number].alive}
    for look in looks:
        if look.is_short():
            found |= tables.guests(look.store.place)
    new = found
    while new:
        stores = {place for number in new for place in tables.stores_of(number)}
        new = {number for place in stores for number in tables.guests(place)} - found
        found = found | new
    return found


def _look_after(
    farm: Farm, tables: Tables, looks: Sequence[_Look], low: Sequence[int]
) -> list[tuple[_Look, list[Portion]]]:
    """Take from stores that have enough, and share out what several tables at one store get.

    Stores (``low``) whose tabs are covered but make an order due are seen to in their turn.

    Returns:
        What the others took: the first lot of it is on the store's tab, which the array step
        shares out.
    """
    taken, look_at = [], {look.store.place: look for look in looks}
    for place in sorted((*look_at, *low)):
        look = look_at.get(place)
        if look is None:
            farm.tabs.stores[place].order_if_due()
        elif look.until_g is not None and len(look.tables) == 1:
            taken.append((look, look.store.take(look.feeds[0], look.asked[0])))
        else:
            for table, dag, feed in zip(look.tables, look.asked, look.feeds, strict=True):
                if dag:
                    look.store.wanted_feed = feed
                    _serve(farm, tables.containers(table), look.store.take(feed, dag), dag)
            _grant(farm, look)
    return taken


def _serve(farm: Farm, containers: Index, portions: list[Portion], asked: int) -> int:
    """Share out what was got; note eaten feed, its lots and prices per container."""
    stock = farm.stock
    got = sum(portion.dag for portion in portions)
    ration = stock.ration_dag[containers]
    if got < asked:
        ration = share_out(ration, got)
    stock.eaten_dag[containers] = ration
    if not portions:
        return got
    first = portions[0].lot
    stock.feed[containers] = first.feed
    stock.purchase[0][containers] = first.purchase.key
    stock.price_cents[0][containers] = first.price_per_kg * 100
    stock.first_dag[containers] = ration
    _note_lots(farm, containers, portions)
    return got


def _note_lots(farm: Farm, containers: Index, portions: list[Portion]) -> None:
    """Write down who ate from the later lots, and what is left of all of them."""
    if len(portions) > 1:
        _several_lots(farm, containers, portions)
    for portion in portions:
        farm.note_lot(portion.lot, farm.env.now)


def _several_lots(farm: Farm, containers: Index, portions: list[Portion]) -> None:
    """Containers take from the lots in their order; a container's meal may span lots."""
    stock = farm.stock
    eaten = stock.eaten_dag[containers]
    rest = iter(portions)
    lot, left = portions[0].lot, 0
    for container, dag in zip(containers.tolist(), eaten.tolist(), strict=True):
        parts = []
        while dag:
            if not left:
                portion = next(rest)
                lot, left = portion.lot, portion.dag
            part = min(dag, left)
            parts.append((lot, part))
            dag, left = dag - part, left - part
        if not parts or parts == [(portions[0].lot, parts[0][1])]:
            continue
        for column, (each, _) in enumerate(parts[:2]):
            stock.purchase[column, container] = each.purchase.key
            stock.price_cents[column, container] = each.price_per_kg * 100
        stock.first_dag[container] = parts[0][1]
        if len(parts) > 2:  # rare: what the first two lots did not cover is told one by one
            others = parts[1:]
            cents = sum(part * each.price_per_kg * 100 for each, part in others)
            stock.price_cents[1, container] = cents / sum(part for _, part in others)
        for each, part in parts[2:]:
            stock.more_dag[container] += part
            farm.lane.single(
                "feed_draw", int(stock.assignment[container]), farm.today, each.purchase.key, part
            )


def share_out(ration: Index, got: int) -> Index:
    """Proportional shares of ``got``, in whole units that add up exactly."""
    total = int(ration.sum())
    shares = ration * got // max(total, 1)
    left = got - int(shares.sum())
    room = np.flatnonzero(ration > shares)
    shares[room[:left]] += 1
    return shares


def _note_short(
    farm: Farm, batch: Batch, pool: str, kind: str, missed_dag: int, store: FeedStore | None
) -> None:
    wait = batch.short.get(pool)
    if missed_dag > 0:
        if wait is None:
            reason = "the store is short" if store else "its containers are at their limit"
            cause = f"{batch.name} eats less: {reason}"
            farm.short.add(batch.row.key)
            on_order = {"on order kg": store.on_order_dag // DAG_PER_KG} if store else {}
            wait = batch.short[pool] = open_wait(
                farm, pool, kind, batch.row.key, (missed_dag / DAG_PER_KG, "kg"), cause, on_order
            )
        missed_kg = missed_dag / DAG_PER_KG + float(wait.values["short_kg"] or 0)
        farm.lane.change(wait, farm.env.now, short_kg=missed_kg)
    else:
        end_spell(farm, batch, pool)


def _note_crowding(farm: Farm, batch: Batch) -> None:
    """Rations that were cut because a container is full are short rations too."""
    stock = farm.stock
    if batch.row.key not in stock.crowded and not batch.short:
        return
    for place in batch.places:
        units = np.array(place.grant.units)
        own = units[stock.batch[units] == batch.row.key]
        missed = int((stock.wanted_dag[own] - stock.ration_dag[own]).sum())
        if missed or place.grant.group in batch.short:
            _note_short(farm, batch, place.grant.group, "density", missed, None)
