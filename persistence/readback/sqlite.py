"""Rows of an SQLite database as canonical integers.

A row costs what its Python objects cost, so few are made: columns that one condition can tell are
not fetched (see :func:`fixed_columns`), several references travel packed into one integer, and a
text is translated once per distinct value.

SQLite keeps what it is given: a text in a column of numbers, a weight with more decimals than its
column has, a date in another form. Whatever is not written as the store writes it becomes a number
that only the value itself decides, so that it is noticed, and never read as something else.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from persistence.blocks import Span, within
from persistence.digest import text_hash
from persistence.mapping import Mapping, TableTarget, mapping_of
from persistence.readback.base import RowBatch, fixed_columns
from persistence.schema import TABLES
from sim.facts import NULL, Column, Ints, quantise, scale_of

_FETCH = 1 << 10  # rows fetched at a time: their objects stay in the processor's cache
_FETCHES = 32  # that make a batch
_PACKED_BITS = 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Reference:
    """A reference inside a packed integer; zero is NULL, and ids follow from one."""

    position: int
    name: str
    bits: int


_Source = int | list[_Reference]
"""What a fetched column holds: one column, by its position, or several references."""


class _Translations(dict[object, int]):
    """The canonical integers of the texts seen so far."""

    def __init__(self, translate: Callable[[str], int]) -> None:
        super().__init__({None: NULL})
        self._translate = translate

    def __missing__(self, text: object) -> int:
        if len(self) > 1 << 20:  # each fish may have its own name: start again
            self.clear()
            self[None] = NULL
        try:
            value = self._translate(text) if isinstance(text, str) else _foreign(text)
        except ValueError:
            value = _foreign(text)
        self[text] = value
        return value


def _foreign(value: object) -> int:
    """Give a number for a value that the store would not have written."""
    return NULL if value is None else text_hash(f"{type(value).__name__} {value!r}")


def _instant(text: str) -> int:
    at = datetime.fromisoformat(text)
    if at.tzinfo is not None or at.isoformat(" ") != text:
        return _foreign(text)
    return (at.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


def _day(text: str) -> int:
    day = date.fromisoformat(text)
    return day.toordinal() - _EPOCH.toordinal() if day.isoformat() == text else _foreign(text)


def _clock(text: str) -> int:
    at = time.fromisoformat(text)
    if at.tzinfo is not None or at.isoformat() != text:
        return _foreign(text)
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


class SqliteReader:
    """Reads the tables of one open database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._translations = {
            "time": _Translations(_instant),
            "date": _Translations(_day),
            "clock": _Translations(_clock),
            "text": _Translations(text_hash),
        }
        self._translations["json"] = self._translations["text"]

    def parts(self, mapping: Mapping, rows: int) -> list[Span]:
        """Divide a table into pieces of about so many rows, as ranges of its rowid."""
        table = f'"{mapping.table}"'
        query = f"SELECT min(rowid) FROM {table} UNION ALL SELECT max(rowid) FROM {table}"  # noqa: S608
        (first,), (last,) = self._connection.execute(query).fetchall()
        if first is None:
            return []
        return [(start, start + rows - 1) for start in range(min(first, 1), last + 1, rows)]

    def read(
        self,
        mapping: Mapping,
        spans: Sequence[Span] | None = None,
        *,
        part: Span | None = None,
        ids: bool = False,
    ) -> Iterator[RowBatch]:
        """Read a table: all of it, or the ids of some spans, or one of its parts, or both."""
        where, bounds = _where(mapping, spans, part)
        fixed = self._fixed(mapping, where, bounds)
        wanted = [position for position in mapping.digested if position not in fixed]
        if ids and mapping.own is not None:
            wanted.append(mapping.own)
        sources = self._sources(mapping, wanted)
        listed = ", ".join(_expression(mapping, source) for source in sources)
        cursor = self._connection.cursor()
        cursor.execute(f'SELECT {listed} FROM "{mapping.table}" {where}', bounds)  # noqa: S608
        while pieces := self._pieces(mapping, sources, cursor):
            columns: dict[int, Column] = {
                position: np.concatenate([piece[position] for piece in pieces])
                for position in wanted
            }
            found = columns.pop(mapping.own) if ids and mapping.own is not None else None
            rows = sum(len(piece[wanted[0]]) for piece in pieces)
            columns |= {position: target.constant for position, target in fixed.items()}
            yield RowBatch(rows, found if isinstance(found, np.ndarray) else None, columns)

    def _fixed(self, mapping: Mapping, where: str, bounds: Sequence[int]) -> dict[int, TableTarget]:
        """Give the fixed columns, if every row keeps to them."""
        fixed = fixed_columns(mapping)
        if not fixed or len(fixed) == len(mapping.digested):
            return {}
        kept = " AND ".join(
            f'"{target.name}" IS {_literal(target.constant)}' for target in fixed.values()
        )
        other = f"{where} AND NOT ({kept})" if where else f"WHERE NOT ({kept})"
        query = f'SELECT 1 FROM "{mapping.table}" {other} LIMIT 1'  # noqa: S608
        return {} if self._connection.execute(query, bounds).fetchone() else fixed

    def _sources(self, mapping: Mapping, wanted: Sequence[int]) -> list[_Source]:
        """Choose what to fetch for the wanted columns."""
        sources: list[_Source] = []
        packed: list[_Reference] = []
        for position in wanted:
            target = mapping.targets[position]
            if target.refers is None:
                sources.append(position)
                continue
            reference = _Reference(position, target.name, self._bits(target.refers))
            if sum(other.bits for other in packed) + reference.bits > _PACKED_BITS:
                sources.append(packed)
                packed = []
            packed.append(reference)
        return [*sources, packed] if packed else sources

    def _bits(self, kind: str) -> int:
        """Count the bits that the ids of a kind's table need."""
        table = mapping_of(kind).table
        query = f'SELECT coalesce(max(rowid), 0) FROM "{table}"'  # noqa: S608
        (last,) = self._connection.execute(query).fetchone()
        return int(last + 1).bit_length()

    def _pieces(
        self, mapping: Mapping, sources: Sequence[_Source], cursor: sqlite3.Cursor
    ) -> list[dict[int, Ints]]:
        """Fetch and translate the next rows, a few at a time."""
        pieces: list[dict[int, Ints]] = []
        with _no_collector():
            while len(pieces) < _FETCHES and (fetched := cursor.fetchmany(_FETCH)):
                piece: dict[int, Ints] = {}
                for source, values in zip(sources, zip(*fetched, strict=True), strict=True):
                    if isinstance(source, int):
                        piece[source] = self._column(mapping.targets[source], values)
                    else:
                        _unpack(source, np.array(values, dtype=np.int64), piece)
                pieces.append(piece)
        return pieces

    def _column(self, target: TableTarget, values: Sequence[object]) -> Ints:
        if target.type in self._translations:
            translate = self._translations[target.type].__getitem__
            return np.fromiter(map(translate, values), np.int64, len(values))
        if target.type in ("int", "bool"):
            return _integers(values, nullable=target.nullable)
        return _decimals(values, scale_of(target.type))


