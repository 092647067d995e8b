"""The digests of a run while it is being written: facts add up, states replace each other.

A fact is written once, so its digest is added. An entity's state replaces its earlier state, so the
tally remembers each entity's current row digest (16 bytes) and swaps it. At any moment the tally
equals what recomputing from the database's rows must give.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from persistence.digest import Digest, Words, merge, row_digests, total
from persistence.ledger import CommittedChunk
from persistence.mapping import Rows
from sim.facts import Chunk, Ints


@dataclass(slots=True)
class ChunkTally:
    """What one chunk changes, kept apart until the chunk is committed."""

    facts: dict[str, Digest] = field(default_factory=dict)
    entities: dict[str, Digest] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    unkeyed: set[str] = field(default_factory=set)
    rows: int = 0
    states: list[tuple[str, Ints, Words, Words]] = field(default_factory=list)

    def append(self, rows: Rows) -> None:
        """Take in appended facts."""
        self.rows += rows.rows
        self._note_keys(rows)
        digest = Digest.of(rows.digested, rows.rows)
        self.facts[rows.table] = self.facts.get(rows.table, Digest()) + digest

    def put(self, rows: Rows) -> None:
        """Take in the states of entities.

        Raises:
            ValueError: one entity has two states in the same block.
        """
        self.rows += rows.rows
        self._note_keys(rows)
        keys = rows.keys
        if len(np.unique(keys)) != len(keys):
            raise ValueError(f"a block of {rows.mapping.kind.name} has two states of one entity")
        high, low = row_digests(rows.digested, rows.rows)
        digest = Digest(rows.rows, total(high, low))
        self.entities[rows.table] = self.entities.get(rows.table, Digest()) + digest
        self.states.append((rows.table, keys, high, low))

    def span(self, chunk: Chunk) -> CommittedChunk:
        """What the ledger keeps of the chunk."""
        return CommittedChunk(
            geography=chunk.geography,
            from_day=chunk.from_day,
            to_day=chunk.to_day,
            rows=self.rows,
            facts=self.facts,
            entities=self.entities,
            last=self.last,
            unkeyed=frozenset(self.unkeyed),
        )

    def _note_keys(self, rows: Rows) -> None:
        if not rows.rows or rows.mapping.kind.role == "site":
            return  # who placed them has noted their keys
        if rows.mapping.own is None:
            self.unkeyed.add(rows.table)
        else:
            highest = int(rows.keys.max())
            self.last[rows.table] = max(highest, self.last.get(rows.table, -1))


class _States:
    """The current row digest of every row of one table, indexed by global key.

    Attributes:
        known: which keys have a row; ``theirs`` which rows somebody else's are, and stay.
    """

    def __init__(self) -> None:
        self.high: Words = np.zeros(0, dtype=np.uint64)
        self.low: Words = np.zeros(0, dtype=np.uint64)
        self.known: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self.theirs: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)

    def put(self, keys: Ints, high: Words, low: Words) -> None:
        self._grow(keys)
        mine = ~self.theirs[keys]
        keys = keys[mine]
        self.high[keys], self.low[keys], self.known[keys] = high[mine], low[mine], True

    def place(self, keys: Ints, high: Words, low: Words, theirs: NDArray[np.bool_]) -> None:
        self._grow(keys)
        new = ~self.known[keys]
        self.put(keys[new], high[new], low[new])
        self.theirs[keys] = theirs

    def _grow(self, keys: Ints) -> None:
        needed = int(keys.max()) + 1 if len(keys) else 0
        if needed <= len(self.known):
            return
        size = max(needed + needed // 8, 1024)
        for name in ("high", "low", "known", "theirs"):
            old = getattr(self, name)
            grown = np.zeros(size, dtype=old.dtype)
            grown[: len(old)] = old
            setattr(self, name, grown)

    def digest(self) -> Digest:
        return Digest(int(self.known.sum()), total(self.high, self.low))


class Tally:
    """The digests of everything placed and committed, table by table."""

    def __init__(self) -> None:
        self._facts: dict[str, Digest] = {}
        self._states: dict[str, _States] = {}

    def place(
        self, table: str, keys: Ints, high: Words, low: Words, theirs: NDArray[np.bool_]
    ) -> None:
        """Count rows of master data or infrastructure that are there before the first chunk.

        They are given by their global keys and the halves of their digests; what was counted before
        is not counted again. No chunk changes ``theirs``, which are somebody else's.
        """
        self._states.setdefault(table, _States()).place(keys, high, low, theirs)

    def changeable(self, rows: Rows) -> Rows:
        """Those of some rows that are not somebody else's."""
        states = self._states.get(rows.table)
        if states is None or not states.theirs.any():
            return rows
        return rows.part(np.flatnonzero(~states.theirs[rows.keys]))

    def apply(self, draft: ChunkTally) -> None:
        """Count a chunk that is committed."""
        self._facts = merge((self._facts, draft.facts))
        for table, keys, high, low in draft.states:
            self._states.setdefault(table, _States()).put(keys, high, low)

    def digests(self) -> dict[str, Digest]:
        """Give the digest of each table as it stands."""
        return self._facts | {table: states.digest() for table, states in self._states.items()}
