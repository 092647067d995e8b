"""The database keeps its own promises: keys, references, columns that may not be empty, choices.

A key or reference that the database declares and has checked holds for all rows; what is left to
look at is that each one is there. SQLite takes references on trust while it loads, so there they
are looked up row by row (``PRAGMA foreign_key_check``). Choices are data to AquaMind's forms and
unknown to the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import UniqueConstraint

from persistence.checks import postgresql_catalogue, sqlite_catalogue
from persistence.checks.rule import SHOWN, Finding, offenders
from persistence.checks.session import Session
from persistence.schema import TABLES

Entry = tuple[str, ...]
"""Something that a catalogue lists: its table, then words for what it is."""


def keys(session: Session) -> list[Finding]:
    """Compare the schema's keys, references and NOT NULLs with the database's catalogue."""
    there = sqlite_catalogue if session.dialect == "sqlite" else postgresql_catalogue
    return [
        _compare(session, *comparison)
        for comparison in (
            ("keys.unique", "Every primary and unique key of the schema is there", "keys",
             _uniques(), there.uniques),
            ("keys.references", "Every foreign key of the schema is there and valid", "references",
             _references(), there.references),
            ("columns.required", "Every column that must have a value says so", "columns",
             _required(), there.required),
        )
    ]  # fmt: skip


def _compare(
    session: Session,
    name: str,
    says: str,
    noun: str,
    schema: Iterable[Entry],
    catalogue: Callable[[Session], Iterable[Entry]],
) -> Finding:
    began = time.perf_counter()
    wanted = set(schema)
    missing = sorted(wanted.difference(catalogue(session)))
    rows = tuple(f"{table}: {' '.join(words)} is missing" for table, *words in missing[:SHOWN])
    seconds = time.perf_counter() - began
    return Finding(name, "integrity", says, noun, len(missing), len(wanted), rows, seconds)


def references(session: Session) -> list[Finding]:
    """Look up every reference on SQLite; PostgreSQL has done so for each valid foreign key."""
    if session.dialect != "sqlite":
        return []
    began = time.perf_counter()
    bad, rows = offenders(
        session,
        """
        SELECT "table" AS "table", "rowid" AS "row", parent AS "is not in"
        FROM pragma_foreign_key_check
        """,
    )
    seconds = time.perf_counter() - began
    wanted = len(set(_references()))
    says = "Every reference leads to a row"
    return [Finding("keys.lookup", "integrity", says, "references", bad, wanted, rows, seconds)]


def choices(session: Session) -> list[Finding]:
    """Look for values that AquaMind's forms do not offer."""
    began = time.perf_counter()
    bad, checked = 0, 0
    rows: list[str] = []
    for table in TABLES.values():
        for column in table.columns:
            offered = column.info.get("choices")
            if not offered:
                continue
            checked += 1
            listed = ", ".join(f"'{choice}'" for choice in offered)
            count, shown = offenders(
                session,
                f'SELECT \'{table.name}.{column.name}\' AS "column", "{column.name}" AS value'  # noqa: S608
                f' FROM {table.name} WHERE "{column.name}" NOT IN ({listed})',
            )
            bad += count
            rows += shown
    seconds = time.perf_counter() - began
    says = "A column with choices has no other value"
    shown = tuple(rows[:SHOWN])
    return [Finding("columns.choices", "integrity", says, "columns", bad, checked, shown, seconds)]


def _uniques() -> Iterator[Entry]:
    for table in TABLES.values():
        yield table.name, "primary key", *(column.name for column in table.primary_key)
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint):
                yield table.name, "unique", *(column.name for column in constraint.columns)
        for index in table.indexes:
            if index.unique:
                yield table.name, "unique where", *(column.name for column in index.columns)


def _references() -> Iterator[Entry]:
    for table in TABLES.values():
        for constraint in table.foreign_key_constraints:
            for element in constraint.elements:
                target = element.column
                yield table.name, element.parent.name, "to", target.table.name, target.name


def _required() -> Iterator[Entry]:
    for table in TABLES.values():
        for column in table.columns:
            if not column.nullable:
                yield table.name, column.name
