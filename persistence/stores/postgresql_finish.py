"""After the load of a PostgreSQL database: keys, indexes, foreign keys, statistics.

Building an index on sorted data is many times faster than keeping it up to date, so the bare tables
get theirs now, over a few connections, the largest tables first. Several indexes of one table are
built side by side, those of its keys too, which become constraints when all are there. A foreign
key is added unchecked, which takes an instant but a lock on both tables, and then checked under a
lock that lets the other connections go on: two that add and check at once would wait for each other
in a circle.

Everything that is there already is skipped, so that an interrupted finish can be repeated.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from sqlalchemy import Connection, Engine, ForeignKeyConstraint, text

from persistence.schema import TABLES, IndexSet
from persistence.schema.ddl import Addition, additions, split_key
from persistence.stores.base import Progress
from persistence.stores.indexing import removable

_MOST_CONNECTIONS = 8

Step = tuple[str, Callable[[Connection], None]]


def finish(
    engine: Engine,
    tables: Sequence[str],
    written: Sequence[str],
    index: IndexSet,
    progress: Progress | None,
) -> None:
    """Complete ``tables`` to a set of indexes; analyse ``written``."""
    with engine.connect() as connection:
        constraints = _constraint_names(connection)
        present = catalogue_names(connection)
        sizes = _sizes(connection)
    largest_first = sorted(tables, key=lambda table: -sizes.get(table, 0))
    indexes: list[Step] = []
    attachments, references = [], []
    for table in largest_first:
        for addition in additions("postgresql", table, index):
            key = split_key(addition)
            if key is not None and addition.name not in constraints:
                attachments.append(key.attach)
                indexes.append(_step(addition.name, key.build))
            elif addition.name in present:
                continue
            elif _refers(addition):
                references.append(addition.sql)
            else:
                indexes.append(_step(addition.name, addition.sql))
    rest = sorted({*tables, *written}, key=lambda table: -sizes.get(table, 0))
    count = _Count(progress, len(indexes) + len(rest))
    _in_parallel(engine, indexes, count)
    with _autocommit(engine) as connection:
        for statement in attachments:
            _execute(connection, statement)
        for statement in references:
            unchecked = "INITIALLY DEFERRED NOT VALID"
            _execute(connection, statement.replace("INITIALLY DEFERRED", unchecked))
        waiting = _unchecked(connection)
    mine, analysed = set(tables), set(written)
    last = [
        _last(table, waiting.get(table, []) if table in mine else [], table in analysed)
        for table in rest
    ]
    _in_parallel(engine, last, count)
    count.done("done")


def _refers(addition: Addition) -> bool:
    return " FOREIGN KEY" in addition.sql


def drop_additions(connection: Connection, *, everything: bool) -> None:
    """Drop what :func:`finish` added, so that the tables can be emptied and loaded again."""
    present = catalogue_names(connection)
    tables = list(TABLES.values())
    for table in tables:
        for constraint in table.constraints:
            if isinstance(constraint, ForeignKeyConstraint) and str(constraint.name) in present:
                _drop(connection, table.name, str(constraint.name))
    for name, addition in removable("postgresql", everything=everything):
        if addition.name in present and not _refers(addition):
            _drop(connection, name, addition.name)
            connection.exec_driver_sql(f'DROP INDEX IF EXISTS "{addition.name}"')


def _drop(connection: Connection, table: str, name: str) -> None:
    connection.exec_driver_sql(f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{name}"')


class _Count:
    """Counts steps and tells the caller."""

    def __init__(self, progress: Progress | None, steps: int) -> None:
        self._progress, self._steps, self._at = progress, steps, 0

    def step(self, what: str) -> None:
        self._at += 1
        if self._progress:
            self._progress(what, self._at, max(self._steps, self._at))

    def done(self, what: str) -> None:
        if self._progress:
            self._progress(what, self._at, self._at)


def _step(what: str, statement: str) -> Step:
    return what, lambda connection: _execute(connection, statement)


def _last(table: str, constraints: Sequence[str], analysed: bool) -> Step:
    """Check a table's foreign keys, and gather its statistics."""

    def run(connection: Connection) -> None:
        for name in constraints:
            _execute(connection, f'ALTER TABLE "{table}" VALIDATE CONSTRAINT "{name}"')
        if analysed:
            _execute(connection, f'ANALYZE "{table}"')

    return f"{table}: foreign keys and statistics", run


def _execute(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)


def _autocommit(engine: Engine) -> Connection:
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _in_parallel(engine: Engine, steps: Sequence[Step], count: _Count) -> None:
    """Do the steps over a few connections, in order as far as possible."""
    waiting = iter(steps)

    def work(_: int) -> None:
        with _autocommit(engine) as connection:
            for what, run in waiting:
                run(connection)
                count.step(what)

    hands = min(max(os.cpu_count() or 1, 2), _MOST_CONNECTIONS)
    with ThreadPoolExecutor(hands) as pool:
        for future in as_completed([pool.submit(work, n) for n in range(hands)]):
            future.result()


def catalogue_names(connection: Connection) -> set[str]:
    """Give the names of all tables, indexes and constraints."""
    query = text(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        " UNION SELECT conname FROM pg_constraint"
        " WHERE connamespace = current_schema()::regnamespace"
    )
    return set(connection.execute(query).scalars())


def _constraint_names(connection: Connection) -> set[str]:
    query = text(
        "SELECT conname FROM pg_constraint WHERE connamespace = current_schema()::regnamespace"
    )
    return set(connection.execute(query).scalars())


def _sizes(connection: Connection) -> dict[str, int]:
    query = text(
        "SELECT relname, pg_relation_size(oid) AS size FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    )
    return {row.relname: row.size for row in connection.execute(query)}


def _unchecked(connection: Connection) -> dict[str, list[str]]:
    query = text(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE contype = 'f' AND NOT convalidated"
        " AND connamespace = current_schema()::regnamespace ORDER BY conname"
    )
    found: dict[str, list[Any]] = {}
    for table, name in connection.execute(query):
        found.setdefault(table, []).append(name)
    return found
