"""From global keys to the ids of one database, and back.

An operational row's id lies in a block that is reserved for its key (:mod:`persistence.blocks`),
but for models that a wiped run left: their ids are noted when they are taken up
(:mod:`persistence.stores.outliving`). Master data and infrastructure may have been in the database
before, under any id, so theirs are looked up.
Where another column says which kind's key a column holds, each kind's rows are looked up in its own
table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from persistence.blocks import NONE, IdBlocks
from persistence.digest import integers
from persistence.mapping import Pick, Rows, mapping_of, tables_by_role
from sim.facts import NULL, Column, Ints

_DENSE = 1 << 22

Reserve = Callable[[Mapping[str, int]], Mapping[str, IdBlocks]]
"""Reserves ids for the keys of some tables up to the given ones; gives all their blocks then."""


class Keys:
    """The ids of one run in one database.

    Attributes:
        blocks: the ids that are reserved, by table.
        placed: for tables of master data and infrastructure, the id by global key; -1 where none.
        adopted: for tables of models, by global key, the ids of rows that were there before.
    """

    def __init__(
        self, blocks: Mapping[str, IdBlocks] | None = None, reserve: Reserve | None = None
    ) -> None:
        self.blocks: Mapping[str, IdBlocks] = blocks or {}
        self._reserve = reserve
        self.placed: dict[str, Ints] = {
            table: np.zeros(0, dtype=np.int64) for table in tables_by_role("master", "site")
        }
        self.adopted: dict[str, dict[int, int]] = {}
        self._moved: dict[str, Ints] = {}
        self._inverse: dict[str, _Inverse] = {}

    def need(self, last: Mapping[str, int]) -> None:
        """Reserve ids for keys up to the given ones, by table, where there are none yet.

        Raises:
            ValueError: nothing can be reserved, because these keys are only read with.
        """
        short = {
            table: key for table, key in last.items() if key > self.blocks.get(table, NONE).last_key
        }
        if not short:
            return
        if self._reserve is None:
            raise ValueError(f"a row of {min(short)} is referred to whose id was never reserved")
        self.blocks = {**self.blocks, **self._reserve(short)}

    def need_for(self, states: Iterable[Rows]) -> None:
        """Reserve what rows need at once that are there together."""
        last: dict[str, int] = {}
        for rows in states:
            if rows.rows and rows.mapping.own is not None and rows.table not in self.placed:
                last[rows.table] = max(int(rows.keys.max()), last.get(rows.table, -1))
        self.need(last)

    def fresh(self, table: str, keys: Ints) -> Ints:
        """Give the ids that rows have when the run inserts them, reserving what is not reserved."""
        if not len(keys):
            return keys
        self.need({table: int(keys.max())})
        return self.blocks[table].ids(keys)

    def own(self, table: str, ids: Ints) -> NDArray[np.bool_]:
        """Tell which rows of a table the run inserted, or may insert."""
        return self.blocks.get(table, NONE).own(ids)

    def adopt(self, table: str, ids: Mapping[int, int]) -> None:
        """Note, by global key, which rows that were there before are the run's from now on."""
        adopted = self.adopted[table] = {**self.adopted.get(table, {}), **ids}
        moved = self._moved[table] = np.full(max(adopted) + 1, -1, dtype=np.int64)
        moved[list(adopted)] = list(adopted.values())
        self._inverse.pop(table, None)

    def place(self, table: str, keys: Ints, ids: Ints) -> None:
        """Note where rows of master data or infrastructure are."""
        known = self.placed[table]
        size = max(len(known), int(keys.max()) + 1 if len(keys) else 0)
        grown = np.full(size, -1, dtype=np.int64)
        grown[: len(known)] = known
        grown[keys] = ids
        self.placed[table] = grown
        self._inverse.pop(table, None)

    def ids(self, table: str, keys: Ints) -> Ints:
        """Find the ids of rows by their global keys; NULL stays NULL.

        Raises:
            ValueError: a key belongs to no row of master data or infrastructure.
        """
        if not len(keys):
            return keys
        absent = keys == NULL if keys.min() == NULL else None
        if absent is not None and absent.all():
            return keys
        if table in self.placed:
            known = self.placed[table]
            safe = keys if absent is None else np.where(absent, keys.max(), keys)
            if safe.min() < 0 or safe.max() >= len(known) or (known[safe] < 0).any():
                raise ValueError(f"a row of {table} is referred to that was never placed")
            ids = known[safe]
        else:
            ids = self.fresh(table, keys)
            if table in self._moved:
                moved = self._moved[table]
                near = np.clip(keys, 0, len(moved) - 1)
                ids = np.where((near == keys) & (moved[near] >= 0), moved[near], ids)
        return ids if absent is None else np.where(absent, NULL, ids)

    def resolve(self, rows: Rows) -> list[Column]:
        """Give the rows' columns with ids in place of global keys."""
        columns: list[Column] = []
        done: dict[tuple[int, str], Column] = {}
        for position, (target, column) in enumerate(
            zip(rows.mapping.targets, rows.columns, strict=True)
        ):
            if target.pick is not None and column is not None:
                deciding = rows.columns[rows.mapping.position(target.pick.by)]
                columns.append(self._picked_ids(rows, target.pick, deciding, column))
                continue
            table = rows.table if position == rows.mapping.own else _table(target.refers)
            if table is None or column is None:
                columns.append(column)
                continue
            name = (id(column), table)
            if name not in done:
                done[name] = self._column(table, column)
            columns.append(done[name])
        return columns

    def _picked_ids(self, rows: Rows, pick: Pick, deciding: Column, column: Column) -> Ints:
        """Find the ids of rows of several kinds."""
        keys = integers(column, rows.rows)
        ids = np.full(rows.rows, NULL, dtype=np.int64)
        found = keys == NULL
        for kind, mine in pick.divide(integers(deciding, rows.rows)):
            ids[mine] = self.ids(mapping_of(kind).table, keys[mine])
            found |= mine
        if not found.all():
            raise ValueError(f"a row of {rows.table} has a {pick.by} that picks no kind of key")
        return ids

    def picked_global_keys(self, pick: Pick, deciding: Ints, ids: Ints) -> Ints:
        """Find the global keys of rows of several kinds: the way back.

        Where nothing is picked, the number is one that only the id decides.
        """
        keys = np.where(ids == NULL, NULL, -2 - ids)
        for kind, mine in pick.divide(deciding):
            keys[mine] = self.global_keys(mapping_of(kind).table, ids[mine])
        return keys

    def _column(self, table: str, column: Column) -> Column:
        if isinstance(column, np.ndarray):
            return self.ids(table, column)
        if not isinstance(column, int):
            raise TypeError(f"a key of {table} must be an integer")
        return int(self.ids(table, np.array([column], dtype=np.int64))[0])

    def global_keys(self, table: str, ids: Ints) -> Ints:
        """Find the global keys of rows by their ids: the way back.

        A row that is not the run's becomes a negative number that only its id decides, so that it
        is the same whenever it is asked for.
        """
        if not len(ids):
            return ids
        absent = ids == NULL if ids.min() == NULL else None
        if table in self.placed:
            keys = self._back(table, ids)
        else:
            keys = self.blocks.get(table, NONE).keys(ids)
            if table in self.adopted:
                old = ~self.own(table, ids) & (ids != NULL)
                keys[old] = self._back(table, ids[old])
        return keys if absent is None else np.where(absent, NULL, keys)

    def _back(self, table: str, ids: Ints) -> Ints:
        if table not in self._inverse:
            known = self.placed[table] if table in self.placed else self._moved[table]
            keys = np.flatnonzero(known >= 0)
            self._inverse[table] = _Inverse(known[keys], keys)
        return self._inverse[table].keys(ids)


class _Inverse:
    """The keys of ids that lie anywhere."""

    def __init__(self, ids: Ints, keys: Ints) -> None:
        self._first = int(ids.min()) if len(ids) else 0
        spread = int(ids.max()) - self._first + 1 if len(ids) else 0
        # Mostly they lie close together, and a table is ten times faster than a search.
        self._dense: Ints | None = None
        if spread <= _DENSE:
            self._dense = np.full(spread + 1, -1, dtype=np.int64)  # the last one is for all others
            self._dense[ids - self._first] = keys
        order = np.argsort(ids)
        self._ids, self._keys = ids[order], keys[order]

    def keys(self, ids: Ints) -> Ints:
        """Find the keys; a foreign id becomes a negative number."""
        if self._dense is not None:
            places = ids - self._first
            last = len(self._dense) - 1
            found = self._dense[np.where((places < 0) | (places > last), last, places)]
        else:
            places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
            found = np.where(self._ids[places] == ids, self._keys[places], -1)
        return np.where(found < 0, -2 - ids, found) if found.min() < 0 else found


def _table(kind: str | None) -> str | None:
    return mapping_of(kind).table if kind else None
