"""What can go wrong with a database, in one clear sentence, and never with a password in it."""

from __future__ import annotations

import platform
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from urllib.parse import unquote_to_bytes

import numpy as np
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from persistence.stores.file_locks import lock_holders


class StoreError(Exception):
    """A database cannot be used as asked; the message is meant for the person who asked."""

    code = 1
    """The command line's exit code."""


class UnsuitableError(StoreError):
    """A database is made or set up in a way that cannot keep a run; nothing was written."""

    code = 2


class DamagedError(StoreError):
    """What is in a database is not what it ought to be, so that it cannot be read."""


class ConnectionLostError(StoreError):
    """The connection to a server is gone, or cannot be made now: another one later may do."""


class OtherWriterError(StoreError):
    """Another process has the right to write what this one wants to write."""


class FileGoneError(StoreError):
    """The file that is written was removed, or another one stands in its place."""


class ReplayDiffersError(StoreError):
    """A chunk was simulated again and is not what the ledger says was committed."""


class AlreadyCommittedError(StoreError):
    """A chunk's days are in the database already, or do not continue what is there."""


class TakenError(StoreError):
    """A row that is unique, of somebody else, is in the place of one that is to be written."""


class ForeignRowsError(StoreError):
    """Others recorded something on the rows that were to be removed; nothing was."""


def differently(chunk: str, what: Iterable[str]) -> str:
    """Say that a chunk was simulated again and is another one, and why that may be."""
    return (
        f"{chunk} came out differently from what was committed ({', '.join(what)}): it was written"
        f" by another state of the program, with another NumPy than {np.__version__}, or on another"
        f" kind of processor than {platform.machine()} (digests agree on x86-64); continue it"
        " there, or start a fresh run"
    )


_FILE = re.compile(r"(sqlite(?:\+\w+)?):///([^?]*)", re.DOTALL)
_NOT_IN_A_URL = frozenset("%?{}'")
_UNICODE = "utf-8", "surrogateescape"


def file_url(path: PurePath) -> str:
    """Write the URL of an SQLite file, whatever the letters of its path.

    What has a meaning in a URL, in ``{geography}`` or between quotes, and what is not printable,
    stands as its percent escape.
    """
    text = str(path)
    escaped = (
        char if char.isprintable() and char not in _NOT_IN_A_URL
        else "".join(f"%{byte:02X}" for byte in char.encode(*_UNICODE))
        for char in text
    )  # fmt: skip
    return f"sqlite:///{''.join(escaped)}"


def mask(url: str) -> str:
    """Write a URL with its password replaced by asterisks."""
    try:
        parsed = parse(url)
    except StoreError:
        return "***"
    secret = parsed.password or any("password" in name.lower() for name in parsed.query)
    return masked(parsed) if secret else url


def masked(url: URL) -> str:
    """Write a parsed URL with its passwords replaced by asterisks."""
    if url.drivername.startswith("sqlite") and url.database:
        return file_url(PurePath(url.database))
    secret = {name: "***" for name in url.query if "password" in name.lower()}
    return url.update_query_dict(secret).render_as_string(hide_password=True)


