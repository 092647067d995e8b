"""Meals: once a day a batch draws its rations from the silo or barges that serve it.

At mealtime the batches of a geography are called in the order in which they started. Each asks
every store that serves it once, for all of its containers there, and the store answers in the order
of these requests: nobody overtakes. Growth follows what was got.

When a store is short, the containers that eat from it share what there is in proportion to what
they asked for; grams left over by rounding go to the first containers. A spell of short rations is
one wait record, from the first short day to the first full one, with the kilograms missed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Generator
from itertools import accumulate
from typing import Any

import numpy as np
import simpy

from sim.company.batch import Batch, FeedLine
from sim.company.farm import Farm
from sim.core.arrays import Index
from sim.processes.waiting import end_spell, open_wait
from sim.resources.feed import DAG_PER_KG, Draw, FeedStore, Portion
from sim.resources.kinds import DENSITY, REASONS


def call_to_meals(farm: Farm) -> None:
    """Call the batches that are fed, or whose rations were short, in the order of their starts."""
    for batch in farm.batches:
        if batch.alive and batch.called is not None and (batch.feed_lines or batch.short):
            batch.called.succeed()


def meals(farm: Farm, batch: Batch) -> Generator[simpy.Event, Any, None]:
    """Every day, draw a ration from each store that serves the batch."""
    while batch.alive:
        batch.called = farm.env.event()
        yield batch.called
        for line, draw in _draws(farm, batch):
            portions: list[Portion] = yield draw
            _eat(farm, batch, line, draw.dag, portions)
        _note_crowding(farm, batch)


def _draws(farm: Farm, batch: Batch) -> list[tuple[FeedLine, Draw]]:
    """Today's requests of a batch, of those feed lines whose fish eat."""
    stock, draws = farm.stock, []
    for line in batch.feed_lines:
        asked = stock.asked_dag.item(line.head)
        if asked:
            feed = farm.feed_for(farm.stages[line.order], stock.weight_g.item(line.head))
            draws.append((line, line.store.draw(feed, asked)))
    return draws


def _eat(farm: Farm, batch: Batch, line: FeedLine, asked: int, portions: list[Portion]) -> None:
    """Note what was got: at the head of the line if that says it all, else for each container."""
    stock, pool, head = farm.stock, line.store.name, line.head
    if _is_whole(portions, asked):
        got, lot = asked, portions[0].lot
        stock.served[head], stock.feed[head] = True, lot.feed
        stock.purchase[0, head] = lot.purchase.key
        stock.price_cents[0, head] = lot.price_per_kg * 100
    else:
        got = _hand_out(farm, line.containers, portions, asked)
    if farm.lane.recording:
        for portion in portions:
            farm.records.note_lot(portion.lot, farm.env.now)
    if got < asked or pool in batch.short:
        _note_short(farm, batch, pool, asked - got, line.store)


def _is_whole(portions: list[Portion], asked: int) -> bool:
    """Whether all that was asked for came out of one lot."""
    return len(portions) == 1 and portions[0].dag == asked


def _hand_out(farm: Farm, containers: Index, portions: list[Portion], asked: int) -> int:
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
    if len(portions) == 2:
        _two_lots(farm, containers, *portions)
    elif portions[2:]:
        _several_lots(farm, containers, portions)
    return got


def _two_lots(farm: Farm, containers: Index, first: Portion, second: Portion) -> None:
    """What :func:`_several_lots` does, in the usual case: those after a container eat the rest."""
    stock = farm.stock
    eaten = stock.eaten_dag.take(containers)
    meals = eaten.tolist()
    ends = list(accumulate(meals))
    at = bisect_left(ends, first.dag)
    key, cents = second.lot.purchase.key, second.lot.price_per_kg * 100
    over = ends[at] - first.dag
    if over:
        container = containers.item(at)
        stock.purchase[1, container], stock.price_cents[1, container] = key, cents
        stock.first_dag[container] = meals[at] - over
    rest = containers[at + 1 :]
    if 0 in meals:
        rest = rest[eaten[at + 1 :] > 0]
    stock.purchase[0][rest], stock.price_cents[0][rest] = key, cents


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
            cents = math.fsum(part * each.price_per_kg * 100 for each, part in others)
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
    farm: Farm, batch: Batch, pool: str, missed_dag: int, store: FeedStore | None
) -> None:
    """A spell of short rations begins, goes on or is over; without a store: in full containers."""
    wait = batch.short.get(pool)
    if missed_dag > 0:
        if wait is None:
            reason = "the store is short" if store else "its containers are at their limit"
            cause = f"{batch.name} eats less: {reason}"
            wait = batch.short[pool] = open_wait(
                farm, pool, store.usage.pools if store else REASONS[DENSITY], batch,
                (missed_dag / DAG_PER_KG, "kg"), cause, {},
                on_order_kg=store.on_order_dag // DAG_PER_KG if store else None,
            )  # fmt: skip
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
            _note_short(farm, batch, place.grant.group, missed, None)
