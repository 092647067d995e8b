"""After the load of a PostgreSQL database: keys, indexes, foreign keys, statistics, sequences.

Building an index on sorted data is many times faster than keeping it up to date, so the bare tables
get theirs now, over two connections, the largest tables first. A foreign key is added unchecked,
which takes an instant but a lock on both tables, and then checked under a lock that lets the other
connection go on: two that add and check at once would wait for each other in a circle.

Everything that is there already is skipped, so that an interrupted finish can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from sqlalchemy import Connection, Engine, ForeignKeyConstraint, text

from persistence.schema import TABLES
from persistence.schema.ddl import Addition, after_load, reset_sequences
from persistence.stores.base import Progress

CONNECTIONS = 2

Step = tuple[str, Callable[[Connection], None]]


def finish(
    engine: Engine, tables: Sequence[str], written: Sequence[str], progress: Progress | None
) -> None:
    """Complete ``tables``; gather statistics and set the sequences of ``written``."""
    with engine.connect() as connection:
        present = _names(connection)
        sizes = _sizes(connection)
    largest_first = sorted(tables, key=lambda table: -sizes.get(table, 0))
    keys, references = [], []
    for table in largest_first:
        missing = [a for a in after_load("postgresql", table) if a.name not in present]
        references += [addition for addition in missing if _refers(addition)]
        keys.append(_keys(table, [addition for addition in missing if not _refers(addition)]))
    analysed = sorted(written, key=lambda table: -sizes.get(table, 0))
    count = _Count(progress, len(keys) + len(tables) + len(analysed))
    _in_parallel(engine, keys, count)
    with _autocommit(engine) as connection:
        for addition in references:
            unchecked = "INITIALLY DEFERRED NOT VALID"
            _execute(connection, addition.sql.replace("INITIALLY DEFERRED", unchecked))
        waiting = _unchecked(connection)
    _in_parallel(engine, [_check(table, waiting.get(table, [])) for table in largest_first], count)
    _in_parallel(engine, [_statistics(table) for table in analysed], count)
    count.done("done")


def _refers(addition: Addition) -> bool:
    return " FOREIGN KEY" in addition.sql


def drop_additions(connection: Connection) -> None:
    """Drop what :func:`finish` added, so that the tables can be emptied and loaded again."""
    present = _names(connection)
    tables = list(TABLES.values())
    for table in tables:
        for constraint in table.constraints:
            if isinstance(constraint, ForeignKeyConstraint) and str(constraint.name) in present:
                _drop(connection, table.name, str(constraint.name))
    for table in tables:
        for addition in after_load("postgresql", table.name):
            if addition.name in present and not _refers(addition):
                _drop(connection, table.name, addition.name)
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


def _keys(table: str, additions: Sequence[Addition]) -> Step:
    def run(connection: Connection) -> None:
        for addition in additions:
            _execute(connection, addition.sql)

    return f"{table}: keys and indexes", run


def _check(table: str, constraints: Sequence[str]) -> Step:
    def run(connection: Connection) -> None:
        for name in constraints:
            _execute(connection, f'ALTER TABLE "{table}" VALIDATE CONSTRAINT "{name}"')

    return f"{table}: foreign keys", run


def _statistics(table: str) -> Step:
    def run(connection: Connection) -> None:
        _execute(connection, f'ANALYZE "{table}"')
        reset = reset_sequences(table)
        if reset:
            _execute(connection, reset)

    return f"{table}: statistics", run


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

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for future in as_completed([pool.submit(work, n) for n in range(CONNECTIONS)]):
            future.result()


def _names(connection: Connection) -> set[str]:
    query = text(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        " UNION SELECT conname FROM pg_constraint"
        " WHERE connamespace = current_schema()::regnamespace"
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
