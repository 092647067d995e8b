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
        rows: containers, table after table, with their ``row_store``; ``units`` their numbers in
            their own geography.
        starts, sizes: where each table begins, and how many containers it has; ``ends`` where each
            begins and the last one ends.
    """

    guest: Index
    store: Index
    first: Index
    rows: Index
    row_store: Index
    units: Index
    starts: Index
    sizes: Index
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
        stage = fish.stage + self._from_stage
        rows = (self._is_fed.take(stage) & (fish.batch >= 0)).nonzero()[0]
        key = fish.batch.take(rows) * stages
        key += stage.take(rows)
        key *= stores
        key += self._key.take(rows)
        order = key.argsort(kind="stable")
        rows, key = rows.take(order), key.take(order)
        begins = np.ones(len(rows) + 1, dtype=np.bool_)
        begins[1:-1] = key[1:] != key[:-1]
        ends = begins.nonzero()[0]
        starts, sizes = ends[:-1], ends[1:] - ends[:-1]
        head = key.take(starts)
        store = head % stores
        self.tables = Tables(
            guest=head // (stages * stores),
            store=store,
            first=rows.take(starts),
            rows=rows,
            row_store=store.repeat(sizes),
            units=rows - self._from_container.take(rows),
            starts=starts,
            sizes=sizes,
            ends=ends.tolist(),
        )
        return self.tables
