"""Keys and references that a database without indexes does not declare, proven on its rows.

``run --index none`` leaves the large tables without primary and unique keys, and PostgreSQL without
foreign keys. What a finished run has or has not is told by its catalogue alone: as soon as one of
these keys is there, all must be.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Table, UniqueConstraint

from persistence.checks.engine.rule import offenders
from persistence.checks.engine.session import Session
from persistence.schema import TABLES
from persistence.schema.base import is_created_with_table

Entry = tuple[str, ...]
"""Something that a catalogue lists: its table, then words for what it is."""


def is_bare(session: Session, uniques: Collection[Entry], references: Collection[Entry]) -> bool:
    """Tell whether nothing of what is added after a load is there."""
    if session.dialect != "sqlite" and any(table in TABLES for table, *_ in references):
        return False
    return not any(entry in uniques for entry in _late_keys(session.dialect))


def doubles(session: Session, keys: Sequence[Entry]) -> list[str]:
    """Look for rows that share a key: ``(table, kind, columns...)``."""
    bad = []
    for name, kind, *columns in keys:
        table, listed = TABLES[name], ", ".join(columns)
        conditions = [f"{column} IS NOT NULL" for column in columns if table.c[column].nullable]
        if kind == "unique where":
            conditions.append(_condition(session, table, columns))
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        count, _ = offenders(
            session,
            f"SELECT {listed} FROM {name} {where} GROUP BY {listed} HAVING count(*) > 1",  # noqa: S608
        )
        if count:
            bad.append(f"{name}: {count:,} values of {kind} {listed} stand in several rows")
    return bad


def strays(session: Session, references: Sequence[Entry]) -> list[str]:
    """Look for references that lead nowhere: ``(table, column, "to", target, its column)``.

    A table is read once for all its references; only if something is wrong is each one counted.
    """
    by_table: dict[str, list[tuple[str, str, str]]] = {}
    for name, column, _, target, to in references:
        by_table.setdefault(name, []).append((column, target, to))
    bad = []
    for name, found in by_table.items():
        if _lost(session, name, found):
            for column, target, to in found:
                count = _lost(session, name, [(column, target, to)])
                if count:
                    bad.append(f"{name}: {count:,} rows have a {column} that is not in {target}")
    return bad


def _lost(session: Session, name: str, references: Sequence[tuple[str, str, str]]) -> int:
    """How many rows have a reference that leads nowhere."""
    joins = " ".join(
        f'LEFT JOIN "{target}" t{n} ON t{n}."{to}" = r."{column}"'
        for n, (column, target, to) in enumerate(references)
    )
    wrong = " OR ".join(
        f'(r."{column}" IS NOT NULL AND t{n}."{to}" IS NULL)'
        for n, (column, _, to) in enumerate(references)
    )
    return int(session.row(f'SELECT count(*) FROM "{name}" r {joins} WHERE {wrong}')[0])  # noqa: S608


def _late_keys(dialect: str) -> set[Entry]:
    """The keys that CREATE TABLE leaves out."""
    late: set[Entry] = set()
    for table in TABLES.values():
        for constraint in (table.primary_key, *table.constraints):
            if isinstance(constraint, UniqueConstraint):
                kind = "unique"
            elif constraint is table.primary_key:
                kind = "primary key"
            else:
                continue
            if not is_created_with_table(constraint, dialect):
                late.add((table.name, kind, *(column.name for column in constraint.columns)))
    return late


def _condition(session: Session, table: Table, columns: Sequence[str]) -> str:
    """The condition of a unique index over some of a table's rows."""
    (index,) = (i for i in table.indexes if i.unique and i.columns.keys() == list(columns))
    return str(index.dialect_options[session.dialect]["where"])
