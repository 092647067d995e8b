"""Reserving ids on PostgreSQL: the sequence is moved past a block before the ledger has it.

For some milliseconds, in a short transaction on a connection of its own, a lock keeps everybody
from the sequence's next number: what it stands at is read, and it is moved. Whoever has taken a
number in a transaction that is still open keeps us waiting; we wait a little at a time, because
others queue up behind us. What nobody comes to use, because the process died, the resumed run uses.
Blocks grow with what is there, so that there are few of them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from persistence.blocks import NONE, IdBlocks
from persistence.ledger import id_blocks
from persistence.stores.errors import OtherWriterError
from persistence.stores.reserving import ID_COLUMNS, Reserving

WAIT_SECONDS = 60.0
_LOCK_MS = 250
_PAUSE_SECONDS = 0.1
_ADVISORY = 0x536D6F72  # one of our own at a time, whatever the table
_LOCK_NOT_AVAILABLE = "55P03"


class SequenceReserving:
    """Reserves ids of one run, over a connection that is opened when it is first needed."""

    def __init__(self, engine: Engine, url: str) -> None:
        self._engine, self._url = engine, url
        self._connection: Connection | None = None
        self._reserving = Reserving(0, grown=True)
        self._sequences: dict[str, _Sequence | None] = {}

    def reserve(self, run_id: int, last: Mapping[str, int]) -> Mapping[str, IdBlocks]:
        """Reserve ids for the keys of some tables up to the given ones.

        Returns:
            All blocks of these tables.

        Raises:
            OtherWriterError: somebody keeps a sequence locked.
        """
        if self._connection is None:
            self._connection = self._engine.connect()
        if self._reserving.run_id != run_id:
            self._reserving = Reserving(run_id, grown=True)
        with self._connection.begin():
            for table in sorted(last):
                self._look(self._connection, table)
        found = self._at_once(self._connection, last)
        if found is None:  # whoever waits behind us shall not wait for all of them
            found = {}
            for table in sorted(last):
                found |= self._insist(self._connection, table, last[table])
        return found

    def close(self) -> None:
        """Give up the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _look(self, connection: Connection, table: str) -> None:
        self._reserving.look(connection, table)
        if table not in self._sequences:
            self._sequences[table] = _sequence(connection, table)

    def _insist(self, connection: Connection, table: str, key: int) -> dict[str, IdBlocks]:
        """Reserve ids of one table, however often it takes."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (found := self._at_once(connection, {table: key})) is None:
            if time.monotonic() > deadline:
                holder = _holder(connection, self._sequences[table])
                raise OtherWriterError(f"{self._url}: no ids of {table} can be had: {holder}")
            time.sleep(_PAUSE_SECONDS)
        return found

    def _at_once(
        self, connection: Connection, last: Mapping[str, int]
    ) -> dict[str, IdBlocks] | None:
        """Reserve ids of some tables in one transaction; None if a lock is not to be had."""
        try:
            with connection.begin():
                connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_MS}"))
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY})"))
                found = id_blocks(connection, self._reserving.run_id, *last)
                for table, key in sorted(last.items()):
                    take = _Taking(connection, self._sequences[table])
                    known = found.get(table, NONE)
                    found[table] = self._reserving.enter(connection, table, known, key, take)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            return None
        return found


@dataclass(frozen=True, slots=True)
class _Sequence:
    """Where ids come from: its name as it is written in SQL, and how many a session takes."""

    name: str
    cache: int


def _sequence(connection: Connection, table: str) -> _Sequence | None:
    """Find the sequence that a table's ids come from, if there is one."""
    query = text(
        "SELECT CAST(seqrelid AS regclass)::text, seqcache FROM pg_sequence WHERE seqrelid ="
        " to_regclass(pg_get_serial_sequence(quote_ident(:table), :column))"
    )
    found = connection.execute(query, {"table": table, "column": ID_COLUMNS[table]}).first()
    return None if found is None else _Sequence(str(found[0]), int(found[1]))


@dataclass(frozen=True, slots=True)
class _Taking:
    """Moves a sequence, where there is one, past ids above the highest, and above where it is."""

    connection: Connection
    sequence: _Sequence | None

    def __call__(self, highest: int, rows: int) -> int:
        if self.sequence is None:
            return highest + 1
        name = self.sequence.name
        run = self.connection.exec_driver_sql
        # To change a sequence locks it, also to what it is.
        run(f"ALTER SEQUENCE {name} CACHE {self.sequence.cache}")
        stands, used = run(f"SELECT last_value, is_called FROM {name}").one()  # noqa: S608
        first = int(max(highest, stands if used else stands - 1)) + 1
        move = text("SELECT setval(to_regclass(:name), :last)")
        self.connection.execute(move, {"name": name, "last": first + rows - 1})
        return first


def _holder(connection: Connection, sequence: _Sequence | None) -> str:
    """Say who keeps a sequence locked."""
    query = text(
        "SELECT a.pid, a.usename, a.application_name FROM pg_locks l"
        " JOIN pg_stat_activity a ON a.pid = l.pid"
        " WHERE l.relation = to_regclass(:sequence) AND l.granted ORDER BY a.xact_start LIMIT 1"
    )
    found: Any = None
    with suppress(DBAPIError), connection.begin():
        name = sequence.name if sequence else None
        found = connection.execute(query, {"sequence": name}).first()
    if found is None:
        return "another process keeps its sequence locked"
    program = f" ({found.application_name})" if found.application_name else ""
    return (
        f"the transaction of {found.usename}{program}, process {found.pid} of the server, took one"
        " and is still open: end it"
    )
