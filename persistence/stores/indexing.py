"""Which keys and indexes a database has, and which of them are taken back before more is loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from persistence.schema import FACT_TABLES, INDEX_SETS, TABLES, IndexSet
from persistence.schema.ddl import (
    Addition,
    DialectName,
    additions,
    after_load,
    secondary_indexes,
)
from persistence.stores.base import Indexes


def survey(dialect: DialectName, names_there: Collection[str], *, ours: bool) -> Indexes:
    """Compare the names in a database's catalogue with each set of indexes."""
    present = set(names_there)
    if not ours:
        return Indexes(ours=False, kept="full", lacking=dict.fromkeys(INDEX_SETS, 0))
    names = {
        index: {addition.name for table in TABLES for addition in additions(dialect, table, index)}
        for index in INDEX_SETS
    }
    kept: IndexSet = "none"
    if present & (names["full"] - names["minimal"]):
        kept = "full"
    elif present & names["minimal"]:
        kept = "minimal"
    lacking = {index: len(wanted - present) for index, wanted in names.items()}
    return Indexes(ours=True, kept=kept, lacking=lacking)


def removable(dialect: DialectName, *, everything: bool) -> Iterator[tuple[str, Addition]]:
    """Yield each table's additions that are taken back before a load.

    Args:
        dialect: the kind of database.
        everything: also the secondary indexes of entity tables. They cost a continued run little,
            and show that the database had the full set.
    """
    for table in TABLES:
        yield from ((table, addition) for addition in after_load(dialect, table))
        if everything or table in FACT_TABLES:
            yield from ((table, addition) for addition in secondary_indexes(dialect, table))
