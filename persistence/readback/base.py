"""The form in which rows come back from any database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from persistence.blocks import Span
from persistence.digest import integers
from persistence.keys import Keys
from persistence.mapping import Mapping, TableTarget, mapping_of
from sim.facts import Column, Ints


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Some rows of a table.

    Attributes:
        rows: how many.
        ids: their ids; None when the table has none or they were not asked for.
        columns: by position among the mapping's targets, for those that take part in the digest.
    """

    rows: int
    ids: Ints | None
    columns: dict[int, Column]


class Reader(Protocol):
    """Reads the tables of one open database."""

    def parts(self, mapping: Mapping, rows: int) -> list[Span]:
        """Divide a table into parts of about so many rows, for reading them in parallel."""

    def read(
        self,
        mapping: Mapping,
        spans: Sequence[Span] | None = None,
        *,
        part: Span | None = None,
        ids: bool = False,
    ) -> Iterator[RowBatch]:
        """Read a table: all of it, or the ids of some spans, or one of its parts, or both."""


def fixed_columns(mapping: Mapping) -> dict[int, TableTarget]:
    """Find the columns that are the same in every row that Smoltflow wrote.

    They are checked by one condition over the whole table and then left out of what is read.
    """
    return {
        position: target
        for position, target in enumerate(mapping.targets)
        if position in mapping.digested and target.field is None and target.refers is None
    }


def canonical(mapping: Mapping, batch: RowBatch, keys: Keys, position: int) -> Column:
    """Give one column of a batch, with global keys in place of ids."""
    column = batch.columns[position]
    target = mapping.targets[position]
    if target.pick is not None:
        by = canonical(mapping, batch, keys, mapping.position(target.pick.by))
        ids = integers(column, batch.rows)
        return keys.picked_global_keys(target.pick, integers(by, batch.rows), ids)
    if target.refers is None or not isinstance(column, np.ndarray):
        return column
    return keys.global_keys(mapping_of(target.refers).table, column)
