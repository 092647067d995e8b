"""What goes wrong with databases: one clear sentence, no password, nothing half-written."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from persistence.recompute import recompute
from persistence.stores import ConnectionLostError, StoreError, mask, open_source, open_store
from persistence.stores.errors import explained
from tests.support.command_line import ROOT
from tests.support.store_databases import SPEC, Databases, load, prepare, query, scalar
from tests.support.synthetic_farm import FACT_ROWS, FROM_DAY, GEOGRAPHIES, chunk, count

READINGS = "environmental_environmentalreading"
SECRET = "hunter2"


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    server = request.getfixturevalue("pg_server_uri") if request.param == "postgresql" else None
    made = Databases(request.param, tmp_path, server)
    yield made
    made.drop()


@pytest.fixture
def postgresql(tmp_path: Path, pg_server_uri: str) -> Iterator[Databases]:
    made = Databases("postgresql", tmp_path, pg_server_uri)
    yield made
    made.drop()


def test_passwords_are_masked() -> None:
    assert mask(f"postgresql://me:{SECRET}@host/farm") == "postgresql://me:***@host/farm"
    assert SECRET not in mask(f"postgresql://me@host/farm?password={SECRET}&sslpassword={SECRET}")
    assert SECRET not in mask(f"{SECRET} is no URL")
    assert mask("sqlite:///farm.db") == "sqlite:///farm.db"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("farm.db", "not a database URL"),
        ("mysql://host/farm", "no store is called 'mysql'"),
        ("sqlite://", "write sqlite:///FILE"),
        ("sqlite:////nowhere/at/all/farm.db", "the folder /nowhere/at/all does not exist"),
        (f"postgresql://me:{SECRET}@127.0.0.1:1/farm", "no server answers at this address"),
        (f"postgresql://me:{SECRET}@/farm?host=/nowhere", "no server answers at this address"),
        (f"postgresql://me:{SECRET}@no-such-host.invalid/farm", "the server's name is not known"),
    ],
)
def test_what_cannot_be_opened(url: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence) as failed:
        open_store(url)
    assert SECRET not in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_database_that_does_not_exist(pg_server_uri: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist on the server"):
        open_store(pg_server_uri.replace("/postgres?", "/nowhere?"))
    with pytest.raises(StoreError, match="the file does not exist"):
        open_source(f"sqlite:///{tmp_path}/none.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no database, but long enough to be taken for one" * 99])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    if content:
        with pytest.raises(StoreError, match="this file is not an SQLite database"):
            open_store(f"sqlite:///{path}")
        assert path.read_bytes() == content
    else:
        load(f"sqlite:///{path}", lanes=(0,), months=(0,))  # SQLite makes a database of it


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (psycopg.OperationalError(f'password authentication failed for user "me" {SECRET}'),
         "refused the user name or password"),
        (psycopg.errors.InsufficientPrivilege("permission denied for table batch_batch"),
         "no permission"),
        (psycopg.errors.DiskFull("could not extend file: No space left on device"), "disk is full"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (psycopg.OperationalError(f"something new with {SECRET}\nand details"),
         r"something new with \*\*\*$"),
    ],
)  # fmt: skip
def test_other_errors(error: Exception, sentence: str) -> None:
    url = make_url(f"postgresql://me:{SECRET}@host/farm")
    with pytest.raises(StoreError, match=sentence) as failed, explained(url):
        raise error
    assert SECRET not in str(failed.value)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (psycopg.errors.AdminShutdown("terminating connection"), True),
        (psycopg.errors.CannotConnectNow("the database system is starting up"), True),
        (psycopg.errors.TooManyConnections("sorry, too many clients already"), True),
        (psycopg.errors.ConnectionFailure("broken"), True),
        (psycopg.OperationalError("the connection is lost"), True),
        (psycopg.OperationalError("consuming input failed: server closed the connection"), True),
        (psycopg.OperationalError("connection failed: Connection refused"), True),
        (psycopg.errors.ConnectionTimeout("connection timeout expired"), True),
        (psycopg.OperationalError('connection failed: FATAL:  the database system is starting up'),
         True),
        (psycopg.OperationalError('connection failed: FATAL:  password authentication failed'),
         False),
        (psycopg.OperationalError('connection failed: FATAL:  database "x" does not exist'), False),
        (psycopg.errors.DiskFull("could not extend file: No space left on device"), False),
        (psycopg.errors.UniqueViolation("duplicate key value"), False),
        (psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT"), False),
        (psycopg.errors.InsufficientPrivilege("permission denied"), False),
        (sqlite3.OperationalError("database is locked"), False),
        (OSError(errno.ENOSPC, "No space left on device"), False),
    ],
)  # fmt: skip
def test_only_a_lost_connection_is_worth_another_try(error: Exception, passes: bool) -> None:
    with pytest.raises(StoreError) as failed, explained(make_url("postgresql://host/farm")):
        raise error
    assert isinstance(failed.value, ConnectionLostError) is passes


def test_a_read_only_database(postgresql: Databases) -> None:
    url = postgresql()
    name = make_url(url).database
    query(url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with open_store(url) as store, pytest.raises(StoreError, match="the database is read-only"):
        store.create_tables()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_file(tmp_path: Path) -> None:
    path = tmp_path / "farm.db"
    load(f"sqlite:///{path}", lanes=(0,), months=(0,))
    path.chmod(0o444)
    with open_store(f"sqlite:///{path}") as store, pytest.raises(StoreError, match="read-only"):
        store.lock([GEOGRAPHIES[0]])


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/farm.db"
    digests = load(url, months=(0,))
    with open_store(url) as store:
        prepare(store)
        pages = store._raw.execute("PRAGMA page_count").fetchone()[0]
        store._raw.execute(f"PRAGMA max_page_count={pages + 4}")
        with pytest.raises(StoreError, match="the disk is full"):
            store.commit(chunk(0, 1))
        assert len(store.chunks(GEOGRAPHIES[0])) == 1
    assert recompute([url]) == digests


def test_a_column_of_another_type_is_refused(postgresql: Databases) -> None:
    url = postgresql()
    load(url, lanes=(0,), months=(0,))
    query(url, f"ALTER TABLE {READINGS} ALTER COLUMN value TYPE double precision")
    with open_store(url) as store:
        prepare(store, lanes=(0,))
        with pytest.raises(StoreError, match=f"{READINGS}.value is double precision in this"):
            store.commit(chunk(0, 1))
        assert len(store.chunks(GEOGRAPHIES[0])) == 1


def test_a_live_aquamind_keeps_its_own_keys(postgresql: Databases) -> None:
    url = postgresql()
    with open_store(url) as store:
        store.create_tables()
    query(url, "DROP TABLE smoltflow_key, smoltflow_chunk, smoltflow_run, smoltflow_feed_draw")
    query(url, "CREATE TABLE django_migrations (id int)")
    # As in AquaMind, the keys stand from the start, under names of its own.
    query(
        url, f"ALTER TABLE {READINGS} ADD CONSTRAINT theirs PRIMARY KEY (reading_time, sensor_id)"
    )
    for table in ("batch_growthsample", "batch_mortalityevent"):
        query(url, f"ALTER TABLE {table} ADD CONSTRAINT {table}_theirs PRIMARY KEY (id)")
    query(url, "ALTER TABLE batch_batch ADD CONSTRAINT theirs_too FOREIGN KEY (species_id)"
               " REFERENCES batch_species DEFERRABLE INITIALLY DEFERRED")  # fmt: skip
    partial = "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%WHERE is_active%'"
    query(url, f"DROP INDEX {scalar(url, partial)}")
    names = (
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'i') AND relname NOT LIKE 'smoltflow%'"
        " AND relnamespace = 'public'::regnamespace"
        " UNION SELECT conname FROM pg_constraint WHERE conname NOT LIKE 'smoltflow%' ORDER BY 1"
    )
    before = query(url, names)
    digests = load(url)
    assert recompute([url]) == digests
    with open_store(url) as store:
        prepare(store)
        store.finish()
    assert query(url, names) == before
    next_id = "INSERT INTO infrastructure_geography (name, description, created_at, updated_at)"
    assert scalar(url, f"{next_id} VALUES ('x', '', now(), now()) RETURNING id") == 3
    fields = '{"id": 1000, "batch_number": "theirs", "pinned_projection_run_id": null}'
    theirs = f"'{fields}'"
    added = f"SELECT (jsonb_populate_record(b, {theirs})).* FROM batch_batch b LIMIT 1"
    query(url, f"INSERT INTO batch_batch {added}".replace(":", "\\:"))
    with open_store(url) as store:
        prepare(store)
        store.wipe(SPEC.identity)
    assert query(url, "SELECT batch_number FROM batch_batch") == [("theirs",)]
    assert query(url, names) == before
    assert scalar(url, f"SELECT count(*) FROM {READINGS}") == 0


KILLED = """
import os, signal, sys
from dataclasses import replace
from tests.support import store_databases, synthetic_farm
from persistence.stores import Buffers, open_store

