"""The statements, run on a real SQLite and a real PostgreSQL, and what the databases then say."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator

import psycopg
import pytest

from persistence.schema import FACT_TABLES, MINIMAL_INDEXES, TABLES
from persistence.schema.ddl import (
    additions,
    after_load,
    create_tables,
    secondary_indexes,
)
from tests import aquamind
from tests.aquamind import ColumnLine

OURS = {name for name in TABLES if name.startswith("smoltflow_")}

# What SQLite has instead of AquaMind's types.
SQLITE_TYPES = {
    "timestamptz": "DATETIME",
    "jsonb": "JSON",
    "double precision": "DOUBLE",
    "time without time zone": "TIME",
}

# Every difference on SQLite, with its reason (NOTES, SQLite).
SQLITE_KEYS = {"bigint": "INTEGER"}  # "A BIGINT primary key is not the rowid"
SQLITE_ROWID_TABLES = {
    "environmental_environmentalreading": "composite key as UNIQUE index after the load",
    "environmental_weatherdata": "composite key as UNIQUE index after the load",
    "batch_actualdailyassignmentstate": "composite key as UNIQUE index after the load",
    "batch_liveforwardprojection": "composite key as UNIQUE index after the load",
    "smoltflow_feed_draw": "composite key as UNIQUE index after the load",
}


@pytest.fixture
def sqlite() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    for statement in create_tables("sqlite") * 2:
        connection.execute(statement)
    yield connection
    connection.close()


def complete_sqlite(connection: sqlite3.Connection) -> None:
    for table in TABLES:
        for addition in after_load("sqlite", table):
            connection.execute(addition.sql)


def sqlite_uniques(connection: sqlite3.Connection, table: str) -> list[tuple[str, ...]]:
    return [
        tuple(row[2] for row in connection.execute(f"PRAGMA index_info({name})"))
        for _, name, unique, _, _ in connection.execute(f"PRAGMA index_list({table})")
        if unique
    ]


def test_sqlite_columns(sqlite: sqlite3.Connection) -> None:
    for table, lines in aquamind.columns().items():
        [key] = aquamind.constraints("primary key")[table]
        keys = () if table in SQLITE_ROWID_TABLES else aquamind.inside(key)
        expected = []
        for line in lines:
            declared = SQLITE_TYPES.get(line.type, line.type.upper().replace(",", ", "))
            if line.identity or line.name in keys:
                declared = SQLITE_KEYS.get(line.type, declared)
            place = keys.index(line.name) + 1 if line.name in keys else 0
            expected.append((line.name, declared, not line.nullable, None, place))
        found = sqlite.execute(f"PRAGMA table_info({table})")
        assert [(n, t, bool(notnull), d, pk) for _, n, t, notnull, d, pk in found] == expected


def test_sqlite_references(sqlite: sqlite3.Connection) -> None:
    for table, lines in aquamind.columns().items():
        found = {
            (column, f"{target}.{to}")
            for _, _, target, column, to, *_ in sqlite.execute(f"PRAGMA foreign_key_list({table})")
        }
        assert found == {(line.name, line.references) for line in lines if line.references}


def test_sqlite_ids_are_the_rowid(sqlite: sqlite3.Connection) -> None:
    for table in set(TABLES) - set(SQLITE_ROWID_TABLES):
        made = [row[3] for row in sqlite.execute(f"PRAGMA index_list({table})")]
        has_index = "pk" in made
        assert has_index == (len(TABLES[table].primary_key) > 1), table


def test_sqlite_facts_are_bare_until_completed(sqlite: sqlite3.Connection) -> None:
    for table in FACT_TABLES:
        assert sqlite.execute(f"PRAGMA index_list({table})").fetchall() == []
    complete_sqlite(sqlite)
    complete_sqlite(sqlite)
    for table in TABLES:
        uniques = sqlite_uniques(sqlite, table)
        expected = [aquamind.inside(line) for line in aquamind.constraints("unique").get(table, ())]
        expected += [
            aquamind.inside(line) for line in aquamind.indexes().get(table, ()) if "WHERE" in line
        ]
        if len(TABLES[table].primary_key) > 1:
            expected.append(tuple(TABLES[table].primary_key.columns.keys()))
        if table == "smoltflow_run":
            expected.append(("identity",))
        assert sorted(uniques) == sorted(expected), table
    names = {row[0] for row in sqlite.execute("SELECT name FROM sqlite_master")}
    assert {f"{table}_{columns}_idx" for table, columns in MINIMAL_INDEXES.items()} <= names
    assert {a.name for table in TABLES for a in after_load("sqlite", table)} <= names


def test_sqlite_checks_bind(sqlite: sqlite3.Connection) -> None:
    sql = "".join(row[0] or "" for row in sqlite.execute("SELECT sql FROM sqlite_master"))
    assert sql.count(" CHECK ") == sum(map(len, aquamind.constraints("check").values()))
    with pytest.raises(sqlite3.IntegrityError, match=r"CHECK.*order"):
        sqlite.execute(
            'INSERT INTO batch_lifecyclestage (name, "order", description, created_at, updated_at,'
            " species_id) VALUES ('Fry', -1, '', '2020-01-01 00:00:00', '2020-01-01 00:00:00', 1)"
        )


def test_sqlite_takes_secondary_indexes(sqlite: sqlite3.Connection) -> None:
    for table in TABLES:
        additions = secondary_indexes("sqlite", table)
        for addition in additions:
            sqlite.execute(addition.sql)
        lines = [line for line in aquamind.indexes().get(table, ()) if "UNIQUE" not in line]
        assert len(additions) == sum("varchar_pattern_ops" not in line for line in lines)


def complete_postgresql(connection: psycopg.Connection) -> list[str]:
    """Run what is missing, as a loader would; return the names of what was run."""
    there = {
        row[0]
        for row in connection.execute(
            "SELECT conname FROM pg_constraint UNION SELECT relname FROM pg_class"
        )
    }
    run = []
    for table in TABLES:
        for addition in additions("postgresql", table, "full"):
            if addition.name not in there:
                connection.execute(addition.sql)
                run.append(addition.name)
    return run


def postgresql_columns(connection: psycopg.Connection) -> dict[str, list[ColumnLine]]:
    references = {
        (table, column): f"{target}.{to}"
        for table, column, target, to in connection.execute(
            "SELECT k.conrelid::regclass::text, a.attname, k.confrelid::regclass::text, b.attname"
            " FROM pg_constraint k"
            " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
            " JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]"
            " WHERE k.contype = 'f' AND cardinality(k.conkey) = 1"
            " AND k.condeferrable AND k.condeferred AND k.convalidated"
        )
    }
    tables = defaultdict(list)
    for table, name, kind, notnull, identity in connection.execute(
        "SELECT r.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
        " a.attidentity = 'd' FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid"
        " WHERE r.relnamespace = 'public'::regnamespace AND r.relkind = 'r' AND a.attnum > 0"
        " ORDER BY r.relname, a.attnum"
    ):
        kind = kind.replace("character varying", "varchar")
        kind = kind.replace("timestamp with time zone", "timestamptz")
        reference = references.get((table, name), "")
        tables[table].append(ColumnLine(name, kind, not notnull, identity, reference))
    return dict(tables)


def postgresql_constraints(connection: psycopg.Connection, kind: str) -> dict[str, list[str]]:
    tables = defaultdict(list)
    for table, definition in connection.execute(
        "SELECT r.relname, pg_get_constraintdef(k.oid) FROM pg_constraint k"
        " JOIN pg_class r ON r.oid = k.conrelid WHERE k.contype = %s"
        " AND r.relnamespace = 'public'::regnamespace",
        [kind],
    ):
        tables[table].append(definition)
    return {table: sorted(lines) for table, lines in tables.items() if table not in OURS}


def postgresql_indexes(connection: psycopg.Connection) -> dict[str, list[str]]:
    tables = defaultdict(list)
    for table, definition in connection.execute(
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    ):
        unique = "UNIQUE " if definition.startswith("CREATE UNIQUE") else ""
        tables[table].append(f"{unique}USING {definition.partition(' USING ')[2]}")
    return {table: sorted(lines) for table, lines in tables.items() if table not in OURS}


def test_postgresql_says_what_aquamind_says(pg_database: str) -> None:
    with psycopg.connect(pg_database, autocommit=True) as connection:
        for statement in create_tables("postgresql") * 2:
            connection.execute(statement)
        for table in FACT_TABLES:
            assert not connection.execute(
                "SELECT conname FROM pg_constraint"
                " WHERE conrelid = %s::regclass AND contype NOT IN ('c', 'n')"
                " UNION ALL SELECT indexname FROM pg_indexes WHERE tablename = %s",
                [table, table],
            ).fetchall()

        assert complete_postgresql(connection)
        assert complete_postgresql(connection) == []

        found = postgresql_columns(connection)
        assert set(found) == set(TABLES)
        for table, lines in aquamind.columns().items():
            assert found[table] == lines, table
        for kind, letter in {"primary key": "p", "unique": "u", "check": "c"}.items():
            assert postgresql_constraints(connection, letter) == aquamind.constraints(kind)
        assert postgresql_indexes(connection) == aquamind.indexes()
        [[loose]] = connection.execute(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f'"
            " AND NOT (condeferrable AND condeferred AND convalidated)"
        )
        assert loose == 0
        names = {row[0] for row in connection.execute("SELECT conname FROM pg_constraint")}
        declared = {str(c.name) for t in TABLES.values() for c in t.constraints}
        assert declared <= names
