"""Batches' stories: what happened to a batch, a dated line an event, for its log and for a watcher.

Whoever makes something happen tells it (:meth:`sim.farm.Farm.tell`); where nobody listens, nothing
is worded. Growth samples are no event of the model: they are chosen in the array step, and told
from the columns of the days.

A story says nothing that is not in the tables too, but in the order in which it happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sim.journal import Columns
from sim.stock import ANCHOR_SAMPLE


class Tale(NamedTuple):
    """A line of a batch's story.

    Attributes:
        batch: the batch's number.
        day: on which it happened.
        minor: whether it is of the everyday kind, such as a sampling.
    """

    batch: str
    day: int
    text: str
    minor: bool


def listed(names: Sequence[str], most: int = 4) -> str:
    """Some names in a line: all of them, or the first ones and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def growth_samples_told(days: Columns, batches: Sequence[str]) -> Iterator[Tale]:
    """Tell the growth samples of some days: how many containers, and their fish's mean weight.

    Args:
        days: columns of what every container did on every day.
        batches: the batches' numbers by their keys.
    """
    if not days:
        return
    at = np.flatnonzero(days["anchor"] == ANCHOR_SAMPLE)
    day, batch, count = days["day"][at], days["batch"][at], days["count"][at]
    grams = count * days["weight_g"][at]
    place, group = np.unique(np.array([day, batch]), axis=1, return_inverse=True)
    containers = np.bincount(group.reshape(-1))
    mean_g = np.bincount(group.reshape(-1), grams) / np.bincount(group.reshape(-1), count)
    for (on, key), number, weight_g in zip(
        place.T.tolist(), containers.tolist(), mean_g.tolist(), strict=True
    ):
        told = f"growth sample: fish of {weight_g:,.1f} g in {number} containers"
        yield Tale(batches[key], on, told, minor=True)
