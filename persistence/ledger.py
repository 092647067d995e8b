"""The ledger: which runs a database holds, and which of their chunks are committed.

The ledger is what makes a run resumable. A chunk's row is written in the transaction that wrote the
chunk, and keeps the digests of what that was, so that a replay can be compared with it. All
functions work inside the caller's transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, type_coerce, update
from sqlalchemy.engine import Row
from sqlalchemy.types import NullType

from persistence.blocks import IdBlock, IdBlocks
from persistence.digest import Digest
from persistence.schema import TABLES

RUN = TABLES["smoltflow_run"]
CHUNK = TABLES["smoltflow_chunk"]
BLOCK = TABLES["smoltflow_block"]
KEY = TABLES["smoltflow_key"]
LEDGER = (RUN, CHUNK, BLOCK, KEY)
EPOCH = date(1970, 1, 1)

Status = str
RUNNING, INTERRUPTED, FINISHED = "running", "interrupted", "finished"


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What identifies a run and what it is about to do.

    Attributes:
        identity: hash over resolved scenario, seed and version; 64 hexadecimal digits at most.
        scenario: name of the scenario.
        seed: seed of its random streams.
        version: version of the program.
        resolved: the scenario with every knob, as text.
        geographies: all geographies of the scenario, in lane order.
        shard: the geography this database is for; None when it holds all.
        simulated_from: first day, as days since 1970-01-01.
        simulated_until: the day after the last one.
    """

    identity: str
    scenario: str
    seed: int
    version: str
    resolved: str
    geographies: tuple[str, ...]
    simulated_from: int
    simulated_until: int
    shard: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the ledger has it; ``seal`` is the checksum that a finished one is closed with."""

    run_id: int
    spec: RunSpec
    status: Status
    manifest: str | None
    seal: str | None = None

    @property
    def lanes(self) -> int:
        """How many geographies share the id space."""
        return len(self.spec.geographies)


@dataclass(frozen=True, slots=True)
class CommittedChunk:
    """A committed chunk.

    Attributes:
        geography: whose days these are; ``from_day`` is the first, ``to_day`` the first after.
        rows: rows appended and states written.
        facts: digests of the appended rows, by table.
        entities: digests of the states written, by table.
        last: the highest global key written so far in this chunk, by table.
        unkeyed: tables that were written too, whose rows have no key.
    """

    geography: str
    from_day: int
    to_day: int
    rows: int
    facts: Mapping[str, Digest]
    entities: Mapping[str, Digest]
    last: Mapping[str, int]
    unkeyed: frozenset[str] = frozenset()

    def differences(self, other: CommittedChunk) -> list[str]:
        """Name what differs between two outcomes of one chunk: its tables, or its length."""
        tables = {*self.facts, *self.entities, *other.facts, *other.entities}
        found = [
            table
            for table in sorted(tables)
            if self.facts.get(table) != other.facts.get(table)
            or self.entities.get(table) != other.entities.get(table)
        ]
        return found if self.to_day == other.to_day else [*found, "its length"]


def runs(connection: Connection) -> list[Run]:
    """List all runs of the database, oldest first."""
    return [_run(row) for row in connection.execute(select(RUN).order_by(RUN.c.run_id))]


def find_run(connection: Connection, identity: str) -> Run | None:
    """Find the run with this identity, or None."""
    row = connection.execute(select(RUN).where(RUN.c.identity == identity)).first()
    return _run(row) if row else None


def insert_run(connection: Connection, spec: RunSpec) -> Run:
    """Enter a new run as running."""
    latest = connection.execute(select(RUN.c.run_id).order_by(RUN.c.run_id.desc())).first()
    connection.execute(
        insert(RUN).values(
            run_id=(latest[0] if latest else 0) + 1,
            identity=spec.identity,
            scenario=spec.scenario,
            seed=spec.seed,
            version=spec.version,
            resolved=spec.resolved,
            geographies=json.dumps(list(spec.geographies), ensure_ascii=False),
            shard=spec.shard,
            status=RUNNING,
            simulated_from=_date(spec.simulated_from),
            simulated_until=_date(spec.simulated_until),
        )
    )
    run = find_run(connection, spec.identity)
    if run is None:
        raise LookupError(spec.identity)
    return run


def update_run(
    connection: Connection,
    run_id: int,
    status: Status,
    simulated_until: int | None = None,
    manifest: str | None = None,
) -> None:
    """Change a run's status, and its end and manifest when they are given; seal a finished one."""
    values: dict[str, Any] = {"status": status, "seal": None}
    if simulated_until is not None:
        values["simulated_until"] = _date(simulated_until)
    if manifest is not None:
        values["manifest"] = manifest
    mine = update(RUN).where(RUN.c.run_id == run_id)
    connection.execute(mine.values(values))
    if status == FINISHED:
        connection.execute(mine.values(seal=seal_of(connection, run_id)))


