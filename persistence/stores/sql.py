"""What the SQL stores share: the order of things, the ledger, the digests.

A subclass knows how to open its database, how to take the lock, and how to write many rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.engine import URL

from persistence import ledger
from persistence.blocks import IdBlocks
from persistence.digest import Digest
from persistence.keys import Keys
from persistence.ledger import CommittedChunk, Run, RunSpec, Status
from persistence.mapping import Rows, mapping_of
from persistence.readback import Reader
from persistence.schema import IndexSet
from persistence.stores.base import Indexes, Progress
from persistence.stores.buffers import Buffers
from persistence.stores.conflicts import Conflict, Intended, conflicts
from persistence.stores.errors import (
    AlreadyCommittedError,
    ReplayDiffersError,
    StoreError,
    differently,
    explained,
    masked,
)
from persistence.stores.foreign import ForeignRows, told
from persistence.stores.outliving import left_models, load_taken, remove_models, take_up
from persistence.stores.placing import Placed, Placing
from persistence.stores.presence import MissingRows, missing
from persistence.stores.removing import Removing, found_foreign
from persistence.stores.wiping import Doomed, count_wipe
from persistence.tally import ChunkTally, Tally
from sim.facts import KINDS, Block, Chunk

_ORDER = {name: position for position, name in enumerate(KINDS)}


class SqlStore(ABC):
    """A store in a database that speaks SQL; see :class:`persistence.stores.base.Store`."""

    def __init__(self, url: URL, engine: Engine, buffers: Buffers) -> None:
        self._url = url
        self._buffers = buffers
        self.url = masked(url)
        self._tally = Tally()
        self._run: Run | None = None
        self._keys = Keys()
        self._left: dict[str, dict[str, int]] = {}
        self._locked: set[str] = set()
        self._engine = engine
        with self._explained():
            self._connection = engine.connect()

    # What each database does in its own way

    @abstractmethod
    def create_tables(self) -> None:
        """Create every table that is missing."""

    @abstractmethod
    def lock(self, geographies: Iterable[str]) -> None:
        """Take the right to write these geographies."""

    @abstractmethod
    def indexes(self) -> Indexes:
        """Tell which keys and indexes are there."""

    @abstractmethod
    def finish(self, index: IndexSet = "minimal", progress: Progress | None = None) -> None:
        """Add what is added after the load."""

    @abstractmethod
    def _reader(self) -> Reader: ...

    @abstractmethod
    def _append(self, rows: Rows) -> None: ...

    @abstractmethod
    def _upsert(self, rows: Rows) -> None: ...

    @abstractmethod
    def _reserve(self, last: Mapping[str, int]) -> Mapping[str, IdBlocks]:
        """Reserve ids of the run for keys up to the given ones; give all blocks of the tables."""

    @abstractmethod
    def _keyed(self, connection: Connection) -> set[tuple[str, str]]:
        """Give the (table, column) by which an index finds a row at once."""

    @abstractmethod
    def _drop_additions(self, connection: Connection, *, everything: bool) -> None:
        """Drop what finish() added, where that is ours; see :func:`indexing.removable`."""

    @abstractmethod
    def _empty(self, connection: Connection, part: Doomed) -> bool:
        """Remove all rows of a table at once; False where not all are doomed."""

    def _forget_reserved(self) -> None:  # noqa: B027  (on a server, what is reserved stays so)
        """Forget what was reserved in a transaction that is taken back."""

    def _alone(self) -> None:  # noqa: B027  (an SQLite file has one writer anyway)
        """Wait until no other process places rows; released at the end of the transaction."""

    # What they have in common

    def runs(self) -> list[Run]:
        """List the runs in the ledger; none when there is no ledger."""
        with self._transaction() as connection:
            if not inspect(connection).has_table(ledger.RUN.name):
                return []
            return ledger.runs(connection)

    def missing(self, identity: str) -> list[MissingRows]:
        """List what a run's ledger speaks of and the database has not."""
        with self._transaction() as connection:
            run = self._find(connection, identity)
            return missing(connection, run, self._keyed(connection))

    def conflicts(self, intended: Intended) -> list[Conflict]:
        """List what others have that is in the way of a run."""
        with self._transaction() as connection:
            return conflicts(connection, intended)

    def start(self, spec: RunSpec) -> Run:
        """Enter the run in the ledger, or take it up again."""
        with self._transaction() as connection:
            self._alone()
            run = ledger.find_run(connection, spec.identity)
            if run is None:
                run = ledger.insert_run(connection, spec)
            if self._run is None or self._run.run_id != run.run_id:
                blocks = ledger.id_blocks(connection, run.run_id)
                self._keys, self._tally = Keys(blocks, self._reserve), Tally()
                load_taken(connection, run, self._keys)
                self._left = left_models(connection)
        self._run = run
        return run

    def bootstrap(self, lane: int, blocks: Sequence[Block]) -> dict[str, Digest]:
        """Place master data and one geography's infrastructure."""
        run = self._running()
        placed: dict[str, Placed] = {}
        with self._reserved(), self._transaction() as connection:
            self._alone()
            self._keys.blocks = ledger.id_blocks(connection, run.run_id)  # others of us place too
            placing = Placing(
                connection, run, self._keys, self._reader(), self._append, self._upsert
            )
            for block in sorted(blocks, key=lambda block: _ORDER[block.kind]):
                mapping = mapping_of(block.kind)
                if mapping.kind.role not in ("master", "site"):
                    raise ValueError(f"{block.kind} is no master data and no infrastructure")
                master = mapping.kind.role == "master"
                geography = "" if master else run.spec.geographies[lane]
                local = mapping.rows(block, 0, 1).keys
                rows = mapping.rows(block, lane, run.lanes)
                placed[mapping.table] = placing.place(rows, geography, local)
        for table, there in placed.items():
            self._tally.place(table, there.keys, there.high, there.low, there.theirs)
        return {table: there.digest for table, there in placed.items()}

    def commit(self, chunk: Chunk) -> CommittedChunk:
        """Write a chunk and its ledger row."""
        run = self._running()
        self._check_lane(run, chunk)
        draft = ChunkTally()
        with self._reserved(), self._transaction() as connection:
            self._check_new(connection, run, chunk)
            # Entities first: in a live database some references are checked at once.
            states = [self._rows(block, chunk.lane) for block in chunk.entities]
            self._keys.need_for(states)
            for rows in states:
                take_up(connection, run, self._keys, self._left, rows, chunk.lane)
            for rows in states:
                draft.put(rows)
                self._upsert(self._tally.changeable(rows))
            states.clear()
            for block in chunk.facts:
                rows = self._rows(block, chunk.lane)
                draft.append(rows)
                self._append(rows)
                del block, rows  # before the next block is worked out
            span = draft.span(chunk)
            ledger.insert_span(connection, run.run_id, span)
        self._tally.apply(draft)
        return span

    def replay(self, chunk: Chunk, *, facts: bool = True) -> CommittedChunk:
        """Compare a chunk with its ledger row and count it."""
        run = self._running()
        self._check_lane(run, chunk)
        committed = next(
            (span for span in self.chunks(chunk.geography) if span.from_day == chunk.from_day), None
        )
        if committed is None:
            raise ReplayDiffersError(f"{self.url}: {_days(chunk)} is not in the ledger")
        draft = ChunkTally()
        for block in chunk.entities:
            draft.put(self._rows(block, chunk.lane))
        if facts:
            for block in chunk.facts:
                draft.append(self._rows(block, chunk.lane))
        else:
            draft.facts |= committed.facts
        different = draft.span(chunk).differences(committed)
        if different:
            raise ReplayDiffersError(differently(f"{self.url}: {_days(chunk)}", different))
        self._tally.apply(draft)
        return committed

    def chunks(self, geography: str) -> list[CommittedChunk]:
        """List the committed chunks of a geography, in order."""
        run = self._running()
        with self._transaction() as connection:
            return ledger.spans(connection, run.run_id, geography)

    def digests(self) -> dict[str, Digest]:
        """Give the digest of each table over all that was placed, committed and replayed."""
        return self._tally.digests()

    def set_status(
        self, status: Status, simulated_until: int | None = None, manifest: str | None = None
    ) -> None:
        """Note how far the run has come."""
        run = self._running()
        with self._transaction() as connection:
            ledger.update_run(connection, run.run_id, status, simulated_until, manifest)

    def reopen(self) -> None:
        """Take back what finish() added."""
        with self._transaction() as connection:
            self._drop_additions(connection, everything=False)

    def count_wipe(self, *, models: bool = False) -> dict[str, int]:
        """Count the rows that wiping every run would remove."""
        with self._transaction() as connection:
            known = inspect(connection).has_table(ledger.RUN.name)
            return count_wipe(connection, models=models) if known else {}

    def wipe_models(self) -> None:
        """Remove the models and profiles that wiped runs left."""
        with self._transaction() as connection:
            if inspect(connection).has_table(ledger.RUN.name):
                remove_models(connection)

    def foreign(self) -> list[ForeignRows]:
        """List what others recorded on the rows that wiping every run would remove."""
        with self._transaction() as connection:
            known = inspect(connection).has_table(ledger.BLOCK.name)
            return told(connection, found_foreign(connection)) if known else []

    def wipe(self, identity: str, *, with_foreign: bool = False) -> None:
        """Remove a run's operational rows and its ledger."""
        with self._transaction() as connection:
            run = self._find(connection, identity)
        self.lock(run.spec.geographies)
        with self._transaction() as connection:
            removing = Removing(connection, run, self.url)
            removing.check(with_foreign=with_foreign)
            self._drop_additions(connection, everything=True)
            removing.remove(self._empty)
        self._run = None

    def close(self) -> None:
        """Give up the database."""
        self._connection.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Parts

    @property
    def _raw(self) -> Any:
        """Give the driver's own connection, for the rows that come in bulk."""
        return self._connection.connection.driver_connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        with explained(self._url):
            yield

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._explained(), self._connection.begin():
            yield self._connection

    @contextmanager
    def _reserved(self) -> Iterator[None]:
        """Forget what was reserved in a transaction that came to nothing."""
        before = self._keys.blocks
        try:
            yield
        except BaseException:
            self._keys.blocks = before
            self._forget_reserved()
            raise

    def _running(self) -> Run:
        if self._run is None:
            raise RuntimeError("start() comes first")
        return self._run

    def _rows(self, block: Block, lane: int) -> Rows:
        return mapping_of(block.kind).rows(block, lane, self._running().lanes)

    def _check_lane(self, run: Run, chunk: Chunk) -> None:
        if run.spec.geographies[chunk.lane] != chunk.geography:
            raise ValueError(f"lane {chunk.lane} of this run is not {chunk.geography}")

    def _check_new(self, connection: Connection, run: Run, chunk: Chunk) -> None:
        if chunk.geography not in self._locked:
            raise RuntimeError(f"lock({chunk.geography!r}) comes first")
        committed = ledger.spans(connection, run.run_id, chunk.geography)
        if committed and committed[-1].to_day != chunk.from_day:
            raise AlreadyCommittedError(
                f"{self.url}: {_days(chunk)} cannot be written: the database holds this geography"
                f" until day {committed[-1].to_day}"
            )

    def _find(self, connection: Connection, identity: str) -> Run:
        run = ledger.find_run(connection, identity)
        if run is None:
            raise StoreError(f"{self.url}: this run is not in the database")
        return run


def _days(chunk: Chunk) -> str:
    return f"{chunk.geography}, days {chunk.from_day} to {chunk.to_day},"
