"""Rows of an SQLite database as canonical integers.

A row costs what its Python objects cost, so nothing is fetched that one condition can tell (see
:func:`fixed_columns`), and text is translated once per distinct value.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta, timezone

import numpy as np

from persistence.digest import text_hash
from persistence.mapping import Mapping, Target
from persistence.readback.base import Batch, Span, fixed_columns
from sim.facts import NULL, Ints, quantise, scale_of

_BATCH = 1 << 15
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


class _Translations(dict[str | None, int]):
    """The canonical integers of the texts seen so far."""

    def __init__(self, translate: Callable[[str], int]) -> None:
        super().__init__({None: NULL})
        self._translate = translate

    def __missing__(self, text: str | None) -> int:
        if len(self) > 1 << 20:  # each fish may have its own name: start again
            self.clear()
            self[None] = NULL
        value = self[text] = NULL if text is None else self._translate(text)
        return value


def _instant(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=timezone.utc) - _EPOCH) // _MICROSECOND


def _day(text: str) -> int:
    return _instant(text) // 86_400_000_000


def _clock(text: str) -> int:
    at = time.fromisoformat(text)
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


class SqliteReader:
    """Reads the tables of one open database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._translations = {
            "time": _Translations(_instant),
            "date": _Translations(_day),
            "clock": _Translations(_clock),
            "text": _Translations(text_hash),
        }
        self._translations["json"] = self._translations["text"]

    def parts(self, mapping: Mapping, rows: int) -> list[Span]:
        """Divide a table into pieces of about so many rows, as ranges of its rowid."""
        query = f'SELECT coalesce(max(rowid), 0) FROM "{mapping.table}"'  # noqa: S608
        (last,) = self._connection.execute(query).fetchone()
        return [(first, first + rows - 1) for first in range(1, last + 1, rows)]

    def read(
        self,
        mapping: Mapping,
        span: Span | None = None,
        *,
        part: Span | None = None,
        ids: bool = False,
    ) -> Iterator[Batch]:
        """Read a table: all of it, or the ids of a span, or one of its parts, or both."""
        own = mapping.targets[mapping.own].name if mapping.own is not None else None
        conditions, bounds = [], []
        for name, limits in (("rowid", part), (f'"{own}"', span)):
            if limits is not None:
                conditions.append(f"{name} BETWEEN ? AND ?")
                bounds += limits
        where = "WHERE " + " AND ".join(conditions) if conditions else ""
        fixed = self._fixed(mapping, where, bounds)
        wanted = [position for position in mapping.digested if position not in fixed]
        names = [mapping.targets[position].name for position in wanted]
        if ids and own is not None:
            names.append(own)
        listed = ", ".join(f'"{name}"' for name in names)
        cursor = self._connection.cursor()
        cursor.arraysize = _BATCH
        cursor.execute(f'SELECT {listed} FROM "{mapping.table}" {where}', bounds)  # noqa: S608
        while fetched := cursor.fetchmany():
            values = list(zip(*fetched, strict=True))
            columns = {
                position: self._column(mapping.targets[position], column)
                for position, column in zip(wanted, values, strict=False)
            }
            columns |= {position: target.constant for position, target in fixed.items()}
            yield Batch(
                len(fetched),
                np.array(values[-1], dtype=np.int64) if ids and own is not None else None,
                columns,
            )

    def _fixed(self, mapping: Mapping, where: str, bounds: Sequence[int]) -> dict[int, Target]:
        """The fixed columns, if every row keeps to them."""
        fixed = fixed_columns(mapping)
        if not fixed:
            return {}
        kept = " AND ".join(
            f'"{target.name}" IS {_literal(target.constant)}' for target in fixed.values()
        )
        other = f"{where} AND NOT ({kept})" if where else f"WHERE NOT ({kept})"
        query = f'SELECT 1 FROM "{mapping.table}" {other} LIMIT 1'  # noqa: S608
        return {} if self._connection.execute(query, bounds).fetchone() else fixed

    def _column(self, target: Target, values: Sequence[object]) -> Ints:
        if target.type in self._translations:
            translate = self._translations[target.type].__getitem__
            return np.fromiter(map(translate, values), np.int64, len(values))  # type: ignore[arg-type]
        if target.type in ("int", "bool"):
            if target.nullable:
                values = [NULL if value is None else value for value in values]
            return np.array(values, dtype=np.int64)
        return quantise(np.array(values, dtype=np.float64), scale_of(target.type))


def _literal(value: int | str | None) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