def _integers(values: Sequence[object], *, nullable: bool) -> Ints:
    if nullable:
        values = [NULL if value is None else value for value in values]
    found = np.array(values)
    if found.dtype == np.int64:
        return found
    whole = (value if type(value) is int else _foreign(value) for value in values)
    return np.fromiter(whole, np.int64, len(values))


def _decimals(values: Sequence[object], scale: int) -> Ints:
    """Scale numbers; a text among them, or more decimals than the column has, is foreign."""
    try:
        given = np.array(values, dtype=np.float64)
    except ValueError:
        given = np.array([value if isinstance(value, int | float) else np.inf for value in values])
    absent = np.isnan(given)
    with np.errstate(invalid="ignore"):  # infinite ones
        found = quantise(given, scale)
    odd = found / 10.0**scale != given
    if absent.any():
        odd &= ~absent
        if np.count_nonzero(absent) != sum(value is None for value in values):
            odd |= absent
    for position in np.flatnonzero(odd).tolist():
        found[position] = _foreign(values[position])
    return found


def _where(
    mapping: Mapping, spans: Sequence[Span] | None, part: Span | None
) -> tuple[str, list[int]]:
    conditions: list[str] = []
    bounds: list[int] = []
    if part is not None:
        conditions.append("rowid BETWEEN ? AND ?")
        bounds += part
    if spans is not None and mapping.whose is not None:
        conditions.append(within(f'"{mapping.targets[mapping.whose].name}"', spans))
    return ("WHERE " + " AND ".join(conditions) if conditions else ""), bounds


def _expression(mapping: Mapping, source: _Source) -> str:
    if isinstance(source, int):
        return f'"{mapping.targets[source].name}"'
    shift = 0
    terms = []
    for reference in source:
        column = f'"{reference.name}"'
        number = f"ifnull({column}, -1) + 1"
        if not TABLES[mapping.table].columns[reference.name].foreign_keys:  # nobody looks it up
            number = (
                f"CASE WHEN {column} IS NULL THEN 0 WHEN typeof({column}) = 'integer' AND {column}"
                f" BETWEEN 1 AND {(1 << reference.bits) - 2} THEN {column} + 1 ELSE 1 END"
            )
        terms.append(f"(({number}) << {shift})")
        shift += reference.bits
    return " | ".join(terms)


def _unpack(references: Sequence[_Reference], packed: Ints, into: dict[int, Ints]) -> None:
    for reference in references:
        ids = (packed & ((1 << reference.bits) - 1)) - 1
        packed = packed >> reference.bits
        into[reference.position] = np.where(ids < 0, NULL, ids) if ids.min() < 0 else ids


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the garbage collector from looking at rows, which hold no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _literal(value: int | str | None) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
