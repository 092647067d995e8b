"""Which rows a wipe removes, as SQL that every database understands."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass

from persistence.ledger import Run
from persistence.mapping import Mapping, mapping_of, mappings


@dataclass(frozen=True, slots=True)
class Doomed:
    """The operational rows of a run in one table.

    Attributes:
        table: the table.
        deletion: deletes the run's rows.
        others: tells whether there are rows that are not the run's; if not, the table may be
            emptied as a whole, which is faster by far.
    """

    table: str
    deletion: str
    others: str


def doomed(run: Run, last: MappingABC[str, int]) -> Iterator[Doomed]:
    """List where a run has operational rows, what refers before what is referred to."""
    for mapping in reversed(mappings()):
        if mapping.kind.role in ("master", "site"):
            continue
        column, table = owner(mapping)
        if table not in last:
            continue
        base = run.id_base[table]
        mine = f'"{column}" BETWEEN {base} AND {base + last[table]}'
        yield Doomed(
            mapping.table,
            f'DELETE FROM "{mapping.table}" WHERE {mine}',  # noqa: S608
            f'SELECT EXISTS (SELECT 1 FROM "{mapping.table}" WHERE NOT {mine})',  # noqa: S608
        )


def owner(mapping: Mapping) -> tuple[str, str]:
    """Find the column that tells whose a row is, and the table whose ids it holds."""
    if mapping.own is not None:
        return mapping.targets[mapping.own].name, mapping.table
    for target in mapping.targets:
        if target.refers and mapping_of(target.refers).kind.role == "entity":
            return target.name, mapping_of(target.refers).table
    raise ValueError(f"nothing tells whose the rows of {mapping.table} are")
