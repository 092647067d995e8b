"""Blocks of ids: which ids of a table are a run's, and which global keys they stand for.

A run reserves ids before it writes rows, a block at a time, and the ledger keeps the blocks. A row
is the run's if its id lies in one of them, whatever else is in the table: others may insert beside
it at any time. Keys are reserved in order and without gaps; in a database that nobody else writes
to, the blocks continue each other and are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.facts import NULL, Ints

Span = tuple[int, int]
"""The first and the last id of a range, both included."""


@dataclass(frozen=True, slots=True)
class IdBlock:
    """The ids from ``first_id`` on, for the global keys ``first_key`` to ``last_key``."""

    first_key: int
    last_key: int
    first_id: int

    @property
    def last_id(self) -> int:
        """The last of the ids."""
        return self.first_id + self.last_key - self.first_key

    def continues(self, other: IdBlock) -> bool:
        """Whether it begins, in keys and ids, where another one ends."""
        return self.first_key == other.last_key + 1 and self.first_id == other.last_id + 1


def _joined(blocks: Iterable[IdBlock]) -> Iterator[IdBlock]:
    current: IdBlock | None = None
    for block in blocks:
        if current is None:
            current = block
        elif block.continues(current):
            current = IdBlock(current.first_key, block.last_key, current.first_id)
        else:
            yield current
            current = block
    if current is not None:
        yield current


class IdBlocks:
    """The blocks of a run in one table.

    Attributes:
        blocks: in the order of their keys, joined where they continue each other.
        last_key: the highest key that has an id; -1 if none has.
    """

    def __init__(self, blocks: Iterable[IdBlock] = ()) -> None:
        self.blocks = tuple(_joined(sorted(blocks, key=lambda block: block.first_key)))
        self.last_key = self.blocks[-1].last_key if self.blocks else -1
        self._first_keys = np.array([block.first_key for block in self.blocks], dtype=np.int64)
        self._shifts = np.array(
            [block.first_id - block.first_key for block in self.blocks], dtype=np.int64
        )
        by_id = sorted(self.blocks, key=lambda block: block.first_id)
        self._first_ids = np.array([block.first_id for block in by_id], dtype=np.int64)
        self._last_ids = np.array([block.last_id for block in by_id], dtype=np.int64)
        self._back = np.array([block.first_key - block.first_id for block in by_id], dtype=np.int64)

    @property
    def whole(self) -> bool:
        """Whether no key up to the last one lacks an id."""
        return sum(block.last_key - block.first_key + 1 for block in self.blocks) == (
            self.last_key + 1
        )

    @property
    def spans(self) -> list[Span]:
        """The ranges of ids, in their order."""
        return list(zip(self._first_ids.tolist(), self._last_ids.tolist(), strict=True))

    def ids(self, keys: Ints) -> Ints:
        """Find the ids of keys, all of which have one; what stands for NULL becomes anything."""
        if len(self.blocks) == 1:
            ids: Ints = keys + self._shifts[0]
            return ids
        at = np.maximum(np.searchsorted(self._first_keys, keys, side="right") - 1, 0)
        return keys + self._shifts[at]

    def keys(self, ids: Ints) -> Ints:
        """Find the keys of ids; one that is in no block becomes a negative number of its own."""
        if len(self.blocks) == 1 and self._all_in(ids):
            keys: Ints = ids + self._back[0]
            return keys
        at, mine = self._find(ids)
        foreign = -2 - np.where(ids == NULL, 0, ids)
        return np.where(mine, ids + self._back[at], foreign) if self.blocks else foreign

    def own(self, ids: Ints) -> NDArray[np.bool_]:
        """Tell which ids lie in a block."""
        return self._find(ids)[1]

    def _all_in(self, ids: Ints) -> bool:
        if not len(ids):
            return True
        return bool(ids.min() >= self._first_ids[0] and ids.max() <= self._last_ids[0])

    def _find(self, ids: Ints) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if not self.blocks:
            return np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=np.bool_)
        at = np.maximum(np.searchsorted(self._first_ids, ids, side="right") - 1, 0)
        return at, (ids >= self._first_ids[at]) & (ids <= self._last_ids[at])


NONE = IdBlocks()


def within(expression: str, spans: Iterable[Span]) -> str:
    """Write as SQL that a number is in one of some ranges."""
    parts = [f"{expression} BETWEEN {first} AND {last}" for first, last in spans]
    if not parts:
        return "1 = 0"
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def outside(expression: str, spans: Iterable[Span]) -> str:
    """Write as SQL that a number is in none of some ranges, so that an index on it helps."""
    gaps, after = [], None
    for first, last in sorted(spans):
        low = "" if after is None else f"{expression} > {after} AND "
        gaps.append(f"{low}{expression} < {first}")
        after = last
    if after is None:
        return "1 = 1"
    gaps.append(f"{expression} > {after}")
    return f"({' OR '.join(f'({gap})' for gap in gaps)})"
