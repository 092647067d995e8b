"""Meals: once a day a batch draws its rations from the silo or barges that serve it.

When a store is short, the containers that eat from it share what there is in proportion to what
they asked for; grams left over by rounding go to the first containers. A spell of short rations is
one wait record, from the first short day to the first full one, with the kilograms missed.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.batch import Batch
from sim.clock import FEED
from sim.farm import Farm
from sim.processes.waiting import end_spell, open_wait
from sim.resources.feed import DAG_PER_KG, FeedStore, Portion

Index = NDArray[np.int64]


def meals(farm: Farm, batch: Batch) -> Generator[simpy.Event, Any, None]:
    """Eat every day until the batch is gone."""
    stock = farm.stock
    while True:
        yield farm.at(farm.today + (farm.env.now % 1 >= FEED), FEED)
        if not batch.alive:
            break
        for store, containers in batch.tables:
            asked = int(stock.ration_dag[containers].sum())
            if not asked:
                continue
            feed = farm.feed_for(
                farm.stages[stock.stage[containers[0]]], float(stock.weight_g[containers[0]])
            )
            portions: list[Portion] = yield store.draw(feed, asked)
            got = _serve(farm, containers, portions, asked)
            _note_short(farm, batch, store.name, "feed", asked - got, store)
        _note_crowding(farm, batch)


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
    stock.feed[containers] = portions[0].lot.feed
    first = portions[0].lot
    stock.purchase[0, containers] = first.purchase.key
    stock.price_cents[0, containers] = first.price_per_kg * 100
    stock.first_dag[containers] = ration
    if len(portions) > 1:
        _several_lots(farm, containers, portions, ration)
    for portion in portions:
        stock_row = portion.lot.stock
        farm.lane.change(stock_row, farm.env.now, quantity_kg=portion.lot.left_dag / DAG_PER_KG)
    return got


def _several_lots(farm: Farm, containers: Index, portions: list[Portion], eaten: Index) -> None:
    """Containers take from the lots in their order; a container's meal may span lots."""
    stock = farm.stock
    lot_end = np.cumsum([portion.dag for portion in portions])
    end = np.cumsum(eaten)
    for place, container in enumerate(containers.tolist()):
        start = int(end[place] - eaten[place])
        parts = []
        for number, portion in enumerate(portions):
            low = max(start, int(lot_end[number]) - portion.dag)
            high = min(int(end[place]), int(lot_end[number]))
            if high > low:
                parts.append((portion.lot, high - low))
        if not parts:
            continue
        for column, (lot, _) in enumerate(parts[:2]):
            stock.purchase[column, container] = lot.purchase.key
            stock.price_cents[column, container] = lot.price_per_kg * 100
        stock.first_dag[container] = parts[0][1]
        if len(parts) > 2:  # rare: what the first two lots did not cover is told one by one
            rest = parts[1:]
            cents = sum(dag * lot.price_per_kg * 100 for lot, dag in rest)
            stock.price_cents[1, container] = cents / sum(dag for _, dag in rest)
        for lot, dag in parts[2:]:
            stock.more_dag[container] += dag
            farm.lane.single(
                "feed_draw", int(stock.assignment[container]), farm.today, lot.purchase.key, dag
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
