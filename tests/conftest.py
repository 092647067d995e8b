"""Fixtures that tests of several modules share."""

import itertools
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from benchmarks.own_server import own_server
from tests.support.store_databases import KINDS_OF_STORES, Databases

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def pg_server_uri() -> Iterator[str]:
    """Run a PostgreSQL server of our own for the session; yield the URI of its first database."""
    # Not in pytest's own folder: pytest keeps that private to the user, and PostgreSQL, which does
    # not run as root, is started as another user when the tests do.
    # In memory if there is enough: copying databases is most of what it does here.
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 4 * 2**30
    folder = tempfile.mkdtemp(prefix="smoltflow-pg-", dir=memory if roomy else None)
    with own_server(Path(folder)) as server:
        uri = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")  # tests need no durability
            connection.execute("SELECT pg_reload_conf()")
        yield uri


@pytest.fixture
def pg_database(pg_server_uri: str) -> Iterator[str]:
    """Create an empty database; yield its URL, which both psycopg and SQLAlchemy understand."""
    name = f"test_{next(_NUMBERS)}"
    with psycopg.connect(pg_server_uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield pg_server_uri.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=KINDS_OF_STORES)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Make empty databases of every kind of store in turn."""
    server = request.getfixturevalue("pg_server_uri") if request.param == "postgresql" else None
    made = Databases(request.param, tmp_path, server)
    yield made
    made.drop()


def pytest_configure(config: pytest.Config) -> None:
    """Whoever stops the tests has them clean up, as Ctrl-C does."""
    if hasattr(config, "workerinput"):  # its controller tells it
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give those that are slow on purpose longer than the ``timeout`` of the others."""
    for item in items:
        for mark, seconds in (("full", 4 * 3600), ("long", 3600)):
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.timeout(seconds))
                break
