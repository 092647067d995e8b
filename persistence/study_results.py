"""A study's results: an SQLite file, and the same tables as CSV (Parquet where pyarrow is there).

A replication is kept in one transaction and under the key (variant, replication), so a study that
is killed at any instant has each of them whole or not at all, and never twice. One process writes;
the folder is locked meanwhile. The tables' columns are the caller's business: what stands behind
``variant, replication`` is given when the file is opened.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

Columns = Mapping[str, str]
"""Names of columns and their SQLite types."""
Row = tuple[Any, ...]
Unit = tuple[int, int]

FILE = "results.sqlite"
_LOCK = ".lock"
_KEY: Columns = {"variant": "INTEGER", "replication": "INTEGER"}
_OWN = {
    "study": "key TEXT PRIMARY KEY, value TEXT NOT NULL",
    "variants": "variant INTEGER PRIMARY KEY, name TEXT NOT NULL, levels TEXT NOT NULL,"
    " scenario TEXT NOT NULL",
    "measures": "variant INTEGER PRIMARY KEY, replication INTEGER NOT NULL, data BLOB NOT NULL",
}


class StudyFolderError(Exception):
    """A folder cannot take a study's results; the message is meant for the person who asked."""


class StudyFileError(StudyFolderError):
    """The file of results cannot be read or written; ``passing`` if it may be over by then."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


@contextmanager
def explained_results(folder: Path) -> Iterator[None]:
    """Turn SQLite's errors with the results in a folder into a :class:`StudyFileError`."""
    try:
        yield
    except sqlite3.Error as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        known = next((told for sign, told in _KNOWN.items() if sign in line.lower()), None)
        told, passing = known or (line, False)
        raise StudyFileError(f"{folder / FILE}: {told}", passing=passing) from error


_KNOWN = {
    "is full": ("the disk is full", True),
    "disk i/o": ("the disk cannot be read or written", True),
    "is locked": ("another process is writing into it", True),
    "readonly": ("the file, or its disk, is read-only", False),
    "unable to open": ("the file cannot be opened, or its folder is gone", False),
    "not a database": ("this is not a file of results", False),
    "malformed": ("the file is damaged", False),
    "no such table": ("this is not a file of results", False),
    "no such column": ("it was written by another version of Smoltflow", False),
    "has no column": ("it was written by another version of Smoltflow", False),
}
"""Signs in SQLite's messages, what they mean, and whether that may pass."""


@dataclass(frozen=True, slots=True)
class StudyVariant:
    """A variant as it is kept: ``levels`` by factor, ``scenario`` as JSON."""

    variant: int
    name: str
    levels: Mapping[str, Any]
    scenario: str


