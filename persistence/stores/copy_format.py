"""PostgreSQL's binary COPY format, written from whole columns.

A row on the wire is a count of fields and, for each, its length and that many bytes. Rows that have
the same lengths form a matrix of bytes, so rows are grouped by their layout (which fields are NULL,
how long the texts are): a template row is repeated, and the columns are stored into it with
strides, byte-swapped. No Python code runs per row.

COPY casts nothing: eight bytes of an integer sent to a ``numeric`` column are taken for a numeric.
So the encoders are chosen by the live type of each column, and what cannot be encoded is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from persistence.mapping import Mapping
from persistence.stores.copy_fields import Constant, Field, Fixed, Numeric, Texts
from persistence.stores.errors import StoreError
from sim.facts import NULL, Column, Ints, Text, scale_of

SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"

PIECE = 1 << 13  # rows encoded at a time: about a megabyte
_EPOCH_DAYS = 10_957  # 2000-01-01, from which PostgreSQL counts
_EPOCH_MICROSECONDS = _EPOCH_DAYS * 86_400_000_000

_FIXED = {
    ("int", "smallint"): (">i2", 0),
    ("int", "integer"): (">i4", 0),
    ("int", "bigint"): (">i8", 0),
    ("bool", "boolean"): ("u1", 0),
    ("date", "date"): (">i4", _EPOCH_DAYS),
    ("time", "timestamp with time zone"): (">i8", _EPOCH_MICROSECONDS),
    ("clock", "time without time zone"): (">i8", 0),
}
"""Types of fixed width: how they are stored, and what they count from."""


class Encoder:
    """Encodes the columns of one table for COPY."""

    def __init__(self, mapping: Mapping, live: dict[str, str], rows: int = PIECE) -> None:
        """Choose an encoder for each column.

        Args:
            mapping: the table's columns with their canonical types.
            live: the types that the columns have in the database, as ``format_type`` writes them.
            rows: most rows to encode at a time, if that is less than is good for speed.

        Raises:
            StoreError: a column is missing, or has a type that its values cannot be encoded as.
        """
        self._mapping = mapping
        self._piece = min(rows, PIECE)
        self._types: list[tuple[str, str, str]] = []
        for target in mapping.targets:
            place = f"{mapping.table}.{target.name}"
            if target.name not in live:
                raise StoreError(f"this database has no column {place}")
            live_type = live[target.name]
            if not _fits(target.type, live_type):
                raise StoreError(
                    f"{place} is {live_type} in this database,"
                    f" and a {target.type} cannot be written to it"
                )
            self._types.append((place, target.type, live_type))

    def encode(self, columns: Sequence[Column], rows: int) -> Iterator[NDArray[np.uint8]]:
        """Encode rows, without the signature and trailer of the stream."""
        dictionaries = [
            _payloads(column, live) if isinstance(column, Text) else []
            for column, (_, _, live) in zip(columns, self._types, strict=True)
        ]
        for start in range(0, rows, self._piece):
            part = slice(start, min(start + self._piece, rows))
            fields = [
                self._field(position, column, part, dictionaries[position])
                for position, column in enumerate(columns)
            ]
            yield from _matrices(fields, part.stop - part.start)

    def _field(self, position: int, column: Column, part: slice, payloads: list[bytes]) -> Field:
        place, kind, live = self._types[position]
        if isinstance(column, Text):
            return Texts(column.codes[part], payloads)
        if isinstance(column, np.ndarray):
            return _array_field(place, kind, live, column[part])
        if column is None or column == NULL:
            return Constant(None)
        if isinstance(column, str):
            return Constant(_payload(column, live))
        one = _array_field(place, kind, live, np.array([column], dtype=np.int64))
        payload = np.frombuffer(one.template(0), dtype=np.uint8)[None, :].copy()
        one.fill(payload, None, 0)
        return Constant(payload.tobytes())


def _fits(kind: str, live: str) -> bool:
    if (kind, live) in _FIXED:
        return True
    if kind == "real":
        return live == "double precision"
    if kind.startswith("decimal:"):
        return live.startswith("numeric(") and _precision(live)[1] == scale_of(kind)
    if kind == "json":
        return live == "jsonb"
    return kind == "text" and (live == "text" or live.startswith("character varying"))


def _precision(live: str) -> tuple[int, int]:
    precision, scale = live.removeprefix("numeric(").removesuffix(")").split(",")
    return int(precision), int(scale)


def _array_field(place: str, kind: str, live: str, values: Ints) -> Field:
    absent = values == NULL if len(values) and values.min() == NULL else None
    if absent is not None:
        if absent.all():
            return Constant(None)
        values = np.where(absent, 0, values)
    if kind.startswith("decimal:"):
        precision, scale = _precision(live)
        _check_range(place, live, values, 10**precision - 1)
        return Numeric(values, absent, precision, scale)
    if kind == "real":
        return Fixed(">f8", values / 1e6, absent)
    dtype, epoch = _FIXED[kind, live]
    if dtype in (">i2", ">i4") and not epoch:
        _check_range(place, live, values, int(np.iinfo(dtype).max))
    if epoch:
        values = values - epoch
    return Fixed(dtype, values, absent)


def _check_range(place: str, live: str, values: Ints, largest: int) -> None:
    if len(values) and (int(values.max()) > largest or int(values.min()) < -largest):
        extreme = max(int(values.max()), int(values.min()), key=abs)
        raise StoreError(f"{place} is {live}: the value {extreme} (unscaled) does not fit in it")


def _payload(text: str, live: str) -> bytes:
    # jsonb is sent as text behind a version number.
    return b"\x01" + text.encode() if live == "jsonb" else text.encode()


def _payloads(column: Text, live: str) -> list[bytes]:
    return [_payload(text, live) for text in column.values]


def _matrices(fields: Sequence[Field], rows: int) -> Iterator[NDArray[np.uint8]]:
    """Encode the rows, one matrix per layout."""
    code = np.zeros(rows, dtype=np.int64)
    for field in fields:
        if field.classes is not None:
            code = code * len(field.sizes) + field.classes
    if all(field.classes is None for field in fields):
        yield _matrix(fields, [0] * len(fields), None, rows)
        return
    layouts, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(layouts) + 1))
    for layout, example in enumerate(first.tolist()):
        chosen = order[bounds[layout] : bounds[layout + 1]]
        classes = [0 if field.classes is None else int(field.classes[example]) for field in fields]
        yield _matrix(fields, classes, None if len(layouts) == 1 else chosen, len(chosen))


def _matrix(
    fields: Sequence[Field], classes: Sequence[int], chosen: NDArray[np.int64] | None, rows: int
) -> NDArray[np.uint8]:
    """Encode rows that share a layout; ``chosen`` are their positions in the fields."""
    template = bytearray(struct.pack(">h", len(fields)))
    places = []
    for field, which in zip(fields, classes, strict=True):
        template += struct.pack(">i", field.sizes[which])
        places.append(len(template))
        template += field.template(which)
    matrix = np.empty((rows, len(template)), dtype=np.uint8)
    matrix[:] = np.frombuffer(bytes(template), dtype=np.uint8)
    for field, which, place in zip(fields, classes, places, strict=True):
        if field.sizes[which] > 0:
            field.fill(matrix[:, place : place + field.sizes[which]], chosen, which)
    return matrix
