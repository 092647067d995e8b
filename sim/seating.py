"""Who eats where: the tables of all batches of a geography, end to end, for an array step.

A table is what one store serves of a batch in one stage: some of its containers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.stock import FishStock

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tables:
    """Who eats from which store, end to end; laid anew whenever fish have moved.

    Attributes:
        batch: of every table, the key of its batch; ``store`` the place of its store, ``first`` its
            first container.
        store_tables: the tables of each store that serves any.
        rows: containers, table after table; ``table`` of each its table, ``starts`` where each
            table begins.
    """

    batch: Index
    store: Index
    first: Index
    store_tables: Mapping[int, Sequence[int]]
    rows: Index
    table: Index
    starts: Index

    def guests(self, store: int) -> set[int]:
        """Keys of the batches that a store serves."""
        return {int(self.batch[table]) for table in self.store_tables[store]}

    def stores_of(self, batch: int) -> list[int]:
        """Places of the stores that serve a batch."""
        places: list[int] = self.store[self.batch == batch].tolist()
        return places

    def containers(self, table: int) -> Index:
        """The containers of a table."""
        rows: Index = self.rows[self.table == table]
        return rows


def lay_tables(stock: FishStock, is_fed: NDArray[np.bool_], store_at: Index) -> Tables:
    """The tables of all batches, in the order in which they started, then by stage and store.

    Args:
        stock: the fish.
        is_fed: of every stage, whether its fish are fed.
        store_at: of every container, the place of the store that serves it.
    """
    rows = np.flatnonzero(stock.batch >= 0)
    rows = rows[is_fed[stock.stage[rows]]]
    key = (stock.batch[rows] * len(is_fed) + stock.stage[rows]) * len(store_at) + store_at[rows]
    order = key.argsort(kind="stable")
    rows, key = rows[order], key[order]
    begins = np.ones(len(rows), dtype=np.bool_)
    begins[1:] = key[1:] != key[:-1]
    starts = np.flatnonzero(begins)
    first = rows[starts]
    store = store_at[first]
    store_tables: dict[int, list[int]] = {}
    for table, place in enumerate(store.tolist()):
        store_tables.setdefault(place, []).append(table)
    return Tables(
        batch=stock.batch[first],
        store=store,
        first=first,
        store_tables=store_tables,
        rows=rows,
        table=begins.cumsum() - 1,
        starts=starts,
    )
