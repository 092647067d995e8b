"""The metadata that every table joins, the names of its keys, and the two kinds of table.

Names of constraints and indexes are a function of table and columns alone and are the same on
every database, so that a loader can ask the catalogue what is already there.
"""

import zlib
from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import (
    Constraint,
    Dialect,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

NAME_LIMIT = 63  # PostgreSQL silently cuts what is longer, and two names may then be one


def name_of(table: str, parts: Iterable[str], suffix: str) -> str:
    """Name a key, constraint or index, shortened with a checksum where PostgreSQL would cut it."""
    name = "_".join((table, *parts, suffix))
    if len(name) <= NAME_LIMIT:
        return name
    tail = f"_{zlib.crc32(name.encode()):08x}_{suffix}"
    return name[: NAME_LIMIT - len(tail)] + tail


def _unique_name(constraint: Constraint, table: Table) -> str:
    columns = cast("UniqueConstraint", constraint).columns
    return name_of(table.name, (column.name for column in columns), "key")


def _reference_name(constraint: Constraint, table: Table) -> str:
    return name_of(table.name, cast("ForeignKeyConstraint", constraint).column_keys, "fkey")


def _index_name(index: Index, table: Table) -> str:
    columns = (column.name for column in index.columns)
    return name_of(table.name, columns, "key" if index.unique else "idx")


METADATA = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "uq": "%(unique_name)s",
        "fk": "%(reference_name)s",
        "ix": "%(index_name)s",
        "unique_name": _unique_name,
        "reference_name": _reference_name,
        "index_name": _index_name,
    }
)


def entity(name: str, *items: SchemaItem) -> Table:
    """Declare a table whose rows may still change: its keys stand from the start."""
    return Table(name, METADATA, *items, info={"fact": False})


def fact(name: str, *items: SchemaItem) -> Table:
    """Declare a table that is loaded in bulk: created bare, it gets its keys after the load."""
    table = Table(name, METADATA, *items, info={"fact": True})
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            constraint.ddl_if(callable_=_stands_in_create_table)
    return table


def is_fact(table: Table) -> bool:
    """Tell whether the table is created bare."""
    return bool(table.info["fact"])


def is_created_with_table(constraint: Constraint, dialect: str) -> bool:
    """Tell whether a primary key or UNIQUE stands in CREATE TABLE, or is added after the load."""
    table = constraint.table
    if not is_fact(table):
        return True
    # A single INTEGER PRIMARY KEY is SQLite's rowid: it costs nothing, and cannot be added later.
    return dialect == "sqlite" and constraint is table.primary_key and len(table.primary_key) == 1


def _stands_in_create_table(
    ddl: object,  # noqa: ARG001  (the signature is SQLAlchemy's)
    target: Any,
    *_: object,
    dialect: Dialect,
    **__: object,
) -> bool:
    return is_created_with_table(target, dialect.name)
