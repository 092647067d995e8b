"""The model's arrays: their types, and those of several geographies laid end to end.

A step of NumPy costs as much for a thousand containers as for five hundred, nearly: what happens
to all fish of a company every day is one step over all of them. Each geography's own arrays are
views of its part; who acts on one geography alone uses those and knows nothing of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.facts import Floats, Ints

__all__ = ["Floats", "Index", "Ints", "Span", "flat", "join", "offsets", "span"]

Index = NDArray[np.int64]
"""Places in arrays over containers (or over batches): shape (places,)."""
Span = Index | slice
"""Containers as what NumPy looks up fastest: a slice if they are consecutive, as grants mostly are.

A slice is read without a copy and written without looking places up one by one: a tenth of the
cost, for the few containers that processes deal with at a time.
"""


def join(parts: Sequence[object], name: str) -> NDArray[Any]:
    """Lay an attribute of several owners end to end along its last axis (containers).

    From now on the attribute of each owner is a view of its part of what is returned.
    """
    whole = np.concatenate([getattr(part, name) for part in parts], axis=-1)
    start = 0
    for part in parts:
        end = start + getattr(part, name).shape[-1]
        setattr(part, name, whole[..., start:end])
        start = end
    return whole


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
