"""Ids are reserved before rows are written, so that others may insert beside us at any time.

A block of ids is entered in the ledger, and the table's sequence, from which everybody else takes
ids, is moved past it first: :mod:`persistence.stores.postgresql_reserving`. An SQLite file has one
writer and no sequences: its next id is the one behind the highest. So there a block ends with the
last row, and is entered in the transaction that writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, func, select

from persistence.blocks import NONE, IdBlock, IdBlocks
from persistence.ledger import id_blocks, insert_block, last_reserved
from persistence.mapping import mappings, tables_by_role
from persistence.schema import TABLES

_LEAST = 64

ID_COLUMNS = {
    mapping.table: mapping.targets[mapping.own].name
    for mapping in mappings()
    if mapping.own is not None
}
"""The name of each table's own id."""


class Reserving:
    """Enters blocks of one run in the ledger, within the caller's transaction.

    Args:
        run_id: the run's number.
        grown: whether blocks are larger than what is asked for, the more so the more there is.
    """

    def __init__(self, run_id: int, *, grown: bool) -> None:
        self.run_id, self._grown = run_id, grown
        self._highest: dict[str, int] = {}

    def look(self, connection: Connection, table: str) -> None:
        """See once which ids a table has, which takes a while where no index tells.

        From then on nobody gets an id that is not taken from the sequence, or reserved.
        """
        if table not in self._highest:
            highest = func.max(TABLES[table].columns[ID_COLUMNS[table]])
            found = connection.scalar(select(highest)) or 0
            self._highest[table] = max(found, last_reserved(connection, table))

    def enter(
        self,
        connection: Connection,
        table: str,
        known: IdBlocks,
        key: int,
        take: Callable[[int, int], int],
    ) -> IdBlocks:
        """Enter a block for the keys of a table up to the given one, unless they have ids.

        Args:
            connection: in a transaction that keeps others of us from doing the same.
            table: a table that was looked at.
            known: the blocks that it has.
            key: the last key that needs an id.
            take: takes ids that nobody else gets: told the highest that is known of, and how many
                are wanted, it gives the first of them.

        Returns:
            The blocks that it has now.
        """
        if key <= known.last_key:
            return known
        first = known.last_key + 1
        if self._grown and table not in _KNOWN_AT_ONCE:
            key = max(key, first + max(first, _LEAST) - 1)
        block = IdBlock(first, key, take(self._highest[table], key - first + 1))
        self._highest[table] = block.last_id
        return insert_block(connection, self.run_id, table, known, block)

    def in_file(self, connection: Connection, last: Mapping[str, int]) -> Mapping[str, IdBlocks]:
        """Reserve ids in a file that nobody else writes to; gives the blocks of these tables."""
        blocks = id_blocks(connection, self.run_id, *last)
        for table, key in last.items():
            self.look(connection, table)
            known = blocks.get(table, NONE)
            blocks[table] = self.enter(
                connection, table, known, key, lambda highest, _: highest + 1
            )
        return blocks


_KNOWN_AT_ONCE = frozenset(tables_by_role("master", "site"))
