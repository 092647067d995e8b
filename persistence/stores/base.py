"""What a store is: the one protocol behind which every database looks the same.

A store's life::

    with open_store(url) as store:
        store.create_tables()
        store.lock(geographies)          # exclusive use; released when the process dies
        store.start(spec)                # enter the run in the ledger, or take it up again
        for lane in lanes:
            store.bootstrap(lane, blocks)  # master data, sites: inserted or found
        for chunk in simulated:
            store.commit(chunk)          # or store.replay(chunk), when it is in the ledger
        store.digests()                  # what recomputing from the rows must give
        store.finish(index, progress)    # keys, indexes, foreign keys, statistics
        store.set_status("finished", until, manifest)

Several processes may write one PostgreSQL database, each its own geographies, and others insert
rows of their own at any time; an SQLite file has one writer. Every method either does all it says
or leaves the database as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from persistence.digest import Digest
from persistence.ledger import CommittedChunk, Run, RunSpec, Status
from persistence.schema import IndexSet
from persistence.stores.conflicts import Conflict, Intended
from persistence.stores.foreign import ForeignRows
from persistence.stores.presence import MissingRows
from sim.facts import Block, Chunk

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Indexes:
    """What a database has of keys and indexes that are added after a load.

    Attributes:
        ours: whether they are Smoltflow's to add and to drop; a live AquaMind has its own.
        kept: the largest set of which something is there.
        lacking: how many keys and indexes of each set are not there.
    """

    ours: bool
    kept: IndexSet
    lacking: Mapping[IndexSet, int]


class Store(Protocol):
    """A database that keeps runs."""

    url: str
    """The database's URL with the password masked."""

    def create_tables(self) -> None:
        """Create every table that is missing. In a live AquaMind only Smoltflow's own are."""

    def runs(self) -> list[Run]:
        """List the runs in the ledger, oldest first; none when there is no ledger yet."""

    def missing(self, identity: str) -> list[MissingRows]:
        """List what the ledger speaks of and the database has not, asked in milliseconds.

        That a small table lost a row is always found, that a large one did only if it lost the last
        row of a chunk, or all.
        """

    def conflicts(self, intended: Intended) -> list[Conflict]:
        """List what is there, written by no run of the ledger, that is in the way of a run."""

    def lock(self, geographies: Iterable[str]) -> None:
        """Take the right to write these geographies, waiting a little for a dying predecessor.

        Raises:
            StoreError: another process has it.
        """

    def start(self, spec: RunSpec) -> Run:
        """Enter the run in the ledger, or take it up again if its identity is there."""

    def bootstrap(self, lane: int, blocks: Sequence[Block]) -> dict[str, Digest]:
        """Place the master data and one geography's infrastructure; harmless when repeated.

        Rows already in the database are recognised by their natural keys and used as they are,
        except that rows which an earlier, wiped run made are brought up to date.

        Returns:
            The digests of these rows as they stand in the database.
        """

    def commit(self, chunk: Chunk) -> CommittedChunk:
        """Write a chunk and its ledger row in one transaction.

        Raises:
            AlreadyCommittedError: its days are there, or do not continue what is there.
        """

    def replay(self, chunk: Chunk, *, facts: bool = True) -> CommittedChunk:
        """Compare a chunk with its ledger row and count it, writing nothing.

        Args:
            chunk: the chunk, simulated again.
            facts: False believes the ledger's digests of the facts and leaves ``chunk.facts``
                unread, so that they need not be expanded.

        Raises:
            ReplayDiffersError: it is not what was committed.
        """

    def chunks(self, geography: str) -> list[CommittedChunk]:
        """List the committed chunks of a geography, in order."""

    def digests(self) -> dict[str, Digest]:
        """Give the digest of each table over all that was placed, committed and replayed."""

    def set_status(
        self, status: Status, simulated_until: int | None = None, manifest: str | None = None
    ) -> None:
        """Note how far the run has come."""

    def indexes(self) -> Indexes:
        """Tell which keys and indexes are there; looking changes nothing."""

    def finish(self, index: IndexSet = "minimal", progress: Progress | None = None) -> None:
        """Add keys, indexes and foreign keys, gather statistics; repeatable.

        What is there already stays, also when it is not in the set.
        """

    def reopen(self) -> None:
        """Take back what :meth:`finish` added, before a finished run is continued at length.

        Appending works without it, but many times slower. The secondary indexes of tables that stay
        small are left, so that the database still shows that it had the full set.
        """

    def count_wipe(self, *, models: bool = False) -> dict[str, int]:
        """Count, by table, the rows that wiping every run would remove, and their models too.

        Where rows have ids of their own, the ledger knows; nothing is counted in large tables.
        """

    def foreign(self) -> list[ForeignRows]:
        """List what others recorded on the rows that wiping every run would remove."""

    def wipe(self, identity: str, *, with_foreign: bool = False) -> None:
        """Remove a run's operational rows and its ledger.

        Master data, infrastructure, growth models and temperature profiles stay, and so does all
        that others recorded. What cannot stay without the run's rows goes only ``with_foreign``.

        Raises:
            ForeignRowsError: there is something of others on the run's rows; nothing was removed.
        """

    def wipe_models(self) -> None:
        """Remove the models and profiles that wiped runs left, but for those that others use."""

    def close(self) -> None:
        """Give up the database."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
