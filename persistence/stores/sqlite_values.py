"""Canonical columns as the values of an SQLite INSERT.

One statement carries many rows, which beats ``executemany``: the cost of a row is the cost of
making and binding its values. So few are made. What is the same in all rows is bound once or
written into the statement, and a column that stands in two places is bound once, too. Ids that go
up in equal steps are counted by the statement from the first of them. And where columns change only
every so many rows (a sensor's readings of a day, the meals of a ring), a value is bound once for
such a group of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from persistence.mapping import Mapping
from sim.facts import NULL, Column, Ints, Text, scale_of

Value = int | float | str | None
Slot = tuple[Literal["sql"], str] | tuple[Literal["shared", "row", "group", "count"], int]
"""Where a column's value comes from: SQL text, the number of a shared value, of a column that is
bound per row or per group of rows, or the step from row to row."""

_GROUPED_FROM = 1024  # rows; in small blocks a statement of its own costs more than it saves
_LARGEST_GROUP = 24  # hours of a day; a group of the widest table still fits into any statement

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_STEPS = (_DAY, 3600 * _SECOND, 60 * _SECOND)


def array_values(kind: str, column: Ints | Text) -> list[Value]:
    """Turn a column of a canonical type into what SQLite stores."""
    if isinstance(column, Text):
        dictionary = np.array([*column.values, None], dtype=object)
        return dictionary[column.codes].tolist()  # type: ignore[no-any-return]
    return _present(kind, column)


def scalar_value(kind: str, value: int | str | None) -> Value:
    """Turn one value of a canonical type into what SQLite stores."""
    if value is None or isinstance(value, str):
        return value
    return _present(kind, np.array([value], dtype=np.int64))[0]


def _present(kind: str, column: Ints) -> list[Value]:
    """Convert an array, its NULLs to None."""
    if not len(column) or column.min() != NULL:
        return _convert(kind, column)
    absent = column == NULL
    if absent.all():
        return [None] * len(column)
    converted = _convert(kind, np.where(absent, column.max(), column))
    for position in np.flatnonzero(absent).tolist():
        converted[position] = None
    return converted


def _convert(kind: str, column: Ints) -> list[Value]:
    if kind in ("int", "bool"):
        return column.tolist()  # type: ignore[no-any-return]
    if kind in ("date", "time", "clock"):
        return _as_text(kind, column)
    # An integer divided by a power of ten is the float nearest to the decimal.
    return (column / 10.0 ** scale_of(kind)).tolist()  # type: ignore[no-any-return]


def _as_text(kind: str, column: Ints) -> list[Value]:
    """Write dates and times as text, once per distinct value."""
    if kind == "date":
        column = column * _DAY
    lowest = int(column.min()) if len(column) else 0
    since = column - lowest
    for step in _STEPS:
        index = since // step
        if int(index.max(initial=0)) < 4096 and bool((index * step == since).all()):
            distinct = lowest + step * np.arange(int(index.max(initial=0)) + 1)
            break
    else:
        distinct, index = np.unique(column, return_inverse=True)
    found: list[Value] = _written(kind, distinct)[index].tolist()
    return found


def _written(kind: str, instants: Ints) -> NDArray[np.object_]:
    if (instants % _SECOND).any():
        raise ValueError("times are recorded to the second")
    instants_us: NDArray[np.datetime64] = instants.astype("M8[us]")
    texts = np.datetime_as_string(instants_us, unit="D" if kind == "date" else "s").tolist()
    if kind == "clock":
        texts = [text[11:] for text in texts]
    return np.array([text.replace("T", " ") for text in texts], dtype=object)


class Insert:
    """The rows of one block, ready to be bound: ``parameters`` gives them piece by piece.

    Attributes:
        rows: how many there are.
        group: pieces must start at and consist of a multiple of so many rows.
        values: how many values are bound for a group of rows, and ``shared`` for a statement.
    """

    def __init__(self, mapping: Mapping, columns: Sequence[Column], rows: int) -> None:
        self.rows = rows
        spans = _spans(columns, rows) if rows >= _GROUPED_FROM else {}
        self.group = _group(list(spans.values()))
        slots: list[Slot] = []
        by_row: list[list[Value]] = []
        by_group: list[list[Value]] = []
        self._shared: list[Value] = []
        self._first, self._step = 0, 0
        where: dict[tuple[int, str], Slot] = {}
        for position, (target, column) in enumerate(zip(mapping.targets, columns, strict=True)):
            if isinstance(column, np.ndarray | Text):
                if position == mapping.own and isinstance(column, np.ndarray):
                    self._step = _step(column)
                    if self._step:
                        self._first = int(column[0])
                        slots.append(("count", self._step))
                        continue
                same = (id(column), target.type)
                if same not in where:
                    if self.group > 1 and spans[id(column)] % self.group == 0:
                        where[same] = ("group", len(by_group))
                        firsts = _every(column, self.group)
                        by_group.append(array_values(target.type, firsts))
                    else:
                        where[same] = ("row", len(by_row))
                        by_row.append(array_values(target.type, column))
                slots.append(where[same])
            else:
                value = scalar_value(target.type, column)
                if value is None or target.field is None:
                    slots.append(("sql", literal(value)))
                else:
                    slots.append(("shared", len(self._shared)))
                    self._shared.append(value)
        self._slots = tuple(slots)
        self._widths = (len(by_row), len(by_group))
        self._by_row, self._by_group = _interleaved(by_row), _interleaved(by_group)
        self.values = len(by_row) * self.group + len(by_group)
        self.shared = len(self._shared) + bool(self._step)

    def parameters(self, start: int, rows: int) -> list[Value]:
        """Give what to bind for some rows."""
        per_row, per_group = self._widths
        found = self._by_row[start * per_row : (start + rows) * per_row]
        if per_group:
            first, last = start // self.group, (start + rows) // self.group
            found += self._by_group[first * per_group : last * per_group]
        if self._step:
            return [*self._shared, self._first + self._step * start, *found]
        return self._shared + found if self._shared else found

    def values_clause(self, rows: int) -> str:
        """Write the VALUES clause for so many rows."""
        return _values_clause(self._slots, len(self._shared), self._widths, self.group, rows)


def _spans(columns: Sequence[Column], rows: int) -> dict[int, int]:
    """Find the largest number for each array, by its identity, that all its runs are multiples of.

    A run is as many rows as have the same value one after the other.
    """
    found: dict[int, int] = {}
    for column in columns:
        if isinstance(column, np.ndarray | Text) and id(column) not in found:
            listed = column.codes if isinstance(column, Text) else column
            changes = listed[1:] != listed[:-1]
            if 2 * np.count_nonzero(changes) > rows:
                found[id(column)] = 1
            else:
                found[id(column)] = int(np.gcd(rows, np.gcd.reduce(np.flatnonzero(changes) + 1)))
    return found


def _group(spans: Sequence[int]) -> int:
    """Choose the size of a group: the one that spares the most values."""
    sizes = sorted({size for span in spans for size in _divisors(span)} | {1})
    return max(sizes, key=lambda size: sum(1 - 1 / size for span in spans if span % size == 0))


@lru_cache(maxsize=1024)
def _divisors(span: int) -> list[int]:
    return [size for size in range(2, _LARGEST_GROUP + 1) if span % size == 0]


def _step(ids: Ints) -> int:
    """Tell by how much ids go up from row to row; 0 when that differs."""
    if len(ids) < 2:
        return 0
    step = int(ids[1] - ids[0])
    return step if step > 0 and bool((ids[1:] - ids[:-1] == step).all()) else 0


def _every(column: Ints | Text, group: int) -> Ints | Text:
    """Take the first of each group of rows."""
    return column.take(slice(None, None, group)) if isinstance(column, Text) else column[::group]


def _interleaved(columns: Sequence[list[Value]]) -> list[Value]:
    """Lay out columns of equal length row by row."""
    flat: list[Value] = [None] * sum(map(len, columns))
    for position, listed in enumerate(columns):
        flat[position :: len(columns)] = listed
    return flat


@lru_cache(maxsize=512)
def _values_clause(
    slots: tuple[Slot, ...], shared: int, widths: tuple[int, int], group: int, rows: int
) -> str:
    per_row, per_group = widths
    before = shared + any(slot[0] == "count" for slot in slots)

    def name(slot: Slot, row: int) -> str:
        if slot[0] == "sql":
            return slot[1]
        if slot[0] == "shared":
            return f"?{slot[1] + 1}"
        if slot[0] == "count":
            return f"?{shared + 1}+{row * slot[1]}" if row else f"?{shared + 1}"
        if slot[0] == "row":
            return f"?{before + row * per_row + slot[1] + 1}"
        return f"?{before + rows * per_row + row // group * per_group + slot[1] + 1}"

    return ",".join(f"({','.join(name(slot, row) for slot in slots)})" for row in range(rows))


def literal(value: Value) -> str:
    """Write a value as SQL text."""
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)
