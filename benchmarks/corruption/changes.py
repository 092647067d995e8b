"""What is changed in a database: the smallest change of each cell, a row more, a row less.

A change is a few statements of SQL, or a few bytes of the file. Which row it strikes follows from
the table alone, so that a trial can be done again.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Float, Integer, Numeric, Table, Time

from persistence.schema import TABLES

Do = Callable[[Path], bool]
"""Changes a file; False where there is nothing to change, or the database does not allow it."""


@dataclass(frozen=True, slots=True)
class Corruption:
    """One trial.

    Attributes:
        kind: which row of the campaign's table it counts in; ``name`` which one it is.
        table: the table that is changed; empty for the file as a whole.
        do: does it.
        file: which of the company's databases, in their order: two of a sharded run, or the whole.
    """

    kind: str
    name: str
    table: str
    do: Do
    file: str = "whole"


def changes() -> list[Corruption]:
    """All trials of cells and rows, and those of bytes, in a fixed order."""
    found = [change for table in TABLES.values() for change in _of_table(table, "whole")]
    for name in ("smoltflow_run", "smoltflow_chunk", "smoltflow_block", "smoltflow_key",
                 "smoltflow_usage", "smoltflow_wait", "smoltflow_batch"):  # fmt: skip
        found += _of_table(TABLES[name], "second")
    return [*found, *_objects(), *_bytes()]


def _of_table(table: Table, file: str) -> Iterator[Corruption]:
    of = "" if file == "whole" else ", second shard"
    for column in table.columns:
        where = f"{table.name}.{column.name}"
        for word, new in _smallest(column):
            do = _cell(table, column, new)
            yield Corruption(f"cell{of}", f"{where}: {word}", table.name, do, file)
        if column.nullable:
            do = _cell(table, column, lambda _: None)
            yield Corruption(f"cell to NULL{of}", f"{where}: NULL", table.name, do, file)
            do = _from_null(table, column)
            yield Corruption(f"cell from NULL{of}", f"{where}: a value", table.name, do, file)
    yield Corruption(f"row less{of}", table.name, table.name, _less(table), file)
    yield Corruption(f"row more{of}", table.name, table.name, _more(table), file)
    if not of:
        yield Corruption("row twice", table.name, table.name, _twice(table), file)
        yield Corruption(
            "table gone", table.name, table.name, _statements(f"DROP TABLE {table.name}")
        )


New = Callable[[Any], Any]


def _smallest(column: Column[Any]) -> Iterator[tuple[str, New]]:
    """The smallest changes that a column's type and scale allow, and one that they do not."""
    kind = column.type
    if isinstance(kind, Boolean):
        yield "the other", lambda value: 1 - value
    elif isinstance(kind, Integer):
        yield "1 more", lambda value: value + 1
        if not column.primary_key:
            yield "a text", lambda value: f"{value} fish"
    elif isinstance(kind, Float):
        yield "the next number", lambda value: math.nextafter(value, math.inf)
    elif isinstance(kind, Numeric):
        step = 10.0 ** -(kind.scale or 0)
        yield "a unit of the last place more", lambda value: round(value + step, kind.scale or 0)
        yield "a place below the last", lambda value: value + step / 10
        yield "a text", lambda value: f"{value} kg"
    elif isinstance(kind, DateTime):
        yield "a microsecond later", lambda text: f"{_instant(text).isoformat(' ')}"
        yield "the same in another form", lambda text: text.replace(" ", "T")
    elif isinstance(kind, Date):
        yield "a day later", lambda text: (date.fromisoformat(text) + timedelta(1)).isoformat()
    elif isinstance(kind, Time):
        yield "a second later", lambda text: _clock(text).isoformat()
    elif isinstance(kind, JSON):
        yield "a space more", lambda text: f"{text} "
    else:
        yield "a letter more", lambda text: f"{text}x"
        yield "bytes", lambda text: str(text).encode()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text) + timedelta(microseconds=1)


def _clock(text: str) -> time:
    return (datetime.combine(date(2000, 1, 1), time.fromisoformat(text)) + timedelta(0, 1)).time()


def _first_value(column: Column[Any]) -> Any:
    """A value for a cell that has none."""
    kind = column.type
    for types, value in (
        ((Boolean, Integer, Numeric, Float), 0),
        (DateTime, "2025-01-01 00:00:00"),
        (Date, "2025-01-01"),
        (Time, "00:00:00"),
        (JSON, "{}"),
    ):
        if isinstance(kind, types):
            return value
    return ""


def _cell(table: Table, column: Column[Any], new: New) -> Do:
    """Corruption the largest value of a column, so that a key that is 1 more is free."""

    def do(path: Path) -> bool:
        with _open(path) as connection:
            found = connection.execute(
                f'SELECT rowid, "{column.name}" FROM "{table.name}"'  # noqa: S608
                f' WHERE "{column.name}" IS NOT NULL ORDER BY 2 DESC LIMIT 1'
            ).fetchone()
            if found is None or (value := new(found[1])) == found[1]:
                return False
            return _changed(connection, table, column, value, found[0])

    return do


def _from_null(table: Table, column: Column[Any]) -> Do:
    def do(path: Path) -> bool:
        with _open(path) as connection:
            found = connection.execute(
                f'SELECT rowid FROM "{table.name}" WHERE "{column.name}" IS NULL LIMIT 1'  # noqa: S608
            ).fetchone()
            if found is None:
                return False
            return _changed(connection, table, column, _first_value(column), found[0])

    return do


