"""Rows of a PostgreSQL database as canonical integers.

The server turns every column into numbers of one width and gathers those of some pages of the table
into one array per column. An array of fixed width is something that NumPy can look at; a message
per row would cost more than all the rest. Absent values are written as the lowest number of their
type, which is what -infinity is for dates and times.

A text's number is computed by the server as the digest does it. Texts repeat, and MD5 is dear, so
that the commonest values of a column are compared first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from persistence.blocks import Span
from persistence.digest import text_hash
from persistence.mapping import Mapping, TableTarget
from persistence.readback.base import RowBatch, fixed_columns
from sim.facts import NULL, Column, Ints, scale_of

_PAGES = 500  # pages gathered at a time: some 30,000 rows
_ROWS_PER_PAGE = 60
_ARRAY_HEADER = 20  # dimensions, flags, type, length, lower bound
_COMMON = 8
_SAMPLE = 20_000
_SHIFTS = {"date": 10_957, "time": 10_957 * 86_400_000_000}  # PostgreSQL counts from 2000-01-01


@dataclass(frozen=True, slots=True)
class _NumberColumn:
    """A column as the server sends it."""

    expression: sql.Composable
    width: int = 8
    shift: int = 0

    def decode(self, array: bytes) -> Ints:
        """Turn an array that was sent into canonical integers."""
        element = np.dtype([("length", ">i4"), ("value", f">i{self.width}")])
        sent: NDArray[Any] = np.frombuffer(array, dtype=element, offset=_ARRAY_HEADER)["value"]
        values = sent.astype(np.int64)
        absent = values == np.iinfo(sent.dtype).min
        if self.shift:
            values += self.shift
        if absent.any():
            values[absent] = NULL
        return values


class PostgresqlReader:
    """Reads the tables of one open database."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def parts(self, mapping: Mapping, rows: int) -> list[Span]:
        """Divide a table into ranges of its pages, of about so many rows."""
        step = max(rows // _ROWS_PER_PAGE, 1)
        pages = self._pages(mapping.table)
        return [(first, min(first + step, pages) - 1) for first in range(0, pages, step)]

    def read(
        self,
        mapping: Mapping,
        spans: Sequence[Span] | None = None,
        *,
        part: Span | None = None,
        ids: bool = False,
    ) -> Iterator[RowBatch]:
        """Read a table: all of it, or the ids of some spans, or one of its parts, or both."""
        fixed = fixed_columns(mapping)
        own = mapping.own if ids else None
        whole = self._numbers(mapping, (), own)
        usual = self._numbers(mapping, fixed, own)
        first, last = part or (0, self._pages(mapping.table) - 1)
        for page in range(first, last + 1, _PAGES):
            where = _where(mapping, spans, (page, min(page + _PAGES - 1, last)))
            found = self._gather(mapping, usual, where, _deviates(fixed))
            if found is None:  # some row has another value in a column that should be fixed
                columns = self._gather(mapping, whole, where, sql.SQL("false")) or {}
            else:
                constants = {position: target.constant for position, target in fixed.items()}
                columns = {**found, **constants} if found else {}
            if columns:
                rows = next(len(c) for c in columns.values() if isinstance(c, np.ndarray))
                row_ids = columns.pop(own) if own is not None else None
                yield RowBatch(rows, row_ids if isinstance(row_ids, np.ndarray) else None, columns)

    def _pages(self, table: str) -> int:
        """Count the pages of a table, or of its largest partition: each has a first page."""
        query = (
            "SELECT max(pg_relation_size(part)) / current_setting('block_size')::int"
            " FROM (SELECT %(table)s::regclass AS part UNION ALL"
            " SELECT inhrelid FROM pg_inherits WHERE inhparent = %(table)s::regclass) AS parts"
        )
        found = self._connection.execute(query, {"table": table}).fetchone()
        return int(found[0]) if found else 0

    def _gather(
        self,
        mapping: Mapping,
        numbers: dict[int, _NumberColumn],
        where: sql.Composable,
        deviates: sql.Composable,
    ) -> dict[int, Column] | None:
        """Fetch columns of some rows; nothing at all where a row deviates, {} for no rows."""
        query = sql.SQL("SELECT count(*) FILTER (WHERE {}), {} FROM {} {}").format(
            deviates,
            sql.SQL(", ").join(
                sql.SQL("array_agg({})").format(number.expression) for number in numbers.values()
            ),
            sql.Identifier(mapping.table),
            where,
        )
        with self._connection.cursor(binary=True) as cursor:
            result = cursor.execute(query).pgresult
            if result is None:
                raise psycopg.InternalError("the server sent no result")
            arrays = [result.get_value(0, place) for place in range(1 + len(numbers))]
        if arrays[0] != bytes(8):
            return None
        return {
            position: number.decode(array)
            for (position, number), array in zip(numbers.items(), arrays[1:], strict=True)
            if array is not None
        }

    def _numbers(
        self, mapping: Mapping, without: Sequence[int] | dict[int, TableTarget], own: int | None
    ) -> dict[int, _NumberColumn]:
        """Write the digest's columns, but some, as numbers; and the id, if it is asked for."""
        wanted = [position for position in mapping.digested if position not in without]
        if not wanted:
            wanted = list(mapping.digested)
        numbers = {
            position: self._number(mapping, mapping.targets[position]) for position in wanted
        }
        return numbers | ({own: _plain(mapping.targets[own])} if own is not None else {})

    def _number(self, mapping: Mapping, target: TableTarget) -> _NumberColumn:
        if target.type in ("text", "json"):
            return _NumberColumn(self._text(mapping, target))
        return _plain(target)

    def _text(self, mapping: Mapping, target: TableTarget) -> sql.Composable:
        """Write the number of a text, its commonest values without computing MD5."""
        column = sql.Identifier(target.name)
        query = sql.SQL(
            "SELECT value FROM (SELECT {} AS value FROM {} LIMIT {}) AS sample"
            " WHERE value IS NOT NULL GROUP BY value ORDER BY count(*) DESC LIMIT {}"
        ).format(
            sql.SQL("{}::text").format(column),
            sql.Identifier(mapping.table),
            sql.Literal(_SAMPLE),
            sql.Literal(_COMMON),
        )
        kind = sql.SQL("jsonb" if target.type == "json" else "text")
        common = [
            sql.SQL("WHEN {} = {}::{} THEN {}").format(
                column, sql.Literal(text), kind, sql.SQL(f"({text_hash(text)})::int8")
            )
            for (text,) in self._connection.execute(query).fetchall()
        ]
        return sql.SQL(
            "CASE WHEN {0} IS NULL THEN {1} {2}"
            " ELSE ('x' || substr(md5({0}::text), 1, 16))::bit(64)::int8 END"
        ).format(column, sql.SQL(_LOWEST), sql.SQL(" ").join(common))


_LOWEST = "('-9223372036854775808')::int8"
_EXPRESSIONS = {
    "int": "{}::int8",
    "bool": "{}::int4::int8",
    "clock": "(extract(epoch FROM {}) * 1000000)::int8",
    # One that is no multiple of the last place is a number that only the value itself decides.
    "real": (
        "CASE WHEN ({0} * 1000000::float8)::int8 / 1000000::float8 = {0}"
        " THEN ({0} * 1000000::float8)::int8"
        " ELSE ('x' || substr(md5({0}::text), 1, 16))::bit(64)::int8 END"
    ),
}


def _plain(target: TableTarget) -> _NumberColumn:
    """Write the number of a column that is no text."""
    column = sql.Identifier(target.name)
    if target.type in _SHIFTS:
        name, width = ("date", 4) if target.type == "date" else ("timestamptz", 8)
        expression: sql.Composable = column
        if target.nullable:
            expression = sql.SQL(
                f"CASE WHEN {{0}} = '-infinity' THEN 'infinity'"
                f" ELSE coalesce({{0}}, '-infinity'::{name}) END"
            ).format(column)
        return _NumberColumn(expression, width, _SHIFTS[target.type])
    if target.type.startswith("decimal:"):
        form = f"({{}} * {10 ** scale_of(target.type)})::int8"
    else:
        form = _EXPRESSIONS[target.type]
    if target.nullable:
        form = f"coalesce({form}, {_LOWEST})"
    return _NumberColumn(sql.SQL(form).format(column))


def _where(mapping: Mapping, spans: Sequence[Span] | None, part: Span) -> sql.Composable:
    pages = (sql.Literal(f"({page},0)") for page in (part[0], part[1] + 1))
    conditions: list[sql.Composable] = [
        sql.SQL("ctid >= {}::tid AND ctid < {}::tid").format(*pages)
    ]
    if spans is not None and mapping.whose is not None:
        key = sql.Identifier(mapping.targets[mapping.whose].name)
        ranges = [sql.SQL("{} BETWEEN {} AND {}").format(key, *span) for span in spans]
        conditions.append(sql.SQL("({})").format(sql.SQL(" OR ").join(ranges)))
    return sql.SQL("WHERE {}").format(sql.SQL(" AND ").join(conditions))


def _deviates(fixed: dict[int, TableTarget]) -> sql.Composable:
    """Write the condition that a row has another value in one of the fixed columns."""
    if not fixed:
        return sql.SQL("false")
    return sql.SQL(" OR ").join(
        sql.SQL("{} IS DISTINCT FROM {}").format(
            sql.Identifier(target.name),
            sql.Literal(bool(target.constant) if target.type == "bool" else target.constant),
        )
        for target in fixed.values()
    )
