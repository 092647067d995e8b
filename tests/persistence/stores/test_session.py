"""Sessions on a server are alike, whatever a role, a database or the environment has set."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from persistence.recompute import recompute
from persistence.stores import UnsuitableError, open_source, open_store
from persistence.stores.session import SETTINGS, WRITING
from tests.support.command_line import MONTHS, SMOKE, USAGE, say, say_refused
from tests.support.store_databases import load, prepare, scalar

HOSTILE = {
    "client_encoding": "LATIN1",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Asia/Kathmandu",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "statement_timeout": "50",
    "lock_timeout": "1",
    "idle_in_transaction_session_timeout": "20",
    "synchronous_commit": "on",
    "search_path": "pg_temp, nowhere, public, pg_catalog",
}
NAME = "Ærøskøbing ✓"
_NUMBERS = itertools.count(1)


@pytest.fixture
def hostile(pg_server_uri: str, pg_database: str) -> str:
    """An empty database whose sessions begin in every other way than ours."""
    with psycopg.connect(pg_database, autocommit=True) as connection:
        name = connection.info.dbname
        for setting, value in HOSTILE.items():
            words = sql.SQL("ALTER DATABASE {} SET {} TO {}").format(
                sql.Identifier(name),
                sql.Identifier(setting),
                sql.SQL(value) if setting == "search_path" else sql.Literal(value),
            )
            connection.execute(words)
    return pg_database


def test_settings_of_a_database_change_nothing(hostile: str) -> None:
    digests = load(hostile, lanes=[0], months=[0])
    assert recompute([hostile], workers=1) == digests
    assert scalar(hostile, "SELECT to_regclass('public.batch_batch') IS NOT NULL")


def test_every_setting_holds_in_sessions_of_both_kinds(
    hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c TimeZone=Japan -c statement_timeout=60")
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    monkeypatch.setenv("PGTZ", "Japan")
    monkeypatch.setenv("PGDATESTYLE", "German")
    monkeypatch.setenv("PGAPPNAME", "somebody")
    with closing(open_source(hostile)) as source, open_store(hostile) as store:
        for raw, settings in (
            (source.reader._connection, SETTINGS),  # type: ignore[attr-defined]
            (store._raw, {**SETTINGS, **WRITING}),  # type: ignore[attr-defined]
        ):
            query = "SELECT lower(name), current_setting(name) FROM pg_settings"
            found = dict(raw.execute(query).fetchall())
            known = {name.lower(): value for name, value in settings.items()}
            assert {
                name: found[name]
                for name in known
                if name in found and not name.startswith("tcp_")  # not on Unix sockets
            } == {name: value for name, value in known.items()
                  if name in found and not name.startswith("tcp_")}  # fmt: skip
            same = {name for name, value in HOSTILE.items() if found[name.lower()] == value}
            assert same <= {"synchronous_commit"} - settings.keys()
            of_the_environment = ("client_encoding", "datestyle", "statement_timeout", "timezone")
            told = [found[name] for name in of_the_environment]
            assert told == ["UTF8", "ISO, MDY", "0", "UTC"]
            assert found["search_path"].split(", ")[0] == '"public"'
            assert found["lock_timeout"] == "630s"
            assert found["application_name"] == "smoltflow"
            assert found["client_connection_check_interval"] == "10s"
            assert raw.execute("SELECT %s::text", [NAME]).fetchone() == (NAME,)
            assert raw.execute("SHOW transaction_isolation").fetchone() == ("read committed",)


def test_a_name_and_a_limit_that_the_url_gives_hold(pg_database: str) -> None:
    given = "client_encoding=latin1&application_name=nightly&options=-c%20lock_timeout%3D90s"
    url = f"{pg_database}&{given}"
    with open_store(url) as store:
        raw = store._raw  # type: ignore[attr-defined]
        assert raw.execute("SHOW client_encoding").fetchone() == ("UTF8",)
        assert raw.execute("SHOW application_name").fetchone() == ("nightly",)
        assert raw.execute("SHOW lock_timeout").fetchone() == ("90s",)
        assert raw.limit_s == 90


def test_tables_are_looked_for_in_the_schema_that_has_them(pg_database: str) -> None:
    """The first schema of the path is empty: the run that is in the second one is found."""
    with open_store(pg_database) as store:
        prepare(store, lanes=[0])
    with psycopg.connect(pg_database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA other")
        name = sql.Identifier(connection.info.dbname)
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET search_path TO other, public").format(name)
        )
    with open_store(pg_database) as store:
        assert [run.spec.scenario for run in store.runs()] == ["synthetic"]
        store.create_tables()
    assert scalar(pg_database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'other'") == 0


def test_a_path_without_a_schema_is_refused(pg_database: str) -> None:
    url = f"{pg_database}&options=-c%20search_path%3Dnowhere"
    with pytest.raises(UnsuitableError, match="no schema to write into: the search_path"):
        open_store(url)


@pytest.fixture(params=["LATIN1", "SQL_ASCII", "EUC_JP"])
def foreign(request: pytest.FixtureRequest, pg_server_uri: str) -> Iterator[tuple[str, str]]:
    """A database of another encoding, and its URL."""
    name = f"foreign_{next(_NUMBERS)}"
    with psycopg.connect(pg_server_uri, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} ENCODING {} LOCALE 'C' TEMPLATE template0").format(
                sql.Identifier(name), sql.Literal(request.param)
            )
        )
        yield request.param, pg_server_uri.replace("/postgres?", f"/{name}?")
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_another_encoding_of_the_server_is_refused_before_anything_is_written(
    foreign: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoding, url = foreign
    monkeypatch.chdir(tmp_path)
    done = say_refused(tmp_path, capsys, USAGE, "run", SMOKE, *MONTHS, "--database", url)
    assert f"the database's encoding is {encoding}, which cannot keep every text" in done.err
    assert len(done.err.splitlines()) == 1
    for command in ("verify", "wipe"):
        assert f"encoding is {encoding}" in say(capsys, command, url).expect(USAGE).err
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'smoltflow%'"
                                  ).fetchone() == (0,)  # fmt: skip