def seal_of(connection: Connection, run_id: int) -> str:
    """Work out the checksum of all that the ledger has of a run, but for the seal itself.

    Values are taken as the driver has them, so that a text in place of a number is another value.
    """
    lines = []
    for table in LEDGER:
        columns = [
            type_coerce(column, NullType()).label(column.name)
            for column in table.columns
            if column is not RUN.c.seal
        ]
        query = select(*columns).where(table.c.run_id == run_id)
        lines += [
            json.dumps([table.name, *row], default=str, ensure_ascii=False)
            for row in connection.execute(query)
        ]
    state = hashlib.blake2b(digest_size=16)
    for line in sorted(lines):  # a database's own order depends on its collation
        state.update(line.encode() + b"\n")
    return state.hexdigest()


def delete_run(connection: Connection, run_id: int) -> None:
    """Forget a run, its chunks and its blocks of ids."""
    for table in (CHUNK, BLOCK):
        connection.execute(delete(table).where(table.c.run_id == run_id))
    connection.execute(delete(RUN).where(RUN.c.run_id == run_id))


def insert_span(connection: Connection, run_id: int, span: CommittedChunk) -> None:
    """Enter a committed chunk."""
    kept = {
        "facts": {table: digest.to_json() for table, digest in sorted(span.facts.items())},
        "entities": {table: digest.to_json() for table, digest in sorted(span.entities.items())},
        "last": dict(sorted(span.last.items())),
        "unkeyed": sorted(span.unkeyed),
    }
    connection.execute(
        insert(CHUNK).values(
            run_id=run_id,
            geography=span.geography,
            from_day=span.from_day,
            to_day=span.to_day,
            rows=span.rows,
            digests=json.dumps(kept),
        )
    )


def spans(
    connection: Connection, run_id: int, geography: str | None = None
) -> list[CommittedChunk]:
    """List the committed chunks of a run, or of one geography, in order."""
    query = select(CHUNK).where(CHUNK.c.run_id == run_id)
    if geography is not None:
        query = query.where(CHUNK.c.geography == geography)
    rows = connection.execute(query.order_by(CHUNK.c.geography, CHUNK.c.from_day))
    return [_span(row) for row in rows]


def id_blocks(connection: Connection, run_id: int, *tables: str) -> dict[str, IdBlocks]:
    """Find the ids that are reserved for a run, by table; of all tables if none is named."""
    query = select(BLOCK).where(BLOCK.c.run_id == run_id)
    if tables:
        query = query.where(BLOCK.c.table_name.in_(tables))
    found: dict[str, list[IdBlock]] = {}
    for row in connection.execute(query):
        block = IdBlock(row.first_key, row.last_key, row.first_id)
        found.setdefault(row.table_name, []).append(block)
    return {table: IdBlocks(blocks) for table, blocks in found.items()}


def last_reserved(connection: Connection, table: str) -> int:
    """Find the highest id of a table that any run has reserved; 0 if none has."""
    last = func.max(BLOCK.c.first_id + BLOCK.c.last_key - BLOCK.c.first_key)
    return connection.scalar(select(last).where(BLOCK.c.table_name == table)) or 0


def insert_block(
    connection: Connection, run_id: int, table: str, known: IdBlocks, block: IdBlock
) -> IdBlocks:
    """Enter ids that are reserved from now on, beside those that are ``known`` to be there.

    Returns:
        All blocks of the table; one that continues the last prolongs it.
    """
    if known.blocks and block.continues(known.blocks[-1]):
        same = (BLOCK.c.run_id == run_id) & (BLOCK.c.table_name == table)
        last = same & (BLOCK.c.last_key == known.last_key)
        connection.execute(update(BLOCK).where(last).values(last_key=block.last_key))
    else:
        connection.execute(
            insert(BLOCK).values(
                run_id=run_id,
                table_name=table,
                first_key=block.first_key,
                last_key=block.last_key,
                first_id=block.first_id,
            )
        )
    return IdBlocks([*known.blocks, block])


def last_keys(all_spans: Sequence[CommittedChunk]) -> dict[str, int]:
    """Find the highest global key of each table over the given chunks."""
    last: dict[str, int] = {}
    for span in all_spans:
        for table, key in span.last.items():
            last[table] = max(key, last.get(table, -1))
    return last


def _span(row: Row[Any]) -> CommittedChunk:
    kept = json.loads(row.digests)
    facts, entities = (
        {table: Digest.from_json(pair) for table, pair in kept[part].items()}
        for part in ("facts", "entities")
    )
    days = (row.geography, row.from_day, row.to_day)
    unkeyed = frozenset(kept.get("unkeyed", ()))
    return CommittedChunk(*days, row.rows, facts, entities, kept["last"], unkeyed)


def _run(row: Row[Any]) -> Run:
    spec = RunSpec(
        identity=row.identity,
        scenario=row.scenario,
        seed=row.seed,
        version=row.version,
        resolved=row.resolved,
        geographies=tuple(json.loads(row.geographies)),
        shard=row.shard,
        simulated_from=(row.simulated_from - EPOCH).days,
        simulated_until=(row.simulated_until - EPOCH).days,
    )
    return Run(row.run_id, spec, row.status, row.manifest, row.seal)


def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)
