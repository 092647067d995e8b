"""Every value fits into its column: what PostgreSQL refuses when it is written, and SQLite takes.

SQLite keeps a text of any length in a ``varchar(50)`` and any number in an ``integer``. Rows that
hold such a value look well there, and cannot be moved to a database that keeps its word. So widths
and ranges are looked up row by row, a table at a time.
"""

from __future__ import annotations

import time

from sqlalchemy import BigInteger, Column, Integer, Numeric, SmallInteger, String, Table
from sqlalchemy.sql.sqltypes import Float

from persistence.checks.engine.rule import SHOWN, Finding, offenders
from persistence.checks.engine.session import Session
from persistence.schema import TABLES


def widths(session: Session) -> list[Finding]:
    """Look on SQLite for values that their columns do not hold by the schema."""
    if session.dialect != "sqlite":
        return []
    began = time.perf_counter()
    bad = checked = 0
    rows: list[str] = []
    for table in TABLES.values():
        limited = _limited(table)
        checked += len(limited)
        # One look at the rows is enough where nothing is wrong.
        any_bad = " OR ".join(limited.values())
        if not limited or not session.rows(f"SELECT 1 FROM {table.name} WHERE {any_bad} LIMIT 1"):  # noqa: S608
            continue
        for name, condition in limited.items():
            count, shown = offenders(
                session,
                f'SELECT \'{table.name}.{name}\' AS "column", substr("{name}", 1, 60) AS value,'  # noqa: S608
                f' length("{name}") AS characters FROM {table.name} WHERE {condition}',
            )
            bad += count
            rows += shown
    seconds = time.perf_counter() - began
    says = "Every text is as short, and every number as small, as its column allows"
    shown = tuple(rows[:SHOWN])
    return [Finding("columns.widths", "integrity", says, "columns", bad, checked, shown, seconds)]


def _limited(table: Table) -> dict[str, str]:
    """The columns of a table that do not hold everything, and what is true of a bad value."""
    found = {column.name: _too_much(column) for column in table.columns}
    return {name: condition for name, condition in found.items() if condition}


def _too_much(column: Column[object]) -> str:
    kind, name = column.type, f'"{column.name}"'
    if isinstance(kind, String):
        return f"length({name}) > {kind.length}" if kind.length else ""
    if isinstance(kind, Numeric) and not isinstance(kind, Float):
        digits, places = kind.precision or 0, kind.scale or 0
        # Half a last place more is rounded up to a digit that is not there.
        return f"abs({name}) >= {(10**digits - 0.5) / 10**places!r}"
    if isinstance(kind, Integer) and not isinstance(kind, BigInteger):
        most = 2 ** (15 if isinstance(kind, SmallInteger) else 31)
        return f"{name} NOT BETWEEN {-most} AND {most - 1}"
    return ""
