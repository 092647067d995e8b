"""Batches' logs: what happened to a batch, a dated line an event, for its file and for a watcher.

Whoever makes something happen logs it (:meth:`BatchLog.add`); where nobody listens,
nothing is worded. Growth samples and changes of feed are no events of the model: the array steps
bring them about, and their lines come from the columns of the days.

A log says nothing that is not in the tables too, but in the order in which it happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import simpy

from sim.core.journal import Columns
from sim.fish.stock import ANCHOR_SAMPLE


class LogLine(NamedTuple):
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


class BatchLog:
    """What is told of a geography's batches, line by line.

    Attributes:
        on: whether anybody listens; who has to work out what to tell asks first.
        lines: those since they were last taken.
    """

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self.on = False
        self.lines: list[LogLine] = []

    def add(self, batch: str, text: str, *values: object, minor: bool = False) -> None:
        """Tell what happens to a batch today, if anybody listens; only then are words made of it.

        Args:
            batch: the batch's number.
            text: a format, as of ``str.format``, of the values.
            values: what the format is of.
            minor: whether it is of the everyday kind.
        """
        if self.on:
            self.lines.append(LogLine(batch, int(self._env.now), text.format(*values), minor))

    def take(self) -> list[LogLine]:
        """The lines that were told since the last time."""
        lines, self.lines = self.lines, []
        return lines


def listed(names: Sequence[str], most: int = 4) -> str:
    """Some names in a line: all of them, or the first ones and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def counted(number: int, thing: str) -> str:
    """So many things, in words: ``1 ring``, ``2 rings``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def growth_sample_lines(days: Columns, batches: Sequence[str]) -> Iterator[LogLine]:
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
        told = f"growth sample: fish of {weight_g:,.1f} g in {counted(number, 'container')}"
        yield LogLine(batches[key], on, told, minor=True)


class FeedChanges:
    """Tells when what a batch eats is not what it ate before.

    Args:
        feeds: the feeds' names by their keys.
    """

    def __init__(self, feeds: Sequence[str]) -> None:
        self.feeds = feeds
        self._eaten: dict[int, tuple[int, ...]] = {}

    def log(self, days: Columns, batches: Sequence[str]) -> Iterator[LogLine]:
        """Tell the changes of some days, which follow on those before.

        Args:
            days: columns of what every container did on every day.
            batches: the batches' numbers by their keys.
        """
        if not days:
            return
        ate = days["eaten_dag"] > 0
        rows = np.array([days[name][ate] for name in ("batch", "day", "feed")], dtype=np.int64)
        meals: dict[tuple[int, int], tuple[int, ...]] = {}
        for batch, day, feed in np.unique(rows, axis=1).T.tolist():
            meals[batch, day] = (*meals.get((batch, day), ()), feed)
        for (batch, day), feeds in meals.items():
            before = self._eaten.get(batch)
            if feeds != before:
                self._eaten[batch] = feeds
                told = f"first feed: {self._names(feeds)}"
                if before is not None:
                    told = f"change of feed: {self._names(feeds)}, until now {self._names(before)}"
                yield LogLine(batches[batch], day, told, minor=True)

    def _names(self, feeds: Sequence[int]) -> str:
        return " and ".join(self.feeds[feed] for feed in feeds)
