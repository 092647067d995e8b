"""The database keeps its own promises: keys, references, columns that may not be empty, choices.

A key or reference that the database declares and has checked holds for all rows; what is left to
look at is that each one is there. SQLite takes references on trust while it loads, so there they
are looked up row by row (``PRAGMA foreign_key_check``). Choices are data to AquaMind's forms and
unknown to the database.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

from sqlalchemy import Table, UniqueConstraint

from persistence.checks.rule import SHOWN, Finding, offenders
from persistence.checks.session import Session
from persistence.schema import TABLES

Key = tuple[str, ...]
"""What a key is: table, kind, columns in order, and for a reference its target."""


def keys(session: Session) -> list[Finding]:
    """Compare the schema's keys, references and NOT NULLs with the database's catalogue."""
    expected = {
        "keys.unique": set(_uniques()),
        "keys.references": set(_references()),
        "columns.required": set(_required()),
    }
    found = _SQLITE if session.dialect == "sqlite" else _POSTGRESQL
    nouns = {
        "keys.unique": ("Every primary key and unique key of the schema is there", "keys"),
        "keys.references": ("Every foreign key of the schema is there and checked", "references"),
        "columns.required": ("Every column that must have a value says so", "columns"),
    }
    findings = []
    for name, wanted in expected.items():
        began = time.perf_counter()
        missing = sorted(wanted - set(found[name](session)))
        says, noun = nouns[name]
        rows = tuple(f"{table}: {' '.join(words)} is missing" for table, *words in missing[:SHOWN])
        seconds = time.perf_counter() - began
        findings.append(
            Finding(name, "integrity", says, noun, len(missing), len(wanted), rows, seconds)
        )
    return findings


def references(session: Session) -> list[Finding]:
    """Look up every reference on SQLite; PostgreSQL has done so for each valid foreign key."""
    if session.dialect != "sqlite":
        return []
    began = time.perf_counter()
    bad = session.rows("SELECT * FROM pragma_foreign_key_check() LIMIT 1000")
    rows = tuple(
        f"{row[0]} row {row[1]}: there is no such row in {row[2]}" for row in bad[:SHOWN]
    )
    wanted = len(set(_references()))
    seconds = time.perf_counter() - began
    return [
        Finding(
            "keys.lookup",
            "integrity",
            "Every reference leads to a row",
            "references",
            len(bad),
            wanted,
            rows,
            seconds,
        )
    ]


def choices(session: Session) -> list[Finding]:
    """Look for values that AquaMind's forms do not offer."""
    began = time.perf_counter()
    bad, checked, rows = 0, 0, []
    for table in TABLES.values():
        for column in table.columns:
            offered = column.info.get("choices")
            if not offered:
                continue
            checked += 1
            listed = ", ".join(f"'{choice}'" for choice in offered)
            count, shown = offenders(
                session,
                f"SELECT '{table.name}.{column.name}' AS \"column\", \"{column.name}\" AS value"  # noqa: S608
                f' FROM {table.name} WHERE "{column.name}" NOT IN ({listed})',
            )
            bad += count
            rows += shown
    seconds = time.perf_counter() - began
    says = "A column with choices has no other value"
    found = tuple(rows[:SHOWN])
    return [
        Finding("columns.choices", "integrity", says, "columns", bad, checked, found, seconds)
    ]


def _uniques() -> Iterator[Key]:
    for table in TABLES.values():
        yield table.name, "primary key", *(column.name for column in table.primary_key)
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint):
                yield table.name, "unique", *(column.name for column in constraint.columns)
        for index in table.indexes:
            if index.unique:
                yield table.name, "unique where", *(column.name for column in index.columns)


def _references() -> Iterator[Key]:
    for table in TABLES.values():
        for constraint in table.foreign_key_constraints:
            for element in constraint.elements:
                target = element.column
                yield table.name, element.parent.name, "to", target.table.name, target.name


def _required() -> Iterator[Key]:
    for table in TABLES.values():
        for column in table.columns:
            if not column.nullable:
                yield table.name, column.name


def _sqlite_uniques(session: Session) -> Iterator[Key]:
    for table in TABLES.values():
        owned = session.rows(f"SELECT name, pk FROM pragma_table_info('{table.name}')")  # noqa: S608
        primary = [name for name, place in sorted(owned, key=lambda row: row[1]) if place]
        yield table.name, "primary key", *primary
        query = f'SELECT name, partial FROM pragma_index_list(\'{table.name}\') WHERE "unique"'  # noqa: S608
        for index, partial in session.rows(query):
            listed = session.rows(f"SELECT name FROM pragma_index_info('{index}') ORDER BY seqno")  # noqa: S608
            columns = [row[0] for row in listed]
            yield table.name, "unique where" if partial else "unique", *columns
            # The key of a table that is loaded bare stands in an index of its own.
            if not primary and columns == _primary_key(table):
                yield table.name, "primary key", *columns


def _primary_key(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _sqlite_references(session: Session) -> Iterator[Key]:
    for table in TABLES:
        query = f'SELECT "from", "table", "to" FROM pragma_foreign_key_list(\'{table}\')'  # noqa: S608
        for column, target, to in session.rows(query):
            yield table, column, "to", target, to or "id"


def _sqlite_required(session: Session) -> Iterator[Key]:
    for table in TABLES:
        query = f'SELECT name, "notnull", pk FROM pragma_table_info(\'{table}\')'  # noqa: S608
        for name, required, place in session.rows(query):
            if required or place:
                yield table, name


_CONSTRAINTS = """
    SELECT r.relname, c.contype, pg_get_constraintdef(c.oid), c.convalidated
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
    WHERE pg_table_is_visible(r.oid)
"""
_INDEXES = """
    SELECT r.relname, x.indisprimary, x.indpred IS NOT NULL,
           array(SELECT pg_get_indexdef(x.indexrelid, n, TRUE)
                 FROM generate_series(1, x.indnkeyatts) n)
    FROM pg_index x JOIN pg_class r ON r.oid = x.indrelid
    WHERE x.indisunique AND x.indisvalid AND pg_table_is_visible(r.oid)
"""
_COLUMNS = """
    SELECT r.relname, a.attname FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid
    WHERE a.attnotnull AND a.attnum > 0 AND pg_table_is_visible(r.oid)
"""
_REFERENCE = re.compile(r"FOREIGN KEY \((.+?)\) REFERENCES (\S+?)\((.+?)\)")


def _postgresql_uniques(session: Session) -> Iterator[Key]:
    for table, primary, partial, columns in session.rows(_INDEXES):
        names = [column.strip('"') for column in columns]
        kind = "primary key" if primary else "unique where" if partial else "unique"
        yield table, kind, *names


def _postgresql_references(session: Session) -> Iterator[Key]:
    for table, kind, definition, valid in session.rows(_CONSTRAINTS):
        found = _REFERENCE.search(definition)
        if kind in ("f", b"f") and valid and found:
            column, target, to = (name.strip('"') for name in found.groups())
            yield table, column, "to", target.rpartition(".")[2], to


def _postgresql_required(session: Session) -> Iterator[Key]:
    for table, column in session.rows(_COLUMNS):
        yield table, column


_Look = Callable[[Session], Iterator[Key]]
_SQLITE: dict[str, _Look] = {
    "keys.unique": _sqlite_uniques,
    "keys.references": _sqlite_references,
    "columns.required": _sqlite_required,
}
_POSTGRESQL: dict[str, _Look] = {
    "keys.unique": _postgresql_uniques,
    "keys.references": _postgresql_references,
    "columns.required": _postgresql_required,
}
