"""The database keeps its own promises: keys, references, columns that may not be empty, choices.

A key or reference that the database declares and has checked holds for all rows; what is left to
look at is that each one is there. SQLite takes references on trust while it loads, so there they
are looked up row by row (``PRAGMA foreign_key_check``). A database that was left without indexes
declares no keys of its large tables, and PostgreSQL no references; there the rows are looked at
instead (:mod:`persistence.checks.rules.undeclared`). Choices are data to AquaMind's forms and
unknown to the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from sqlalchemy import UniqueConstraint

from persistence.checks.engine.rule import SHOWN, Finding, offenders
from persistence.checks.engine.session import Session
from persistence.checks.rules import postgresql_catalogue, sqlite_catalogue, undeclared
from persistence.checks.rules.undeclared import Entry
from persistence.schema import TABLES

Look = Callable[[Session, Sequence[Entry]], list[str]]
"""Looks at the rows for what a catalogue does not promise; returns what is wrong with them."""


def keys(session: Session) -> list[Finding]:
    """Compare the schema's keys, references and NOT NULLs with the database's catalogue."""
    there = sqlite_catalogue if session.dialect == "sqlite" else postgresql_catalogue
    uniques, references = set(there.uniques(session)), set(there.references(session))
    bare = undeclared.is_bare(session, uniques, references)
    return [
        _compare(session, *comparison)
        for comparison in (
            ("keys.unique", "Every primary and unique key of the schema is there", "keys",
             _uniques(), uniques, undeclared.doubles if bare else None),
            ("keys.references", "Every foreign key of the schema is there and valid", "references",
             _references(), references, undeclared.strays if bare else None),
            ("columns.required", "Every column that must have a value says so", "columns",
             _required(), there.required(session), None),
        )
    ]  # fmt: skip


def _compare(
    session: Session,
    name: str,
    says: str,
    noun: str,
    schema: Iterable[Entry],
    catalogue: Iterable[Entry],
    look: Look | None,
) -> Finding:
    """Find what the catalogue misses; what it may miss is proven by looking at the rows."""
    began = time.perf_counter()
    wanted = set(schema)
    missing = sorted(wanted.difference(catalogue))
    if look is None:
        bad = [f"{table}: {' '.join(words)} is missing" for table, *words in missing]
    else:
        bad = look(session, missing)
        says += ", or holds though it is not declared"
    seconds = time.perf_counter() - began
    return Finding(
        name, "integrity", says, noun, len(bad), len(wanted), tuple(bad[:SHOWN]), seconds
    )


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
            good = f'"{column.name}" IN ({listed})'
            if names_of := column.info.get("names_of"):
                good += f' OR "{column.name}" IN (SELECT name FROM {names_of})'  # noqa: S608
            count, shown = offenders(
                session,
                f'SELECT \'{table.name}.{column.name}\' AS "column", "{column.name}" AS value'  # noqa: S608
                f" FROM {table.name} WHERE NOT ({good})",
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
