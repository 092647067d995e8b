"""Who eats where: the tables of all batches of a company, end to end, for an array step.

A table is what one store serves of a batch in one stage: some of its containers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.fish import Fish
from sim.joint import offsets

Index = NDArray[np.int64]

_GUESTS = 1 << 20
"""More batches than any geography has: those of the next one are numbered from here on."""


class Guest(NamedTuple):
    """A batch of a company: its geography, and its key there."""

    geography: int
    key: int


@dataclass(frozen=True, slots=True)
class Tables:
    """Who eats from which store, end to end; laid anew whenever fish have moved.

    Geography after geography, in the order in which batches started, then by stage and store.

    Attributes:
        guest: of every table, the number of its batch over all geographies; ``store`` the place of
            its store, ``first`` its first container.
        rows: containers, table after table; ``table`` of each its table, ``row_store`` its store.
        units: numbers of the same containers in their own geography.
        starts: where each table begins; ``ends`` the same as a list, and where the last one ends.
    """

    guest: Index
    store: Index
    first: Index
    rows: Index
    table: Index
    row_store: Index
    units: Index
    starts: Index
    ends: Sequence[int]

    def of_store(self, store: int) -> list[int]:
        """The tables that a store serves."""
        tables: list[int] = (self.store == store).nonzero()[0].tolist()
        return tables

    def guests(self, store: int) -> set[Guest]:
        """The batches that a store serves."""
        numbers: list[int] = self.guest[self.store == store].tolist()
        return {Guest(*divmod(number, _GUESTS)) for number in numbers}

    def stores_of(self, guest: Guest) -> list[int]:
        """Places of the stores that serve a batch."""
        number = guest.geography * _GUESTS + guest.key
        places: list[int] = self.store[self.guest == number].tolist()
        return places

    def containers(self, table: int) -> Index:
        """The containers of a table, as they are numbered in its geography."""
        return self.units[self.ends[table] : self.ends[table + 1]]


class Seating:
    """The tables of a company.

    Args:
        fish: all fish of the company.
        is_fed: for each geography, of every stage, whether its fish are fed.
        store_at: for each geography, of every container, the place of the store that serves it.
    """

    def __init__(
        self, fish: Fish, is_fed: Sequence[NDArray[np.bool_]], store_at: Sequence[Index]
    ) -> None:
        self._fish = fish
        self._is_fed = np.concatenate(is_fed)
        geography = np.repeat(np.arange(len(is_fed)), np.diff(fish.starts))
        self._from_container = fish.starts[geography]
        self._from_stage = offsets([len(stages) for stages in is_fed])[geography]
        served = np.concatenate(store_at)
        self._stages, self._stores = len(self._is_fed), int(served.max(initial=-1)) + 1
        self._key = geography * _GUESTS * self._stages * self._stores + served
        self.tables = self.lay()

    def lay(self) -> Tables:
        """Lay the tables anew."""
        fish, stages, stores = self._fish, self._stages, self._stores
        rows = (fish.batch >= 0).nonzero()[0]
        stage = fish.stage.take(rows) + self._from_stage.take(rows)
        fed = self._is_fed.take(stage)
        rows, stage = rows[fed], stage[fed]
        key = (fish.batch.take(rows) * stages + stage) * stores + self._key.take(rows)
        order = key.argsort(kind="stable")
        rows, key = rows.take(order), key.take(order)
        begins = np.ones(len(rows), dtype=np.bool_)
        begins[1:] = key[1:] != key[:-1]
        starts, table = begins.nonzero()[0], begins.cumsum() - 1
        head = key.take(starts)
        store = head % stores
        self.tables = Tables(
            guest=head // (stages * stores),
            store=store,
            first=rows.take(starts),
            rows=rows,
            table=table,
            row_store=store.take(table),
            units=rows - self._from_container.take(rows),
            starts=starts,
            ends=[*starts.tolist(), len(rows)],
        )
        return self.tables
