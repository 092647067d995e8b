"""From a block of facts to the columns of its table.

A kind's plan is worked out once: for each column of the table, the field or constant that fills it,
its canonical type, and the kind it refers to. Applying the plan turns shard-local keys into *global
keys*: k * G + g for a geography's own rows (G geographies, g its index), k for master data, which
is the same in every geography. Ids are the stores' business; global keys are the same in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from sqlalchemy import JSON, Boolean, Date, DateTime, Float, Integer, Numeric, String, Time
from sqlalchemy import Column as SqlColumn

from persistence.mapping.declared import HOMES, Constant, Home
from persistence.mapping.pick import Pick, check_pick
from persistence.schema import TABLES
from sim.facts import KINDS, NULL, Block, Column, Ints, Kind, Role, Text

_UNDIGESTED = frozenset({"password"})


@dataclass(frozen=True, slots=True)
class TableTarget:
    """One column of a table and where its values come from.

    Attributes:
        name: the column's name.
        type: canonical type as in :mod:`sim.facts`, without the key types.
        nullable: whether the column accepts NULL.
        field: the field that fills it; None for a constant.
        constant: the value of a column that no field fills.
        refers: the kind whose key it holds.
        pick: instead of ``refers``, where that is another kind in another row.
    """

    name: str
    type: str
    nullable: bool
    field: str | None = None
    constant: Constant = None
    refers: str | None = None
    pick: Pick | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """How blocks of one kind become rows of one table.

    Attributes:
        kind: the kind of fact.
        table: name of its table.
        targets: the table's columns, in order.
        own: position of the row's own key among them; None when the table has no id.
        identity: position of what tells rows apart: their own key, or the reference that is the
            table's primary key; None when the table has neither.
        natural: names of the columns that identify a row to people.
        digested: positions of the columns that take part in a row's digest.
    """

    kind: Kind
    table: str
    targets: tuple[TableTarget, ...]
    own: int | None
    identity: int | None
    natural: tuple[str, ...]
    digested: tuple[int, ...]

    def rows(self, block: Block, lane: int, lanes: int) -> Rows:
        """Apply the plan to a block of the given lane."""
        if unknown := block.columns.keys() - self.kind.fields.keys() - {"key"}:
            raise ValueError(f"a block of {block.kind} has no column {min(unknown)!r}")
        shift = (lane, lanes)
        columns = []
        for position, target in enumerate(self.targets):
            if position == self.own:
                column = _values(block, "key")
                columns.append(_global(column, self.kind, shift))
            elif target.field is None:
                columns.append(target.constant)
            elif target.pick is not None:
                kind = KINDS[next(iter(target.pick.kinds.values()))]  # all are a geography's own
                columns.append(_global(_values(block, target.field), kind, shift))
            elif target.refers is None:
                columns.append(_values(block, target.field))
            else:
                column = _values(block, target.field)
                columns.append(_global(column, KINDS[target.refers], shift))
        return Rows(self, block.rows, tuple(columns))

    @property
    def whose(self) -> int | None:
        """Position of the column that tells whose a row is.

        It is what tells rows apart, or else the first reference to an entity.
        """
        if self.identity is not None:
            return self.identity
        return next(
            (
                position
                for position, target in enumerate(self.targets)
                if target.refers and KINDS[target.refers].role == "entity"
            ),
            None,
        )

    @property
    def identifying(self) -> str | None:
        """The table whose ids tell whose its rows are: itself, or the one that it refers to."""
        if self.whose is None:
            return None
        refers = self.targets[self.whose].refers
        return mapping_of(refers).table if refers else self.table

    def position(self, name: str) -> int:
        """Find the position of a column by its name."""
        return [target.name for target in self.targets].index(name)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table as columns of canonical integers, in the table's column order.

    The row's own id and its foreign keys are global keys.
    """

    mapping: Mapping
    rows: int
    columns: tuple[Column, ...]

    @property
    def table(self) -> str:
        """The table's name."""
        return self.mapping.table

    @property
    def digested(self) -> list[Column]:
        """The columns that a row's digest is made of."""
        return [self.columns[position] for position in self.mapping.digested]

    @property
    def keys(self) -> Ints:
        """The global keys of the rows, or of the rows that each of them belongs to."""
        if self.mapping.identity is None:
            raise ValueError(f"{self.table} has no id")
        column = self.columns[self.mapping.identity]
        return column if isinstance(column, np.ndarray) else np.full(self.rows, column, np.int64)

    def part(self, rows: slice | Ints) -> Rows:
        """Take the rows of a slice, or at the given positions."""
        taken: dict[int, Column] = {}  # one array in two columns stays one array
        for column in self.columns:
            if isinstance(column, Text) and id(column) not in taken:
                taken[id(column)] = column.take(rows)
            elif isinstance(column, np.ndarray) and id(column) not in taken:
                taken[id(column)] = column[rows]
        columns = tuple(taken.get(id(column), column) for column in self.columns)
        count = len(range(self.rows)[rows]) if isinstance(rows, slice) else len(rows)
        return Rows(self.mapping, count, columns)


def global_keys(keys: Ints, lane: int, lanes: int) -> Ints:
    """Turn shard-local keys of a geography's rows into global keys, NULL staying NULL."""
    if lanes == 1:
        return keys
    shifted = keys * lanes + lane
    if len(keys) and keys.min() == NULL:
        shifted[keys == NULL] = NULL
    return shifted


