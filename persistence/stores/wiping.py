"""Which rows a wipe removes, as SQL that every database understands, and how many they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass

from sqlalchemy import Connection

from persistence import ledger
from persistence.blocks import IdBlocks, Span, outside, within
from persistence.ledger import CommittedChunk, Run
from persistence.mapping import MODELS, Mapping, mapping_of, mappings
from persistence.stores.outliving import count_models

KEPT = frozenset({*MODELS, *MODELS.values()})
"""The kinds that outlive their run, whatever their role; see :mod:`.outliving`."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """The operational rows of a run in one table.

    Attributes:
        table: the table.
        column: that which tells whose a row is.
        spans: what it holds of the run's ids.
    """

    table: str
    column: str
    spans: tuple[Span, ...]

    @property
    def mine(self) -> str:
        """The condition that a row is the run's."""
        return self.of(self.column)

    @property
    def theirs(self) -> str:
        """The condition that it is not."""
        return outside(f'"{self.column}"', self.spans)

    def of(self, column: str) -> str:
        """The condition that a column, of any table, holds one of the ids."""
        return within(f'"{column}"', self.spans)

    @property
    def deletion(self) -> str:
        """Deletes the run's rows."""
        return f'DELETE FROM "{self.table}" WHERE {self.mine}'  # noqa: S608

    @property
    def count(self) -> str:
        """Counts them, which takes a while in large tables."""
        return f'SELECT count(*) FROM "{self.table}" WHERE {self.mine}'  # noqa: S608

    @property
    def others(self) -> str:
        """Tells whether there are rows that are not the run's.

        If not, the table may be emptied as a whole, which is faster by far.
        """
        return f'SELECT EXISTS (SELECT 1 FROM "{self.table}" WHERE {self.theirs})'  # noqa: S608


def doomed(blocks: MappingABC[str, IdBlocks]) -> Iterator[Doomed]:
    """List where a run has operational rows, what refers before what is referred to."""
    for mapping in reversed(mappings()):
        if mapping.kind.role in ("master", "site") or mapping.kind.name in KEPT:
            continue
        column, table = owner(mapping)
        if table not in blocks:
            continue
        yield Doomed(mapping.table, column, tuple(blocks[table].spans))


def count_wipe(connection: Connection, *, models: bool) -> dict[str, int]:
    """Count, by table, the rows that wiping every run would remove, and their models too."""
    found = Counter[str]()
    written = []
    for run in ledger.runs(connection):
        spans = ledger.spans(connection, run.run_id)
        blocks, rows = ledger.id_blocks(connection, run.run_id), rows_written(run, spans)
        for part in doomed(blocks):
            if part.table not in rows:
                rows[part.table] = connection.exec_driver_sql(part.count).scalar() or 0
            found[part.table] += rows[part.table]
        written.append((run, blocks))
    if models:
        found.update(count_models(connection, written))
    return {table: found[table] for table in sorted(found) if found[table]}


def rows_written(run: Run, spans: Iterable[CommittedChunk]) -> dict[str, int]:
    """Tell from the ledger how many rows a run wrote into each table whose rows have ids."""
    most: dict[tuple[str, str], int] = {}
    for span in spans:
        for table, key in span.last.items():
            place = (table, span.geography)
            most[place] = max(key, most.get(place, -1))
    rows: dict[str, int] = {}
    for (table, _), key in most.items():
        rows[table] = rows.get(table, 0) + key // run.lanes + 1
    return rows


def owner(mapping: Mapping) -> tuple[str, str]:
    """Find the column that tells whose a row is, and the table whose ids it holds."""
    if mapping.own is not None:
        return mapping.targets[mapping.own].name, mapping.table
    for target in mapping.targets:
        if target.refers and mapping_of(target.refers).kind.role == "entity":
            return target.name, mapping_of(target.refers).table
    raise ValueError(f"nothing tells whose the rows of {mapping.table} are")
