"""A database of ours holds what the schema says, and nothing else: no table, view, trigger, column.

A trigger changes what is inserted later, a view or a table may be taken for data of the run, and a
column of another type rounds differently. Indexes are everybody's to add. In a live AquaMind only
the tables of our own are looked at: the rest is AquaMind's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from sqlalchemy import Connection, Table, func, inspect, select, text

from persistence.checks.engine.rule import SHOWN, Finding
from persistence.digest import OWN_PREFIX
from persistence.ledger import LEDGER
from persistence.mapping import mappings
from persistence.mapping.declared import UNUSABLE_PASSWORD
from persistence.schema import TABLES

_SQLITE_OBJECTS = """
    SELECT type, name FROM sqlite_master
    WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
"""
_POSTGRESQL_OBJECTS = """
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END, c.relname
    FROM pg_class c
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND c.relnamespace = CAST(current_schema() AS regnamespace)
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    UNION ALL
    SELECT w.kind, w.name || ' on ' || c.relname FROM pg_class c JOIN (
        SELECT tgrelid AS relation, 'trigger' AS kind, tgname AS name FROM pg_trigger
        WHERE NOT tgisinternal
        UNION ALL SELECT ev_class, 'rule', rulename FROM pg_rewrite WHERE rulename <> '_RETURN'
        UNION ALL SELECT polrelid, 'policy', polname FROM pg_policy
    ) w ON w.relation = c.oid WHERE c.relnamespace = CAST(current_schema() AS regnamespace)
"""
_SQLITE_COLUMNS = "SELECT name, type FROM pragma_table_xinfo('{}')"
_POSTGRESQL_COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = to_regclass(quote_ident('{}')) AND attnum > 0 AND NOT attisdropped
"""


def is_live(connection: Connection) -> bool:
    """Whether a database is a migrated AquaMind, in which others have tables and rows."""
    return inspect(connection).has_table("django_migrations")


def objects(connection: Connection) -> Finding:
    """Compare the catalogue's tables, views, triggers and columns with the schema's."""
    began = time.perf_counter()
    live = is_live(connection)
    tables = {name: table for name, table in TABLES.items() if not live or _own(name)}
    bad = [
        f"{name}: a {kind} that is not of the schema"
        for kind, name in _objects(connection)
        if not (kind == "table" and name in TABLES) and (not live or _own(name))
    ]
    for name, table in tables.items():
        bad += _columns(connection, name, table)
    if not live:
        bad += _not_empty(connection)
    says = "There is no table, view, trigger or column but the schema's, and all of those"
    seconds = time.perf_counter() - began
    return Finding(
        "database.objects", "integrity", says, "tables", len(bad), len(tables),
        tuple(bad[:SHOWN]), seconds,
    )  # fmt: skip


def passwords(connection: Connection) -> Finding:
    """Look for users of the run that could log in: it makes none."""
    began = time.perf_counter()
    user, block = TABLES["auth_user"], TABLES["smoltflow_block"]
    query = select(user.c.username, user.c.password)
    if is_live(connection):
        last = block.c.first_id + block.c.last_key - block.c.first_key
        mine = (block.c.table_name == user.name) & user.c.id.between(block.c.first_id, last)
        query = query.where(select(block.c.run_id).where(mine).exists())
    found = connection.execute(query).all()
    bad = [f"{name} has a password" for name, password in found if password != UNUSABLE_PASSWORD]
    says = "No user of the run has a password that could be logged in with"
    seconds = time.perf_counter() - began
    return Finding(
        "users.passwords", "integrity", says, "users", len(bad), len(found), tuple(bad[:SHOWN]),
        seconds,
    )  # fmt: skip


def _own(name: str) -> bool:
    return OWN_PREFIX in name


def _objects(connection: Connection) -> list[tuple[str, str]]:
    sqlite = connection.dialect.name == "sqlite"
    found = connection.execute(text(_SQLITE_OBJECTS if sqlite else _POSTGRESQL_OBJECTS))
    return [(str(kind), str(name)) for kind, name in found]


def _columns(connection: Connection, name: str, table: Table) -> Iterator[str]:
    query = _SQLITE_COLUMNS if connection.dialect.name == "sqlite" else _POSTGRESQL_COLUMNS
    there = {
        str(column): _type(str(kind))
        for column, kind in connection.execute(text(query.format(name)))
    }
    if not there:
        yield f"{name}: is missing"
        return
    wanted = {
        column.name: _type(column.type.compile(dialect=connection.dialect))
        for column in table.columns
    }
    for column, kind in wanted.items():
        if column not in there:
            yield f"{name}.{column}: is missing"
        elif there[column] != kind:
            yield f"{name}.{column}: is {there[column]}, not {kind}"
    for column in there.keys() - wanted.keys():
        yield f"{name}.{column}: a column that is not of the schema"


def _type(name: str) -> str:
    """A type's name in one spelling: the compiler's and the catalogue's differ."""
    name = name.lower().replace(", ", ",").replace("character varying", "varchar")
    return {"float": "double precision", "double": "double precision"}.get(name, name)


def _not_empty(connection: Connection) -> Iterator[str]:
    """Tables of the schema that no run fills."""
    filled = {mapping.table for mapping in mappings()} | {table.name for table in LEDGER}
    for name in TABLES.keys() - filled:
        if rows := connection.scalar(select(func.count()).select_from(TABLES[name])):
            yield f"{name}: {rows:,} rows that no run wrote"
