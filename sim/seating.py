"""Who eats where: the tables of all batches of a geography, end to end, for an array step.

A table is what one store serves of a batch: some of its containers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.batch import Batch

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tables:
    """Who eats from which store, end to end; laid anew whenever fish have moved.

    Attributes:
        batches: those that are alive.
        batch_stores: places of the stores that serve each batch; ``store_batches`` and
            ``store_tables`` what a store serves.
        store: of every table, the place of its store; ``sizes`` its containers, ``first`` its
            first one.
        rows: containers, table after table; ``starts`` where each table begins.
    """

    batches: Sequence[Batch]
    batch_stores: Sequence[Sequence[int]]
    store_batches: Mapping[int, Sequence[int]]
    store_tables: Mapping[int, Sequence[int]]
    store: Index
    sizes: Index
    first: Index
    rows: Index
    starts: Index


def lay_tables(batches: Sequence[Batch]) -> Tables:
    """The tables of all batches, in the order in which they started."""
    alive = [batch for batch in batches if batch.alive]
    tables = [
        (number, store.place, rows)
        for number, batch in enumerate(alive)
        for store, rows in batch.tables
    ]
    batch_stores: list[list[int]] = [[] for _ in alive]
    store_batches: dict[int, list[int]] = {}
    store_tables: dict[int, list[int]] = {}
    for table, (number, place, _) in enumerate(tables):
        batch_stores[number].append(place)
        store_batches.setdefault(place, []).append(number)
        store_tables.setdefault(place, []).append(table)
    sizes = np.array([len(rows) for _, _, rows in tables], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    every = np.concatenate([rows for _, _, rows in tables]) if tables else sizes
    return Tables(
        batches=alive,
        batch_stores=batch_stores,
        store_batches=store_batches,
        store_tables=store_tables,
        store=np.array([place for _, place, _ in tables], dtype=np.int64),
        sizes=sizes,
        first=every[starts],
        rows=every,
        starts=starts,
    )
