"""All columns of all rows of databases as a number per table, whatever ids the rows were given.

Worked out apart from the run's digests, in plain Python from what SQL gives: a row is its values,
with what it refers to instead of its ids. Only what tells of the process and not of the farm is
left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Date,
    DateTime,
    Double,
    Numeric,
    Table,
    Time,
    inspect,
)

from persistence.schema.base import METADATA
from persistence.stores import open_source

Sums = dict[str, tuple[int, int]]
"""Per table: how many rows, and the sum of their hashes."""

LEFT_OUT = {
    "smoltflow_run": {"run_id", "manifest", "id_base", "status", "seal"},
    "smoltflow_chunk": {"run_id"},
    "smoltflow_key": {"run_id", "id"},
    "auth_user": {"password"},
    "finance_intercompanytransaction": {"object_id"},  # of one table or another
}
TABLES_LEFT_OUT = {"smoltflow_block"}  # which ids were reserved: other ones after a resume
SOFT = {
    ("batch_actualdailyassignmentstate", "planned_activity_id"): "planning_plannedactivity",
    ("batch_liveforwardprojection", "temp_profile_id"): "scenario_temperatureprofile",
    (
        "environmental_environmentalreading",
        "batch_container_assignment_id",
    ): "batch_batchcontainerassignment",
    ("finance_factharvest", "dim_batch_id"): "batch_batch",
}
"""References that AquaMind's schema does not declare."""

_MODULUS = 2**64
_FETCHED = 10_000


def sums(urls: Iterable[str]) -> Sums:
    """The sums of some databases, added up."""
    found: Sums = {}
    for url in urls:
        with closing(open_source(url)) as source:
            for name, (rows, total) in _of(source.connection).items():
                before = found.get(name, (0, 0))
                found[name] = (before[0] + rows, (before[1] + total) % _MODULUS)
    return found


def differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    """The tables that are not equal."""
    return [
        f"{name}: {left.get(name, (0,))[0]} rows and {right.get(name, (0,))[0]}"
        for name in sorted(left.keys() | right.keys())
        if left.get(name) != right.get(name)
    ]


def rows_of(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    """The rows of a table, each value as the same text or number on every database."""
    columns = list(table.columns)
    said = ", ".join(_selected(column, connection.dialect.name) for column in columns)
    result = connection.execution_options(stream_results=True).exec_driver_sql(
        f'SELECT {said} FROM "{table.name}"'  # noqa: S608 - names of our own schema
    )
    shaped = [_shape(column) for column in columns]
    while some := result.fetchmany(_FETCHED):
        for row in some:
            yield tuple(shape(value) for shape, value in zip(shaped, row, strict=True))


def _selected(column: Column[Any], dialect: str) -> str:
    """A column in SQL."""
    name, kind = f'"{column.name}"', column.type
    if dialect == "postgresql":
        if isinstance(kind, DateTime):
            return f"CAST({name} AT TIME ZONE 'UTC' AS text)"
        return f"CAST({name} AS text)" if isinstance(kind, Date | Time | Numeric | JSON) and not (
            isinstance(kind, Double)
        ) else name  # fmt: skip
    if isinstance(kind, Numeric) and not isinstance(kind, Double):
        return f"CASE WHEN {name} IS NOT NULL THEN printf('%.{kind.scale}f', {name}) END"
    return name


def _shape(column: Column[Any]) -> Callable[[Any], Any]:
    """What makes a value of a column the same on every database."""
    kind = column.type
    if isinstance(kind, DateTime | Time):
        return _short_time
    if isinstance(kind, JSON):
        return _sorted_json
    if isinstance(kind, Double):
        return lambda value: None if value is None else float(value)
    return lambda value: int(value) if isinstance(value, bool) else value


def _short_time(value: str | None) -> str | None:
    return value.rstrip("0").rstrip(".") if value and "." in value else value


def _sorted_json(value: str | None) -> str | None:
    return None if value is None else json.dumps(json.loads(value), sort_keys=True)


def _of(connection: Connection) -> Sums:
    there = set(inspect(connection).get_table_names())
    tables = [t for t in METADATA.sorted_tables if t.name in there - TABLES_LEFT_OUT]
    targets = {name for table in tables for name in _references(table).values()}
    known: dict[str, dict[Any, bytes]] = {}
    late: list[tuple[str, bytes, str, Any]] = []
    found: Sums = {}
    for table in tables:
        places = {column.name: place for place, column in enumerate(table.columns)}
        refs = [(places[name], target) for name, target in _references(table).items()]
        hidden = {places[name] for name in LEFT_OUT.get(table.name, set()) & places.keys()}
        own = _own_key(table)
        generated = {places[c.name] for c in table.columns if c.identity is not None}
        hashes: dict[Any, bytes] = {}
        count = total = 0
        for row in rows_of(connection, table):
            values = [None if i in hidden | generated else v for i, v in enumerate(row)]
            coming = []
            for place, target in refs:
                if target in known and row[place] is not None:
                    values[place] = known[target].get(row[place], b"nobody")
                elif row[place] is not None:
                    values[place] = b"later"
                    coming.append((target, row[place]))
            digest = blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=8).digest()
            late += [(table.name, digest, target, id_) for target, id_ in coming]
            if table.name in targets and own is not None:
                hashes[row[places[own]]] = digest
            count, total = count + 1, total + int.from_bytes(digest)
        known[table.name] = hashes
        if count:
            found[table.name] = (count, total % _MODULUS)
    for name, digest, target, id_ in late:  # circles of tables, and rows of their own table
        pair = digest + known.get(target, {}).get(id_, b"nobody")
        more = int.from_bytes(blake2b(pair, digest_size=8).digest())
        found[name] = (found[name][0], (found[name][1] + more) % _MODULUS)
    return found


def _references(table: Table) -> dict[str, str]:
    """Each column that refers to a row, and the table of that row."""
    declared = {
        column.name: key.column.table.name
        for column in table.columns
        for key in column.foreign_keys
    }
    soft = {column: target for (name, column), target in SOFT.items() if name == table.name}
    return declared | soft


def _own_key(table: Table) -> str | None:
    """The column that references to a table hold."""
    generated = [column.name for column in table.columns if column.identity is not None]
    shared = [column.name for column in table.primary_key.columns if column.foreign_keys]
    return next(iter(generated + shared), None)
