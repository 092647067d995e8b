"""Databases that do not hold what their ledger says: refused, with what is gone and what to do.

Somebody may have emptied a table, or the ledger itself, since the run was written. Such a run is
neither believed nor continued: a summary over an empty database would be a lie, and rows that are
added to what is left of a run would never be a farm.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from persistence.ledger import CHUNK, Run
from persistence.stores import MissingRows, mask, open_source, open_store
from persistence.stores.presence import lacking_columns
from persistence.stores.shapes import other_tables
from sim.api.targets import sqlite_path
from sim.core.failures import Failure

_SHOWN = 3


def refuse_damage(urls: Sequence[str], identity: str, *, replaced: bool = False) -> None:
    """Refuse databases in which something of a run is gone.

    Args:
        urls: the databases; those that are not there yet are left alone.
        identity: the run's.
        replaced: whether all runs are about to be wiped, so that only the ledger has to be whole.

    Raises:
        Failure: with all that is wrong, and what to do; exit code 2.
    """
    wrong = [said for url in urls for said in _damage(url, identity, replaced)]
    if wrong:
        raise Failure("\n".join(wrong), 2)


def refuse_other_version(urls: Sequence[str]) -> None:
    """Refuse databases whose tables are another version's, or somebody else's.

    Raises:
        Failure: with the tables and columns that are missing; exit code 2.
    """
    for url in urls:
        path = sqlite_path(url)
        if path is not None and not path.exists():
            continue
        with closing(open_source(url)) as source, source.explained():
            lacking = lacking_columns(source.connection)
            others = other_tables(source.connection)
        for table, columns in others.items():
            raise Failure(
                f"{mask(url)}: its table {table} is not AquaMind's: it has no"
                f" {', '.join(columns[:_SHOWN])}. Choose another database",
                2,
            )
        if lacking:
            raise Failure(
                f"{mask(url)} was written by another version of Smoltflow: it has no"
                f" {', '.join(lacking[:_SHOWN])}. Choose another database, or {way_out(url)}",
                2,
            )


def _damage(url: str, identity: str, replaced: bool) -> Sequence[str]:
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return []
    with open_store(url) as store:
        return [
            _missing(url, lost, run)
            for run in store.runs()
            if replaced or run.spec.identity == identity
            if (lost := [
                missing for missing in store.missing(run.spec.identity)
                if not (replaced and missing.wipeable)
            ])
        ]  # fmt: skip


def _missing(url: str, lost: Sequence[MissingRows], run: Run) -> str:
    listed = [_in_words(missing) for missing in lost[:_SHOWN]]
    if len(lost) > _SHOWN:
        listed.append(f"and {len(lost) - _SHOWN} more tables")
    what = f"{mask(url)}: not all is there that its ledger says of this run: {', '.join(listed)}."
    if not all(missing.wipeable for missing in lost):
        return f"{what} Without its ledger nobody can tell whose rows are whose: {way_out(url)}"
    return (
        f"{what} Running {run.spec.scenario} again with --fresh writes all of it anew; what is"
        f" left is removed by: smoltflow wipe '{mask(url)}' --confirm"
    )


def _in_words(missing: MissingRows) -> str:
    unit = "days" if missing.what == CHUNK.name else "rows"
    if missing.expected is None or missing.found is None:
        return f"{missing.what} lacks rows"
    return f"{missing.what} has {missing.found:,} of {missing.expected:,} {unit}"


def way_out(url: str) -> str:
    """What to do with a database that cannot be used any more."""
    path = sqlite_path(url)
    if path is not None:
        return f"delete the file {path} and run again."
    return "empty or replace the database and run again."
