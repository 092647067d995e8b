"""Master data and infrastructure: found by their natural keys, or inserted.

Rows that were there before the run keep their ids, and their contents too, because they belong to
whoever made them. Where that was an earlier run of Smoltflow, since wiped, they are brought up to
date: its scenario may have been another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, or_, select, update

from persistence.digest import Digest, Words, integers, row_digests, total
from persistence.keys import Keys
from persistence.ledger import Run, id_blocks
from persistence.mapping import Mapping, Rows
from persistence.readback import Reader, RowBatch, canonical
from persistence.schema import TABLES
from persistence.stores.errors import StoreError
from sim.facts import Ints

KEY = TABLES["smoltflow_key"]
LEFT_BEHIND = 0  # in place of a run's number: rows of runs that were wiped


@dataclass(frozen=True, slots=True)
class Found:
    """All rows of a table, as they stand in the database."""

    mapping: Mapping
    ids: Ints
    batches: tuple[RowBatch, ...]

    @classmethod
    def read(cls, reader: Reader, mapping: Mapping) -> Found:
        """Read them."""
        batches = tuple(reader.read(mapping, ids=True))
        ids = [batch.ids for batch in batches if batch.ids is not None]
        return cls(mapping, np.concatenate(ids) if ids else np.zeros(0, np.int64), batches)

    def column(self, position: int, keys: Keys) -> Ints:
        """Give one column over all rows, with global keys for references."""
        parts = [
            integers(canonical(self.mapping, batch, keys, position), batch.rows)
            for batch in self.batches
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Placed:
    """Rows of a block, in its order, as they stand in the database.

    Attributes:
        keys: their global keys; ``high`` and ``low`` their digests, in halves.
        theirs: whether they belong to somebody else, so that the run must not change them.
    """

    keys: Ints
    high: Words
    low: Words
    theirs: NDArray[np.bool_]

    @property
    def digest(self) -> Digest:
        """The digest of them all."""
        return Digest(len(self.keys), total(self.high, self.low))


@dataclass(frozen=True, slots=True)
class Placing:
    """Places the blocks of one run within the caller's transaction."""

    connection: Connection
    run: Run
    keys: Keys
    reader: Reader
    insert_rows: Callable[[Rows], None]
    update_rows: Callable[[Rows], None]

    def place(self, rows: Rows, geography: str, local: Ints) -> Placed:
        """Place the rows of one block; tell how they stand afterwards.

        Args:
            rows: the block's rows, with their global keys.
            geography: the geography whose they are, or '' for master data.
            local: their shard-local keys.
        """
        table, keys = rows.table, rows.keys
        high, low = row_digests(rows.digested, rows.rows)
        theirs = np.zeros(rows.rows, dtype=np.bool_)
        ids = self._noted(table, geography, local)
        fresh = ids is None
        if ids is not None and self.keys.own(table, ids).all():
            self.keys.place(table, keys, ids)
            return Placed(keys, high, low, theirs)
        found = Found.read(self.reader, rows.mapping)
        if ids is None:
            ids = self._match(rows, found)
        self.keys.place(table, keys, ids)
        inserted = self.keys.own(table, ids)
        old = np.flatnonzero(~inserted)
        stands, wanted = self._standing(rows, found, ids, old)
        left = np.isin(ids[old], self._left_behind(table))
        if fresh:
            self.insert_rows(rows.part(np.flatnonzero(inserted)))
            self._note(table, geography, local, ids)
            stale = (stands != wanted).any(axis=0) & left
            self.update_rows(rows.part(old[stale]))
            stands[:, stale] = wanted[:, stale]
        high[old], low[old] = row_digests(list(stands), len(old))
        theirs[old] = ~left
        return Placed(keys, high, low, theirs)

    def _noted(self, table: str, geography: str, local: Ints) -> Ints | None:
        """Find the ids noted when these rows were placed before; None if they were not."""
        query = select(KEY.c.k, KEY.c.id).where(
            KEY.c.run_id == self.run.run_id,
            KEY.c.table_name == table,
            KEY.c.geography == geography,
        )
        noted = {row.k: row.id for row in self.connection.execute(query)}
        if not noted:
            return None
        if sorted(noted) != sorted(local.tolist()):
            raise StoreError(f"{table}: this run placed other rows here before")
        return np.array([noted[k] for k in local.tolist()], dtype=np.int64)

    def _match(self, rows: Rows, found: Found) -> Ints:
        """Find the row with the same natural key, or reserve an id where there is none."""
        names = [target.name for target in rows.mapping.targets]
        positions = [names.index(name) for name in rows.mapping.natural]
        there = [found.column(position, self.keys).tolist() for position in positions]
        known: dict[tuple[int, ...], int] = {}
        for row_id, *natural in zip(found.ids.tolist(), *there, strict=True):
            known[tuple(natural)] = min(row_id, known.get(tuple(natural), row_id))
        sought = [integers(rows.columns[position], rows.rows).tolist() for position in positions]
        wanted = list(zip(*sought, strict=True))
        if len(set(wanted)) != len(wanted):
            raise StoreError(f"{rows.table}: two rows of the scenario have the same name")
        ids = np.array([known.get(name, -1) for name in wanted], dtype=np.int64)
        new = ids < 0
        ids[new] = self.keys.fresh(rows.table, rows.keys[new])
        return ids

    def _standing(
        self, rows: Rows, found: Found, ids: Ints, old: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the rows at ``old`` as they stand, and as the scenario has them."""
        order = np.argsort(found.ids)
        at = order[np.searchsorted(found.ids, ids[old], sorter=order)] if len(old) else old
        digested = rows.mapping.digested
        stands = [found.column(position, self.keys)[at] for position in digested]
        wanted = [integers(rows.columns[position], rows.rows)[old] for position in digested]
        return np.array(stands, dtype=np.int64), np.array(wanted, dtype=np.int64)

    def _note(self, table: str, geography: str, local: Ints, ids: Ints) -> None:
        notes = [
            {
                "run_id": self.run.run_id,
                "table_name": table,
                "geography": geography,
                "k": k,
                "id": row_id,
            }
            for k, row_id in zip(local.tolist(), ids.tolist(), strict=True)
        ]
        if notes:
            self.connection.execute(insert(KEY), notes)

    def _left_behind(self, table: str) -> list[int]:
        """Find the ids of rows that wiped runs left and no earlier run uses."""
        query = select(KEY.c.id).where(KEY.c.run_id == LEFT_BEHIND, KEY.c.table_name == table)
        used = select(KEY.c.id).where(
            KEY.c.run_id > LEFT_BEHIND,
            KEY.c.run_id < self.run.run_id,
            KEY.c.table_name == table,
        )
        return list(self.connection.execute(query.except_(used)).scalars())


def load_keys(connection: Connection, run: Run) -> Keys:
    """Load where a run's master data, infrastructure and models that were left are.

    Those of all geographies together.
    """
    lanes = {geography: lane for lane, geography in enumerate(run.spec.geographies)}
    noted: dict[str, list[tuple[int, int]]] = {}
    query = select(KEY.c.table_name, KEY.c.geography, KEY.c.k, KEY.c.id)
    for table, geography, k, row_id in connection.execute(query.where(KEY.c.run_id == run.run_id)):
        key = k if geography == "" else k * run.lanes + lanes[geography]
        noted.setdefault(table, []).append((key, row_id))
    keys = Keys(id_blocks(connection, run.run_id))
    for table, pairs in noted.items():
        if table in keys.placed:
            both = np.array(pairs, dtype=np.int64)
            keys.place(table, both[:, 0], both[:, 1])
        else:
            keys.adopt(table, dict(pairs))
    return keys


def leave_behind(connection: Connection, run: Run) -> None:
    """Keep in mind which master data and infrastructure a run inserted, when it is wiped."""
    mine = KEY.c.run_id == run.run_id
    for table, blocks in id_blocks(connection, run.run_id).items():
        inserted = or_(*(KEY.c.id.between(*span) for span in blocks.spans))
        connection.execute(
            update(KEY)
            .where(mine, KEY.c.table_name == table, inserted)
            .values(run_id=LEFT_BEHIND, geography="", k=KEY.c.id)
        )
    connection.execute(delete(KEY).where(mine))
