"""Checksums of tables that do not depend on the order, chunk, worker or store of their rows.

A row's digest is a 128-bit mix of its canonical integers in column order. Two lanes of 64 bits each
add up value times constant, with odd constants that belong to the column's position; a non-linear
finaliser then crosses the lanes. A table's digest is its row count and the sum of its rows' digests
mod 2**128: a sum is free of order, and the finaliser makes it notice that two rows swapped values.

Left out of a row: its own surrogate id, and the password. Foreign keys take part as global keys. A
text takes part as the first eight bytes of its MD5, because PostgreSQL can compute exactly that.

Smoltflow's own tables have digests as well, but take no part in that of the run: what it recorded
is the same whatever is told beside it.

All of it works on whole columns. What is the same in every row is folded into one scalar.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.facts import NULL, Column, Ints, Text

Words = NDArray[np.uint64]

OWN_PREFIX = "smoltflow_"
"""What the names of Smoltflow's own tables begin with."""

_WORD = (1 << 64) - 1
_SLICE = 1 << 14  # rows a pass: the working arrays stay in the processor's cache
_POSITIONS = 64  # the widest table has 35 columns


def _splitmix(state: int) -> int:
    """Mix a state as splitmix64 does: good constants out of a counter."""
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _WORD
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _WORD
    return state ^ (state >> 31)


_CONSTANTS = [_splitmix(0x9E3779B97F4A7C15 * n & _WORD) | 1 for n in range(1, 2 * _POSITIONS + 4)]
_LANE_A = _CONSTANTS[:_POSITIONS]
_LANE_B = _CONSTANTS[_POSITIONS : 2 * _POSITIONS]
_START_A, _START_B, _NULL_WORD = _CONSTANTS[-3:]
# NULL itself is the lone top bit, and every odd constant leaves a lone top bit where it is: two
# NULLs would cancel each other. So NULL is hashed as an ordinary number.

_MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
_MIX_3 = np.uint64(0x9FB21C651E98DF25)
_HALF = np.uint64(32)
_LOW_HALF = np.uint64(0xFFFFFFFF)


@lru_cache(maxsize=1 << 14)
def text_hash(text: str) -> int:
    """Give the number that stands for a text: the first eight bytes of its MD5, signed."""
    first = hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8]
    return int.from_bytes(first, "big", signed=True)


def text_hashes(column: Text) -> Ints:
    """Give the numbers that stand for the rows of a text column."""
    return _dictionary(column)[column.codes]


def integers(column: Column, rows: int) -> Ints:
    """Give a column as the integers that a row's digest is made of."""
    if isinstance(column, Text):
        return text_hashes(column)
    if isinstance(column, np.ndarray):
        return column
    value = NULL if column is None else text_hash(column) if isinstance(column, str) else column
    return np.full(rows, value, dtype=np.int64)


