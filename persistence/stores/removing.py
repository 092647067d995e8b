"""How a run is removed: its own rows, by the blocks of ids that the ledger has, and no others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from persistence import ledger
from persistence.ledger import Run
from persistence.stores.errors import ForeignRowsError, StoreError
from persistence.stores.foreign import ForeignRows, Key, foreign_rows, remove_rows, told
from persistence.stores.outliving import note_models
from persistence.stores.placing import leave_behind
from persistence.stores.presence import unowned
from persistence.stores.wiping import Doomed, doomed

_SHOWN = 5


class Removing:
    """Removes a run's operational rows and its ledger within the caller's transaction.

    Args:
        connection: the database.
        run: the run.
        url: what the database is called in messages.
    """

    def __init__(self, connection: Connection, run: Run, url: str) -> None:
        self._connection, self._run, self._url = connection, run, url
        self._blocks = ledger.id_blocks(connection, run.run_id)
        self._parts = list(doomed(self._blocks))
        self._foreign: dict[str, list[Key]] = {}

    def check(self, *, with_foreign: bool) -> None:
        """See what would go beside the run's own rows.

        Args:
            with_foreign: whether rows of others go too that refer to the run's.

        Raises:
            StoreError: the ledger does not say which rows are the run's.
            ForeignRowsError: others have such rows, and shall keep them.
        """
        spans = ledger.spans(self._connection, self._run.run_id)
        if lost := unowned(self._blocks, spans):
            raise StoreError(
                f"{self._url}: {ledger.BLOCK.name} does not say which rows of {lost[0]} are the"
                " run's: empty or replace the database"
            )
        self._foreign = foreign_rows(self._connection, self._parts)
        if self._foreign and not with_foreign:
            raise ForeignRowsError(
                f"{self._url}: {in_words(told(self._connection, self._foreign))}"
            )

    def remove(self, empty: Callable[[Connection, Doomed], bool]) -> None:
        """Remove it all.

        Args:
            empty: removes all rows of a table at once, if all are doomed.
        """
        connection, run = self._connection, self._run
        remove_rows(connection, self._foreign)
        for part in self._parts:
            if not empty(connection, part):
                connection.exec_driver_sql(part.deletion)
        note_models(connection, (run, self._blocks))
        leave_behind(connection, run)
        ledger.delete_run(connection, run.run_id)


def in_words(found: Sequence[ForeignRows]) -> str:
    """Say what others have recorded."""
    listed = [str(rows) for rows in found[:_SHOWN]]
    if len(found) > _SHOWN:
        listed.append(f"{len(found) - _SHOWN} more tables")
    return (
        "others have recorded rows that refer to the run's and cannot stay without them:"
        f" {'; '.join(listed)}"
    )


def found_foreign(connection: Connection) -> dict[str, list[Key]]:
    """Find, by table, what others recorded on the rows of all runs."""
    runs = [ledger.id_blocks(connection, run.run_id) for run in ledger.runs(connection)]
    found: dict[str, dict[Key, None]] = {}
    for blocks in runs:
        for table, keys in foreign_rows(connection, doomed(blocks)).items():
            found.setdefault(table, {}).update(dict.fromkeys(keys))
    return {table: list(keys) for table, keys in found.items()}
