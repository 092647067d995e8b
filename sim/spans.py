"""Containers as what NumPy looks up fastest: a slice if they are consecutive, as grants mostly are.

A slice is read without a copy and written without looking places up one by one: a tenth of the
cost, for the few containers that processes deal with at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Span = NDArray[np.int64] | slice


def span(containers: Sequence[int]) -> Span:
    """The places of some containers in arrays over all of them, in the order given."""
    first, count = (containers[0] if containers else 0), len(containers)
    if list(containers) == list(range(first, first + count)):
        return slice(first, first + count)
    return np.array(containers, dtype=np.int64)
