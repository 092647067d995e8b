"""The PostgreSQL store: bulk rows by binary COPY, states by COPY and INSERT .. ON CONFLICT.

Several processes may load one database, each its own geographies: an advisory lock per geography is
the right to write it, and the server takes it back when the process dies. Commits do not wait for
the disk (``synchronous_commit = off``): a crash of the server loses the last chunks as a whole,
with their ledger rows, and a resume writes them again.

In a live AquaMind, which is told by Django's own tables, only Smoltflow's tables are created and
only rows are written: keys, indexes and foreign keys are AquaMind's.
"""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Iterable, Mapping

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from persistence.blocks import IdBlocks
from persistence.mapping import OWN_PREFIX, Rows, mappings
from persistence.readback.postgresql import PostgresqlReader
from persistence.schema import TABLES, IndexSet
from persistence.schema.ddl import create_tables
from persistence.stores.base import Indexes, Progress
from persistence.stores.buffers import FULL, Buffers
from persistence.stores.copy_format import SIGNATURE, TRAILER, Encoder
from persistence.stores.errors import OtherWriterError, StoreError
from persistence.stores.indexing import survey
from persistence.stores.postgresql_finish import catalogue_names, drop_additions, finish
from persistence.stores.postgresql_reserving import SequenceReserving
from persistence.stores.session import connecting
from persistence.stores.source import Source
from persistence.stores.sql import SqlStore
from persistence.stores.waiting import advisory_holder
from persistence.stores.wiping import Doomed

logging.getLogger("psycopg").addHandler(logging.NullHandler())  # errors are raised, not logged too

WAIT_SECONDS = 15.0  # a killed predecessor's backend is gone long before
_WRITERS = 0x536D6F6C  # "Smol": the first half of our advisory locks
_PLACING = 0x536D6F70


