"""Rows of a PostgreSQL database as canonical integers.

The server turns every column into a number of fixed width, so that COPY's binary rows are an array
that NumPy can look at. Absent values are written as the lowest number of their type, which is what
-infinity is for dates and times.

A text's number is computed by the server as the digest does it. Texts repeat, and MD5 is dear, so
that the commonest values of a column are compared first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg import sql

from persistence.digest import text_hash
from persistence.mapping import Mapping, Target
from persistence.readback.base import Batch, Span, fixed_columns
from sim.facts import NULL, Column, Ints, scale_of

_BATCH = 1 << 16
_HEADER = 19  # signature, flags and the length of no extension
_COMMON = 8
_SAMPLE = 20_000
_SHIFTS = {"date": 10_957, "time": 10_957 * 86_400_000_000}  # PostgreSQL counts from 2000-01-01


@dataclass(frozen=True, slots=True)
class _Number:
    """A column as the server sends it."""

    expression: sql.Composable
    width: int = 8
    shift: int = 0

    def decode(self, sent: np.ndarray[tuple[int], np.dtype[np.signedinteger]]) -> Ints:
        """Turn what was sent into canonical integers."""
        lowest = np.iinfo(sent.dtype).min
        values = sent.astype(np.int64)
        absent = values == lowest
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
        query = "SELECT pg_relation_size(%s::regclass) / 8192"
        found = self._connection.execute(query, (mapping.table,)).fetchone()
        pages = int(found[0]) if found else 0
        step = max(rows // 50, 1)  # some fifty rows to a page
        parts = [(first, first + step - 1) for first in range(0, pages, step)] or [(0, 0)]
        # Partitions have pages of their own, and their parent none: leave the last part open.
        return [*parts[:-1], (parts[-1][0], (1 << 31) - 1)]

    def read(
        self,
        mapping: Mapping,
        span: Span | None = None,
        *,
        part: Span | None = None,
        ids: bool = False,
    ) -> Iterator[Batch]:
        """Read a table: all of it, or the ids of a span, or one of its parts, or both."""
        where = _where(mapping, span, part)
        fixed = self._fixed(mapping, where)
        wanted = [position for position in mapping.digested if position not in fixed]
        numbers = [self._number(mapping, mapping.targets[position]) for position in wanted]
        if ids and mapping.own is not None:
            numbers.append(_plain(mapping.targets[mapping.own]))
        if not numbers:
            numbers.append(_Number(sql.SQL("0::int8")))
        constants = {position: target.constant for position, target in fixed.items()}
        for rows in self._copy(mapping, numbers, where):
            values = [number.decode(rows[f"v{index}"]) for index, number in enumerate(numbers)]
            columns: dict[int, Column] = dict(zip(wanted, values, strict=False))
            found = values[-1] if ids and mapping.own is not None else None
            yield Batch(len(rows), found, columns | constants)

    def _copy(
        self, mapping: Mapping, numbers: list[_Number], where: sql.Composable
    ) -> Iterator[np.ndarray[tuple[int], np.dtype[np.void]]]:
        """Fetch the rows as records, a batch at a time."""
        fields = [("count", ">i2")]
        for index, number in enumerate(numbers):
            fields += [(f"l{index}", ">i4"), (f"v{index}", f">i{number.width}")]
        record = np.dtype(fields)
        query = sql.SQL("COPY (SELECT {} FROM {} {}) TO STDOUT (FORMAT binary)").format(
            sql.SQL(", ").join(number.expression for number in numbers),
            sql.Identifier(mapping.table),
            where,
        )
        with self._connection.cursor() as cursor, cursor.copy(query) as copy:
            received: list[bytes] = []
            skip = _HEADER
            for data in copy:
                received.append(bytes(data))
                if len(received) == _BATCH:
                    yield np.frombuffer(b"".join(received)[skip:], dtype=record)
                    received, skip = [], 0
            rest = b"".join(received)[skip:-2]
            if rest:
                yield np.frombuffer(rest, dtype=record)

    def _fixed(self, mapping: Mapping, where: sql.Composable) -> dict[int, Target]:
        """Give the fixed columns, if every row keeps to them."""
        fixed = fixed_columns(mapping)
        if not fixed:
            return {}
        kept = sql.SQL(" AND ").join(
            sql.SQL("{} IS NULL" if target.constant is None else "{} = {}").format(
                sql.Identifier(target.name), _literal(target)
            )
            for target in fixed.values()
        )
        query = sql.SQL("SELECT EXISTS (SELECT FROM {} {} NOT coalesce({}, false))").format(
            sql.Identifier(mapping.table),
            sql.SQL("{} AND").format(where) if where != sql.SQL("") else sql.SQL("WHERE"),
            kept,
        )
        found = self._connection.execute(query).fetchone()
        return fixed if found and not found[0] else {}

    def _number(self, mapping: Mapping, target: Target) -> _Number:
        if target.type in ("text", "json"):
            return _Number(self._text(mapping, target))
        return _plain(target)

    def _text(self, mapping: Mapping, target: Target) -> sql.Composable:
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
    "real": "({} * 1000000::float8)::int8",
}


def _plain(target: Target) -> _Number:
    """Write the number of a column that is no text."""
    column = sql.Identifier(target.name)
    if target.type in _SHIFTS:
        name, width = ("date", 4) if target.type == "date" else ("timestamptz", 8)
        expression: sql.Composable = column
        if target.nullable:
            expression = sql.SQL(f"coalesce({{}}, '-infinity'::{name})").format(column)
        return _Number(expression, width, _SHIFTS[target.type])
    if target.type.startswith("decimal:"):
        form = f"({{}} * {10 ** scale_of(target.type)})::int8"
    else:
        form = _EXPRESSIONS[target.type]
    if target.nullable:
        form = f"coalesce({form}, {_LOWEST})"
    return _Number(sql.SQL(form).format(column))


def _where(mapping: Mapping, span: Span | None, part: Span | None) -> sql.Composable:
    conditions: list[sql.Composable] = []
    if part is not None:
        conditions.append(
            sql.SQL(f"ctid >= '({part[0]},0)'::tid AND ctid < '({part[1] + 1},0)'::tid")
        )
    if span is not None and mapping.own is not None:
        own = sql.Identifier(mapping.targets[mapping.own].name)
        conditions.append(sql.SQL("{} BETWEEN {} AND {}").format(own, span[0], span[1]))
    if not conditions:
        return sql.SQL("")
    return sql.SQL("WHERE {}").format(sql.SQL(" AND ").join(conditions))


def _literal(target: Target) -> sql.Composable:
    if target.type == "bool":
        return sql.Literal(bool(target.constant))
    return sql.Literal(target.constant)
