"""Databases that cannot be used: one clear message, the right exit code, nothing is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.support.command_line import FAULT, MONTHS, SMOKE, USAGE, Done, path_of, say_refused

Say = Callable[..., Done]


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    return partial(say_refused, tmp_path, capsys)


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("mysql://u:hush@host/db", USAGE, "no store is called 'mysql' (there is postgres"),
        ("smolt.db", USAGE, "this is not a database URL: write sqlite:///FILE or postgresql://"),
        ("sqlite://", USAGE, "an SQLite store is a file: write sqlite:///FILE"),
        ("sqlite:///no/such/{geography}.db", FAULT, "the folder no/such does not exist"),
        ("sqlite:////proc/x.db", FAULT, "the file cannot be opened"),
        ("postgresql://u:hush@127.0.0.1:1/db", FAULT, "no server answers at this address"),
        ("postgresql://u:hush@/db?host=/no/such", FAULT, "no server answers at this address"),
    ],
)
@pytest.mark.parametrize("command", [["run", SMOKE, *MONTHS, "--database"], ["wipe"]])
def test_a_database_that_cannot_be_is_refused(
    command: list[str], url: str, code: int, words: str, refused: Say
) -> None:
    if command == ["wipe"] and url.startswith("sqlite:///"):
        code, words = USAGE, "the file does not exist"
    elif command == ["wipe"] and "://" not in url:
        words = "'smolt.db' is neither a database URL nor the folder of a run"
    done = refused(code, *command, url)
    assert words in done.err
    assert "hush" not in done.err


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The URL of a proper SQLite file with a table in it."""
    url = f"sqlite:///{tmp_path}/taken.db"
    with closing(sqlite3.connect(path_of(url))) as connection:
        connection.execute("CREATE TABLE accounts (id INTEGER)")
        connection.execute("INSERT INTO accounts VALUES (1)")
        connection.commit()
    return url


def test_a_file_that_is_no_database_is_left_alone(refused: Say, tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear reader,\n" * 1000)
    done = refused(FAULT, "run", SMOKE, *MONTHS, "--database", "sqlite:///letter.db")
    assert "sqlite:///letter.db: this file is not an SQLite database" in done.err


def test_a_folder_is_no_database(refused: Say, tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    done = refused(FAULT, "run", SMOKE, *MONTHS, "--database", "sqlite:///folder.db")
    assert "the file cannot be opened" in done.err


def test_a_damaged_file_is_left_alone(refused: Say, file: str) -> None:
    content = path_of(file).read_bytes()
    path_of(file).write_bytes(content[:100] + b"\x07" * (len(content) - 100))
    done = refused(FAULT, "run", SMOKE, *MONTHS, "--database", file)
    assert "the database file is damaged" in done.err


def test_a_file_that_is_read_only_is_left_alone(refused: Say, file: str) -> None:
    """By SQLite's rules, a file whose write version is unknown may only be read: by root too."""
    content = bytearray(path_of(file).read_bytes())
    content[18] = 3
    path_of(file).write_bytes(content)
    done = refused(FAULT, "run", SMOKE, *MONTHS, "--workers", "1", "--database", file)
    assert "the database is read-only" in done.err


def test_a_database_that_is_not_on_the_server_is_told(refused: Say, pg_server_uri: str) -> None:
    url = pg_server_uri.replace("/postgres?", "/no_such?")
    done = refused(FAULT, "run", SMOKE, *MONTHS, "--database", url)
    assert "this database does not exist on the server: create it first" in done.err


@pytest.fixture
def guarded(pg_server_uri: str, pg_database: str) -> Iterator[str]:
    """The URL of a user who must give a password (open), and may read but not create tables."""
    with psycopg.connect(pg_server_uri, autocommit=True) as connection:
        connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'open'")
        found = connection.execute("SHOW hba_file").fetchone()
        assert found
        rules = Path(found[0])
        before = rules.read_text()
        rules.write_text("local all guarded scram-sha-256\n" + before)
        connection.execute("SELECT pg_reload_conf()")
        url = pg_database.replace("//postgres:@", "//guarded:open@")
        wrong = url.replace(":open@", ":wrong@")
        while _lets_in(wrong):  # the server reads its rules in its own time
            pass
        yield url
        rules.write_text(before)
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("DROP ROLE guarded")


def _lets_in(url: str) -> bool:
    try:
        with psycopg.connect(url):
            return True
    except psycopg.OperationalError:
        return False


def test_a_wrong_password_is_told_and_not_repeated(refused: Say, guarded: str) -> None:
    url = guarded.replace(":open@", ":sesame@")
    done = refused(FAULT, "run", SMOKE, *MONTHS, "--database", url)
    assert "the server refused the user name or password" in done.err
    assert "sesame" not in done.err


def test_a_missing_password_is_told(refused: Say, guarded: str) -> None:
    url = guarded.replace(":open@", "@")
    done = refused(FAULT, "run", SMOKE, *MONTHS, "--database", url)
    assert "the server asks for a password and the URL has none" in done.err


def test_a_user_who_may_not_create_tables_is_told(refused: Say, guarded: str) -> None:
    done = refused(FAULT, "run", SMOKE, *MONTHS, "--workers", "1", "--database", guarded)
    assert "you have no permission for that" in done.err
    assert ":open@" not in done.err


def test_results_that_are_none_are_told(refused: Say, tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "results.sqlite").write_text("Dear reader,\n" * 1000)
    assert "results.sqlite holds no results of a study" in refused(USAGE, "report", "study").err