class StudyResults:
    """The results in a folder.

    Args:
        folder: where ``results.sqlite`` is, or shall be.
        tables: per table the columns after ``variant, replication``; the first table has one row
            per replication and a column ``error``.
        write: lock the folder, and make the file if it is not there.

    Raises:
        StudyFolderError: another process writes there, or there is nothing to read.
    """

    def __init__(self, folder: Path, tables: Mapping[str, Columns], *, write: bool = False) -> None:
        self.folder, self.tables = folder, tables
        self._main = next(iter(tables))
        self._lock: IO[str] | None = None
        path = folder / FILE
        if write:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(folder)
        elif not path.is_file():
            raise StudyFolderError(f"{folder} holds no results of a study")
        mode = "rwc" if write else "ro"
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True)
        self._db.execute("PRAGMA synchronous = NORMAL")  # whole after any kill of this process
        if write:
            self._create()
            self._file = _identity(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        if self._lock is not None:
            self._lock.close()

    def _create(self) -> None:
        with self._db:
            for name, columns in _OWN.items():
                self._db.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
            for name, given in self.tables.items():
                listed = ", ".join(
                    f'"{column}" {kind}' for column, kind in {**_KEY, **given}.items()
                )
                key = ", PRIMARY KEY (variant, replication)" if name == self._main else ""
                self._db.execute(f'CREATE TABLE IF NOT EXISTS "{name}" ({listed}{key})')
                if not key:
                    index = f'"{name}_unit" ON "{name}" (variant, replication)'
                    self._db.execute(f"CREATE INDEX IF NOT EXISTS {index}")

    # The study

    def about(self, key: str) -> str | None:
        """What is noted of the study under a key."""
        with suppress(sqlite3.OperationalError):  # a file that is not ours has no such table
            row = self._db.execute("SELECT value FROM study WHERE key = ?", (key,)).fetchone()
            return None if row is None else str(row[0])
        return None

    def note(self, **values: str) -> None:
        """Note something of the study."""
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO study VALUES (?, ?)", values.items())

    def begin(self, variants: Sequence[StudyVariant], **about: str) -> None:
        """Write down what the study is, in one transaction."""
        rows = [(v.variant, v.name, json.dumps(v.levels), v.scenario) for v in variants]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO study VALUES (?, ?)", about.items())
            self._db.executemany("INSERT OR REPLACE INTO variants VALUES (?, ?, ?, ?)", rows)

    def variants(self) -> list[StudyVariant]:
        """All variants, the base first."""
        rows = self._db.execute("SELECT * FROM variants ORDER BY variant")
        return [StudyVariant(v, name, json.loads(levels), s) for v, name, levels, s in rows]

    # Replications

    def done(self) -> set[Unit]:
        """Which replications have figures."""
        query = f'SELECT variant, replication FROM "{self._main}" WHERE error IS NULL'  # noqa: S608
        return {(int(variant), int(number)) for variant, number in self._db.execute(query)}

    def record(
        self, unit: Unit, rows: Mapping[str, Sequence[Row]], measures: bytes | None = None
    ) -> None:
        """Keep a replication; what an earlier failure left of it is replaced.

        Args:
            unit: its variant and number.
            rows: per table its rows, the unit in front.
            measures: kept for the variant, if there are none yet.
        """
        if _identity(self.folder / FILE) != self._file:
            raise StudyFileError(
                f"{self.folder / FILE} was removed while it was written, and what was in it is gone"
            )
        with self._db:
            for name, columns in self.tables.items():
                where = "variant = ? AND replication = ?"
                self._db.execute(f'DELETE FROM "{name}" WHERE {where}', unit)  # noqa: S608
                marks = ", ".join("?" * (len(columns) + 2))
                self._db.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows[name])  # noqa: S608
            if measures is not None:
                row = (*unit, measures)
                self._db.execute("INSERT OR IGNORE INTO measures VALUES (?, ?, ?)", row)

    def rows(self, table: str, replications: int | None = None) -> Iterator[Row]:
        """Rows of a table in order: by variant, replication, then as they were kept."""
        until = math.inf if replications is None else replications
        query = f'SELECT * FROM "{table}" WHERE replication < ?'  # noqa: S608
        yield from self._db.execute(f"{query} ORDER BY variant, replication, rowid", (until,))

    def measures(self, variant: int) -> bytes | None:
        """The packed measures that were kept of a variant."""
        query = "SELECT data FROM measures WHERE variant = ?"
        row = self._db.execute(query, (variant,)).fetchone()
        return None if row is None else bytes(row[0])

    def digest(self, replications: int, leave_out: Sequence[str] = ()) -> str:
        """A hash over all numbers of the first replications, but for some columns.

        Equal digests mean equal tables to the last digit.
        """
        found = hashlib.blake2b(digest_size=16)
        for name, columns in self.tables.items():
            kept = [n for n, column in enumerate({**_KEY, **columns}) if column not in leave_out]
            for row in self.rows(name, replications):
                line = [name, *(_exact(row[number]) for number in kept)]
                found.update(json.dumps(line).encode() + b"\n")
        return found.hexdigest()

    def export(self, replications: int) -> list[Path]:
        """Write all tables of the first replications as CSV, and as Parquet if that is possible."""
        variants = self.variants()
        factors = list(variants[0].levels) if variants else []
        wide = [(v.variant, v.name, *(_cell(v.levels[name]) for name in factors)) for v in variants]
        written = write_table(self.folder, "variants", ["variant", "name", *factors], wide)
        for name, columns in self.tables.items():
            rows = list(self.rows(name, replications))
            written += write_table(self.folder, name, [*_KEY, *columns], rows)
        return written


def write_table(folder: Path, name: str, columns: Sequence[str], rows: Sequence[Row]) -> list[Path]:
    """Write a table as CSV, and as Parquet where pyarrow is installed; returns the files."""
    path = folder / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    parquet = _parquet(folder / f"{name}.parquet", columns, rows)
    return [path, parquet] if parquet else [path]


def _parquet(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> Path | None:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ModuleNotFoundError:
        return None
    lists = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(_unmixed(values)) for values in lists]
    parquet.write_table(pa.table(arrays, names=list(columns)), path)
    return path


def _unmixed(values: Sequence[Any]) -> Sequence[Any]:
    """A column of one kind: texts if any value is one, else floats if any is one."""
    if any(isinstance(value, str) for value in values):
        return [None if value is None else str(value) for value in values]
    if any(isinstance(value, float) for value in values):
        return [None if value is None else float(value) for value in values]
    return values


def _cell(value: Any) -> Any:
    """A level as it stands in a table."""
    return json.dumps(value) if isinstance(value, list | dict | bool) else value


def _exact(value: Any) -> Any:
    """A value in which no digit is lost."""
    return value.hex() if isinstance(value, float) else value


def wipe_results(folder: Path, tables: Sequence[str]) -> None:
    """Remove a study's results from its folder; anything else there stays."""
    lock = _locked(folder)
    with lock:
        for name in (FILE, f"{FILE}-journal", "manifest.json"):
            (folder / name).unlink(missing_ok=True)
        for name in ("variants", "summary", "gains", *tables):
            for kind in ("csv", "parquet"):
                (folder / f"{name}.{kind}").unlink(missing_ok=True)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path."""
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


def _locked(folder: Path) -> IO[str]:
    import fcntl  # not on every system; without it results can still be read

    file = (folder / _LOCK).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise StudyFolderError(f"another study is being written into {folder}") from None
    return file