def _changed(
    connection: sqlite3.Connection, table: Table, column: Column[Any], value: Any, row: int
) -> bool:
    try:
        connection.execute(
            f'UPDATE "{table.name}" SET "{column.name}" = ? WHERE rowid = ?',  # noqa: S608
            (value, row),
        )
    except (sqlite3.IntegrityError, OverflowError):  # a key or a CHECK keeps it out
        return False
    connection.commit()
    return True


def _less(table: Table) -> Do:
    def do(path: Path) -> bool:
        with _open(path) as connection:
            gone = connection.execute(
                f'DELETE FROM "{table.name}" WHERE rowid = (SELECT max(rowid) FROM "{table.name}")'  # noqa: S608
            ).rowcount
            connection.commit()
            return gone == 1

    return do


def _more(table: Table) -> Do:
    """Add a copy of the last row under the next key; a made-up one if there is none."""

    def do(path: Path) -> bool:
        with _open(path) as connection:
            names = [column.name for column in table.columns]
            found = connection.execute(
                f'SELECT * FROM "{table.name}" ORDER BY rowid DESC LIMIT 1'  # noqa: S608
            ).fetchone()
            values = list(found) if found else [_made_up(column) for column in table.columns]
            for tries in range(len(names) + 1):
                try:
                    _insert(connection, table, names, values)
                except sqlite3.IntegrityError:
                    if tries == len(names):
                        return False
                    values[tries] = _another(table.columns[names[tries]], values[tries])
                else:
                    connection.commit()
                    return True
            return False

    return do


def _made_up(column: Column[Any]) -> Any:
    return 1 if column.primary_key else None if column.nullable else _first_value(column)


def _another(column: Column[Any], value: Any) -> Any:
    """Another value of a key."""
    if value is None:
        return _first_value(column)
    for _, new in _smallest(column):
        return new(value)
    return value


def _twice(table: Table) -> Do:
    def do(path: Path) -> bool:
        names = [column.name for column in table.columns]
        with _open(path) as connection:
            found = connection.execute(f'SELECT * FROM "{table.name}" LIMIT 1').fetchone()  # noqa: S608
            try:
                if found:
                    _insert(connection, table, names, found)
            except sqlite3.IntegrityError:
                return False
            connection.commit()
            return found is not None

    return do


def _insert(
    connection: sqlite3.Connection, table: Table, names: Sequence[str], values: Sequence[Any]
) -> None:
    listed = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" for _ in names)
    connection.execute(f'INSERT INTO "{table.name}" ({listed}) VALUES ({marks})', values)  # noqa: S608


def _statements(*statements: str) -> Do:
    def do(path: Path) -> bool:
        with _open(path) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return True

    return do


def _objects() -> Iterator[Corruption]:
    for name, statement in (
        ("a table", "CREATE TABLE guest (id INTEGER)"),
        ("a view", "CREATE VIEW guest AS SELECT * FROM batch_batch"),
        ("a trigger", "CREATE TRIGGER guest AFTER INSERT ON batch_batch BEGIN SELECT 1; END"),
        ("a column", "ALTER TABLE batch_batch ADD COLUMN guest INTEGER"),
        ("a column of another name", "ALTER TABLE batch_batch RENAME COLUMN notes TO note"),
        ("a table of another name", "ALTER TABLE batch_batch RENAME TO batch_batches"),
    ):
        yield Corruption("object", name, "", _statements(statement))


def _bytes() -> Iterator[Corruption]:
    for part in range(40):
        yield Corruption("byte flipped", f"{part} fortieths of the file", "", _flipped(part / 40))
    for part in range(8):
        yield Corruption("file cut short", f"at {part} eighths", "", _cut(part / 8))
    yield Corruption("index without a row", "batch_batch", "", _unindexed)


def _flipped(part: float) -> Do:
    def do(path: Path) -> bool:
        content = bytearray(path.read_bytes())
        content[int(part * len(content))] ^= 0x10
        path.write_bytes(content)
        return True

    return do


def _cut(part: float) -> Do:
    def do(path: Path) -> bool:
        content = path.read_bytes()
        path.write_bytes(content[: int(part * len(content))])
        return True

    return do


def _unindexed(path: Path) -> bool:
    """Take an index off the catalogue, change a row, and put the index back as it was."""
    with _open(path) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        kept = connection.execute(
            "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master"
            " WHERE type = 'index' AND tbl_name = 'environmental_environmentalreading' LIMIT 1"
        ).fetchone()
        if kept is None:
            return False
        connection.execute("DELETE FROM sqlite_master WHERE name = ?", (kept[1],))
        connection.commit()
    with _open(path) as connection:
        connection.execute(
            "INSERT INTO environmental_environmentalreading SELECT id, value,"
            " datetime(reading_time, '+1 second'), is_manual, notes, created_at, batch_id,"
            " container_id, parameter_id, recorded_by_id, sensor_id, batch_container_assignment_id"
            " FROM environmental_environmentalreading WHERE rowid = 1"
        )
        connection.execute("DELETE FROM environmental_environmentalreading WHERE rowid = 1")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", kept)
        connection.commit()
    return True


def _open(path: Path) -> closing[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    return closing(connection)
