"""Rows of an SQLite database as canonical integers.

A row costs what its Python objects cost, so few are made: columns that one condition can tell are
not fetched (see :func:`fixed_columns`), several references travel packed into one integer, and a
text is translated once per distinct value.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np

from persistence.blocks import Span, within
from persistence.digest import text_hash
from persistence.mapping import Mapping, TableTarget, mapping_of
from persistence.readback.base import RowBatch, fixed_columns
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


class _Translations(dict[str | None, int]):
    """The canonical integers of the texts seen so far."""

    def __init__(self, translate: Callable[[str], int]) -> None:
        super().__init__({None: NULL})
        self._translate = translate

    def __missing__(self, text: str | None) -> int:
        if len(self) > 1 << 20:  # each fish may have its own name: start again
            self.clear()
            self[None] = NULL
        value = self[text] = NULL if text is None else self._translate(text)
        return value


def _instant(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


def _day(text: str) -> int:
    return _instant(text) // 86_400_000_000


def _clock(text: str) -> int:
    at = time.fromisoformat(text)
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
        query = f'SELECT coalesce(max(rowid), 0) FROM "{mapping.table}"'  # noqa: S608
        (last,) = self._connection.execute(query).fetchone()
        return [(first, first + rows - 1) for first in range(1, last + 1, rows)]

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
            return np.fromiter(map(translate, values), np.int64, len(values))  # type: ignore[arg-type]
        if target.type in ("int", "bool"):
            if target.nullable:
                values = [NULL if value is None else value for value in values]
            return np.array(values, dtype=np.int64)
        return quantise(np.array(values, dtype=np.float64), scale_of(target.type))


def _where(
    mapping: Mapping, spans: Sequence[Span] | None, part: Span | None
) -> tuple[str, list[int]]:
    conditions: list[str] = []
    bounds: list[int] = []
    if part is not None:
        conditions.append("rowid BETWEEN ? AND ?")
        bounds += part
    if spans is not None and mapping.identity is not None:
        conditions.append(within(f'"{mapping.targets[mapping.identity].name}"', spans))
    return ("WHERE " + " AND ".join(conditions) if conditions else ""), bounds


def _expression(mapping: Mapping, source: _Source) -> str:
    if isinstance(source, int):
        return f'"{mapping.targets[source].name}"'
    shift = 0
    terms = []
    for reference in source:
        terms.append(f'((ifnull("{reference.name}", -1) + 1) << {shift})')
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