def parse(url: str) -> URL:
    """Read a database URL; percent escapes in an SQLite file's path stand for their letters.

    Raises:
        StoreError: it is not one.
    """
    file = _FILE.match(url)
    if file is not None:
        if file.end() != len(url):
            raise StoreError(
                "the URL of an SQLite file has no parameters: a question mark in the file's name"
                " is written as %3F"
            )
        # Not left to SQLAlchemy: its versions differ in whether they undo escapes.
        path = unquote_to_bytes(file[2].encode(*_UNICODE)).decode(*_UNICODE)
        return URL.create(file[1], database=path)
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(
            "this is not a database URL: write sqlite:///FILE or postgresql://USER@HOST/DATABASE"
        ) from None


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn the drivers' errors into a :class:`StoreError` that says what is the matter.

    Raises:
        KeyboardInterrupt: SQLite was interrupted amid a statement.
    """
    try:
        yield
    except DBAPIError as error:
        if str(error.orig) == _INTERRUPTED:
            raise KeyboardInterrupt from None
        raise _translated(error.orig or error, url) from error
    except _drivers_errors() as error:
        if str(error) == _INTERRUPTED:
            raise KeyboardInterrupt from None
        raise _translated(error, url) from error


def _translated(error: BaseException, url: URL) -> StoreError:
    if _is_taken(error):
        return TakenError(
            f"{masked(url)}: somebody else has a row that may be there only once, where one of the"
            f" run's belongs ({reason_of(error, url)}). What was committed is safe; once that row"
            " is removed, --resume continues"
        )
    kind = StoreError
    if _is_of_the_connection(error):
        kind = ConnectionLostError
    elif _is_of_the_content(error):
        kind = DamagedError
    return kind(f"{masked(url)}: {reason_of(error, url)}")


_UNIQUE = "23505"


def _is_taken(error: BaseException) -> bool:
    """Whether a unique key is violated."""
    if isinstance(error, sqlite3.IntegrityError):
        return "UNIQUE constraint" in str(error)
    return getattr(error, "sqlstate", None) == _UNIQUE


_PASSING = frozenset({"25P03", "53300", "57P01", "57P02", "57P03", "57P05"})
"""SQLSTATEs of what passes, beside class 08: the server ends idle sessions, has no room for another
one, is going down, has crashed, is coming up."""


def _is_of_the_connection(error: BaseException) -> bool:
    """Whether it is the connection that failed, not what was asked for.

    A server's complaint has its SQLSTATE, except while a connection is being made. What has none is
    found by the client: the server is silent, unreachable, or has hung up.
    """
    psycopg = sys.modules.get("psycopg")
    if psycopg is None or not isinstance(error, psycopg.OperationalError):
        return False
    if error.sqlstate is not None:
        return error.sqlstate in _PASSING or error.sqlstate.startswith("08")
    text = str(error)
    return "FATAL:" not in text or any(sign in text for sign in _SERVER_IS_BUSY)


_SQLITE_DAMAGE = (
    "malformed", "file is not a database", "file is encrypted", "disk i/o error",
    "unsupported file format", "no such table", "no such column", "could not decode", "overflow",
    "datatype mismatch", "constraint failed",
)  # fmt: skip
_DAMAGE = ("21", "22", "23", "42703", "42804", "42883", "42P01", "58030", "58P01", "XX")
"""SQLSTATEs, or how they begin, of values, tables and columns that are not what they ought to be,
and of files and pages that cannot be read."""


def _is_of_the_content(error: BaseException) -> bool:
    """Whether it is what the database holds that cannot be read."""
    if isinstance(error, sqlite3.Error):
        text = str(error).lower()
        return any(sign in text for sign in _SQLITE_DAMAGE)
    psycopg = sys.modules.get("psycopg")
    if psycopg is None or not isinstance(error, psycopg.Error):
        return False
    return (error.sqlstate or "").startswith(_DAMAGE)


_SERVER_IS_BUSY = ("the database system is", "too many clients", "remaining connection slots")


def _drivers_errors() -> tuple[type[Exception], ...]:
    """Give what SQLAlchemy and the drivers raise; a driver that is not there raises nothing."""
    psycopg = sys.modules.get("psycopg")
    drivers = (sqlite3.Error, psycopg.Error) if psycopg else (sqlite3.Error,)
    return (SQLAlchemyError, OSError, *drivers)


_INTERRUPTED = "interrupted"
_LOCKED = "another process is writing to this database"
_KNOWN = (
    ("file is not a database", "this file is not an SQLite database"),
    ("file is encrypted", "this file is not an SQLite database"),
    ("disk image is malformed", "the database file is damaged"),
    ("readonly database", "the database is read-only"),
    ("read-only transaction", "the database is read-only"),
    ("unable to open database file", ("the file cannot be opened: see that its folder exists and"
     " that you may write there")),
    ("database is locked", _LOCKED),
    ("disk is full", "the disk is full"),
    ("no space left on device", "the disk is full"),
    ("password authentication failed", "the server refused the user name or password"),
    ("no password supplied", "the server asks for a password and the URL has none"),
    ("could not translate host name", "the server's name is not known"),
    ("failed to resolve host", "the server's name is not known"),
    ("connection refused", "no server answers at this address"),
    ("connection timeout", "no server answers at this address"),
    ("no such file or directory", "no server answers at this address"),
    ("permission denied", "you have no permission for that"),
    ("the database system is", "the server is starting up or shutting down"),
    ("server closed the connection", "the server closed the connection"),
    ("lock timeout", "another session held a lock for longer than lock_timeout allows"),
    ("terminating connection", "the server closed the connection"),
    ("the connection is lost", "the connection to the server was lost"),
    ("the connection is closed", "the connection to the server was lost"),
    ("timeout expired", "no server answers at this address"),
)  # fmt: skip


def reason_of(error: BaseException, url: URL) -> str:
    """Explain an error: a known cause in our words, else the first line of theirs."""
    text = str(error).strip()
    lowered = text.lower()
    if "database" in lowered and "does not exist" in lowered and "relation" not in lowered:
        return "this database does not exist on the server: create it first"
    for sign, sentence in _KNOWN:
        if sign in lowered:
            return f"{sentence}{_who(url)}" if sentence is _LOCKED else sentence
    line = text.splitlines()[0] if text else type(error).__name__
    for secret in (url.password, *_query_passwords(url)):
        if secret:
            line = line.replace(secret, "***")
    return line


def _who(url: URL) -> str:
    """Who has locked a file, in brackets; '' where the system does not tell."""
    found = lock_holders(Path(url.database)) if url.database else []
    return f" ({', '.join(found)})" if found else ""


def _query_passwords(url: URL) -> list[str]:
    found: list[str] = []
    for name, value in url.query.items():
        if "password" in name.lower():
            found.extend((value,) if isinstance(value, str) else value)
    return found
