"""SQLite files that somebody else made or holds."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from persistence.stores import StoreError, open_source, open_store
from persistence.stores import sqlite as sqlite_store
from tests.support.store_databases import prepare, query

NAME = "Ærøskøbing ✓"


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_how_a_file_is_kept_is_left_as_it_was(encoding: str, journal: str, tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute(f"PRAGMA encoding = '{encoding}'")
        theirs.execute(f"PRAGMA journal_mode = {journal}")
        theirs.execute("CREATE TABLE mine (name text)")
        theirs.execute("INSERT INTO mine VALUES (?)", [NAME])
        theirs.commit()
    url = f"sqlite:///{path}"
    with open_store(url) as store:
        prepare(store, lanes=[0])
    with closing(sqlite3.connect(path)) as theirs:
        assert theirs.execute("PRAGMA encoding").fetchone() == (encoding,)
        assert theirs.execute("PRAGMA journal_mode").fetchone() == (journal,)
        assert theirs.execute("SELECT name FROM mine").fetchone() == (NAME,)
    assert query(url, "SELECT count(*) FROM batch_species") != [(0,)]


def test_what_a_killed_process_left_in_a_log_is_read(tmp_path: Path) -> None:
    path = tmp_path / "left.db"
    script = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('PRAGMA journal_mode = wal'); c.execute('PRAGMA locking_mode = exclusive');"
        "c.execute('CREATE TABLE mine (name text)'); c.execute(\"INSERT INTO mine VALUES ('a')\");"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    with closing(open_source(f"sqlite:///{path}")) as source:
        assert source.connection.exec_driver_sql("SELECT name FROM mine").scalar() == "a"


FOR_EVER = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"


def test_a_long_statement_can_be_interrupted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/long.db"
    open_store(url).close()
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    strike = threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGUSR1])
    try:
        with closing(open_source(url)) as source:
            strike.start()
            with pytest.raises(KeyboardInterrupt), source.explained():
                source.connection.exec_driver_sql(FOR_EVER)
    finally:
        strike.join()
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the system does not tell")
def test_who_holds_a_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_store, "WAIT_SECONDS", 0.1)
    path = tmp_path / "held.db"
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('CREATE TABLE mine (name text)'); c.execute('BEGIN EXCLUSIVE');"
        "print(flush=True); input()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=pipe, stdout=pipe
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline()
        with pytest.raises(StoreError) as failed:
            open_store(f"sqlite:///{path}")
        other.kill()
    assert f"another process is writing to this database (process {other.pid} (" in str(
        failed.value
    )