def _global(column: Column, kind: Kind, shift: tuple[int, int]) -> Column:
    if kind.role == "master" or column is None:
        return column
    if isinstance(column, np.ndarray):
        return global_keys(column, *shift)
    if isinstance(column, int):
        return NULL if column == NULL else column * shift[1] + shift[0]
    raise TypeError(f"the keys of {kind.name} must be integers")


def _values(block: Block, name: str) -> Column:
    try:
        column = block.columns[name]
    except KeyError:
        raise ValueError(f"a block of {block.kind} lacks its column {name!r}") from None
    if isinstance(column, np.ndarray | Text) and len(column) != block.rows:
        raise ValueError(
            f"column {name!r} of a block of {block.kind} has {len(column)} rows, not {block.rows}"
        )
    return column.astype(np.int64, copy=False) if isinstance(column, np.ndarray) else column


def _canonical_type(column: SqlColumn[object]) -> str:
    kind = column.type
    if isinstance(kind, Float):
        return "real"
    if isinstance(kind, Numeric):
        return f"decimal:{kind.scale}"
    for sql_type, name in (
        (Boolean, "bool"),
        (Integer, "int"),
        (Date, "date"),
        (DateTime, "time"),
        (Time, "clock"),
        (JSON, "json"),
        (String, "text"),
    ):
        if isinstance(kind, sql_type):
            return name
    raise TypeError(f"{column}: no canonical type for {kind!r}")


def _plan(kind: Kind) -> Mapping:
    """Work out the columns of one kind, or say what does not fit."""
    home = HOMES[kind.name]
    table = TABLES[home.table]
    left = dict(kind.fields)
    targets = []
    own = identity = None
    for position, column in enumerate(table.columns):
        if column.foreign_keys and list(table.primary_key) == [column]:
            identity = position
        if column.identity is not None:
            own = identity = position
            targets.append(TableTarget(column.name, "int", nullable=False, field="key"))
        else:
            targets.append(_target(kind, column, left, home))
    unknown = [*left, *(name for name in home.constants if name not in table.columns)]
    if unknown:
        raise ValueError(f"{kind.name}: {table.name} has no column for {', '.join(unknown)}")
    digested = tuple(
        position
        for position, target in enumerate(targets)
        if position != own and target.name not in _UNDIGESTED
    )
    return Mapping(kind, table.name, tuple(targets), own, identity, home.natural, digested)


def _target(
    kind: Kind,
    column: SqlColumn[object],
    left: dict[str, str],
    home: Home,
) -> TableTarget:
    sql_type = _canonical_type(column)
    nullable = bool(column.nullable)
    for name in (column.name, column.name.removesuffix("_id")):
        if name in left:
            field_type = left.pop(name)
            if "|" in field_type:
                if sql_type != "int" or column.foreign_keys:
                    raise ValueError(
                        f"{kind.name}.{name} is {field_type}, {column} no plain number"
                    )
                pick = check_pick(kind, name, home.picks.get(column.name))
                return TableTarget(column.name, sql_type, nullable, field=name, pick=pick)
            refers = field_type.removeprefix("key:") if field_type.startswith("key:") else None
            expected = "int" if refers else field_type
            if expected != sql_type or (refers and not _points_to(column, refers)):
                raise ValueError(f"{kind.name}.{name} is {field_type}, {column} is {column.type}")
            return TableTarget(column.name, sql_type, nullable, field=name, refers=refers)
    constant = home.constants.get(column.name)
    if constant is None and not nullable:
        raise ValueError(f"{kind.name}: nothing fills {column}, which must not be NULL")
    refers = _kind_behind(column) if constant is not None else None
    return TableTarget(column.name, sql_type, nullable, constant=constant, refers=refers)


def _points_to(column: SqlColumn[object], kind: str) -> bool:
    """Tell whether a foreign key leads to the kind's table; a plain number may hold any key."""
    return all(key.column.table.name == HOMES[kind].table for key in column.foreign_keys)


def _kind_behind(column: SqlColumn[object]) -> str | None:
    for key in column.foreign_keys:
        return next(name for name, home in HOMES.items() if home.table == key.column.table.name)
    return None


@cache
def mapping_of(kind: str) -> Mapping:
    """Give the plan of a kind.

    Raises:
        ValueError: the kind's fields and its table do not fit together.
    """
    if kind not in HOMES:
        raise ValueError(f"no table is declared for the kind {kind!r}")
    return _plan(KINDS[kind])


def mappings() -> list[Mapping]:
    """List the plans of all kinds, in the vocabulary's order."""
    return [mapping_of(kind) for kind in KINDS]


def tables_by_role(*roles: Role) -> list[str]:
    """List the tables of the given roles, in the vocabulary's order."""
    return [mapping.table for mapping in mappings() if mapping.kind.role in roles]


def check_mappings() -> None:
    """Work out every plan, and see that no two kinds share a table.

    Raises:
        ValueError: a kind has no table, or does not fit it.
    """
    seen: dict[str, str] = {}
    for mapping in mappings():
        other = seen.setdefault(mapping.table, mapping.kind.name)
        if other != mapping.kind.name:
            raise ValueError(f"{mapping.kind.name} and {other} share the table {mapping.table}")
