"""The SQLite store: one file, one writer.

The file may be killed at any instant. With a rollback journal, SQLite writes the old content of a
page to the journal before it changes the page, and the next to open the file rolls back what was
not committed. ``synchronous=OFF`` only leaves out waiting for the disk: the operating system keeps
what a killed process had written, so that nothing is lost or out of order unless the machine itself
goes down. New rows go to new pages, which need no journal; a write-ahead log would write all twice.

``locking_mode=EXCLUSIVE`` is the lock: it is held from :meth:`SqliteStore.lock` until the
connection or the process ends. A file of somebody else's that has a write-ahead log keeps it: how a
journal is kept is written into the file, and theirs to choose.
"""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from persistence.blocks import IdBlocks
from persistence.ledger import CommittedChunk
from persistence.mapping import Rows
from persistence.readback.sqlite import SqliteReader
from persistence.schema import TABLES, IndexSet
from persistence.schema.ddl import additions, create_tables
from persistence.stores.base import Indexes, Progress
from persistence.stores.buffers import FULL, Buffers
from persistence.stores.errors import FileGoneError, StoreError, explained, masked
from persistence.stores.indexing import removable, survey
from persistence.stores.reserving import Reserving
from persistence.stores.source import Source
from persistence.stores.sql import SqlStore
from persistence.stores.sqlite_values import Insert
from persistence.stores.wiping import Doomed
from sim.facts import Chunk

# Python 3.12.0 to 3.12.3 take the number of a parameter (?1) for a name, and warn of each that is
# bound (gh-117995).
warnings.filterwarnings("ignore", r"Binding \d+ \('\?\d+'\) is a named", DeprecationWarning)

WAIT_SECONDS = 15.0  # a killed predecessor is gone long before
_LOOK_STEPS = 1_000_000  # of SQLite's machine: some hundredths of a second
_STATEMENT_ROWS = (128, 16, 1)
_STATEMENTS = 256  # prepared statements kept

LOADING = (
    "journal_mode=TRUNCATE",
    "synchronous=OFF",
    f"cache_size=-{FULL.cache_kib}",
    "temp_store=FILE",
    "foreign_keys=OFF",
    "secure_delete=OFF",
)
"""How a file is set while it is written; see above."""


