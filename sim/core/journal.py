"""The journal: what happened, in one lane per geography.

A lane gives out the dense keys of its rows, holds the entities, collects the day's columns and the
single facts, and is cut into a :class:`~sim.facts.Chunk` at a chunk boundary. A lane that nobody
reads (a worker writes only its own) keeps its entities and keys, which the model needs, and drops
the facts. Who only tells and decides nothing asks ``recording`` first, and saves himself the work.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.clock import microseconds
from sim.facts import KINDS, NULL, Block, Column, Text, scale_of
from sim.facts.columns import check_change, check_new

READ_BACK = frozenset({"wait", "planned_activity", "creation_workflow", "temperature_profile"})
"""Kinds whose records the model or an observer looks up in a lane, however old they are."""

# Kinds with the columns of new records that were found in order: as many as there are callers.
_IN_ORDER: set[tuple[str, ...]] = set()

Value = int | float | str | bool | None
Columns = dict[str, NDArray[Any]]


@dataclass(slots=True, eq=False)
class Record:
    """One row whose latest state counts: its kind, its shard-local key and its values."""

    kind: str
    key: int
    values: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Cut:
    """What a lane collected in the days [from_day, to_day), before it is expanded.

    Attributes:
        tables: by name, columns end to end in the order they were told.
        singles: blocks of single facts; ``entities`` the state of all that changed.
    """

    from_day: int
    to_day: int
    tables: Mapping[str, Columns]
    singles: Sequence[Block]
    entities: Sequence[Block]

    def table(self, name: str) -> Columns:
        """The columns of a table; none if nothing was told."""
        return self.tables.get(name, {})

    @property
    def days(self) -> Columns:
        """What every occupied container did on every day."""
        return self.table("days")


@dataclass(slots=True)
class Lane:
    """The journal of one geography.

    Attributes:
        name: the geography's name; ``index`` its place in the scenario.
        recording: whether anybody reads the facts.
        records: every entity, by kind, in order of their keys, since :meth:`forget`.
        tables: what is expanded into facts later, by name: mappings of equally long arrays.
        singles: facts that come one by one, by kind.
    """

    name: str
    index: int
    recording: bool
    records: dict[str, list[Record]] = field(default_factory=dict)
    tables: dict[str, list[Columns]] = field(default_factory=dict)
    singles: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    _changed: dict[str, dict[int, Record]] = field(default_factory=dict)
    _forgotten: dict[str, int] = field(default_factory=dict)

    def create(self, kind: str, now: float, /, **values: Value) -> Record:
        """A new entity, born at ``now``; its key is the next of its kind.

        Raises:
            TypeError: the kind does not know a column, or one that it needs is missing.
        """
        if (kind, *values) not in _IN_ORDER:
            check_new(kind, values)
            _IN_ORDER.add((kind, *values))
        rows = self.records.setdefault(kind, [])
        record = Record(kind, self._forgotten.get(kind, 0) + len(rows), values)
        rows.append(record)
        if self.recording:
            if "created_at" in KINDS[kind].fields:
                values["created_at"] = values["updated_at"] = microseconds(now)
            self._note(record)
        return record

    def keyed(self, kind: str) -> Record:
        """A record of which only the key is needed, as no one reads the lane."""
        if self.recording:
            raise RuntimeError(f"a {kind} without columns in a lane that is recorded")
        rows = self.records.setdefault(kind, [])
        record = Record(kind, self._forgotten.get(kind, 0) + len(rows), {})
        rows.append(record)
        return record

    def change(self, record: Record, now: float, /, **values: Value) -> None:
        """New values of an entity; its last change is ``now``.

        Raises:
            TypeError: its kind does not know a column.
        """
        if not values.keys() <= record.values.keys():
            check_change(record.kind, values)
        record.values.update(values)
        if self.recording:
            if "updated_at" in record.values:
                record.values["updated_at"] = microseconds(now)
            self._note(record)

    def _note(self, record: Record) -> None:
        self._changed.setdefault(record.kind, {})[record.key] = record

    def table(self, name: str, columns: Columns) -> None:
        """Rows that an observer of the table's name will expand (``days``: all container-days)."""
        if self.recording:
            self.tables.setdefault(name, []).append(columns)

    def single(self, kind: str, *values: int) -> None:
        """One fact, its values in the order of the kind's fields."""
        if self.recording:
            self.singles.setdefault(kind, []).append(values)

    def cut(self, from_day: int, to_day: int) -> Cut:
        """Take what was collected since the last cut: that of the days [from_day, to_day)."""
        tables = {
            name: {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
            for name, parts in self.tables.items()
        }
        singles = [_single_block(kind, rows) for kind, rows in self.singles.items()]
        entities = [
            record_block(kind, [changed[key] for key in sorted(changed)])
            for kind, changed in sorted(self._changed.items())
        ]
        self.tables, self.singles, self._changed = {}, {}, {}
        return Cut(from_day, to_day, tables, singles, entities)

    def forget(self, kept: Collection[str]) -> None:
        """Let go of the records so far, but for those of ``kept`` kinds.

        Who still changes a record has it in his hands. Its key stays taken.
        """
        for kind, rows in self.records.items():
            if kind not in kept:
                self._forgotten[kind] = self._forgotten.get(kind, 0) + len(rows)
                rows.clear()


def _single_block(kind: str, rows: Sequence[tuple[int, ...]]) -> Block:
    table = np.array(rows, dtype=np.int64)
    if table.shape[1] != len(KINDS[kind].fields):
        raise TypeError(
            f"{kind}: {table.shape[1]} values for {len(KINDS[kind].fields)} columns,"
            f" {', '.join(KINDS[kind].fields)}"
        )
    columns: dict[str, Column] = {
        name: np.ascontiguousarray(table[:, index]) for index, name in enumerate(KINDS[kind].fields)
    }
    return Block(kind, len(rows), columns)


def record_block(kind: str, records: Sequence[Record]) -> Block:
    """A block of entities (or of master and site rows) in canonical integers."""
    columns: dict[str, Column] = {
        name: canonical_column(field_type, [record.values.get(name) for record in records])
        for name, field_type in KINDS[kind].fields.items()
    }
    columns["key"] = np.array([record.key for record in records], dtype=np.int64)
    return Block(kind, len(records), columns)


def canonical_column(field_type: str, values: Sequence[Value]) -> Column:
    """Plain values as canonical integers: decimals are given unscaled and rounded here."""
    if field_type in ("text", "json"):
        return Text.of([None if value is None else str(value) for value in values])
    if field_type == "real" or field_type.startswith("decimal:"):
        factor = float(10 ** scale_of(field_type))
        return np.array(
            [NULL if value is None else _half_away(float(value) * factor) for value in values],
            dtype=np.int64,
        )
    return np.array([NULL if value is None else int(value) for value in values], dtype=np.int64)


def _half_away(scaled: float) -> int:
    return int(scaled + 0.5) if scaled >= 0 else -int(0.5 - scaled)


def rows_of(kind: str, rows: Sequence[Mapping[str, Value]]) -> Block:
    """A block of master or site rows, keyed in the order given."""
    for columns in {tuple(row) for row in rows}:
        check_new(kind, columns, stamped=True)
    return record_block(kind, [Record(kind, key, dict(row)) for key, row in enumerate(rows)])
