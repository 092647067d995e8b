"""One column's part in binary COPY: how long each row's field is, and how its bytes are stored.

A field sorts its rows into *classes* of equal length. NULL is a class of its own, with length -1.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.facts import Ints

Chosen = NDArray[np.int64] | None
"""Positions of rows; None means all of them."""

_NEGATIVE = 0x4000
_BASE = 10_000


class Field(Protocol):
    """A column, ready to be stored.

    Attributes:
        classes: the class of each row; None when all are in class 0.
        sizes: the length of a field, by class.
    """

    classes: NDArray[np.int64] | None
    sizes: Sequence[int]

    def template(self, which: int) -> bytes:
        """Show what a field of this class looks like before it is filled."""

    def fill(self, matrix: NDArray[np.uint8], chosen: Chosen, which: int) -> None:
        """Store the chosen rows of this class."""


class Constant:
    """The same value in every row, or NULL."""

    def __init__(self, payload: bytes | None) -> None:
        self.classes: NDArray[np.int64] | None = None
        self.sizes: Sequence[int] = [-1 if payload is None else len(payload)]
        self._payload = payload or b""

    def template(self, which: int) -> bytes:  # noqa: ARG002
        """Give the value itself."""
        return self._payload

    def fill(self, matrix: NDArray[np.uint8], chosen: Chosen, which: int) -> None:
        """Leave the template as it is."""


class Fixed:
    """Values of a fixed width; class 1 is NULL."""

    def __init__(self, dtype: str, values: NDArray[Any], absent: NDArray[np.bool_] | None) -> None:
        self.classes = None if absent is None else absent.astype(np.int64)
        self.sizes: Sequence[int] = [np.dtype(dtype).itemsize, -1]
        self._dtype = dtype
        self._values = values

    def template(self, which: int) -> bytes:
        """Give zeros."""
        return bytes(max(self.sizes[which], 0))

    def fill(self, matrix: NDArray[np.uint8], chosen: Chosen, which: int) -> None:  # noqa: ARG002
        """Store the values."""
        store(matrix, 0, self._dtype, self._values, chosen)


class Numeric:
    """Decimals as digits to the base 10,000, always as many as the precision can need.

    The server strips zero digits at both ends, so that all values of a column may have one length.
    """

    def __init__(
        self, values: Ints, absent: NDArray[np.bool_] | None, precision: int, scale: int
    ) -> None:
        self.classes = None if absent is None else absent.astype(np.int64)
        behind = -(-scale // 4)
        before = max(-(-(precision - scale) // 4), 1)
        self._header = struct.pack(">hhHh", before + behind, before - 1, 0, scale)
        self.sizes: Sequence[int] = [len(self._header) + 2 * (before + behind), -1]
        self._negative = values < 0 if len(values) and values.min() < 0 else None
        rest = (np.abs(values) if self._negative is not None else values) * 10 ** (
            4 * behind - scale
        )
        self._digits: list[Ints] = []  # the least significant first
        for _ in range(before + behind - 1):
            above = rest // _BASE
            self._digits.append(rest - above * _BASE)
            rest = above
        self._digits.append(rest)

    def template(self, which: int) -> bytes:
        """Give a positive number with all its digits zero."""
        return self._header + bytes(self.sizes[0] - len(self._header)) if which == 0 else b""

    def fill(self, matrix: NDArray[np.uint8], chosen: Chosen, which: int) -> None:  # noqa: ARG002
        """Store digits, and signs where there are negative numbers."""
        if self._negative is not None:
            signs = np.where(self._negative, _NEGATIVE, 0)
            store(matrix, 4, ">u2", signs, chosen)
        for position, digits in enumerate(reversed(self._digits)):
            store(matrix, len(self._header) + 2 * position, ">i2", digits, chosen)


class Texts:
    """Dictionary-coded texts; a class is a length."""

    def __init__(self, codes: NDArray[np.int32], payloads: Sequence[bytes]) -> None:
        used = np.unique(codes)
        lengths = np.array([*map(len, payloads), -1], dtype=np.int64)  # code -1 finds the last
        sizes, class_of_used = np.unique(lengths[used], return_inverse=True)
        self.sizes: Sequence[int] = sizes.tolist()
        self.classes: NDArray[np.int64] | None = None
        if len(self.sizes) > 1:
            class_of = np.zeros(len(lengths), dtype=np.int64)
            class_of[used] = class_of_used
            self.classes = class_of[codes]
        self._codes = codes
        self._by_class = [used[class_of_used == which] for which in range(len(self.sizes))]
        self._payloads = payloads

    def template(self, which: int) -> bytes:
        """Give one of the texts of that length."""
        return b"" if self.sizes[which] <= 0 else self._payloads[self._by_class[which][0]]

    def fill(self, matrix: NDArray[np.uint8], chosen: Chosen, which: int) -> None:
        """Store the texts, unless there is only the template's."""
        codes = self._by_class[which]
        if len(codes) == 1:
            return
        texts = np.frombuffer(b"".join(self._payloads[code] for code in codes), dtype=np.uint8)
        table = texts.reshape(len(codes), -1)
        wanted = self._codes if chosen is None else self._codes[chosen]
        matrix[:] = table[np.searchsorted(codes, wanted)]


def store(
    matrix: NDArray[np.uint8], place: int, dtype: str, values: NDArray[Any], chosen: Chosen
) -> None:
    """Store values of a width at a place in every row of a matrix of bytes."""
    width = np.dtype(dtype).itemsize
    target = matrix[:, place : place + width].view(dtype)[:, 0]
    target[:] = values if chosen is None else values[chosen]
