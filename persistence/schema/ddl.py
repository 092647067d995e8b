"""The statements that create the tables, and those that complete them after the load.

All are plain SQL text for one of two databases, compiled from the metadata. On PostgreSQL a table
is created without foreign keys, so that tables may be loaded in any order; on SQLite, which cannot
add one later, they stand in CREATE TABLE.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from sqlalchemy import (
    Constraint,
    Dialect,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
    make_url,
)
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.elements import ColumnElement

from persistence.schema import MINIMAL_INDEXES, SECONDARY_INDEXES, TABLES, IndexSet
from persistence.schema.base import is_created_with_table, is_fact, name_of

DialectName = Literal["postgresql", "sqlite"]

_DIALECTS: dict[DialectName, Dialect] = {
    "postgresql": make_url("postgresql+psycopg://").get_dialect()(),
    "sqlite": make_url("sqlite://").get_dialect()(),
}

_KEY = re.compile(r"ALTER TABLE (\S+)\s+ADD CONSTRAINT (\S+) (PRIMARY KEY|UNIQUE) \((.+)\)")


class Addition(NamedTuple):
    """A statement that completes a table, and the constraint or index that shows it was run.

    The foreign keys of a table come in one statement, under the name of the first of them: they
    come into being together or not at all.
    """

    name: str
    sql: str


def create_tables(dialect: DialectName) -> list[str]:
    """List the statements that create all tables, where they do not exist.

    Entity tables are complete but for PostgreSQL's foreign keys; fact tables have their columns and
    CHECKs only (on SQLite also foreign keys, and the rowid as primary key).
    """
    statements = []
    for table in TABLES.values():
        inline: list[ForeignKeyConstraint] | None = [] if dialect == "postgresql" else None
        create = CreateTable(table, include_foreign_key_constraints=inline, if_not_exists=True)
        statements.append(str(create.compile(dialect=_DIALECTS[dialect])).strip())
        if not is_fact(table):
            statements.extend(addition.sql for addition in _partial_uniques(dialect, table))
    return statements


def after_load(dialect: DialectName, table: str) -> list[Addition]:
    """List what completes a table after its load, in order.

    Go through ``TABLES`` in its order: foreign keys need the keys of the tables they refer to. Skip
    an addition whose name the table already has.
    """
    target = TABLES[table]
    additions = list(_late_keys(dialect, target))
    if is_fact(target):
        additions.extend(_partial_uniques(dialect, target))
    if table in MINIMAL_INDEXES:
        additions.append(_index(dialect, target, MINIMAL_INDEXES[table]))
    if dialect == "postgresql" and target.foreign_key_constraints:
        additions.append(_references(target))
    return additions


def secondary_indexes(dialect: DialectName, table: str) -> list[Addition]:
    """List AquaMind's non-unique indexes of a table; the pattern ones are PostgreSQL's alone."""
    return [
        _index(dialect, TABLES[table], columns)
        for columns in SECONDARY_INDEXES.get(table, ())
        if dialect == "postgresql" or "_ops" not in columns
    ]


def additions(dialect: DialectName, table: str, index: IndexSet) -> list[Addition]:
    """List what a table gets after its load for a set of indexes, each name once."""
    if index == "none":
        return []
    found = {addition.name: addition for addition in after_load(dialect, table)}
    if index == "full":
        for addition in secondary_indexes(dialect, table):
            found.setdefault(addition.name, addition)
    return list(found.values())


class SplitKey(NamedTuple):
    """A key in two steps: the index, which takes the time, and an instant that makes it the key."""

    build: str
    attach: str


def split_key(addition: Addition) -> SplitKey | None:
    """Write PostgreSQL's ADD PRIMARY KEY or UNIQUE in two steps; None for what is no key.

    ADD locks the table for as long as it sorts; indexes of one table can be built side by side.
    """
    found = _KEY.fullmatch(addition.sql)
    if found is None:
        return None
    table, name, kind, columns = found.groups()
    return SplitKey(
        f"CREATE UNIQUE INDEX IF NOT EXISTS {name} ON {table} ({columns})",
        f"ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name}",
    )


def _late_keys(dialect: DialectName, table: Table) -> Iterator[Addition]:
    """Yield the primary key and the UNIQUEs that CREATE TABLE left out."""
    uniques = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
    for constraint in (table.primary_key, *sorted(uniques, key=_name)):
        if is_created_with_table(constraint, dialect):
            continue
        name = _name(constraint)
        if dialect == "postgresql":
            yield Addition(name, _alter(table, [constraint]))
        else:
            columns = ", ".join(column.name for column in constraint.columns)
            yield _index(dialect, table, columns, name=name)


def _partial_uniques(dialect: DialectName, table: Table) -> Iterator[Addition]:
    for index in sorted(table.indexes, key=_name):
        yield Addition(_name(index), _create_index(dialect, index))


def _references(table: Table) -> Addition:
    constraints = sorted(table.foreign_key_constraints, key=_name)
    return Addition(_name(constraints[0]), _alter(table, constraints))


def _alter(table: Table, constraints: Iterable[Constraint]) -> str:
    # SQLAlchemy's AddConstraint takes one constraint only, and PostgreSQL would lock and scan the
    # table once for each statement.
    dialect = _DIALECTS["postgresql"]
    compiler = dialect.ddl_compiler(dialect, CreateTable(table))
    clauses = ",\n\t".join(f"ADD {compiler.process(constraint)}" for constraint in constraints)
    return f"ALTER TABLE {compiler.preparer.format_table(table)}\n\t{clauses}"


def _index(dialect: DialectName, table: Table, columns: str, *, name: str = "") -> Addition:
    """Make an index from columns as PostgreSQL shows them: "a, b DESC", "name varchar_pattern_ops".

    A name makes it unique. The table is a copy, because an index attaches itself to its table.
    """
    copy = table.to_metadata(MetaData())
    expressions: list[ColumnElement[object]] = []
    operators: dict[str, str] = {}
    for part in columns.split(", "):
        column, _, modifier = part.partition(" ")
        descending = modifier == "DESC"
        expressions.append(copy.c[column].desc() if descending else copy.c[column])
        if modifier and not descending:
            operators[column] = modifier
    index = Index(
        name or name_of(table.name, re.findall(r"\w+", columns.lower()), "idx"),
        *expressions,
        unique=bool(name),
        postgresql_ops=operators,
    )
    return Addition(_name(index), _create_index(dialect, index))


def _create_index(dialect: DialectName, index: Index) -> str:
    return str(CreateIndex(index, if_not_exists=True).compile(dialect=_DIALECTS[dialect]))


def _name(item: Constraint | Index) -> str:
    return str(item.name)
