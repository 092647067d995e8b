"""Whether the rows that a ledger speaks of are still there, asked in milliseconds.

A ledger outlives what happens to its rows: a TRUNCATE, a DELETE, a table that somebody dropped. So
before a run is believed to be finished, or is continued, its rows are looked for. Keys are dense:
the highest key of a table that the ledger notes also says how many rows it has. Small tables are
counted; of a large one the last row of each chunk is looked up by its id. Tables that have no index
by id are asked for any row of each chunk by its time, or, where nothing is indexed yet, for any row
of the run. No large table is ever read: what proves every row is ``verify``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    false,
    func,
    inspect,
    literal,
    or_,
    select,
)

from persistence.blocks import NONE, IdBlocks
from persistence.digest import OWN_PREFIX
from persistence.ledger import (
    FINISHED,
    CommittedChunk,
    Run,
    id_blocks,
    last_keys,
    spans,
)
from persistence.mapping import Mapping as RowMapping
from persistence.mapping import mappings
from persistence.schema import TABLES
from persistence.stores.wiping import owner

COUNTED = 10_000
"""Tables of so many rows are counted, which takes a millisecond or two."""

_CHUNK, _KEY, _BLOCK = (TABLES[f"smoltflow_{name}"] for name in ("chunk", "key", "block"))


@dataclass(frozen=True, slots=True)
class MissingRows:
    """A table that does not hold what the ledger says.

    Attributes:
        what: the table's name.
        expected: how many rows of the run it ought to have, or days of ``smoltflow_chunk``; None
            if that is not known.
        found: how many are there; None if rows are missing and nobody counted them.
    """

    what: str
    expected: int | None
    found: int | None

    @property
    def of_the_ledger(self) -> bool:
        """Whether it is the ledger itself, without which no row can be read back."""
        return self.what in (_CHUNK.name, _KEY.name, _BLOCK.name)

    @property
    def wipeable(self) -> bool:
        """Whether it can be told all the same which rows are the run's, so that it can be wiped."""
        return self.what != _BLOCK.name


def missing(
    connection: Connection, run: Run, keyed: Collection[tuple[str, str]]
) -> list[MissingRows]:
    """List what a run ought to have and has not; empty if nothing is missing.

    Args:
        connection: the database, in a transaction.
        run: the run, as its ledger has it.
        keyed: (table, column) of what an index finds without reading the table.
    """
    there = set(inspect(connection).get_table_names())
    committed = spans(connection, run.run_id) if _CHUNK.name in there else []
    found = list(gaps(run, committed))
    if not committed:
        return found
    blocks = id_blocks(connection, run.run_id) if _BLOCK.name in there else {}
    if unowned(blocks, committed):
        return [*found, MissingRows(_BLOCK.name, None, None)]
    noted = _noted(connection, run) if _KEY.name in there else {}
    for mapping in mappings():
        if mapping.kind.role not in ("master", "site"):
            taken = sum(noted.get(mapping.table, {}).values())
            lost = _lost(connection, run, committed, blocks, mapping, taken, keyed, there)
            found += [lost] if lost else []
    return [*found, *_lost_notes(connection, run, committed, noted, there)]


def lacking_columns(connection: Connection) -> list[str]:
    """What a database with a ledger lacks of our own tables: ``table``, or ``table.column``.

    A run of another version has its own idea of them; nothing can be added to it.
    """
    looked = inspect(connection)
    there = set(looked.get_table_names())
    ours = [name for name in TABLES if name.startswith(OWN_PREFIX)]
    gone = [name for name in ours if name not in there] if "smoltflow_run" in there else []
    return gone + [
        f"{name}.{column.name}"
        for name in ours
        for table in [TABLES[name]]
        if name in there
        for has in [{found["name"] for found in looked.get_columns(name)}]
        for column in table.columns
        if column.name not in has
    ]


def unowned(blocks: Mapping[str, IdBlocks], committed: Sequence[CommittedChunk]) -> list[str]:
    """List the tables of which chunks wrote rows with keys that no block has ids for."""
    return [
        table
        for table, last in sorted(last_keys(committed).items())
        for mine in [blocks.get(table, NONE)]
        if mine.last_key < last or not mine.whole
    ]