BUFFERS = Buffers(cache_kib=64)  # so that pages are written before the commit

def facts():
    for _ in range(20):
        yield from (part for part in synthetic_farm.facts(0, 1) if part.kind == "feed_draw")
    yield from synthetic_farm.facts(0, 1)
    os.kill(os.getpid(), signal.SIGKILL)

with open_store(sys.argv[1], BUFFERS) as store:
    store_databases.prepare(store, (0,))
    store.commit(synthetic_farm.chunk(0, 0))
    store.commit(replace(synthetic_farm.chunk(0, 1), facts=facts()))
"""


def test_a_killed_process_leaves_a_farm(databases: Databases, tmp_path: Path) -> None:
    url = databases()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", KILLED, url], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    if databases.kind == "sqlite":
        (journal,) = tmp_path.glob("*-journal")
        assert journal.stat().st_size > 0, "the kill came too early to prove anything"
    assert recompute([url])[READINGS].rows == FACT_ROWS
    with open_store(url) as store:
        prepare(store, (0,))
        assert [span.to_day for span in store.chunks(GEOGRAPHIES[0])] == [FROM_DAY + 28]
        store.replay(chunk(0, 0))
        store.commit(chunk(0, 1))
        digests = store.digests()
    assert recompute([url]) == digests
    assert scalar(url, f"SELECT count(*) FROM {READINGS}") == 2 * FACT_ROWS
    assert scalar(url, "SELECT count(*) FROM batch_batch") == count("batch")