class SqliteStore(SqlStore):
    """A store in an SQLite file."""

    def __init__(self, url: URL, buffers: Buffers = FULL) -> None:
        path = _path(url)
        if not path.parent.is_dir():
            raise StoreError(f"{masked(url)}: the folder {path.parent} does not exist")

        def connect() -> sqlite3.Connection:
            return interruptible(
                sqlite3.connect(
                    path, timeout=WAIT_SECONDS, isolation_level=None, cached_statements=_STATEMENTS
                )
            )

        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
        # The driver is in autocommit mode: it would otherwise open transactions on its own.
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        self._reserving: Reserving | None = None
        super().__init__(url, engine, buffers)
        self._path = path
        self._most_values = self._raw.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        try:
            with self._explained():
                self._raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except StoreError:
            self.close()
            raise

    def create_tables(self) -> None:
        """Create every table that is missing."""
        self._become_writer()
        with self._transaction() as connection:
            for statement in create_tables("sqlite"):
                connection.exec_driver_sql(statement)

    def lock(self, geographies: Iterable[str]) -> None:
        """Take the file, whatever the geographies."""
        self._become_writer()
        self._locked |= set(geographies)

    def commit(self, chunk: Chunk) -> CommittedChunk:
        """Write a chunk and its ledger row, into a file that is still there."""
        span = super().commit(chunk)
        self._look_for_file()
        return span

    def indexes(self) -> Indexes:
        """Tell which keys and indexes are there."""
        return survey("sqlite", self._objects(), ours=True)

    def finish(self, index: IndexSet = "minimal", progress: Progress | None = None) -> None:
        """Add what is created after the load, and gather statistics."""
        self._become_writer()
        present = self._objects()
        missing = [
            (table, addition)
            for table in TABLES
            for addition in additions("sqlite", table, index)
            if addition.name not in present
        ]
        steps = len(missing) + 1
        with self._explained():
            # A sorter takes as much memory as the cache has. Several threads would cost more
            # processor time than they save, since every geography's file has a process.
            self._raw.execute(f"PRAGMA cache_size=-{self._buffers.sorter_kib}")
            for done, (_, addition) in enumerate(missing):
                if progress:
                    progress(addition.name, done, steps)
                self._raw.execute(addition.sql)
            if progress:
                progress("statistics", steps - 1, steps)
            self._raw.execute("PRAGMA analysis_limit=1000")
            self._raw.execute("ANALYZE")
        if progress:
            progress("done", steps, steps)

    def _keyed(self, connection: Connection) -> set[tuple[str, str]]:
        rowids = {
            (name, column.name)
            for name, table in TABLES.items()
            for column in table.primary_key
            if len(table.primary_key) == 1
        }
        found = connection.exec_driver_sql(
            "SELECT m.name, i.name FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS l"
            " JOIN pragma_index_info(l.name) AS i WHERE m.type = 'table' AND i.seqno = 0"
            " AND NOT l.partial"
        )
        return rowids | {(str(table), str(column)) for table, column in found}

    def _drop_additions(self, connection: Connection, *, everything: bool) -> None:
        for _, addition in removable("sqlite", everything=everything):
            connection.exec_driver_sql(f'DROP INDEX IF EXISTS "{addition.name}"')

    def _empty(self, connection: Connection, part: Doomed) -> bool:
        if connection.exec_driver_sql(part.others).scalar():
            return False
        # Without WHERE, SQLite drops the pages as a whole.
        connection.exec_driver_sql(f'DELETE FROM "{part.table}"')  # noqa: S608
        return True

    def _reserve(self, last: Mapping[str, int]) -> Mapping[str, IdBlocks]:
        run_id = self._running().run_id
        if self._reserving is None or self._reserving.run_id != run_id:
            self._reserving = Reserving(run_id, grown=False)
        return self._reserving.in_file(self._connection, last)

    def _forget_reserved(self) -> None:
        self._reserving = None

    def _reader(self) -> SqliteReader:
        return SqliteReader(self._raw)

    def _append(self, rows: Rows) -> None:
        self._write(rows, "")

    def _upsert(self, rows: Rows) -> None:
        table = TABLES[rows.table]
        keys = [column.name for column in table.primary_key]
        changes = ", ".join(
            f'"{column.name}" = excluded."{column.name}"'
            for column in table.columns
            if column.name not in keys
        )
        target = ", ".join(f'"{key}"' for key in keys)
        self._write(rows, f" ON CONFLICT ({target}) DO UPDATE SET {changes}")

    def _write(self, rows: Rows, tail: str) -> None:
        names = ", ".join(f'"{target.name}"' for target in rows.mapping.targets)
        head = f'INSERT INTO "{rows.table}" ({names}) VALUES '  # noqa: S608
        execute = self._raw.execute
        most_rows = self._buffers.rows
        for start in range(0, rows.rows, most_rows):
            piece = rows.part(slice(start, start + most_rows))
            bulk = Insert(rows.mapping, self._keys.resolve(piece), piece.rows)
            at = 0
            for most in _STATEMENT_ROWS:
                size = max(most // bulk.group, 1) * bulk.group
                if size // bulk.group * bulk.values + bulk.shared > self._most_values:
                    continue
                statement = head + bulk.values_clause(size) + tail
                while at + size <= bulk.rows:
                    execute(statement, bulk.parameters(at, size))
                    at += size

    def _look_for_file(self) -> None:
        """See that the file was not removed: writing would go on, into a file without a name."""
        try:
            found = self._path.stat()
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._file:
            raise FileGoneError(
                f"{self.url}: the file was removed while it was written, and its rows are gone;"
                " --resume writes them again"
            )

    def _become_writer(self) -> None:
        with self._explained():
            cache = f"cache_size=-{self._buffers.cache_kib}"
            (journal,) = self._raw.execute("PRAGMA journal_mode").fetchone()
            kept = [pragma for pragma in LOADING if journal != "wal" or "journal" not in pragma]
            for pragma in ("locking_mode=EXCLUSIVE", *kept, cache):
                self._raw.execute(f"PRAGMA {pragma}").fetchall()
            self._raw.execute("BEGIN EXCLUSIVE")
            self._raw.execute("COMMIT")
            found = self._path.stat()  # before, a file that is new need not be there
            self._file = found.st_dev, found.st_ino

    def _objects(self) -> set[str]:
        with self._transaction() as connection:
            found = connection.exec_driver_sql("SELECT name FROM sqlite_master")
            return set(found.scalars())


def interruptible(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Let Python see signals amid a long statement, which an exception then ends.

    What comes of it is an error of SQLite's, which :func:`explained` makes an interruption again.
    """
    connection.set_progress_handler(lambda: 0, _LOOK_STEPS)
    return connection


def open_store(url: URL, buffers: Buffers = FULL) -> SqliteStore:
    """Open a file for writing, or a new one."""
    return SqliteStore(url, buffers)


def open_source(url: URL) -> Source:
    """Open a file for reading only."""
    path = _path(url)
    if not path.exists():
        raise StoreError(f"{masked(url)}: the file does not exist")
    journals = [Path(f"{path}-{kind}") for kind in ("journal", "wal")]
    if any(journal.exists() and journal.stat().st_size for journal in journals):
        _recover(url, path)
    address = f"{path.resolve().as_uri()}?mode=ro"

    def connect() -> sqlite3.Connection:
        return interruptible(sqlite3.connect(address, uri=True, timeout=WAIT_SECONDS))

    return Source(
        url, create_engine("sqlite://", creator=connect, poolclass=NullPool), SqliteReader
    )


def _recover(url: URL, path: Path) -> None:
    """Roll back what a killed process did not commit, which a reader is not allowed to do."""
    with explained(url), closing(sqlite3.connect(path, timeout=WAIT_SECONDS)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _path(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise StoreError("an SQLite store is a file: write sqlite:///FILE")
    return Path(url.database)