def gaps(run: Run, committed: Sequence[CommittedChunk]) -> Iterator[MissingRows]:
    """Days that the ledger's chunks ought to cover without a gap, and do not."""
    shard = run.spec.shard
    expected = found = 0
    for geography in run.spec.geographies if shard is None else (shard,):
        mine = [span for span in committed if span.geography == geography]
        reached = max((span.to_day for span in mine), default=run.spec.simulated_from)
        end = run.spec.simulated_until if run.status == FINISHED else reached
        expected += end - run.spec.simulated_from
        found += sum(span.to_day - span.from_day for span in mine)
    if found != expected:
        yield MissingRows(_CHUNK.name, expected, found)


def _noted(connection: Connection, run: Run) -> dict[str, dict[str, int]]:
    """How many rows, by table and geography, a run noted the ids of: those it placed or found."""
    query = select(_KEY.c.table_name, _KEY.c.geography, func.count())
    noted: dict[str, dict[str, int]] = {}
    for table, geography, rows in connection.execute(
        query.where(_KEY.c.run_id == run.run_id).group_by(_KEY.c.table_name, _KEY.c.geography)
    ):
        noted.setdefault(table, {})[geography] = rows
    return noted


def _lost_notes(
    connection: Connection,
    run: Run,
    committed: Sequence[CommittedChunk],
    noted: Mapping[str, Mapping[str, int]],
    there: Collection[str],
) -> Iterator[MissingRows]:
    """Rows whose ids are noted, such as all infrastructure and master data; or the notes."""
    geographies = {geography for rows in noted.values() for geography in rows}
    if not {"", *(span.geography for span in committed)} <= geographies:
        yield MissingRows(_KEY.name, None, None)
    for table, rows in noted.items():
        expected, found = sum(rows.values()), 0
        if table in there:
            ids = select(_KEY.c.id).where(_KEY.c.run_id == run.run_id, _KEY.c.table_name == table)
            key = next(iter(TABLES[table].primary_key))
            found = _count(connection, key.in_(ids))
        if found < expected:
            yield MissingRows(table, expected, found)


def _lost(
    connection: Connection,
    run: Run,
    committed: Sequence[CommittedChunk],
    blocks: Mapping[str, IdBlocks],
    mapping: RowMapping,
    taken: int,
    keyed: Collection[tuple[str, str]],
    there: Collection[str],
) -> MissingRows | None:
    """What is missing of the operational rows of a kind, apart from those that were ``taken`` up.

    A row that was there already, and was taken up under the id that it had, is in no block of the
    run's; it is noted like infrastructure.
    """
    name = mapping.table
    written = [span for span in committed if name in span.last or name in span.unkeyed]
    expected = _rows(run, committed, name) - taken if mapping.own is not None else None
    if not written or expected == 0:
        return None
    if name not in there:
        return MissingRows(name, expected, 0)
    column, owners = owner(mapping)
    table, key = TABLES[name], TABLES[name].columns[column]
    mine = or_(false(), *(key.between(*span) for span in blocks.get(owners, NONE).spans))
    time = next(iter(table.primary_key))
    by_id = (name, column) in keyed
    if not by_id and isinstance(time.type, DateTime) and (name, time.name) in keyed:
        days = [_any(connection, mine & _days_of(span, time)) for span in written]
        return None if all(days) else MissingRows(name, expected, None if any(days) else 0)
    if expected is not None and expected <= COUNTED:
        found = _count(connection, mine)
        return MissingRows(name, expected, found) if found < expected else None
    if not _any(connection, mine):
        return MissingRows(name, expected, 0)
    if by_id and mapping.own is not None and not taken:
        last = np.unique([span.last[name] for span in written])
        if _count(connection, key.in_(blocks[name].ids(last).tolist())) < len(last):
            return MissingRows(name, expected, None)
    return None


def _count(connection: Connection, those: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).where(those)) or 0


def _any(connection: Connection, those: ColumnElement[bool]) -> bool:
    return bool(connection.scalar(select(select(literal(1)).where(those).limit(1).exists())))


def _days_of(span: CommittedChunk, time: Column[datetime]) -> ColumnElement[bool]:
    """The days of a chunk, by a column of times."""
    # A text with its microseconds is behind the same one without, on SQLite.
    begin = _midnight(span.from_day) - timedelta(microseconds=1)
    return (time > begin) & (time < _midnight(span.to_day))


def _midnight(day: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(days=day)


def _rows(run: Run, committed: Sequence[CommittedChunk], table: str) -> int:
    """How many rows a run has in a table: every geography's keys are dense."""
    rows = 0
    for lane, geography in enumerate(run.spec.geographies):
        mine = [span.last.get(table, -1) for span in committed if span.geography == geography]
        last = max(mine, default=-1)
        rows += (last - lane) // run.lanes + 1 if last >= 0 else 0
    return rows
