"""What others recorded on a run's rows, and would lose what it belongs to if these were removed.

A user's feeding on one of the run's batches is not the run's, yet it cannot stand without the
batch. Such rows are found by the references that the database or the schema declares, also in
tables that Smoltflow does not know; and so are the rows that refer to these in turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnClause, Connection, column, delete, inspect, table, tuple_

from persistence.schema import TABLES
from persistence.stores.wiping import Doomed

_AT_ONCE = 300
_SHOWN = 3
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ForeignRows:
    """Rows of a table that are not the run's and refer to what is.

    Attributes:
        rows: how many; ``first`` some of them, by the columns of their ``key``.
    """

    table: str
    rows: int
    key: tuple[str, ...]
    first: tuple[str, ...]

    def __str__(self) -> str:
        more = ", ..." if self.rows > len(self.first) else ""
        return (
            f"{self.table}: {self.rows:,} ({' and '.join(self.key)} {', '.join(self.first)}{more})"
        )


def told(connection: Connection, found: Mapping[str, Sequence[Key]]) -> list[ForeignRows]:
    """Sum up rows that were found by their keys."""
    names = _keys(connection, found) if found else {}
    return [
        ForeignRows(
            name,
            len(keys),
            tuple(names[name]),
            tuple(" ".join(map(str, key)) for key in sorted(keys)[:_SHOWN]),
        )
        for name, keys in sorted(found.items())
    ]


@dataclass(frozen=True, slots=True)
class _ForeignKey:
    """A column of a table that leads to another one."""

    table: str
    column: str
    target: str


def foreign_rows(connection: Connection, doomed: Iterable[Doomed]) -> dict[str, list[Key]]:
    """Find, by table, the keys of all rows that would have to go with those that are doomed."""
    going = {part.table: part for part in doomed}
    looked = inspect(connection)
    there = set(looked.get_table_names())
    keys = _keys(connection, there)
    leads: dict[str, list[_ForeignKey]] = {}
    for reference in _references(connection, there):
        leads.setdefault(reference.table, []).append(reference)
    found: dict[str, dict[Key, None]] = {}
    new: dict[str, list[Key]] = {}
    for name, references in sorted(leads.items()):
        to = sorted({r.column for r in references if r.target in going})
        mine = {r.column: going[r.target] for r in references if r.target in going}
        if to and keys.get(name):
            hit = " OR ".join(mine[column_].of(column_) for column_ in to)
            rows = _rows(connection, name, keys[name], f"({hit})", going.get(name))
            if rows:
                new[name] = rows
                found[name] = dict.fromkeys(rows)
    while new:
        reached, new = new, {}
        for name, references in sorted(leads.items()):
            for reference in references:
                values = [key[0] for key in reached.get(reference.target, ()) if len(key) == 1]
                for some in _parts(values):
                    listed = ", ".join(map(_literal, some))
                    where = f'"{reference.column}" IN ({listed})'
                    rows = _rows(connection, name, keys.get(name, ()), where, going.get(name))
                    more = [key for key in rows if key not in found.setdefault(name, {})]
                    if more:
                        found[name].update(dict.fromkeys(more))
                        new.setdefault(name, []).extend(more)
    return {name: list(rows) for name, rows in found.items() if rows}


def remove_rows(connection: Connection, found: Mapping[str, Sequence[Key]]) -> None:
    """Remove rows that were found, those last that were found first."""
    keys = _keys(connection, set(found))
    for name in reversed(list(found)):
        columns: list[ColumnClause[Any]] = [column(part) for part in keys[name]]
        for some in _parts(found[name]):
            connection.execute(delete(table(name, *columns)).where(tuple_(*columns).in_(some)))


def _rows(
    connection: Connection, name: str, key: Sequence[str], where: str, mine: Doomed | None
) -> list[Key]:
    """Find the keys of rows that meet a condition and are not doomed anyway."""
    if not key:
        return []
    listed = ", ".join(f'"{part}"' for part in key)
    theirs = f" AND ({mine.theirs})" if mine else ""
    query = f'SELECT {listed} FROM "{name}" WHERE {where}{theirs}'  # noqa: S608
    return [tuple(row) for row in connection.exec_driver_sql(query)]


def _keys(connection: Connection, names: Iterable[str]) -> dict[str, list[str]]:
    """Find the primary keys of tables; from the schema where the database has not declared them."""
    declared = inspect(connection).get_multi_pk_constraint(filter_names=sorted(names))
    found = {name: list(key["constrained_columns"]) for (_, name), key in declared.items()}
    for name, known in TABLES.items():
        if name in found and not found[name]:
            found[name] = [part.name for part in known.primary_key]
    return found


def _references(connection: Connection, names: set[str]) -> Iterator[_ForeignKey]:
    """List the references of one column, those of the database and those of the schema."""
    declared = inspect(connection).get_multi_foreign_keys(filter_names=sorted(names))
    listed = {
        _ForeignKey(name, key["constrained_columns"][0], key["referred_table"])
        for (_, name), keys in declared.items()
        for key in keys
        if len(key["constrained_columns"]) == 1
    }
    for name in names & TABLES.keys():
        listed |= {
            _ForeignKey(name, key.parent.name, key.column.table.name)
            for key in TABLES[name].foreign_keys
        }
    return iter(sorted(listed, key=lambda one: (one.table, one.column, one.target)))


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE))


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
