"""Blocks of facts: equally long columns of canonical integers, and the chunks they come in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NULL: int = int(np.iinfo(np.int64).min)
"""The canonical integer of SQL NULL."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Text:
    """A dictionary-coded text column: ``values[codes[i]]`` is row i, code -1 is NULL."""

    codes: NDArray[np.int32]
    values: Sequence[str]

    @classmethod
    def of(cls, texts: Iterable[str | None]) -> Text:
        """Code a list of texts; equal texts share a code, in order of first appearance."""
        index: dict[str, int] = {}
        codes = [-1 if text is None else index.setdefault(text, len(index)) for text in texts]
        return cls(np.array(codes, dtype=np.int32), tuple(index))

    def take(self, rows: NDArray[Any] | slice) -> Text:
        """The same dictionary with only the given rows."""
        return Text(self.codes[rows], self.values)

    def __len__(self) -> int:
        return len(self.codes)


Column = Ints | Text | int | str | None


@dataclass(frozen=True, slots=True)
class Block:
    """Equally long columns of one kind; ``key`` is among them unless the kind is never referred to.

    Attributes:
        kind: name of the kind in :data:`KINDS`.
        rows: number of rows.
        columns: every field of the kind, by name, plus ``key``.
    """

    kind: str
    rows: int
    columns: Mapping[str, Column]


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": "))


def _jsonb_order(key: str) -> tuple[int, bytes]:
    return len(key.encode()), key.encode()


def canonical_json(value: object) -> str:
    """JSON with PostgreSQL's ``jsonb`` order and spacing, so that both stores return one text."""

    def order(node: object) -> object:
        if isinstance(node, dict):
            return {key: order(node[key]) for key in sorted(node, key=_jsonb_order)}
        return [order(item) for item in node] if isinstance(node, list) else node

    return _JSON.encode(order(value))


def canonical_rows(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """Canonical JSON of flat rows that are given as columns of plain values."""
    names = sorted(columns, key=_jsonb_order)
    rows = zip(*(columns[name] for name in names), strict=True)
    return [_JSON.encode(dict(zip(names, row, strict=True))) for row in rows]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one geography recorded in a span of days: the unit that a store commits.

    Attributes:
        geography: the lane's name; ``lane`` its index among the scenario's geographies.
        from_day: first day, as days since 1970-01-01; ``to_day`` is the first day after.
        facts: blocks to append, produced lazily so that memory stays bounded.
        entities: blocks with the state at the chunk's end of every entity that changed in it.
    """

    geography: str
    lane: int
    from_day: int
    to_day: int
    facts: Iterable[Block]
    entities: Sequence[Block]


def scale_of(field_type: str) -> int:
    """Decimal places of a ``decimal:s`` or ``real`` field."""
    return 6 if field_type == "real" else int(field_type.removeprefix("decimal:"))


def quantise(values: NDArray[np.float64], scale: int) -> Ints:
    """Scale and round half away from zero; NaN becomes NULL."""
    scaled = values * float(10**scale)
    rounded = np.trunc(scaled + np.copysign(0.5, scaled))
    nan = np.isnan(rounded)
    if nan.any():
        rounded = np.where(nan, float(NULL), rounded)
    return rounded.astype(np.int64)
