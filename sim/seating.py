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
        batch: of every table, the place of its batch among them; ``store`` of its store,
            ``sizes`` its containers, ``first`` its first one.
        store_tables: the tables of each store that serves any.
        rows: containers, table after table; ``table`` of each its table, ``starts`` where each
            table begins.
    """

    batches: Sequence[Batch]
    batch: Sequence[int]
    store_tables: Mapping[int, Sequence[int]]
    store: Index
    sizes: Index
    first: Index
    rows: Index
    table: Index
    starts: Index

    def guests(self, store: int) -> set[int]:
        """Places of the batches that a store serves."""
        return {self.batch[table] for table in self.store_tables[store]}

    def stores_of(self, batch: int) -> list[int]:
        """Places of the stores that serve a batch."""
        return [store.place for store, _ in self.batches[batch].tables]

    def containers(self, table: int) -> Index:
        """The containers of a table."""
        start = self.starts[table]
        return self.rows[start : start + self.sizes[table]]


def lay_tables(batches: Sequence[Batch]) -> Tables:
    """The tables of all batches, in the order in which they started."""
    alive = [batch for batch in batches if batch.alive]
    number_of = [number for number, batch in enumerate(alive) for _ in batch.tables]
    tables = [table for batch in alive for table in batch.tables]
    places = [store.place for store, _ in tables]
    store_tables: dict[int, list[int]] = {}
    for table, place in enumerate(places):
        store_tables.setdefault(place, []).append(table)
    sizes = np.fromiter((len(rows) for _, rows in tables), np.int64, len(tables))
    starts = sizes.cumsum() - sizes
    every = np.concatenate([rows for _, rows in tables]) if tables else sizes
    return Tables(
        batches=alive,
        batch=number_of,
        store_tables=store_tables,
        store=np.array(places, dtype=np.int64),
        sizes=sizes,
        first=every[starts],
        rows=every,
        table=np.repeat(np.arange(len(tables)), sizes),
        starts=starts,
    )