def _dictionary(column: Text) -> Ints:
    """Give one number per dictionary value, and NULL at the end, where code -1 finds it."""
    hashes = [*map(text_hash, column.values), NULL]
    return np.array(hashes, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Digest:
    """A row count and a sum of row digests mod 2**128."""

    rows: int = 0
    value: int = 0

    def __add__(self, other: Digest) -> Digest:
        """Digest both sets of rows together."""
        return Digest(self.rows + other.rows, (self.value + other.value) & ((1 << 128) - 1))

    def hex(self) -> str:
        """Write the sum as 32 hexadecimal digits."""
        return f"{self.value:032x}"

    def to_json(self) -> list[int | str]:
        """Give the form that the ledger keeps."""
        return [self.rows, self.hex()]

    @classmethod
    def from_json(cls, pair: Sequence[int | str]) -> Digest:
        """Read what :meth:`to_json` wrote."""
        return cls(int(pair[0]), int(str(pair[1]), 16))

    @classmethod
    def of(cls, columns: Sequence[Column], rows: int) -> Digest:
        """Digest rows that are given as columns."""
        plan = _Plan(columns)
        size = min(rows, _SLICE)
        high, low, scratch = (np.empty(size, dtype=np.uint64) for _ in range(3))
        value = 0
        for start in range(0, rows, _SLICE):
            part = slice(start, min(start + _SLICE, rows))
            here = slice(part.stop - part.start)
            _mix_slice(plan, part, high[here], low[here], scratch[here])
            value += total(high[here], low[here])
        return cls(rows, value & ((1 << 128) - 1))


def total(high: Words, low: Words) -> int:
    """Sum 128-bit numbers given as their halves, exactly mod 2**128."""
    if not len(low):
        return 0
    carrying = (int((low >> _HALF).sum()) << 32) + int((low & _LOW_HALF).sum())
    return ((int(high.sum()) << 64) + carrying) & ((1 << 128) - 1)


def row_digests(columns: Sequence[Column], rows: int) -> tuple[Words, Words]:
    """Digest each row, as the upper and lower halves of 128-bit numbers."""
    high, low = np.empty(rows, dtype=np.uint64), np.empty(rows, dtype=np.uint64)
    plan = _Plan(columns)
    scratch = np.empty(min(rows, _SLICE), dtype=np.uint64)
    for start in range(0, rows, _SLICE):
        part = slice(start, min(start + _SLICE, rows))
        _mix_slice(plan, part, high[part], low[part], scratch[: part.stop - part.start])
    return high, low


class _Plan:
    """Columns sorted by what has to be done with them."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.start_a, self.start_b = _START_A, _START_B
        self.texts: list[tuple[NDArray[np.int32], Words, Words]] = []
        arrays: dict[int, tuple[Words, int, int]] = {}
        for position, column in enumerate(columns):
            a, b = _LANE_A[position], _LANE_B[position]
            if isinstance(column, Text):
                words = _without_null(_dictionary(column))
                self.texts.append((column.codes, words * np.uint64(a), words * np.uint64(b)))
            elif isinstance(column, np.ndarray):
                # One array in two columns (created_at is the reading's time) is multiplied once.
                seen_a, seen_b = arrays[id(column)][1:] if id(column) in arrays else (0, 0)
                arrays[id(column)] = (
                    _without_null(column),
                    (seen_a + a) & _WORD,
                    (seen_b + b) & _WORD,
                )
            else:
                word = _scalar_word(column)
                self.start_a += a * word
                self.start_b += b * word
        self.start_a &= _WORD
        self.start_b &= _WORD
        self.arrays = [
            (words, np.uint64(factor_a), np.uint64(factor_b))
            for words, factor_a, factor_b in arrays.values()
        ]


def _scalar_word(value: int | str | None) -> int:
    if value is None or value == NULL:
        return _NULL_WORD
    return (text_hash(value) if isinstance(value, str) else int(value)) & _WORD


def _without_null(values: Ints) -> Words:
    if len(values) and values.min() == NULL:
        values = np.where(values == NULL, np.uint64(_NULL_WORD).astype(np.int64), values)
    return values.view(np.uint64)


def _mix_slice(plan: _Plan, part: slice, a: Words, b: Words, scratch: Words) -> None:
    """Digest one slice of the rows into ``a`` (upper halves) and ``b`` (lower halves)."""
    a[:] = np.uint64(plan.start_a)
    b[:] = np.uint64(plan.start_b)
    for words, factor_a, factor_b in plan.arrays:
        values = words[part]
        np.multiply(values, factor_a, out=scratch)
        a += scratch
        np.multiply(values, factor_b, out=scratch)
        b += scratch
    for codes, words_a, words_b in plan.texts:
        a += words_a[codes[part]]
        b += words_b[codes[part]]
    # Each step is invertible, so that different lanes never become equal digests.
    for one, other, factor in ((a, b, _MIX_1), (b, a, _MIX_2), (a, b, _MIX_3)):
        np.right_shift(other, _HALF, out=scratch)
        one ^= scratch
        one *= factor
    np.right_shift(a, _HALF, out=scratch)
    b += scratch
    a ^= scratch


def merge(parts: Iterable[Mapping[str, Digest]]) -> dict[str, Digest]:
    """Add up the digests of disjoint sets of rows, table by table."""
    tables: dict[str, Digest] = {}
    for part in parts:
        for table, digest in part.items():
            tables[table] = tables.get(table, Digest()) + digest
    return tables


def run_digest(tables: Mapping[str, Digest]) -> str:
    """One hash over all tables but our own, for the manifest; empty tables do not count."""
    state = hashlib.blake2b(digest_size=16)
    for table in sorted(tables):
        digest = tables[table]
        if digest.rows and not table.startswith(OWN_PREFIX):
            state.update(f"{table} {digest.rows} {digest.hex()}\n".encode())
    return state.hexdigest()
