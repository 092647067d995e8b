"""The model's arrays: their types, and those of several geographies laid end to end.

A step of NumPy costs as much for a thousand containers as for five hundred, nearly: what happens
to all fish of a company every day is one step over all of them. Each geography's own arrays are
views of its part; who acts on one geography alone uses those and knows nothing of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sim.facts import Floats, Ints

__all__ = ["ArrayPart", "Arrays", "Floats", "Index", "Ints", "Span", "flat", "offsets", "span"]

Index = NDArray[np.int64]
"""Places in arrays over containers (or over batches): shape (places,)."""
Span = Index | slice
"""Containers as what NumPy looks up fastest: a slice if they are consecutive, as grants mostly are.

A slice is read without a copy and written without looking places up one by one: a tenth of the
cost, for the few containers that processes deal with at a time.
"""


class Arrays:
    """The arrays over all containers of a company: a block each, laid out geography by geography.

    A block is made by whoever first asks for it, and never again: its views stay alive as long as
    the company does, and nobody is left with the view of an array that nothing is written to.

    Args:
        sizes: number of containers of each geography.

    Attributes:
        ends: where each geography's containers begin, and where the last one's end.
        parts: each geography's views; ``whole`` those of all of them together.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self.ends = offsets(sizes)
        self._blocks: dict[str, NDArray[Any]] = {}
        ends = self.ends.tolist()
        self.parts = [ArrayPart(self, *both) for both in pairwise(ends)]
        self.whole = ArrayPart(self, 0, ends[-1])

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A block that somebody has made."""
        return self._blocks[name]

    def block(self, name: str, fill: float, dtype: DTypeLike, rows: int | None) -> NDArray[Any]:
        """Make a block, or look it up.

        Raises:
            ValueError: if it was made with another type or number of rows.
        """
        shape = (int(self.ends[-1]),) if rows is None else (rows, int(self.ends[-1]))
        block = self._blocks.setdefault(name, np.full(shape, fill, dtype))
        if block.shape != shape or block.dtype != np.dtype(dtype):
            raise ValueError(f"the array '{name}' is there, of another kind")
        return block


class ArrayPart:
    """A geography's part of a company's arrays.

    Attributes:
        company: the arrays that this is a part of; ``first`` its first container in them, and
            ``size`` the number of its containers.
    """

    def __init__(self, company: Arrays, first: int, end: int) -> None:
        self.company, self.first, self.size = company, first, end - first

    def full(
        self, name: str, fill: float, dtype: DTypeLike = np.float64, *, rows: int | None = None
    ) -> NDArray[Any]:
        """Make (or look up) an array over containers; returns the view of this part.

        Args:
            name: of the array, the same for every geography.
            fill: what stands in it at first.
            dtype: type of its elements.
            rows: of an array of shape (rows, containers); default (containers,).
        """
        block = self.company.block(name, fill, dtype, rows)
        return block[..., self.first : self.first + self.size]


def flat(whole: NDArray[Any]) -> NDArray[Any]:
    """A view of one dimension: a place in it is one number, and taken at once.

    Raises:
        ValueError: if the array is not of one piece.
    """
    if not whole.flags.c_contiguous:
        raise ValueError("of several pieces: there is no flat view")
    return whole.reshape(-1)


def offsets(sizes: Sequence[int]) -> NDArray[np.int64]:
    """Where each part begins, and where the last one ends; shape (parts + 1,)."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def span(containers: Sequence[int]) -> Span:
    """The places of some containers in arrays over all of them, in the order given."""
    first, count = (containers[0] if containers else 0), len(containers)
    if list(containers) == list(range(first, first + count)):
        return slice(first, first + count)
    return np.array(containers, dtype=np.int64)
