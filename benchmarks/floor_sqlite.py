"""SQLite's floor: the rows of finished files, inserted again from ready Python lists.

A process per file reads a few thousand rows, makes one flat list of them, and only then starts the
clock, to execute multi-row INSERTs; what is the same in all these rows is bound once, as any good
loader would. Then the same indexes are built, on the clock. Not on it are: starting processes,
creating tables, reading, and making lists. Tables, pragmas and index statements are those of the
store, and a transaction is about as large as the run's.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from persistence.schema import TABLES, IndexSet
from persistence.schema.ddl import create_tables
from persistence.stores import open_store
from persistence.stores.sqlite import LOADING

_ROWS = 16_384  # made ready at a time
_STATEMENT_ROWS = (128, 16, 1)
_COMMIT_ROWS = 480_000  # about a month of a geography of the production run


@dataclass(slots=True)
class Floor:
    """What a floor used, and how many rows of each table it loaded."""

    figures: dict[str, float]
    rows: Counter[str] = field(default_factory=Counter)


def load(
    files: Sequence[Path], folder: Path, index: IndexSet, workers: int, *, keep: bool = False
) -> Floor:
    """Load copies of the files: the slowest worker's clock, and the processor time of all.

    Args:
        files: databases of a finished run.
        folder: where the copies are made, as ``floor-NAME``.
        index: the set of keys and indexes.
        workers: how many processes, as far as there are files for them.
        keep: leave files and copies; else each is removed as soon as nobody needs it.
    """
    hands = [files[start::workers] for start in range(min(workers, len(files)))]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(hands), mp_context=context) as pool:
        jobs = [pool.submit(_load, hand, folder, index, keep) for hand in hands]
        loads = [job.result() for job in jobs]
    return Floor(
        {
            "wall s": max(wall for wall, _, _ in loads),
            "core s": sum(cpu for _, cpu, _ in loads),
        },
        sum((rows for _, _, rows in loads), Counter[str]()),
    )


class _Clock:
    """Runs only while the database works."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter() - self._began[0]
        self.cpu += time.process_time() - self._began[1]


def _load(
    files: Sequence[Path], folder: Path, index: IndexSet, keep: bool
) -> tuple[float, float, Counter[str]]:
    """Load some files one after the other; runs in a process of its own."""
    clock, loaded = _Clock(), Counter[str]()
    for file in files:
        copy = folder / f"floor-{file.name}"
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as source:
            loaded += _insert(source, copy, clock)
        if not keep:
            file.unlink()
        with clock, open_store(f"sqlite:///{copy}") as store:
            store.finish(index)
        if not keep:
            copy.unlink()
    return clock.wall, clock.cpu, loaded


def _insert(source: sqlite3.Connection, copy: Path, clock: _Clock) -> Counter[str]:
    loaded = Counter[str]()
    with closing(sqlite3.connect(copy, isolation_level=None, cached_statements=256)) as target:
        for pragma in ("locking_mode=EXCLUSIVE", *LOADING):
            target.execute(f"PRAGMA {pragma}").fetchall()
        for statement in create_tables("sqlite"):
            target.execute(statement)
        target.execute("BEGIN")
        waiting = 0
        for table in TABLES:
            for rows in _pieces(source, table):
                statements = list(_statements(table, rows))
                waiting += len(rows)
                with clock:
                    for statement, values in statements:
                        loaded[table] += target.execute(statement, values).rowcount
                    if waiting >= _COMMIT_ROWS:
                        target.execute("COMMIT")
                        target.execute("BEGIN")
                        waiting = 0
        with clock:
            target.execute("COMMIT")
    return loaded


def _pieces(source: sqlite3.Connection, table: str) -> Iterator[list[tuple[Any, ...]]]:
    names = ", ".join(f'"{column.name}"' for column in TABLES[table].columns)
    cursor = source.execute(f'SELECT {names} FROM "{table}"')  # noqa: S608
    while rows := cursor.fetchmany(_ROWS):
        yield rows


def _statements(table: str, rows: list[tuple[Any, ...]]) -> Iterator[tuple[str, list[Any]]]:
    """Statements with their flat lists of values; equal columns are bound once."""
    columns = list(zip(*rows, strict=True))
    same = tuple(_is_one_value(column) for column in columns)
    shared = [column[0] for column, is_same in zip(columns, same, strict=True) if is_same]
    others = [column for column, is_same in zip(columns, same, strict=True) if not is_same]
    width = len(others)
    flat: list[Any] = [None] * (width * len(rows))
    for position, column in enumerate(others):
        flat[position::width] = column
    at = 0
    for size in _STATEMENT_ROWS:
        while at + size <= len(rows):
            yield _sql(table, same, size), shared + flat[at * width : (at + size) * width]
            at += size


def _is_one_value(column: tuple[Any, ...]) -> bool:
    return column[0] == column[-1] and column.count(column[0]) == len(column)


@lru_cache(maxsize=256)
def _sql(table: str, same: tuple[bool, ...], rows: int) -> str:
    shared, number = sum(same), sum(same)
    clauses = []
    for _ in range(rows):
        once = iter(range(1, shared + 1))
        names = []
        for is_same in same:
            if is_same:
                names.append(f"?{next(once)}")
            else:
                number += 1
                names.append(f"?{number}")
        clauses.append(f"({','.join(names)})")
    listed = ", ".join(f'"{column.name}"' for column in TABLES[table].columns)
    return f'INSERT INTO "{table}" ({listed}) VALUES {",".join(clauses)}'  # noqa: S608
