"""Canonical columns as the values of an SQLite INSERT.

One statement carries many rows, which beats ``executemany``: the cost of a row is the cost of
binding its values. What is the same in all rows is bound once or written into the statement, and a
column that stands in two places is bound once, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from persistence.mapping import Mapping
from sim.facts import NULL, Column, Ints, Text, scale_of

Value = int | float | str | None

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
    """The rows of one block, ready to be bound: ``parameters`` gives them piece by piece."""

    def __init__(self, mapping: Mapping, columns: Sequence[Column], rows: int) -> None:
        self.rows = rows
        slots: list[str | int] = []  # SQL text, or the number of the array or shared value
        arrays: list[list[Value]] = []
        shared: list[Value] = []
        where: dict[tuple[int, str], int] = {}
        for target, column in zip(mapping.targets, columns, strict=True):
            if isinstance(column, np.ndarray | Text):
                same = (id(column), target.type)
                if same not in where:
                    where[same] = len(arrays)
                    arrays.append(array_values(target.type, column))
                slots.append(where[same])
            else:
                value = scalar_value(target.type, column)
                if value is None or target.field is None:
                    slots.append(literal(value))
                else:
                    shared.append(value)
                    slots.append(-len(shared))
        self.width = len(arrays)
        self.shared = shared
        self.slots = tuple(slots)
        self.flat: list[Value] = [None] * (rows * self.width)
        for position, listed in enumerate(arrays):
            self.flat[position :: self.width] = listed

    def parameters(self, start: int, rows: int) -> list[Value]:
        """Give what to bind for some rows."""
        bound = self.flat[start * self.width : (start + rows) * self.width]
        return self.shared + bound if self.shared else bound

    def values_clause(self, rows: int) -> str:
        """Write the VALUES clause for so many rows."""
        return _values_clause(self.slots, len(self.shared), self.width, rows)


@lru_cache(maxsize=512)
def _values_clause(slots: tuple[str | int, ...], shared: int, width: int, rows: int) -> str:
    def name(slot: str | int, row: int) -> str:
        if isinstance(slot, str):
            return slot
        return f"?{-slot}" if slot < 0 else f"?{shared + row * width + slot + 1}"

    return ",".join(f"({','.join(name(slot, row) for slot in slots)})" for row in range(rows))


def literal(value: Value) -> str:
    """Write a value as SQL text."""
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)
