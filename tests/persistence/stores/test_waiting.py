"""Nobody waits in silence: who is in the way is told, and every wait has an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from persistence.stores import (
    ConnectionLostError,
    OtherWriterError,
    StoreError,
    open_source,
    open_store,
    postgresql,
    waiting,
)
from persistence.stores.waiting import telling
from tests.support.command_line import say
from tests.support.silent_proxy import SilentProxy
from tests.support.store_databases import SPEC, prepare, scalar

WAITERS = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "SILENCE_S", 0.1)


@pytest.fixture
def other(pg_database: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else's session."""
    with psycopg.connect(pg_database, application_name="psql of Anna") as connection:
        yield connection


@pytest.fixture
def told() -> Iterator[list[str]]:
    said: list[str] = []
    with telling(said.append):
        yield said


def releasing(other: psycopg.Connection[Any], told: list[str]) -> Callable[[str], None]:
    """Someone who lets go of all locks as soon as a wait is told of."""

    def hear(text: str) -> None:
        told.append(text)
        other.rollback()

    return hear


def test_a_lock_on_a_table_is_told_with_who_holds_it(
    pg_database: str, other: psycopg.Connection[Any]
) -> None:
    told: list[str] = []
    with open_store(pg_database) as store, telling(releasing(other, told)):
        store.create_tables()
        other.execute("LOCK TABLE smoltflow_run")
        assert store.runs() == []
    first, last = told
    assert first.startswith("postgresql://postgres:***@/test_")
    assert ": waiting for table smoltflow_run, which process " in first
    pid = other.info.backend_pid
    assert f"process {pid} [psql of Anna, user postgres, transaction since 20" in first
    assert "UTC, last statement at 20" in first
    assert "idle in transaction] holds (SELECT pg_terminate_backend(" in first
    assert first.endswith("for 0 s now; gives up after 10 min")
    assert last.endswith(": goes on after 0 s")


def test_every_way_to_wait_is_told(pg_database: str, other: psycopg.Connection[Any]) -> None:
    """A row that somebody changes, a lock that is no table's, and the COPY of many rows."""
    told: list[str] = []
    with open_store(pg_database) as store, telling(releasing(other, told)):
        other.execute(f"SELECT pg_advisory_xact_lock({postgresql._PLACING})")
        prepare(store, lanes=[0])
        assert "waiting for the right to write here, which process" in told[0]
        other.execute("UPDATE smoltflow_run SET status = status")
        store.set_status("finished", SPEC.simulated_until, "{}")
        assert "waiting for a row of smoltflow_run, which process" in told[2]
    with closing(open_source(pg_database)) as source, telling(releasing(other, told)):
        other.execute("LOCK TABLE batch_species")
        raw = source.connection.connection.driver_connection
        assert raw is not None
        with raw.cursor() as cursor, cursor.copy("COPY batch_species TO STDOUT") as copy:
            assert list(copy)
        assert "waiting for table batch_species" in told[4]
    assert len(told) == 6


def test_a_wait_ends_at_the_limit_and_leaves_nothing_in_the_queue(
    pg_database: str, other: psycopg.Connection[Any], told: list[str]
) -> None:
    with open_store(pg_database) as store:
        store.create_tables()
        other.execute("LOCK TABLE smoltflow_run")
        store._raw.limit_s = 0.2  # type: ignore[attr-defined]
        with pytest.raises(StoreError) as failed:
            store.runs()
    assert not isinstance(failed.value, ConnectionLostError), "it is not to be tried again"
    assert ": gave up after 0 s of waiting for table smoltflow_run, which process " in str(
        failed.value
    )
    assert f"process {other.info.backend_pid} [psql of Anna" in str(failed.value)
    assert scalar(pg_database, WAITERS) == 0


def test_where_nobody_can_look_the_server_ends_the_wait(
    pg_database: str, other: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SILENCE_S", 60)
    url = f"{pg_database}&options=-c%20lock_timeout%3D50"
    with open_store(url) as store:
        store.create_tables()
        other.execute("LOCK TABLE smoltflow_run")
        with pytest.raises(StoreError, match="held a lock for longer than lock_timeout allows"):
            store.runs()


def test_a_wipe_that_waits_says_so(
    pg_database: str, other: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(pg_database) as store:
        prepare(store, lanes=[0])
    told: list[str] = []
    with telling(releasing(other, told)):
        other.execute("LOCK TABLE smoltflow_key IN SHARE MODE")
        done = say(capsys, "wipe", pg_database, "--confirm").expect(0)
    assert "waiting for table " in told[0]
    assert "psql of Anna" in told[0]
    assert "removed synthetic" in done.out


def test_by_default_it_is_told_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    waiting.tell("who is in the way")
    assert capsys.readouterr().err == "smoltflow: who is in the way\n"


def test_a_statement_that_works_is_left_alone(pg_database: str, told: list[str]) -> None:
    with closing(open_source(pg_database)) as source:
        source.connection.exec_driver_sql("SELECT pg_sleep(0.5)")
    assert told == []


def test_another_writer_is_named(
    pg_database: str, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    monkeypatch.setattr(postgresql, "WAIT_SECONDS", 0.0)
    with open_store(pg_database) as one, open_store(pg_database) as two:
        one.lock(["Scotland"])
        pid = one._raw.info.backend_pid  # type: ignore[attr-defined]
        text = rf"another process is writing Scotland \(process {pid} \[smoltflow, user postgres"
        with pytest.raises(OtherWriterError, match=text):
            two.lock(["Scotland"])
    assert told == []


# Connections through which nothing comes any more


def test_a_connection_that_is_half_open_is_lost(pg_database: str, told: list[str]) -> None:
    with SilentProxy(pg_database) as proxy, closing(open_source(proxy.url)) as source:
        proxy.swallow()
        text = "the connection is half open: for 0 s nothing came through"
        with pytest.raises(ConnectionLostError, match=text), source.explained():
            source.connection.exec_driver_sql("SELECT 1")
    assert told == []


def test_a_server_that_is_out_of_reach_is_told_and_lost(
    pg_database: str, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "UNREACHABLE_S", 0.2)
    with SilentProxy(pg_database) as proxy, closing(open_source(proxy.url)) as source:
        proxy.swallow()
        proxy.shut_out()
        text = "the server has not answered for"
        with pytest.raises(ConnectionLostError, match=text), source.explained():
            source.connection.exec_driver_sql("SELECT 1")
    (text,) = told
    assert ": no answer, and a second connection fails too, for 0 s now (no server answers" in text