class PostgresqlStore(SqlStore):
    """A store in a PostgreSQL database."""

    def __init__(self, url: URL, buffers: Buffers = FULL) -> None:
        self._encoders: dict[str, Encoder] = {}
        engine = connecting(url, writing=True)
        super().__init__(url, engine, buffers)
        self._sequences = SequenceReserving(engine, self.url)
        with self._transaction() as connection:
            self._live = is_live(connection)

    def create_tables(self) -> None:
        """Create every table that is missing; in a live AquaMind only Smoltflow's own."""
        with self._transaction() as connection:
            self._alone()
            for statement in create_tables("postgresql"):
                if not self._live or OWN_PREFIX in statement:
                    connection.exec_driver_sql(statement)

    def lock(self, geographies: Iterable[str]) -> None:
        """Take an advisory lock for each geography."""
        deadline = time.monotonic() + WAIT_SECONDS
        for geography in sorted(set(geographies) - self._locked):
            while not self._try_lock(geography):
                if time.monotonic() > deadline:
                    who = advisory_holder(self._raw, _WRITERS, _number(geography))
                    text = f"{self.url}: another process is writing {geography}{who}"
                    raise OtherWriterError(text)
                time.sleep(0.25)
            self._locked.add(geography)

    def indexes(self) -> Indexes:
        """Tell which keys and indexes are there; those of a live AquaMind are its own."""
        with self._transaction() as connection:
            return survey("postgresql", catalogue_names(connection), ours=not self._live)

    def finish(self, index: IndexSet = "minimal", progress: Progress | None = None) -> None:
        """Add keys, indexes and foreign keys, and gather statistics."""
        tables = [table for table in TABLES if not self._live or table.startswith(OWN_PREFIX)]
        written = {mapping.table for mapping in mappings()}
        with self._explained():
            finish(self._engine, tables, sorted(written.union(tables)), index, progress)

    def _reader(self) -> PostgresqlReader:
        return PostgresqlReader(self._raw)

    def _keyed(self, connection: Connection) -> set[tuple[str, str]]:
        query = text(
            "SELECT indrelid::regclass::text, attname FROM pg_index JOIN pg_attribute"
            " ON attrelid = indrelid AND attnum = indkey[0]"
            " WHERE indisvalid AND indpred IS NULL"
            " AND indrelid IN (SELECT oid FROM pg_class"
            " WHERE relnamespace = current_schema()::regnamespace)"
        )
        return {(str(table), str(column)) for table, column in connection.execute(query)}

    def _drop_additions(self, connection: Connection, *, everything: bool) -> None:
        if not self._live:
            drop_additions(connection, everything=everything)

    def _empty(self, connection: Connection, part: Doomed) -> bool:
        if self._live:
            return False
        connection.exec_driver_sql(f'LOCK TABLE "{part.table}"')
        if connection.exec_driver_sql(part.others).scalar():
            return False
        query = "SELECT count(DISTINCT run_id) FROM smoltflow_block WHERE table_name = :table"
        again = connection.scalar(text(query), {"table": part.table}) == 1
        ids = "RESTART IDENTITY" if again else ""
        connection.exec_driver_sql(f'TRUNCATE "{part.table}" {ids}')
        return True

    def _reserve(self, last: Mapping[str, int]) -> Mapping[str, IdBlocks]:
        return self._sequences.reserve(self._running().run_id, last)

    def close(self) -> None:
        """Give up the database."""
        self._sequences.close()
        super().close()

    def _alone(self) -> None:
        self._connection.execute(text(f"SELECT pg_advisory_xact_lock({_PLACING})"))

    def _try_lock(self, geography: str) -> bool:
        with self._transaction() as connection:
            query = text(f"SELECT pg_try_advisory_lock({_WRITERS}, {_number(geography)})")
            return bool(connection.scalar(query))

    def _append(self, rows: Rows) -> None:
        self._copy(rows, rows.table)

    def _upsert(self, rows: Rows) -> None:
        table = TABLES[rows.table]
        names = [column.name for column in table.columns]
        keys = [column.name for column in table.primary_key]
        temporary = f"up_{rows.table}"
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in keys)
        listed = ", ".join(f'"{name}"' for name in names)
        target = ", ".join(f'"{key}"' for key in keys)
        run = self._connection.exec_driver_sql
        run(
            f'CREATE TEMPORARY TABLE IF NOT EXISTS "{temporary}"'
            f' (LIKE "{rows.table}") ON COMMIT DELETE ROWS'
        )
        self._copy(rows, temporary)
        run(
            f'INSERT INTO "{rows.table}" ({listed}) SELECT {listed} FROM "{temporary}"'  # noqa: S608
            f" ON CONFLICT ({target}) DO UPDATE SET {changes}"
        )
        run(f'DELETE FROM "{temporary}"')  # noqa: S608

    def _copy(self, rows: Rows, table: str) -> None:
        if not rows.rows:
            return
        encoder, columns = self._encoder(rows), self._keys.resolve(rows)
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
            sql.Identifier(table),
            sql.SQL(", ").join(sql.Identifier(target.name) for target in rows.mapping.targets),
        )
        connection: psycopg.Connection = self._raw
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(SIGNATURE)
            for matrix in encoder.encode(columns, rows.rows):
                copy.write(matrix.tobytes())
            copy.write(TRAILER)

    def _encoder(self, rows: Rows) -> Encoder:
        if rows.table not in self._encoders:
            query = text(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
                " WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped"
            )
            found = self._connection.execute(query, {"name": rows.table})
            live = {str(row[0]): str(row[1]) for row in found}
            try:
                self._encoders[rows.table] = Encoder(rows.mapping, live, self._buffers.rows)
            except StoreError as error:
                raise StoreError(f"{self.url}: {error}") from None
        return self._encoders[rows.table]


def _number(geography: str) -> int:
    """The second half of a geography's advisory lock."""
    return zlib.crc32(geography.encode()) - (1 << 31)


def open_store(url: URL, buffers: Buffers = FULL) -> PostgresqlStore:
    """Open a database for writing."""
    return PostgresqlStore(url, buffers)


def open_source(url: URL) -> Source:
    """Open a database for reading only."""
    engine = connecting(url).execution_options(postgresql_readonly=True)
    return Source(url, engine, PostgresqlReader)


def is_live(connection: Connection) -> bool:
    """Tell whether the database is a migrated AquaMind rather than one of ours."""
    return bool(connection.scalar(text("SELECT to_regclass('django_migrations') IS NOT NULL")))
