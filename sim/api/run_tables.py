"""A run's tables, read from its databases: the rows that the run wrote, of all of them together.

Master data is the same in every database of a run and is read once. Operational rows are found by
the run's blocks of ids, the others by its ledger, since a live AquaMind has rows of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    Numeric,
    false,
    or_,
    select,
    type_coerce,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.types import NullType

from persistence import ledger
from persistence.blocks import NONE
from persistence.kpi import measure_databases
from persistence.ledger import Run
from persistence.mapping import Mapping as Rule
from persistence.mapping import mappings, tables_by_role
from persistence.schema import TABLES
from persistence.stores import StoreError, mask, open_source
from persistence.stores.placing import load_keys
from sim.api.table import DTYPES, Kind, Table, TableColumn

__all__ = ["measure_databases", "read_table", "table_names"]

_FETCH = 20_000
_KINDS: Sequence[tuple[Any, Kind]] = (
    (Boolean, "bool"),
    (Integer, "int"),
    (Float, "float"),
    (Numeric, "float"),
    (DateTime, "time"),
    (Date, "date"),
)


def table_names() -> tuple[str, ...]:
    """The tables that a run's databases have, AquaMind's and Smoltflow's own."""
    return tuple(sorted(TABLES))


def read_table(urls: Sequence[str], identity: str, name: str) -> Table:
    """Read a table of a run.

    Args:
        urls: all of the run's databases.
        identity: the run's.
        name: the table's.

    Raises:
        StoreError: a database cannot be read, or has no such run.
    """
    once = name in tables_by_role("master")
    parts = []
    for url in urls[:1] if once else urls:
        with closing(open_source(url)) as source, source.explained():
            run = ledger.find_run(source.connection, identity)
            if run is None:
                raise StoreError(f"{mask(url)}: there is no such run in this database")
            parts.append(_read(source.connection, run, TABLES[name]))
    return Table(
        name,
        {
            column: TableColumn(
                parts[0][column].kind,
                np.concatenate([part[column].values for part in parts]),
                np.concatenate([part[column].absent for part in parts]),
            )
            for column in parts[0]
        },
    )


def _read(connection: Connection, run: Run, table: SqlTable) -> dict[str, TableColumn]:
    """Read the run's rows, in order of their primary key."""
    # As the driver has them: many rows at a time are converted sooner than each value.
    query = select(
        *(type_coerce(column, NullType()).label(column.name) for column in table.columns)
    )
    rule = _rules().get(table.name)
    ids = None
    if rule is None and "run_id" in table.columns:
        query = query.where(table.c.run_id == run.run_id)
    elif rule is not None and rule.identity is not None:
        own = table.columns[rule.targets[rule.identity].name]
        ids = _listed(connection, run, rule)
        if ids is None:
            blocks = ledger.id_blocks(connection, run.run_id).get(str(rule.identifying), NONE)
            query = query.where(or_(false(), *(own.between(*span) for span in blocks.spans)))
    found = connection.execute(query.order_by(*table.primary_key))
    pieces = []
    while rows := found.fetchmany(_FETCH):
        lists = zip(*rows, strict=True)
        pieces.append([_column(c, v) for c, v in zip(table.columns, lists, strict=True)])
    columns = {
        column.name: _joined(_kind(column), [piece[place] for piece in pieces])
        for place, column in enumerate(table.columns)
    }
    if ids is None or rule is None or rule.identity is None:
        return columns
    mine = np.isin(columns[rule.targets[rule.identity].name].values, ids)
    return {
        name: TableColumn(column.kind, column.values[mine], column.absent[mine])
        for name, column in columns.items()
    }


@cache
def _rules() -> Mapping[str, Rule]:
    return {rule.table: rule for rule in mappings()}


def _listed(connection: Connection, run: Run, rule: Rule) -> np.ndarray[Any, Any] | None:
    """The ids of the run's rows, for tables in which they may be anywhere."""
    table = str(rule.identifying)
    keys = load_keys(connection, run)
    if table in keys.placed:
        return keys.placed[table]
    if table not in keys.adopted:
        return None
    return keys.ids(table, np.arange(keys.blocks[table].last_key + 1))


def _kind(column: Column[Any]) -> Kind:
    return next((kind for type_, kind in _KINDS if isinstance(column.type, type_)), "text")


def _column(column: Column[Any], values: Sequence[Any]) -> TableColumn:
    """Some values of a column, as the driver has them."""
    kind = _kind(column)
    if isinstance(column.type, JSON):
        values = [None if value is None else _json(value) for value in values]
    elif kind == "text":
        values = [None if value is None else str(value) for value in values]
    elif kind == "time":
        values = [_in_utc(value) for value in values]
    return TableColumn.of(kind, values)


def _json(value: Any) -> str:
    document = json.loads(value) if isinstance(value, str) else value
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def _in_utc(value: Any) -> Any:
    """An instant without its zone: NumPy has none."""
    aware = isinstance(value, datetime) and value.tzinfo is not None
    return value.astimezone(UTC).replace(tzinfo=None) if aware else value


def _joined(kind: Kind, pieces: Sequence[TableColumn]) -> TableColumn:
    if not pieces:
        return TableColumn(kind, np.empty(0, DTYPES[kind]), np.empty(0, np.bool_))
    return TableColumn(
        kind,
        np.concatenate([piece.values for piece in pieces]),
        np.concatenate([piece.absent for piece in pieces]),
    )
